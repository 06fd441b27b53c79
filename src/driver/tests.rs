//! The driver without a listener, a thread or an opener: events in, effects out.

mod login;
mod messages;
mod order;
mod resume;
mod session;
mod waiting;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bevy_platform::time::Instant;
use callback_listener::{LinkToken, OneTimeLink, ReturnToken};
use odnoklassniki::oauth::AuthorizationResponse;
use odnoklassniki::{AccessToken, InviteParameters as _, SessionSecretKey, WidgetCallback as _};
use zeroize::Zeroizing;

use super::context::{Context, Driver};
use super::effects::{OpenJob, Outgoing, SignJob};
use super::events::{Event, ListenerId, ListenerKind};
use super::handle::DOUBLE_CLICK;
use super::held::Held;
use super::listeners::{CallbackCommand, CallbackListeners};
use super::pending::PendingRecord;
use crate::config::Config;
use crate::credentials::AppCredentials;
use crate::error::{RequestError, RequestErrorKind};
use crate::opener::{BlockedPopup, OpenError, PageEvent};
use crate::request::callback::ReceivedCallback;
use crate::request::submission::{Request as _, Submission};
use crate::request::{Finished, NoticeKind, PendingRequests, RequestId};
use crate::request::{MAX_PENDING, RequestInvite, RequestLogin};
use crate::session::OkSession;
use crate::session::{SessionChange, SessionData, SessionStatus, StoreEvent, StoreJob};

/// A driver in a world that records its effects.
struct Harness {
    driver: Driver,
    config: Config,
    requests: PendingRequests,
    session: OkSession,
    credentials: AppCredentials,
    listeners: FakeListeners,
    now: Instant,
    /// The events that other threads have sent since the last frame.
    inbox: Vec<Event>,
    wanted: Wanted,
    /// How many results the game has received for each request.
    results: BTreeMap<RequestId, usize>,
    changes: Vec<SessionChange>,
    notices: Vec<(RequestId, NoticeKind)>,
}

/// All effects so far, but messages.
#[derive(Default)]
struct Wanted {
    callbacks: Vec<CallbackCommand>,
    sign: Vec<SignJob>,
    open: Vec<OpenJob>,
    store: Vec<StoreJob>,
}

/// URLs without listeners. All ports are free, or all are busy.
#[derive(Default)]
struct FakeListeners {
    are_busy: bool,
    started: Vec<ListenerKind>,
}

impl FakeListeners {
    fn ensure(&mut self, kind: ListenerKind) -> Result<&'static str, RequestError> {
        if self.are_busy {
            let text = "all ports are in use";
            return Err(RequestError::new(RequestErrorKind::PortUnavailable, text));
        }
        self.started.push(kind);
        Ok("http://127.0.0.1:17811")
    }
}

impl CallbackListeners for FakeListeners {
    fn one_time_link(
        &mut self,
        kind: ListenerKind,
        token: &LinkToken,
    ) -> Result<OneTimeLink, RequestError> {
        let link = format!("{}/go/{}", self.ensure(kind)?, token.expose());
        Ok(OneTimeLink::parse(link).unwrap())
    }

    fn return_url(
        &mut self,
        kind: ListenerKind,
        token: &ReturnToken,
    ) -> Result<Zeroizing<String>, RequestError> {
        let origin = self.ensure(kind)?;
        Ok(Zeroizing::new(format!("{origin}/r/{}", token.expose())))
    }

    fn redirect_uri(&mut self, kind: ListenerKind) -> Result<String, RequestError> {
        Ok(format!("{}/login", self.ensure(kind)?))
    }

    fn is_current(&self, listener: ListenerId) -> bool {
        listener.generation == 1
    }
}

impl Harness {
    /// Creates a harness with a logged-in player.
    fn new() -> Self {
        let mut harness = Self::logged_out();
        harness.session.accept(session("token"));
        harness.run();
        harness.changes.clear();
        harness
    }

