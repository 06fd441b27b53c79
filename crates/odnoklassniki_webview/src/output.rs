//! The way to the game.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use crate::protocol::Report;

/// Standard output, for reports alone.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<File>>);

impl Output {
    /// Takes standard output. What anything else prints there goes to standard error from now on,
    /// and processes that the engine starts do not hold the game's end open.
    pub(crate) fn take() -> io::Result<Self> {
        Ok(Self(Arc::new(Mutex::new(take_stdout()?))))
    }

    /// Sends a report. Returns whether the game can read it: not if it has gone, or if the report
    /// is too long.
    pub(crate) fn send(&self, report: &Report<'_>) -> bool {
        let Some(line) = report.line() else {
            return false;
        };
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes()).is_ok()
    }
}

#[cfg(unix)]
fn take_stdout() -> io::Result<File> {
    use std::os::fd::AsFd as _;

    let own = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(own.into())
}

#[cfg(windows)]
fn take_stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;

    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}
