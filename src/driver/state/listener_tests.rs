//! The hand-over between the app and the listener's thread, in every interleaving with up to three
//! preemptions (loom). [`Table`] and [`CallbackTable`] are real; the queues between them, the clock
//! and the browsers are models.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread::{self, JoinHandle};

use super::*;
use callback_listener::{
    CallbackEvent, CallbackTable, LinkToken, Page, PageUrl, ParsedCallback, PendingCallback,
    Receipt, ReturnToken, TOMBSTONE, Visit,
};
use test_support::reliability::{measured, scale};

type Event = CallbackEvent<RequestId, u8>;

const OLD_LINK: &str = "0123456789abcdef0123456789abcdef";
const NEW_LINK: &str = "123456789abcdef0123456789abcdef0";
const RETURN_TOKEN: &str = "fedcba9876543210fedcba9876543210";
const CALLBACK: u8 = 7;

/// The input of the listener's thread: commands, browsers with a callback or a link, and its clock.
#[derive(Default)]
struct Inbox {
    commands: Vec<Command>,
    has_callback: bool,
    visits: Vec<&'static str>,
    /// The time, if it has passed.
    clock: Option<Instant>,
}

impl Inbox {
    fn is_empty(&self) -> bool {
        self.commands.is_empty()
            && !self.has_callback
            && self.visits.is_empty()
            && self.clock.is_none()
    }
}

/// A command of the app.
enum Command {
    Add(PendingCallback<RequestId, u8>),
    Renew(LinkToken),
    Retire,
    Stop,
}

/// What the threads share: the inboxes of the listener and the app, and what the browsers show.
#[derive(Default)]
struct Shared {
    inbox: Mutex<Inbox>,
    inbox_changed: Condvar,
    events: Mutex<VecDeque<Event>>,
    events_changed: Condvar,
    page: Mutex<Option<Page>>,
    /// The links that redirected to OK's page.
    followed: Mutex<Vec<&'static str>>,
}

impl Shared {
    fn change(&self, put: impl FnOnce(&mut Inbox)) {
        put(&mut self.inbox.lock().unwrap());
        self.inbox_changed.notify_one();
    }

    fn command(&self, command: Command) {
        self.change(|inbox| inbox.commands.push(command));
    }

    /// Takes the inbox. If it is empty and `wait` is set, waits first.
    fn take(&self, wait: bool) -> Inbox {
        let mut inbox = self.inbox.lock().unwrap();
        while wait && inbox.is_empty() {
            inbox = self.inbox_changed.wait(inbox).unwrap();
        }
        std::mem::take(&mut *inbox)
    }

    fn send(&self, event: Event) {
        self.events.lock().unwrap().push_back(event);
        self.events_changed.notify_one();
    }

    fn next_event(&self) -> Event {
        let mut events = self.events.lock().unwrap();
        loop {
            if let Some(event) = events.pop_front() {
                return event;
            }
            events = self.events_changed.wait(events).unwrap();
        }
    }
}

/// Why a request is over.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Callback(u8),
    TimedOut,
    Cancelled,
}

/// The app: its table, and what the game has received.
#[derive(Default)]
struct App {
    table: Table<(), ()>,
    ends: Vec<End>,
    opened: usize,
}

impl App {
    fn with(ids: &[u64]) -> Self {
        let mut app = Self::default();
        for id in ids {
            assert!(app.table.insert(Record::new(
                RequestId::from_raw(*id),
                RequestState::Opening { again: false },
                ()
            )));
        }
        app
    }

    fn apply(&mut self, id: RequestId, event: RequestEvent) {
        if self.table.apply(id, event) == Transition::Opened {
            self.opened += 1;
        }
    }

    fn end(&mut self, id: RequestId, end: End) -> bool {
        let is_pending = self.table.remove(id).is_some();
        if is_pending {
            self.ends.push(end);
        }
        is_pending
    }

    fn handle(&mut self, event: Event) {
        match event {
            CallbackEvent::Visited(id) => self.apply(id, RequestEvent::Opened),
            CallbackEvent::Received(id, callback) => _ = self.end(id, End::Callback(callback)),
            CallbackEvent::Expired(id) => _ = self.end(id, End::TimedOut),
            CallbackEvent::Idle { .. } => {}
            other => panic!("no thread causes this: {other:?}"),
        }
    }

    /// Handles events, as a frame does first.
    fn receive(&mut self, shared: &Shared) {
        let events = std::mem::take(&mut *shared.events.lock().unwrap());
        events.into_iter().for_each(|event| self.handle(event));
    }
}

/// Returns a token of the given digits.
fn link_token(digits: &str) -> LinkToken {
    LinkToken::random(|bytes| fill(bytes, digits)).unwrap()
}

