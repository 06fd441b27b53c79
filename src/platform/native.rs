//! A program of its own.

use core::time::Duration;
use std::io;
use std::thread::Builder;
use std::time::SystemTime;

use crossbeam_channel::{Receiver, RecvTimeoutError};

/// Whether a callback can reach the game. A phone has no loopback listener that lives on while the
/// game is in the background.
pub(crate) const HAS_CALLBACKS: bool = !cfg!(any(target_os = "android", target_os = "ios"));

/// Starts a thread called `name`. Takes a boxed closure, so that the start of a thread is not
/// compiled again for each job (5 KiB each).
///
/// # Errors
///
/// The system has no thread left. `job` is dropped then.
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

/// Returns the time of day, which goes on while the machine sleeps.
pub(crate) fn wall_clock() -> Option<SystemTime> {
    Some(SystemTime::now())
}

/// Fills the bytes with random numbers of the operating system.
///
/// # Errors
///
/// It has none.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), String> {
    getrandom::fill(bytes).map_err(|error| error.to_string())
}
