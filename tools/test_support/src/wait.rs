//! Waiting for what happens outside of the game, so that no frame can wait for it.

use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for what must happen: as long as the plugin's test kit does.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Waits until it is so.
///
/// # Panics
///
/// When it takes longer than [`TIMEOUT`].
#[track_caller]
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < end, "waited {TIMEOUT:?} for {what}");
        thread::yield_now();
    }
}
