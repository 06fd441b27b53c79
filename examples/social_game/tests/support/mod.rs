//! What the tests with a window need: the eyes and hands of the workspace's `tests/support/`.
#![allow(
    dead_code,
    reason = "every test file compiles its own copy and uses a part of it"
)]

#[path = "../../../../tests/support/browser.rs"]
pub mod browser;
#[path = "../../../../tests/support/inner.rs"]
pub mod inner;
#[path = "../../../../tests/support/opener.rs"]
pub mod opener;
#[path = "../../../../tests/support/programs.rs"]
pub mod programs;
#[path = "../../../../tests/support/reliability.rs"]
pub mod reliability;
#[path = "../../../../tests/support/screen.rs"]
pub mod screen;
#[path = "../../../../tests/support/webdriver.rs"]
mod webdriver;
