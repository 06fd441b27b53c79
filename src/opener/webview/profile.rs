//! The folder in which the web engine keeps cookies, and how a log out clears it.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The engine's folder, in the folder that the game gave. Nothing else there is ours.
const NAME: &str = "odnoklassniki-webview";

/// An empty file beside it: the player has logged out, and the engine's folder is still there.
const MARK: &str = "odnoklassniki-webview.logged-out";

/// What the game's programs keep, one after the other or at once.
#[derive(Debug)]
pub(super) struct Profile {
    /// The game's folder.
    folder: PathBuf,
    /// How many programs use the engine's folder.
    users: Mutex<usize>,
    unused: Condvar,
    /// Whether the player has logged out. The file says it to the next run of the game.
    is_marked: AtomicBool,
}

/// A program uses the folder until this is dropped.
#[derive(Debug)]
pub(super) struct Used {
    profile: Arc<Profile>,
    folder: String,
}

impl Profile {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            users: Mutex::default(),
            unused: Condvar::new(),
            is_marked: AtomicBool::new(false),
        }
    }

    /// Reserves the engine's folder for a program that is about to start. `None` if the player before
    /// has left there what cannot be removed: then nothing is kept. An error says why there is no
    /// folder.
    ///
    /// It waits for the windows of a player who has logged out, which are closing.
    pub(super) fn enter(self: &Arc<Self>) -> Result<Option<Used>, String> {
        let folder = self.folder.join(NAME);
        let folder = folder.to_str().filter(|_| self.folder.is_absolute());
        let folder = folder.ok_or("the profile's folder is not an absolute path in UTF-8")?;
        fs::create_dir_all(&self.folder)
            .map_err(|error| format!("the profile's folder cannot be made: {error}"))?;
        let is_left = |users: &mut usize| *users > 0 && self.is_marked();
        let waited = self.unused.wait_while(self.lock(), is_left);
        let mut users = waited.unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = self.clear(*users) {
            log::warn!("the page opens without the webview's profile: {error}");
            return Ok(None);
        }
        *users += 1;
        Ok(Some(Used {
            profile: Arc::clone(self),
            folder: folder.to_owned(),
        }))
    }

    /// Marks the folder, and clears it unless a program uses it: then the last one does.
    ///
    /// The mark comes first, because the game may end at any moment.
    pub(super) fn log_out(&self) {
        self.is_marked.store(true, Ordering::SeqCst);
        // No program has used the profile if the game's folder is not there.
        if !self.folder.is_dir() {
            return;
        }
        if let Err(error) = File::create(self.mark()) {
            log::warn!("the game must clear the webview's profile before it ends: {error}");
        }
        self.clear_and_warn(*self.lock());
    }

    fn clear_and_warn(&self, users: usize) {
        if let Err(error) = self.clear(users) {
            log::warn!("the webview's profile is not cleared yet: {error}");
        }
    }

    /// Removes the engine's folder if the player has logged out and no program uses it.
    fn clear(&self, users: usize) -> io::Result<()> {
        if users > 0 || !self.is_marked() {
            return Ok(());
        }
        is_gone(fs::remove_dir_all(self.folder.join(NAME)))?;
        is_gone(fs::remove_file(self.mark()))?;
        self.is_marked.store(false, Ordering::SeqCst);
        Ok(())
    }

    fn is_marked(&self) -> bool {
        self.is_marked.load(Ordering::SeqCst) || self.mark().exists()
    }

    fn mark(&self) -> PathBuf {
        self.folder.join(MARK)
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Used {
    pub(super) fn folder(&self) -> &str {
        &self.folder
    }
}

impl Drop for Used {
    fn drop(&mut self) {
        let mut users = self.profile.lock();
        *users -= 1;
        self.profile.clear_and_warn(*users);
        self.profile.unused.notify_all();
    }
}

/// What was not there is gone, too.
fn is_gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
