//! [`OkSession`]: who is logged in, until when, and with which rights.

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
pub use store::{MemoryStore, SessionStore, StoreError, StoreErrorKind};

use data::Timestamp;
pub(crate) use store::{STORE_TIMEOUT, StoreEvent, StoreJob, StoreWorker};

use crate::error::{RequestError, RequestErrorKind};

/// The player's session: logged out, logging in, or logged in.
///
/// A [`RequestLogin`](crate::RequestLogin) begins a session, [`accept`](Self::accept) takes one
/// from the game's backend, and [`RequestLogout`] ends it. Requests are signed with it, unless
/// [`AppCredentials`](crate::AppCredentials::with_signer) has a signer of its own.
/// [`SessionChanged`] tells each change.
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
/// # let _ = title;
/// ```
///
/// The plugin puts it into the world, and it must stay there.
#[derive(Resource)]
pub struct OkSession {
    live: Option<Live>,
    /// Counts the sessions, to tell the requests of one from those of another. 0: there was none.
    serial: u64,
    /// Counts the changes, also those that nobody is told.
    revision: u64,
    /// How the last session ended by itself: by its time.
    expired: bool,
    logging_in: bool,
    restore: Restore,
    store_error: Option<StoreError>,
    /// What the game is still to be told.
    changes: VecDeque<SessionChange>,
}

/// Whether the store is still to bring a session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Restore {
    No,
    /// Requests wait for it.
    Awaited,
    /// Nobody waits any more, but it would be taken.
    Late,
}

struct Live {
    data: SessionData,
    signer: Option<Arc<Signer>>,
}

impl OkSession {
    /// Whether somebody is logged in.
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

    /// Whether the session is alive, as far as its time says.
    ///
    /// ```
    /// # use bevy_odnoklassniki::OkSession;
    /// fn may_invite(session: &OkSession) -> bool {
    ///     session.is_logged_in()
    /// }
    /// # let _ = may_invite;
    /// ```
    #[must_use]
    pub fn is_logged_in(&self) -> bool {
        self.status() == SessionStatus::LoggedIn
    }

