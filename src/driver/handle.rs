//! [`Driver::handle`]: an event in, effects out.

use core::time::Duration;

use bevy_platform::time::Instant;
use callback_listener::TOMBSTONE;

use super::context::{Context, Driver};
use super::effects::Effects;
use super::events::{Event, ListenerId, PageNumber};
use super::listeners::CallbackCommand;
use super::pending::{Access, Details, EndReason, PendingRecord, WidgetDetails};
use super::session;
use super::state::{RequestEvent, Transition};
use super::submit::current_signer;
use super::tokens::link_token;
use crate::error::{RequestError, RequestErrorKind};
use crate::opener::{BlockedPopup, OpenError, PageEvent};
use crate::platform;
use crate::request::callback::CallbackFacts;
use crate::request::{CancelledBy, Finished, NoticeKind, Outcome, PendingRequest, RequestId};

/// An equal request, or another [`ReopenRequest`](crate::ReopenRequest), within this time is a
/// double click: the page is about to appear.
pub(super) const DOUBLE_CLICK: Duration = Duration::from_secs(1);

impl Driver {
    /// Handles one event. Whatever the order of events, a submitted request ends exactly once.
    pub(crate) fn handle(&mut self, event: Event, context: &mut Context<'_>) -> Effects {
        let mut all = Effects::default();
        let effects = &mut all;
        match event {
            Event::Submitted(submission) => self.submit(*submission, context, effects),
            Event::CancelledBeforeSend(request) => {
                if !self.is_known(request.id, context) {
                    let outcome = Outcome::Cancelled(CancelledBy::Game);
                    let finished = Finished::not_completed(request.kind, request.id, outcome);
                    effects.finished(finished.with_origin(request.origin()));
                }
            }
            Event::CancelRequested(id) => self.cancel(id, context, effects),
            Event::ReopenRequested(id) => self.reopen(id, context, effects),
            Event::LogoutRequested => self.log_out(context, effects),
            Event::Visited(id) => self.opened(id, effects),
            Event::CallbackReceived(id, callback) => {
                self.end(id, EndReason::Callback(callback), context, effects);
            }
            Event::TimedOut(id) => self.end(id, EndReason::TimedOut, context, effects),
            Event::Noticed(id, kind) => self.notice(id, kind, effects),
            Event::ListenerIdle { listener, added } => {
                let command = CallbackCommand::StopIfIdle { listener, added };
                effects.callbacks.push(command);
            }
            Event::ListenerLost(listener, why) => {
                self.listener_lost(listener, &why, context, effects);
            }
            Event::Page(id, number, event) => {
                // What happens to an earlier page does not apply to the current one.
                if self.is_current_page(id, number) {
                    self.page_event(id, event, context, effects);
                }
            }
            Event::Signed(id, Ok(page)) => self.signed(id, page, context, effects),
            Event::Signed(id, Err(error)) => {
                self.end(id, EndReason::Failed(error), context, effects);
            }
            Event::Resumed(resumed) => self.resume(*resumed, context, effects),
            Event::FirstFrame => session::restore(context, effects),
            Event::Store(event) => session::stored(event, context),
            Event::StoreTimedOut => session::store_is_slow(context),
            // The runtime releases what has waited for it.
            Event::PendingStored => {}
            Event::SessionChanged(change) => self.session_changed(change, context, effects),
            Event::LoginMayBeNeeded => self.log_in_for_waiting(context, effects),
            Event::SessionWaitEnded(outcome) => self.end_waiting(&outcome, context, effects),
        }
        all
    }

    /// Returns the pending requests, as the game sees them.
    pub(crate) fn pending(&self) -> Vec<PendingRequest> {
        self.requests.iter().map(PendingRecord::view).collect()
    }

    /// Returns whether a request is pending and its page is the one with this number.
    pub(super) fn is_current_page(&self, id: RequestId, number: PageNumber) -> bool {
        let is_current = |record: &PendingRecord| record.data.page == number;
        self.requests.get(id).is_some_and(is_current)
    }

    pub(crate) fn is_logging_in(&self) -> bool {
        self.requests.login().is_some()
    }

    /// Notes that the opener has received a page, or that a browser has fetched it.
    fn opened(&mut self, id: RequestId, effects: &mut Effects) {
        if self.requests.apply(id, RequestEvent::Opened) != Transition::Opened {
            return;
        }
        if let Some(record) = self.requests.get(id) {
            let link = record.data.link();
            record.ids().for_each(|id| effects.opened(id, link));
        }
    }

