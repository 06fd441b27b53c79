//! [`OkSession`]: who is logged in, until when, and with which scopes.

mod change;
mod data;
pub(crate) mod store;

use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use bevy_ecs::resource::Resource;
use bevy_ecs::system::Res;
use odnoklassniki::oauth::Scope;
use odnoklassniki::{AccessToken, SessionSecretKey, Signer, UserId};

pub use change::{RequestLogout, SessionChange, SessionChanged, SessionStatus};
pub use data::SessionData;
pub use store::{MemoryStore, PendingFile, SessionStore, StoreError, StoreErrorKind};

use data::Timestamp;
pub(crate) use store::{STORE_TIMEOUT, StoreEvent, StoreJob, StoreWorker};

use crate::error::{RequestError, RequestErrorKind};

/// The player's session: logged out, logging in, or logged in.
///
/// A [`RequestLogin`](crate::RequestLogin) starts a session, [`accept`](Self::accept) takes one
/// from the game's backend, and [`RequestLogout`] ends it. The plugin signs requests with it,
/// unless [`AppCredentials`](crate::AppCredentials::with_signer) has a signer. The plugin writes a
/// [`SessionChanged`] for each change.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn title(session: Res<OkSession>) -> String {
///     match session.status() {
///         SessionStatus::LoggedIn => "Play with your friends".into(),
///         SessionStatus::LoggingIn => "Look into your browser…".into(),
///         _ => "Log in".into(),
///     }
/// }
/// ```
///
/// The plugin inserts it, and it must stay in the world.
#[derive(Resource)]
pub struct OkSession {
    live: Option<Live>,
    /// Counts the sessions, to distinguish the requests of each. 0: there was none.
    serial: u64,
    /// Counts the changes, also those without a message.
    revision: u64,
    /// Whether the last session expired.
    expired: bool,
    logging_in: bool,
    restore: Restore,
    store_error: Option<StoreError>,
    /// Changes that the game has no message about yet.
    changes: VecDeque<SessionChange>,
}

/// Whether a session from the store is still expected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Restore {
    No,
    /// Requests wait for it.
    Awaited,
    /// Requests no longer wait for the store, but a late session is still accepted.
    Late,
}

struct Live {
    data: SessionData,
    signer: Option<Arc<Signer>>,
}

impl OkSession {
    /// Returns the state of the session now, by the clock: a session whose lifetime is over no
    /// longer counts, even before its [`SessionChanged`] is written.
    ///
    /// It is the first that holds, in this order:
    ///
    /// - [`LoggedIn`](SessionStatus::LoggedIn) while a session is alive, also during a second login;
    /// - [`LoggingIn`](SessionStatus::LoggingIn) while a login is pending;
    /// - [`Restoring`](SessionStatus::Restoring) while requests wait for the store;
    /// - [`Expired`](SessionStatus::Expired) if the last session has expired;
    /// - else [`LoggedOut`](SessionStatus::LoggedOut).
    #[must_use]
    pub fn status(&self) -> SessionStatus {
        match &self.live {
            Some(live) if !live.data.is_expired(Timestamp::now()) => SessionStatus::LoggedIn,
            _ if self.logging_in => SessionStatus::LoggingIn,
            _ if self.restore == Restore::Awaited => SessionStatus::Restoring,
            Some(_) => SessionStatus::Expired,
            None if self.expired => SessionStatus::Expired,
            None => SessionStatus::LoggedOut,
        }
    }

    /// Returns whether [`status`](Self::status) is [`LoggedIn`](SessionStatus::LoggedIn).
    #[must_use]
    pub fn is_logged_in(&self) -> bool {
        self.status() == SessionStatus::LoggedIn
    }

