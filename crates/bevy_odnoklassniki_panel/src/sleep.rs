//! Leaves a sleeping window asleep: drops the input events that would keep it awake, and gets one
//! frame a second where ages are shown.
//!
//! The usual way to that frame is `egui::Context::request_repaint_after`. But `bevy_egui` 0.42
//! takes a request for a later frame as one for the next frame, and the window would never sleep
//! again.

use core::mem;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::thread;

use bevy_ecs::resource::Resource;
use bevy_ecs::system::Query;
use bevy_egui::egui::Event;
use bevy_egui::{EguiContext, EguiInput};
use bevy_odnoklassniki::AppWaker;

/// Drops events of modifier keys that have not changed.
///
/// `bevy_egui` 0.42 makes one such event in every frame, and egui asks for another frame after
/// every event. So a window with both would never sleep, whether anything is drawn or not.
pub(crate) fn drop_repeated_modifiers(mut contexts: Query<(&mut EguiContext, &mut EguiInput)>) {
    for (mut context, mut input) in &mut contexts {
        let mut known = context.get_mut().input(|input| input.modifiers);
        input.events.retain(|event| match event {
            Event::ModifiersChanged(now) => mem::replace(&mut known, *now) != *now,
            _ => true,
        });
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// Wakes the app after a second. Holds whether such a frame is scheduled and has not come yet.
#[derive(Resource, Default)]
pub(crate) struct FrameTimer(Arc<AtomicBool>);

impl FrameTimer {
    #[cfg(test)]
    pub(crate) fn is_scheduled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Schedules a frame in a second, unless one is scheduled. Without a waker the app runs all the
    /// time and needs none.
    pub(crate) fn schedule(&self, waker: Option<&AppWaker>) {
        let Some(waker) = waker.filter(|_| !self.0.swap(true, Ordering::Relaxed)) else {
            return;
        };
        let (scheduled, waker) = (Arc::clone(&self.0), waker.clone());
        let sleep = move || {
            thread::sleep(SECOND);
            scheduled.store(false, Ordering::Relaxed);
            waker.wake();
        };
        // A browser has no threads: there, ages grow when another event brings a frame.
        let started = thread::Builder::new()
            .name("ok-panel".to_owned())
            .spawn(sleep);
        if started.is_err() {
            self.0.store(false, Ordering::Relaxed);
        }
    }
}
