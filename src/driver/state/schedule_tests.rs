//! The table of requests together with the listener's table of callbacks, in any order of events.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use callback_listener::{
    CallbackEvent, CallbackTable, Instant, LinkToken, Page, PageUrl, ParsedCallback,
    PendingCallback, TOMBSTONE, Token,
};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use super::*;
use test_support::reliability::{measured, scale};

/// The most requests of one schedule.
const MAX_REQUESTS: usize = 24;
/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(600);

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The game writes a request, whose page is signed at once or by its backend.
    Submit {
        signed: bool,
    },
    Signed,
    /// The app has a frame, and time for so many events.
    Receive(usize),
    Wait(Duration),
    /// The listener dies. What it has sent before is received first.
    LoseListener,
    Visit,
    Callback,
    WrongState,
    NoCallback,
    /// The callback comes with the link's token.
    WrongToken,
    Cancel,
    Reopen,
    OpenerSucceeds,
    OpenerFails,
}

fn steps() -> impl Strategy<Value = Step> {
    let seconds = |most| (0_u64..most).prop_map(|seconds| Step::Wait(Duration::from_secs(seconds)));
    prop_oneof![
        2 => any::<bool>().prop_map(|signed| Step::Submit { signed }),
        2 => (0_usize..4).prop_map(Step::Receive),
        1 => Just(Step::Receive(usize::MAX)),
        1 => seconds(256),
        1 => seconds(2560),
        1 => Just(Step::LoseListener),
        8 => prop::sample::select(vec![
            Step::Signed,
            Step::Visit,
            Step::Callback,
            Step::WrongState,
            Step::NoCallback,
            Step::WrongToken,
            Step::Cancel,
            Step::Reopen,
            Step::OpenerSucceeds,
            Step::OpenerFails,
        ]),
    ]
}

/// Why a request is over.
enum End {
    Callback(usize),
    CannotOpen,
    /// Its timeout, the game, or the listener.
    Other,
}

/// A request, and how often the game was told of its end.
struct Request {
    accepted: bool,
    ended: usize,
    /// Of its present link.
    link_token: String,
    return_token: String,
}

/// The app and its listener, with a queue between them; the clock is set by hand.
struct Game {
    pending: Table<usize, ()>,
    callbacks: CallbackTable<RequestId, usize>,
    /// What the listener has sent, and the app has not received.
    events: VecDeque<CallbackEvent<RequestId, usize>>,
    requests: Vec<Request>,
    tokens: u128,
    now: Instant,
}

impl Game {
    fn new() -> Self {
        Self {
            pending: Table::default(),
            callbacks: CallbackTable::default(),
            events: VecDeque::new(),
            requests: Vec::new(),
            tokens: 0,
            now: Instant::now(),
        }
    }

    fn run(&mut self, step: Step, whom: usize) {
        match step {
            Step::Submit { signed } => return self.submit(signed),
            Step::Receive(most) => return self.receive(most),
            Step::Wait(time) => return self.wait(time),
            Step::LoseListener => return self.lose_listener(),
            _ => {}
        }
        let index = whom % self.requests.len().max(1);
        let Some(request) = self.requests.get(index) else {
            return;
        };
        let (link, token) = (request.link_token.clone(), request.return_token.clone());
        let callback = format!("callback {index}");
        match step {
            Step::Signed => {
                self.callbacks.set_page(id(index), page());
                self.callbacks.set_deadline(id(index), self.now + TIMEOUT);
                self.apply(index, RequestEvent::Signed);
            }
            Step::Visit => self.visit(&link),
            Step::Callback => self.come_back(&token, &callback),
            Step::WrongState => self.come_back(&token, "wrong state"),
            Step::NoCallback => self.come_back(&token, "nothing"),
            Step::WrongToken => self.come_back(&link, &callback),
            Step::Cancel => self.cancel(index),
            Step::Reopen => self.reopen(index),
            Step::OpenerSucceeds => self.apply(index, RequestEvent::Opened),
            Step::OpenerFails => {
                self.apply(index, RequestEvent::CannotOpen);
            }
            step => unreachable!("{step:?} is about no request"),
        }
    }

    /// There may be too many of them.
    fn submit(&mut self, signed: bool) {
        let index = self.requests.len();
        if index == MAX_REQUESTS {
            return;
        }
        let (link_token, return_token) = (self.token(), self.token());
        let request = Request {
            accepted: self.pending.iter().count() < CAPACITY,
            ended: 0,
            link_token: link_token.expose().to_owned(),
            return_token: return_token.expose().to_owned(),
        };
        let state = match signed {
            true => RequestState::Opening { again: false },
            false => RequestState::WaitingForSignature,
        };
        let accepted = self.pending.insert(Record::new(id(index), state, index));
        assert_eq!(accepted, request.accepted);
        if accepted {
            self.callbacks.add(PendingCallback {
                id: id(index),
                link_token,
                return_token,
                page: signed.then(page),
                deadline: self.now + TIMEOUT,
                parser: Arc::new(move |text| match text {
                    "wrong state" => ParsedCallback::StateMismatch,
                    text if text == format!("callback {index}") => {
                        ParsedCallback::Done(index, Page::Completed)
                    }
                    _ => ParsedCallback::NotACallback,
                }),
            });
        }
        self.requests.push(request);
    }

