//! The game's store for the pending requests, on a thread: what has been sent to it, and what is done.

use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use zeroize::Zeroizing;

use super::events::{Event, EventSender};
use crate::platform;
use crate::session::{SessionStore, StoreError, StoreErrorKind, StoreEvent, StoreJob, StoreWorker};

/// How long pages and results wait for the store, and the game for what an earlier run has left.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// In place of a job's number: nothing waits for the store any more.
const GIVEN_UP: u64 = u64::MAX;

pub(super) struct KeptStore {
    worker: StoreWorker,
    /// The number of the last job.
    sent: u64,
    /// The number of the last job that is done, or [`GIVEN_UP`].
    done: Arc<AtomicU64>,
}

impl KeptStore {
    pub(super) fn new(store: Arc<dyn SessionStore>) -> Self {
        Self {
            worker: StoreWorker::new(Arc::new(NoOldText::new(store))),
            sent: 0,
            done: Arc::default(),
        }
    }

    /// Queues a job. It counts as done when the store has failed, too.
    pub(super) fn send(&mut self, job: StoreJob, sender: EventSender) {
        self.sent += 1;
        let (number, done) = (self.sent, Arc::clone(&self.done));
        let (late_sender, late_done) = (sender.clone(), Arc::clone(&self.done));
        let (working, worked) = std::sync::mpsc::sync_channel::<()>(0);
        let on_result = move |failed: Option<StoreEvent>| {
            // There was no thread: the text before may still be there.
            if let Some(StoreEvent::Failed(error)) = failed {
                log::error!("results may come again in the next run of the game: {error}");
            }
            // The closure drops it, which ends the watch.
            let _until_done = &working;
            done.fetch_max(number, Ordering::AcqRel);
            sender.send(Event::PendingStored);
        };
        self.worker.send(job, Box::new(on_result));
        platform::call_unless_dropped_within(TIMEOUT, worked, move || {
            if late_done.swap(GIVEN_UP, Ordering::AcqRel) != GIVEN_UP {
                log::error!(
                    "the pending store did not respond within {TIMEOUT:?}: pending requests do not \
                     outlive this run of the game, and results may come again in the next one"
                );
            }
            late_sender.send(Event::PendingStored);
        });
    }

    /// Returns the number of the last job.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Returns whether the job with this number is done, and those before it.
    pub(super) fn is_done(&self, number: u64) -> bool {
        number <= self.done.load(Ordering::Acquire)
    }

    /// Returns whether the store was too slow and is not used any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.is_done(GIVEN_UP)
    }
}

/// A store that holds no text rather than an old one, which could bring a result a second time.
struct NoOldText {
    store: Arc<dyn SessionStore>,
    /// Whether the last save failed.
    has_failed: AtomicBool,
}

impl NoOldText {
    fn new(store: Arc<dyn SessionStore>) -> Self {
        Self {
            store,
            has_failed: AtomicBool::default(),
        }
    }
}

impl SessionStore for NoOldText {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        self.store.load()
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        let saved = unless_panicked(|| self.store.save(text));
        if let Err(error) = &saved {
            if !self.has_failed.swap(true, Ordering::Relaxed) {
                log::warn!("pending requests do not outlive this run of the game: {error}");
            }
            return self.clear();
        }
        self.has_failed.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn clear(&self) -> Result<(), StoreError> {
        let cleared = unless_panicked(|| self.store.clear());
        // Not returned: the advice for errors of a store is about sessions.
        cleared.unwrap_or_else(|error| {
            log::error!("results may come again in the next run of the game: {error}");
        });
        Ok(())
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        self.store.quarantine()
    }
}

/// Returns an error if `call` panics. What [`StoreWorker`] would log is about sessions.
fn unless_panicked(call: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
    let panicked = || StoreError::new(StoreErrorKind::Failed, "the pending store panicked");
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| Err(panicked()))
}
