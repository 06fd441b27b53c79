//! See `bevy_odnoklassniki::fuzzing::conn_machine`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bevy_odnoklassniki::fuzzing::conn_machine(bytes));
