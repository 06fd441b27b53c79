//! Pages and messages that wait until the pending requests are stored.

use std::collections::VecDeque;

use super::effects::{OpenJob, Outgoing};
use crate::request::RequestId;

/// What waits, in order. A page waits so that its callback can come to the next run of the game, a
/// result so that no later run has it again, and everything else so that it stays in order.
#[derive(Default)]
pub(crate) struct Held(VecDeque<(u64, Waiting)>);

pub(super) enum Waiting {
    Page(OpenJob),
    Message(Outgoing),
}

impl Held {
    /// Adds what waits for the job of the store with this number.
    pub(super) fn add(&mut self, number: u64, waiting: impl IntoIterator<Item = Waiting>) {
        self.0.extend(waiting.into_iter().map(|one| (number, one)));
    }

    /// Takes the first, if its job is done.
    pub(super) fn take(&mut self, is_done: impl Fn(u64) -> bool) -> Option<Waiting> {
        let (number, _) = self.0.front()?;
        if !is_done(*number) {
            return None;
        }
        self.0.pop_front().map(|(_, waiting)| waiting)
    }

    /// Returns whether the result of this request waits.
    pub(super) fn has_result(&self, id: RequestId) -> bool {
        self.0.iter().any(|(_, waiting)| {
            matches!(waiting, Waiting::Message(Outgoing::Finished(finished)) if finished.id() == id)
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
