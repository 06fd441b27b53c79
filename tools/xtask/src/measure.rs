//! Starts the programs that measure: `src/bin/measure/`. They need the plugin and optimizations, so
//! that cargo builds them only when one is started, and the other commands do not wait for Bevy.

use std::ffi::OsString;
use std::process::Command;

use crate::workspace;

/// What builds or runs them, behind `cargo build` or `cargo run`.
pub const BUILD: &str = "--locked --release --package xtask --features measure --bin measure";

/// Their names.
pub const PROGRAMS: [&str; 5] = ["flood", "frame", "idle", "soak", "url"];

/// Runs one of them. Returns whether it succeeded.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn command(program: &str, arguments: Vec<OsString>) -> Result<bool, String> {
    let status = Command::new(workspace::cargo())
        .args(["run", "--quiet"])
        .args(BUILD.split(' '))
        .args(["--", program])
        .args(arguments)
        .status();
    let status = status.map_err(|error| format!("cargo: {error}"))?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(format!("{program}: {status}")),
    }
}
