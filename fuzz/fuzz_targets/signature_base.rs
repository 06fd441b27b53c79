//! See `bevy_odnoklassniki::fuzzing::signature_base`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bevy_odnoklassniki::fuzzing::signature_base(bytes));
