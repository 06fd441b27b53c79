//! Running a part of a test in a process of its own, where environment and output are the test's to
//! choose.

use std::env;
use std::process::Command;

const INNER: &str = "OK_INNER_TEST";

/// Whether this is the inner process of the test called `name`.
pub fn is_inner(name: &str) -> bool {
    env::var(INNER).is_ok_and(|inner| inner == name)
}

/// A command that runs the test called `name` again, as its inner process.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program has a path"));
    as_inner(&mut command, name);
    command
}

/// Makes a command of this program one that runs the test called `name`.
pub fn as_inner(command: &mut Command, name: &str) {
    command
        .args([
            "--exact",
            name,
            "--include-ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(INNER, name);
}
