//! The messages about the session.

use bevy_ecs::message::Message;

use super::StoreError;

/// Whether the player is logged in: [`OkSession::status`](crate::OkSession::status). More may come:
/// match with a wildcard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionStatus {
    /// No player is logged in.
    #[default]
    LoggedOut,
    /// The plugin is loading the session of an earlier run from its store, and requests wait for
    /// it: 15 seconds at most.
    Restoring,
    /// A login is pending.
    LoggingIn,
    /// The session is alive, as far as its lifetime says. It stays so while the player logs in
    /// again. OK may have ended it: the next request then ends it as
    /// [`SessionChange::Refused`].
    LoggedIn,
    /// The lifetime of the last session is over. A new login ends this state, and so does
    /// [`RequestLogout`].
    Expired,
}

/// Why a session has changed. More may come: match with a wildcard.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionChange {
    /// A login has started: its page is about to open.
    LoginStarted,
    /// The login ended without a session: see its `LoginFinished`. A completed login of the code
    /// flow sends this, too: its session comes later, by [`Accepted`](Self::Accepted).
    LoginEnded,
    /// A login of the token flow was completed, and its session has begun.
    LoggedIn,
    /// The game gave a session: [`OkSession::accept`](crate::OkSession::accept).
    Accepted,
    /// The plugin restored the session of an earlier run from its store.
    Restored,
    /// The store has no session: the player runs the game for the first time, or has logged out.
    NothingStored,
    /// The game's backend could not exchange the code:
    /// [`OkSession::exchange_failed`](crate::OkSession::exchange_failed).
    ExchangeFailed,
    /// The session has expired. The plugin does not wake a sleeping app for it: the message comes
    /// in the next frame.
    Expired,
    /// OK refused the session as expired or unknown (code 102 or 103).
    Refused,
    /// The game wrote [`RequestLogout`].
    LoggedOut,
    /// The session could not be stored, restored or erased. The session in memory has not changed.
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
    /// The status when this message was written. It includes later changes of the same frame.
    pub status: SessionStatus,
    /// Why the session has changed.
    pub reason: SessionChange,
}

/// Logs the player out: wipes the token and the key, and erases the stored session.
///
/// Every pending request, also a login, ends as cancelled by the game. So no page of this player
/// opens any more, and no callback of theirs counts for the next player.
///
/// The plugin handles a [`RequestLogin`](crate::RequestLogin) of the same frame after it. It erases
/// the store on another thread; a game that exits at once waits for that, 200 ms at most.
///
/// A page host forgets the player, too: [`PageHost::log_out`](crate::PageHost::log_out). The player's
/// browser does not: there they stay logged in to OK.
///
/// A quarantined session stays where it is. On OK's side the token lives on until it expires; only
/// the player can end it there, by removing the application in OK's settings.
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
