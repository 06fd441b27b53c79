//! [`PendingRequests`]: what a game can look up about its requests.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use bevy_ecs::resource::Resource;
use bevy_ecs::system::Res;
use bevy_platform::time::Instant;
use callback_listener::{CallbackCounters, OneTimeLink};

use super::finished::Finished;
use super::id::RequestId;
use super::kind::RequestKind;
use super::submission::Origin;

/// How many requests may be pending at once, besides one login; one more fails with
/// [`TooManyPending`](crate::RequestErrorKind::TooManyPending).
pub const MAX_PENDING: usize = 8;

/// How many results [`PendingRequests::finished`] keeps.
const REMEMBERED: usize = 64;

/// The requests that have not ended, and how the last 64 ended. Read-only.
///
/// The plugin inserts it. If the game removes it, the plugin inserts it again in the next frame.
///
/// Bevy drops unread messages after two updates. A system that did not run in time finds the result
/// here.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn spinner(requests: Res<PendingRequests>) {
///     for request in requests.iter() {
///         println!("{}: {:.0?} left", request.id(), request.time_left());
///     }
/// }
/// # bevy_ecs::system::assert_is_system(spinner);
/// ```
#[derive(Resource, Debug)]
pub struct PendingRequests {
    pending: Vec<PendingRequest>,
    finished: VecDeque<Finished>,
    counters: Arc<CallbackCounters>,
    /// Counts the changes.
    revision: u64,
}

/// One pending request, as it is at the end of the frame's
/// [`OkSystems::Receive`](crate::OkSystems::Receive) or [`Send`](crate::OkSystems::Send).
///
/// ```
/// # use bevy_odnoklassniki::PendingRequest;
/// fn label(request: &PendingRequest) -> String {
///     let what = if request.is_opened() { "waiting for you in the browser" } else { "opening" };
///     format!("{:?}: {what}", request.kind())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRequest {
    pub(crate) id: RequestId,
    pub(crate) kind: RequestKind,
    pub(crate) link: Option<OneTimeLink>,
    pub(crate) waits_for_login: bool,
    pub(crate) opened: bool,
    pub(crate) origin: Origin,
    pub(crate) began: Instant,
    pub(crate) deadline: Instant,
    /// Later logins that end like this one.
    pub(crate) joined: Vec<RequestId>,
}

impl PendingRequests {
    /// Creates an empty resource. Private: a game that replaced the resource would lose the results
    /// in it.
    pub(crate) fn new(counters: Arc<CallbackCounters>) -> Self {
        Self {
            pending: Vec::new(),
            finished: VecDeque::new(),
            counters,
            revision: 0,
        }
    }

    /// Returns how many requests are pending, at most [`MAX_PENDING`] and one login. Requests that
    /// have joined the login do not count.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Returns whether no request is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Returns whether this request has been sent and has not ended. It is `false` until
    /// [`OkSystems::Send`](crate::OkSystems::Send) has read the message.
    #[must_use]
    pub fn contains(&self, id: RequestId) -> bool {
        self.get(id).is_some()
    }

    /// Returns the pending requests, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &PendingRequest> {
        self.pending.iter()
    }

    /// Returns a pending request. For a request that has joined a login, returns that login, with
    /// the id of the first request.
    #[must_use]
    pub fn get(&self, id: RequestId) -> Option<&PendingRequest> {
        self.iter()
            .find(|request| request.id == id || request.joined.contains(&id))
    }

    /// Returns how a request ended, if it is among the last 64 that did.
    ///
    /// ```
    /// # use bevy_odnoklassniki::{PendingRequests, RequestId};
    /// fn word(requests: &PendingRequests, id: RequestId) -> &'static str {
    ///     requests.finished(id).map_or("pending", |finished| finished.outcome_name())
    /// }
    /// ```
    #[must_use]
    pub fn finished(&self, id: RequestId) -> Option<&Finished> {
        self.recently_finished()
            .find(|finished| finished.id() == id)
    }

    /// Returns the last results, newest first, 64 at most.
    pub fn recently_finished(&self) -> impl Iterator<Item = &Finished> {
        self.finished.iter().rev()
    }

    /// Returns what the callback listeners have counted since the game started, of widgets and of
    /// logins together: callbacks received, and connections refused, by reason.
    ///
    /// The listeners' threads count, so the numbers change at any time. They are for diagnosis and
    /// never go back.
    #[must_use]
    pub fn callback_counters(&self) -> &CallbackCounters {
        &self.counters
    }

    /// Replaces the list of pending requests.
    pub(crate) fn set_pending(&mut self, pending: Vec<PendingRequest>) {
        self.pending = pending;
        self.revision += 1;
    }

    pub(crate) fn is_pending(&self, pending: &[PendingRequest]) -> bool {
        self.pending == pending
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn remember(&mut self, finished: Finished) {
        if self.finished.len() == REMEMBERED {
            self.finished.pop_front();
        }
        self.finished.push_back(finished);
        self.revision += 1;
    }
}

impl PendingRequest {
    /// Returns the request's id; of a login that others have joined, the first one's.
    #[must_use]
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Returns what it asks for.
    #[must_use]
    pub fn kind(&self) -> RequestKind {
        self.kind
    }

    /// Returns whether it waits for a session: until the player has logged in
    /// ([`with_automatic_login`](crate::OdnoklassnikiPlugin::with_automatic_login)), or the session
    /// of an earlier run is restored.
    #[must_use]
    pub fn is_waiting_for_login(&self) -> bool {
        self.waits_for_login
    }

    /// Returns the link to its page, which works once. [`ReopenRequest`](crate::ReopenRequest)
    /// replaces it. `None` if a [page host](crate::PageHost) shows the page.
    #[must_use]
    pub fn link(&self) -> Option<&OneTimeLink> {
        self.link.as_ref()
    }

    /// Returns whether the page was opened: the opener has returned without an error, or a browser
    /// has fetched the page. It stays so while the page is opened again.
    #[must_use]
    pub fn is_opened(&self) -> bool {
        self.opened
    }

    /// Returns the game's own text: see [`RequestInvite::tag`](crate::RequestInvite::tag).
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.origin.tag.as_deref()
    }

    /// Returns whether an earlier run of the game has sent it. The plugin has opened no page for it
    /// in this run, unless it waited for a login: [`ReopenRequest`](crate::ReopenRequest) opens it
    /// again.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.origin.resumed
    }

    /// Returns how long it has been pending, by the monotonic clock.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.began.elapsed()
    }

    /// Returns how long it is until the request times out, by the monotonic clock. It includes the
    /// time that the request waits for a login and for a signature.
    ///
    /// Zero means that the timeout has passed; the result follows in one of the next frames. A
    /// request can end sooner: while the game's backend signs it,
    /// [`with_signing_timeout`](crate::OdnoklassnikiPlugin::with_signing_timeout) ends it as
    /// [`Network`](crate::RequestErrorKind::Network), and this does not show that time.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// Run condition that holds while a request is pending.
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
