//! [`FileStore`]: the session in a file (feature `file-store`).

use std::fs::{self, DirEntry, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::record::MAX_RECORD;
use super::{SessionStore, StoreError, StoreErrorKind};

/// How many quarantined files may lie beside the file.
const MAX_QUARANTINED: usize = 100;

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
    path: PathBuf,
}

impl FileStore {
    /// Creates a store in this file. The first save creates its folder.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// Returns whether there is a plain file. Anything else but nothing is an error: opening a pipe
    /// could block forever, and erasing a link would leave the session in its target.
    fn check(&self) -> Result<bool, StoreError> {
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_file() => Ok(true),
            Ok(_) => {
                let text = format!(
                    "{} is not a file but a link, a folder or a device",
                    self.path.display()
                );
                Err(StoreError::new(StoreErrorKind::Failed, text))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed("read", &error)),
        }
    }

    /// Returns how the names of scratch files begin.
    fn scratch_prefix(&self) -> String {
        format!(
            ".{}.new-",
            self.path.file_name().unwrap_or_default().to_string_lossy()
        )
    }

    /// Removes the scratch files of games that ended during a save. Most of them hold a session.
    fn remove_leftovers(&self) {
        let (prefix, now) = (self.scratch_prefix(), SystemTime::now());
        for entry in fs::read_dir(self.folder()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) && is_abandoned(&entry, now)
            {
                _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Writes a new file and replaces the old one with it.
    fn replace(&self, text: &str) -> io::Result<()> {
        make_folder(self.folder())?;
        self.remove_leftovers();
        // Only the owner can read it, from its first byte on.
        let mut file = tempfile::Builder::new()
            .prefix(&self.scratch_prefix())
            .tempfile_in(self.folder())?;
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
        let file = file.persist(&self.path).map_err(|error| error.error)?;
        drop(file);
        self.sync_folder()
    }

    /// Syncs the folder, so that a crash of the machine brings no old session back.
    fn sync_folder(&self) -> io::Result<()> {
        #[cfg(unix)]
        match File::open(self.folder()) {
            Ok(folder) => sync(&folder)?,
            // A folder may be writable but not readable. The file is written all the same.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Renames the file to the first free name.
    fn move_to_free_name(&self) -> Result<String, StoreError> {
        for number in 1..=MAX_QUARANTINED {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".quarantine-{number}"));
            let other = PathBuf::from(name);
            // Created first, so that no other file is replaced.
            match File::create_new(&other) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(self.failed("quarantined", &error)),
            }
            return match fs::rename(&self.path, &other) {
                Ok(()) => {
                    make_private(&other);
                    Ok(other.display().to_string())
                }
                Err(error) => {
                    // The empty file that was created for it.
                    _ = fs::remove_file(&other);
                    match error.kind() {
                        io::ErrorKind::NotFound => {
                            Ok("elsewhere: another program has moved it".to_owned())
                        }
                        _ => Err(self.failed("quarantined", &error)),
                    }
                }
            };
        }
        let text = format!(
            "{MAX_QUARANTINED} files are quarantined beside {} already",
            self.path.display()
        );
        Err(StoreError::new(StoreErrorKind::Failed, text))
    }

    fn failed(&self, what: &str, error: &io::Error) -> StoreError {
        let kind = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreErrorKind::Denied
            }
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => StoreErrorKind::Unavailable,
            _ => StoreErrorKind::Failed,
        };
        StoreError::new(
            kind,
            format!(
                "the session's file {} cannot be {what}: {error}",
                self.path.display()
            ),
        )
    }
}

impl SessionStore for FileStore {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        self.check()?;
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("read", &error)),
        };
        // One byte more than the limit, so that a longer file is noticed. With its whole capacity
        // from the start the vector leaves no copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_RECORD + 1));
        file.take(MAX_RECORD as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.failed("read", &error))?;
        // A file that is no text is no record either.
        Ok(Some(Zeroizing::new(
            String::from_utf8_lossy(&bytes).into_owned(),
        )))
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        self.check()?;
        let mut tries = 1;
        loop {
            match self.replace(text) {
                Err(error) if is_in_the_way(&error) && tries < MAX_TRIES => {
                    thread::sleep(Duration::from_millis(tries.into()));
                    tries += 1;
                }
                saved => return saved.map_err(|error| self.failed("written", &error)),
            }
        }
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.check()?;
        self.remove_leftovers();
        let removed = match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            removed => removed,
        };
        removed
            .and_then(|()| self.sync_folder())
            .map_err(|error| self.failed("removed", &error))
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        if !self.check()? {
            return Ok("nowhere: there is nothing".to_owned());
        }
        self.move_to_free_name()
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

/// Syncs a file to the disk, where the file system offers that.
fn sync(file: &File) -> io::Result<()> {
    file.sync_all().or_else(|error| {
        if is_not_offered(&error) {
            Ok(())
        } else {
            Err(error)
        }
    })
}

/// Returns whether the error means that the file system cannot sync, as for folders of SMB, FUSE
/// and `VirtualBox`. The data is written all the same. A failing disk has another error.
fn is_not_offered(error: &io::Error) -> bool {
    // ENOTSUP of Apple's systems, for which Rust has no kind.
    let is_apple = cfg!(target_vendor = "apple") && error.raw_os_error() == Some(45);
    is_apple
        || matches!(
            error.kind(),
            io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
        )
}

/// Makes a file private, because it may hold a token.
fn make_private(file: &Path) {
    #[cfg(unix)]
    {
        // If this fails, the file is as private as before.
        _ = fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600));
    }
    #[cfg(not(unix))]
    let _ = file;
}

/// Creates a folder with private permissions. An existing folder stays as it is.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests;
