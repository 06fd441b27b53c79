//! See `bevy_odnoklassniki::fuzzing::target_query`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bevy_odnoklassniki::fuzzing::target_query(bytes));
