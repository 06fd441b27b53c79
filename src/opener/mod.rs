//! How the plugin opens a page for the player: the [`Opener`] trait, and the system's browser.

#[cfg(all(feature = "browser", not(target_family = "wasm")))]
mod browser;
mod host;
#[allow(dead_code, reason = "for builds that open no page themselves")]
mod no_browser;
#[allow(dead_code, reason = "for programs that stay beside OK's page")]
mod stay;
#[cfg(target_family = "wasm")]
mod web;
#[cfg(feature = "webview")]
mod webview;
mod window;

core::cfg_select! {
    target_family = "wasm" => {
        pub(crate) use web::{
            LEAVES, end, finds_return_page, forget, hide_prompt, is_leaving, keep, leave, left_behind,
            open_by_default, reap, show_prompt,
        };
    }
    feature = "browser" => {
        pub(crate) use browser::{end, hide_prompt, open_by_default, reap, show_prompt};
        pub(crate) use stay::{LEAVES, finds_return_page, forget, is_leaving, keep, leave, left_behind};
    }
    _ => {
        pub(crate) use no_browser::{end, hide_prompt, open_by_default, reap, show_prompt};
        pub(crate) use stay::{LEAVES, finds_return_page, forget, is_leaving, keep, leave, left_behind};
    }
}

pub(crate) use host::{HostedPage, PageLife, open_in_host};
pub use host::{OkPage, PageHost};
pub use window::{BlockedPopup, WebWindow};

/// The openers of this target and these features.
pub mod available {
    #[cfg(all(feature = "browser", not(target_family = "wasm")))]
    pub use super::browser::BrowserOpener;
    #[cfg(feature = "webview")]
    pub use super::webview::WebviewHost;
}

use core::fmt;
use std::sync::Arc;

use callback_listener::{OneTimeLink, ReturnToken};
use zeroize::Zeroizing;

use crate::platform;
use crate::request::RequestId;

/// Opens a page for the player. The default is the system's browser,
/// [`BrowserOpener`](crate::BrowserOpener) (feature `browser`).
///
/// A game replaces it with
/// [`OdnoklassnikiPlugin::with_opener`](crate::OdnoklassnikiPlugin::with_opener). The game's opener
/// may use the platform's overlay, show the link as text or a QR code, or act as the player in a
/// test.
///
/// The plugin calls it on another thread, so it may block; no frame waits for it. It gets a
/// one-time link to this machine, which redirects to the signed page, but never the signed URL.
///
/// Any `Fn(&OneTimeLink) -> Result<(), OpenError>` is an opener:
///
/// ```
/// use bevy_odnoklassniki::{AppCredentials, OdnoklassnikiPlugin, OpenError, OneTimeLink};
/// OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
///     .with_opener(|link: &OneTimeLink| -> Result<(), OpenError> {
///         println!("please open {}", link.expose());
///         Ok(())
///     });
/// ```
pub trait Opener: Send + Sync + 'static {
    /// Opens `link`.
    ///
    /// `Ok` means that the opener has started something, not that the player sees a page.
    ///
    /// # Errors
    ///
    /// Returns why the link cannot be opened. The request then ends as
    /// [`CannotOpen`](crate::RequestErrorKind::CannotOpen), and its error holds the link.
    fn open(&self, link: &OneTimeLink) -> Result<(), OpenError>;
}

impl<F> Opener for F
where
    F: Fn(&OneTimeLink) -> Result<(), OpenError> + Send + Sync + 'static,
{
    fn open(&self, link: &OneTimeLink) -> Result<(), OpenError> {
        self(link)
    }
}

/// What happens to the page of a request, as far as the plugin can see it.
#[allow(dead_code, reason = "most of it happens on the web only")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageEvent {
    /// The opener has received the page.
    Opened,
    CannotOpen(OpenError),
    /// The player has closed the page. They may open it again.
    Closed,
    /// There is no return page at its URL, or it is of another version.
    ReturnPageMissing,
    /// The player wants the page in a window, in place of a frame. The opener remembers that.
    WindowWanted,
    /// The player does not want the page.
    Cancelled,
    /// The view of a page host has failed.
    Lost(String),
}

/// What an earlier run of the game has left.
pub(crate) struct LeftBehind {
    /// The driver's text.
    pub(crate) text: Zeroizing<String>,
    /// The callback that has come since, with its return token.
    pub(crate) callback: Option<(ReturnToken, Zeroizing<String>)>,
}

/// A page to open for a request.
#[allow(dead_code, reason = "a system's browser needs the link only")]
pub(crate) struct Page {
    pub(crate) id: RequestId,
    pub(crate) link: OneTimeLink,
    /// Where the web's default opener shows it.
    pub(crate) window: WebWindow,
}

/// Opens a page with the game's opener, or else in the default way. Calls `send` for each event.
pub(crate) fn open(
    own: Option<Arc<dyn Opener>>,
    page: Page,
    send: impl Fn(PageEvent) + Send + 'static,
) {
    match own {
        Some(opener) => open_with(opener, page.link, send),
        None => open_by_default(page, send),
    }
}

/// Opens a link with this opener, on a thread of its own.
fn open_with(
    opener: Arc<dyn Opener>,
    link: OneTimeLink,
    send: impl FnOnce(PageEvent) + Send + 'static,
) {
    let otherwise = || PageEvent::CannotOpen(OpenError::new("the opener ended without a result"));
    platform::run("ok-opener", send, otherwise, move || {
        opener
            .open(&link)
            .map_or_else(PageEvent::CannotOpen, |()| PageEvent::Opened)
    });
}

/// Why an [`Opener`] or a [`PageHost`] could not open a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenError {
    text: String,
    kind: OpenErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenErrorKind {
    Other,
    #[allow(dead_code, reason = "for the web")]
    PopupBlocked,
    UseBrowser,
}

impl OpenError {
    /// Creates an error with a short text for the developer. The plugin logs it: keep links and
    /// secrets out of it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            kind: OpenErrorKind::Other,
        }
    }

    /// Creates the error of a [`PageHost`] that cannot show pages on this machine, such as one whose
    /// engine is not installed. The request goes on in the player's browser, with the notice
    /// [`BrowserInstead`](crate::NoticeKind::BrowserInstead). From an [`Opener`] it is an error like
    /// others.
    #[must_use]
    pub fn use_browser(text: impl Into<String>) -> Self {
        Self {
            kind: OpenErrorKind::UseBrowser,
            ..Self::new(text)
        }
    }

    /// Creates the error of a window that the browser did not open.
    #[allow(dead_code, reason = "for the web")]
    pub(crate) fn popup_blocked(text: impl Into<String>) -> Self {
        Self {
            kind: OpenErrorKind::PopupBlocked,
            ..Self::new(text)
        }
    }

    pub(crate) fn is_popup_blocked(&self) -> bool {
        self.kind == OpenErrorKind::PopupBlocked
    }

    pub(crate) fn is_use_browser(&self) -> bool {
        self.kind == OpenErrorKind::UseBrowser
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl core::error::Error for OpenError {}