fn fill(bytes: &mut [u8], digits: &str) -> Result<(), std::num::ParseIntError> {
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16)?;
    }
    Ok(())
}

fn callback(id: u64, deadline: Instant) -> PendingCallback<RequestId, u8> {
    PendingCallback {
        id: RequestId::from_raw(id),
        link_token: link_token(OLD_LINK),
        return_token: ReturnToken::random(|bytes| fill(bytes, RETURN_TOKEN)).unwrap(),
        page: Some(PageUrl::new("https://connect.ok.ru/dk".to_owned()).unwrap()),
        deadline,
        parser: std::sync::Arc::new(|_| ParsedCallback::Done(CALLBACK, Page::Completed)),
    }
}

/// The listener's thread.
struct Listener {
    shared: Arc<Shared>,
    table: CallbackTable<RequestId, u8>,
    now: Instant,
    /// Whether the clock runs on to the next deadline when nothing else happens.
    clock_runs: bool,
    /// Whether the event is sent before the page is shown. The other order is wrong.
    event_before_page: bool,
    added: u64,
    idle_at: u64,
}

impl Listener {
    fn new(shared: &Arc<Shared>, now: Instant) -> Self {
        let (shared, table) = (Arc::clone(shared), CallbackTable::default());
        Self {
            shared,
            table,
            now,
            clock_runs: false,
            event_before_page: true,
            added: 0,
            idle_at: 0,
        }
    }

    fn start(mut self) -> JoinHandle<()> {
        thread::spawn(move || while self.turn() {})
    }

    /// Runs one turn of the reactor: commands, then sockets, then deadlines. Returns `false` after
    /// the last.
    fn turn(&mut self) -> bool {
        let next_deadline = self.table.next_deadline();
        let inbox = self
            .shared
            .take(!self.clock_runs || next_deadline.is_none());
        let slept = next_deadline.filter(|_| inbox.is_empty());
        self.now = inbox.clock.or(slept).unwrap_or(self.now);
        let mut stop = false;
        for command in inbox.commands {
            match command {
                Command::Add(callback) => {
                    self.table.add(callback);
                    self.added += 1;
                }
                Command::Renew(token) => self.table.renew_link(RequestId::from_raw(1), token),
                Command::Retire => {
                    self.table
                        .retire(RequestId::from_raw(1), self.now, TOMBSTONE, false);
                }
                Command::Stop => stop = true,
            }
        }
        if inbox.has_callback {
            self.receive_callback();
        }
        for link in inbox.visits {
            self.visit(link);
        }
        self.table
            .expire(self.now, &mut |event| self.shared.send(event));
        if self.idle_at != self.added && self.table.is_empty() {
            self.idle_at = self.added;
            self.shared.send(CallbackEvent::Idle { added: self.added });
        }
        !stop
    }

    fn receive_callback(&mut self) {
        let mut late = Vec::new();
        let receipt =
            self.table
                .receive(RETURN_TOKEN, "code=OK", self.now, &mut |event| match self
                    .event_before_page
                {
                    true => self.shared.send(event),
                    false => late.push(event),
                });
        *self.shared.page.lock().unwrap() = Some(match receipt {
            Receipt::Done(page) => page,
            Receipt::Finished => Page::AlreadyFinished,
            other => panic!("the token is known: {other:?}"),
        });
        late.into_iter().for_each(|event| self.shared.send(event));
    }

    fn visit(&mut self, link: &'static str) {
        match self.table.visit(link, &mut |event| self.shared.send(event)) {
            Visit::Open(_) => self.shared.followed.lock().unwrap().push(link),
            Visit::Used => {}
            other => panic!("the player was given this link: {other:?}"),
        }
    }
}

/// Runs a model in all interleavings with up to three preemptions (two in an ordinary run), and
/// records how many there were.
fn check(name: &str, model: impl Fn() + Send + Sync + 'static) {
    let walked = std::sync::Arc::new(AtomicU64::new(0));
    let count = std::sync::Arc::clone(&walked);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(scale(2, 3));
    builder.check(move || {
        count.fetch_add(1, Ordering::Relaxed);
        model();
    });
    measured(
        1,
        format!("{name}: {} interleavings", walked.load(Ordering::Relaxed)),
    );
}

