//! Tasks for those who work on this repository. `cargo xtask --help` lists them.

mod circles;
mod counts;
mod machine;
mod measure;
mod options;
mod performance;
mod process;
mod reliability;
mod return_page;
mod web;
mod workspace;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask COMMAND [OPTION]...

Checks of the code:
  circles      lists circles of files, in every crate; exit code 1 if there is one
               --unresolved: also the paths that could not be followed
  counts       counts lines of code and of tests, #[path] attributes, and lines of src/ that name a target,
               those with target_family apart

For a game:
  return-page PATH  writes the web's return page into that folder, or to that path if it ends in .html

For games on the web:
  web          serves built games beside a sandbox (scripts/web builds them)

Measurements (scripts/reliability and scripts/bench install what they need):
  reliability  runs what shows each row of docs/reliability.md
  performance  measures what the plugin costs a game, and writes docs/performance.md
  soak         plays many requests in one process, and draws a graph
  frame        measures what the plugin's two systems cost a frame
  idle         counts the allocations of a frame with nothing to do
  flood        measures callbacks beside an attacker
  url          measures how long a URL takes to build and sign

Each measurement has a --help of its own. Exit code 0: all is well; 1: it is not; 2: that is not known.";

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the command line"
)]
fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<OsString> = arguments.collect();
    let words: Vec<_> = rest.iter().filter_map(|word| word.to_str()).collect();
    let result = match (command.to_str().unwrap_or_default(), &words[..]) {
        ("circles", []) => circles::command(false),
        ("circles", ["--unresolved"]) => circles::command(true),
        ("counts", []) => counts::command(),
        ("return-page", [_]) => return_page::command(rest[0].as_ref()),
        ("reliability", _) => reliability::command(rest),
        ("web", _) => web::command(rest),
        ("performance", _) => performance::command(rest),
        (program, _) if measure::PROGRAMS.contains(&program) => measure::command(program, rest),
        ("--help" | "-h", []) => {
            println!("{HELP}");
            Ok(true)
        }
        _ => Err(HELP.to_owned()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
