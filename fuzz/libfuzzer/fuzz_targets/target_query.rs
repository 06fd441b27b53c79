//! See `fuzz_checks::target_query`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_checks::target_query(bytes));
