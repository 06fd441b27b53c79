//! The game's page host: its open pages, whose windows close with their requests, and log outs.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::opener::{PageHost, PageLife};
use crate::platform;
use crate::request::RequestId;

/// How long the end of the game waits for a log out.
const STOP_TIME: Duration = Duration::from_millis(200);

/// The open pages of a page host. Dropping it, when the game ends, ends them.
#[derive(Default)]
pub(super) struct HostedPages {
    pages: Vec<(RequestId, Arc<PageLife>)>,
    log_outs: Arc<LogOuts>,
}

/// The log outs that a page host is busy with.
#[derive(Default)]
pub(crate) struct LogOuts {
    running: Mutex<usize>,
    ended: Condvar,
}

impl HostedPages {
    pub(super) fn add(&mut self, id: RequestId, page: Arc<PageLife>) {
        self.pages.push((id, page));
    }

    /// Ends the page of a request that is over, or whose page opens anew.
    pub(super) fn end(&mut self, id: RequestId) {
        for (_, page) in self.pages.extract_if(.., |(owner, _)| *owner == id) {
            page.end();
        }
    }

    /// Has the host forget the player, on a thread of its own.
    pub(super) fn log_out(&self, host: Arc<dyn PageHost>) {
        *self.log_outs.lock() += 1;
        let log_outs = Arc::clone(&self.log_outs);
        let ended = move |()| {
            *log_outs.lock() -= 1;
            log_outs.ended.notify_all();
        };
        platform::run("ok-log-out", ended, || (), move || host.log_out());
    }

    pub(super) fn log_outs(&self) -> Arc<LogOuts> {
        Arc::clone(&self.log_outs)
    }
}

impl Drop for HostedPages {
    fn drop(&mut self) {
        for (_, page) in &self.pages {
            page.end();
        }
        let running = self.log_outs.lock();
        // Browsers have no clock for a wait, and nothing to wait for.
        if *running > 0 {
            let is_running = |running: &mut usize| *running > 0;
            let ended = &self.log_outs.ended;
            _ = ended.wait_timeout_while(running, STOP_TIME, is_running);
        }
    }
}

impl LogOuts {
    /// Waits until the host is done with all of them. Not for a frame.
    pub(crate) fn wait(&self) {
        let running = self.ended.wait_while(self.lock(), |running| *running > 0);
        drop(running);
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
