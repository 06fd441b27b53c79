//! Sleeping windows: what keeps them awake is taken away, and one frame a second lets ages run on.
//!
//! `egui::Context::request_repaint_after` would be the usual way to that frame. But `bevy_egui`
//! 0.42 takes any wish for a later frame as one for the next frame, and the window would never
//! sleep again.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::Arc;

use bevy_ecs::resource::Resource;
use bevy_ecs::system::Query;
use bevy_egui::egui::Event;
use bevy_egui::{EguiContext, EguiInput};

use crate::thread;
use crate::wake::Wake;

/// Drops reports of modifier keys that tell nothing new.
///
/// `bevy_egui` 0.42 makes one in every frame, and egui wants another frame after every event: a
/// window with both would never sleep, whether anything is drawn or not.
pub(super) fn drop_old_news(mut contexts: Query<(&mut EguiContext, &mut EguiInput)>) {
    for (mut context, mut input) in &mut contexts {
        let mut known = context.get_mut().input(|input| input.modifiers);
        input.events.retain(|event| match event {
            Event::ModifiersChanged(now) => core::mem::replace(&mut known, *now) != *now,
            _ => true,
        });
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// Whether a frame was ordered and has not come yet.
#[derive(Resource, Default)]
pub(super) struct Tick(Arc<AtomicBool>);

impl Tick {
    #[cfg(test)]
    pub(super) fn is_ordered(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Orders a frame in a second, unless one is ordered. Without a wake the app runs all the time.
    pub(super) fn start(&self, wake: Option<&Wake>) {
        let Some(wake) = wake.filter(|_| !self.0.swap(true, Ordering::Relaxed)) else {
            return;
        };
        let (ordered, wake) = (Arc::clone(&self.0), wake.clone());
        let sleep = move || {
            std::thread::sleep(SECOND);
            ordered.store(false, Ordering::Relaxed);
            wake.call();
        };
        if thread::start("ok-panel", Box::new(sleep)).is_err() {
            self.0.store(false, Ordering::Relaxed);
        }
    }
}
