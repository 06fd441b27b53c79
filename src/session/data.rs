//! [`SessionData`]: a session's secrets and facts, and its expiry.

use core::fmt;
use core::time::Duration;

use bevy_platform::time::Instant;
use odnoklassniki::oauth::{Scope, TokenGrant};
use odnoklassniki::{AccessToken, SessionSecretKey, Signer, UserId};
use std::time::SystemTime;

use crate::platform;

/// The data of a session: the player's token, its secret key, and further facts.
///
/// The token flow creates it. A game whose backend exchanges the code gives it to
/// [`OkSession::accept`](crate::OkSession::accept), or at the start to
/// [`OdnoklassnikiPlugin::with_session`](crate::OdnoklassnikiPlugin::with_session). It cannot be
/// cloned, and `Debug` shows neither token nor key.
///
/// ```
/// use std::time::Duration;
/// use bevy_odnoklassniki::SessionData;
/// use bevy_odnoklassniki::protocol::{AccessToken, SessionSecretKey, UserId};
/// let key = SessionSecretKey::new("6d0b9c5598febb3653f523a2c951704a");
/// let session = SessionData::new(AccessToken::new("tkn1…"), key)
///     .user_id(UserId::new(561_104_940_000))
///     .expires_in(Duration::from_secs(30 * 60));
/// assert!(!format!("{session:?}").contains("6d0b9c"));
/// ```
pub struct SessionData {
    pub(in crate::session) access_token: AccessToken,
    pub(in crate::session) session_secret_key: Option<SessionSecretKey>,
    pub(in crate::session) user_id: Option<UserId>,
    pub(in crate::session) scopes: Option<Vec<Scope>>,
    pub(in crate::session) expiry: Option<Expiry>,
}

/// A session's lifetime, and when it started.
#[derive(Clone, Copy, Debug)]
pub(in crate::session) struct Expiry {
    pub(in crate::session) length: Duration,
    pub(in crate::session) since: Timestamp,
}

/// A time by both clocks. The wall clock runs while the machine sleeps, but can be set. The
/// monotonic clock cannot be set, but may stop while the machine sleeps.
#[derive(Clone, Copy, Debug)]
pub(in crate::session) struct Timestamp {
    pub(in crate::session) monotonic: Instant,
    pub(in crate::session) wall: Option<SystemTime>,
}

impl Timestamp {
    pub(in crate::session) fn now() -> Self {
        Self {
            monotonic: Instant::now(),
            wall: platform::wall_clock(),
        }
    }

    /// Returns the longer of the two times: a clock that was set back, or that stood still, makes
    /// no session live longer.
    pub(in crate::session) fn since(self, earlier: Self) -> Duration {
        let passed = self.monotonic.saturating_duration_since(earlier.monotonic);
        match (self.wall, earlier.wall) {
            (Some(wall), Some(earlier)) => {
                passed.max(wall.duration_since(earlier).unwrap_or_default())
            }
            _ => passed,
        }
    }
}

impl Expiry {
    pub(in crate::session) fn left(self, now: Timestamp) -> Duration {
        self.length.saturating_sub(now.since(self.since))
    }
}

impl SessionData {
    /// Creates a session with its key, as the token flow or a backend delivers it. Without
    /// [`expires_in`](Self::expires_in) it counts as alive until OK refuses it.
    #[must_use]
    pub fn new(access_token: AccessToken, session_secret_key: SessionSecretKey) -> Self {
        Self {
            session_secret_key: Some(session_secret_key),
            ..Self::without_key(access_token)
        }
    }

    /// Creates a session whose key stays with the game's backend. The player is logged in, and a
    /// [`Signer::backend`](crate::protocol::Signer::backend) signs the requests.
    #[must_use]
    pub fn without_key(access_token: AccessToken) -> Self {
        Self {
            access_token,
            session_secret_key: None,
            user_id: None,
            scopes: None,
            expiry: None,
        }
    }

