//! A program in a browser: one thread, and no clock that the standard library could read.

use core::time::Duration;
use std::io;
use std::time::SystemTime;

use crossbeam_channel::Receiver;

/// No callback can reach a game in a browser yet.
pub(crate) const HAS_CALLBACKS: bool = false;

/// Runs the job at once.
///
/// # Errors
///
/// None; elsewhere the system may have no thread left.
pub(crate) fn start(name: &str, job: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    _ = name;
    job();
    Ok(())
}

/// Nothing is late here: jobs run at once.
pub(crate) fn call_unless_dropped_within(
    timeout: Duration,
    until: Receiver<()>,
    late: impl FnOnce() + Send + 'static,
) {
    _ = (timeout, until, late);
}

/// Nothing here.
pub(crate) fn wall_clock() -> Option<SystemTime> {
    None
}

/// No token is needed yet.
///
/// # Errors
///
/// Always.
pub(crate) fn random(_: &mut [u8]) -> Result<(), String> {
    Err("not on the web yet".to_owned())
}
