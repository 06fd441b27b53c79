//! What holds for every input that comes from outside: one function for each fuzz target, which
//! panics if it does not hold.
//!
//! `tests/inputs.rs` calls them with the corpus and with up to a million changes of it, the
//! programs in `libfuzzer/` with what a fuzzer finds. They use the public API of the crates and
//! nothing else.

mod connection;
mod escapes;
mod fragment;
mod head;
mod launch;
mod result;
mod signature;
mod target;
mod world;

pub use connection::conn_machine;
pub use fragment::fragment;
pub use head::head;
pub use launch::launch_query;
pub use result::result_json;
pub use signature::signature_base;
pub use target::target_query;

/// Checks one input.
pub type Check = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Check); 7] = [
    ("head", head),
    ("target_query", target_query),
    ("fragment", fragment),
    ("result_json", result_json),
    ("signature_base", signature_base),
    ("launch_query", launch_query),
    ("conn_machine", conn_machine),
];
