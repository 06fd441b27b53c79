//! [`SessionStore`]: keeps a session from one run of the game to the next.

mod pending_file;
mod record;
mod stored_file;
mod worker;

pub use pending_file::PendingFile;
pub(crate) use worker::{STORE_TIMEOUT, StoreEvent, StoreJob, StoreWorker};

#[cfg(target_family = "wasm")]
mod browser;
#[cfg(all(feature = "file-store", not(target_family = "wasm")))]
mod file;
#[cfg(all(
    feature = "keyring",
    any(target_os = "linux", target_os = "macos", target_os = "windows")
))]
mod keyring;
#[cfg(all(
    feature = "keyring",
    any(target_os = "linux", target_os = "macos", target_os = "windows")
))]
mod keyring_error;

/// The stores of this target and these features.
pub mod available {
    #[cfg(target_family = "wasm")]
    pub use super::browser::BrowserStore;
    #[cfg(all(feature = "file-store", not(target_family = "wasm")))]
    pub use super::file::FileStore;
    #[cfg(all(
        feature = "keyring",
        any(target_os = "linux", target_os = "macos", target_os = "windows")
    ))]
    pub use super::keyring::KeyringStore;
}

use core::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

/// Keeps one text, so that the player need not log in at each start. The text holds the player's
/// token and its key: keep it where other users of the machine cannot read it.
///
/// | store | where | feature |
/// | --- | --- | --- |
/// | none (the default) | the session ends with the game | |
/// | `KeyringStore` | the system's keyring: the best place | `keyring` |
/// | `FileStore` | a file that only the player's account can read | `file-store` |
/// | `BrowserStore` | the browser's storage, which all pages of the origin can read; web builds only | |
/// | your own | | |
///
/// The plugin calls it on another thread, one call at a time, and a call may block. (Only for
/// [pending requests](crate::OdnoklassnikiPlugin::with_pending_store) it waits when it is added, 5
/// seconds at most.) The text is opaque: store it unchanged. The plugin quarantines a text that is
/// corrupt or belongs to another application; it never deletes one.
///
/// ```
/// use bevy_odnoklassniki::{SessionStore, StoreError, StoreErrorKind};
/// use zeroize::Zeroizing;
///
/// /// For a platform without a store.
/// struct Nowhere;
/// impl SessionStore for Nowhere {
///     fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
///         Ok(None)
///     }
///     fn save(&self, _: &str) -> Result<(), StoreError> {
///         Err(StoreError::new(StoreErrorKind::Unavailable, "this console has no store yet"))
///     }
///     fn clear(&self) -> Result<(), StoreError> {
///         Ok(())
///     }
///     fn quarantine(&self) -> Result<String, StoreError> {
///         Ok("nowhere".to_owned())
///     }
/// }
/// ```
pub trait SessionStore: Send + Sync + 'static {
    /// Returns what was saved last, or `None`.
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot be read.
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError>;

    /// Saves `text` in place of the earlier text. If this fails, the earlier text should stay.
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot be written.
    fn save(&self, text: &str) -> Result<(), StoreError>;

    /// Erases what was saved. An empty store is no error.
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot be written.
    fn clear(&self) -> Result<(), StoreError>;

    /// Moves what was saved out of the way without destroying it. Returns in a few words where to.
    ///
    /// # Errors
    ///
    /// Returns an error if the text cannot be moved. Then it stays where it is.
    fn quarantine(&self) -> Result<String, StoreError>;
}

/// Why a session could not be stored or restored. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    kind: StoreErrorKind,
    text: String,
    /// Replaces the kind's advice.
    advice: Option<&'static str>,
}

/// The kinds of [`StoreError`]. More may come: match with a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// This machine has no such store: no keyring service, no folder.
    Unavailable,
    /// The store refuses access: it is locked, or there is no permission.
    Denied,
    /// The stored text cannot be read as a session. The plugin quarantined it.
    Corrupt,
    /// The store holds a session of another application, or of another version of the plugin. The
    /// plugin quarantined it.
    WrongApplication,
    /// Any other failure, such as a full disk; the text says which.
    Failed,
}

impl StoreError {
    /// Creates an error with a short text for the developer. The plugin logs it: keep secrets out
    /// of it.
    #[must_use]
    pub fn new(kind: StoreErrorKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            advice: None,
        }
    }

    /// Replaces the kind's advice.
    #[cfg(all(
        feature = "keyring",
        any(target_os = "linux", target_os = "macos", target_os = "windows")
    ))]
    pub(crate) fn with_advice(mut self, advice: &'static str) -> Self {
        self.advice = Some(advice);
        self
    }

    /// Returns what went wrong, for code to branch on.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Returns one line on what to do about it, in English, for the developer.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        if let Some(advice) = self.advice {
            return advice;
        }
        match self.kind {
            StoreErrorKind::Unavailable => {
                "the player logs in again at the next start; on Linux a keyring needs a running Secret Service, such as GNOME Keyring or KWallet"
            }
            StoreErrorKind::Denied => {
                "unlock the keyring, or give the player's account permission to write there"
            }
            StoreErrorKind::Corrupt => {
                "nothing to do: the player logs in again, and the plugin keeps the old text beside the new one"
            }
            StoreErrorKind::WrongApplication => {
                "give each application a store of its own: another path, another service name"
            }
            StoreErrorKind::Failed => "see the text; the player logs in again at the next start",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl core::error::Error for StoreError {}

/// Keeps the session in memory. Clones share it, so a test can start "the game" a second time.
///
/// ```
/// use bevy_odnoklassniki::{MemoryStore, SessionStore};
///
/// let store = MemoryStore::new();
/// store.clone().save("a session").unwrap();
/// assert_eq!(store.load().unwrap().unwrap().as_str(), "a session");
/// store.quarantine().unwrap();
/// assert!(store.load().unwrap().is_none());
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    text: Option<Zeroizing<String>>,
    quarantined: Vec<Zeroizing<String>>,
}

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SessionStore for MemoryStore {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        Ok(self.with(|kept| kept.text.clone()))
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        self.with(|kept| kept.text = Some(Zeroizing::new(text.to_owned())));
        Ok(())
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.with(|kept| kept.text = None);
        Ok(())
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        self.with(|kept| {
            let text = kept.text.take();
            kept.quarantined.extend(text);
        });
        Ok("elsewhere in memory".to_owned())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore([redacted])")
    }
}
