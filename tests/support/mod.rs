//! What several integration tests need. Not a test itself.
#![allow(
    dead_code,
    reason = "every test file compiles its own copy and uses a part of it"
)]

#[cfg(unix)]
pub mod browser;
pub mod flow;
pub mod game;
pub mod http;
pub mod inner;
#[cfg(unix)]
pub mod login;
#[cfg(unix)]
pub mod opener;
#[cfg(target_os = "linux")]
pub mod process;
#[cfg(unix)]
pub mod programs;
pub mod reliability;
#[cfg(target_os = "linux")]
pub mod screen;
pub mod site;
pub mod talk;
pub mod wait;
#[cfg(unix)]
mod webdriver;
