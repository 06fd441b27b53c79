//! What several integration tests need. Not a test itself.
#![allow(dead_code, reason = "every test file compiles its own copy and uses a part of it")]

pub mod browser;
pub mod game;
pub mod http;
pub mod inner;
pub mod opener;
pub mod programs;
mod webdriver;
