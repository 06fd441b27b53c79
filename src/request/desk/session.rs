//! What becomes of the session: restoring, storing, ending it, and the requests that wait for one.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use odnoklassniki::ErrorCode;

use super::super::login::LoggedIn;
use super::super::news::News;
use super::super::outcome::Outcome;
use super::super::pending::Signal;
use super::super::systems::{Frame, Report};
use super::super::view::{Ask, Entry};
use super::super::{CancelledBy, Finished, MAX_TIMEOUT};
use super::{Desk, signer};
use crate::callback::RouteId;
use crate::error::{RequestError, RequestErrorKind};
use crate::opener::worker;
use crate::session::{
    SessionChange, SessionChanged, StoreError, StoreErrorKind, StoreEvent, StoreJob, StoreWorker,
};

/// How long a store may take before requests no longer wait for it: a keyring may ask the player,
/// who sees nothing of it.
const STORE_TIME: Duration = Duration::from_secs(15);

impl Desk {
    /// Signs and opens what has waited for a session.
    fn send_waiting(&mut self, frame: &mut Frame<'_>) {
        let Some(signer) = signer(frame).filter(|_| frame.session.is_logged_in()) else {
            return;
        };
        while let Some(id) = frame.requests.pending.find(Entry::waits_for_session) {
            let Some(entry) = frame.requests.pending.get_mut(id) else {
                return;
            };
            let Ask::Widget { unsigned, .. } = &mut entry.ask else {
                return;
            };
            let Some(to_sign) = unsigned.take() else {
                return;
            };
            entry.signer = Some(Arc::clone(&signer));
            entry.session = frame.session.serial();
            if signer.is_remote() {
                self.sign_elsewhere(id, *to_sign, Arc::clone(&signer));
                continue;
            }
            match to_sign.sign(&signer) {
                Ok(signed) => self.signed(frame.requests, id, signed),
                Err(error) => self.apply(frame, id, Signal::Failed(error)),
            }
        }
    }

    /// Ends what has waited in vain, as the login ended.
    pub(super) fn end_waiting(&mut self, frame: &mut Frame<'_>, outcome: &Outcome<LoggedIn>) {
        while let Some(id) = frame.requests.pending.find(Entry::waits_for_session) {
            let signal = match outcome {
                Outcome::Cancelled(by) => Signal::Cancelled(*by),
                Outcome::TimedOut => Signal::Expired,
                Outcome::Failed(error) => Signal::Failed(error.clone()),
                Outcome::Completed(_) => Signal::Failed(frame.session.not_logged_in()),
            };
            self.apply(frame, id, signal);
        }
    }

    /// The player logs out: nothing of the session is left, and no page of the player's can open
    /// any more.
    pub(crate) fn logout(&mut self, frame: &mut Frame<'_>) {
        frame.session.end(SessionChange::LoggedOut);
        self.exchanging = None;
        while let Some(id) = frame.requests.pending.first() {
            self.apply(frame, id, Signal::Cancelled(CancelledBy::Game));
        }
        for finished in frame.requests.recently_finished() {
            // A link that could not be opened still leads to an address with the token in it.
            let kind = finished.error().map(RequestError::kind);
            if let (Some(RequestErrorKind::CannotOpen), Some(listener)) = (kind, self.widgets.get())
            {
                listener.retire(RouteId(finished.id().get()), MAX_TIMEOUT, false);
            }
            if let Finished::Login(login) = finished
                && let Some(LoggedIn::Code(code)) = login.outcome.completed()
            {
                drop(code.take());
            }
        }
    }

    /// OK knows better than any clock whether a session lives. `session` is that of the request.
    pub(super) fn look_for_a_dead_session(
        &self,
        frame: &mut Frame<'_>,
        session: u64,
        finished: &Finished,
    ) {
        let code = finished.error().and_then(RequestError::code);
        let is_dead = matches!(
            code,
            Some(ErrorCode::PARAM_SESSION_EXPIRED | ErrorCode::PARAM_SESSION_KEY)
        );
        if is_dead && frame.session.data().is_some() && frame.session.serial() == session {
            frame.session.end(SessionChange::Refused);
        }
    }

