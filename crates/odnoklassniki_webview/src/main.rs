//! The program that a game ships beside its own executable. The game starts it with one argument
//! and speaks to it over standard input and output.
#![cfg_attr(windows, windows_subsystem = "windows")]

use std::io::{self, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    odnoklassniki_webview::serve_if_asked();
    // It has no other use, and whoever starts it by hand should know that.
    _ = writeln!(
        io::stderr(),
        "This program shows a page of Odnoklassniki for a game, which starts it with {}.",
        odnoklassniki_webview::ARGUMENT
    );
    ExitCode::from(2)
}
