//! [`Driver::handle`]: an event in, effects out.

use core::time::Duration;

use bevy_platform::time::Instant;
use callback_listener::TOMBSTONE;

use super::context::{Context, Driver, End, RequestEvent};
use super::effects::Effects;
use super::events::{Event, ListenerKind};
use super::listeners::CallbackCommand;
use super::pending::{Pending, PendingRecord};
use super::session;
use super::state::Transition;
use super::tokens::link_token;
use crate::error::{RequestError, RequestErrorKind};
use crate::request::callback::CallbackFacts;
use crate::request::submission::Payload;
use crate::request::{
    CancelledBy, Ending, Finished, MAX_TIMEOUT, NoticeKind, PendingRequest, RequestId,
};

/// An equal request, or the same wish to open a page again, within this time is a double click: the
/// page is on its way.
pub(super) const DOUBLE_CLICK: Duration = Duration::from_secs(1);

impl Driver {
    /// Handles one event. Whatever happens, a request that was submitted ends exactly once.
    pub(crate) fn handle(&mut self, event: Event, context: &mut Context<'_>) -> Effects {
        let effects = &mut Effects::default();
        match event {
            Event::Submitted(submission) => self.submit(*submission, context, effects),
            Event::SubmittedInVain(kind, id) => {
                if !self.is_known(id, context) {
                    let ending = Ending::Cancelled(CancelledBy::Game);
                    effects.finished(Finished::without_callback(kind, id, ending));
                }
            }
            Event::CancelRequested(id) => self.cancel(id, context, effects),
            Event::ReopenRequested(id) => self.reopen(id, context, effects),
            Event::LogoutRequested => self.log_out(context, effects),
            Event::Visited(id) => self.apply(id, RequestEvent::Opened, context, effects),
            Event::CallbackReceived(id, callback) => {
                self.end(id, End::Callback(callback), context, effects);
            }
            Event::TimedOut(id) => self.end(id, End::TimedOut, context, effects),
            Event::Noticed(id, kind) => {
                if let Some(record) = self.requests.get(id) {
                    record.body.ids().for_each(|id| effects.notice(id, kind));
                }
            }
            Event::ListenerLost(kind, why) => self.listener_lost(kind, &why, context, effects),
            Event::Opened(id, link, result) => {
                // The opener of an earlier link says nothing about the present one.
                if self
                    .requests
                    .get(id)
                    .is_some_and(|record| record.body.link == link)
                {
                    let event =
                        result.map_or_else(RequestEvent::CannotOpen, |()| RequestEvent::Opened);
                    self.apply(id, event, context, effects);
                }
            }
            Event::Signed(id, Ok(page)) => self.signed(id, page, context, effects),
            Event::Signed(id, Err(error)) => self.end(id, End::Failed(error), context, effects),
            Event::StoreReady => session::restore(context, effects),
            Event::Store(event) => session::stored(event, context),
            Event::StoreIsSlow => session::store_is_slow(context),
            Event::SessionChanged(change) => self.session_changed(change, context, effects),
            Event::LoginNeeded => self.log_in_for_waiting(context, effects),
            Event::SessionWaitEnded(outcome) => self.end_waiting(&outcome, context, effects),
        }
        core::mem::take(effects)
    }

    /// Returns what a game can look up about the pending requests.
    pub(crate) fn pending(&self) -> Vec<PendingRequest> {
        self.requests.iter().map(PendingRecord::view).collect()
    }

    pub(crate) fn is_logging_in(&self) -> bool {
        self.requests.login().is_some()
    }

    /// Lets something happen to a request, and says what follows.
    pub(super) fn apply(
        &mut self,
        id: RequestId,
        event: RequestEvent,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        match self.requests.apply(id, event) {
            Transition::Nothing => {}
            Transition::Opened => {
                if let Some(record) = self.requests.get(id) {
                    record
                        .body
                        .ids()
                        .for_each(|id| effects.opened(id, &record.body.link));
                }
            }
            Transition::CannotReopen => {
                // Trying again at once is no double click.
                if let Some(record) = self.requests.get_mut(id) {
                    record.body.reopened = None;
                }
                effects.notice(id, NoticeKind::CannotReopen);
            }
            Transition::Ended {
                body,
                end,
                unsigned,
            } => {
                if !matches!(end, End::Callback(_)) {
                    effects.callbacks.push(retire(&body, &end, context.now));
                }
                match body.submission.payload {
                    Payload::Login(_) => self.login_ended(&body, end, context, effects),
                    Payload::Widget(_) => widget_ended(&body, end, unsigned, context, effects),
                }
            }
        }
    }

    pub(super) fn end(
        &mut self,
        id: RequestId,
        end: End,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        self.apply(id, RequestEvent::Ended(end), context, effects);
    }

