//! [`Outcome`]: how a request ended.

use core::convert::Infallible;

use crate::error::RequestError;

/// How a request ended. Every request ends in exactly one of these ways.
///
/// OK sends nothing when the player closes the browser's tab: such a request ends as
/// [`TimedOut`](Self::TimedOut), or when the game cancels it. No request is `Completed` only
/// because its page was opened.
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
    /// The player did it, and OK's callback says so.
    Completed(T),
    /// It was cancelled. This is no error.
    Cancelled(CancelledBy),
    /// The timeout passed without a callback. The plugin does not know what the player did on OK's
    /// page.
    TimedOut,
    /// It could not be done; the error says why and what to do.
    Failed(RequestError),
}

/// Who cancelled a request. Neither is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelledBy {
    /// The player pressed cancel on OK's page (OK's code 12; at login `access_denied`), or on the
    /// plugin's button for a blocked window. Or they closed the window of a
    /// [page host](crate::PageHost).
    Player,
    /// The game wrote [`CancelRequest`](crate::CancelRequest) or
    /// [`RequestLogout`](crate::RequestLogout), or `AppExit` in the frame of the request itself.
    Game,
}

impl<T> Outcome<T> {
    /// Returns the result, if the request was completed.
    #[must_use]
    pub fn completed(&self) -> Option<&T> {
        match self {
            Self::Completed(result) => Some(result),
            _ => None,
        }
    }

    /// Returns the error, if the request failed.
    #[must_use]
    pub fn error(&self) -> Option<&RequestError> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Returns one word for logs and tables: `completed`, `cancelled`, `timed_out` or `failed`.
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

/// The outcome of a request of any kind that was not completed.
pub(crate) type NotCompleted = Outcome<Infallible>;

impl NotCompleted {
    /// Returns the same outcome for one kind.
    pub(crate) fn of_kind<T>(self) -> Outcome<T> {
        match self {
            Self::Completed(never) => match never {},
            Self::Cancelled(by) => Outcome::Cancelled(by),
            Self::TimedOut => Outcome::TimedOut,
            Self::Failed(error) => Outcome::Failed(error),
        }
    }
}
