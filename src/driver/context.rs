//! [`Driver`], and what it reads. A file of its own, because every other one needs it.

use bevy_platform::time::Instant;

use super::held::Held;
use super::listeners::CallbackListeners;
use super::pending::Requests;
use crate::config::Config;
use crate::credentials::AppCredentials;
use crate::request::PendingRequests;
use crate::session::OkSession;

/// Runs all pending requests.
#[derive(Default)]
pub(crate) struct Driver {
    pub(super) requests: Requests,
    /// When a login ended with a code, while the game's backend exchanges it.
    pub(super) exchanging: Option<Instant>,
}

/// What the driver reads, and the session, which it may change.
pub(crate) struct Context<'a> {
    pub(crate) now: Instant,
    /// Whether the app exits after this frame: a page that opened now would call back a closed
    /// port.
    pub(crate) is_exiting: bool,
    pub(crate) config: &'a Config,
    pub(crate) session: &'a mut OkSession,
    pub(crate) credentials: Option<&'a AppCredentials>,
    /// How the last requests ended: [`PendingRequests::finished`].
    pub(crate) results: &'a PendingRequests,
    /// The results that the game does not have yet.
    pub(crate) held: &'a Held,
    pub(crate) listeners: &'a mut dyn CallbackListeners,
}