    /// Sets how long the token lives, counted from this call. `Duration::ZERO` makes an expired
    /// session. In OK's responses it is `expires_in`, in seconds
    /// (`apiok.ru/en/ext/oauth/server`; RFC 6749, section 5.1).
    #[must_use]
    pub fn expires_in(mut self, length: Duration) -> Self {
        self.expiry = Some(Expiry {
            length,
            since: Timestamp::now(),
        });
        self
    }

    /// Sets the player's id on OK (`uid` of `users.getLoggedInUser`).
    #[must_use]
    pub fn user_id(mut self, user_id: UserId) -> Self {
        self.user_id = Some(user_id);
        self
    }

    /// Sets the scopes that the player has granted. Without this call they are unknown.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        self.scopes = Some(scopes.into_iter().collect());
        self
    }

    /// Returns a signer, if there is a key. The signer's copies of the secrets are wiped like
    /// these.
    pub(in crate::session) fn signer(&self) -> Option<Signer> {
        let key = self.session_secret_key.as_ref()?;
        let token = AccessToken::new(self.access_token.expose());
        Some(Signer::session(token, SessionSecretKey::new(key.expose())))
    }

    /// Returns how long the session still lives, if its expiry is known.
    pub(in crate::session) fn left(&self, now: Timestamp) -> Option<Duration> {
        self.expiry.map(|expiry| expiry.left(now))
    }

    pub(in crate::session) fn is_expired(&self, now: Timestamp) -> bool {
        self.left(now) == Some(Duration::ZERO)
    }
}

impl From<TokenGrant> for SessionData {
    fn from(grant: TokenGrant) -> Self {
        let expiry = grant.expires_in.map(|length| Expiry {
            length,
            since: Timestamp::now(),
        });
        Self {
            scopes: grant.scopes,
            expiry,
            ..Self::new(grant.access_token, grant.session_secret_key)
        }
    }
}

impl fmt::Debug for SessionData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionData")
            .field("access_token", &self.access_token)
            .field("session_secret_key", &self.session_secret_key)
            .field("user_id", &self.user_id)
            .field("scopes", &self.scopes)
            .field("expires_in", &self.left(Timestamp::now()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Returns what is left of a one-minute session after these seconds by either clock.
    fn left(monotonic: i64, wall: i64) -> Duration {
        let since = Timestamp::now();
        let mut now = since;
        now.monotonic += Duration::from_secs(monotonic.unsigned_abs());
        let offset = Duration::from_secs(wall.unsigned_abs());
        now.wall = now.wall.map(|time| {
            if wall < 0 {
                time - offset
            } else {
                time + offset
            }
        });
        Expiry {
            length: MINUTE,
            since,
        }
        .left(now)
    }

    #[test]
    fn a_session_ends_by_whichever_clock_is_ahead() {
        for (monotonic, wall, expected) in [
            (0, 0, 60),
            (10, 10, 50),
            (60, 60, 0),
            // The machine slept: one clock stood still.
            (1, 3600, 0),
            (1, 30, 30),
            // The wall clock was set back, by years even.
            (10, -1_000_000_000, 50),
            (60, -1_000_000_000, 0),
            // It was set forward: too early is better than never.
            (1, 1_000_000_000, 0),
        ] {
            assert_eq!(
                left(monotonic, wall).as_secs(),
                expected,
                "{monotonic} {wall}"
            );
        }
    }

    #[test]
    fn the_longest_and_the_shortest_lifetime_do_not_overflow() {
        let session = SessionData::without_key(AccessToken::new("t")).expires_in(Duration::MAX);
        assert!(!session.is_expired(Timestamp::now()));
        assert!(
            SessionData::without_key(AccessToken::new("t"))
                .left(Timestamp::now())
                .is_none()
        );
        assert!(
            SessionData::without_key(AccessToken::new("t"))
                .expires_in(Duration::ZERO)
                .is_expired(Timestamp::now())
        );
    }
}
