//! The hand-over between the app and the listener's thread, in every interleaving with up to three
//! preemptions (loom). [`Table`] and `Routes` are the real ones; the queues between them, the clock
//! and the browsers are loom's.

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
const BACK: &str = "fedcba9876543210fedcba9876543210";
const ANSWER: u8 = 7;

/// What waits for the listener's thread: orders, browsers with an answer or a link, and its clock.
#[derive(Default)]
struct Inbox {
    orders: Vec<Order>,
    answer: bool,
    visits: Vec<&'static str>,
    /// The time has come.
    clock: Option<Instant>,
}

impl Inbox {
    fn is_empty(&self) -> bool {
        self.orders.is_empty() && !self.answer && self.visits.is_empty() && self.clock.is_none()
    }
}

/// What the app wants.
enum Order {
    Add(PendingCallback<RequestId, u8>),
    Renew(LinkToken),
    Retire,
    Stop,
}

/// What the threads share: the listener's inbox, the app's, and what the browsers show.
#[derive(Default)]
struct House {
    inbox: Mutex<Inbox>,
    knocked: Condvar,
    events: Mutex<VecDeque<Event>>,
    told: Condvar,
    page: Mutex<Option<Page>>,
    /// The links that led to OK's page.
    led: Mutex<Vec<&'static str>>,
}

impl House {
    fn knock(&self, put: impl FnOnce(&mut Inbox)) {
        put(&mut self.inbox.lock().unwrap());
        self.knocked.notify_one();
    }

    fn order(&self, order: Order) {
        self.knock(|inbox| inbox.orders.push(order));
    }

    /// What has come; if nothing has, waits for it or returns nothing.
    fn take(&self, wait: bool) -> Inbox {
        let mut inbox = self.inbox.lock().unwrap();
        while wait && inbox.is_empty() {
            inbox = self.knocked.wait(inbox).unwrap();
        }
        std::mem::take(&mut *inbox)
    }

    fn report(&self, event: Event) {
        self.events.lock().unwrap().push_back(event);
        self.told.notify_one();
    }

    fn next_event(&self) -> Event {
        let mut events = self.events.lock().unwrap();
        loop {
            if let Some(event) = events.pop_front() {
                return event;
            }
            events = self.told.wait(events).unwrap();
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

/// The app: its table, and what the game was told.
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
            other => panic!("nobody did anything strange: {other:?}"),
        }
    }

    /// What a frame begins with.
    fn receive(&mut self, house: &House) {
        let events = std::mem::take(&mut *house.events.lock().unwrap());
        events.into_iter().for_each(|event| self.handle(event));
    }
}

/// Its tokens are the given digits, not random ones.
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
        return_token: ReturnToken::random(|bytes| fill(bytes, BACK)).unwrap(),
        page: Some(PageUrl::new("https://connect.ok.ru/dk".to_owned()).unwrap()),
        deadline,
        parser: std::sync::Arc::new(|_| ParsedCallback::Done(ANSWER, Page::Completed)),
    }
}

/// The listener's thread.
struct Listener {
    house: Arc<House>,
    table: CallbackTable<RequestId, u8>,
    now: Instant,
    /// Whether the next deadline comes by itself when nothing else does.
    clock_runs: bool,
    /// The right way, and the one that is wrong: the page last, or first.
    event_before_page: bool,
    added: u64,
    idle_at: u64,
}

