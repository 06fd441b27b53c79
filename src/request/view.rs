//! [`PendingRequests`]: what a game can look up about its requests.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use bevy_ecs::resource::Resource;
use bevy_ecs::system::Res;
use bevy_platform::time::Instant;
use odnoklassniki::{Signature, Signer};

use super::draft::Draft;
use super::login::LoginDraft;
use super::pending::Pending;
use super::removed::LostResults;
use super::{Finished, RequestId, RequestKind};
use crate::opener::OneTimeLink;

/// How many results [`PendingRequests::finished`] remembers.
const REMEMBERED: usize = 64;

/// The requests that have not ended, and how the last 64 ended. Read-only.
///
/// Bevy drops messages that nobody reads within two updates. A system that did not run at that time
/// finds the result here.
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
    lost_results: LostResults,
    #[cfg(not(target_family = "wasm"))]
    pub(crate) counters: Arc<crate::callback::CallbackCounters>,
}

/// What is kept of a pending request.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) ask: Ask,
    pub(crate) link: OneTimeLink,
    pub(crate) began: Instant,
    /// When its page was last handed to the opener.
    pub(crate) opened: Instant,
    /// When it was last opened again, unless that failed.
    pub(crate) reopened: Option<Instant>,
    pub(crate) ends: Instant,
    /// Which session it was sent in: [`OkSession::serial`](crate::OkSession).
    pub(crate) session: u64,
    /// None while a widget waits for a session, and for a login.
    pub(crate) signer: Option<Arc<Signer>>,
    pub(crate) signature: Option<Signature>,
}

/// What a pending request asks for.
#[derive(Debug)]
pub(crate) enum Ask {
    Widget {
        draft: Box<Draft>,
        /// What is to be signed once there is a session.
        #[cfg(not(target_family = "wasm"))]
        unsigned: Option<Box<super::sign::ToSign>>,
    },
    Login {
        draft: LoginDraft,
        redirect_uri: String,
        /// Later requests that end like this one.
        joined: Vec<RequestId>,
    },
}

impl Entry {
    /// What is opened now, without a signature.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn new(ask: Ask, link: OneTimeLink, now: Instant, ends: Instant) -> Self {
        let (signer, signature) = (None, None);
        Self {
            ask,
            link,
            began: now,
            opened: now,
            reopened: None,
            ends,
            session: 0,
            signer,
            signature,
        }
    }

    pub(crate) fn kind(&self) -> RequestKind {
        match &self.ask {
            Ask::Widget { draft, .. } => draft.kind.into(),
            Ask::Login { .. } => RequestKind::Login,
        }
    }

    pub(crate) fn is_login(&self) -> bool {
        matches!(self.ask, Ask::Login { .. })
    }

    /// Whether it shows the same page as a request that is about to be sent.
    pub(crate) fn is_equal(&self, other: &Draft) -> bool {
        matches!(&self.ask, Ask::Widget { draft, .. } if draft.equals(other))
    }

    pub(crate) fn joined(&self) -> &[RequestId] {
        match &self.ask {
            Ask::Login { joined, .. } => joined,
            Ask::Widget { .. } => &[],
        }
    }

    /// `id`, its own, and those of the requests that have joined it.
    pub(crate) fn ids(&self, id: RequestId) -> impl Iterator<Item = RequestId> {
        std::iter::once(id).chain(self.joined().iter().copied())
    }

    /// Whether its address is made, so that its link leads somewhere.
    pub(crate) fn has_page(&self) -> bool {
        self.is_login() || self.signature.is_some()
    }

    /// Whether it waits for somebody to log in.
    pub(crate) fn waits_for_session(&self) -> bool {
        self.signer.is_none() && !self.is_login()
    }

    /// Whether the game's backend is asked to sign it.
    pub(crate) fn waits_for_backend(&self) -> bool {
        !self.has_page() && self.signer.is_some()
    }

    /// Whether `st.state` is the game's own; the plugin's is not handed to the game.
    pub(crate) fn has_own_state(&self) -> bool {
        matches!(&self.ask, Ask::Widget { draft, .. } if draft.parameters.get("st.state").is_some())
    }
}

