//! See `fuzz_checks::conn_machine`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_checks::conn_machine(bytes));
