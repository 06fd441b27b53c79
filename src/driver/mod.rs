//! The driver: an event in, effects out, the same on every platform.
//!
//! `Driver` itself knows no socket, no thread and no Bevy schedule. The files from `runtime.rs` on do.
//!
//! | file | job |
//! | --- | --- |
//! | `context.rs` | `Driver`, and what it reads |
//! | `handle.rs` | `Driver::handle`; what happens to a pending request |
//! | `events.rs`, `effects.rs` | what comes in, what goes out |
//! | `state.rs`, `pending.rs` | the states of a request; its data |
//! | `submit.rs`, `login.rs` | sending a widget, a login |
//! | `access.rs` | by which listener a callback comes, and how the player gets to a page |
//! | `fallback.rs` | the browser in place of a page host |
//! | `session.rs` | changes of the session, and the requests that wait for one |
//! | `resume.rs`, `record.rs` | requests that go on in the next run of the game; the text in between |
//! | `kept.rs`, `kept_store.rs` | where that text is kept; the game's store, on a thread |
//! | `held.rs` | what waits until the store has the text |
//! | `tokens.rs`, `sign.rs`, `parsers.rs` | the secrets of a request; a widget's URL; a callback's text |
//! | `runtime.rs` | carries effects out: listeners, threads, the store, messages |
//! | `listeners.rs`, `pages.rs` | the callback listeners; what players read in the browser |
//! | `hosted.rs` | the pages that the game's page host shows |
//! | `queues.rs`, `systems.rs` | the message queues; the two systems |

mod access;
mod context;
mod effects;
mod events;
mod fallback;
mod handle;
mod held;
mod hosted;
mod kept;
mod kept_store;
mod listeners;
mod login;
mod pages;
mod parsers;
mod pending;
mod queues;
mod record;
mod resume;
mod runtime;
mod session;
mod sign;
mod state;
mod submit;
mod systems;
mod tokens;

pub use self::pages::RETURN_PAGE;
pub(crate) use self::queues::add_messages;
pub(crate) use self::resume::load;
pub(crate) use self::runtime::Runtime;
pub(crate) use self::systems::{may_receive, may_send, receive, send};

#[cfg(test)]
mod tests;
