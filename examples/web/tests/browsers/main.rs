//! The game in a real Chromium, Firefox and WebKitGTK that block popups, with the sandbox on another
//! site.
//!
//! `OK_WEB_GAME` names the folder with the built game; `scripts/test --only web` builds it. Without
//! it the tests are skipped.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod altered;
mod blocked;
mod closed_windows;
mod deadlines;
mod frame;
mod gestures;
mod hidden;
mod hostile;
mod idle;
mod isolation;
mod leaving;
mod login;
mod messages;
mod missing_page;
mod policies;
mod portal;
mod reactive;
mod requests;
mod tabs;
mod touch;
mod windows;
mod world;
