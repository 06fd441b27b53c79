//! How a callback comes back on a desktop: a listener on the loopback address.
//!
//! ```text
//! browser ── GET /go/<link token>    ──> 303 to the service's page        (Visited)
//! service ── GET /r/<return token>?… ──> a constant page                  (Received)
//! relay   ── POST /f/<return token>  ──> the name of a page, as text      (Received)
//! ```
//!
//! At a redirect URI the return token comes back as `state`: in the query, or behind the `#`, where
//! the relay page finds it.
//!
//! | file | job |
//! | --- | --- |
//! | `listener.rs` | what the owner holds: binds, starts the thread, sends commands, stops |
//! | `reactor.rs` | the one thread: sockets, clients, deadlines |
//! | `connection.rs` | one connection without its socket: bytes and time in, action out |
//! | `head.rs` | one request head, parsed strictly |
//! | `handler.rs` | the response to a complete head or body |
//! | `response.rs` | what is written back: constants only |
//! | `bind.rs` | the sockets |
//! | `address.rs` | the names that reach them |
//!
//! The types of this module are the listener without sockets, thread and clock. They are for tests,
//! for fuzzing, and for programs with an event loop of their own.
//!
//! ```
//! use std::time::Instant;
//!
//! use callback_listener::loopback::{Action, BoundAddress, Connection, Handler};
//! use callback_listener::ListenerConfig;
//!
//! let address = BoundAddress::new(&["127.0.0.1:49152".parse()?], None);
//! let mut handler = Handler::<u32, ()>::new(address, &ListenerConfig::default(), |_| true);
//! let mut connection = Connection::new(Instant::now());
//! let request = b"GET /favicon.ico HTTP/1.1\r\nHost: 127.0.0.1:49152\r\n\r\n";
//! let Action::Respond(response) = connection.read(request, Instant::now(), &mut handler) else {
//!     panic!("the request is complete");
//! };
//! assert!(response.bytes().starts_with(b"HTTP/1.1 404"));
//! # Ok::<(), std::net::AddrParseError>(())
//! ```
//!
//! Three things are deliberately not as a plain reading of "refuse what is not perfect" has them:
//!
//! - When all places are taken, the listener closes a client that has its response, because nothing
//!   is lost with it. If there is none, it closes the oldest whose request is incomplete.
//! - Bad escapes or a deciding name that comes twice, in a query under the right token, are for the
//!   parser. It should end the request as unusable, or the user waits until the deadline: only the
//!   service knows the token, and it sends nothing better.
//! - The relay page posts its fragment up to three times. The token makes that safe: only one post
//!   can end the request.

mod address;
mod connection;
mod handler;
mod head;
mod response;

// The tests of the callback table, which run in wasm, too, need only the modules above.
#[cfg(not(target_family = "wasm"))]
mod bind;
#[cfg(not(target_family = "wasm"))]
mod listener;
#[cfg(not(target_family = "wasm"))]
mod reactor;

pub use address::BoundAddress;
pub use connection::{
    Action, BODY_TIME, Connection, HEAD_TIME, LINGER_TIME, TOTAL_TIME, WRITE_TIME,
};
pub use handler::Handler;
pub use head::{
    Head, HeadScanner, MAX_BODY, MAX_HEAD, MAX_HEADERS, MAX_LINE, Scan, accept_language_so_far,
};
#[cfg(not(target_family = "wasm"))]
pub(crate) use listener::LoopbackListener;
pub use response::Response;
