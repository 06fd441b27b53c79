//! What the listener saw and refused, for logs, panels and tests.

use std::sync::atomic::{AtomicU64, Ordering};

/// The target of log lines.
pub(super) const LOG: &str = "bevy_odnoklassniki";

/// Why a connection to the callback listener did not bring the answer of a pending request.
///
/// ```
/// use bevy_odnoklassniki::RefusedCallback;
/// assert_eq!(RefusedCallback::WrongHost.as_str(), "wrong host");
/// ```
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
    /// The right token with an answer of another request: 404.
    Stranger,
    /// `Transfer-Encoding`: 501.
    TransferEncoding,
    /// `Expect`: 417.
    Expectation,
    /// Not a navigation of the whole tab, says `Sec-Fetch-*`: 403.
    NotNavigation,
    /// A fragment posted by a page that is not ours: 403.
    WrongOrigin,
    /// A prefetch; the token is not used up: 503.
    Prefetch,
    /// The link of a request whose address is not signed yet: 503.
    NotReady,
    /// A link that was used or renewed: 410.
    LinkUsed,
    /// The request has ended before: the "finished" page.
    Finished,
    /// The right token, but nothing in the query or fragment was recognised.
    Nothing,
    /// An OAuth error without `state` at the redirect URI: it belongs to no request, and the page
    /// says so.
    NoState,
    /// The client was too slow; closed without a word.
    Slow,
    /// Closed to make place for a newer connection.
    Evicted,
    /// The client went away before its request was complete.
    HungUp,
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
        Self::Stranger,
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

    /// A short name for logs.
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
            Self::Stranger => "stranger",
            Self::TransferEncoding => "transfer encoding",
            Self::Expectation => "expectation",
            Self::NotNavigation => "not a navigation",
            Self::WrongOrigin => "wrong origin",
            Self::Prefetch => "prefetch",
            Self::NotReady => "not ready",
            Self::LinkUsed => "link used",
            Self::Finished => "finished",
            Self::Nothing => "nothing recognised",
            Self::NoState => "no state",
            Self::Slow => "slow",
            Self::Evicted => "crowded",
            Self::HungUp => "hung up",
        }
    }
}

/// What came to the callback listener since the app started. The numbers only grow; they can be
/// read from any thread.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::{PendingRequests, RefusedCallback};
///
/// fn report(requests: Res<PendingRequests>) {
///     let counters = requests.callback_counters();
///     println!("{} connections, {} answers", counters.connections(), counters.answered());
///     for reason in RefusedCallback::ALL {
///         println!("{}: {}", reason.as_str(), counters.refused(reason));
///     }
/// }
/// # bevy_ecs::system::assert_is_system(report);
/// ```
#[derive(Debug, Default)]
pub struct CallbackCounters {
    connections: AtomicU64,
    answered: AtomicU64,
    refused: [AtomicU64; RefusedCallback::ALL.len()],
}

impl CallbackCounters {
    /// Connections accepted.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Requests that got their answer.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Connections refused for one reason.
    #[must_use]
    pub fn refused(&self, reason: RefusedCallback) -> u64 {
        self.refused[reason as usize].load(Ordering::Relaxed)
    }

    pub(super) fn count_connection(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_answer(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self, reason: RefusedCallback) {
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
        for (place, reason) in RefusedCallback::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place, "ALL must follow the declaration");
            counters.count(reason);
            assert_eq!(counters.refused(reason), 1);
            names.push(reason.as_str());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RefusedCallback::ALL.len());
    }
}