    fn page_event(
        &mut self,
        id: RequestId,
        event: PageEvent,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        match event {
            PageEvent::Opened => self.opened(id, effects),
            PageEvent::CannotOpen(error) => self.cannot_open(id, error, context, effects),
            PageEvent::Closed => self.notice(id, NoticeKind::WindowClosed, effects),
            PageEvent::WindowWanted => {
                // No double click of the player's.
                if let Some(record) = self.requests.get_mut(id) {
                    record.data.reopened = None;
                }
                self.reopen(id, context, effects);
            }
            PageEvent::ReturnPageMissing => {
                let page = context.config.return_page.as_deref().unwrap_or_default();
                let error = RequestError::no_return_page(page);
                self.end(id, EndReason::Failed(error), context, effects);
            }
            PageEvent::Lost(why) => {
                let text = format!("the page was lost: {why}");
                let error = RequestError::new(RequestErrorKind::PageLost, text);
                self.end(id, EndReason::Failed(error), context, effects);
            }
            PageEvent::Cancelled => {
                let reason = EndReason::Cancelled(CancelledBy::Player);
                self.end(id, reason, context, effects);
            }
        }
    }

    fn cannot_open(
        &mut self,
        id: RequestId,
        error: OpenError,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        let is_opening = (self.requests.get(id))
            .is_some_and(|record| record.is_opening() || record.waits_for_signature());
        let asks = context.config.blocked_popup == BlockedPopup::Button;
        if error.is_popup_blocked() && is_opening && asks {
            return self.ask_for_a_click(id, effects);
        }
        let is_hosted = (self.requests.get(id))
            .is_some_and(|record| record.is_opening() && record.data.link().is_none());
        if error.is_use_browser() && is_hosted && platform::HAS_CALLBACKS {
            log::warn!("{id} opens in the browser: {error}");
            return self.open_in_browser(id, context, effects);
        }
        match self.requests.apply(id, RequestEvent::CannotOpen) {
            Transition::CannotOpen => self.end(id, EndReason::CannotOpen(error), context, effects),
            Transition::CannotReopen => {
                // The opener failed, so another try at once is no double click.
                if let Some(record) = self.requests.get_mut(id) {
                    record.data.reopened = None;
                }
                effects.notice(id, NoticeKind::CannotReopen);
            }
            Transition::Nothing | Transition::Opened => {}
        }
    }

    pub(super) fn notice(&self, id: RequestId, kind: NoticeKind, effects: &mut Effects) {
        if let Some(record) = self.requests.get(id) {
            record.ids().for_each(|id| effects.notice(id, kind));
        }
    }

    /// Shows the player a button for a window that the browser blocked. The request goes on.
    fn ask_for_a_click(&self, id: RequestId, effects: &mut Effects) {
        self.notice(id, NoticeKind::PopupBlocked, effects);
        if let Some(record) = self.requests.get(id) {
            let link = record.data.link().cloned();
            let number = record.data.page;
            effects.prompts.extend(link.map(|link| (id, number, link)));
        }
    }

    /// Ends a request, if it is pending.
    pub(super) fn end(
        &mut self,
        id: RequestId,
        end: EndReason,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        let Some(record) = self.requests.remove(id) else {
            return;
        };
        if !matches!(end, EndReason::Callback(_)) {
            effects.callbacks.push(retire(&record, &end, context.now));
        }
        match &record.data.details {
            Details::Login(login) => self.login_ended(&record, login, end, context, effects),
            Details::Widget(widget) => widget_ended(&record, widget, end, context, effects),
        }
    }

    /// Cancels a request for the game.
    fn cancel(&mut self, id: RequestId, context: &mut Context<'_>, effects: &mut Effects) {
        if let Some(id) = self.requests.resolve(id) {
            let reason = EndReason::Cancelled(CancelledBy::Game);
            return self.end(id, reason, context, effects);
        }
        // It may have ended as `CannotOpen`, with a link that still works.
        effects.callbacks.push(CallbackCommand::DropLink(id));
    }

