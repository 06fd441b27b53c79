//! See `bevy_odnoklassniki::fuzzing::event_schedule`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bevy_odnoklassniki::fuzzing::event_schedule(bytes));
