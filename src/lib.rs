#![doc = include_str!("../README.md")]
#![cfg_attr(target_family = "wasm", expect(dead_code, reason = "on the web requests end before they are pending"))]

#[cfg(not(target_family = "wasm"))]
mod callback;
mod capabilities;
mod credentials;
mod opener;
mod plugin;
mod request;
#[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
pub mod sandbox;
mod wake;

#[cfg(not(target_family = "wasm"))]
pub use callback::{CallbackCounters, Refused};
pub use capabilities::OkCapabilities;
pub use credentials::AppCredentials;
#[cfg(all(feature = "browser", not(target_family = "wasm")))]
pub use opener::BrowserOpener;
pub use opener::{OpenError, Opener, ShortLink};
pub use plugin::{OdnoklassnikiPlugin, OkSystems};
pub use request::{
    CancelRequest, CancelledBy, DEFAULT_DEADLINE, Finished, InviteFinished, Invited, MAX_DEADLINE, MAX_PENDING,
    MIN_DEADLINE, NoticeKind, OkError, OkErrorKind, Outcome, PendingRequest, PendingRequests, PostFinished, Posted,
    ReopenRequest, RequestId, RequestInvite, RequestNotice, RequestOpened, RequestPost, RequestSuggest,
    SuggestFinished, Suggested, request_pending,
};
#[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
pub use sandbox::OkSandbox;

/// The protocol half: attachments, signatures, answers, secrets. It needs no Bevy; a backend uses it alone.
pub use odnoklassniki as protocol;

/// What a game needs in most of its files.
///
/// ```
/// use bevy_odnoklassniki::prelude::*;
/// let invite = RequestInvite::new().comment("Build a castle with me!");
/// # let _ = invite;
/// ```
pub mod prelude {
    #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
    #[doc(no_inline)]
    pub use crate::OkSandbox;
    #[doc(no_inline)]
    pub use crate::protocol::{Attachment, InviteParameters, PostParameters, WidgetParameters};
    #[doc(no_inline)]
    pub use crate::{
        AppCredentials, CancelRequest, CancelledBy, InviteFinished, OdnoklassnikiPlugin, OkCapabilities, OkError,
        OkErrorKind, OkSystems, Outcome, PendingRequests, PostFinished, ReopenRequest, RequestId, RequestInvite,
        RequestNotice, RequestOpened, RequestPost, RequestSuggest, SuggestFinished, request_pending,
    };
}
