//! Runs a part of a test in a process of its own, whose environment and output the test chooses.

use std::env;
use std::process::Command;

const CHILD: &str = "OK_CHILD_TEST";

/// Returns whether this is the child process of the test called `name`.
pub fn is_child(name: &str) -> bool {
    env::var(CHILD).is_ok_and(|child| child == name)
}

/// Returns a command that runs the test called `name` again, as its child process.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program has a path"));
    run_test(&mut command, name);
    command
}

/// Makes a command of this program run the test called `name`.
pub fn run_test(command: &mut Command, name: &str) {
    command
        .args([
            "--exact",
            name,
            "--include-ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CHILD, name);
}
