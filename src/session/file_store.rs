//! [`FileStore`]: the session in a file (feature `file-store`).

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::record::MAX_RECORD;
use super::{SessionStore, StoreError, StoreErrorKind};

/// How many files are set aside before the plugin stops doing so.
const MAX_ASIDE: usize = 100;

/// Keeps the session in a file that only the player's account can read.
///
/// **Second best**: every program that the player runs can read it, and so do backups and cloud folders. Prefer
/// `KeyringStore`, and take this where there is no keyring. On Unix the file has the mode 0600, and a folder that is made for
/// it 0700; on Windows it inherits the rights of its folder, so put it below the player's own `AppData`. It is replaced in
/// one step: a crash leaves the old one or the new one.
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

    /// Whether there is a plain file, or nothing. To open a pipe could take for ever, to erase a link would leave the session in
    /// what it leads to, and none of them is ours to replace.
    fn check(&self) -> Result<bool, StoreError> {
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_file() => Ok(true),
            Ok(_) => {
                let text = format!("{} is no file, but a link, a folder or a device", self.path.display());
                Err(StoreError::new(StoreErrorKind::Failed, text))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed("read", &error)),
        }
    }

    /// What a file begins with while it is being written.
    fn scratch_prefix(&self) -> String {
        format!(".{}.new-", self.path.file_name().unwrap_or_default().to_string_lossy())
    }

    /// Of a game that ended while it wrote. They hold a session.
    fn remove_leftovers(&self) {
        let prefix = self.scratch_prefix();
        for entry in fs::read_dir(self.folder()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                _ = fs::remove_file(entry.path());
            }
        }
    }

    /// So that a crash of the machine brings no old session back.
    fn sync_folder(&self) -> io::Result<()> {
        #[cfg(unix)]
        File::open(self.folder())?.sync_all()?;
        Ok(())
    }

    fn failed(&self, what: &str, error: &io::Error) -> StoreError {
        let kind = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreErrorKind::Denied,
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => StoreErrorKind::Unavailable,
            _ => StoreErrorKind::Failed,
        };
        StoreError::new(kind, format!("the session's file {} cannot be {what}: {error}", self.path.display()))
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
        // One byte more than is taken, so that what is too long is seen to be. The capacity at once leaves no copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_RECORD + 1));
        file.take(MAX_RECORD as u64 + 1).read_to_end(&mut bytes).map_err(|error| self.failed("read", &error))?;
        // What is no text is no record either.
        Ok(Some(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())))
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        self.check()?;
        let save = || {
            make_folder(self.folder())?;
            self.remove_leftovers();
            // Readable by the owner alone from its first byte on.
            let mut file = tempfile::Builder::new().prefix(&self.scratch_prefix()).tempfile_in(self.folder())?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|error| error.error)?;
            self.sync_folder()
        };
        save().map_err(|error| self.failed("written", &error))
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.check()?;
        self.remove_leftovers();
        let removed = match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            removed => removed,
        };
        removed.and_then(|()| self.sync_folder()).map_err(|error| self.failed("removed", &error))
    }

    fn set_aside(&self) -> Result<String, StoreError> {
        if !self.check()? {
            return Ok("nowhere: there is nothing".to_owned());
        }
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
                    Err(self.failed("set aside", &error))
                }
            };
        }
        let text = format!("{MAX_ASIDE} files were set aside beside {} already", self.path.display());
        Err(StoreError::new(StoreErrorKind::Failed, text))
    }
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
mod tests {
    use super::*;

    #[test]
    fn a_session_is_kept_and_replaced_in_private() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new(folder.path().join("game").join("session.json"));
        assert!(store.load().unwrap().is_none());
        store.clear().unwrap();
        make_folder(store.folder()).unwrap();
        fs::write(store.folder().join(".session.json.new-x7"), "of a game that was killed").unwrap();
        for text in ["first", "second"] {
            store.save(text).unwrap();
            assert_eq!(store.load().unwrap().unwrap().as_str(), text);
        }
        assert_eq!(fs::read_dir(store.folder()).unwrap().count(), 1, "no scratch files are left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(store.path()).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(store.folder()).unwrap().permissions().mode() & 0o777, 0o700);
        }
        store.clear().unwrap();
        assert!(store.load().unwrap().is_none());
    }

    #[test]
    fn what_is_set_aside_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new(folder.path().join("session.json"));
        for (number, text) in ["one", "two"].into_iter().enumerate() {
            store.save(text).unwrap();
            let place = store.set_aside().unwrap();
            assert!(place.ends_with(&format!("session.json.aside-{}", number + 1)), "{place}");
            assert_eq!(fs::read_to_string(place).unwrap(), text);
            assert!(store.load().unwrap().is_none());
        }
    }

    #[test]
    fn what_cannot_be_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("blocked");
        fs::write(&blocked, "a file where a folder should be").unwrap();
        let store = FileStore::new(blocked.join("session.json"));
        for error in [store.save("text").unwrap_err(), store.load().unwrap_err()] {
            assert!(error.to_string().contains("session.json"), "{error}");
        }
        // A folder or a link is not touched, and bytes that are no text are no panic.
        let mut others = vec![folder.path().to_owned()];
        #[cfg(unix)]
        {
            let target = folder.path().join("target");
            fs::write(&target, "somebody's").unwrap();
            std::os::unix::fs::symlink(&target, folder.path().join("link")).unwrap();
            others.push(folder.path().join("link"));
        }
        for other in others {
            let store = FileStore::new(&other);
            assert!(store.load().is_err() && store.save("x").is_err() && store.clear().is_err());
            assert!(store.set_aside().is_err() && fs::symlink_metadata(&other).is_ok());
        }
        let store = FileStore::new(folder.path().join("binary"));
        fs::write(store.path(), [0xff; 70_000]).unwrap();
        assert!(store.load().unwrap().unwrap().len() > MAX_RECORD, "seen to be too long");
    }
}
