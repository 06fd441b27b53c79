//! See `fuzz_checks::fragment`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_checks::fragment(bytes));
