//! The desk's listeners: one for the widgets, and one for the login on its registered address.

use std::sync::Arc;

use super::super::grade::Answered;
use super::super::news::{News, Reporter};
use crate::callback::{CallbackCounters, Listener, Redirect, Route};
use crate::error::{RequestError, RequestErrorKind};

/// A listener, while it is needed, and none before and after.
#[derive(Default)]
pub(super) struct Listening(Option<Now>);

struct Now {
    listener: Listener<Answered>,
    /// Tells it from the listeners before it and the other one's: what those still say does not
    /// count.
    generation: u64,
    /// How many routes it was given.
    added: u64,
}

/// What starts a listener.
pub(super) struct Start<'a> {
    pub(super) reporter: Reporter,
    pub(super) counters: Arc<CallbackCounters>,
    /// Counts the listeners of the desk.
    pub(super) generations: &'a mut u64,
    /// The login's addresses.
    pub(super) redirects: Option<&'a [Redirect]>,
}

impl Listening {
    /// The listener, started if there is none.
    pub(super) fn ensure(&mut self, start: Start<'_>) -> Result<&Listener<Answered>, RequestError> {
        if self.0.is_none() {
            let Start {
                reporter,
                counters,
                generations,
                redirects,
            } = start;
            *generations += 1;
            let generation = *generations;
            let report = move |event| reporter.report(News::Callback { generation, event });
            let listener = match redirects {
                None => Listener::start(report, counters),
                Some(redirects) => Listener::start_at(redirects, report, counters),
            };
            let listener = listener.map_err(|error| RequestError::no_port(&error))?;
            self.0 = Some(Now {
                listener,
                generation,
                added: 0,
            });
        }
        self.get().ok_or_else(lost)
    }

    pub(super) fn get(&self) -> Option<&Listener<Answered>> {
        self.0.as_ref().map(|now| &now.listener)
    }

    pub(super) fn is_generation(&self, generation: u64) -> bool {
        self.0
            .as_ref()
            .is_some_and(|now| now.generation == generation)
    }

    pub(super) fn add(&mut self, route: Route<Answered>) -> Result<(), RequestError> {
        let now = self.0.as_mut().ok_or_else(lost)?;
        now.listener.add(route).map_err(|_| lost())?;
        now.added += 1;
        Ok(())
    }

    /// No thread and no socket while nothing is pending and no late callback is waited for. An idle
    /// moment before the latest request is over.
    pub(super) fn is_idle(&mut self, added: u64) {
        if self.0.as_ref().is_some_and(|now| now.added == added) {
            self.stop();
        }
    }

    /// Started for a request that could not be sent: nothing would ever end it.
    pub(super) fn stop_if_unused(&mut self) {
        self.is_idle(0);
    }

    /// Does not wait for the thread: this is a frame.
    pub(super) fn stop(&mut self) {
        if let Some(now) = self.0.take() {
            now.listener.stop();
        }
    }

    #[cfg(test)]
    pub(super) fn generation(&self) -> u64 {
        self.0.as_ref().map_or(0, |now| now.generation)
    }
}

fn lost() -> RequestError {
    RequestError::new(
        RequestErrorKind::ListenerLost,
        "the callback listener has died",
    )
}
