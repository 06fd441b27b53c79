//! [`PendingRequests`]: what a game can look up about its requests.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use bevy_ecs::resource::Resource;
use bevy_ecs::system::Res;
use bevy_platform::time::Instant;
use odnoklassniki::{Signature, Signer, WidgetKind};

use super::draft::Draft;
use super::pending::Pending;
use super::{Finished, RequestId};
use crate::opener::ShortLink;

/// How many results [`PendingRequests::last_outcome`] remembers.
const REMEMBERED: usize = 64;

/// The requests that have not ended, and how the last 64 ended. Read-only.
///
/// Bevy drops messages that nobody reads within two updates. A system that did not run at that time finds the result
/// here.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn spinner(requests: Res<PendingRequests>) {
///     for request in requests.iter() {
///         println!("{}: {:.0?} left, link {}", request.id(), request.time_left(), request.link().expose());
///     }
/// }
/// # bevy_ecs::system::assert_is_system(spinner);
/// ```
#[derive(Resource, Debug)]
pub struct PendingRequests {
    pub(crate) pending: Pending<Entry>,
    pub(crate) outcomes: VecDeque<Finished>,
    #[cfg(not(target_family = "wasm"))]
    pub(crate) counters: Arc<crate::callback::CallbackCounters>,
}

/// What is kept of a pending request.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) draft: Draft,
    pub(crate) link: ShortLink,
    pub(crate) began: Instant,
    /// When its page was last handed to the opener.
    pub(crate) opened: Instant,
    /// When it was last opened again, unless that failed.
    pub(crate) reopened: Option<Instant>,
    pub(crate) ends: Instant,
    pub(crate) signer: Arc<Signer>,
    pub(crate) signature: Option<Signature>,
}

impl PendingRequests {
    /// Not public: who could make one could put it in the place of the real one, and requests would be lost.
    pub(crate) fn new() -> Self {
        Self {
            pending: Pending::default(),
            outcomes: VecDeque::new(),
            #[cfg(not(target_family = "wasm"))]
            counters: Arc::default(),
        }
    }

    /// How many requests are pending, at most [`MAX_PENDING`](crate::MAX_PENDING).
    #[must_use]
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether none is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this request has not ended yet.
    ///
    /// ```
    /// # use bevy_odnoklassniki::{PendingRequests, RequestId};
    /// fn is_waiting(requests: &PendingRequests, id: RequestId) -> bool {
    ///     requests.contains(id) && !requests.is_empty()
    /// }
    /// # let _ = is_waiting;
    /// ```
    #[must_use]
    pub fn contains(&self, id: RequestId) -> bool {
        self.pending.get(id).is_some()
    }

    /// The pending requests, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = PendingRequest<'_>> {
        self.pending.iter().map(|(id, entry)| PendingRequest { id, entry, opened: self.pending.is_open(id) })
    }

    /// One pending request.
    ///
    /// ```
    /// # use bevy_odnoklassniki::{PendingRequests, RequestId};
    /// fn link(requests: &PendingRequests, id: RequestId) -> Option<String> {
    ///     requests.get(id).map(|request| request.link().expose().to_owned())
    /// }
    /// # let _ = link;
    /// ```
    #[must_use]
    pub fn get(&self, id: RequestId) -> Option<PendingRequest<'_>> {
        self.iter().find(|request| request.id == id)
    }

    /// How a request ended, if it is among the last 64 that did.
    ///
    /// ```
    /// # use bevy_odnoklassniki::{PendingRequests, RequestId};
    /// fn word(requests: &PendingRequests, id: RequestId) -> &'static str {
    ///     requests.last_outcome(id).map_or("pending", |finished| finished.outcome_name())
    /// }
    /// # let _ = word;
    /// ```
    #[must_use]
    pub fn last_outcome(&self, id: RequestId) -> Option<&Finished> {
        self.outcomes.iter().rev().find(|finished| finished.id() == id)
    }

    /// The last 64 results, newest first.
    ///
    /// ```
    /// # use bevy_odnoklassniki::PendingRequests;
    /// fn failures(requests: &PendingRequests) -> usize {
    ///     requests.last_outcomes().filter(|finished| finished.error().is_some()).count()
    /// }
    /// # let _ = failures;
    /// ```
    pub fn last_outcomes(&self) -> impl Iterator<Item = &Finished> {
        self.outcomes.iter().rev()
    }

    /// What came to the callback listener, and why it was turned away.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn callback_counters(&self) -> &crate::callback::CallbackCounters {
        &self.counters
    }

    pub(crate) fn remember(&mut self, finished: Finished) {
        if self.outcomes.len() == REMEMBERED {
            self.outcomes.pop_front();
        }
        self.outcomes.push_back(finished);
    }
}

/// A look at one pending request.
///
/// ```
/// # use bevy_odnoklassniki::PendingRequest;
/// fn label(request: &PendingRequest<'_>) -> String {
///     let what = if request.is_opened() { "waiting for you in the browser" } else { "opening" };
///     format!("{:?}: {what}", request.kind())
/// }
/// # let _ = label;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PendingRequest<'a> {
    id: RequestId,
    entry: &'a Entry,
    opened: bool,
}

impl<'a> PendingRequest<'a> {
    /// The request's id.
    #[must_use]
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Which page it shows.
    #[must_use]
    pub fn kind(&self) -> WidgetKind {
        self.entry.draft.kind
    }

    /// The link that leads to its page, once. After [`ReopenRequest`](crate::ReopenRequest) it is another.
    #[must_use]
    pub fn link(&self) -> &'a ShortLink {
        &self.entry.link
    }

    /// Whether the page was handed to the browser or fetched.
    #[must_use]
    pub fn is_opened(&self) -> bool {
        self.opened
    }

    /// How long it has been pending.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.entry.began.elapsed()
    }

    /// How long the player has left.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.entry.ends.saturating_duration_since(Instant::now())
    }
}

/// Run condition: some request is pending.
///
/// ```
/// use bevy_app::prelude::*;
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn turn_spinner() {}
/// App::new().add_systems(Update, turn_spinner.run_if(request_pending));
/// ```
#[must_use]
pub fn request_pending(requests: Option<Res<PendingRequests>>) -> bool {
    requests.is_some_and(|requests| !requests.is_empty())
}
