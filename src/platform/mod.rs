//! What differs between a native program and one in a browser: threads, clocks, random numbers.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(target_family = "wasm")]
mod web;

core::cfg_select! {
    target_family = "wasm" => {
        pub(crate) use web::{
            HAS_CALLBACKS, HAS_RETURN_PAGE, OPENS_UNSIGNED, call_unless_dropped_within, change_query,
            launch_query, random, start, wall_clock,
        };
    }
    _ => {
        pub(crate) use native::{
            HAS_CALLBACKS, HAS_RETURN_PAGE, OPENS_UNSIGNED, call_unless_dropped_within, change_query,
            launch_query, random, start, wall_clock,
        };
    }
}

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `job` on a thread called `name` and calls `send` with its result, exactly once. If the
/// thread cannot start or the job panics, `otherwise` makes the result.
pub(crate) fn run<T: 'static>(
    name: &str,
    send: impl FnOnce(T) + Send + 'static,
    otherwise: impl FnOnce() -> T + Send + 'static,
    job: impl FnOnce() -> T + Send + 'static,
) {
    let once = SendOnce(Some((send, otherwise)));
    // If the thread cannot start, the closure and `once` are dropped.
    let work = move || {
        // Caught, because `send` must not run during a panic: a second panic would end the game.
        if let Ok(result) = catch_unwind(AssertUnwindSafe(job)) {
            once.send(result);
        }
    };
    if let Err(error) = start(name, Box::new(work)) {
        log::warn!("no thread for {name}: {error}");
    }
}

/// Sends a result exactly once, at the latest when it is dropped.
struct SendOnce<T, R: FnOnce(T), O: FnOnce() -> T>(Option<(R, O)>);

impl<T, R: FnOnce(T), O: FnOnce() -> T> SendOnce<T, R, O> {
    fn send(mut self, result: T) {
        if let Some((send, _)) = self.0.take() {
            send(result);
        }
    }
}

impl<T, R: FnOnce(T), O: FnOnce() -> T> Drop for SendOnce<T, R, O> {
    fn drop(&mut self) {
        if let Some((send, otherwise)) = self.0.take() {
            send(otherwise());
        }
    }
}

#[cfg(all(test, not(wasm_tests)))]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_job_sends_once_whether_it_ends_or_panics() {
        for (job, expected) in [
            ((|| 1) as fn() -> i32, 1),
            (|| panic!("the job's own bug"), 2),
        ] {
            let (sender, results) = channel();
            run("job", move |result| _ = sender.send(result), || 2, job);
            assert_eq!(results.iter().collect::<Vec<_>>(), [expected]);
        }
    }
}
