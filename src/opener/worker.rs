//! Slow work off the frame: opening a page, and signing by a backend. One short-lived thread a job.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::Sender;

use super::{OpenError, Opener, ShortLink};
use crate::wake::Wake;

/// Runs `job` on a thread called `name` and sends what it returns, exactly once: if the thread cannot be started or the
/// job panics, `otherwise` makes the result. Then the app is woken.
pub(crate) fn run<T: Send + 'static>(
    name: &str,
    results: Sender<T>,
    wake: Wake,
    otherwise: impl FnOnce() -> T + Send + 'static,
    job: impl FnOnce() -> T + Send + 'static,
) {
    let mut promise = Promise { results, wake, otherwise: Some(otherwise) };
    // When the thread cannot be started the closure is dropped, and with it the promise.
    let started = thread::Builder::new().name(name.to_owned()).spawn(move || {
        let result = job();
        promise.keep(result);
    });
    if let Err(error) = started {
        log::warn!("no thread for {name}: {error}");
    }
}

/// Opens `link`; the result comes as `finished(result)`.
pub(crate) fn open<T: Send + 'static>(
    opener: Arc<dyn Opener>,
    link: ShortLink,
    results: Sender<T>,
    wake: Wake,
    finished: impl Fn(Result<(), OpenError>) -> T + Clone + Send + 'static,
) {
    let failed = finished.clone();
    let otherwise = move || failed(Err(OpenError::new("the opener ended without a result")));
    run("ok-opener", results, wake, otherwise, move || finished(opener.open(&link)));
}

struct Promise<T, F: FnOnce() -> T> {
    results: Sender<T>,
    wake: Wake,
    otherwise: Option<F>,
}

impl<T, F: FnOnce() -> T> Promise<T, F> {
    fn keep(&mut self, result: T) {
        self.otherwise = None;
        // The receiver is gone when the app is: nobody waits any more.
        _ = self.results.send(result);
        self.wake.call();
    }
}

impl<T, F: FnOnce() -> T> Drop for Promise<T, F> {
    fn drop(&mut self) {
        if let Some(otherwise) = self.otherwise.take() {
            self.keep(otherwise());
        }
    }
}
