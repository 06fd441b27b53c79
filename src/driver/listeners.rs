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

/// What the driver asks the listeners at once. The first call for a kind starts its listener.
///
/// # Errors
///
/// Each method returns an error if no port can be bound, or if callbacks cannot reach this
/// platform.
pub(crate) trait CallbackListeners {
    /// Returns the link to a request's page.
    fn one_time_link(
        &mut self,
        kind: ListenerKind,
        token: &LinkToken,
    ) -> Result<OneTimeLink, RequestError>;

    /// Returns the URL to which OK's widgets send the player back.
    fn return_url(&mut self, token: &ReturnToken) -> Result<Zeroizing<String>, RequestError>;

    /// Returns the redirect URI to which OK's login sends the player back, with its real port.
    fn redirect_uri(&mut self) -> Result<String, RequestError>;

    /// Returns whether this listener runs, or no other of its kind does.
    fn is_current(&self, listener: ListenerId) -> bool;
}

/// A change of a pending callback.
pub(crate) enum CallbackCommand {
    Register(ListenerKind, PendingCallback<RequestId, ReceivedCallback>),
    /// The link shows this page from now on, and the request's deadline is this one.
    SetPage(RequestId, PageUrl, Instant),
    SetDeadline(RequestId, Instant),
    /// This link replaces the old one, which stops working.
    RenewLink(ListenerKind, RequestId, LinkToken),
    /// The request is over. Within `remembered` the listener still recognizes its late callbacks.
    Retire {
        kind: ListenerKind,
        id: RequestId,
        remembered: Duration,
        /// The link still works: the player may open it by hand.
        keep_link: bool,
    },
    /// The link of a request that could not be opened stops working.
    DropLink(ListenerKind, RequestId),
    /// The text of a callback that came to an earlier run of the game.
    Deliver(ListenerKind, ReturnToken, Zeroizing<String>),
    /// Stops a listener that was started for a request that could not be sent. It would never
    /// become idle.
    StopIfUnused(ListenerKind),
    /// Stops a listener that is idle.
    StopIfIdle {
        listener: ListenerId,
        added: u64,
    },
    /// Drops a listener that has failed.
    Stop(ListenerId),
}

/// Both listeners. Each exists only while requests need it.
pub(crate) struct Listeners {
    widgets: Option<Running>,
    login: Option<Running>,
    /// How many listeners were started so far.
    generations: u64,
    redirect_uris: Vec<RedirectUri>,
    way_back: WayBack,
    sender: EventSender,
    counters: Arc<CallbackCounters>,
}

/// How a callback comes to a game on the web.
pub(crate) enum WayBack {
    /// By this return page.
    ReturnPage(String),
    /// By messages of this origin.
    Messages(String),
}

struct Running {
    listener: Listener<RequestId, ReceivedCallback>,
    id: ListenerId,
    /// How many callbacks were added to it.
    added: u64,
}

impl Listeners {
    pub(crate) fn new(
        redirect_uris: Vec<RedirectUri>,
        way_back: WayBack,
        sender: EventSender,
        counters: Arc<CallbackCounters>,
    ) -> Self {
        Self {
            widgets: None,
            login: None,
            generations: 0,
            redirect_uris,
            way_back,
            sender,
            counters,
        }
    }

    /// Executes a command. Never waits for a listener's thread. Returns the listener if it is lost,
    /// so that the callback cannot be registered.
    pub(crate) fn execute(&mut self, command: CallbackCommand) -> Option<ListenerId> {
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
                return Some(lost);
            }
            CallbackCommand::SetPage(id, page, deadline) => {
                if let Some(running) = &self.widgets {
                    running.listener.set_page(id, page);
                    running.listener.set_deadline(id, deadline);
                }
            }
            CallbackCommand::SetDeadline(id, deadline) => {
                if let Some(running) = &self.widgets {
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
            CallbackCommand::DropLink(kind, id) => {
                if let Some(running) = self.slot(kind) {
                    running.listener.drop_link(id);
                }
            }
            CallbackCommand::Deliver(kind, token, text) => {
                if let Some(running) = self.slot(kind) {
                    running.listener.deliver(token, text);
                }
            }
            CallbackCommand::StopIfUnused(kind) => self.stop_if(kind, |running| running.added == 0),
            CallbackCommand::StopIfIdle { listener, added } => {
                // An `Idle` event from before the latest callback does not count.
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

    /// Lets the timeout of a pending request pass now. As with a real timeout, the listener's
    /// thread decides.
    #[cfg(feature = "sandbox")]
    #[allow(dead_code, reason = "the test kit is not for every target")]
    pub(crate) fn pass_timeout(&self, id: RequestId) {
        for running in [&self.widgets, &self.login].into_iter().flatten() {
            running.listener.set_deadline(id, Instant::now());
        }
    }

    /// Stops a listener, so that no thread and no socket is left while nothing is pending. Does not
    /// wait for the thread, because this runs in a frame.
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

    /// Returns the listener, and starts it if there is none.
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
        let (return_page, service_origin) = match &self.way_back {
            WayBack::ReturnPage(page) => (page.clone(), None),
            WayBack::Messages(origin) => (String::new(), Some(origin.clone())),
        };
        let config = ListenerConfig {
            redirect_uris: match kind {
                ListenerKind::Widgets => Vec::new(),
                ListenerKind::Login => self.redirect_uris.clone(),
            },
            return_page,
            service_origin,
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
            Listener::start(config, notify).map_err(|error| RequestError::no_listener(&error))?;
        Ok(Running {
            listener,
            id,
            added: 0,
        })
    }
}

/// Translates a listener's event for the driver.
fn event_of(listener: ListenerId, event: CallbackEvent<RequestId, ReceivedCallback>) -> Event {
    match event {
        CallbackEvent::Visited(id) => Event::Visited(id),
        CallbackEvent::Received(id, callback) => Event::CallbackReceived(id, callback),
        CallbackEvent::Expired(id) => Event::TimedOut(id),
        CallbackEvent::LinkReused(id) => Event::Noticed(id, NoticeKind::LinkUsedAgain),
        CallbackEvent::UnexpectedCallback(id) => Event::Noticed(id, NoticeKind::UnexpectedCallback),
        CallbackEvent::Idle { added } => Event::ListenerIdle { listener, added },
        CallbackEvent::Lost(why) => Event::ListenerLost(listener, why),
    }
}

impl CallbackListeners for Listeners {
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

#[cfg(all(test, not(wasm_tests)))]
mod tests;
