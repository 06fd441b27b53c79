//! [`RequestId`]: identifies one request.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::OnceLock;

use crate::platform;

/// Identifies one request. Its result carries the same id. The ids of later requests are greater.
///
/// A request that goes on in the next run of the game keeps its id: see
/// [`with_pending_store`](crate::OdnoklassnikiPlugin::with_pending_store) and
/// [`WebWindow::Page`](crate::WebWindow::Page). So that no other request has the same one, the ids of
/// each run of the game begin at a random number.
///
/// `Display` writes `request 7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

impl RequestId {
    pub(crate) fn next() -> Self {
        Self(last().fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Makes the ids of later requests greater than this one, which is of an earlier run.
    pub(crate) fn continue_after(self) {
        last().fetch_max(self.0, Ordering::Relaxed);
    }

    /// Returns the number alone, 1 or greater.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    pub(crate) const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }
}

/// Returns the last id that was given.
fn last() -> &'static AtomicU64 {
    static LAST: OnceLock<AtomicU64> = OnceLock::new();
    LAST.get_or_init(|| AtomicU64::new(start()))
}

/// Returns where the ids of this run begin. The game may build requests before the plugin has read
/// which ids the pending ones of an earlier run have. The last three digits count this run's requests,
/// and the eleven of the longest id can still be read out.
fn start() -> u64 {
    let mut bytes = [0; 4];
    match platform::random(&mut bytes[..3]) {
        Ok(()) => u64::from(u32::from_le_bytes(bytes)) * 1000,
        // Then no request gets as far as to be stored: it has no return token.
        Err(_) => 0,
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {}", self.0)
    }
}
