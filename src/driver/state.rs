//! The states of a pending request, as a pure state machine: no Bevy, no sockets, no clock.
//!
//! A request is pending until [`Table::remove`] returns its record. It leaves the table on that path
//! and no other, so a request cannot end twice.

use crate::request::{MAX_PENDING, RequestId};

/// The widgets' requests, and one login.
const CAPACITY: usize = MAX_PENDING + 1;

/// The requests that have not ended, oldest first. `D` is the data of a request, `U` an unsigned
/// page.
#[derive(Debug)]
pub(crate) struct Table<D, U>(Vec<Record<D, U>>);

/// One pending request.
#[derive(Debug)]
pub(crate) struct Record<D, U> {
    id: RequestId,
    state: RequestState<U>,
    pub(crate) data: D,
}

/// The state of a pending request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestState<U> {
    /// The page waits for a session to be signed with.
    WaitingForSession(U),
    /// The game's backend is signing the page.
    WaitingForSignature,
    /// The page is about to be opened; `again` if it was open before.
    Opening { again: bool },
    /// The opener has received the page, or a browser has fetched it.
    Open,
}

/// An event of a pending request, except its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestEvent {
    /// Its page is signed.
    Signed,
    /// The opener has received its page, or a browser has fetched it.
    Opened,
    /// No program could be started for its page.
    CannotOpen,
    /// Its page is about to be opened once more.
    Reopening,
}

/// What follows from an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    /// No change: the request is over already, or the event does not apply to its state.
    Nothing,
    /// The page is open with this link for the first time.
    Opened,
    /// The reopening failed; the earlier page stays open.
    CannotReopen,
    /// The driver must end the request: its page was never open.
    CannotOpen,
}

impl<D, U> Record<D, U> {
    pub(crate) fn new(id: RequestId, state: RequestState<U>, data: D) -> Self {
        Self { id, state, data }
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

    /// Returns whether its URL is signed, so that its link shows a page.
    pub(crate) fn has_page(&self) -> bool {
        matches!(
            self.state,
            RequestState::Opening { .. } | RequestState::Open
        )
    }

    /// Returns whether its page is about to be opened, for the first time or again.
    pub(crate) fn is_opening(&self) -> bool {
        matches!(self.state, RequestState::Opening { .. })
    }

    /// Returns whether its page was open at least once.
    pub(crate) fn was_opened(&self) -> bool {
        matches!(
            self.state,
            RequestState::Opening { again: true } | RequestState::Open
        )
    }

    /// Returns the page that has waited for a session, and lets the request wait for its signature.
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
            (RequestEvent::CannotOpen, Opening { again: false } | WaitingForSignature) => {
                return Transition::CannotOpen;
            }
            (RequestEvent::Reopening, Open) => (Opening { again: true }, Transition::Nothing),
            // For example, the browser's program failed, but the page was fetched.
            _ => return Transition::Nothing,
        };
        self.state = state;
        transition
    }
}

impl<D, U> Default for Table<D, U> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<D, U> Table<D, U> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Record<D, U>> {
        self.0.iter()
    }

    pub(crate) fn get(&self, id: RequestId) -> Option<&Record<D, U>> {
        self.iter().find(|record| record.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: RequestId) -> Option<&mut Record<D, U>> {
        self.0.iter_mut().find(|record| record.id == id)
    }

    /// Returns the oldest request that is `wanted`.
    pub(crate) fn find(&self, wanted: impl Fn(&Record<D, U>) -> bool) -> Option<RequestId> {
        self.iter()
            .find(|record| wanted(record))
            .map(|record| record.id)
    }

    /// Adds a request. Returns `false` if the table is full or has the request already.
    pub(crate) fn insert(&mut self, record: Record<D, U>) -> bool {
        let fits = self.0.len() < CAPACITY && self.get(record.id).is_none();
        if fits {
            self.0.push(record);
        }
        fits
    }

    /// Applies an event to a request, and returns what follows.
    pub(crate) fn apply(&mut self, id: RequestId, event: RequestEvent) -> Transition {
        self.get_mut(id)
            .map_or(Transition::Nothing, |record| record.advance(event))
    }

    /// Removes a request that ends. This is the only way out of the table.
    pub(crate) fn remove(&mut self, id: RequestId) -> Option<Record<D, U>> {
        let index = self.0.iter().position(|record| record.id == id)?;
        Some(self.0.remove(index))
    }
}

#[cfg(all(test, not(wasm_tests)))]
mod handover_tests;
#[cfg(all(test, not(wasm_tests)))]
mod listener_tests;
#[cfg(test)]
mod schedule_tests;
#[cfg(test)]
mod tests;
