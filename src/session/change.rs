//! What the game is told of its session, and says about it.

use bevy_ecs::message::Message;

use super::StoreError;

/// Whether somebody is logged in.
///
/// ```
/// use bevy_odnoklassniki::SessionStatus;
/// assert_eq!(SessionStatus::default(), SessionStatus::LoggedOut);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionStatus {
    /// Nobody.
    #[default]
    LoggedOut,
    /// The session of an earlier run is being fetched from its store.
    Restoring,
    /// The login page is with the player.
    LoggingIn,
    /// The session is alive, as far as its time says. (A player who is logged in and logs in anew
    /// stays so meanwhile.)
    LoggedIn,
    /// There was a session, and its time is over.
    Expired,
}

/// Why a session has changed.
///
/// ```
/// use bevy_odnoklassniki::SessionChange;
/// assert_ne!(SessionChange::Restored, SessionChange::LoggedIn);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionChange {
    /// A login has begun.
    LoginStarted,
    /// It ended without a session: see the `LoginFinished` of the request. Also that of the code
    /// flow, as long as the game has not given back what its backend made of the code.
    LoginEnded,
    /// The token flow was completed.
    LoggedIn,
    /// The game has given a session: [`OkSession::accept`](crate::OkSession::accept).
    Accepted,
    /// The session of an earlier run came from its store.
    Restored,
    /// The store has none: it is the player's first run, or he has logged out.
    NothingStored,
    /// The game's backend made no session of the code:
    /// [`OkSession::exchange_failed`](crate::OkSession::exchange_failed).
    ExchangeFailed,
    /// Its time is over. A sleeping app is not woken for it; it is told in the next frame.
    Expired,
    /// OK says that it is no longer alive (code 102 or 103).
    Refused,
    /// [`RequestLogout`].
    LoggedOut,
    /// It could not be stored, restored or erased; the session in memory is what it was.
    StoreFailed(StoreError),
}

impl SessionChange {
    /// Returns its name for the log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::LoginStarted => "login started",
            Self::LoginEnded => "login ended without a session",
            Self::LoggedIn => "logged in",
            Self::Accepted => "session accepted",
            Self::Restored => "session restored",
            Self::NothingStored => "no session to restore",
            Self::ExchangeFailed => "code not exchanged",
            Self::Expired => "session expired",
            Self::Refused => "session refused by OK",
            Self::LoggedOut => "logged out",
            Self::StoreFailed(_) => "session store failed",
        }
    }
}

/// The session has changed. Written in [`OkSystems::Receive`](crate::OkSystems::Receive) or
/// [`OkSystems::Send`](crate::OkSystems::Send).
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
/// use bevy_odnoklassniki::SessionChange;
///
/// fn watch(mut changed: MessageReader<SessionChanged>) {
///     for change in changed.read() {
///         match &change.reason {
///             SessionChange::Expired => println!("please log in again"),
///             SessionChange::StoreFailed(error) => eprintln!("{error}: {}", error.advice()),
///             _ => println!("now {:?}", change.status),
///         }
///     }
/// }
/// # bevy_ecs::system::assert_is_system(watch);
/// ```
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct SessionChanged {
    /// What it is when this is told: later changes of the same frame are in it.
    pub status: SessionStatus,
    /// Why.
    pub reason: SessionChange,
}

/// Ends the session: its token and key are wiped, its store is erased. Every request that is
/// pending, a login among them, ends as cancelled by the game: no page of this player's opens any
/// more, and no answer is credited to the next one.
///
/// A [`RequestLogin`](crate::RequestLogin) of the same frame counts after it. The store is erased
/// on a thread of its own; a game that ends at once waits for it, 200 ms at most.
///
/// A session that was set aside because it was damaged or another application's stays where it is.
/// OK keeps the token alive until its time; only the player can end it there, by removing the
/// application in the config.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn log_out(mut logout: MessageWriter<RequestLogout>) {
///     logout.write(RequestLogout);
/// }
/// # bevy_ecs::system::assert_is_system(log_out);
/// ```
#[derive(Message, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestLogout;