    /// Returns the player's id on OK. `None` without a live session, and if it is unknown. The
    /// token flow does not send it, so the game must ask OK or get it from its backend.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        self.alive()?.data.user_id
    }

    /// Returns the scopes that the player has granted, which may be fewer than requested.
    ///
    /// `None` without a live session. With one, `None` means unknown, not that nothing was granted:
    /// OK did not send them, or not in a readable form.
    ///
    /// ```
    /// use bevy_odnoklassniki::OkSession;
    /// use bevy_odnoklassniki::protocol::oauth::Scope;
    ///
    /// fn may_post_to_groups(session: &OkSession) -> bool {
    ///     session.scopes().is_none_or(|granted| granted.contains(&Scope::GROUP_CONTENT))
    /// }
    /// ```
    #[must_use]
    pub fn scopes(&self) -> Option<&[Scope]> {
        self.alive()?.data.scopes.as_deref()
    }

    /// Returns how long the session still lives. `None` without a live session, and if
    /// OK or the backend named no lifetime: such a session counts as alive until OK refuses it.
    ///
    /// OK's tokens live 30 minutes, or 30 days with the scope `LONG_ACCESS_TOKEN`
    /// (`docs/protocol.md`, section 7). The plugin counts by the monotonic clock and the wall clock
    /// and takes the shorter time. So a clock that was set back makes no session live longer.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.alive()?.data.left(Timestamp::now())
    }

    /// Returns the token and, if the game has it, its key; `None` without a live session. Do not
    /// log, print or store them.
    #[must_use]
    pub fn expose_secrets(&self) -> Option<(&AccessToken, Option<&SessionSecretKey>)> {
        let data = &self.alive()?.data;
        Some((&data.access_token, data.session_secret_key.as_ref()))
    }

    /// Returns the last error of the session store, of this run of the game: why a session was not
    /// restored, saved or erased. It stays after the store has worked again.
    ///
    /// `None` if the store has not failed, or there is none. Each error also comes as
    /// [`SessionChange::StoreFailed`].
    #[must_use]
    pub fn store_error(&self) -> Option<&StoreError> {
        self.store_error.as_ref()
    }

    /// Takes a session, for example what the game's backend got for the code.
    ///
    /// It replaces the current session and goes into the store if there is one. The plugin then
    /// sends the requests that wait for a session. Do not call this if the game has written
    /// [`RequestLogout`] meanwhile.
    ///
    /// ```
    /// use bevy_ecs::prelude::*;
    /// use bevy_odnoklassniki::prelude::*;
    /// fn logged_in_by_our_backend(session: &mut OkSession, token: String, key: String) {
    ///     let data = SessionData::new(AccessToken::new(token), SessionSecretKey::new(key));
    ///     session.accept(data);
    /// }
    /// ```
    pub fn accept(&mut self, data: SessionData) {
        self.begin(data, SessionChange::Accepted);
    }

    /// Creates a resource that has a session from the start, which is no change.
    pub(crate) fn with(data: SessionData) -> Self {
        let signer = data.signer().map(Arc::new);
        Self {
            live: Some(Live { data, signer }),
            serial: 1,
            ..Self::new()
        }
    }

    /// Creates a resource without a session. Private: a game that replaced the resource would lose
    /// changes.
    pub(crate) fn new() -> Self {
        Self {
            live: None,
            serial: 0,
            revision: 0,
            expired: false,
            logging_in: false,
            restore: Restore::No,
            store_error: None,
            changes: VecDeque::new(),
        }
    }

    /// Notifies the plugin that the game's backend did not exchange the code: it refused, or could
    /// not be reached.
    ///
    /// Requests that wait for the session end as [`NotLoggedIn`](RequestErrorKind::NotLoggedIn).
    /// Without this call they go on waiting, and a later request starts a new login only after two
    /// minutes, the lifetime of a code.
    ///
    /// ```
    /// # use bevy_odnoklassniki::{OkSession, SessionData};
    /// fn exchanged(session: &mut OkSession, result: Result<SessionData, String>) {
    ///     match result {
    ///         Ok(data) => session.accept(data),
    ///         Err(_) => session.exchange_failed(),
    ///     }
    /// }
    /// ```
    pub fn exchange_failed(&mut self) {
        self.changed(SessionChange::ExchangeFailed);
    }

    /// Takes a session from the store. An expired one ends at once.
    pub(crate) fn restore(&mut self, data: SessionData) {
        if data.is_expired(Timestamp::now()) {
            self.end(SessionChange::Expired);
        } else {
            self.begin(data, SessionChange::Restored);
        }
    }

    pub(crate) fn begin(&mut self, data: SessionData, reason: SessionChange) {
        let signer = data.signer().map(Arc::new);
        self.live = Some(Live { data, signer });
        self.serial += 1;
        self.expired = false;
        self.restore = Restore::No;
        self.changed(reason);
    }

    /// Ends the session, and wipes it.
    pub(crate) fn end(&mut self, reason: SessionChange) {
        self.live = None;
        self.expired = reason == SessionChange::Expired;
        self.restore = Restore::No;
        self.changed(reason);
    }

    /// Notes a change, so that the game gets a message about it.
    pub(crate) fn changed(&mut self, reason: SessionChange) {
        self.revision += 1;
        self.changes.push_back(reason);
    }

    /// Returns whether the session has expired without a message about it. This runs in every
    /// frame, so it reads no clock unless there is an expiry.
    pub(crate) fn is_due(&self) -> bool {
        self.live
            .as_ref()
            .and_then(|live| live.data.expiry)
            .is_some_and(|expiry| expiry.left(Timestamp::now()).is_zero())
    }

    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    pub(crate) fn next_change(&mut self) -> Option<SessionChange> {
        self.changes.pop_front()
    }

    pub(crate) fn set_logging_in(&mut self, logging_in: bool) {
        if self.logging_in != logging_in {
            self.logging_in = logging_in;
            self.revision += 1;
            if logging_in {
                self.changed(SessionChange::LoginStarted);
            }
        }
    }

    pub(crate) fn store_failed(&mut self, error: StoreError) {
        self.store_error = Some(error.clone());
        self.changed(SessionChange::StoreFailed(error));
    }

    pub(crate) fn set_restoring(&mut self) {
        self.restore = Restore::Awaited;
        self.revision += 1;
    }

    /// Notes that the store has responded.
    pub(crate) fn stop_restoring(&mut self) {
        self.restore = Restore::No;
        self.revision += 1;
    }

    /// Notes that the store takes too long.
    pub(crate) fn mark_store_slow(&mut self) {
        self.restore = Restore::Late;
        self.revision += 1;
    }

    pub(crate) fn is_restoring(&self) -> bool {
        self.restore == Restore::Awaited
    }

    /// Returns whether a session from the store is still accepted.
    pub(crate) fn accepts_restored(&self) -> bool {
        self.restore != Restore::No
    }

    /// Returns the session's signer, if the session is alive and has its key.
    pub(crate) fn signer(&self) -> Option<&Arc<Signer>> {
        self.alive()?.signer.as_ref()
    }

    /// Returns the data to store.
    pub(crate) fn data(&self) -> Option<&SessionData> {
        self.live.as_ref().map(|live| &live.data)
    }

    /// Returns why this session cannot sign a request.
    pub(crate) fn not_logged_in(&self) -> RequestError {
        match self.status() {
            SessionStatus::LoggedIn => RequestError::new(
                RequestErrorKind::NotConfigured,
                "the session has no secret key, and AppCredentials has no signer",
            )
            .with_advice("give AppCredentials a Signer::backend, or let the backend send the session's secret key, too"),
            SessionStatus::Expired => RequestError::new(RequestErrorKind::NotLoggedIn, "the session has expired").with_advice(
                "write RequestLogin: OK's page closes by itself if there is nothing new to grant. If the session expired right after it began, this machine's clock was changed",
            ),
            _ => RequestError::new(RequestErrorKind::NotLoggedIn, "no player is logged in"),
        }
    }

    fn alive(&self) -> Option<&Live> {
        self.live
            .as_ref()
            .filter(|live| !live.data.is_expired(Timestamp::now()))
    }
}

