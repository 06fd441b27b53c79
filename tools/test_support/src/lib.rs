//! What the tests of this workspace share. Published by no crate.
//!
//! | feature | what it has |
//! | --- | --- |
//! | none | processes, plain HTTP, figures of the reliability contract |
//! | `browser` | real browsers and screens, and the programs that work them |
//! | `app` | Bevy apps with any plugins |
//! | `plugin` | games with the plugin |
//!
//! Unit tests in the plugin's `src/` use only what does not need the plugin. This crate is built
//! with the library as its users have it, whose types are not those of the unit tests.

#[cfg(feature = "app")]
pub mod app;
#[cfg(all(unix, feature = "browser"))]
pub mod browser;
#[cfg(all(unix, feature = "browser"))]
mod browser_input;
#[cfg(all(unix, feature = "browser"))]
mod browser_process;
pub mod child_protocol;
pub mod files;
#[cfg(feature = "plugin")]
pub mod flow;
#[cfg(feature = "plugin")]
pub mod game;
pub mod http;
#[cfg(all(unix, feature = "plugin"))]
pub mod login;
#[cfg(all(unix, feature = "browser"))]
pub mod opener;
#[cfg(target_os = "linux")]
pub mod process;
pub mod programs;
pub mod random;
pub mod reliability;
#[cfg(all(unix, feature = "browser"))]
pub mod screen;
#[cfg(all(unix, feature = "browser"))]
pub mod shared_browser;
pub mod site;
pub mod subprocess;
pub mod wait;
#[cfg(all(unix, feature = "browser"))]
mod webdriver;
#[cfg(all(unix, feature = "browser"))]
pub mod weston;
