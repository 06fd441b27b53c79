//! See `fuzz_checks::launch_query`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_checks::launch_query(bytes));
