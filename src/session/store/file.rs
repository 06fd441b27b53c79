//! [`FileStore`]: the session in a file (feature `file-store`).

use std::fs::{self, DirEntry, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::stored_file::{StoredFile, make_folder, sync, sync_folder};
use super::{SessionStore, StoreError};

/// The age from which an empty scratch file counts as abandoned. A game fills its own at once.
const EMPTY_FOR: Duration = Duration::from_secs(60);

/// How often a save is tried when another program is in its way.
const MAX_TRIES: u32 = 20;

/// Keeps the session in a file that only the player's account can read.
///
/// **Prefer `KeyringStore`**, and use this where there is no keyring. Every program that the player
/// runs can read the file, and backups and cloud folders copy it.
///
/// On Unix the file has mode 0600, and a folder that the store creates 0700. On Windows the file
/// inherits the permissions of its folder, so put it below the player's `AppData`. The store
/// replaces the file in one step: a crash leaves the old file or the new one. Two games may share
/// it: the last save wins.
///
/// A corrupt file, or one of another application, is renamed to `<name>.quarantine-1`, and so on.
/// It is never deleted.
///
/// ```
/// use bevy_odnoklassniki::{AppCredentials, FileStore, OdnoklassnikiPlugin};
///
/// # let folder = std::env::temp_dir();
/// // In the player's folder: see `bevy_platform::dirs::preferences_dir`.
/// let store = FileStore::new(folder.join("my_game").join("ok_session.json"));
/// OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
///     .with_session_store(store);
/// ```
#[derive(Clone, Debug)]
pub struct FileStore {
    file: StoredFile,
}

impl FileStore {
    /// Creates a store in this file. The first save creates its folder.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            file: StoredFile::new(path),
        }
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Returns how the names of scratch files begin.
    fn scratch_prefix(&self) -> String {
        format!(
            ".{}.new-",
            self.path()
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
        )
    }

    /// Removes the scratch files of games that ended during a save. Most of them hold a session.
    fn remove_leftovers(&self) {
        let (prefix, now) = (self.scratch_prefix(), SystemTime::now());
        for entry in fs::read_dir(self.file.folder())
            .into_iter()
            .flatten()
            .flatten()
        {
            if entry.file_name().to_string_lossy().starts_with(&prefix) && is_abandoned(&entry, now)
            {
                _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Writes a new file and replaces the old one with it.
    fn replace(&self, text: &str) -> io::Result<()> {
        make_folder(self.file.folder())?;
        self.remove_leftovers();
        // Only the owner can read it, from its first byte on.
        let mut file = tempfile::Builder::new()
            .prefix(&self.scratch_prefix())
            .tempfile_in(self.file.folder())?;
        match file.as_file().try_lock() {
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
            // Without locks, another game may remove the file: then this one writes it again.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        file.write_all(text.as_bytes())?;
        sync(file.as_file())?;
        // On Windows no other program could read a locked file.
        #[cfg(windows)]
        let _ = file.as_file().unlock();
        // Elsewhere it stays locked until it has its final name.
        let file = file.persist(self.path()).map_err(|error| error.error)?;
        drop(file);
        sync_folder(self.file.folder())
    }
}

impl SessionStore for FileStore {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        self.file.load()
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        self.file.check()?;
        let mut tries = 1;
        loop {
            match self.replace(text) {
                Err(error) if is_in_the_way(&error) && tries < MAX_TRIES => {
                    thread::sleep(Duration::from_millis(tries.into()));
                    tries += 1;
                }
                saved => return saved.map_err(|error| self.file.failed("written", &error)),
            }
        }
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.file.check()?;
        self.remove_leftovers();
        if self.file.remove()? {
            let synced = sync_folder(self.file.folder());
            synced.map_err(|error| self.file.failed("removed", &error))?;
        }
        Ok(())
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        self.file.quarantine()
    }
}

/// Returns whether another program is in the way for a moment: it has removed the scratch file, or
/// has it open. On Windows a program that reads the old file, or scans the new one, blocks the
/// replacement.
fn is_in_the_way(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::WouldBlock
    ) || cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied
}

/// Returns whether no game writes this file any more. A game locks its file before it writes the
/// first byte.
fn is_abandoned(entry: &DirEntry, now: SystemTime) -> bool {
    // Opening a pipe could block forever.
    if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
        return false;
    }
    let Ok(file) = File::options().write(true).open(entry.path()) else {
        return false;
    };
    let is_left = file
        .metadata()
        .is_ok_and(|data| is_left(data.len(), data.modified().ok(), now));
    is_left && !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Returns whether a file of this length is abandoned if it is not locked. A game may be about to
/// lock an empty one, unless it is old. An empty file without a known age stays.
fn is_left(length: u64, modified: Option<SystemTime>, now: SystemTime) -> bool {
    let age = modified.and_then(|modified| now.duration_since(modified).ok());
    length > 0 || age.is_some_and(|age| age > EMPTY_FOR)
}

#[cfg(test)]
mod tests;
