//! The frame of a program that measures: its command line, its folder, its exit code, and running
//! other programs.

use std::env;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Runs with what the command line asks for: 0 if all was good, 1 if not, 2 if that is not known.
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the command line"
)]
pub fn run<W>(
    help: &str,
    wishes: Result<W, lexopt::Error>,
    wants_help: impl Fn(&W) -> bool,
    work: impl Fn(&W) -> Result<bool, String>,
) -> ExitCode {
    let wishes = match wishes {
        Ok(wishes) => wishes,
        Err(error) => {
            eprintln!("{error}\n\n{help}");
            return ExitCode::from(2);
        }
    };
    if wants_help(&wishes) {
        println!("{help}");
        return ExitCode::SUCCESS;
    }
    match work(&wishes) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// The project's folder, as cargo says when it starts this: clones that share a build folder share
/// the program, too.
pub fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package.parent().map(PathBuf::from).unwrap_or_default()
}

/// Where cargo builds; the same from every folder.
///
/// # Errors
///
/// There is no present folder.
pub fn target(root: &Path) -> Result<PathBuf, String> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    std::path::absolute(&target).map_err(|error| format!("{}: {error}", target.display()))
}

/// Runs a program to its end, and hears each line that it prints; all of them go into the log. Says
/// whether it ended well.
///
/// # Errors
///
/// It cannot be started, or its log cannot be written.
pub fn hear(
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
