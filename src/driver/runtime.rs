//! Executes the driver's effects: listeners, threads, the store, messages.

use std::collections::VecDeque;
use std::sync::Arc;

use bevy_ecs::resource::Resource;
use bevy_platform::time::Instant;
use callback_listener::{CallbackCounters, OneTimeLink};

use super::context::{Context, Driver};
use super::effects::{Effects, OpenJob, OpenWay, Outgoing, SignJob};
use super::events::{Event, EventQueue, EventSender, ListenerKind, PageNumber};
use super::held::{Held, Waiting};
use super::hosted::HostedPages;
use super::kept::Kept;
use super::listeners::{CallbackCommand, ListenerSettings, Listeners, WayBack};
use super::pending::{PendingRecord, wall_clock};
use super::record::Resumed;
use crate::config::Config;
use crate::credentials::AppCredentials;
use crate::error::{RequestError, RequestErrorKind};
use crate::opener::{self, HostedPage, OpenError, Page, PageEvent, WebWindow};
use crate::platform;
use crate::request::{PendingRequest, PendingRequests, RequestId};
use crate::return_links::ReturnLinks;
use crate::session::{OkSession, STORE_TIMEOUT, SessionChange, StoreJob, StoreWorker};

/// The driver, and what it keeps from frame to frame.
#[derive(Resource)]
pub(crate) struct Runtime {
    pub(crate) config: Config,
    /// Whether the plugin wrote messages after the game's systems had run.
    pub(crate) needs_extra_frame: bool,
    pub(crate) counters: Arc<CallbackCounters>,
    driver: Driver,
    events: EventQueue,
    /// Created when first needed.
    listeners: Option<Listeners>,
    /// The pages that the game's page host shows.
    hosted: HostedPages,
    /// Created in the first frame.
    store: Option<StoreWorker>,
    /// What an earlier run of the game has left, until the first frame.
    resumed: Option<Resumed>,
    kept: Kept,
    held: Held,
}

/// The part of the game's world that the driver works with.
pub(crate) struct GameData<'a> {
    pub(crate) requests: &'a mut PendingRequests,
    pub(crate) session: &'a mut OkSession,
    pub(crate) credentials: Option<&'a AppCredentials>,
    /// Whether the app exits after this frame.
    pub(crate) is_exiting: bool,
    /// Writes a message for the game.
    pub(crate) write: &'a mut dyn FnMut(Outgoing),
}

impl Runtime {
    pub(crate) fn new(config: Config, resumed: Option<Resumed>) -> Self {
        match &resumed {
            Some(resumed) => config
                .deep_links
                .set_known(resumed.return_tokens(wall_clock())),
            // None of the links that came so far belongs to a request.
            None => drop(config.deep_links.take_early()),
        }
        Self {
            kept: Kept::new(config.pending_store.clone()),
            config,
            needs_extra_frame: false,
            counters: Arc::default(),
            driver: Driver::default(),
            events: EventQueue::default(),
            listeners: None,
            hosted: HostedPages::default(),
            store: None,
            resumed,
            held: Held::default(),
        }
    }

    /// Returns whether there is work besides the game's messages.
    pub(crate) fn has_work(&self, session: &OkSession) -> bool {
        !self.events.is_empty()
            || self.config.store.is_some()
            || self.resumed.is_some()
            || session.has_changes()
            || session.is_due()
    }

    pub(crate) fn pending(&self) -> Vec<PendingRequest> {
        self.driver.pending()
    }

    pub(crate) fn is_logging_in(&self) -> bool {
        self.driver.is_logging_in()
    }

