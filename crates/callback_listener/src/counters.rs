//! Counts of what came to the listener, and why it was refused.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{page::Page, table::Receipt};

/// Why a connection to the listener did not bring the callback of a pending request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum RefusedCallback {
    /// Not a request this listener reads: 400.
    Malformed,
    /// The beginning of a TLS handshake, from a browser that asks for `https`: 400.
    Tls,
    /// Request line over 16 KiB: 414.
    LineTooLong,
    /// Head over 64 KiB or 100 headers: 431.
    HeadTooLarge,
    /// Body over 16 KiB: 413.
    BodyTooLarge,
    /// A posted fragment without its length: 411.
    NoLength,
    /// `Host` is not the bound address (a foreign name that resolves to loopback): 421.
    WrongHost,
    /// The method does not fit the path: 405.
    Method,
    /// A path or token that belongs to no request: 404.
    Unknown,
    /// The right token with the `state` of another request: 404.
    StateMismatch,
    /// `Transfer-Encoding`: 501.
    TransferEncoding,
    /// `Expect`: 417.
    Expectation,
    /// Not a navigation of the whole tab, by its `Sec-Fetch-*`: 403.
    NotNavigation,
    /// A fragment posted by a page that is not the listener's: 403.
    WrongOrigin,
    /// A prefetch; it does not use the token up: 503.
    Prefetch,
    /// The link of a request that has no page yet: 503.
    NotReady,
    /// A link that was used or renewed: 410.
    LinkUsed,
    /// The request had ended before: the "finished" page.
    Finished,
    /// The right token, but the parser recognized nothing in the query or fragment.
    Nothing,
    /// An OAuth error without `state` at the redirect URI: it belongs to no request, and the page
    /// says so.
    NoState,
    /// The client was too slow: closed without a response.
    Slow,
    /// Closed to make room for a newer connection.
    Evicted,
    /// The client went away before its request was complete.
    HungUp,
}

impl Receipt {
    /// Returns the page of a callback that ended its request, or why it did not.
    pub(crate) fn completed(self) -> Result<Page, RefusedCallback> {
        match self {
            Self::Done(page) => Ok(page),
            // It may be behind the `#`, which only a script can see.
            Self::NotACallback => Err(RefusedCallback::Nothing),
            Self::StateMismatch => Err(RefusedCallback::StateMismatch),
            Self::Finished => Err(RefusedCallback::Finished),
            Self::Unknown => Err(RefusedCallback::Unknown),
        }
    }
}

impl RefusedCallback {
    /// Every reason, in the order of the counters.
    pub const ALL: [Self; 23] = [
        Self::Malformed,
        Self::Tls,
        Self::LineTooLong,
        Self::HeadTooLarge,
        Self::BodyTooLarge,
        Self::NoLength,
        Self::WrongHost,
        Self::Method,
        Self::Unknown,
        Self::StateMismatch,
        Self::TransferEncoding,
        Self::Expectation,
        Self::NotNavigation,
        Self::WrongOrigin,
        Self::Prefetch,
        Self::NotReady,
        Self::LinkUsed,
        Self::Finished,
        Self::Nothing,
        Self::NoState,
        Self::Slow,
        Self::Evicted,
        Self::HungUp,
    ];

    /// Returns a short name for logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Tls => "TLS",
            Self::LineTooLong => "line too long",
            Self::HeadTooLarge => "head too large",
            Self::BodyTooLarge => "body too large",
            Self::NoLength => "no length",
            Self::WrongHost => "wrong host",
            Self::Method => "method",
            Self::Unknown => "unknown",
            Self::StateMismatch => "state mismatch",
            Self::TransferEncoding => "transfer encoding",
            Self::Expectation => "expectation",
            Self::NotNavigation => "not a navigation",
            Self::WrongOrigin => "wrong origin",
            Self::Prefetch => "prefetch",
            Self::NotReady => "not ready",
            Self::LinkUsed => "link used",
            Self::Finished => "finished",
            Self::Nothing => "nothing recognized",
            Self::NoState => "no state",
            Self::Slow => "slow",
            Self::Evicted => "evicted",
            Self::HungUp => "hung up",
        }
    }
}

/// Counts of what came to a listener. The numbers only grow; every thread can read them, and
/// several listeners can share them.
#[derive(Debug, Default)]
pub struct CallbackCounters {
    connections: AtomicU64,
    completed: AtomicU64,
    refused: [AtomicU64; RefusedCallback::ALL.len()],
}

impl CallbackCounters {
    /// Returns how many connections were accepted.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Returns how many requests got their callback.
    #[must_use]
    pub fn completed(&self) -> u64 {
        self.completed.load(Ordering::Relaxed)
    }

    /// Returns how many connections were refused for this reason.
    #[must_use]
    pub fn refused(&self, reason: RefusedCallback) -> u64 {
        self.refused[reason as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn count_connection(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_completed(&self) {
        self.completed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count(&self, reason: RefusedCallback) {
        self.refused[reason as usize].fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_counter_and_a_name_of_its_own() {
        let counters = CallbackCounters::default();
        let mut names = Vec::new();
        for (index, reason) in RefusedCallback::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index, "ALL must follow the declaration");
            counters.count(reason);
            assert_eq!(counters.refused(reason), 1);
            names.push(reason.as_str());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RefusedCallback::ALL.len());
    }
}
