//! Requests and their results, without logic. One file per kind.
//!
//! A new kind is a file beside `invite.rs` and a line in `kinds.rs`. That list makes
//! [`RequestKind`], [`Finished`], the message queues, what the two systems read and write, and the
//! test kit's log and scripts.

pub(crate) mod callback;
mod control;
mod finished;
mod id;
mod invite;
mod kind;
mod kinds;
mod login;
mod outcome;
mod pending;
mod post;
pub(crate) mod submission;
mod suggest;
mod timeout;

/// The messages of each kind, for the whole crate: one line a kind.
pub mod messages {
    pub use super::invite::{InviteFinished, Invited, RequestInvite};
    pub use super::login::{LoggedIn, LoginCode, LoginFinished, RequestLogin};
    pub use super::post::{PostFinished, Posted, RequestPost};
    pub use super::suggest::{RequestSuggest, SuggestFinished, Suggested};
}

pub use control::{CancelRequest, NoticeKind, ReopenRequest, RequestNotice, RequestOpened};
pub use finished::Finished;
pub use id::RequestId;
pub use kind::RequestKind;
pub use messages::*;
pub use outcome::{CancelledBy, Outcome};
pub use pending::{MAX_PENDING, PendingRequest, PendingRequests, request_pending};
pub use timeout::{DEFAULT_TIMEOUT, MAX_TIMEOUT, MIN_TIMEOUT};

pub(crate) use kinds::kinds;
pub(crate) use login::{CODE_LIFETIME, MAX_JOINED};
pub(crate) use outcome::NotCompleted;
pub(crate) use timeout::check_timeout;
