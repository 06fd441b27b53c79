//! How an answer comes back on a desktop: a listener on the loopback address.
//!
//! ```text
//! browser ── GET /go/<start token>  ──> 303 to the signed address          (Visited)
//! OK      ── GET /r/<return token>?… ─> a constant page                    (Answered)
//! relay   ── POST /f/<return token> ──> the name of a page, as plain text  (Answered)
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `listener.rs` | the handle of the owner: bind, send commands, stop |
//! | `reactor.rs` | the one thread: sockets, deadlines, slots |
//! | `connection.rs` | one connection without socket or clock: bytes and time in, action out |
//! | `head.rs` | one request head, read strictly |
//! | `decide.rs` | what a complete head (or body) is answered with |
//! | `routes.rs` | which token belongs to which request, and how a request ends |
//! | `token.rs` | the secrets in the addresses |
//! | `response.rs`, `pages.rs` | what is written back: constants only |
//! | `counters.rs` | what was refused, and why |
//!
//! Nothing here knows widgets or Bevy: what an answer means is the [`Judge`]'s decision.

mod connection;
mod counters;
mod decide;
mod head;
mod listener;
mod pages;
mod reactor;
mod response;
mod routes;
mod token;

pub(crate) use listener::Listener;
pub(crate) use pages::Page;
pub(crate) use routes::{CallbackEvent, Judge, Route, RouteId, TOMBSTONE, Verdict};
pub(crate) use token::{ReturnToken, StartToken, Target};

#[cfg(test)]
mod tests;
