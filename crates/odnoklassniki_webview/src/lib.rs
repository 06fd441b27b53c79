#![doc = include_str!("../README.md")]

mod order;
mod output;
mod protocol;
mod rules;
mod view;
mod window;

use std::env;

/// The argument with which the game asks a program to serve. No secret is in an argument: other
/// programs can read those.
pub const ARGUMENT: &str = "--odnoklassniki-webview";

/// Shows a page for the game that has started this program, then ends the program. Returns if the
/// first argument is not [`ARGUMENT`].
///
/// A game that is one file calls it first thing in `main`, on the main thread. Then the game starts
/// itself to show a page, and on Linux no longer starts where WebKitGTK is missing.
pub fn serve_if_asked() {
    if env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == ARGUMENT)
    {
        window::serve();
    }
}
