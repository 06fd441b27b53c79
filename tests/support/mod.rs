//! What several integration tests need. Not a test itself.
#![allow(dead_code, reason = "every test file compiles its own copy and uses a part of it")]

#[cfg(unix)]
pub mod browser;
pub mod game;
pub mod http;
pub mod inner;
#[cfg(unix)]
pub mod login;
#[cfg(unix)]
pub mod opener;
#[cfg(unix)]
pub mod programs;
#[cfg(target_os = "linux")]
pub mod screen;
#[cfg(unix)]
mod webdriver;
