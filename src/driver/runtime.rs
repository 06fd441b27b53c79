//! Carries out what the driver wants: the listeners, the threads, the store, the messages.

use std::collections::VecDeque;
use std::sync::Arc;

use bevy_ecs::resource::Resource;
use bevy_platform::time::Instant;
use callback_listener::{CallbackCounters, OneTimeLink};

use super::context::{Context, Driver};
use super::effects::{Effects, Outgoing, SignJob};
use super::events::{Event, EventReceiver, EventSender};
use super::listeners::Listeners;
use crate::config::Config;
use crate::credentials::AppCredentials;
use crate::error::{RequestError, RequestErrorKind};
use crate::opener::{self, OpenError};
use crate::platform;
use crate::request::{PendingRequest, PendingRequests, RequestId};
use crate::session::{OkSession, STORE_TIMEOUT, SessionChange, StoreJob, StoreWorker};

/// The driver with all that it works with. It outlives the frames.
#[derive(Resource)]
pub(crate) struct Runtime {
    pub(crate) config: Config,
    /// Whether the game was told something after its systems had run.
    pub(crate) needs_extra_frame: bool,
    pub(crate) counters: Arc<CallbackCounters>,
    driver: Driver,
    events: EventReceiver,
    /// There once it is needed.
    listeners: Option<Listeners>,
    /// There once the first frame has run.
    store: Option<StoreWorker>,
}

/// The game's world, as far as the driver works with it.
pub(crate) struct World<'a> {
    pub(crate) requests: &'a mut PendingRequests,
    pub(crate) session: &'a mut OkSession,
    pub(crate) credentials: Option<&'a AppCredentials>,
    /// Whether the app exits after this frame.
    pub(crate) is_exiting: bool,
    /// Writes a message for the game.
    pub(crate) write: &'a mut dyn FnMut(Outgoing),
}