    /// Fetches the session of an earlier run. Called in every frame; it works once.
    pub(crate) fn restore(&mut self, frame: &mut Frame<'_>) {
        let Some(store) = self.config.store.take() else {
            return;
        };
        let reporter = self.reporter();
        let worker = self.worker.insert(StoreWorker::new(store));
        // A session that the game gave before the first frame is newer.
        let Some(credentials) = frame.credentials.filter(|_| frame.session.data().is_none()) else {
            return;
        };
        frame.session.set_restoring();
        let impatient = reporter.clone();
        let (loading, loaded) = crossbeam_channel::bounded::<()>(0);
        let report = move |stored| {
            // It is dropped with this closure, and the watch ends.
            let _until_loaded = &loading;
            _ = reporter.report(News::StoreEvent(stored));
        };
        worker.send(
            StoreJob::Load {
                app_id: credentials.app_id().to_owned(),
            },
            Box::new(report),
        );
        let wait = move || loaded.recv_timeout(STORE_TIME) == Err(RecvTimeoutError::Timeout);
        let too_late = move |is_late| {
            if is_late {
                _ = impatient.report(News::StoreIsSlow);
            }
        };
        worker::run("ok-store-watch", too_late, || false, wait);
    }

    pub(super) fn stored(frame: &mut Frame<'_>, stored: StoreEvent) {
        match stored {
            StoreEvent::Failed(error) => frame.session.store_failed(error),
            // Unless somebody has logged in, or out, meanwhile.
            StoreEvent::Loaded(Ok(Some(data))) if frame.session.accepts_restored() => {
                frame.session.restore(data);
            }
            StoreEvent::Loaded(Ok(Some(_))) => {}
            StoreEvent::Loaded(nothing) => {
                let was_restoring = frame.session.is_restoring();
                frame.session.stop_restoring();
                match nothing {
                    Err(error) => frame.session.store_failed(error),
                    Ok(_) if was_restoring => frame.session.tell(SessionChange::NothingStored),
                    Ok(_) => {}
                }
            }
        }
    }

    /// What waits for the store goes on without it. If it still brings a session, that is taken.
    pub(super) fn store_is_slow(frame: &mut Frame<'_>) {
        if frame.session.is_restoring() {
            frame.session.mark_store_slow();
            log::warn!("the session store is slow; requests go on without it");
            let text = format!(
                "the session store has not answered within {} s",
                STORE_TIME.as_secs()
            );
            frame
                .session
                .store_failed(StoreError::new(StoreErrorKind::Unavailable, text));
        }
    }

    /// Does what follows from changes of the session, whoever made them, and tells the game.
    pub(crate) fn settle(&mut self, frame: &mut Frame<'_>) {
        if frame.session.is_due() {
            frame.session.end(SessionChange::Expired);
        }
        while let Some(reason) = frame.session.next_change() {
            match &reason {
                SessionChange::LoggedIn | SessionChange::Accepted => {
                    self.exchanging = None;
                    self.keep(frame);
                    self.send_waiting(frame);
                    // It has come without its key, or its time is over already: logging in again
                    // would bring the same.
                    self.end_waiting(frame, &Outcome::Failed(frame.session.not_logged_in()));
                }
                SessionChange::Restored => {
                    self.send_waiting(frame);
                    if frame.session.is_logged_in() {
                        self.end_waiting(frame, &Outcome::Failed(frame.session.not_logged_in()));
                    } else {
                        self.login_for_waiting(frame);
                    }
                }
                SessionChange::ExchangeFailed => {
                    self.exchanging = None;
                    let text = "the game's backend made no session of the code";
                    self.end_waiting(
                        frame,
                        &Outcome::Failed(RequestError::new(RequestErrorKind::NotLoggedIn, text)),
                    );
                }
                // What has waited for the store waits for it no longer.
                SessionChange::NothingStored
                | SessionChange::StoreFailed(_)
                | SessionChange::Expired => {
                    self.login_for_waiting(frame);
                }
                SessionChange::LoggedOut | SessionChange::Refused => self.order(StoreJob::Clear),
                SessionChange::LoginStarted | SessionChange::LoginEnded => {}
            }
            (frame.tell)(Report::Session(SessionChanged {
                status: frame.session.status(),
                reason,
            }));
        }
    }

    fn keep(&self, frame: &Frame<'_>) {
        if let (Some(credentials), Some(data)) = (frame.credentials, frame.session.data()) {
            self.order(StoreJob::save(credentials.app_id(), data));
        }
    }

    fn order(&self, job: StoreJob) {
        if let Some(worker) = &self.worker {
            let reporter = self.reporter();
            worker.send(
                job,
                Box::new(move |stored| _ = reporter.report(News::StoreEvent(stored))),
            );
        }
    }
}
