//! The callback listeners: one for the widgets, one for the login on its registered URI, and one for
//! all callbacks that come as links.

use core::time::Duration;
use std::sync::{Arc, Weak};

use bevy_platform::time::Instant;
use callback_listener::{
    CallbackCounters, CallbackEvent, LinkToken, Listener, ListenerConfig, OneTimeLink, PageUrl,
    PendingCallback, RedirectUri, ReturnLink, ReturnLinks, ReturnToken,
};
use odnoklassniki::FieldError;
use zeroize::Zeroizing;

use super::events::{Event, EventSender, ListenerId, ListenerKind};
use super::pages::PAGES;
use crate::deep_links::OkDeepLinks;
use crate::error::RequestError;
use crate::opener;
use crate::request::callback::{CallbackListener, ReceivedCallback};
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
    fn return_url(
        &mut self,
        kind: ListenerKind,
        token: &ReturnToken,
    ) -> Result<Zeroizing<String>, RequestError>;

    /// Returns the redirect URI to which OK's login sends the player back, with its real port.
    fn redirect_uri(&mut self, kind: ListenerKind) -> Result<String, RequestError>;

    /// Returns whether this listener runs, or no other of its kind does.
    fn is_current(&self, listener: ListenerId) -> bool;
}

/// A change of a pending callback.
pub(crate) enum CallbackCommand {
    Register(ListenerKind, PendingCallback<RequestId, ReceivedCallback>),
    /// The link shows this page from now on, and the request's deadline is this one.
    SetPage(ListenerKind, RequestId, PageUrl, Instant),
    SetDeadline(ListenerKind, RequestId, Instant),
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
    DropLink(RequestId),
    /// A callback that came before its request was registered, in an earlier run of the game for
    /// example.
    Deliver(ListenerKind, ReturnLink),
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

/// The listeners. Each exists only while requests need it.
pub(crate) struct Listeners {
    widgets: Option<Running>,
    login: Option<Running>,
    links: Option<Running>,
    /// How many listeners were started so far.
    generations: u64,
    settings: ListenerSettings,
    sender: EventSender,
    counters: Arc<CallbackCounters>,
}

/// What the listeners are started with.
#[derive(Default)]
pub(crate) struct ListenerSettings {
    pub(crate) redirect_uris: Vec<RedirectUri>,
    /// The links of [`ListenerKind::Links`], or what is wrong with them.
    pub(crate) return_links: Option<Result<ReturnLinks, FieldError>>,
    /// Whether the game's page host shows the pages whose callbacks come as links: no page needs a
    /// one-time link then.
    pub(crate) has_page_host: bool,
    /// Gets the listener of those links.
    pub(crate) deep_links: OkDeepLinks,
    pub(crate) way_back: WayBack,
}

/// How a callback comes to a game on the web.
pub(crate) enum WayBack {
    /// By this return page.
    ReturnPage(String),
    /// By messages of this origin.
    Messages(String),
}

impl Default for WayBack {
    fn default() -> Self {
        Self::ReturnPage(String::new())
    }
}

struct Running {
    /// Shared with the pages of a host and with deep links, which may use it from any thread.
    listener: Arc<CallbackListener>,
    id: ListenerId,
    /// How many callbacks were added to it.
    added: u64,
}

impl Listeners {
    pub(crate) fn new(
        settings: ListenerSettings,
        sender: EventSender,
        counters: Arc<CallbackCounters>,
    ) -> Self {
        Self {
            widgets: None,
            login: None,
            links: None,
            generations: 0,
            settings,
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
            CallbackCommand::SetPage(kind, id, page, deadline) => {
                if let Some(running) = self.slot(kind) {
                    running.listener.set_page(id, page);
                    running.listener.set_deadline(id, deadline);
                }
            }
            CallbackCommand::SetDeadline(kind, id, deadline) => {
                if let Some(running) = self.slot(kind) {
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
            CallbackCommand::DropLink(id) => {
                for running in self.all_running() {
                    running.listener.drop_link(id);
                }
            }
            CallbackCommand::Deliver(kind, callback) => {
                if let Some(running) = self.slot(kind) {
                    running.listener.deliver(callback);
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
        for running in self.all_running() {
            running.listener.set_deadline(id, Instant::now());
        }
    }

    /// Stops a listener, so that no thread and no socket is left while nothing is pending. Does not
    /// wait for the thread, because this runs in a frame.
    fn stop_if(&mut self, kind: ListenerKind, is_over: impl FnOnce(&Running) -> bool) {
        if let Some(running) = self.slot(kind).take_if(|running| is_over(running)) {
            // A thread that is handing it a link drops it a moment later.
            if let Some(listener) = Arc::into_inner(running.listener) {
                listener.stop();
            }
        }
    }

    /// Returns the listener of this kind, if it runs, for other threads.
    pub(crate) fn shared(&self, kind: ListenerKind) -> Weak<CallbackListener> {
        let running = self.running(kind);
        running.map_or_else(Weak::new, |running| Arc::downgrade(&running.listener))
    }

    fn all_running(&self) -> impl Iterator<Item = &Running> {
        [&self.widgets, &self.login, &self.links]
            .into_iter()
            .flatten()
    }

    fn running(&self, kind: ListenerKind) -> Option<&Running> {
        match kind {
            ListenerKind::Widgets => self.widgets.as_ref(),
            ListenerKind::Login => self.login.as_ref(),
            ListenerKind::Links => self.links.as_ref(),
        }
    }

    fn slot(&mut self, kind: ListenerKind) -> &mut Option<Running> {
        match kind {
            ListenerKind::Widgets => &mut self.widgets,
            ListenerKind::Login => &mut self.login,
            ListenerKind::Links => &mut self.links,
        }
    }

    /// Returns the listener, and starts it if there is none.
    fn ensure(&mut self, kind: ListenerKind) -> Result<&CallbackListener, RequestError> {
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
        let return_links = match (kind, &self.settings.return_links) {
            (ListenerKind::Links, Some(links)) => Some(links.clone()?),
            _ => None,
        };
        let (return_page, service_origin) = match &self.settings.way_back {
            WayBack::ReturnPage(page) => (page.clone(), None),
            WayBack::Messages(origin) => (String::new(), Some(origin.clone())),
        };
        let config = ListenerConfig {
            redirect_uris: match kind {
                ListenerKind::Widgets | ListenerKind::Links => Vec::new(),
                ListenerKind::Login => self.settings.redirect_uris.clone(),
            },
            opens_port: return_links.is_none() || !self.settings.has_page_host,
            return_links,
            return_page,
            service_origin,
            counters: Arc::clone(&self.counters),
            pages: PAGES,
            service: "OK",
            log_target: "bevy_odnoklassniki",
            thread_name: match kind {
                ListenerKind::Widgets => "ok-callback",
                ListenerKind::Login => "ok-login",
                ListenerKind::Links => "ok-links",
            },
        };
        let listener =
            Listener::start(config, notify).map_err(|error| RequestError::no_listener(&error))?;
        let listener = Arc::new(listener);
        if kind == ListenerKind::Links {
            let deep_links = &self.settings.deep_links;
            deep_links.set_listener(Arc::downgrade(&listener));
        }
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

    fn return_url(
        &mut self,
        kind: ListenerKind,
        token: &ReturnToken,
    ) -> Result<Zeroizing<String>, RequestError> {
        Ok(self.ensure(kind)?.return_url(token))
    }

    fn redirect_uri(&mut self, kind: ListenerKind) -> Result<String, RequestError> {
        let uri = self.ensure(kind)?.redirect_uri();
        Ok(uri.unwrap_or_default().to_owned())
    }

    fn is_current(&self, listener: ListenerId) -> bool {
        let running = self.running(listener.kind);
        running.is_none_or(|running| running.id == listener)
    }
}

#[cfg(all(test, not(wasm_tests)))]
mod tests;
