//! The thread that calls the store: one call at a time, and only while there are jobs.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use super::record::{self, BadRecord};
use super::{SessionStore, StoreError, StoreErrorKind};
use crate::platform;
use crate::session::SessionData;

/// How long requests wait for the store. A keyring may ask the player behind the game's window.
pub(crate) const STORE_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the exit of the app waits for the last jobs.
const STOP_TIME: Duration = Duration::from_millis(200);

/// A job for the store.
pub(crate) enum StoreJob {
    /// Restore the session of this application.
    Load {
        app_id: String,
    },
    Save(Zeroizing<String>),
    Clear,
}

impl StoreJob {
    pub(crate) fn save(app_id: &str, data: &SessionData) -> Self {
        Self::Save(record::write(app_id, data))
    }
}

/// The result of a job.
#[derive(Debug)]
pub(crate) enum StoreEvent {
    Loaded(Result<Option<SessionData>, StoreError>),
    Failed(StoreError),
}

/// Takes the result of a job: `None` if a text was saved or cleared. Called once, on the thread.
pub(crate) type OnResult = Box<dyn FnOnce(Option<StoreEvent>) + Send>;

pub(crate) struct StoreWorker {
    store: Arc<dyn SessionStore>,
    queue: Arc<(Mutex<Queue>, Condvar)>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<(StoreJob, OnResult)>,
    /// Whether there is a thread.
    running: bool,
    /// Whether the store may hold a text that could not be read or quarantined. Writing would
    /// destroy it.
    blocked: bool,
}

impl StoreWorker {
    pub(crate) fn new(store: Arc<dyn SessionStore>) -> Self {
        Self {
            store,
            queue: Arc::default(),
        }
    }

    /// Queues a job, and starts the thread if there is none. Never blocks, because this runs in a
    /// frame.
    pub(crate) fn send(&self, job: StoreJob, send: OnResult) {
        let mut queue = lock(&self.queue.0);
        queue.jobs.push_back((job, send));
        if queue.running {
            return;
        }
        queue.running = true;
        drop(queue);
        let (store, shared) = (Arc::clone(&self.store), Arc::clone(&self.queue));
        let work = Box::new(move || work(&*store, &shared));
        if let Err(error) = platform::start("ok-store", work) {
            let mut queue = lock(&self.queue.0);
            queue.running = false;
            let jobs: Vec<_> = queue.jobs.drain(..).collect();
            drop(queue);
            for (job, send) in jobs {
                let text = format!("no thread for the store: {error}");
                send(Some(failed(
                    &job,
                    StoreError::new(StoreErrorKind::Failed, text),
                )));
            }
        }
    }
}

/// Waits for the last jobs, so that a session of the last frame is not lost.
impl Drop for StoreWorker {
    fn drop(&mut self) {
        let (queue, changed) = &*self.queue;
        let queue = lock(queue);
        // Browsers have no clock for a wait, and nothing to wait for.
        if queue.running {
            let is_busy = |queue: &mut Queue| queue.running;
            _ = changed.wait_timeout_while(queue, STOP_TIME, is_busy);
        }
    }
}

fn work(store: &dyn SessionStore, shared: &(Mutex<Queue>, Condvar)) {
    loop {
        let next = {
            let mut queue = lock(&shared.0);
            let next = queue.jobs.pop_front();
            queue.running = next.is_some();
            next
        };
        let Some((job, send)) = next else {
            return shared.1.notify_all();
        };
        let panicked = || StoreError::new(StoreErrorKind::Failed, "the store panicked");
        let blocked = lock(&shared.0).blocked;
        let acting = catch_unwind(AssertUnwindSafe(|| act(store, &job, blocked)));
        let result = acting.unwrap_or_else(|_| Err(panicked()));
        // A text that could not be read, or not quarantined, is not overwritten.
        let is_load = matches!(job, StoreJob::Load { .. });
        lock(&shared.0).blocked = result.is_err() && (blocked || is_load);
        if let Err(error) = &result {
            // Logged here, because the game may exit before it gets the message.
            log::warn!("{error}: {}", error.advice());
        }
        send(result.unwrap_or_else(|error| Some(failed(&job, error))));
    }
}

fn act(
    store: &dyn SessionStore,
    job: &StoreJob,
    blocked: bool,
) -> Result<Option<StoreEvent>, StoreError> {
    if blocked && !matches!(job, StoreJob::Load { .. }) {
        store.quarantine()?;
    }
    match job {
        StoreJob::Save(text) => store.save(text).map(|()| None),
        StoreJob::Clear => store.clear().map(|()| None),
        StoreJob::Load { app_id } => {
            let Some(text) = store.load()? else {
                return Ok(Some(StoreEvent::Loaded(Ok(None))));
            };
            let bad = match record::read(app_id, &text) {
                Ok(data) => return Ok(Some(StoreEvent::Loaded(Ok(Some(data))))),
                Err(bad) => bad,
            };
            let (kind, why) = match bad {
                BadRecord::Corrupt(why) => (StoreErrorKind::Corrupt, why),
                BadRecord::WrongApplication(why) => (StoreErrorKind::WrongApplication, why),
            };
            let location = match store.quarantine() {
                Ok(location) => format!("it is quarantined: {location}"),
                Err(error) => {
                    format!("it could not be quarantined, and stays where it is: {error}")
                }
            };
            Err(StoreError::new(
                kind,
                format!("the stored session cannot be used: {why}; {location}"),
            ))
        }
    }
}

