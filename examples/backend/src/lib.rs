//! A game's own server for Odnoklassniki (OK.ru): what a game must not do itself, because its
//! players could.
//!
//! It holds the application's secret key, and exchanges the code of a login for a token. It signs
//! widgets whose fields it has looked at, and grants the reward for an invitation once. All that it
//! remembers is in a [`store`], so any number of instances can run side by side. `README.md` says
//! how to run it; [`policy`] is what a game changes first.
//!
//! | file | what |
//! | --- | --- |
//! | `config.rs` | the settings, from environment variables |
//! | `policy.rs` | what may be signed |
//! | `ok.rs` | the two calls to OK |
//! | `server/` | the endpoints, one file each |
//! | `store/` | SQLite or Redis behind the same few operations |
//! | `instance.rs` | a running server inside another program: a test, a demonstration |
//! | `game.rs` | the other side: what a Bevy game says to the server (feature `demo`) |

pub mod config;
#[cfg(feature = "demo")]
pub mod game;
mod instance;
mod ok;
pub mod policy;
pub mod server;
pub mod store;

pub use config::{Config, ConfigError};
pub use instance::{Instance, StartError};
pub use store::{Place, Store};
