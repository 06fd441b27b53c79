//! How the plugin opens a page for the player: the [`Opener`] trait, and the system's browser.

#[cfg(all(feature = "browser", not(target_family = "wasm")))]
mod browser;
#[allow(dead_code, reason = "for builds that open no page themselves")]
mod no_browser;
#[cfg(target_family = "wasm")]
mod web;

core::cfg_select! {
    target_family = "wasm" => {
        pub(crate) use web::{hide_prompt, open_by_default, reap, show_prompt};
    }
    feature = "browser" => {
        pub(crate) use browser::{hide_prompt, open_by_default, reap, show_prompt};
    }
    _ => {
        pub(crate) use no_browser::{hide_prompt, open_by_default, reap, show_prompt};
    }
}

/// The openers of this target and these features.
pub mod available {
    #[cfg(all(feature = "browser", not(target_family = "wasm")))]
    pub use super::browser::BrowserOpener;
}

use core::fmt;
use std::sync::Arc;

use callback_listener::OneTimeLink;

use crate::platform;

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

/// What happens on the web when the browser blocks the window of a request.
///
/// A browser opens a window only for a click, a tap or a key press just before. A request from a
/// system that reacts to a *press*, or to something else than the player's input, is blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlockedPopup {
    /// The plugin shows a button over the game, in Russian or English, which opens the page, and one
    /// that cancels. The request stays pending, and the game gets the notice
    /// [`PopupBlocked`](crate::NoticeKind::PopupBlocked).
    #[default]
    Button,
    /// The request fails as [`PopupBlocked`](crate::RequestErrorKind::PopupBlocked), for games with
    /// a button of their own. The error holds the link.
    End,
}

/// What the player has chosen in the plugin's own prompt.
#[allow(dead_code, reason = "for the web")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PromptChoice {
    /// The page opens.
    Opened,
    Cancelled,
}

/// Opens a link with the game's opener, or else in the default way. Calls `send` once.
pub(crate) fn open(
    own: Option<Arc<dyn Opener>>,
    link: OneTimeLink,
    send: impl FnOnce(Result<(), OpenError>) + Send + 'static,
) {
    match own {
        Some(opener) => open_with(opener, link, send),
        None => open_by_default(link, send),
    }
}

/// Opens a link with this opener, on a thread of its own.
fn open_with(
    opener: Arc<dyn Opener>,
    link: OneTimeLink,
    send: impl FnOnce(Result<(), OpenError>) + Send + 'static,
) {
    let otherwise = || Err(OpenError::new("the opener ended without a result"));
    platform::run("ok-opener", send, otherwise, move || opener.open(&link));
}

/// Why an [`Opener`] could not open a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenError {
    text: String,
    is_popup_blocked: bool,
}

impl OpenError {
    /// Creates an error with a short text for the developer. The plugin logs it: keep links and
    /// secrets out of it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_popup_blocked: false,
        }
    }

    /// Creates the error of a window that the browser did not open.
    #[allow(dead_code, reason = "for the web")]
    pub(crate) fn popup_blocked(text: impl Into<String>) -> Self {
        Self {
            is_popup_blocked: true,
            ..Self::new(text)
        }
    }

    pub(crate) fn is_popup_blocked(&self) -> bool {
        self.is_popup_blocked
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl core::error::Error for OpenError {}