    /// Loads the session of an earlier run, in the first frame, and takes over its requests. Then
    /// handles the events of other threads, in order, and the changes that the game made to the
    /// session.
    pub(crate) fn receive(&mut self, game: &mut GameData<'_>) {
        if let Some(store) = self.config.store.take() {
            self.store = Some(StoreWorker::new(store));
            self.handle([Event::FirstFrame], game);
        }
        self.handle_events(game);
        if let Some(resumed) = self.resumed.take() {
            self.kept.renew();
            self.handle([Event::Resumed(Box::new(resumed))], game);
            self.deliver_early_links();
            self.handle_events(game);
        }
        if game.session.is_due() {
            game.session.end(SessionChange::Expired);
        }
        self.handle([], game);
    }

    /// Hands the links that came before the first frame to the listener, which knows their requests
    /// by now.
    fn deliver_early_links(&mut self) {
        for link in self.config.deep_links.take_early() {
            if let Some(listeners) = &mut self.listeners {
                _ = listeners.execute(CallbackCommand::Deliver(ListenerKind::Links, link));
            }
        }
    }

    fn handle_events(&mut self, game: &mut GameData<'_>) {
        while let Some(event) = self.events.take() {
            self.handle([event], game);
        }
    }

    /// Handles events, the changes of the session, and all further events that follow. Changes of
    /// the session come first: the driver sends the requests that wait for one before it handles
    /// the next request.
    pub(crate) fn handle<const N: usize>(&mut self, events: [Event; N], game: &mut GameData<'_>) {
        let mut queue = VecDeque::from(events);
        loop {
            let changed = game.session.next_change().map(Event::SessionChanged);
            let Some(event) = changed.or_else(|| queue.pop_front()) else {
                break;
            };
            let line = event.to_string();
            let sender = self.sender();
            let listeners = self.listeners.get_or_insert_with(|| {
                let settings = listener_settings(&self.config);
                Listeners::new(settings, sender, Arc::clone(&self.counters))
            });
            let effects = self.driver.handle(
                event,
                &mut Context {
                    now: Instant::now(),
                    is_exiting: game.is_exiting,
                    config: &self.config,
                    session: game.session,
                    credentials: game.credentials,
                    results: game.requests,
                    held: &self.held,
                    listeners,
                },
            );
            let no_effect = if effects.is_empty() {
                " (no effect)"
            } else {
                ""
            };
            log::debug!("{line}{no_effect}");
            self.execute(effects, &mut queue, game);
        }
        let pending = self.pending_with(game.requests);
        if !game.requests.is_pending(&pending) {
            game.requests.set_pending(pending);
        }
    }

    /// Returns the pending requests. A request is pending until the game has its result.
    fn pending_with(&self, before: &PendingRequests) -> Vec<PendingRequest> {
        let mut pending = self.driver.pending();
        if !self.held.is_empty() {
            let waits = |request: &&PendingRequest| self.held.has_result(request.id());
            pending.splice(0..0, before.iter().filter(waits).cloned());
        }
        pending
    }

    /// Executes effects. This is the only place that opens pages, sends messages, and uses the
    /// store and other threads. The driver itself starts a listener, because it needs the port, and
    /// changes the session.
    fn execute(&mut self, effects: Effects, queue: &mut VecDeque<Event>, game: &mut GameData<'_>) {
        let mut lost = Vec::new();
        for command in effects.callbacks {
            let listeners = self.listeners.as_mut();
            lost.extend(listeners.and_then(|listeners| listeners.execute(command)));
        }
        if !effects.open.is_empty() && self.kept.is_store() {
            self.keep(game);
        }
        let has_listener = |job: &OpenJob| {
            let is_lost = lost.iter().any(|lost| lost.kind == job.listener);
            if is_lost {
                log::debug!("{}: no page opens, because the listener is lost", job.id);
            }
            !is_lost
        };
        let pages = effects.open.into_iter().filter(has_listener);
        self.held.add(self.kept.number(), pages.map(Waiting::Page));
        self.release(queue, game);
        // After the windows: on the web a signer keeps the game from everything else.
        effects.sign.into_iter().for_each(|job| self.sign(job));
        for (id, number, link) in effects.prompts {
            opener::show_prompt(id, &link, self.page_sender(id, number));
        }
        effects
            .store
            .into_iter()
            .for_each(|job| self.send_to_store(job));
        let finished = effects.messages.iter().filter_map(|message| match message {
            Outgoing::Finished(finished) => Some(finished.id()),
            _ => None,
        });
        let mut has_result = false;
        for id in finished {
            has_result = true;
            opener::end(id);
            self.hosted.end(id);
        }
        if has_result {
            self.keep(game);
        }
        let messages = effects.messages.into_iter().map(Waiting::Message);
        self.held.add(self.kept.number(), messages);
        self.release(queue, game);
        if let Some(host) = self.config.page_host.clone().filter(|_| effects.logs_out) {
            self.hosted.log_out(host);
        }
        for event in effects.events.into_iter().rev() {
            queue.push_front(event);
        }
        for listener in lost {
            let why = "the callback listener has stopped working".to_owned();
            queue.push_back(Event::ListenerLost(listener, why));
        }
    }