/// The game cancels, the deadline passes and the callback comes, all at once.
fn three_ends(event_before_page: bool) {
    check("callback, deadline and cancellation", move || {
        let (shared, now) = (Arc::new(Shared::default()), Instant::now());
        let mut listener = Listener {
            event_before_page,
            ..Listener::new(&shared, now)
        };
        // Before the table forgets anything.
        let deadline = now + TOMBSTONE / 2;
        listener.table.add(callback(1, deadline));
        let listener = listener.start();
        let mut app = App::with(&[1]);
        let [browser, clock] = [None, Some(deadline)].map(|clock| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.change(|inbox| match clock {
                    None => inbox.has_callback = true,
                    time => inbox.clock = time,
                });
            })
        });

        let seen = *shared.page.lock().unwrap();
        app.receive(&shared);
        if app.end(RequestId::from_raw(1), End::Cancelled) {
            shared.command(Command::Retire);
        }
        browser.join().unwrap();
        clock.join().unwrap();
        shared.command(Command::Stop);
        listener.join().unwrap();
        app.receive(&shared);

        let page = *shared.page.lock().unwrap();
        assert_eq!((app.ends.len(), app.table.iter().count()), (1, 0));
        match app.ends[0] {
            End::Callback(received) => {
                assert_eq!((received, page), (CALLBACK, Some(Page::Completed)));
            }
            End::TimedOut => assert_eq!(page, Some(Page::AlreadyFinished)),
            // The callback may have come between the start of the frame and the cancellation, but
            // not before.
            _ => assert_ne!(
                seen,
                Some(Page::Completed),
                "the player saw that it was done"
            ),
        }
    });
}

#[test]
fn a_callback_a_deadline_and_a_cancellation_at_once_end_a_request_once() {
    three_ends(true);
}

/// The model can fail: with the page first, a player sees "done" and the game says
/// "cancelled".
#[test]
#[should_panic(expected = "the player saw that it was done")]
fn a_page_before_its_event_would_promise_too_much() {
    three_ends(false);
}

/// The listener becomes idle while the app gives it another request.
fn idle(counted: bool) {
    check("idle and a new request", move || {
        let (shared, now) = (Arc::new(Shared::default()), Instant::now());
        let listener = Listener {
            clock_runs: true,
            ..Listener::new(&shared, now)
        }
        .start();
        let mut app = App::with(&[1, 2]);
        for id in [1, 2] {
            shared.command(Command::Add(callback(id, now + TOMBSTONE)));
        }
        loop {
            match shared.next_event() {
                CallbackEvent::Idle { added } if added == 2 || !counted => break,
                event => app.handle(event),
            }
        }
        shared.command(Command::Stop);
        listener.join().unwrap();
        assert_eq!(
            (app.ends.len(), app.table.iter().count()),
            (2, 0),
            "a request was left behind"
        );
    });
}

#[test]
fn a_request_that_is_added_while_the_listener_becomes_idle_is_not_lost() {
    idle(true);
}

/// The model can fail: an app that ignores `added` stops a listener that has just got a request.
#[test]
#[should_panic(expected = "a request was left behind")]
fn a_late_idle_event_would_lose_a_request() {
    idle(false);
}

/// The player opens the page again while the browser still follows the first link.
fn reopened(renewed_before_opened: bool) {
    check("a renewed link and a visit", move || {
        let (shared, now) = (Arc::new(Shared::default()), Instant::now());
        let mut listener = Listener::new(&shared, now);
        listener.table.add(callback(1, now + TOMBSTONE));
        let listener = listener.start();
        let mut app = App::with(&[1]);
        let open = |link| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.change(|inbox| inbox.visits.push(link)))
        };
        let first = open(OLD_LINK);

        app.receive(&shared);
        let early = (!renewed_before_opened).then(|| open(NEW_LINK));
        shared.command(Command::Renew(link_token(NEW_LINK)));
        app.apply(RequestId::from_raw(1), RequestEvent::Reopening);
        let second = early.unwrap_or_else(|| open(NEW_LINK));
        first.join().unwrap();
        second.join().unwrap();
        shared.command(Command::Stop);
        listener.join().unwrap();
        app.receive(&shared);

        // Each link works at most once, and the new one always does.
        let followed = shared.followed.lock().unwrap().clone();
        assert!(
            matches!(followed[..], [NEW_LINK] | [OLD_LINK, NEW_LINK]),
            "{followed:?}"
        );
        assert!(
            app.table
                .get(RequestId::from_raw(1))
                .is_some_and(Record::was_opened)
                && app.ends.is_empty()
        );
        assert!((1..=followed.len()).contains(&app.opened));
    });
}

#[test]
fn a_renewed_link_works_whatever_happens_to_the_old_one() {
    reopened(true);
}

/// The model can fail: a link that is opened before the listener knows it does not work.
#[test]
#[should_panic(expected = "the player was given this link")]
fn a_link_that_is_opened_before_it_is_registered_would_not_work() {
    reopened(false);
}