    /// Opens the page of a pending request with a new link.
    fn reopen(&mut self, id: RequestId, context: &mut Context<'_>, effects: &mut Effects) {
        let page = self.page_of(id).filter(|_| !context.is_exiting);
        let Some(record) = page.and_then(|id| self.requests.get_mut(id)) else {
            return;
        };
        let (id, kind) = (record.id(), record.data.listener);
        let is_double_click = |at| context.now.saturating_duration_since(at) < DOUBLE_CLICK;
        if !record.has_page() || record.data.reopened.is_some_and(is_double_click) {
            return;
        }
        if !record.can_reopen() {
            return effects.notice(id, NoticeKind::CannotReopen);
        }
        if let Access::Link(link) = &mut record.data.access {
            let renewed = link_token().and_then(|token| {
                let link = context.listeners.one_time_link(kind, &token)?;
                Ok((token, link))
            });
            let Ok((token, renewed)) = renewed else {
                return effects.notice(id, NoticeKind::CannotReopen);
            };
            *link = renewed;
            effects
                .callbacks
                .push(CallbackCommand::RenewLink(kind, id, token));
        }
        record.data.page += 1;
        record.data.opened = context.now;
        record.data.reopened = Some(context.now);
        effects.open.extend(record.open_job());
        self.requests.apply(id, RequestEvent::Reopening);
    }

    /// Reopens a page, unless it has just been opened. A click that is no double click means that
    /// the player has lost the page.
    pub(super) fn reopen_unless_just_opened(
        &mut self,
        id: RequestId,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        let page = self.page_of(id).and_then(|id| self.requests.get(id));
        let was_just_opened = |record: &PendingRecord| {
            context.now.saturating_duration_since(record.data.opened) < DOUBLE_CLICK
        };
        if page.is_some_and(|record| !was_just_opened(record)) {
            self.reopen(id, context, effects);
        }
    }

    /// Ends the requests of a listener that has failed, but not those of a later listener.
    fn listener_lost(
        &mut self,
        listener: ListenerId,
        why: &str,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        if !context.listeners.is_current(listener) {
            return;
        }
        effects.callbacks.push(CallbackCommand::Stop(listener));
        let is_lost = |record: &PendingRecord| record.data.listener == listener.kind;
        while let Some(id) = self.requests.find(is_lost) {
            let error = RequestError::new(RequestErrorKind::ListenerLost, why);
            self.end(id, EndReason::Failed(error), context, effects);
        }
    }

    /// Returns the request whose page the player needs next for request `id`: its own, or the
    /// login's.
    fn page_of(&self, id: RequestId) -> Option<RequestId> {
        let record = self.requests.get(self.requests.resolve(id)?)?;
        if record.waits_for_session() {
            self.requests.login()
        } else {
            Some(record.id())
        }
    }

    /// Returns whether a request was written before. The message cannot be cloned, but a game can
    /// still send an id twice.
    pub(super) fn is_known(&self, id: RequestId, context: &Context<'_>) -> bool {
        let is_known = self.requests.resolve(id).is_some()
            || context.results.finished(id).is_some()
            || context.held.has_result(id);
        if is_known {
            log::warn!("{id} was written twice; the second time does not count");
        }
        is_known
    }
}

/// Returns the listener's command for a request that ended without a callback.
fn retire(request: &PendingRecord, end: &EndReason, now: Instant) -> CallbackCommand {
    let could_not_open = matches!(end, EndReason::CannotOpen(_));
    let rest = request.data.deadline.at.saturating_duration_since(now);
    CallbackCommand::Retire {
        kind: request.data.listener,
        id: request.id(),
        // The listener keeps the port: a program that binds it next must not get a late token.
        remembered: match request.is_login() && !could_not_open {
            true => rest.max(TOMBSTONE),
            false => TOMBSTONE,
        },
        // For that time the player can open the link by hand.
        keep_link: could_not_open && !request.is_login(),
    }
}

fn widget_ended(
    record: &PendingRecord,
    widget: &WidgetDetails,
    end: EndReason,
    context: &mut Context<'_>,
    effects: &mut Effects,
) {
    let (id, kind) = (record.id(), record.data.kind);
    // The player of the present session has most likely sent what an earlier run has opened.
    let signer = widget.signer.clone().or_else(|| current_signer(context));
    let was_sent = widget.signer.is_some() || record.was_opened();
    let finished = match end {
        EndReason::Callback(callback) if was_sent => {
            let facts = CallbackFacts {
                id,
                signer: signer.as_deref(),
                signature: widget.signature.as_ref(),
                own_state: widget.has_own_state(),
            };
            Finished::from_callback(kind, callback, &facts)
        }
        EndReason::TimedOut if record.waits_for_signature() => {
            let text = "the signing backend did not respond in time";
            let error = RequestError::new(RequestErrorKind::Network, text);
            Finished::not_completed(kind, id, Outcome::Failed(error))
        }
        end => Finished::not_completed(kind, id, record.data.not_completed(end)),
    };
    session::end_rejected_session(widget.session, &finished, context.session);
    effects.finished(finished.with_origin(record.data.origin.clone()));
}