    /// Ends a request in the game's name.
    fn cancel(&mut self, id: RequestId, context: &mut Context<'_>, effects: &mut Effects) {
        if let Some(id) = self.requests.resolve(id) {
            return self.end(id, End::Cancelled(CancelledBy::Game), context, effects);
        }
        // It may have ended as `CannotOpen`, with a link that still works. How long it is
        // remembered stays as it is.
        for kind in [ListenerKind::Widgets, ListenerKind::Login] {
            effects.callbacks.push(CallbackCommand::Retire {
                kind,
                id,
                remembered: MAX_TIMEOUT,
                keep_link: false,
            });
        }
    }

    /// Opens the page of a pending request with a new link.
    fn reopen(&mut self, id: RequestId, context: &mut Context<'_>, effects: &mut Effects) {
        let page = self.page_of(id).filter(|_| !context.is_exiting);
        let Some(record) = page.and_then(|id| self.requests.get_mut(id)) else {
            return;
        };
        let (id, kind) = (record.id(), record.body.listener());
        let is_double_click = |at| context.now.saturating_duration_since(at) < DOUBLE_CLICK;
        if !record.has_page() || record.body.reopened.is_some_and(is_double_click) {
            return;
        }
        let renewed = link_token().and_then(|token| {
            let link = context.addresses.one_time_link(kind, &token)?;
            Ok((token, link))
        });
        let Ok((token, link)) = renewed else {
            return effects.notice(id, NoticeKind::CannotReopen);
        };
        record.body.link = link.clone();
        record.body.opened = context.now;
        record.body.reopened = Some(context.now);
        effects
            .callbacks
            .push(CallbackCommand::RenewLink(kind, id, token));
        effects.open.push((id, link));
        self.apply(id, RequestEvent::Reopening, context, effects);
    }

    /// A click that is not the second half of a double click means that the player misses the page.
    pub(super) fn reopen_unless_just_opened(
        &mut self,
        id: RequestId,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        let page = self.page_of(id).and_then(|id| self.requests.get(id));
        let is_on_its_way = |record: &PendingRecord| {
            context.now.saturating_duration_since(record.body.opened) < DOUBLE_CLICK
        };
        if page.is_some_and(|record| !is_on_its_way(record)) {
            self.reopen(id, context, effects);
        }
    }

    fn listener_lost(
        &mut self,
        kind: ListenerKind,
        why: &str,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        while let Some(id) = self.requests.find(|record| record.body.listener() == kind) {
            let error = RequestError::new(RequestErrorKind::ListenerLost, why);
            self.end(id, End::Failed(error), context, effects);
        }
    }

    /// Returns the request whose page the player of request `id` waits for.
    fn page_of(&self, id: RequestId) -> Option<RequestId> {
        let record = self.requests.get(self.requests.resolve(id)?)?;
        if record.waits_for_session() {
            self.requests.login()
        } else {
            Some(record.id())
        }
    }

    /// Returns whether a request was written before. It cannot be cloned, but a game can be wrong
    /// in other ways.
    pub(super) fn is_known(&self, id: RequestId, context: &Context<'_>) -> bool {
        let is_known =
            self.requests.resolve(id).is_some() || context.finished.finished(id).is_some();
        if is_known {
            log::warn!("{id} was written twice; the second time does not count");
        }
        is_known
    }
}

/// Returns what the listener is to do about a request that ended without a callback.
fn retire(request: &Pending, end: &End, now: Instant) -> CallbackCommand {
    let could_not_open = matches!(end, End::CannotOpen(_));
    let rest = request.deadline.saturating_duration_since(now);
    CallbackCommand::Retire {
        kind: request.listener(),
        id: request.submission.id,
        // A late token must not fall to a program that has the port next.
        remembered: match request.is_login() && !could_not_open {
            true => rest.max(TOMBSTONE),
            false => TOMBSTONE,
        },
        // For that time the link leads a player on who opens it by hand.
        keep_link: could_not_open && !request.is_login(),
    }
}

fn widget_ended(
    request: &Pending,
    end: End,
    unsigned: bool,
    context: &mut Context<'_>,
    effects: &mut Effects,
) {
    let (id, kind) = (request.submission.id, request.submission.kind);
    let finished = match (end, &request.signer) {
        (End::Callback(callback), Some(signer)) => {
            let facts = CallbackFacts {
                id,
                signer,
                signature: request.signature.as_ref(),
                own_state: request.has_own_state(),
            };
            Finished::from_callback(kind, callback, &facts)
        }
        (End::TimedOut, _) if unsigned => {
            let text = "the signing backend did not answer in time";
            let error = RequestError::new(RequestErrorKind::Network, text);
            Finished::without_callback(kind, id, Ending::Failed(error))
        }
        (end, _) => Finished::without_callback(kind, id, request.ending(end)),
    };
    session::end_rejected_session(request.session, &finished, context.session);
    effects.finished(finished);
}
