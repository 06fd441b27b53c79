//! One file of a store: reading, removing and quarantining it, with permissions for the player only.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::record::MAX_RECORD;
use super::{StoreError, StoreErrorKind};

/// How many quarantined files may lie beside the file.
const MAX_QUARANTINED: usize = 100;

#[derive(Clone, Debug)]
pub(super) struct StoredFile {
    path: PathBuf,
}

impl StoredFile {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// Returns whether there is a plain file. Anything else but nothing is an error: opening a pipe
    /// could block forever, and erasing a link would leave the session in its target.
    pub(super) fn check(&self) -> Result<bool, StoreError> {
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

    /// Returns the text in the file, cut where it is too long for any record.
    pub(super) fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
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

    /// Removes the file. Returns whether there was one.
    pub(super) fn remove(&self) -> Result<bool, StoreError> {
        match fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed("removed", &error)),
        }
    }

    /// Moves the file out of the way. Returns where to.
    pub(super) fn quarantine(&self) -> Result<String, StoreError> {
        if !self.check()? {
            return Ok("nowhere: there is nothing".to_owned());
        }
        self.move_to_free_name()
    }

    /// Renames the file to the first free name.
    pub(super) fn move_to_free_name(&self) -> Result<String, StoreError> {
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
            "{MAX_QUARANTINED} files are quarantined beside {0} already: delete some of {0}.quarantine-1 \
             to -{MAX_QUARANTINED}",
            self.path.display()
        );
        Err(StoreError::new(StoreErrorKind::Failed, text))
    }

    pub(super) fn failed(&self, what: &str, error: &io::Error) -> StoreError {
        let kind = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreErrorKind::Denied
            }
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => StoreErrorKind::Unavailable,
            _ => StoreErrorKind::Failed,
        };
        StoreError::new(
            kind,
            format!("the file {} cannot be {what}: {error}", self.path.display()),
        )
    }
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
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Syncs a folder, so that a crash of the machine brings no old text back.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    match File::open(folder) {
        Ok(folder) => sync(&folder)?,
        // A folder may be writable but not readable. The file is written all the same.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
        Err(error) => return Err(error),
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Syncs a file to the disk, where the file system offers that.
pub(super) fn sync(file: &File) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// EINVAL, ENOTSUP, EOPNOTSUPP and ENOSYS mean that a folder cannot be synced here; EIO and a full
    /// disk are failures.
    #[test]
    fn a_file_system_that_cannot_sync_is_no_failure() {
        #[cfg(target_os = "linux")]
        for (code, is_not_offered_here) in [
            (22, true),
            (95, true),
            (38, true),
            (5, false),
            (28, false),
            (13, false),
        ] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(is_not_offered(&error), is_not_offered_here, "{error}");
        }
        // Folders of this file system cannot be synced.
        #[cfg(target_os = "linux")]
        {
            let folder = File::open("/proc").unwrap();
            assert!(folder.sync_all().is_err());
            sync(&folder).unwrap();
        }
        assert!(!is_not_offered(&io::ErrorKind::Other.into()));
    }
}
