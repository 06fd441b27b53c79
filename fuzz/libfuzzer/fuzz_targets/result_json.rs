//! See `fuzz_checks::result_json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_checks::result_json(bytes));
