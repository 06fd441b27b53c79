//! What the game told the plugin before the app ran.

use core::time::Duration;
use std::sync::Arc;

use odnoklassniki::Hosts;

use crate::opener::Opener;
use crate::wake::Wake;

/// What the plugin was told, for the desk.
pub(crate) struct Settings {
    pub(crate) opener: Arc<dyn Opener>,
    pub(crate) deadline: Duration,
    pub(crate) hosts: Hosts,
    pub(crate) wake: Option<Wake>,
    /// Why no request can work, if something failed before the app ran.
    pub(crate) setup_error: Option<String>,
}

impl Settings {
    /// Makes a sleeping app run another frame.
    pub(crate) fn wake_app(&self) {
        if let Some(wake) = &self.wake {
            wake.call();
        }
    }
}
