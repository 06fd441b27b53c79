//! The life of a pending request, as a pure state machine: no Bevy, no sockets, no clock.
//!
//! A request is pending until [`Table::remove`] returns its record. It leaves the table on that path
//! and no other, so a request cannot end twice.

use crate::request::{MAX_PENDING, RequestId};

/// Those, and one login.
const CAPACITY: usize = MAX_PENDING + 1;

/// The requests that have not ended, oldest first. `B` is what is kept of each, `U` a page that is
/// still to be signed.
#[derive(Debug)]
pub(crate) struct Table<B, U>(Vec<Record<B, U>>);

/// One pending request.
#[derive(Debug)]
pub(crate) struct Record<B, U> {
    id: RequestId,
    state: RequestState<U>,
    pub(crate) body: B,
}

/// How far a pending request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestState<U> {
    /// The page is to be signed with a session that is not there yet.
    WaitingForSession(U),
    /// The game's backend is asked to sign.
    WaitingForSignature,
    /// The page is about to be opened; `again` if it was open before.
    Opening { again: bool },
    /// The page was handed to the browser, or fetched.
    Open,
}

/// What can happen to a pending request, but for its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestEvent {
    /// Its page is signed.
    Signed,
    /// Its page was handed to the browser, or fetched.
    Opened,
    /// No program could be started for its page.
    CannotOpen,
    /// Its page is about to be opened once more.
    Reopening,
}

/// What follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    /// Nothing: the request is over already, or the event says nothing new.
    Nothing,
    /// The page is open with this link for the first time.
    Opened,
    /// The page that was open before stays the only one.
    CannotReopen,
    /// The request is to end: its page was never open.
    CannotOpen,
}

impl<B, U> Record<B, U> {
    pub(crate) fn new(id: RequestId, state: RequestState<U>, body: B) -> Self {
        Self { id, state, body }
    }

    pub(crate) fn id(&self) -> RequestId {
        self.id
    }

    pub(crate) fn waits_for_session(&self) -> bool {
        matches!(self.state, RequestState::WaitingForSession(_))
    }

    pub(crate) fn waits_for_signature(&self) -> bool {
        matches!(self.state, RequestState::WaitingForSignature)
    }

    /// Returns whether its URL is made, so that its link leads somewhere.
    pub(crate) fn has_page(&self) -> bool {
        matches!(
            self.state,
            RequestState::Opening { .. } | RequestState::Open
        )
    }

    /// Returns whether its page was open at least once.
    pub(crate) fn was_opened(&self) -> bool {
        matches!(
            self.state,
            RequestState::Opening { again: true } | RequestState::Open
        )
    }

    /// Returns the page that has waited for a session. From now on the request waits for its
    /// signature.
    pub(crate) fn start_signing(&mut self) -> Option<U> {
        if !self.waits_for_session() {
            return None;
        }
        match core::mem::replace(&mut self.state, RequestState::WaitingForSignature) {
            RequestState::WaitingForSession(page) => Some(page),
            _ => None,
        }
    }

    fn advance(&mut self, event: RequestEvent) -> Transition {
        use RequestState::{Open, Opening, WaitingForSignature};

        let (state, transition) = match (event, &self.state) {
            (RequestEvent::Signed, WaitingForSignature) => {
                (Opening { again: false }, Transition::Nothing)
            }
            (RequestEvent::Opened, Opening { .. }) => (Open, Transition::Opened),
            (RequestEvent::CannotOpen, Opening { again: true }) => (Open, Transition::CannotReopen),
            (RequestEvent::CannotOpen, Opening { again: false }) => return Transition::CannotOpen,
            (RequestEvent::Reopening, Open) => (Opening { again: true }, Transition::Nothing),
            // Among them: a program that should show the page failed, but the page was fetched.
            _ => return Transition::Nothing,
        };
        self.state = state;
        transition
    }
}

impl<B, U> Default for Table<B, U> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<B, U> Table<B, U> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Record<B, U>> {
        self.0.iter()
    }

    pub(crate) fn get(&self, id: RequestId) -> Option<&Record<B, U>> {
        self.iter().find(|record| record.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: RequestId) -> Option<&mut Record<B, U>> {
        self.0.iter_mut().find(|record| record.id == id)
    }

    /// Returns the oldest request that is `wanted`.
    pub(crate) fn find(&self, wanted: impl Fn(&Record<B, U>) -> bool) -> Option<RequestId> {
        self.iter()
            .find(|record| wanted(record))
            .map(|record| record.id)
    }

    /// Adds a request. `false`, and nothing added, if the table is full or the request is in it.
    pub(crate) fn insert(&mut self, record: Record<B, U>) -> bool {
        let fits = self.0.len() < CAPACITY && self.get(record.id).is_none();
        if fits {
            self.0.push(record);
        }
        fits
    }

    /// Lets something happen to a request, and returns what follows.
    pub(crate) fn apply(&mut self, id: RequestId, event: RequestEvent) -> Transition {
        self.get_mut(id)
            .map_or(Transition::Nothing, |record| record.advance(event))
    }

    /// Ends a request: the only way out of the table.
    pub(crate) fn remove(&mut self, id: RequestId) -> Option<Record<B, U>> {
        let index = self.0.iter().position(|record| record.id == id)?;
        Some(self.0.remove(index))
    }
}

#[cfg(test)]
mod handover_tests;
#[cfg(test)]
mod listener_tests;
#[cfg(test)]
mod tests;
