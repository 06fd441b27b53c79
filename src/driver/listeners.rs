//! The callback listeners: one for the widgets, and one for the login on its registered URI.

use std::sync::Arc;

use bevy_platform::time::Instant;
use core::time::Duration;

use super::events::{BackgroundEvent, Event, EventSender, ListenerKind};
use crate::callback::{
    CallbackCounters, CallbackEvent, Listener, Redirect, Route, RouteId, StartToken, Target,
};
use crate::error::{RequestError, RequestErrorKind};
use crate::opener;
use crate::request::callback::ReceivedCallback;
use crate::request::{NoticeKind, RequestId};

/// Where callbacks can come to. The driver asks for it before it makes a URL.
pub(crate) trait ReturnAddresses {
    /// Returns the address of a listener, which is started if there is none.
    ///
    /// # Errors
    ///
    /// No port can be bound.
    fn ensure(&mut self, kind: ListenerKind) -> Result<ReturnAddress, RequestError>;
}

/// Where a listener can be reached.
#[derive(Clone, Debug)]
pub(crate) struct ReturnAddress {
    /// `http://127.0.0.1:<port>`, without a slash.
    pub(crate) origin: String,
    /// The login's redirect URI, with the port that is bound.
    pub(crate) redirect_uri: Option<String>,
}

/// What becomes of a callback that is waited for.
pub(crate) enum CallbackCommand {
    Register(ListenerKind, Route<ReceivedCallback>),
    /// The link leads to `target` from now on, and the request may take until `deadline`.
    SetTarget(RequestId, Target, Instant),
    /// The old link is dead.
    RenewLink(ListenerKind, RequestId, StartToken),
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
}

/// Both listeners, each while it is needed.
pub(crate) struct Listeners {
    widgets: Option<Running>,
    login: Option<Running>,
    /// How many listeners there were.
    generations: u64,
    redirect_uris: Vec<Redirect>,
    sender: EventSender,
    counters: Arc<CallbackCounters>,
}

struct Running {
    listener: Listener<ReceivedCallback>,
    /// Tells it from the listeners before it and from the other one: their late events are dropped.
    generation: u64,
    /// How many callbacks it was to wait for.
    added: u64,
}

impl Listeners {
    pub(crate) fn new(
        redirect_uris: Vec<Redirect>,
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

    /// Carries out what the driver wants. Never waits for a listener's thread.
    ///
    /// # Errors
    ///
    /// A callback cannot be registered, because the listener has died: its requests end by that.
    pub(crate) fn execute(&mut self, command: CallbackCommand) -> Result<(), Event> {
        match command {
            CallbackCommand::Register(kind, callback) => {
                let lost = || Event::ListenerLost(kind, "the callback listener has died".into());
                let running = self.slot(kind).as_mut().ok_or_else(lost)?;
                running.listener.add(callback).map_err(|_| lost())?;
                running.added += 1;
            }
            CallbackCommand::SetTarget(id, target, deadline) => {
                if let Some(running) = &self.widgets {
                    running
                        .listener
                        .set_target(RouteId(id.get()), target, deadline);
                }
            }
            CallbackCommand::RenewLink(kind, id, link_token) => {
                if let Some(running) = self.slot(kind) {
                    running.listener.renew_start(RouteId(id.get()), link_token);
                }
            }
            CallbackCommand::Retire {
                kind,
                id,
                remembered,
                keep_link,
            } => {
                if let Some(running) = self.slot(kind) {
                    running
                        .listener
                        .retire(RouteId(id.get()), remembered, keep_link);
                }
            }
            CallbackCommand::StopIfUnused(kind) => self.stop_if_idle(kind, 0),
        }
        Ok(())
    }

    /// Returns what a listener's event means to the driver. `None` for one that a listener from
    /// before has sent, and for what concerns the listener alone.
    pub(crate) fn translate(
        &mut self,
        generation: u64,
        event: CallbackEvent<ReceivedCallback>,
    ) -> Option<Event> {
        let is_from = |slot: &Option<Running>| {
            slot.as_ref()
                .is_some_and(|running| running.generation == generation)
        };
        let kind = if is_from(&self.widgets) {
            ListenerKind::Widgets
        } else if is_from(&self.login) {
            ListenerKind::Login
        } else {
            return None;
        };
        let id = |route: RouteId| RequestId::from_raw(route.0);
        Some(match event {
            CallbackEvent::Visited(route) => Event::Visited(id(route)),
            CallbackEvent::Answered(route, callback) => {
                Event::CallbackReceived(id(route), callback)
            }
            CallbackEvent::Expired(route) => Event::TimedOut(id(route)),
            CallbackEvent::LinkReused(route) => {
                Event::Noticed(id(route), NoticeKind::LinkUsedAgain)
            }
            CallbackEvent::Stranger(route) => {
                Event::Noticed(id(route), NoticeKind::UnexpectedCallback)
            }
            CallbackEvent::Idle { added } => {
                self.stop_if_idle(kind, added);
                opener::reap();
                return None;
            }
            CallbackEvent::Lost(why) => {
                self.stop(kind);
                Event::ListenerLost(kind, why)
            }
        })
    }

    /// Lets the timeout of a pending request pass now, on the way of a real one: the listener's
    /// thread decides.
    #[cfg(feature = "sandbox")]
    pub(crate) fn pass_timeout(&self, id: RequestId) {
        for running in [&self.widgets, &self.login].into_iter().flatten() {
            running.listener.pass_deadline(RouteId(id.get()));
        }
    }

    /// No thread and no socket while nothing is pending and no late callback is waited for. An idle
    /// moment before the latest request is over.
    fn stop_if_idle(&mut self, kind: ListenerKind, added: u64) {
        if self
            .slot(kind)
            .as_ref()
            .is_some_and(|running| running.added == added)
        {
            self.stop(kind);
        }
    }

    /// Does not wait for the thread: this is a frame.
    fn stop(&mut self, kind: ListenerKind) {
        if let Some(running) = self.slot(kind).take() {
            running.listener.stop();
        }
    }

    fn slot(&mut self, kind: ListenerKind) -> &mut Option<Running> {
        match kind {
            ListenerKind::Widgets => &mut self.widgets,
            ListenerKind::Login => &mut self.login,
        }
    }

    fn start(&mut self, kind: ListenerKind) -> Result<Running, RequestError> {
        self.generations += 1;
        let (generation, sender) = (self.generations, self.sender.clone());
        let report = move |event| sender.send(BackgroundEvent::Listener { generation, event });
        let counters = Arc::clone(&self.counters);
        let started = match kind {
            ListenerKind::Widgets => Listener::start(report, counters),
            ListenerKind::Login => Listener::start_at(&self.redirect_uris, report, counters),
        };
        let listener = started.map_err(|error| RequestError::no_port(&error))?;
        Ok(Running {
            listener,
            generation,
            added: 0,
        })
    }
}

impl ReturnAddresses for Listeners {
    fn ensure(&mut self, kind: ListenerKind) -> Result<ReturnAddress, RequestError> {
        if self.slot(kind).is_none() {
            *self.slot(kind) = Some(self.start(kind)?);
        }
        let lost = || RequestError::new(RequestErrorKind::ListenerLost, "there is no listener");
        let site = self.slot(kind).as_ref().ok_or_else(lost)?.listener.site();
        Ok(ReturnAddress {
            origin: site.origin.clone(),
            redirect_uri: site.redirect_uri.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