    /// Opens the pages and writes the messages that wait no longer.
    fn release(&mut self, queue: &mut VecDeque<Event>, game: &mut GameData<'_>) {
        while let Some(waiting) = self.held.take(|number| self.kept.is_done(number)) {
            match waiting {
                Waiting::Page(job) => queue.extend(self.open(job, game)),
                Waiting::Message(message) => write(message, game),
            }
        }
    }

    /// Lets the game's backend sign a page: on a thread of its own, unless it replies later.
    fn sign(&self, SignJob { id, page, signer }: SignJob) {
        let sender = self.sender();
        let send = move |result| _ = sender.send(Event::Signed(id, result));
        if signer.is_async() {
            return page.ask(&signer, send);
        }
        let otherwise = || {
            let text = "the signing backend ended without a result";
            Err(RequestError::new(RequestErrorKind::Network, text))
        };
        platform::run("ok-signer", send, otherwise, move || page.sign(&signer));
    }

    /// Lets the page host or the opener open a page. Returns the event that follows at once, if any.
    fn open(&mut self, job: OpenJob, game: &GameData<'_>) -> Option<Event> {
        let OpenJob {
            id, number, way, ..
        } = job;
        if game.is_exiting {
            log::debug!("{id}: the page stays closed, because the app exits");
            return None;
        }
        if !self.driver.is_current_page(id, number) {
            log::debug!("{id}: the page stays closed, because it is not wanted any more");
            return None;
        }
        let send = self.page_sender(id, number);
        // Its page before this one closes.
        self.hosted.end(id);
        let link = match way {
            OpenWay::Link(link) => link,
            OpenWay::Host(url, return_token) => {
                let host = self.config.page_host.clone()?;
                let links = self.config.return_links.as_ref()?;
                let page = HostedPage {
                    url,
                    return_token,
                    return_links: links.checked().ok()?,
                    listener: self.listeners.as_ref()?.shared(ListenerKind::Links),
                };
                let log_outs = self.hosted.log_outs();
                let page = opener::open_in_host(host, page, move || log_outs.wait(), send);
                self.hosted.add(id, page);
                return None;
            }
        };
        if self.leaves() {
            let event = self.leave(id, number, &link, game)?;
            return Some(Event::Page(id, number, event));
        }
        let window = self.config.web_window;
        let page = Page { id, link, window };
        opener::open(self.config.opener.clone(), page, send);
        None
    }

    /// Returns whether OK's page opens in place of the game.
    fn leaves(&self) -> bool {
        opener::LEAVES && self.config.web_window == WebWindow::Page && self.config.opener.is_none()
    }

