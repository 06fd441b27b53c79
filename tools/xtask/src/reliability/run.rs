//! Runs one command of the contract.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use test_support::reliability::MEASURED;

use crate::{process, workspace};

/// In seconds; the slowest takes a quarter of it.
const LONGEST: &str = "1500";

/// How a command went.
pub struct Ran {
    /// It ended with 0.
    pub passed: bool,
    /// What its tests measured, by row.
    pub measured: Vec<(u8, String)>,
    pub took: Duration,
    /// Where everything is that it printed.
    pub log: PathBuf,
}

impl Ran {
    pub fn verdict(&self) -> &'static str {
        if self.passed { "passed" } else { "FAILED" }
    }
}

/// Runs commands one after the other, each with a log of its own.
pub struct Commands {
    root: PathBuf,
    logs: PathBuf,
    count: usize,
}

impl Commands {
    /// # Errors
    ///
    /// The folder for the logs cannot be made.
    pub fn new(root: &Path) -> Result<Self, String> {
        let logs = workspace::target(root)?.join("reliability");
        fs::create_dir_all(&logs).map_err(|error| format!("{}: {error}", logs.display()))?;
        Ok(Self {
            root: root.to_owned(),
            logs,
            count: 0,
        })
    }

    /// Runs a command to its end. What it prints goes into its log.
    ///
    /// # Errors
    ///
    /// It cannot be started, or its log cannot be written.
    pub fn run(&mut self, command: &str) -> Result<Ran, String> {
        let began = Instant::now();
        self.count += 1;
        let log = self.logs.join(format!("{:02}.log", self.count));
        let mut measured = Vec::new();
        // What hangs must not hide all the rest.
        let mut patient = Command::new("timeout");
        patient
            .args([
                "--kill-after=10",
                LONGEST,
                "sh",
                "-c",
                &format!("({command}) 2>&1"),
            ])
            .current_dir(&self.root)
            .env("OK_RELIABILITY", "full")
            // One at a time and in sight: what is measured needs the machine for itself.
            .env("RUST_TEST_THREADS", "1")
            .env("RUST_TEST_NOCAPTURE", "1");
        let passed = process::run_logged(&mut patient, command, &log, |line| {
            measured.extend(measurement(line));
        });
        let passed = passed.map_err(|error| format!("{command}: {error}"))?;
        Ok(Ran {
            passed,
            measured,
            took: began.elapsed(),
            log,
        })
    }
}

/// Reads `MEASURED 4: p99 12 ms`, a measurement of row 4.
fn measurement(line: &str) -> Option<(u8, String)> {
    let (row, what) = line.strip_prefix(MEASURED)?.split_once(':')?;
    // A bar would end the cell of the table.
    Some((row.trim().parse().ok()?, what.trim().replace('|', "/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_read() {
        assert_eq!(
            measurement("MEASURED 4: p99 12 ms"),
            Some((4, "p99 12 ms".to_owned()))
        );
        assert_eq!(
            measurement("MEASURED 9: |t| 1.2"),
            Some((9, "/t/ 1.2".to_owned()))
        );
        for other in [
            "",
            "measured 4: x",
            "MEASURED x: y",
            "MEASURED 4",
            "a MEASURED 4: x",
        ] {
            assert_eq!(measurement(other), None, "{other}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_output_and_the_end_of_a_command_are_read() {
        let folder = std::env::temp_dir().join(format!("ok-reliability-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut commands = Commands {
            root: folder.clone(),
            logs: folder.clone(),
            count: 0,
        };
        let good = commands
            .run("echo MEASURED 1: $OK_RELIABILITY; echo MEASURED 2: b >&2")
            .unwrap();
        assert!(good.passed);
        assert_eq!(good.measured, [(1, "full".to_owned()), (2, "b".to_owned())]);
        assert!(
            fs::read_to_string(&good.log)
                .unwrap()
                .contains("MEASURED 2: b")
        );
        assert!(!commands.run("exit 3").unwrap().passed);
        assert!(!commands.run("no-such-program-anywhere").unwrap().passed);
        fs::remove_dir_all(folder).unwrap();
    }
}