impl Listener {
    fn new(house: &Arc<House>, now: Instant) -> Self {
        let (house, table) = (Arc::clone(house), CallbackTable::default());
        Self {
            house,
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

    /// A turn of the reactor: orders, then sockets, then deadlines. `false` after the last one.
    fn turn(&mut self) -> bool {
        let next_deadline = self.table.next_deadline();
        let inbox = self.house.take(!self.clock_runs || next_deadline.is_none());
        let slept = next_deadline.filter(|_| inbox.is_empty());
        self.now = inbox.clock.or(slept).unwrap_or(self.now);
        let mut stop = false;
        for order in inbox.orders {
            match order {
                Order::Add(callback) => {
                    self.table.add(callback);
                    self.added += 1;
                }
                Order::Renew(token) => self.table.renew_link(RequestId::from_raw(1), token),
                Order::Retire => {
                    self.table
                        .retire(RequestId::from_raw(1), self.now, TOMBSTONE, false);
                }
                Order::Stop => stop = true,
            }
        }
        if inbox.answer {
            self.answer();
        }
        for link in inbox.visits {
            self.visit(link);
        }
        self.table
            .expire(self.now, &mut |event| self.house.report(event));
        if self.idle_at != self.added && self.table.is_empty() {
            self.idle_at = self.added;
            self.house.report(CallbackEvent::Idle { added: self.added });
        }
        !stop
    }

    fn answer(&mut self) {
        let mut late = Vec::new();
        let receipt =
            self.table.receive(
                BACK,
                "code=OK",
                self.now,
                &mut |event| match self.event_before_page {
                    true => self.house.report(event),
                    false => late.push(event),
                },
            );
        *self.house.page.lock().unwrap() = Some(match receipt {
            Receipt::Done(page) => page,
            Receipt::Finished => Page::AlreadyFinished,
            other => panic!("the token is known: {other:?}"),
        });
        late.into_iter().for_each(|event| self.house.report(event));
    }

    fn visit(&mut self, link: &'static str) {
        match self
            .table
            .visit(link, &mut |event| self.house.report(event))
        {
            Visit::Open(_) => self.house.led.lock().unwrap().push(link),
            Visit::Used => {}
            other => panic!("the player was given this link: {other:?}"),
        }
    }
}

/// Walks all interleavings with up to three preemptions (two in an ordinary run), and says how many
/// they were.
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

/// The game cancels, the deadline passes and the answer comes, all at once.
fn three_ends(event_before_page: bool) {
    check("answer, deadline and cancellation", move || {
        let (house, now) = (Arc::new(House::default()), Instant::now());
        let mut listener = Listener {
            event_before_page,
            ..Listener::new(&house, now)
        };
        // Sooner than anything is forgotten.
        let deadline = now + TOMBSTONE / 2;
        listener.table.add(callback(1, deadline));
        let listener = listener.start();
        let mut app = App::with(&[1]);
        let [browser, clock] = [None, Some(deadline)].map(|clock| {
            let house = Arc::clone(&house);
            thread::spawn(move || {
                house.knock(|inbox| match clock {
                    None => inbox.answer = true,
                    time => inbox.clock = time,
                });
            })
        });

        let seen = *house.page.lock().unwrap();
        app.receive(&house);
        if app.end(RequestId::from_raw(1), End::Cancelled) {
            house.order(Order::Retire);
        }
        browser.join().unwrap();
        clock.join().unwrap();
        house.order(Order::Stop);
        listener.join().unwrap();
        app.receive(&house);

        let page = *house.page.lock().unwrap();
        assert_eq!((app.ends.len(), app.table.iter().count()), (1, 0));
        match app.ends[0] {
            End::Callback(answer) => assert_eq!((answer, page), (ANSWER, Some(Page::Completed))),
            End::TimedOut => assert_eq!(page, Some(Page::AlreadyFinished)),
            // The answer may have come between the beginning of the frame and the cancellation, but
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
fn an_answer_a_deadline_and_a_cancellation_at_once_make_one_end() {
    three_ends(true);
}

/// The model can fail: with the page first, a player sees "done" and the game says "cancelled".
#[test]
#[should_panic(expected = "the player saw that it was done")]
fn a_page_before_its_event_would_promise_too_much() {
    three_ends(false);
}

/// The listener says that it is idle while the app gives it another request.
fn idle(counted: bool) {
    check("idle and a new request", move || {
        let (house, now) = (Arc::new(House::default()), Instant::now());
        let listener = Listener {
            clock_runs: true,
            ..Listener::new(&house, now)
        }
        .start();
        let mut app = App::with(&[1, 2]);
        for id in [1, 2] {
            house.order(Order::Add(callback(id, now + TOMBSTONE)));
        }
        loop {
            match house.next_event() {
                CallbackEvent::Idle { added } if added == 2 || !counted => break,
                event => app.handle(event),
            }
        }
        house.order(Order::Stop);
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

/// The model can fail: an app that does not look at `added` stops a listener that has just been
/// given work.
#[test]
#[should_panic(expected = "a request was left behind")]
fn an_idle_moment_that_is_over_would_lose_a_request() {
    idle(false);
}

/// The player opens the page again while the browser still follows the first link.
fn reopened(renewed_before_opened: bool) {
    check("a renewed link and a visit", move || {
        let (house, now) = (Arc::new(House::default()), Instant::now());
        let mut listener = Listener::new(&house, now);
        listener.table.add(callback(1, now + TOMBSTONE));
        let listener = listener.start();
        let mut app = App::with(&[1]);
        let open = |link| {
            let house = Arc::clone(&house);
            thread::spawn(move || house.knock(|inbox| inbox.visits.push(link)))
        };
        let first = open(OLD_LINK);

        app.receive(&house);
        let early = (!renewed_before_opened).then(|| open(NEW_LINK));
        house.order(Order::Renew(link_token(NEW_LINK)));
        app.apply(RequestId::from_raw(1), RequestEvent::Reopening);
        let second = early.unwrap_or_else(|| open(NEW_LINK));
        first.join().unwrap();
        second.join().unwrap();
        house.order(Order::Stop);
        listener.join().unwrap();
        app.receive(&house);

        // Each link leads on at most once, and the new one always.
        let led = house.led.lock().unwrap().clone();
        assert!(
            matches!(led[..], [NEW_LINK] | [OLD_LINK, NEW_LINK]),
            "{led:?}"
        );
        assert!(
            app.table
                .get(RequestId::from_raw(1))
                .is_some_and(Record::was_opened)
                && app.ends.is_empty()
        );
        assert!((1..=led.len()).contains(&app.opened));
    });
}

#[test]
fn a_renewed_link_leads_on_whatever_becomes_of_the_old_one() {
    reopened(true);
}

/// The model can fail: a link that is opened before the listener knows it leads nowhere.
#[test]
#[should_panic(expected = "the player was given this link")]
fn a_link_that_is_opened_before_it_is_renewed_would_lead_nowhere() {
    reopened(false);
}
