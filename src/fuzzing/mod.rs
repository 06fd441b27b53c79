//! What holds for every input that comes from outside: one function for each fuzz target, which
//! panics if it does not.
//!
//! The targets in `fuzz/` call them with what a fuzzer finds, `tests.rs` with up to a million
//! mutations from a fixed seed. Not a part of the public interface: it is there only for tests and
//! `cfg(fuzzing)`.

mod connection;
mod escapes;
mod fragment;
mod head;
mod result;
mod schedule;
mod signature;
mod target;
#[cfg(test)]
mod tests;
mod world;

pub use connection::conn_machine;
pub use fragment::fragment;
pub use head::head;
pub use result::result_json;
pub use schedule::event_schedule;
pub use signature::signature_base;
pub use target::target_query;

/// Checks one input.
pub type Check = fn(&[u8]);

/// Every target by the name that it has in `fuzz/`.
pub const TARGETS: [(&str, Check); 7] = [
    ("head", head),
    ("target_query", target_query),
    ("fragment", fragment),
    ("result_json", result_json),
    ("signature_base", signature_base),
    ("conn_machine", conn_machine),
    ("event_schedule", event_schedule),
];
