//! The life of a request, as a pure state machine: no Bevy, no sockets, no clock.
//!
//! A request is pending until [`Pending::apply`] returns [`Step::Ended`] with its entry. The entry
//! leaves the table on that path and no other, so a request cannot end twice.

use super::{CancelledBy, RequestId};
use crate::error::RequestError;
use crate::opener::OpenError;

/// How many requests may be pending at once, beside one login; one more ends with
/// [`TooManyPending`](crate::RequestErrorKind::TooManyPending).
///
/// ```
/// assert_eq!(bevy_odnoklassniki::MAX_PENDING, 8);
/// ```
pub const MAX_PENDING: usize = 8;

/// Those, and one login.
const CAPACITY: usize = MAX_PENDING + 1;

/// The requests that have not ended.
#[derive(Debug)]
pub(crate) struct Pending<E> {
    slots: Vec<Slot<E>>,
}

#[derive(Debug)]
struct Slot<E> {
    id: RequestId,
    stage: Stage,
    entry: E,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The page is about to be opened; `before` if it has been open already.
    Opening {
        before: bool,
    },
    Open,
}

/// What can happen to a pending request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signal<A> {
    Opened,
    CannotOpen(OpenError),
    Reopen,
    Answered(A),
    Cancelled(CancelledBy),
    Expired,
    Failed(RequestError),
}

/// What follows from a signal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step<E, A> {
    /// Nothing: the request is over, or the signal says nothing new.
    Nothing,
    /// The page is open with this link for the first time.
    Opened,
    /// The page that was open before stays the only one.
    CannotReopen,
    /// The page is to be opened again.
    Reopening,
    /// The request is over. It has left the table.
    Ended(E, Cause<A>),
}

/// Why a request is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause<A> {
    Answered(A),
    CannotOpen(OpenError),
    Cancelled(CancelledBy),
    Expired,
    Failed(RequestError),
}

impl<E> Default for Pending<E> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<E> Pending<E> {
    fn is_full(&self) -> bool {
        self.slots.len() >= CAPACITY
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (RequestId, &E)> {
        self.slots.iter().map(|slot| (slot.id, &slot.entry))
    }

    pub(crate) fn get(&self, id: RequestId) -> Option<&E> {
        self.slots
            .iter()
            .find(|slot| slot.id == id)
            .map(|slot| &slot.entry)
    }

    pub(crate) fn get_mut(&mut self, id: RequestId) -> Option<&mut E> {
        self.slots
            .iter_mut()
            .find(|slot| slot.id == id)
            .map(|slot| &mut slot.entry)
    }

    pub(crate) fn find(&self, wanted: impl Fn(&E) -> bool) -> Option<RequestId> {
        self.slots
            .iter()
            .find(|slot| wanted(&slot.entry))
            .map(|slot| slot.id)
    }

    pub(crate) fn first(&self) -> Option<RequestId> {
        self.slots.first().map(|slot| slot.id)
    }

    pub(crate) fn is_open(&self, id: RequestId) -> bool {
        self.slots
            .iter()
            .any(|slot| slot.id == id && slot.stage != Stage::Opening { before: false })
    }

    /// Adds a request. `false`, and nothing added, if the table is full or the request is in it.
    pub(crate) fn insert(&mut self, id: RequestId, entry: E) -> bool {
        if self.is_full() || self.get(id).is_some() {
            return false;
        }
        self.slots.push(Slot {
            id,
            stage: Stage::Opening { before: false },
            entry,
        });
        true
    }

    /// The only way a request changes, and the only way out of the table.
    pub(crate) fn apply<A>(&mut self, id: RequestId, signal: Signal<A>) -> Step<E, A> {
        let Some(index) = self.slots.iter().position(|slot| slot.id == id) else {
            return Step::Nothing;
        };
        let stage = &mut self.slots[index].stage;
        let cause = match (signal, *stage) {
            (Signal::Opened, Stage::Opening { .. }) => {
                *stage = Stage::Open;
                return Step::Opened;
            }
            (Signal::CannotOpen(_), Stage::Opening { before: true }) => {
                *stage = Stage::Open;
                return Step::CannotReopen;
            }
            (Signal::Reopen, before) => {
                *stage = Stage::Opening {
                    before: before != Stage::Opening { before: false },
                };
                return Step::Reopening;
            }
            // The program that should show the page failed, but the page was fetched: it is shown.
            (Signal::Opened | Signal::CannotOpen(_), Stage::Open) => return Step::Nothing,
            (Signal::CannotOpen(error), Stage::Opening { before: false }) => {
                Cause::CannotOpen(error)
            }
            (Signal::Answered(answer), _) => Cause::Answered(answer),
            (Signal::Cancelled(by), _) => Cause::Cancelled(by),
            (Signal::Expired, _) => Cause::Expired,
            (Signal::Failed(error), _) => Cause::Failed(error),
        };
        Step::Ended(self.slots.remove(index).entry, cause)
    }
}

#[cfg(test)]
mod handover_tests;
#[cfg(all(test, not(target_family = "wasm")))]
mod listener_tests;
#[cfg(test)]
mod tests;
