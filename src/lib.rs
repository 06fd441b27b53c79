//! Odnoklassniki (OK.ru) for Bevy games: players invite friends, recommend the game, and post to
//! their own or a group's feed.
//!
//! Gameplay code writes a request message ([`RequestInvite`], [`RequestSuggest`], [`RequestPost`],
//! [`RequestLogin`]). The signed OK page opens in the player's browser, and the result comes back
//! as a message: exactly one for each request ([`InviteFinished`], [`SuggestFinished`],
//! [`PostFinished`], [`LoginFinished`]), with an [`Outcome`]. The resource [`PendingRequests`]
//! keeps the same results; [`OkSession`] is the player's session.
//!
//! ```
//! use bevy_app::prelude::*;
//! use bevy_ecs::prelude::*;
//! use bevy_odnoklassniki::prelude::*;
//!
//! fn invite(mut invites: MessageWriter<RequestInvite>) {
//!     invites.write(RequestInvite::new().comment("Build a castle with me!"));
//! }
//!
//! fn thank(mut finished: MessageReader<InviteFinished>) {
//!     for invite in finished.read() {
//!         match &invite.outcome {
//!             Outcome::Completed(invited) => println!("{} invited", invited.users.len()),
//!             Outcome::Cancelled(_) | Outcome::TimedOut => {}
//!             Outcome::Failed(error) => eprintln!("{error}: {}", error.advice()),
//!         }
//!     }
//! }
//!
//! App::new()
//!     .add_plugins(
//!         OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
//!             .with_redirect_uris(["http://127.0.0.1:17811/login"])
//!             .with_automatic_login(RequestLogin::new),
//!     )
//!     .add_systems(Startup, invite)
//!     .add_systems(Update, thank);
//! ```
//!
//! Without an OK account, `OdnoklassnikiPlugin::sandbox()` (feature `sandbox`) starts a local
//! stand-in for OK. A game tests its own systems with the module `test_kit` (feature `sandbox`).
//! Attachments, signatures and the other parts of OK's protocol are in [`protocol`].
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `browser` | yes | opens pages in the system's browser |
//! | `winit` | no | wakes a sleeping window when a result arrives; for games with a window |
//! | `sandbox` | no | a stand-in for OK inside the game's process, and `test_kit` |
//! | `keyring` | no | `KeyringStore`: keeps the session in the system's keyring |
//! | `file-store` | no | `FileStore`: keeps the session in a file; prefer `keyring` |
//! | `insecure-embedded-secret` | no | `Signer::application`, for tests and servers |
//!
//! On the web, Android and iOS every request ends with [`RequestErrorKind::Unsupported`] for now;
//! check [`OkCapabilities`].

mod capabilities;
mod config;
mod credentials;
mod driver;
mod error;
mod opener;
mod platform;
mod plugin;
mod request;
#[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
pub mod sandbox;
mod session;
#[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
pub mod test_kit;
mod wake;

pub use callback_listener::{CallbackCounters, OneTimeLink, RefusedCallback};
pub use capabilities::OkCapabilities;
pub use credentials::AppCredentials;
pub use error::{RequestError, RequestErrorKind};
pub use opener::*;
pub use plugin::{OdnoklassnikiPlugin, OkSystems};
pub use request::*;
#[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
pub use sandbox::OkSandbox;
#[allow(unused_imports, reason = "a target may have none")]
pub use session::store::available::*;
pub use session::{
    MemoryStore, OkSession, RequestLogout, SessionChange, SessionChanged, SessionData,
    SessionStatus, SessionStore, StoreError, StoreErrorKind, logged_in,
};
pub use wake::AppWaker;

/// OK's protocol: attachments, signatures, callbacks, secrets. It needs no Bevy; a backend uses it
/// alone.
pub use odnoklassniki as protocol;

/// The names that most files of a game need.
pub mod prelude {
    #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
    #[doc(no_inline)]
    pub use crate::OkSandbox;
    #[doc(no_inline)]
    pub use crate::protocol::{
        AccessToken, Attachment, Hosts, InviteParameters, PostParameters, SessionSecretKey,
        WidgetParameters, oauth::Scope,
    };
    #[allow(unused_imports, reason = "a target may have none")]
    #[doc(no_inline)]
    pub use crate::session::store::available::*;
    #[doc(no_inline)]
    pub use crate::{
        AppCredentials, CancelRequest, CancelledBy, LoggedIn, LoginCode, NoticeKind,
        OdnoklassnikiPlugin, OkCapabilities, OkSession, OkSystems, OneTimeLink, OpenError, Opener,
        Outcome, PendingRequests, ReopenRequest, RequestError, RequestErrorKind, RequestId,
        RequestLogout, RequestNotice, RequestOpened, SessionChange, SessionChanged, SessionData,
        SessionStatus, logged_in, request_pending,
    };

    macro_rules! messages {
        ($($module:ident: $kind:ident($request:ident => $finished:ident) $kit:tt,)+) => {
            #[doc(no_inline)]
            pub use crate::{$($request, $finished),+};
        };
    }
    crate::request::kinds!(messages);
}

/// Compiles the code in the README.
#[cfg(all(doctest, feature = "sandbox"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// Compiles the code in the guide to going live.
#[cfg(all(doctest, feature = "sandbox", feature = "keyring"))]
#[doc = include_str!("../docs/going-live.md")]
struct GoingLive;
