//! The session: restoring, storing and ending it, and the requests that wait for one.

use odnoklassniki::ErrorCode;

use super::context::{Context, Driver};
use super::effects::{Effects, SignJob};
use super::events::Event;
use super::listeners::CallbackCommand;
use super::pending::{EndReason, PendingRecord};
use super::submit::current_signer;
use crate::error::{RequestError, RequestErrorKind};
use crate::request::{CancelledBy, Finished, LoggedIn, Outcome};
use crate::session::{
    OkSession, STORE_TIMEOUT, SessionChange, SessionChanged, StoreError, StoreErrorKind,
    StoreEvent, StoreJob,
};

impl Driver {
    /// Handles a change of the session, whoever made it, and notifies the game.
    pub(super) fn session_changed(
        &mut self,
        reason: SessionChange,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        match &reason {
            SessionChange::LoggedIn | SessionChange::Accepted => {
                self.exchanging = None;
                save(context, effects);
                self.send_waiting(context, effects);
                // The session came without its key, or has expired already. Another login would
                // bring the same.
                self.end_waiting(&not_logged_in(context), context, effects);
            }
            SessionChange::Restored => {
                self.send_waiting(context, effects);
                if context.session.is_logged_in() {
                    self.end_waiting(&not_logged_in(context), context, effects);
                } else {
                    effects.events.push(Event::LoginMayBeNeeded);
                }
            }
            SessionChange::ExchangeFailed => {
                self.exchanging = None;
                let text = "the game's backend made no session of the code";
                let error = RequestError::new(RequestErrorKind::NotLoggedIn, text);
                self.end_waiting(&Outcome::Failed(error), context, effects);
            }
            // The requests that waited for the store need a login now.
            SessionChange::NothingStored
            | SessionChange::StoreFailed(_)
            | SessionChange::Expired => effects.events.push(Event::LoginMayBeNeeded),
            SessionChange::LoggedOut | SessionChange::Refused => {
                effects.store.push(StoreJob::Clear);
            }
            SessionChange::LoginStarted | SessionChange::LoginEnded => {}
        }
        effects.session_changed(SessionChanged {
            status: context.session.status(),
            reason,
        });
    }

    /// Signs the requests that have waited for a session.
    fn send_waiting(&mut self, context: &mut Context<'_>, effects: &mut Effects) {
        let signer = current_signer(context).filter(|_| context.session.is_logged_in());
        let Some(signer) = signer else {
            return;
        };
        while let Some(id) = self.requests.find(PendingRecord::waits_for_session) {
            let Some(record) = self.requests.get_mut(id) else {
                return;
            };
            let Some(page) = record.start_signing() else {
                return;
            };
            if let Some(widget) = record.data.widget_mut() {
                widget.session = context.session.serial();
                widget.signer = Some(signer.clone());
            }
            if signer.is_remote() {
                if context.config.opens_unsigned() {
                    record.data.opened = context.now;
                    effects.open.extend(record.open_job());
                }
                let timeout = context.now + context.config.signing_timeout;
                let deadline = timeout.min(record.data.deadline.at);
                let command = CallbackCommand::SetDeadline(record.data.listener, id, deadline);
                effects.callbacks.push(command);
                effects.sign.push(SignJob {
                    id,
                    page: *page,
                    signer: signer.clone(),
                });
                continue;
            }
            match page.sign(&signer) {
                Ok(page) => self.signed(id, page, context, effects),
                Err(error) => self.end(id, EndReason::Failed(error), context, effects),
            }
        }
    }

    /// Ends the requests that wait for a session which will not come, in the same way as the login.
    pub(super) fn end_waiting(
        &mut self,
        outcome: &Outcome<LoggedIn>,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        while let Some(id) = self.requests.find(PendingRecord::waits_for_session) {
            let end = match outcome {
                Outcome::Cancelled(by) => EndReason::Cancelled(*by),
                Outcome::TimedOut => EndReason::TimedOut,
                Outcome::Failed(error) => EndReason::Failed(error.clone()),
                Outcome::Completed(_) => EndReason::Failed(context.session.not_logged_in()),
            };
            self.end(id, end, context, effects);
        }
    }

    /// Logs the player out: wipes the session and ends every request, so that no page of this
    /// player opens any more.
    pub(super) fn log_out(&mut self, context: &mut Context<'_>, effects: &mut Effects) {
        context.session.end(SessionChange::LoggedOut);
        effects.logs_out = true;
        self.exchanging = None;
        while let Some(id) = self.requests.find(|_| true) {
            let reason = EndReason::Cancelled(CancelledBy::Game);
            self.end(id, reason, context, effects);
        }
        for finished in context.results.recently_finished() {
            // A link that could not be opened still shows a page with the token in its URL.
            let kind = finished.error().map(RequestError::kind);
            if kind == Some(RequestErrorKind::CannotOpen) {
                let command = CallbackCommand::DropLink(finished.id());
                effects.callbacks.push(command);
            }
            if let Finished::Login(login) = finished
                && let Some(LoggedIn::Code(code)) = login.outcome.completed()
            {
                drop(code.take());
            }
        }
    }
}

/// Ends a session that OK refuses: only OK knows for certain that it has ended. `session` is that
/// of the request.
pub(super) fn end_rejected_session(session: u64, finished: &Finished, current: &mut OkSession) {
    let is_rejected = matches!(
        finished.error().and_then(RequestError::code),
        Some(ErrorCode::PARAM_SESSION_EXPIRED | ErrorCode::PARAM_SESSION_KEY)
    );
    if is_rejected && current.data().is_some() && current.serial() == session {
        current.end(SessionChange::Refused);
    }
}

/// Loads the session of an earlier run, unless the game has given a newer one.
pub(super) fn restore(context: &mut Context<'_>, effects: &mut Effects) {
    if let Some(credentials) = context.credentials
        && context.session.data().is_none()
    {
        context.session.set_restoring();
        let app_id = credentials.app_id().to_owned();
        effects.store.push(StoreJob::Load { app_id });
    }
}

pub(super) fn stored(event: StoreEvent, context: &mut Context<'_>) {
    let session = &mut *context.session;
    match event {
        StoreEvent::Failed(error) => session.store_failed(error),
        // Unless the player has logged in or out meanwhile.
        StoreEvent::Loaded(Ok(Some(data))) => {
            if session.accepts_restored() {
                session.restore(data);
            }
        }
        StoreEvent::Loaded(Err(error)) => {
            session.stop_restoring();
            session.store_failed(error);
        }
        StoreEvent::Loaded(Ok(None)) => {
            let was_restoring = session.is_restoring();
            session.stop_restoring();
            if was_restoring {
                session.changed(SessionChange::NothingStored);
            }
        }
    }
}

/// Lets requests go on without the slow store. A session that it brings later still counts.
pub(super) fn store_is_slow(context: &mut Context<'_>) {
    if context.session.is_restoring() {
        context.session.mark_store_slow();
        log::warn!("the session store is slow; requests go on without it");
        let text = format!(
            "the session store did not respond within {} s",
            STORE_TIMEOUT.as_secs()
        );
        context
            .session
            .store_failed(StoreError::new(StoreErrorKind::Unavailable, text));
    }
}

fn not_logged_in(context: &Context<'_>) -> Outcome<LoggedIn> {
    Outcome::Failed(context.session.not_logged_in())
}

fn save(context: &Context<'_>, effects: &mut Effects) {
    if let (Some(credentials), Some(data)) = (context.credentials, context.session.data()) {
        effects
            .store
            .push(StoreJob::save(credentials.app_id(), data));
    }
}
