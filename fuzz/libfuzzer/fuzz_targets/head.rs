//! See `fuzz_checks::head`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_checks::head(bytes));