    /// Opens a link in place of the game, and keeps what is pending for the next run. One page at a
    /// time: another one waits for the next run, too.
    fn leave(
        &mut self,
        id: RequestId,
        number: PageNumber,
        link: &OneTimeLink,
        game: &GameData<'_>,
    ) -> Option<PageEvent> {
        if opener::is_leaving() {
            log::debug!("{id}: its page waits, because another one is about to open");
            return None;
        }
        if !opener::finds_return_page(link, self.page_sender(id, number)) {
            log::debug!("{id}: its page waits until the return page is found");
            return None;
        }
        self.kept.renew();
        let left = self
            .write_kept(Some(id), game)
            .map_err(OpenError::new)
            .and_then(|()| opener::leave(link));
        Some(left.map_or_else(PageEvent::CannotOpen, |()| PageEvent::Opened))
    }

    /// Brings what is kept for the next run of the game up to date.
    pub(crate) fn keep(&mut self, game: &GameData<'_>) {
        // What an earlier run has left is not pending again before the first frame.
        if !self.kept.is_used() || self.resumed.is_some() {
            return;
        }
        if self.kept.is_given_up() {
            return self.kept.forget(self.sender());
        }
        if let Err(error) = self.write_kept(None, game) {
            self.kept.give_up(&error, self.sender());
        }
    }

    fn write_kept(
        &mut self,
        leaving: Option<RequestId>,
        game: &GameData<'_>,
    ) -> Result<(), String> {
        let requests = match self.kept.is_store() {
            // A page that is about to open is open when the next run begins.
            true => self.driver.kept(PendingRecord::has_page, true),
            false => {
                let is_open =
                    |record: &PendingRecord| record.was_opened() || leaving == Some(record.id());
                self.driver.kept(is_open, self.leaves())
            }
        };
        let app_id = game.credentials.map_or("", AppCredentials::app_id);
        self.kept.write(app_id, &requests, self.sender())
    }

    /// Returns what sends the events of a request's page to the driver.
    fn page_sender(
        &self,
        id: RequestId,
        number: PageNumber,
    ) -> impl Fn(PageEvent) + Clone + Send + Sync + use<> {
        let sender = self.sender();
        move |event| _ = sender.send(Event::Page(id, number, event))
    }

    fn send_to_store(&self, job: StoreJob) {
        let Some(store) = &self.store else {
            return;
        };
        let (sender, watch) = (self.sender(), self.sender());
        let send = move |event: Option<_>| {
            if let Some(event) = event {
                sender.send(Event::Store(event));
            }
        };
        if !matches!(job, StoreJob::Load { .. }) {
            return store.send(job, Box::new(send));
        }
        let (loading, loaded) = std::sync::mpsc::sync_channel::<()>(0);
        let send_loaded = move |event| {
            // The closure drops it, which ends the watch.
            let _until_loaded = &loading;
            send(event);
        };
        store.send(job, Box::new(send_loaded));
        platform::call_unless_dropped_within(STORE_TIMEOUT, loaded, move || {
            _ = watch.send(Event::StoreTimedOut);
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

/// Writes a message for the game.
fn write(message: Outgoing, game: &mut GameData<'_>) {
    if let Outgoing::Finished(finished) = &message {
        let (id, outcome) = (finished.id(), finished.outcome_name());
        match finished.error() {
            Some(error) => log::debug!("{id} ended: {outcome}: {error}"),
            None => log::debug!("{id} ended: {outcome}"),
        }
        game.requests.remember(finished.clone());
    }
    if let Outgoing::Opened(opened) = &message {
        opener::hide_prompt(opened.id);
    }
    (game.write)(message);
}

fn listener_settings(config: &Config) -> ListenerSettings {
    ListenerSettings {
        redirect_uris: config.redirect_uris.clone().unwrap_or_default(),
        return_links: config.return_links.as_ref().map(ReturnLinks::checked),
        has_page_host: config.page_host.is_some(),
        deep_links: config.deep_links.clone(),
        way_back: match &config.return_page {
            Some(page) => WayBack::ReturnPage(page.clone()),
            None => WayBack::Messages(config.hosts.connect_origin()),
        },
    }
}
