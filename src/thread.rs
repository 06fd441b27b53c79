//! Starting a thread.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a thread called `name`. Not generic, because every kind of job would bring the start of a
/// thread with it: 5 KiB of program each.
///
/// # Errors
///
/// The system has none left. `job` is dropped then.
pub(crate) fn start(name: &str, job: Box<dyn FnOnce() + Send>) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(job)
}
