//! The game in a real Chromium and a real Firefox that block popups, with the sandbox on another
//! site.
//!
//! `OK_WEB_GAME` names the folder with the built game; `scripts/test --only web` builds it. Without
//! it the tests are skipped.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod altered;
mod blocked;
mod frame;
mod idle;
mod isolation;
mod login;
mod messages;
mod missing_page;
mod requests;
mod windows;
mod world;
