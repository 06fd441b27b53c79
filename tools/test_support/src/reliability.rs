//! How much a test of the reliability contract (`docs/reliability.md`) does, and what it measured.
//!
//! An ordinary run is small. `scripts/reliability` sets `OK_RELIABILITY=full` and collects what is
//! said here.

use std::env;
use std::fmt;
use std::io::{self, Write as _};
use std::time::Duration;

/// The beginning of a line with a measurement, for the program that collects them.
pub const MEASURED: &str = "MEASURED ";

/// Returns whether the thresholds of the contract are to be reached in full.
pub fn is_full() -> bool {
    env::var("OK_RELIABILITY").is_ok_and(|wanted| wanted == "full")
}

/// Returns `small` in an ordinary run, `full` where the contract is measured.
pub fn scale<T>(small: T, full: T) -> T {
    if is_full() { full } else { small }
}

/// Prints what was measured for a row of the contract, in a few words: `p99 12 ms, none lost`.
pub fn measured(row: u8, what: impl fmt::Display) {
    if is_full() {
        // Not by the print macros, which the test runner hides; the line begins anew, for it may
        // have written half of one.
        _ = writeln!(io::stdout(), "\n{MEASURED}{row}: {what}");
    }
}

/// Prints again what a child process has measured, whose output was collected.
pub fn pass_on(output: &str) {
    for line in output.lines().filter(|line| line.starts_with(MEASURED)) {
        _ = writeln!(io::stdout(), "\n{line}");
    }
}

/// Sorts the times, and returns the one that this share of them (in percent) did not exceed.
///
/// # Panics
///
/// Without a time.
pub fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent).div_ceil(100).clamp(1, times.len()) - 1]
}

/// Returns a time as people read it: `0.24 ms`.
pub fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
