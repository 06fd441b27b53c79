//! [`BrowserStore`]: the session in the browser's storage (web builds).

use web_sys::Storage;
use zeroize::Zeroizing;

use super::{SessionStore, StoreError, StoreErrorKind};

/// How many quarantined sessions may be in the storage.
const MAX_QUARANTINED: usize = 100;

/// Keeps the session in the browser's `localStorage` (HTML standard, 12.2.3).
///
/// **Everything on the game's origin can read it**: every script of the page, and every other game
/// of the same host. On itch.io and on GitHub Pages all games of one host share an origin. Take it
/// only on a host of your own. Without a store the session ends with the page, which is safer.
///
/// A player who blocks storage, and a private window, have none: each try fails with
/// [`SessionChange::StoreFailed`](crate::SessionChange::StoreFailed).
#[derive(Clone, Debug)]
pub struct BrowserStore {
    name: String,
}

impl BrowserStore {
    /// Creates a store under this name, which no other game of the host should use.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    fn quarantine_name(&self, number: usize) -> String {
        format!("{} (quarantine {number})", self.name)
    }
}

impl SessionStore for BrowserStore {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        let text = storage()?.get_item(&self.name).map_err(|_| unreadable())?;
        Ok(text.map(Zeroizing::new))
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        storage()?.set_item(&self.name, text).map_err(|_| full())
    }

    fn clear(&self) -> Result<(), StoreError> {
        storage()?.remove_item(&self.name).map_err(|_| unreadable())
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        let storage = storage()?;
        let Some(text) = self.load()? else {
            return Ok("nowhere, because nothing is stored".to_owned());
        };
        for number in 1..=MAX_QUARANTINED {
            let name = self.quarantine_name(number);
            if storage.get_item(&name).map_err(|_| unreadable())?.is_none() {
                storage.set_item(&name, &text).map_err(|_| full())?;
                self.clear()?;
                return Ok(name);
            }
        }
        let text = format!("{MAX_QUARANTINED} sessions are quarantined in the browser's storage");
        Err(StoreError::new(StoreErrorKind::Failed, text))
    }
}

fn storage() -> Result<Storage, StoreError> {
    let storage = web_sys::window().and_then(|window| window.local_storage().ok().flatten());
    storage.ok_or_else(unreadable)
}

fn unreadable() -> StoreError {
    let text = "the browser lets the page store nothing";
    StoreError::new(StoreErrorKind::Unavailable, text)
}

fn full() -> StoreError {
    let text = "the browser's storage is full, or the page may not write there";
    StoreError::new(StoreErrorKind::Failed, text)
}
