//! Odnoklassniki (OK.ru) for Bevy games: players invite friends, recommend the game, and post to
//! their own or a group's feed.
//!
//! Gameplay code writes a request message ([`RequestInvite`], [`RequestSuggest`], [`RequestPost`],
//! [`RequestLogin`]). The signed OK page opens in the player's browser, and the result comes back
//! as a message with an [`Outcome`]. Each request gets exactly one: [`InviteFinished`],
//! [`SuggestFinished`], [`PostFinished`] or [`LoginFinished`]. The resource [`PendingRequests`]
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
//! No type of the plugin is `Reflect` or `Serialize`. Requests, results and the session hold what
//! players write, one-time links, codes and tokens. Reflection would hand them to inspectors, scene
//! files and remote tools by accident; `Debug` redacts the secrets among them. A game that wants to
//! store a result copies what it needs into a type of its own.
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
//! How the player gets to OK's page, and how OK's callback gets to the game:
//!
//! | | page | callback |
//! | --- | --- | --- |
//! | the default on desktops | the player's browser | a port of this machine |
//! | [`with_page_host`](OdnoklassnikiPlugin::with_page_host) | a window of the game's own: [`PageHost`] | the host, no port |
//! | [`with_return_links`](OdnoklassnikiPlugin::with_return_links) | the browser, or a page host | links that the game gives to [`OkDeepLinks`] |
//! | web builds | a window, a frame, or the game's own tab: [`WebWindow`] | the return page |
//!
//! On Android and iOS no port lives in the background: without return links or a page host every
//! request ends with [`RequestErrorKind::Unsupported`]. Check [`OkCapabilities`]. There
//! [`with_pending_store`](OdnoklassnikiPlugin::with_pending_store) keeps what is pending while the
//! system ends the game. On the web, [`OkLaunch`] has what OK started the game with.

mod capabilities;
mod config;
mod credentials;
mod deep_links;
mod driver;
mod error;
mod launch;
mod opener;
mod platform;
mod plugin;
mod request;
mod return_links;
#[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
pub mod sandbox;
mod session;
#[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
pub mod test_kit;
mod wake;

// Adding the plugin.
pub use capabilities::OkCapabilities;
pub use credentials::AppCredentials;
pub use plugin::{OdnoklassnikiPlugin, OkSystems};

// How OK started the game.
pub use launch::OkLaunch;

// Requests and their results: a line for each kind in `request/mod.rs`.
pub use request::messages::*;

// How a request ends.
pub use error::{RequestError, RequestErrorKind};
pub use request::{CancelledBy, Outcome};

// Pending requests.
pub use callback_listener::{CallbackCounters, OneTimeLink, RefusedCallback};
pub use request::{CancelRequest, NoticeKind, ReopenRequest, RequestNotice, RequestOpened};
pub use request::{DEFAULT_TIMEOUT, MAX_PENDING, MAX_TIMEOUT, MIN_TIMEOUT};
pub use request::{
    Finished, PendingRequest, PendingRequests, RequestId, RequestKind, request_pending,
};

// The player's session.
#[allow(unused_imports, reason = "a target may have neither")]
pub use session::store::available::*; // BrowserStore, FileStore, KeyringStore
pub use session::{MemoryStore, PendingFile, SessionStore, StoreError, StoreErrorKind};
pub use session::{
    OkSession, RequestLogout, SessionChange, SessionChanged, SessionData, SessionStatus, logged_in,
};

// Showing pages and waking the app.
pub use callback_listener::PageUrl;
pub use deep_links::{Delivered, OkDeepLinks};
pub use driver::RETURN_PAGE;
#[allow(unused_imports, reason = "a target may not have it")]
pub use opener::available::*; // BrowserOpener
pub use opener::{BlockedPopup, OkPage, OpenError, Opener, PageHost, WebWindow};
pub use return_links::ReturnLinks;
pub use wake::AppWaker;

// Trying the game without OK.
#[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
pub use sandbox::OkSandbox;

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
    #[allow(unused_imports, reason = "a target may have neither")]
    #[doc(no_inline)]
    pub use crate::session::store::available::*; // BrowserStore, FileStore, KeyringStore
    #[doc(no_inline)]
    pub use crate::{
        AppCredentials, CancelRequest, CancelledBy, Delivered, LoggedIn, LoginCode, NoticeKind,
        OdnoklassnikiPlugin, OkCapabilities, OkDeepLinks, OkLaunch, OkPage, OkSession, OkSystems,
        OneTimeLink, OpenError, Opener, Outcome, PageHost, PendingRequests, ReopenRequest,
        RequestError, RequestErrorKind, RequestId, RequestLogout, RequestNotice, RequestOpened,
        ReturnLinks, SessionChange, SessionChanged, SessionData, SessionStatus, logged_in,
        request_pending,
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