impl Runtime {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            needs_extra_frame: false,
            counters: Arc::default(),
            driver: Driver::default(),
            events: EventReceiver::new(),
            listeners: None,
            store: None,
        }
    }

    /// Returns whether something is to be done that no message of the game's has asked for.
    pub(crate) fn has_work(&self, session: &OkSession) -> bool {
        !self.events.is_empty()
            || self.config.store.is_some()
            || session.has_changes()
            || session.is_due()
    }

    pub(crate) fn pending(&self) -> Vec<PendingRequest> {
        self.driver.pending()
    }

    pub(crate) fn is_logging_in(&self) -> bool {
        self.driver.is_logging_in()
    }

    /// Fetches the session of an earlier run, in the first frame. Then handles what other threads
    /// have sent, in the order in which it happened, and what a system of the game has done to the
    /// session.
    pub(crate) fn receive(&mut self, world: &mut World<'_>) {
        if let Some(store) = self.config.store.take() {
            self.store = Some(StoreWorker::new(store));
            self.handle(Event::StoreReady, world);
        }
        while let Ok(event) = self.events.take() {
            self.handle(event, world);
        }
        if world.session.is_due() {
            world.session.end(SessionChange::Expired);
        }
        self.handle_all(VecDeque::new(), world);
    }

    /// Handles an event, and all that follows from it.
    pub(crate) fn handle(&mut self, event: Event, world: &mut World<'_>) {
        self.handle_all(VecDeque::from([event]), world);
    }

    /// Changes of the session come first: what waits for one is sent before the next request is
    /// looked at.
    fn handle_all(&mut self, mut queue: VecDeque<Event>, world: &mut World<'_>) {
        loop {
            let changed = world.session.next_change().map(Event::SessionChanged);
            let Some(event) = changed.or_else(|| queue.pop_front()) else {
                break;
            };
            match event.describe() {
                (Some(id), what) => log::debug!("{id}: {what}"),
                (None, what) => log::debug!("{what}"),
            }
            let sender = self.sender();
            let listeners = self.listeners.get_or_insert_with(|| {
                let redirect_uris = self.config.redirect_uris.clone().unwrap_or_default();
                Listeners::new(redirect_uris, sender, Arc::clone(&self.counters))
            });
            let effects = self.driver.handle(
                event,
                &mut Context {
                    now: Instant::now(),
                    is_exiting: world.is_exiting,
                    config: &self.config,
                    session: world.session,
                    credentials: world.credentials,
                    finished: world.requests,
                    addresses: listeners,
                },
            );
            self.execute(effects, &mut queue, world);
        }
        let pending = self.driver.pending();
        if !world.requests.is_pending(&pending) {
            world.requests.set_pending(pending);
        }
    }

    /// The one place where anything is done.
    fn execute(&mut self, effects: Effects, queue: &mut VecDeque<Event>, world: &mut World<'_>) {
        for command in effects.callbacks {
            let listeners = self.listeners.as_mut();
            queue.extend(listeners.and_then(|listeners| listeners.execute(command)));
        }
        effects.sign.into_iter().for_each(|job| self.sign(job));
        // What a dead listener was to wait for ends next: no page opens for it.
        let is_lost = matches!(queue.back(), Some(Event::ListenerLost(..)));
        for (id, link) in effects.open {
            if is_lost {
                log::debug!("{id}: no page opens, because the listener is lost");
            } else if world.is_exiting {
                log::debug!("{id}: no page opens, because the app exits");
            } else {
                self.open(id, link);
            }
        }
        effects
            .store
            .into_iter()
            .for_each(|job| self.send_to_store(job));
        for message in effects.messages {
            if let Outgoing::Finished(finished) = &message {
                log::debug!("{} ended: {}", finished.id(), finished.outcome_name());
                opener::reap();
                world.requests.remember(finished.clone());
            }
            (world.write)(message);
        }
        for event in effects.events.into_iter().rev() {
            queue.push_front(event);
        }
    }

    /// Has a page signed by the game's backend, on a thread of its own.
    fn sign(&self, SignJob { id, page, signer }: SignJob) {
        let sender = self.sender();
        let report = move |result| _ = sender.send(Event::Signed(id, result));
        let otherwise = || {
            let text = "the signing backend ended without a result";
            Err(RequestError::new(RequestErrorKind::Network, text))
        };
        platform::run("ok-signer", report, otherwise, move || page.sign(&signer));
    }

    /// Has a link opened, on a thread of its own.
    fn open(&self, id: RequestId, link: OneTimeLink) {
        let (opener, sender) = (Arc::clone(&self.config.opener), self.sender());
        let opened = link.clone();
        let report = move |result| {
            _ = sender.send(Event::Opened(id, opened, result));
        };
        let otherwise = || Err(OpenError::new("the opener ended without a result"));
        platform::run("ok-opener", report, otherwise, move || opener.open(&link));
    }

    fn send_to_store(&self, job: StoreJob) {
        let Some(store) = &self.store else {
            return;
        };
        let (sender, watch) = (self.sender(), self.sender());
        let send = move |event| _ = sender.send(Event::Store(event));
        if !matches!(job, StoreJob::Load { .. }) {
            return store.send(job, Box::new(send));
        }
        let (loading, loaded) = crossbeam_channel::bounded::<()>(0);
        let report = move |event| {
            // It is dropped with this closure, and the watch ends.
            let _until_loaded = &loading;
            send(event);
        };
        store.send(job, Box::new(report));
        platform::call_unless_dropped_within(STORE_TIMEOUT, loaded, move || {
            _ = watch.send(Event::StoreIsSlow);
        });
    }

    fn sender(&self) -> EventSender {
        self.events
            .sender(self.config.wake.clone().unwrap_or_default())
    }

    /// Lets the timeout of a pending request pass now; see `Listeners::pass_timeout`.
    #[cfg(feature = "sandbox")]
    #[allow(dead_code, reason = "the test kit is not for every target")]
    pub(crate) fn pass_timeout(&self, id: RequestId) {
        if let Some(listeners) = &self.listeners {
            listeners.pass_timeout(id);
        }
    }
}
