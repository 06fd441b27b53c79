//! How an answer comes back on a desktop: a listener on the loopback address.
//!
//! ```text
//! browser ── GET /go/<start token>  ──> 303 to the signed address          (Visited)
//! OK      ── GET /r/<return token>?… ─> a constant page                    (Answered)
//! relay   ── POST /f/<return token> ──> the name of a page, as plain text  (Answered)
//! ```
//!
//! A login has a listener of its own, on a redirect address that is registered with OK
//! (`http://127.0.0.1:17811/login`). There the return token comes back as `state`: in the query, or
//! behind the `#`, where the relay page finds it.
//!
//! | file | job |
//! | --- | --- |
//! | `listener.rs` | the handle of the owner: bind, send commands, stop |
//! | `reactor.rs` | the one thread: sockets, deadlines, slots |
//! | `connection.rs` | one connection without socket or clock: bytes and time in, action out |
//! | `head.rs` | one request head, read strictly |
//! | `decide.rs` | what a complete head (or body) is answered with |
//! | `routes.rs` | which token belongs to which request, and how a request ends |
//! | `site.rs` | addresses: binding them, and what is answered to |
//! | `ports.rs` | the ports that browsers block |
//! | `token.rs` | the secrets in the addresses |
//! | `response.rs`, `pages.rs` | what is written back: constants only |
//! | `counters.rs` | what was refused, and why |
//!
//! Three things are deliberately not as a plain reading of "refuse what is not perfect" has them:
//!
//! - When all slots are taken, a client that has its answer and only lingers is closed first, and
//!   only then the oldest one whose request is incomplete: nothing is lost with the former.
//! - Bad escapes or a deciding name that comes twice, in a query under the right token, make an
//!   unusable *answer*, not a refused request. Only OK's page knows the token, so the player would
//!   wait for nothing until the deadline: the request ends at once as
//!   [`InvalidCallback`](crate::RequestErrorKind::InvalidCallback).
//! - The relay page posts its fragment up to three times. The token makes that safe: only one post
//!   can end the request.
//!
//! Nothing here knows widgets or Bevy: what an answer means is the [`Judge`]'s decision.

mod connection;
mod counters;
mod decide;
mod head;
mod listener;
mod pages;
mod ports;
mod reactor;
mod response;
mod routes;
mod site;
mod token;

pub use counters::{CallbackCounters, RefusedCallback};
pub(crate) use listener::Listener;
pub(crate) use pages::Page;
pub(crate) use routes::{CallbackEvent, Judge, Route, RouteId, TOMBSTONE, Verdict};
pub(crate) use site::{ListenError, Redirect};
pub(crate) use token::{ReturnToken, StartToken, Target};

/// The single parts, for models.
#[cfg(test)]
pub(crate) mod parts {
    pub(crate) use super::routes::{Reply, Routes, Visit};
}

#[cfg(test)]
mod tests;
