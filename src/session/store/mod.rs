//! [`SessionStore`]: where a session outlives the game.

mod record;
mod worker;

pub(crate) use worker::{STORE_TIMEOUT, StoreEvent, StoreJob, StoreWorker};

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

/// The stores that this target and these features have.
pub mod available {
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

/// Keeps one text, so that a player need not log in at each start. The text holds the player's
/// token and its key: keep it where other users of the machine cannot read it.
///
/// | store | where | feature |
/// | --- | --- | --- |
/// | none (the default) | the session ends with the game | |
/// | `KeyringStore` | the system's keyring: the best place | `keyring` |
/// | `FileStore` | a file that only the player's account can read | `file-store` |
/// | your own | | |
///
/// It is called on a thread of its own, one call after the other, and may block. What is in the
/// text is the plugin's affair: a store keeps it as it is. A text that turns out to be damaged, or
/// another application's, is set aside and never deleted.
///
/// ```
/// use bevy_odnoklassniki::{SessionStore, StoreError, StoreErrorKind};
/// use zeroize::Zeroizing;
///
/// /// A store of a platform that has none yet.
/// struct Nowhere;
/// impl SessionStore for Nowhere {
///     fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
///         Ok(None)
///     }
///     fn save(&self, _: &str) -> Result<(), StoreError> {
///         Err(StoreError::new(StoreErrorKind::Unavailable, "there is no store on this console yet"))
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
    /// What was saved last, or `None`.
    ///
    /// # Errors
    /// The store cannot be read.
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError>;

    /// Keeps `text` in place of what was there. When it fails, what was there should stay.
    ///
    /// # Errors
    /// The store cannot be written.
    fn save(&self, text: &str) -> Result<(), StoreError>;

    /// Forgets what was saved. That nothing was is no error.
    ///
    /// # Errors
    /// The store cannot be written.
    fn clear(&self) -> Result<(), StoreError>;

    /// Moves what was saved out of the way without destroying it, and says in a few words where to.
    ///
    /// # Errors
    /// It cannot be moved; then it stays where it is.
    fn quarantine(&self) -> Result<String, StoreError>;
}

/// Why a session could not be stored or restored. It holds no secret.
///
/// ```
/// use bevy_odnoklassniki::{StoreError, StoreErrorKind};
/// let error = StoreError::new(StoreErrorKind::Denied, "the keyring is locked");
/// assert_eq!(error.to_string(), "the keyring is locked");
/// assert!(error.advice().contains("unlock"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    kind: StoreErrorKind,
    text: String,
    /// What is more to the point than the advice of the kind.
    advice: Option<&'static str>,
}

/// The kinds of [`StoreError`]. More may come: match with a wildcard.
///
/// ```
/// use bevy_odnoklassniki::StoreErrorKind;
/// assert_ne!(StoreErrorKind::Corrupt, StoreErrorKind::WrongApplication);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// There is no such store on this machine: no keyring service, no folder.
    Unavailable,
    /// It is there and says no: locked, no permission.
    Denied,
    /// What was in it cannot be read as a session. It was set aside.
    Corrupt,
    /// It holds another application's session, or one of another version of the plugin. It was set
    /// aside.
    WrongApplication,
    /// Anything else.
    Failed,
}

impl StoreError {
    /// An error with a short text for the developer. It is shown and logged: keep secrets out of
    /// it.
    #[must_use]
    pub fn new(kind: StoreErrorKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            advice: None,
        }
    }

    /// Gives this advice in place of the kind's own.
    #[cfg(all(
        feature = "keyring",
        any(target_os = "linux", target_os = "macos", target_os = "windows")
    ))]
    pub(crate) fn with_advice(mut self, advice: &'static str) -> Self {
        self.advice = Some(advice);
        self
    }

    /// What went wrong, for code to branch on.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// One line on what to do about it, for the developer.
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
                "unlock the keyring, or give the player's account the right to write there"
            }
            StoreErrorKind::Corrupt => {
                "nothing to do: the player logs in again, and what was there is kept beside it"
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

/// Keeps the session in memory. Clones share it: with it a test starts "the game" a second time.
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
    aside: Vec<Zeroizing<String>>,
}

impl MemoryStore {
    /// An empty one.
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
            kept.aside.extend(text);
        });
        Ok("elsewhere in memory".to_owned())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore([redacted])")
    }
}
