//! A frame a second, so that ages run on in a sleeping window.
//!
//! `egui::Context::request_repaint_after` would be the usual way. But `bevy_egui` 0.42 takes any wish for a later frame
//! as one for the next frame, and the window would never sleep again.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::Arc;

use bevy_ecs::resource::Resource;

use crate::wake::Wake;

const SECOND: Duration = Duration::from_secs(1);

/// Whether a frame was ordered and has not come yet.
#[derive(Resource, Default)]
pub(super) struct Tick(Arc<AtomicBool>);

impl Tick {
    /// Orders a frame in a second, unless one is ordered. Without a wake the app runs all the time.
    pub(super) fn start(&self, wake: Option<&Wake>) {
        let Some(wake) = wake.filter(|_| !self.0.swap(true, Ordering::Relaxed)) else { return };
        let (ordered, wake) = (Arc::clone(&self.0), wake.clone());
        let sleeper = std::thread::Builder::new().name("ok-panel".into()).spawn(move || {
            std::thread::sleep(SECOND);
            ordered.store(false, Ordering::Relaxed);
            wake.call();
        });
        if sleeper.is_err() {
            self.0.store(false, Ordering::Relaxed);
        }
    }
}
