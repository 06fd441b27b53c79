//! [`PendingFile`]: the pending requests in a file.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::stored_file::{StoredFile, make_folder, sync, sync_folder};
use super::{SessionStore, StoreError, StoreErrorKind};

/// Keeps the pending requests in a file, for
/// [`with_pending_store`](crate::OdnoklassnikiPlugin::with_pending_store).
///
/// It is as private as the platform allows: on Unix the file has mode 0600, and a folder that the
/// store creates 0700. On Windows the file inherits the permissions of its folder, so put it below
/// the player's `AppData`. The store replaces the file in one step: a crash leaves the old file or
/// the new one. A file that cannot be read is renamed to `<name>.quarantine-1`, and so on.
///
/// Where the folder cannot be changed any more, the store empties the file in place, so that no
/// result comes twice. An empty file is no record. If the file cannot be written either, the store
/// keeps what it has. Then the next run may have the same results again, and the plugin logs an
/// error.
///
/// One run of the game has the file at a time, by a lock on `<name>.lock`; the system frees it when
/// the run ends, however it does. In a second run at the same time requests do not outlive the run,
/// and the plugin logs a warning. It does not try again, even if the first run ends. Do not delete
/// `<name>.lock` while a game runs: then two runs could have the file.
///
/// ```
/// use bevy_odnoklassniki::{AppCredentials, OdnoklassnikiPlugin, PendingFile};
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// // In the player's folder: see `bevy_platform::dirs::preferences_dir`.
/// let store = PendingFile::at(folder.join("my_game").join("ok_pending.json"));
/// OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
///     .with_pending_store(store);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PendingFile {
    file: StoredFile,
    /// The locked file, once this run has it.
    lock: Arc<Mutex<Option<File>>>,
}

impl PendingFile {
    /// Creates a store in this file. The first use creates its folder.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            file: StoredFile::new(path),
            lock: Arc::default(),
        }
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Returns the path of a file beside it.
    fn beside(&self, extension: &str) -> PathBuf {
        let mut name = self.path().to_owned().into_os_string();
        name.push(extension);
        name.into()
    }

    /// Takes the lock, unless this run has it.
    fn lock(&self) -> Result<(), StoreError> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if lock.is_some() {
            return Ok(());
        }
        let path = self.beside(".lock");
        let open = || {
            make_folder(self.file.folder())?;
            private().truncate(false).open(&path)
        };
        // Opening a pipe could block forever.
        StoredFile::new(&path).check()?;
        let file = open().map_err(|error| self.file.failed("locked", &error))?;
        match file.try_lock() {
            // Without locks, the last run of the game wins.
            Ok(()) | Err(TryLockError::Error(_)) => {
                *lock = Some(file);
                Ok(())
            }
            Err(TryLockError::WouldBlock) => {
                let path = self.path().display();
                let text = format!("another run of the game has the file {path}");
                Err(StoreError::new(StoreErrorKind::Unavailable, text))
            }
        }
    }

    /// Writes a new file and replaces the old one with it.
    fn replace(&self, text: &str) -> io::Result<()> {
        let scratch = self.beside(".new");
        // Left by a run that ended during a save. A new file: whatever lies there is not followed.
        match fs::remove_file(&scratch) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        {
            let mut file = private().create_new(true).open(&scratch)?;
            file.write_all(text.as_bytes())?;
            sync(&file)?;
        }
        fs::rename(&scratch, self.path())?;
        sync_folder(self.file.folder())
    }

    /// Erases what was saved, where `remove` removes the file and returns whether there was one.
    fn erase(&self, remove: impl FnOnce() -> Result<bool, StoreError>) -> Result<(), StoreError> {
        let synced = match remove() {
            Ok(false) => return Ok(()),
            Ok(true) => sync_folder(self.file.folder()),
            // The folder may be read-only by now, and the file may not.
            Err(error) => return self.empty().map_err(|_| error),
        };
        synced.map_err(|error| self.file.failed("removed", &error))
    }

    /// Empties the file in place.
    fn empty(&self) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(self.path())?;
        file.set_len(0)?;
        sync(&file)
    }
}

impl SessionStore for PendingFile {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        self.lock()?;
        let text = self.file.load()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        self.lock()?;
        self.file.check()?;
        let saved = self.replace(text);
        saved.map_err(|error| self.file.failed("written", &error))
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.lock()?;
        self.file.check()?;
        self.erase(|| self.file.remove())
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        self.lock()?;
        self.file.quarantine()
    }
}

/// Returns the options of a file that only the player's account can read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(all(test, not(wasm_tests)))]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, PendingFile) {
        let folder = tempfile::tempdir().unwrap();
        let store = PendingFile::at(folder.path().join("pending.json"));
        (folder, store)
    }

    /// As in a folder that has become read-only.
    #[test]
    fn a_file_that_cannot_be_removed_is_emptied() {
        let (folder, store) = store();
        store.save("a request").unwrap();
        let refused = || StoreError::new(StoreErrorKind::Denied, "a read-only folder");
        store.erase(|| Err(refused())).unwrap();
        assert_eq!(fs::read_to_string(store.path()).unwrap(), "");
        assert!(store.load().unwrap().is_none());
        // The next text can be saved again.
        store.save("another").unwrap();
        assert_eq!(store.load().unwrap().unwrap().as_str(), "another");
        // What cannot be changed in any way is an error.
        fs::remove_file(store.path()).unwrap();
        fs::create_dir(store.path()).unwrap();
        assert_eq!(store.erase(|| Err(refused())).unwrap_err(), refused());
        drop(folder);
    }
}
