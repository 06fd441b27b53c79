//! `WebviewHost` with the real program: pages of the sandbox and hostile ones, in windows under X11
//! and Wayland. The step `webview` of `scripts/test` builds the program and runs these tests.
#![cfg(all(target_os = "linux", feature = "webview"))]

mod cost;
mod flows;
mod hostile;
mod processes;
mod profile;
mod secrets;
mod setup;
