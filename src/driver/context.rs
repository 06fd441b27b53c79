//! What the driver reads: [`Context`].

use bevy_platform::time::Instant;

use super::listeners::CallbackListeners;
use crate::config::Config;
use crate::credentials::AppCredentials;
use crate::request::PendingRequests;
use crate::session::OkSession;

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
    pub(crate) listeners: &'a mut dyn CallbackListeners,
}
