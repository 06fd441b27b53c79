//! A program in a browser: one thread, and no clock for the standard library.

use core::time::Duration;
use std::io;
use std::sync::mpsc::Receiver;
use std::time::SystemTime;

/// No callback can reach a game in a browser yet.
pub(crate) const HAS_CALLBACKS: bool = false;

/// Runs the job at once.
///
/// # Errors
///
/// Never, unlike on native targets.
pub(crate) fn start(name: &str, job: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    _ = name;
    job();
    Ok(())
}

/// Does nothing: jobs run at once, so none is late.
pub(crate) fn call_unless_dropped_within(
    timeout: Duration,
    until: Receiver<()>,
    late: impl FnOnce() + Send + 'static,
) {
    _ = (timeout, until, late);
}

/// Returns `None`: there is no such clock.
pub(crate) fn wall_clock() -> Option<SystemTime> {
    None
}

/// Returns an error: no request needs a token yet.
///
/// # Errors
///
/// Always.
pub(crate) fn random(_: &mut [u8]) -> Result<(), String> {
    Err("not on the web yet".to_owned())
}