fn failed(job: &StoreJob, error: StoreError) -> StoreEvent {
    match job {
        StoreJob::Load { .. } => StoreEvent::Loaded(Err(error)),
        StoreJob::Save(_) | StoreJob::Clear => StoreEvent::Failed(error),
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, not(wasm_tests)))]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use odnoklassniki::AccessToken;

    use super::*;
    use crate::session::MemoryStore;

    fn send(worker: &StoreWorker, job: StoreJob) -> Receiver<Option<StoreEvent>> {
        let (sender, events) = channel();
        worker.send(job, Box::new(move |stored| _ = sender.send(stored)));
        events
    }

    fn load(worker: &StoreWorker) -> Result<Option<SessionData>, StoreError> {
        match send(
            worker,
            StoreJob::Load {
                app_id: "512".into(),
            },
        )
        .recv()
        {
            Ok(Some(StoreEvent::Loaded(result))) => result,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn jobs_run_in_order() {
        let worker = StoreWorker::new(Arc::new(MemoryStore::new()));
        assert!(load(&worker).unwrap().is_none());
        let save =
            |token: &str| StoreJob::save("512", &SessionData::without_key(AccessToken::new(token)));
        send(&worker, save("first"));
        let saved = send(&worker, save("second"));
        assert!(matches!(saved.recv(), Ok(None)), "a save that worked");
        assert_eq!(
            load(&worker).unwrap().unwrap().access_token.expose(),
            "second"
        );
        send(&worker, StoreJob::Clear);
        assert!(load(&worker).unwrap().is_none());
    }

    #[test]
    fn an_unusable_text_is_quarantined() {
        let store = MemoryStore::new();
        let worker = StoreWorker::new(Arc::new(store.clone()));
        store.save("no session").unwrap();
        assert_eq!(load(&worker).unwrap_err().kind(), StoreErrorKind::Corrupt);
        assert!(load(&worker).unwrap().is_none(), "it is out of the way");
        send(
            &worker,
            StoreJob::save("513", &SessionData::without_key(AccessToken::new("t"))),
        );
        assert_eq!(
            load(&worker).unwrap_err().kind(),
            StoreErrorKind::WrongApplication
        );
    }

    #[test]
    fn a_text_that_cannot_be_quarantined_is_not_overwritten() {
        struct Stuck(MemoryStore);
        impl SessionStore for Stuck {
            fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
                self.0.load()
            }
            fn save(&self, text: &str) -> Result<(), StoreError> {
                self.0.save(text)
            }
            fn clear(&self) -> Result<(), StoreError> {
                self.0.clear()
            }
            fn quarantine(&self) -> Result<String, StoreError> {
                Err(StoreError::new(StoreErrorKind::Denied, "read-only"))
            }
        }
        let store = MemoryStore::new();
        store.save("no session").unwrap();
        let worker = StoreWorker::new(Arc::new(Stuck(store.clone())));
        assert!(load(&worker).unwrap_err().to_string().contains("read-only"));
        for job in [
            StoreJob::save("512", &SessionData::without_key(AccessToken::new("t"))),
            StoreJob::Clear,
        ] {
            assert!(matches!(
                send(&worker, job).recv(),
                Ok(Some(StoreEvent::Failed(_)))
            ));
        }
        assert_eq!(store.load().unwrap().unwrap().as_str(), "no session");
    }

    #[test]
    fn a_store_that_panics_or_fails_is_reported() {
        struct Bad;
        impl SessionStore for Bad {
            fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
                panic!("a bug of the store")
            }
            fn save(&self, _: &str) -> Result<(), StoreError> {
                Err(StoreError::new(StoreErrorKind::Denied, "no"))
            }
            fn clear(&self) -> Result<(), StoreError> {
                Ok(())
            }
            fn quarantine(&self) -> Result<String, StoreError> {
                Ok(String::new())
            }
        }
        let worker = StoreWorker::new(Arc::new(Bad));
        assert_eq!(load(&worker).unwrap_err().kind(), StoreErrorKind::Failed);
        let events = send(
            &worker,
            StoreJob::save("512", &SessionData::without_key(AccessToken::new("t"))),
        );
        assert!(
            matches!(events.recv(), Ok(Some(StoreEvent::Failed(error))) if error.kind() == StoreErrorKind::Denied)
        );
    }

    #[test]
    fn the_exit_of_the_app_waits_for_the_last_save() {
        let store = MemoryStore::new();
        let worker = StoreWorker::new(Arc::new(store.clone()));
        send(
            &worker,
            StoreJob::save("512", &SessionData::without_key(AccessToken::new("t"))),
        );
        drop(worker);
        assert!(store.load().unwrap().is_some());
    }
}
