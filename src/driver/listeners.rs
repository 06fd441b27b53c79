//! The callback listeners: one for the widgets, and one for the login on its registered URI.

use core::time::Duration;
use std::sync::Arc;

use bevy_platform::time::Instant;
use callback_listener::{
    CallbackCounters, CallbackEvent, LinkToken, Listener, ListenerConfig, OneTimeLink, PageUrl,
    PendingCallback, RedirectUri, ReturnToken,
};
use zeroize::Zeroizing;

use super::events::{Event, EventSender, ListenerId, ListenerKind};
use super::pages::PAGES;
use crate::error::RequestError;
use crate::opener;
use crate::request::callback::ReceivedCallback;
use crate::request::{NoticeKind, RequestId};

/// Where callbacks can come to. A listener is started when it is first asked.
///
/// # Errors
///
/// No port can be bound, or callbacks cannot reach this platform.
pub(crate) trait Addresses {
    /// Returns the link to a request's page.
    fn one_time_link(
        &mut self,
        kind: ListenerKind,
        token: &LinkToken,
    ) -> Result<OneTimeLink, RequestError>;

    /// Returns where OK's widgets send the player back to.
    fn return_url(&mut self, token: &ReturnToken) -> Result<Zeroizing<String>, RequestError>;

    /// Returns where OK's login sends the player back to: a registered URI, with its port.
    fn redirect_uri(&mut self) -> Result<String, RequestError>;

    /// Returns whether this listener still runs, or was the last of its kind.
    fn is_current(&self, listener: ListenerId) -> bool;
}

/// What becomes of a callback that is waited for.
pub(crate) enum CallbackCommand {
    Register(ListenerKind, PendingCallback<RequestId, ReceivedCallback>),
    /// The link leads to this page from now on, and the request may take until the deadline.
    SetPage(RequestId, PageUrl, Instant),
    /// The old link is dead.
    RenewLink(ListenerKind, RequestId, LinkToken),
    /// The request is over. What still comes for it within `remembered` is known as late.
    Retire {
        kind: ListenerKind,
        id: RequestId,
        remembered: Duration,
        /// The link still leads to its page: the player may open it by hand.
        keep_link: bool,
    },
    /// A listener that was started for a request that could not be sent: nothing would ever end it.
    StopIfUnused(ListenerKind),
    /// It has said that it is idle.
    StopIfIdle {
        listener: ListenerId,
        added: u64,
    },
    /// It has failed.
    Stop(ListenerId),
}

/// Both listeners, each while it is needed.
pub(crate) struct Listeners {
    widgets: Option<Running>,
    login: Option<Running>,
    /// How many listeners there were.
    generations: u64,
    redirect_uris: Vec<RedirectUri>,
    sender: EventSender,
    counters: Arc<CallbackCounters>,
}

struct Running {
    listener: Listener<RequestId, ReceivedCallback>,
    id: ListenerId,
    /// How many callbacks it was to wait for.
    added: u64,
}

impl Listeners {
    pub(crate) fn new(
        redirect_uris: Vec<RedirectUri>,
        sender: EventSender,
        counters: Arc<CallbackCounters>,
    ) -> Self {
        Self {
            widgets: None,
            login: None,
            generations: 0,
            redirect_uris,
            sender,
            counters,
        }
    }

    /// Carries out what the driver wants. Never waits for a listener's thread. Returns what follows
    /// if a callback cannot be registered, because the listener has died.
    pub(crate) fn execute(&mut self, command: CallbackCommand) -> Option<Event> {
        match command {
            CallbackCommand::Register(kind, callback) => {
                let mut lost = ListenerId {
                    kind,
                    generation: 0,
                };
                if let Some(running) = self.slot(kind) {
                    lost = running.id;
                    running.added += 1;
                    if running.listener.add(callback).is_ok() {
                        return None;
                    }
                }
                let why = "the callback listener has died".to_owned();
                return Some(Event::ListenerLost(lost, why));
            }
            CallbackCommand::SetPage(id, page, deadline) => {
                if let Some(running) = &self.widgets {
                    running.listener.set_page(id, page);
                    running.listener.set_deadline(id, deadline);
                }
            }
            CallbackCommand::RenewLink(kind, id, link_token) => {
                if let Some(running) = self.slot(kind) {
                    running.listener.renew_link(id, link_token);
                }
            }
            CallbackCommand::Retire {
                kind,
                id,
                remembered,
                keep_link,
            } => {
                if let Some(running) = self.slot(kind) {
                    running.listener.retire(id, remembered, keep_link);
                }
            }
            CallbackCommand::StopIfUnused(kind) => self.stop_if(kind, |running| running.added == 0),
            CallbackCommand::StopIfIdle { listener, added } => {
                // An idle moment before the latest callback is over.
                self.stop_if(listener.kind, |running| {
                    running.id == listener && running.added == added
                });
                opener::reap();
            }
            CallbackCommand::Stop(listener) => {
                self.stop_if(listener.kind, |running| running.id == listener);
            }
        }
        None
    }

