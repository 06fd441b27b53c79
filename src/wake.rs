//! Waking a sleeping event loop, which a channel alone does not do.
//!
//! A Bevy app in reactive mode sleeps until its window gets an event. So the threads that send
//! events to the driver call [`AppWaker::wake`] after each.

use core::fmt;
use std::sync::Arc;

use bevy_ecs::resource::Resource;

/// Makes a sleeping app run its next frame, from any thread.
///
/// [`OdnoklassnikiPlugin`](crate::OdnoklassnikiPlugin) inserts it, at the latest in
/// [`Plugin::finish`](bevy_app::Plugin::finish), if it can wake the app. It can with the feature
/// `winit` in a game with a window, or by [`with_wake`](crate::OdnoklassnikiPlugin::with_wake).
/// Otherwise the plugin expects the app to run all the time. The plugin keeps a copy, so it still
/// wakes a game that removes the resource.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::AppWaker;
/// /// The app handles this thread's result in the next frame.
/// fn load_friends(waker: Option<Res<AppWaker>>) {
///     let waker = waker.map(|waker| waker.clone());
///     std::thread::spawn(move || {
///         // Here the result goes into a channel. Then:
///         if let Some(waker) = waker {
///             waker.wake();
///         }
///     });
/// }
/// # bevy_ecs::system::assert_is_system(load_friends);
/// ```
#[derive(Resource, Clone)]
pub struct AppWaker(Arc<dyn Fn() + Send + Sync>);

impl AppWaker {
    pub(crate) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(wake))
    }

    /// Requests a frame, and returns at once.
    pub fn wake(&self) {
        (self.0)();
    }
}

/// Wakes nothing: for an app that runs all the time.
impl Default for AppWaker {
    fn default() -> Self {
        Self::new(|| ())
    }
}

impl fmt::Debug for AppWaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppWaker").finish_non_exhaustive()
    }
}

/// Returns the waker of a winit window, once `WinitPlugin` is built.
#[cfg(feature = "winit")]
pub(crate) fn of_winit(app: &bevy_app::App) -> Option<AppWaker> {
    use bevy_winit::{EventLoopProxyWrapper, WinitUserEvent};

    let proxy: &EventLoopProxyWrapper = app.world().get_resource()?;
    let proxy = (**proxy).clone();
    // This fails only after the event loop has ended, and then no frame is needed.
    Some(AppWaker::new(move || {
        _ = proxy.send_event(WinitUserEvent::WakeUp);
    }))
}
