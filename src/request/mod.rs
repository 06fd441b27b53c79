//! Requests and their results: one file per kind, the life of a request, and what all kinds share.

mod control;
#[cfg_attr(target_family = "wasm", path = "desk_web.rs")]
#[cfg_attr(not(target_family = "wasm"), path = "desk/mod.rs")]
mod desk;
mod draft;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod grade;
mod invite;
mod kind;
mod login;
#[cfg(not(target_family = "wasm"))]
mod news;
mod outcome;
pub(crate) mod pending;
mod post;
mod removed;
#[cfg(not(target_family = "wasm"))]
mod sign;
mod suggest;
mod systems;
mod view;

pub use control::{CancelRequest, NoticeKind, ReopenRequest, RequestNotice, RequestOpened};
pub use draft::{DEFAULT_TIMEOUT, MAX_TIMEOUT, MIN_TIMEOUT, RequestId};
pub use invite::{InviteFinished, Invited, RequestInvite};
pub use kind::RequestKind;
pub use login::{LoggedIn, LoginCode, LoginFinished, RequestLogin};
pub use outcome::{CancelledBy, Finished, Outcome};
pub use pending::MAX_PENDING;
pub use post::{PostFinished, Posted, RequestPost};
pub use suggest::{RequestSuggest, SuggestFinished, Suggested};
pub use view::{PendingRequest, PendingRequests, request_pending};

pub(crate) use desk::Desk;
pub(crate) use removed::LostResults;
pub(crate) use systems::{may_receive, may_send, receive, send};