    /// Lets the timeout of a pending request pass now, on the way of a real one: the listener's
    /// thread decides.
    #[cfg(feature = "sandbox")]
    #[allow(dead_code, reason = "the test kit is not for every target")]
    pub(crate) fn pass_timeout(&self, id: RequestId) {
        for running in [&self.widgets, &self.login].into_iter().flatten() {
            running.listener.set_deadline(id, Instant::now());
        }
    }

    /// No thread and no socket while nothing is pending and no late callback is waited for. Does not
    /// wait for the thread: this is a frame.
    fn stop_if(&mut self, kind: ListenerKind, is_over: impl FnOnce(&Running) -> bool) {
        if let Some(running) = self.slot(kind).take_if(|running| is_over(running)) {
            running.listener.stop();
        }
    }

    fn slot(&mut self, kind: ListenerKind) -> &mut Option<Running> {
        match kind {
            ListenerKind::Widgets => &mut self.widgets,
            ListenerKind::Login => &mut self.login,
        }
    }

    /// Returns the listener, started if there is none.
    fn ensure(
        &mut self,
        kind: ListenerKind,
    ) -> Result<&Listener<RequestId, ReceivedCallback>, RequestError> {
        let running = match self.slot(kind).take() {
            Some(running) => running,
            None => self.start(kind)?,
        };
        Ok(&self.slot(kind).insert(running).listener)
    }

    fn start(&mut self, kind: ListenerKind) -> Result<Running, RequestError> {
        self.generations += 1;
        let generation = self.generations;
        let id = ListenerId { kind, generation };
        let sender = self.sender.clone();
        let notify = move |event| sender.send(event_of(id, event));
        let config = ListenerConfig {
            redirect_uris: match kind {
                ListenerKind::Widgets => Vec::new(),
                ListenerKind::Login => self.redirect_uris.clone(),
            },
            counters: Arc::clone(&self.counters),
            pages: PAGES,
            service: "OK",
            log_target: "bevy_odnoklassniki",
            thread_name: match kind {
                ListenerKind::Widgets => "ok-callback",
                ListenerKind::Login => "ok-login",
            },
        };
        let listener =
            Listener::start(config, notify).map_err(|error| RequestError::no_port(&error))?;
        Ok(Running {
            listener,
            id,
            added: 0,
        })
    }
}

/// Returns what a listener's event means to the driver.
fn event_of(listener: ListenerId, event: CallbackEvent<RequestId, ReceivedCallback>) -> Event {
    match event {
        CallbackEvent::Visited(id) => Event::Visited(id),
        CallbackEvent::Received(id, callback) => Event::CallbackReceived(id, callback),
        CallbackEvent::Expired(id) => Event::TimedOut(id),
        CallbackEvent::LinkReused(id) => Event::Noticed(id, NoticeKind::LinkUsedAgain),
        CallbackEvent::StateMismatch(id) => Event::Noticed(id, NoticeKind::UnexpectedCallback),
        CallbackEvent::Idle { added } => Event::ListenerIdle { listener, added },
        CallbackEvent::Lost(why) => Event::ListenerLost(listener, why),
    }
}

impl Addresses for Listeners {
    fn one_time_link(
        &mut self,
        kind: ListenerKind,
        token: &LinkToken,
    ) -> Result<OneTimeLink, RequestError> {
        Ok(self.ensure(kind)?.one_time_link(token))
    }

    fn return_url(&mut self, token: &ReturnToken) -> Result<Zeroizing<String>, RequestError> {
        Ok(self.ensure(ListenerKind::Widgets)?.return_url(token))
    }

    fn redirect_uri(&mut self) -> Result<String, RequestError> {
        let uri = self.ensure(ListenerKind::Login)?.redirect_uri();
        Ok(uri.unwrap_or_default().to_owned())
    }

    fn is_current(&self, listener: ListenerId) -> bool {
        let slot = match listener.kind {
            ListenerKind::Widgets => &self.widgets,
            ListenerKind::Login => &self.login,
        };
        slot.as_ref().is_none_or(|running| running.id == listener)
    }
}

#[cfg(test)]
mod tests;
