//! Tasks for who works on this repository. `cargo xtask --help` lists them.

mod circles;
mod counts;
mod workspace;

use std::env;
use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask COMMAND

  circles [--unresolved]   lists circles of files, in every crate; exit code 1 if there is one
                           --unresolved: also the paths that could not be followed
  counts                   counts lines of code and of tests, #[path] attributes, and lines of src/
                           that name a target";

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the command line"
)]
fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["circles"] => circles::report(false),
        ["circles", "--unresolved"] => circles::report(true),
        ["counts"] => counts::report().map(|text| (text, true)),
        ["--help" | "-h"] => Ok((HELP.to_owned(), true)),
        _ => Err(format!("expected a command\n\n{HELP}")),
    };
    match result {
        Ok((text, good)) => {
            println!("{text}");
            if good {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
