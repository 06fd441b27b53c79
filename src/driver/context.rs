//! The driver's state, and what it may look at.

use bevy_platform::time::Instant;

use super::listeners::Addresses;
use super::pending::Requests;
use crate::config::Config;
use crate::credentials::AppCredentials;
use crate::request::PendingRequests;
use crate::session::OkSession;

/// Runs all pending requests.
#[derive(Default)]
pub(crate) struct Driver {
    pub(super) requests: Requests,
    /// Since when the game's backend has the code of a login.
    pub(super) exchanging: Option<Instant>,
}

/// What the driver may look at, and the session, which it may change.
pub(crate) struct Context<'a> {
    pub(crate) now: Instant,
    /// Whether the app exits after this frame: a page that opens now would lead to a closed port.
    pub(crate) is_exiting: bool,
    pub(crate) config: &'a Config,
    pub(crate) session: &'a mut OkSession,
    pub(crate) credentials: Option<&'a AppCredentials>,
    /// How the last requests ended.
    pub(crate) finished: &'a PendingRequests,
    pub(crate) addresses: &'a mut dyn Addresses,
}