    /// Who is logged in, if that is known: the token flow does not tell.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        self.alive()?.data.user_id
    }

    /// The rights that the player has really granted, if OK has told in a form that can be read.
    /// They may be fewer than were asked for. `None`: not known, which never means that none was
    /// granted.
    ///
    /// ```
    /// use bevy_odnoklassniki::OkSession;
    /// use bevy_odnoklassniki::protocol::oauth::Scope;
    ///
    /// fn may_post_to_groups(session: &OkSession) -> bool {
    ///     session.scopes().is_none_or(|granted| granted.contains(&Scope::GROUP_CONTENT))
    /// }
    /// # let _ = may_post_to_groups;
    /// ```
    #[must_use]
    pub fn scopes(&self) -> Option<&[Scope]> {
        self.alive()?.data.scopes.as_deref()
    }

    /// How long the session lives on, if that is known.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.alive()?.data.left(Timestamp::now())
    }

    /// The token and, if the game has it, its key. The only way to read them; do not log, print or
    /// store them.
    ///
    /// ```
    /// use bevy_odnoklassniki::OkSession;
    ///
    /// fn for_the_backend(session: &OkSession) -> Option<&str> {
    ///     session.expose_secrets().map(|(token, _)| token.expose())
    /// }
    /// # let _ = for_the_backend;
    /// ```
    #[must_use]
    pub fn expose_secrets(&self) -> Option<(&AccessToken, Option<&SessionSecretKey>)> {
        let data = &self.alive()?.data;
        Some((&data.access_token, data.session_secret_key.as_ref()))
    }

    /// Why the session could not be stored or restored the last time.
    #[must_use]
    pub fn store_error(&self) -> Option<&StoreError> {
        self.store_error.as_ref()
    }

    /// Takes a session: what the game's backend made of the code. It takes the place of the one
    /// before, goes into the store if there is one, and requests that wait for a session are sent
    /// with it. A game that has written [`RequestLogout`] meanwhile must not give it any more.
    ///
    /// ```
    /// use bevy_ecs::prelude::*;
    /// use bevy_odnoklassniki::prelude::*;
    ///
    /// fn logged_in_by_our_backend(session: &mut OkSession, access_token: String, session_secret_key: String) {
    ///     let data = SessionData::new(AccessToken::new(access_token), SessionSecretKey::new(session_secret_key));
    ///     session.accept(data);
    /// }
    /// # let _ = logged_in_by_our_backend;
    /// ```
    pub fn accept(&mut self, data: SessionData) {
        self.begin(data, SessionChange::Accepted);
    }

    /// A session that is there from the start; it is no change.
    pub(crate) fn with(data: SessionData) -> Self {
        let signer = data.signer().map(Arc::new);
        Self {
            live: Some(Live { data, signer }),
            serial: 1,
            ..Self::new()
        }
    }

    /// Not public: who could make one could put it in the place of the real one, and changes would
    /// be lost.
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

    /// Says that there will be no session: the game's backend refused the code, or could not be
    /// reached. Requests that wait for one end as [`NotLoggedIn`](RequestErrorKind::NotLoggedIn).
    /// Without it they wait for two minutes, as long as a code lives, until a later request signs
    /// the player in anew.
    ///
    /// ```
    /// # use bevy_odnoklassniki::{OkSession, SessionData};
    /// fn the_backend_has_answered(session: &mut OkSession, made: Result<SessionData, String>) {
    ///     match made {
    ///         Ok(data) => session.accept(data),
    ///         Err(_) => session.exchange_failed(),
    ///     }
    /// }
    /// # let _ = the_backend_has_answered;
    /// ```
    pub fn exchange_failed(&mut self) {
        self.changed(SessionChange::ExchangeFailed);
    }

    /// Takes what the store has brought. One whose time is over is told as that.
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

    /// Ends the session, whatever it was, and wipes it.
    pub(crate) fn end(&mut self, reason: SessionChange) {
        self.live = None;
        self.expired = reason == SessionChange::Expired;
        self.restore = Restore::No;
        self.changed(reason);
    }

    /// Notes a change that the game is to be told.
    pub(crate) fn changed(&mut self, reason: SessionChange) {
        self.revision += 1;
        self.changes.push_back(reason);
    }

    /// Whether its time is over and nobody has been told. Asked in every frame: no clock is read
    /// where none matters.
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

    /// The store has answered.
    pub(crate) fn stop_restoring(&mut self) {
        self.restore = Restore::No;
        self.revision += 1;
    }

    /// The store has not, for a long time.
    pub(crate) fn mark_store_slow(&mut self) {
        self.restore = Restore::Late;
        self.revision += 1;
    }

    pub(crate) fn is_restoring(&self) -> bool {
        self.restore == Restore::Awaited
    }

    /// Whether a session from the store is still welcome.
    pub(crate) fn accepts_restored(&self) -> bool {
        self.restore != Restore::No
    }

    /// What signs with the session, if it is alive and its key is here.
    pub(crate) fn signer(&self) -> Option<&Arc<Signer>> {
        self.alive()?.signer.as_ref()
    }

    /// What is to be stored.
    pub(crate) fn data(&self) -> Option<&SessionData> {
        self.live.as_ref().map(|live| &live.data)
    }

    /// Why a request cannot be signed with it.
    pub(crate) fn not_logged_in(&self) -> RequestError {
        match self.status() {
            SessionStatus::LoggedIn => RequestError::new(
                RequestErrorKind::NotConfigured,
                "the session's secret key is not here, and AppCredentials has no signer",
            )
            .with_advice("give AppCredentials a Signer::backend, or let the backend send the session's secret key, too"),
            SessionStatus::Expired => RequestError::new(RequestErrorKind::NotLoggedIn, "the session has expired").with_advice(
                "write RequestLogin: OK's page closes by itself if nothing new is to be granted. A session that ends right after it began means that this machine's clock was set",
            ),
            _ => RequestError::new(RequestErrorKind::NotLoggedIn, "nobody is logged in"),
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

/// Run condition: a player is logged in ([`OkSession::is_logged_in`]).
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
    fn the_status_follows_from_what_there_is() {
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
            "what comes later from the store is older"
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
        assert!(signer.upgrade().is_none(), "nobody else holds it");
        assert!(session.data().is_none());
    }
}
