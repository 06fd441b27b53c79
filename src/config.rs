//! What the game told the plugin before the app ran.

use core::time::Duration;
use std::sync::Arc;

#[cfg(not(target_family = "wasm"))]
use odnoklassniki::FieldError;
use odnoklassniki::Hosts;

#[cfg(not(target_family = "wasm"))]
use crate::callback::Redirect;
use crate::capabilities::OkCapabilities;
use crate::opener::{self, Opener};
use crate::request::{DEFAULT_TIMEOUT, RequestLogin};
use crate::session::SessionStore;
use crate::wake::AppWaker;

/// How long a signing backend may take if the game says nothing else.
const SIGNING_TIMEOUT: Duration = Duration::from_secs(15);

/// What the plugin was told, for the desk.
pub(crate) struct Config {
    pub(crate) capabilities: OkCapabilities,
    pub(crate) opener: Arc<dyn Opener>,
    pub(crate) deadline: Duration,
    pub(crate) signing_timeout: Duration,
    pub(crate) hosts: Hosts,
    pub(crate) wake: Option<AppWaker>,
    /// Where the answer of a login can come to, or what is wrong with one of the addresses.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) redirects: Result<Vec<Redirect>, FieldError>,
    /// Makes the login that requests without a session start.
    pub(crate) automatic_login: Option<Arc<dyn Fn() -> RequestLogin + Send + Sync>>,
    /// Taken by the desk in the first frame.
    pub(crate) store: Option<Arc<dyn SessionStore>>,
    /// Why no request can work, if something failed before the app ran.
    pub(crate) setup_error: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            capabilities: OkCapabilities::default(),
            opener: opener::default_opener(),
            deadline: DEFAULT_TIMEOUT,
            signing_timeout: SIGNING_TIMEOUT,
            hosts: Hosts::default(),
            wake: None,
            #[cfg(not(target_family = "wasm"))]
            redirects: Ok(Vec::new()),
            automatic_login: None,
            store: None,
            setup_error: None,
        }
    }
}

impl Config {
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn set_redirects(&mut self, uris: impl Iterator<Item = String>) {
        self.redirects = uris.map(|uri| Redirect::read(&uri)).collect();
    }

    /// Makes a sleeping app run another frame.
    pub(crate) fn wake_app(&self) {
        if let Some(wake) = &self.wake {
            wake.wake();
        }
    }
}
