//! See `fuzz_checks::signature_base`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_checks::signature_base(bytes));
