//! How a page is opened for the player: the [`Opener`] trait, the system's browser, and the one
//! kind of link they get.

#[cfg(all(feature = "browser", not(target_family = "wasm")))]
mod browser;
#[cfg(not(all(feature = "browser", not(target_family = "wasm"))))]
mod no_browser;

#[cfg(all(feature = "browser", not(target_family = "wasm")))]
pub use browser::BrowserOpener;
#[cfg(all(feature = "browser", not(target_family = "wasm")))]
pub(crate) use browser::{default_opener, reap};
#[cfg(not(all(feature = "browser", not(target_family = "wasm"))))]
pub(crate) use no_browser::{default_opener, reap};

use core::fmt;

use callback_listener::OneTimeLink;

/// Opens a page for the player. The default is the system's browser, [`BrowserOpener`] (feature
/// `browser`).
///
/// A game replaces it with
/// [`OdnoklassnikiPlugin::with_opener`](crate::OdnoklassnikiPlugin::with_opener): to use its
/// platform's overlay, to show the link as text or a QR code, or to act as the player in a test. It
/// is called on a thread of its own and may block; the frame never waits for it. What it gets is a
/// link to this machine that works once and leads to the signed page, never the signed address
/// itself.
///
/// Any `Fn(&OneTimeLink) -> Result<(), OpenError>` is an opener:
///
/// ```
/// use bevy_odnoklassniki::{AppCredentials, OdnoklassnikiPlugin, OpenError, OneTimeLink};
///
/// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
///     .with_opener(|link: &OneTimeLink| -> Result<(), OpenError> {
///         println!("please open {}", link.expose());
///         Ok(())
///     });
/// # let _ = plugin;
/// ```
pub trait Opener: Send + Sync + 'static {
    /// Opens `link`, or says why it cannot be opened.
    ///
    /// `Ok` means that something was started, not that the player sees a page.
    ///
    /// # Errors
    ///
    /// The request then ends in
    /// [`RequestErrorKind::CannotOpen`](crate::RequestErrorKind::CannotOpen) with the link in it.
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

/// Why an [`Opener`] could not open a page.
///
/// ```
/// use bevy_odnoklassniki::OpenError;
/// assert_eq!(OpenError::new("the overlay is off").to_string(), "the overlay is off");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenError(String);

impl OpenError {
    /// An error with a short text for the developer. It is shown and logged: keep links and secrets
    /// out of it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for OpenError {}
