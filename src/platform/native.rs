//! A native program.

use core::time::Duration;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::Builder;
use std::time::SystemTime;

use zeroize::Zeroizing;

/// Whether a callback can reach the game. On a phone no loopback listener runs while the game is in
/// the background.
pub(crate) const HAS_CALLBACKS: bool = !cfg!(any(target_os = "android", target_os = "ios"));

/// Whether OK sends the player back to a page of the game's.
pub(crate) const HAS_RETURN_PAGE: bool = false;

/// Whether a page opens before its URL is signed, and waits for it.
pub(crate) const OPENS_UNSIGNED: bool = false;

/// Starts a thread called `name`. Takes a boxed closure, so that the start-up code is not compiled
/// for each job (5 KiB each).
///
/// # Errors
///
/// Returns an error if the system has no thread left. Then `job` is dropped.
pub(crate) fn start(name: &str, job: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    Builder::new().name(name.to_owned()).spawn(job).map(drop)
}

/// Calls `late` unless the other end of `until` is dropped within `timeout`.
pub(crate) fn call_unless_dropped_within(
    timeout: Duration,
    until: Receiver<()>,
    late: impl FnOnce() + Send + 'static,
) {
    let wait = move || {
        if until.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout) {
            late();
        }
    };
    if let Err(error) = start("ok-timeout", Box::new(wait)) {
        log::warn!("no thread for a timeout: {error}");
    }
}

/// Returns the time of day, which runs while the machine sleeps.
pub(crate) fn wall_clock() -> Option<SystemTime> {
    Some(SystemTime::now())
}

/// Fills the bytes with random numbers from the operating system.
///
/// # Errors
///
/// Returns an error if the operating system has none.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), String> {
    getrandom::fill(bytes).map_err(|error| error.to_string())
}

/// Returns `None`: there is no page.
pub(crate) fn launch_query() -> Option<Zeroizing<String>> {
    None
}

/// Does nothing, because there is no page, and returns that this worked.
pub(crate) fn change_query(_: impl FnOnce(&str) -> String) -> bool {
    true
}
