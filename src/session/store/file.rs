//! [`FileStore`]: the session in a file (feature `file-store`).

use std::fs::{self, DirEntry, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::record::MAX_RECORD;
use super::{SessionStore, StoreError, StoreErrorKind};

/// How many files are set aside before the plugin stops doing so.
const MAX_ASIDE: usize = 100;

/// How old an empty scratch file is before it counts as left behind. A game fills its own at once.
const EMPTY_FOR: Duration = Duration::from_secs(60);

/// How often a save begins anew when another program is in its way.
const MAX_TRIES: u32 = 20;

/// Keeps the session in a file that only the player's account can read.
///
/// **Second best**: every program that the player runs can read it, and so do backups and cloud
/// folders. Prefer `KeyringStore`, and take this where there is no keyring. On Unix the file has
/// the mode 0600, and a folder that is made for it 0700; on Windows it inherits the rights of its
/// folder, so put it below the player's own `AppData`. It is replaced in one step: a crash leaves
/// the old one or the new one. Two games may share it: the one that saves last is kept.
///
/// A damaged or foreign file is renamed to `<name>.aside-1`, and so on; it is never deleted.
///
/// ```
/// use bevy_odnoklassniki::{AppCredentials, FileStore, OdnoklassnikiPlugin};
///
/// # let folder = std::env::temp_dir();
/// // In the player's own folder: see `bevy_platform::dirs::preferences_dir`, or the crate `directories`.
/// let store = FileStore::new(folder.join("my_game").join("ok_session.json"));
/// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
///     .with_session_store(store);
/// # let _ = plugin;
/// ```
#[derive(Clone, Debug)]
pub struct FileStore {
    path: PathBuf,
}

impl FileStore {
    /// A store in this file. Its folder is made when there is something to keep.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file.
    ///
    /// ```
    /// use bevy_odnoklassniki::FileStore;
    /// assert_eq!(FileStore::new("a/session.json").path().file_name().unwrap(), "session.json");
    /// ```
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

    /// Whether there is a plain file, or nothing. To open a pipe could take for ever, to erase a
    /// link would leave the session in what it leads to, and none of them is ours to replace.
    fn check(&self) -> Result<bool, StoreError> {
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_file() => Ok(true),
            Ok(_) => {
                let text = format!(
                    "{} is no file, but a link, a folder or a device",
                    self.path.display()
                );
                Err(StoreError::new(StoreErrorKind::Failed, text))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed("read", &error)),
        }
    }

    /// What a file begins with while it is being written.
    fn scratch_prefix(&self) -> String {
        format!(
            ".{}.new-",
            self.path.file_name().unwrap_or_default().to_string_lossy()
        )
    }

    /// Removes the scratch files of games that ended while they wrote. Most of them hold a session.
    fn remove_leftovers(&self) {
        let (prefix, now) = (self.scratch_prefix(), SystemTime::now());
        for entry in fs::read_dir(self.folder()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) && is_abandoned(&entry, now)
            {
                _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Writes another file and puts it in the place of the one before.
    fn replace(&self, text: &str) -> io::Result<()> {
        make_folder(self.folder())?;
        self.remove_leftovers();
        // Readable by the owner alone from its first byte on.
        let mut file = tempfile::Builder::new()
            .prefix(&self.scratch_prefix())
            .tempfile_in(self.folder())?;
        match file.as_file().try_lock() {
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
            // Where there are no locks, another game may take the file away: then this one writes
            // it again.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        file.write_all(text.as_bytes())?;
        sync(file.as_file())?;
        // A reader could not read what is locked there.
        #[cfg(windows)]
        let _ = file.as_file().unlock();
        // Elsewhere it stays locked until it has its name.
        let file = file.persist(&self.path).map_err(|error| error.error)?;
        drop(file);
        self.sync_folder()
    }

    /// So that a crash of the machine brings no old session back.
    fn sync_folder(&self) -> io::Result<()> {
        #[cfg(unix)]
        match File::open(self.folder()) {
            Ok(folder) => sync(&folder)?,
            // A folder may be written to and not read. What was written is there all the same.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// To the first name that is free.
    fn move_aside(&self) -> Result<String, StoreError> {
        for number in 1..=MAX_ASIDE {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".aside-{number}"));
            let aside = PathBuf::from(name);
            // Made first, so that nobody else's file is replaced.
            match File::create_new(&aside) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(self.failed("set aside", &error)),
            }
            return match fs::rename(&self.path, &aside) {
                Ok(()) => {
                    make_private(&aside);
                    Ok(aside.display().to_string())
                }
                Err(error) => {
                    // The empty place that was made for it.
                    _ = fs::remove_file(&aside);
                    match error.kind() {
                        io::ErrorKind::NotFound => {
                            Ok("elsewhere: another program has moved it".to_owned())
                        }
                        _ => Err(self.failed("set aside", &error)),
                    }
                }
            };
        }
        let text = format!(
            "{MAX_ASIDE} files were set aside beside {} already",
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
        // One byte more than is taken, so that what is too long is seen to be. The capacity at once
        // leaves no copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_RECORD + 1));
        file.take(MAX_RECORD as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.failed("read", &error))?;
        // What is no text is no record either.
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
        self.move_aside()
    }
}

/// Whether another program is in the way for a moment: one that has removed the file that was to be
/// renamed, or looks at it. On Windows whoever reads the old file, or scans the new one, keeps it
/// from being replaced.
fn is_in_the_way(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::WouldBlock
    ) || cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied
}

/// Returns whether no game writes this file any more. A game that writes it has locked it before
/// the first byte.
fn is_abandoned(entry: &DirEntry, now: SystemTime) -> bool {
    // To open a pipe could take for ever.
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

/// Returns whether a file of this length was left behind if nobody has locked it. An empty one may
/// be about to be locked, unless it is old. Where the system knows no times, or the file's is in
/// the future, it stays.
fn is_left(length: u64, modified: Option<SystemTime>, now: SystemTime) -> bool {
    let age = modified.and_then(|modified| now.duration_since(modified).ok());
    length > 0 || age.is_some_and(|age| age > EMPTY_FOR)
}

/// Brings it to the disk, where that is offered.
fn sync(file: &File) -> io::Result<()> {
    file.sync_all().or_else(|error| {
        if is_not_offered(&error) {
            Ok(())
        } else {
            Err(error)
        }
    })
}

/// Whether the file system does not offer what was asked for: so folders of SMB, FUSE and
/// `VirtualBox` answer. What was written is there all the same. A disk that fails says something
/// else.
fn is_not_offered(error: &io::Error) -> bool {
    // ENOTSUP of Apple's systems, for which Rust has no kind.
    let is_apple = cfg!(target_vendor = "apple") && error.raw_os_error() == Some(45);
    is_apple
        || matches!(
            error.kind(),
            io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
        )
}

/// It may hold a token, whoever wrote it.
fn make_private(file: &Path) {
    #[cfg(unix)]
    {
        // If it cannot be done, it is as private as it was.
        _ = fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600));
    }
    #[cfg(not(unix))]
    let _ = file;
}

/// With private rights if it is new; one that is there stays as it is.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests;