    /// Never the same.
    fn token<Kind>(&mut self) -> Token<Kind> {
        self.tokens += 1;
        let bytes = self.tokens.to_be_bytes();
        let fill = |room: &mut [u8]| {
            room.copy_from_slice(&bytes);
            Ok::<(), ()>(())
        };
        Token::random(fill).unwrap()
    }

    fn receive(&mut self, most: usize) {
        for _ in 0..most {
            let Some(event) = self.events.pop_front() else {
                return;
            };
            match event {
                CallbackEvent::Visited(id) => self.apply(index(id), RequestEvent::Opened),
                CallbackEvent::Received(id, callback) => {
                    self.end_request(index(id), End::Callback(callback));
                }
                CallbackEvent::Expired(id) => self.end_request(index(id), End::Other),
                CallbackEvent::LinkReused(_) | CallbackEvent::UnexpectedCallback(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        let Self {
            callbacks, events, ..
        } = self;
        callbacks.expire(self.now, &mut |event| events.push_back(event));
        let next = self.callbacks.next_deadline();
        assert!(next.is_none_or(|deadline| deadline > self.now));
    }

    fn visit(&mut self, token: &str) {
        let Self {
            callbacks, events, ..
        } = self;
        _ = callbacks.visit(token, &mut |event| events.push_back(event));
    }

    fn come_back(&mut self, token: &str, text: &str) {
        let Self {
            callbacks, events, ..
        } = self;
        _ = callbacks.receive(token, text, self.now, &mut |event| events.push_back(event));
    }

    fn reopen(&mut self, index: usize) {
        if self.pending.get(id(index)).is_some() {
            let token: LinkToken = self.token();
            token
                .expose()
                .clone_into(&mut self.requests[index].link_token);
            self.callbacks.renew_link(id(index), token);
            self.apply(index, RequestEvent::Reopening);
        }
    }

    fn cancel(&mut self, index: usize) {
        if self.pending.get(id(index)).is_some() {
            self.end_request(index, End::Other);
        } else {
            // Its link may still work.
            self.callbacks.retire(id(index), self.now, TIMEOUT, false);
        }
    }

    fn lose_listener(&mut self) {
        self.receive(usize::MAX);
        self.callbacks = CallbackTable::default();
        while let Some(id) = self.pending.find(|_| true) {
            self.end_request(index(id), End::Other);
        }
    }

    fn apply(&mut self, index: usize, event: RequestEvent) {
        if self.pending.apply(id(index), event) == Transition::CannotOpen {
            self.end_request(index, End::CannotOpen);
        }
    }

    /// As the driver does it: what ended without a callback is retired.
    fn end_request(&mut self, index: usize, end: End) {
        let Some(record) = self.pending.remove(id(index)) else {
            return;
        };
        assert_eq!(record.data, index, "another request's body");
        if let End::Callback(callback) = end {
            assert_eq!(callback, index, "another request's callback");
        } else {
            let keep_link = matches!(end, End::CannotOpen);
            self.callbacks
                .retire(id(index), self.now, TOMBSTONE, keep_link);
        }
        let request = &mut self.requests[index];
        request.ended += 1;
        assert!(
            request.accepted && request.ended == 1,
            "request {index} ended {} times",
            request.ended
        );
    }

    /// When the time of all is over, all have ended, and nothing is left of them.
    fn end(mut self) {
        self.wait(TIMEOUT);
        self.receive(usize::MAX);
        assert_eq!(
            self.pending.iter().count(),
            0,
            "a request that does not end"
        );
        for (index, request) in self.requests.iter().enumerate() {
            let expected = usize::from(request.accepted);
            assert_eq!(request.ended, expected, "request {index}");
        }
        self.wait(TOMBSTONE);
        assert!(self.callbacks.is_empty() && self.events.is_empty());
    }
}

fn id(index: usize) -> RequestId {
    RequestId::from_raw(index as u64 + 1)
}

fn index(id: RequestId) -> usize {
    usize::try_from(id.get() - 1).unwrap()
}

fn page() -> PageUrl {
    PageUrl::new("https://connect.ok.ru/dk".to_owned()).unwrap()
}

/// Every request that was accepted ends exactly once, with its own callback, whatever happens when.
#[test]
fn schedules_of_both_tables_end_every_request_once() {
    let cases = scale(20_000, 1_000_000);
    let config = ProptestConfig {
        rng_seed: RngSeed::Fixed(0x0d_0c1a),
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    };
    let schedules = prop::collection::vec((steps(), 0_usize..MAX_REQUESTS), 0..60);
    let run = |schedule: Vec<(Step, usize)>| {
        let mut game = Game::new();
        for (step, whom) in schedule {
            game.run(step, whom);
        }
        game.end();
        Ok(())
    };
    TestRunner::new(config).run(&schedules, run).unwrap();
    measured(3, format!("event_schedule {cases} seeded cases"));
}
