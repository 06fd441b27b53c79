//! [`Outcome`]: how a request ended.

use super::{InviteFinished, LoginFinished, PostFinished, RequestId, RequestKind, SuggestFinished};
use crate::error::RequestError;

/// How a request ended. Every request ends in exactly one of these.
///
/// A closed browser tab says nothing to anybody: such a request ends as
/// [`TimedOut`](Self::TimedOut), or when the game cancels it. Nothing is ever `Completed` because a
/// page was merely opened.
///
/// ```
/// use bevy_odnoklassniki::{CancelledBy, Outcome};
///
/// let outcome: Outcome<u32> = Outcome::Cancelled(CancelledBy::Player);
/// assert_eq!(outcome.name(), "cancelled");
/// assert!(outcome.completed().is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The player went through with it and OK says so.
    Completed(T),
    /// It was called off. This is no error.
    Cancelled(CancelledBy),
    /// The deadline passed without an answer. What the player did on OK's page, if anything, is not
    /// known.
    TimedOut,
    /// It could not be done; the error says why and what to do.
    Failed(RequestError),
}

/// Who called a request off.
///
/// ```
/// use bevy_odnoklassniki::CancelledBy;
/// assert_ne!(CancelledBy::Player, CancelledBy::Game);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelledBy {
    /// The player pressed cancel on OK's page (OK's code 12; at login `access_denied`).
    Player,
    /// The game wrote [`CancelRequest`](crate::CancelRequest) or
    /// [`RequestLogout`](crate::RequestLogout), or `AppExit` in the frame of the request itself.
    Game,
}

impl<T> Outcome<T> {
    /// The result, if the request was completed.
    ///
    /// ```
    /// use bevy_odnoklassniki::Outcome;
    /// assert_eq!(Outcome::Completed(3).completed(), Some(&3));
    /// assert_eq!(Outcome::<i32>::TimedOut.completed(), None);
    /// ```
    #[must_use]
    pub fn completed(&self) -> Option<&T> {
        match self {
            Self::Completed(result) => Some(result),
            _ => None,
        }
    }

    /// The error, if the request failed.
    ///
    /// ```
    /// use bevy_odnoklassniki::Outcome;
    /// assert!(Outcome::<()>::TimedOut.error().is_none());
    /// ```
    #[must_use]
    pub fn error(&self) -> Option<&RequestError> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// One word for logs and tables: `completed`, `cancelled`, `timed_out` or `failed`.
    ///
    /// ```
    /// use bevy_odnoklassniki::Outcome;
    /// assert_eq!(Outcome::<()>::TimedOut.name(), "timed_out");
    /// ```
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Completed(_) => "completed",
            Self::Cancelled(_) => "cancelled",
            Self::TimedOut => "timed_out",
            Self::Failed(_) => "failed",
        }
    }
}

/// The result message of any kind, as
/// [`PendingRequests::finished`](crate::PendingRequests::finished) keeps it.
///
/// ```
/// use bevy_odnoklassniki::{Finished, PendingRequests, RequestId};
///
/// fn was_posted(requests: &PendingRequests, id: RequestId) -> bool {
///     matches!(requests.finished(id), Some(Finished::Post(post)) if post.outcome.completed().is_some())
/// }
/// # let _ = was_posted;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Finished {
    /// A post ended.
    Post(PostFinished),
    /// An invitation ended.
    Invite(InviteFinished),
    /// A recommendation ended.
    Suggest(SuggestFinished),
    /// A login ended.
    Login(LoginFinished),
}

impl Finished {
    /// A result that carries nothing of its kind's own.
    pub(crate) fn without_answer(kind: RequestKind, id: RequestId, ending: Ending) -> Self {
        match kind {
            RequestKind::Post => Self::Post(PostFinished {
                id,
                outcome: ending.into(),
            }),
            RequestKind::Invite => Self::Invite(InviteFinished {
                id,
                outcome: ending.into(),
            }),
            RequestKind::Suggest => Self::Suggest(SuggestFinished {
                id,
                outcome: ending.into(),
            }),
            RequestKind::Login => Self::Login(LoginFinished {
                id,
                outcome: ending.into(),
            }),
        }
    }

    /// The request that ended.
    #[must_use]
    pub fn id(&self) -> RequestId {
        match self {
            Self::Post(finished) => finished.id,
            Self::Invite(finished) => finished.id,
            Self::Suggest(finished) => finished.id,
            Self::Login(finished) => finished.id,
        }
    }

    /// One word: see [`Outcome::name`].
    #[must_use]
    pub fn outcome_name(&self) -> &'static str {
        match self {
            Self::Post(finished) => finished.outcome.name(),
            Self::Invite(finished) => finished.outcome.name(),
            Self::Suggest(finished) => finished.outcome.name(),
            Self::Login(finished) => finished.outcome.name(),
        }
    }

    /// The error, if the request failed.
    #[must_use]
    pub fn error(&self) -> Option<&RequestError> {
        match self {
            Self::Post(finished) => finished.outcome.error(),
            Self::Invite(finished) => finished.outcome.error(),
            Self::Suggest(finished) => finished.outcome.error(),
            Self::Login(finished) => finished.outcome.error(),
        }
    }
}

/// The ways to end that all kinds share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Cancelled(CancelledBy),
    TimedOut,
    Failed(RequestError),
}

impl<T> From<Ending> for Outcome<T> {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Cancelled(by) => Self::Cancelled(by),
            Ending::TimedOut => Self::TimedOut,
            Ending::Failed(error) => Self::Failed(error),
        }
    }
}

/// `Debug` for a result that leaves its state out: a game may have put something of a player's into
/// it.
macro_rules! debug_without_state {
    ($result:ident { $($field:ident),+ }) => {
        impl core::fmt::Debug for $result {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($result))
                    $(.field(stringify!($field), &self.$field))+
                    .field("state", &self.state.as_ref().map(|_| "[redacted]"))
                    .finish()
            }
        }
    };
}
pub(crate) use debug_without_state;