impl PendingRequests {
    /// Not public: who could make one could put it in the place of the real one, and requests would
    /// be lost.
    pub(crate) fn new(lost_results: LostResults) -> Self {
        Self {
            pending: Pending::default(),
            outcomes: VecDeque::new(),
            lost_results,
            #[cfg(not(target_family = "wasm"))]
            counters: Arc::default(),
        }
    }

    /// How many requests are pending, at most [`MAX_PENDING`](crate::MAX_PENDING) and one login.
    /// Those that have joined the login do not count.
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
        self.resolve(id).is_some()
    }

    /// The pending requests, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = PendingRequest<'_>> {
        self.pending.iter().map(|(id, entry)| PendingRequest {
            id,
            entry,
            opened: self.pending.is_open(id),
        })
    }

    /// One pending request. For one that has joined a login this is the login, with the id of
    /// the first.
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
        let id = self.resolve(id)?;
        self.iter().find(|request| request.id == id)
    }

    /// How a request ended, if it is among the last 64 that did.
    ///
    /// ```
    /// # use bevy_odnoklassniki::{PendingRequests, RequestId};
    /// fn word(requests: &PendingRequests, id: RequestId) -> &'static str {
    ///     requests.finished(id).map_or("pending", |finished| finished.outcome_name())
    /// }
    /// # let _ = word;
    /// ```
    #[must_use]
    pub fn finished(&self, id: RequestId) -> Option<&Finished> {
        self.outcomes
            .iter()
            .rev()
            .find(|finished| finished.id() == id)
    }

    /// The last 64 results, newest first.
    ///
    /// ```
    /// # use bevy_odnoklassniki::PendingRequests;
    /// fn failures(requests: &PendingRequests) -> usize {
    ///     requests.recently_finished().filter(|finished| finished.error().is_some()).count()
    /// }
    /// # let _ = failures;
    /// ```
    pub fn recently_finished(&self) -> impl Iterator<Item = &Finished> {
        self.outcomes.iter().rev()
    }

    /// What came to the callback listener, and why it was turned away.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn callback_counters(&self) -> &crate::callback::CallbackCounters {
        &self.counters
    }

    /// The pending request of this id; for one that has joined a login, that login.
    pub(crate) fn resolve(&self, id: RequestId) -> Option<RequestId> {
        self.pending
            .get(id)
            .map(|_| id)
            .or_else(|| self.pending.find(|entry| entry.joined().contains(&id)))
    }

    /// Whether a login is pending.
    pub(crate) fn is_logging_in(&self) -> bool {
        self.pending.find(Entry::is_login).is_some()
    }

    pub(crate) fn remember(&mut self, finished: Finished) {
        if self.outcomes.len() == REMEMBERED {
            self.outcomes.pop_front();
        }
        self.outcomes.push_back(finished);
    }
}

/// The game has removed it. Each request that was pending gets its one result all the same.
impl Drop for PendingRequests {
    fn drop(&mut self) {
        for (id, entry) in self.pending.iter() {
            self.lost_results.add(id, entry);
        }
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

    /// What it asks for.
    #[must_use]
    pub fn kind(&self) -> RequestKind {
        self.entry.kind()
    }

    /// Whether its page cannot be opened before somebody has logged in
    /// ([`with_automatic_login`](crate::OdnoklassnikiPlugin::with_automatic_login)), or the session
    /// of an earlier run is there.
    #[must_use]
    pub fn is_waiting_for_login(&self) -> bool {
        self.entry.waits_for_session()
    }

    pub(crate) fn is_login(&self) -> bool {
        self.entry.is_login()
    }

    /// The link that leads to its page, once. After [`ReopenRequest`](crate::ReopenRequest) it is
    /// another.
    #[must_use]
    pub fn link(&self) -> &'a OneTimeLink {
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
