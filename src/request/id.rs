//! [`RequestId`]: identifies one request.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

/// The last id that was given.
static LAST: AtomicU64 = AtomicU64::new(0);

/// Identifies one request, in this run of the game. Its result carries the same id. The ids of
/// later requests are greater. A request that goes on in the next run of the game keeps its id: see
/// [`with_pending_store`](crate::OdnoklassnikiPlugin::with_pending_store) and
/// [`WebWindow::Page`](crate::WebWindow::Page).
///
/// `Display` writes `request 7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

impl RequestId {
    pub(crate) fn next() -> Self {
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Makes the ids of later requests greater than this one, which is of an earlier run.
    pub(crate) fn continue_after(self) {
        LAST.fetch_max(self.0, Ordering::Relaxed);
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

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {}", self.0)
    }
}
