//! [`KeyringStore`]: the session in the system's keyring (feature `keyring`).

use std::sync::Arc;

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
use keyring_core::api::CredentialStoreApi as _;
use keyring_core::{Entry, Error};
#[cfg(target_os = "windows")]
use windows_native_keyring_store::Store;
#[cfg(target_os = "linux")]
use zbus_secret_service_keyring_store::Store;
use zeroize::Zeroizing;

use super::keyring_error::failed;
use super::{SessionStore, StoreError, StoreErrorKind};

/// How many quarantined sessions may be in the keyring.
const MAX_QUARANTINED: usize = 100;

/// Keeps the session in the system's keyring: Secret Service on Linux (GNOME Keyring, `KWallet`),
/// Keychain on macOS, Credential Manager on Windows.
///
/// Some systems have no keyring: a Linux without a desktop session, WSL, some sandboxed packages.
/// There each try fails with [`SessionChange::StoreFailed`](crate::SessionChange::StoreFailed), and
/// the session ends with the game. The plugin never falls back to a file. A locked keyring asks the
/// player to unlock it; the game runs on meanwhile.
///
/// On Linux several items can match these names, in different keyrings. Then
/// [`load`](SessionStore::load) fails unless all are equal, and the next
/// [`save`](SessionStore::save) quarantines them. [`clear`](SessionStore::clear) erases all of
/// them.
///
/// ```
/// use bevy_odnoklassniki::{AppCredentials, KeyringStore, OdnoklassnikiPlugin};
/// OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
///     .with_session_store(KeyringStore::new("Castle with friends", "default player"));
/// ```
#[derive(Clone, Debug)]
pub struct KeyringStore {
    service: String,
    account: String,
}

impl KeyringStore {
    /// Creates a store under these two names, which the player sees in the keyring's program: the
    /// game, and whose session it is. Neither may be empty.
    #[must_use]
    pub fn new(service: impl Into<String>, account: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            account: account.into(),
        }
    }

    /// Opens the keyring. Each use opens it again, to find a keyring that has started or restarted
    /// meanwhile.
    fn open() -> Result<Arc<Store>, StoreError> {
        Store::new().map_err(|error| {
            StoreError::new(
                StoreErrorKind::Unavailable,
                format!("there is no keyring: {error}"),
            )
        })
    }

    fn entry(&self, store: &Arc<Store>, account: &str) -> Result<Entry, StoreError> {
        store
            .build(&self.service, account, None)
            .map_err(|error| failed(&error))
    }

    /// Returns the items under a name: at most one, or on Linux any number.
    fn matches(entry: Entry) -> Result<Vec<Match>, StoreError> {
        let secret = |entry: Entry| match entry.get_secret() {
            Ok(bytes) => Ok(Some(Match {
                entry,
                secret: Zeroizing::new(bytes),
            })),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(failed(&error)),
        };
        match entry.get_secret() {
            Err(Error::Ambiguous(entries)) => entries
                .into_iter()
                .filter_map(|entry| secret(entry).transpose())
                .collect(),
            Ok(bytes) => Ok(vec![Match {
                entry,
                secret: Zeroizing::new(bytes),
            }]),
            Err(Error::NoEntry) => Ok(Vec::new()),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Removes the items under a name. Tries all items that match, and returns the first error.
    fn remove(entry: &Entry) -> Result<(), StoreError> {
        match entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(Error::Ambiguous(entries)) => {
                entries.iter().map(Self::remove).fold(Ok(()), Result::and)
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// Moves an item to the first free name.
    fn move_to_free_name(&self, store: &Arc<Store>, found: &Match) -> Result<String, StoreError> {
        for number in 1..=MAX_QUARANTINED {
            let account = format!("{} (quarantine {number})", self.account);
            if Self::matches(self.entry(store, &account)?)?.is_empty() {
                self.entry(store, &account)?
                    .set_secret(&found.secret)
                    .map_err(|error| failed(&error))?;
                Self::remove(&found.entry)?;
                return Ok(format!("{account:?}"));
            }
        }
        Err(StoreError::new(
            StoreErrorKind::Failed,
            format!("{MAX_QUARANTINED} sessions are quarantined already"),
        ))
    }
}

/// An item of the keyring.
struct Match {
    entry: Entry,
    secret: Zeroizing<Vec<u8>>,
}

impl SessionStore for KeyringStore {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        let found = Self::matches(self.entry(&Self::open()?, &self.account)?)?;
        let Some(first) = found.first() else {
            return Ok(None);
        };
        if found.iter().any(|other| other.secret != first.secret) {
            return Err(ambiguous(found.len()));
        }
        Ok(Some(Zeroizing::new(
            String::from_utf8_lossy(&first.secret).into_owned(),
        )))
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        let store = Self::open()?;
        // Bytes, not a "password": Windows stores passwords as UTF-16, and allows 2560 bytes.
        match self
            .entry(&store, &self.account)?
            .set_secret(text.as_bytes())
        {
            Err(Error::Ambiguous(_)) => {
                self.quarantine()?;
                self.entry(&store, &self.account)?
                    .set_secret(text.as_bytes())
                    .map_err(|error| failed(&error))
            }
            saved => saved.map_err(|error| failed(&error)),
        }
    }

    fn clear(&self) -> Result<(), StoreError> {
        Self::remove(&self.entry(&Self::open()?, &self.account)?)
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        let store = Self::open()?;
        let found = Self::matches(self.entry(&store, &self.account)?)?;
        if found.is_empty() {
            return Ok("nowhere: there is nothing".to_owned());
        }
        let accounts: Result<Vec<_>, _> = found
            .iter()
            .map(|found| self.move_to_free_name(&store, found))
            .collect();
        Ok(format!(
            "{} of {:?} in the keyring",
            accounts?.join(", "),
            self.service
        ))
    }
}

/// Returns the error for several items that match and differ.
fn ambiguous(count: usize) -> StoreError {
    StoreError::new(
        StoreErrorKind::Failed,
        format!("{count} items of the keyring match, and they differ"),
    )
    .with_advice(
        "nothing to do: the player logs in again, and then all of them are kept under other names",
    )
}

#[cfg(test)]
mod tests {
    use keyring_core::mock;

    use super::*;

    /// Returns an item of a mock keyring, whose next use fails with this error.
    fn item(store: &Arc<mock::Store>, account: &str, error: Option<Error>) -> Entry {
        let entry = store.build("game", account, None).unwrap();
        entry.set_secret(b"session").unwrap();
        if let Some(error) = error {
            entry
                .as_any()
                .downcast_ref::<mock::Cred>()
                .unwrap()
                .set_error(error);
        }
        entry
    }

    #[test]
    fn removing_tries_every_item_and_reports_the_first_error() {
        let store = mock::Store::new().unwrap();
        let failure = |text: &str| Some(Error::NotSupportedByStore(text.to_owned()));
        let matching = vec![
            item(&store, "a", None),
            item(&store, "b", failure("first")),
            item(&store, "c", None),
            item(&store, "d", failure("second")),
            item(&store, "e", None),
        ];
        let name = item(&store, "name", Some(Error::Ambiguous(matching)));
        let error = KeyringStore::remove(&name).unwrap_err();
        assert!(error.to_string().contains("first"), "{error}");
        let is_there = |account| {
            store
                .build("game", account, None)
                .unwrap()
                .get_secret()
                .is_ok()
        };
        assert_eq!(
            ["a", "b", "c", "d", "e"].map(is_there),
            [false, true, false, true, false]
        );
    }
}
