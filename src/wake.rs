//! Waking a sleeping event loop: a channel alone does not.
//!
//! A Bevy app in reactive mode sleeps until something happens to its window. The callback
//! listener's thread therefore calls a [`Wake`] after each event that it puts into the channel.

use std::sync::Arc;

/// What other threads call to make the app run its next frame.
#[derive(Clone)]
pub(crate) struct Wake(Arc<dyn Fn() + Send + Sync>);

impl Wake {
    pub(crate) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(wake))
    }

    pub(crate) fn call(&self) {
        (self.0)();
    }
}

/// For apps that run all the time there is nothing to wake.
impl Default for Wake {
    fn default() -> Self {
        Self::new(|| ())
    }
}

/// The wake of a winit window, once `WinitPlugin` is built.
#[cfg(feature = "winit")]
pub(crate) fn of_winit(app: &bevy_app::App) -> Option<Wake> {
    use bevy_winit::{EventLoopProxyWrapper, WinitUserEvent};

    let proxy: &EventLoopProxyWrapper = app.world().get_resource()?;
    let proxy = (**proxy).clone();
    // It fails only when the loop is gone, and then nobody waits for the frame.
    Some(Wake::new(move || {
        _ = proxy.send_event(WinitUserEvent::WakeUp);
    }))
}
