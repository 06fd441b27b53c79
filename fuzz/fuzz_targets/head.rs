//! See `bevy_odnoklassniki::fuzzing::head`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bevy_odnoklassniki::fuzzing::head(bytes));
