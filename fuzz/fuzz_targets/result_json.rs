//! See `bevy_odnoklassniki::fuzzing::result_json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bevy_odnoklassniki::fuzzing::result_json(bytes));
