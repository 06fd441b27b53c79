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

use super::{SessionStore, StoreError, StoreErrorKind};

/// How many sessions are set aside before the plugin stops doing so.
const MAX_ASIDE: usize = 100;

/// Keeps the session in the system's keyring: Secret Service on Linux (GNOME Keyring, `KWallet`), Keychain on macOS,
/// Credential Manager on Windows.
///
/// Where there is no keyring (a Linux without a desktop session, WSL, some sandboxed packages) each try fails, which
/// [`SessionChange::StoreFailed`](crate::SessionChange::StoreFailed) tells; the session then ends with the game. Nothing falls
/// back to a file by itself. A locked keyring asks the player to unlock it; the game goes on meanwhile.
///
/// ```
/// use bevy_odnoklassniki::{AppCredentials, KeyringStore, OdnoklassnikiPlugin};
///
/// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
///     .with_session_store(KeyringStore::new("Castle with friends", "default player"));
/// # let _ = plugin;
/// ```
#[derive(Clone, Debug)]
pub struct KeyringStore {
    service: String,
    account: String,
}

impl KeyringStore {
    /// A store under these two names, which the player sees in the keyring's own program: the game, and whose session it
    /// is. Neither may be empty.
    #[must_use]
    pub fn new(service: impl Into<String>, account: impl Into<String>) -> Self {
        Self { service: service.into(), account: account.into() }
    }

    /// Opened anew each time: so a keyring that starts later, or again, is found.
    fn open() -> Result<Arc<Store>, StoreError> {
        Store::new()
            .map_err(|error| StoreError::new(StoreErrorKind::Unavailable, format!("there is no keyring: {error}")))
    }

    fn entry(&self, store: &Arc<Store>, account: &str) -> Result<Entry, StoreError> {
        store.build(&self.service, account, None).map_err(failed)
    }

    fn read(entry: &Entry) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        match entry.get_secret() {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    fn remove(entry: &Entry) -> Result<(), StoreError> {
        match entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

impl SessionStore for KeyringStore {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        let entry = self.entry(&Self::open()?, &self.account)?;
        let text = |bytes: Zeroizing<Vec<u8>>| Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        Ok(Self::read(&entry)?.map(text))
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        // Bytes, not a "password": Windows would store that as UTF-16, and has room for 2560 bytes.
        self.entry(&Self::open()?, &self.account)?.set_secret(text.as_bytes()).map_err(failed)
    }

    fn clear(&self) -> Result<(), StoreError> {
        Self::remove(&self.entry(&Self::open()?, &self.account)?)
    }

    fn set_aside(&self) -> Result<String, StoreError> {
        let store = Self::open()?;
        let entry = self.entry(&store, &self.account)?;
        let Some(bytes) = Self::read(&entry)? else { return Ok("nowhere: there is nothing".to_owned()) };
        for number in 1..=MAX_ASIDE {
            let account = format!("{} (set aside {number})", self.account);
            let aside = self.entry(&store, &account)?;
            if Self::read(&aside)?.is_none() {
                aside.set_secret(&bytes).map_err(failed)?;
                Self::remove(&entry)?;
                return Ok(format!("{:?} of {:?} in the keyring", account, self.service));
            }
        }
        Err(StoreError::new(StoreErrorKind::Failed, format!("{MAX_ASIDE} sessions were set aside already")))
    }
}

/// Only by `Display`: the debug form of some of these errors holds the secret.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: Error) -> StoreError {
    let kind = match error {
        Error::NoStorageAccess(_) => StoreErrorKind::Denied,
        Error::PlatformFailure(_) => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Failed,
    };
    StoreError::new(kind, format!("the keyring says: {error}"))
}