    fn logged_out() -> Self {
        let mut config = Config {
            // The same on every target.
            opens_unsigned: false,
            ..Config::default()
        };
        config.set_redirect_uris(std::iter::once("http://127.0.0.1:17811/login".to_owned()));
        Self {
            driver: Driver::default(),
            config,
            requests: PendingRequests::new(Arc::default()),
            session: OkSession::new(),
            credentials: AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"),
            listeners: FakeListeners::default(),
            now: Instant::now(),
            inbox: Vec::new(),
            wanted: Wanted::default(),
            results: BTreeMap::new(),
            changes: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Creates a harness whose plugin logs the player in by itself.
    fn with_automatic_login(login: fn() -> RequestLogin) -> Self {
        let mut harness = Self::logged_out();
        harness.config.automatic_login = Some(Arc::new(login));
        harness
    }

    /// Handles an event and all further events, in the order of `Runtime`.
    fn handle(&mut self, event: Event) {
        self.handle_all(VecDeque::from([event]));
    }

    /// Handles the changes that the game has made to the session.
    fn run(&mut self) {
        if self.session.is_due() {
            self.session.end(SessionChange::Expired);
        }
        self.handle_all(VecDeque::new());
    }

    fn handle_all(&mut self, mut queue: VecDeque<Event>) {
        loop {
            let changed = self.session.next_change().map(Event::SessionChanged);
            let Some(event) = changed.or_else(|| queue.pop_front()) else {
                break;
            };
            let effects = self.driver.handle(
                event,
                &mut Context {
                    now: self.now,
                    is_exiting: false,
                    config: &self.config,
                    session: &mut self.session,
                    credentials: Some(&self.credentials),
                    results: &self.requests,
                    held: &Held::default(),
                    listeners: &mut self.listeners,
                },
            );
            self.wanted.callbacks.extend(effects.callbacks);
            self.wanted.sign.extend(effects.sign);
            self.wanted.open.extend(effects.open);
            self.wanted.store.extend(effects.store);
            for message in effects.messages {
                match message {
                    Outgoing::Finished(finished) => {
                        *self.results.entry(finished.id()).or_default() += 1;
                        self.requests.remember(finished);
                    }
                    Outgoing::Session(change) => self.changes.push(change.reason),
                    Outgoing::Notice(notice) => self.notices.push((notice.id, notice.kind)),
                    Outgoing::Opened(_) => {}
                }
            }
            effects
                .events
                .into_iter()
                .rev()
                .for_each(|event| queue.push_front(event));
        }
        self.requests.set_pending(self.driver.pending());
    }

    fn submit(&mut self, submission: &Submission) {
        self.handle(Event::Submitted(Box::new(submission.clone())));
    }

    fn login(&mut self, request: &RequestLogin) {
        self.submit(&request.submission());
    }

    /// Handles the events of other threads, as the next frame does.
    fn receive(&mut self) {
        for event in core::mem::take(&mut self.inbox) {
            self.handle(event);
        }
        self.run();
    }

    fn called_back(&mut self, id: RequestId, callback: ReceivedCallback) {
        self.handle(Event::CallbackReceived(id, callback));
    }

    fn pending_login(&self) -> RequestId {
        self.driver.requests.login().unwrap()
    }

    /// Ends the pending login with a callback.
    fn end_login(&mut self, callback: ReceivedCallback) -> RequestId {
        let login = self.pending_login();
        self.called_back(login, callback);
        login
    }

    fn name(&self, id: RequestId) -> Option<&'static str> {
        self.requests.finished(id).map(Finished::outcome_name)
    }

    fn error(&self, id: RequestId) -> &RequestError {
        self.requests
            .finished(id)
            .and_then(Finished::error)
            .unwrap()
    }

    fn link(&self, id: RequestId) -> OneTimeLink {
        let request = self.requests.get(id).unwrap();
        request.link().expect("no page host").clone()
    }

    /// Returns the event of the present page of a request.
    fn page(&self, id: RequestId, event: PageEvent) -> Event {
        let record = self.driver.requests.get(id).unwrap();
        Event::Page(id, record.data.page, event)
    }

    fn has_page(&self, id: RequestId) -> bool {
        self.driver
            .requests
            .get(id)
            .is_some_and(PendingRecord::has_page)
    }

    /// Returns how many callbacks were registered with a listener.
    fn registered(&self, wanted: ListenerKind) -> usize {
        let is_one = |command: &&CallbackCommand| matches!(command, CallbackCommand::Register(kind, _) if *kind == wanted);
        self.wanted.callbacks.iter().filter(is_one).count()
    }
}

/// Returns the event that the current listener has failed.
fn listener_lost(kind: ListenerKind) -> Event {
    let generation = 1;
    Event::ListenerLost(ListenerId { kind, generation }, "out of memory".to_owned())
}

fn session(token: &str) -> SessionData {
    SessionData::new(AccessToken::new(token), SessionSecretKey::new("key"))
}

fn login_response(text: &str) -> ReceivedCallback {
    ReceivedCallback::Login(AuthorizationResponse::from_pairs(&[text]))
}

fn logged_in() -> ReceivedCallback {
    login_response("access_token=new&session_secret_key=new-key&expires_in=1800")
}

fn a_code() -> ReceivedCallback {
    login_response("code=c0de")
}

fn denied() -> ReceivedCallback {
    login_response("error=access_denied")
}

fn sent(text: &str) -> ReceivedCallback {
    ReceivedCallback::Sent(odnoklassniki::Sent::from_pairs(text))
}

fn invited() -> ReceivedCallback {
    sent("code=OK&selected=[1]")
}

fn invite() -> Submission {
    RequestInvite::new().submission()
}

fn numbered(n: u32) -> Submission {
    RequestInvite::new().autosel(n).submission()
}

#[test]
fn an_equal_request_after_a_while_opens_the_page_again() {
    let mut harness = Harness::new();
    let (first, second, third) = (invite(), invite(), invite());
    harness.submit(&first);
    let link = harness.link(first.id);
    harness.submit(&second);
    assert_eq!(
        harness.link(first.id),
        link,
        "a double click changes nothing"
    );
    harness.now += DOUBLE_CLICK;
    harness.submit(&third);
    assert_ne!(
        harness.link(first.id),
        link,
        "a later click opens the page again"
    );
    assert_eq!(
        harness.results,
        BTreeMap::from([(second.id, 1), (third.id, 1)])
    );
}

#[test]
fn a_double_click_on_open_again_opens_one_page() {
    let mut harness = Harness::new();
    let request = invite();
    harness.submit(&request);
    let mut links = vec![harness.link(request.id)];
    let mut reopen = |harness: &mut Harness| {
        harness.handle(Event::ReopenRequested(request.id));
        links.push(harness.link(request.id));
    };
    reopen(&mut harness);
    reopen(&mut harness);
    harness.now += DOUBLE_CLICK;
    reopen(&mut harness);
    assert_ne!(
        links[0], links[1],
        "the first click is meant, however soon it comes"
    );
    assert_eq!(links[1], links[2], "its second half is not");
    assert_ne!(links[2], links[3], "a later one is");
}

#[test]
fn another_players_equal_request_is_another_request() {
    let mut harness = Harness::new();
    harness.submit(&invite());
    harness.session.accept(session("token of another"));
    harness.submit(&invite());
    assert_eq!((harness.requests.len(), harness.results.len()), (2, 0));
}

#[test]
fn a_message_that_is_written_twice_counts_once() {
    let mut harness = Harness::new();
    let request = invite();
    harness.submit(&request);
    harness.submit(&request);
    assert_eq!((harness.requests.len(), harness.results.len()), (1, 0));
    harness.called_back(request.id, invited());
    harness.submit(&request);
    harness.handle(Event::CancelledBeforeSend(Box::new(request.clone())));
    assert_eq!(
        (harness.requests.len(), harness.results.get(&request.id)),
        (0, Some(&1))
    );
}

#[test]
fn an_opener_that_fails_after_the_callback_changes_nothing() {
    let mut harness = Harness::new();
    let request = invite();
    harness.submit(&request);
    let failed = PageEvent::CannotOpen(OpenError::new("exit code 1"));
    let opened = harness.page(request.id, failed);
    harness.handle(Event::Visited(request.id));
    harness.called_back(request.id, invited());
    harness.handle(opened);
    assert_eq!(harness.name(request.id), Some("completed"));
}

#[test]
fn a_lost_listener_ends_each_of_its_requests() {
    let mut harness = Harness::new();
    let requests: Vec<Submission> = (1..=MAX_PENDING as u32).map(numbered).collect();
    requests.iter().for_each(|request| harness.submit(request));
    let login = RequestLogin::new();
    harness.login(&login);
    let (kind, generation) = (ListenerKind::Widgets, 0);
    harness.handle(Event::ListenerLost(
        ListenerId { kind, generation },
        "long ago".into(),
    ));
    assert!(
        harness.results.is_empty(),
        "an earlier listener says nothing about the present"
    );
    harness.handle(listener_lost(kind));
    assert_eq!(
        harness.requests.len(),
        1,
        "the login has a listener of its own"
    );
    assert!(harness.results.values().all(|&times| times == 1));
    assert_eq!(harness.results.len(), MAX_PENDING);
    assert_eq!(
        harness.error(requests[0].id).kind(),
        RequestErrorKind::ListenerLost
    );
}

/// A link that could not be opened still works, until the game cancels its request.
#[test]
fn cancelling_a_request_that_could_not_be_opened_ends_its_link() {
    let mut harness = Harness::new();
    let request = invite();
    harness.submit(&request);
    let failed = PageEvent::CannotOpen(OpenError::new("no browser"));
    harness.handle(harness.page(request.id, failed));
    assert_eq!(
        harness.error(request.id).kind(),
        RequestErrorKind::CannotOpen
    );
    assert!(matches!(
        harness.wanted.callbacks.last(),
        Some(CallbackCommand::Retire { id, keep_link: true, .. }) if *id == request.id
    ));
    harness.handle(Event::CancelRequested(request.id));
    assert!(matches!(
        harness.wanted.callbacks.last(),
        Some(CallbackCommand::DropLink(id)) if *id == request.id
    ));
    assert_eq!(harness.results[&request.id], 1);
}