impl fmt::Debug for OkSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OkSession")
            .field("status", &self.status())
            .field("user_id", &self.user_id())
            .field("scopes", &self.scopes())
            .field("expires_in", &self.expires_in())
            .finish_non_exhaustive()
    }
}

/// Run condition that holds while the player is logged in ([`OkSession::is_logged_in`]).
///
/// ```
/// use bevy_app::prelude::*;
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn show_friends() {}
/// App::new().add_systems(Update, show_friends.run_if(logged_in));
/// ```
#[must_use]
pub fn logged_in(session: Option<Res<OkSession>>) -> bool {
    session.is_some_and(|session| session.is_logged_in())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> SessionData {
        SessionData::new(
            AccessToken::new("canary-token"),
            SessionSecretKey::new("canary-key"),
        )
    }

    #[test]
    fn the_status_follows_the_session_the_login_and_the_store() {
        let mut session = OkSession::new();
        assert_eq!(session.status(), SessionStatus::LoggedOut);
        session.set_restoring();
        assert_eq!(session.status(), SessionStatus::Restoring);
        session.set_logging_in(true);
        assert_eq!(session.status(), SessionStatus::LoggingIn);
        session.accept(
            data()
                .user_id(UserId::new(7))
                .expires_in(Duration::from_secs(60)),
        );
        assert_eq!(session.status(), SessionStatus::LoggedIn);
        assert!(
            !session.is_restoring(),
            "a session that the store brings later is older"
        );
        session.set_logging_in(false);
        session.accept(data().user_id(UserId::new(7)).expires_in(Duration::ZERO));
        assert_eq!(session.status(), SessionStatus::Expired);
        assert!(
            session.signer().is_none()
                && session.user_id().is_none()
                && session.expose_secrets().is_none()
        );
        assert!(session.is_due());
        session.end(SessionChange::Expired);
        assert_eq!(
            (session.status(), session.is_due()),
            (SessionStatus::Expired, false)
        );
        session.end(SessionChange::LoggedOut);
        assert_eq!(session.status(), SessionStatus::LoggedOut);
    }

    #[test]
    fn an_ended_session_is_wiped_and_a_live_one_not_printed() {
        let mut session = OkSession::new();
        session.accept(data());
        let text = format!("{session:?}");
        assert!(!text.contains("canary"), "{text}");
        let signer = Arc::downgrade(session.signer().unwrap());
        session.end(SessionChange::LoggedOut);
        assert!(signer.upgrade().is_none(), "the signer has no other owner");
        assert!(session.data().is_none());
    }
}
