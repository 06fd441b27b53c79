//! Runs other programs.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a program to its end. Each line that it prints goes to `line` and into the log. Returns
/// whether the program succeeded.
///
/// # Errors
///
/// It cannot be started, or its log cannot be written.
pub fn run_logged(
    command: &mut Command,
    name: impl Display,
    log: &Path,
    mut line: impl FnMut(&str),
) -> io::Result<bool> {
    let mut log = File::create(log)?;
    writeln!(log, "$ {name}")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    for read in child
        .stdout
        .take()
        .map(BufReader::new)
        .into_iter()
        .flat_map(|output| output.split(b'\n'))
    {
        let read = read?;
        let read = String::from_utf8_lossy(&read);
        writeln!(log, "{read}")?;
        line(&read);
    }
    Ok(child.wait()?.success())
}
