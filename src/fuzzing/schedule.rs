//! The table of requests and the listener's routes together, in any order of events.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::OpenError;
use crate::callback::parts::Routes;
use crate::callback::{
    CallbackEvent, Page, ReturnToken, Route, RouteId, StartToken, TOMBSTONE, Target, Verdict,
};
use crate::error::{RequestError, RequestErrorKind};
use crate::request::pending::{Cause, Pending, Signal, Step};
use crate::request::{CancelledBy, MAX_PENDING, RequestId};

/// The most requests of one schedule.
const MAX_REQUESTS: usize = 24;
/// How long a request may take.
const TIME: Duration = Duration::from_secs(600);

/// Every request that was accepted ends exactly once, with its own answer, whatever happens when:
/// two bytes of the input are a step and whom (or how long) it concerns.
pub fn event_schedule(bytes: &[u8]) {
    let mut game = Game::new();
    for step in bytes.chunks_exact(2) {
        if let [kind, whom] = *step {
            game.step(kind, whom);
        }
    }
    game.end();
}

/// A request, and what was told of it.
struct Request {
    accepted: bool,
    told: usize,
    /// Of its present link.
    start: String,
    back: String,
}

/// The app and its listener, with a queue between them; the clock is set by hand.
struct Game {
    pending: Pending<usize>,
    routes: Routes<usize>,
    /// What the listener has told, and the app has not yet heard.
    events: VecDeque<CallbackEvent<usize>>,
    requests: Vec<Request>,
    tokens: u32,
    now: Instant,
}

impl Game {
    fn new() -> Self {
        Self {
            pending: Pending::default(),
            routes: Routes::default(),
            events: VecDeque::new(),
            requests: Vec::new(),
            tokens: 0,
            now: Instant::now(),
        }
    }

    fn step(&mut self, kind: u8, whom: u8) {
        let seconds = u64::from(whom);
        let index = usize::from(whom) % self.requests.len().max(1);
        match kind % 15 {
            0 => return self.submit(whom.is_multiple_of(2)),
            1 => return self.hear(usize::from(whom)),
            2 => return self.wait(Duration::from_secs(seconds)),
            3 => return self.wait(Duration::from_secs(10 * seconds)),
            4 => return self.lose_the_listener(),
            _ => {}
        }
        let Some(request) = self.requests.get(index) else {
            return;
        };
        let (start, back) = (request.start.clone(), request.back.clone());
        match kind % 15 {
            5 => self.visit(&start),
            6 => self.answer(&back, &format!("answer {index}")),
            7 => self.answer(&back, "stranger"),
            8 => self.answer(&back, "nothing"),
            9 => self.answer(&start, &format!("answer {index}")),
            10 => self.cancel(index),
            11 => self.reopen(index),
            12 => self.apply(index, Signal::Opened),
            13 => self.apply(index, Signal::CannotOpen(OpenError::new("no"))),
            14 => self.signed(index),
            _ => {}
        }
    }

    /// A game asks; there may be too many of them.
    fn submit(&mut self, signed: bool) {
        let index = self.requests.len();
        if index == MAX_REQUESTS {
            return;
        }
        let (start, back) = (self.token(), self.token());
        let had_room = self.pending.len() <= MAX_PENDING;
        let accepted = self.pending.insert(request_id(index), index);
        assert_eq!(accepted, had_room);
        if accepted {
            self.routes.add(Route {
                id: RouteId(request_id(index).get()),
                start: StartToken::from_digits(&start),
                back: ReturnToken::from_digits(&back),
                target: target().filter(|_| signed),
                deadline: self.now + TIME,
                judge: Arc::new(move |raw| match raw {
                    "stranger" => Verdict::Stranger,
                    raw if raw == format!("answer {index}") => {
                        Verdict::Finish(index, Page::Completed)
                    }
                    _ => Verdict::Unrecognized,
                }),
            });
        }
        self.requests.push(Request {
            accepted,
            told: 0,
            start,
            back,
        });
    }

    fn token(&mut self) -> String {
        self.tokens += 1;
        format!("{:032x}", self.tokens)
    }

    /// The app has a frame, and time for so many events.
    fn hear(&mut self, most: usize) {
        for _ in 0..most {
            let Some(event) = self.events.pop_front() else {
                return;
            };
            match event {
                CallbackEvent::Visited(id) => self.apply(index_of(id), Signal::Opened),
                CallbackEvent::Answered(id, answer) => {
                    self.apply(index_of(id), Signal::Answered(answer));
                }
                CallbackEvent::Expired(id) => self.apply(index_of(id), Signal::Expired),
                CallbackEvent::LinkReused(_) | CallbackEvent::Stranger(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        let Self { routes, events, .. } = self;
        routes.expire(self.now, &mut |event| events.push_back(event));
        assert!(
            self.routes
                .next_deadline()
                .is_none_or(|deadline| deadline > self.now)
        );
    }

    fn visit(&mut self, token: &str) {
        let Self { routes, events, .. } = self;
        let start = routes.find_start(token);
        _ = routes.visit(start, &mut |event| events.push_back(event));
    }

    fn answer(&mut self, token: &str, raw: &str) {
        let Self { routes, events, .. } = self;
        let back = routes.find_back(token);
        _ = routes.answer(back, raw, self.now, &mut |event| events.push_back(event));
    }

    fn reopen(&mut self, index: usize) {
        if self.pending.get(request_id(index)).is_some() {
            let start = self.token();
            self.routes.renew_start(
                RouteId(request_id(index).get()),
                StartToken::from_digits(&start),
            );
            self.requests[index].start = start;
            self.apply(index, Signal::Reopen);
        }
    }

    fn cancel(&mut self, index: usize) {
        let id = request_id(index);
        if self.pending.get(id).is_some() {
            self.apply(index, Signal::Cancelled(CancelledBy::Game));
        } else {
            // Its link may still work.
            self.routes.retire(RouteId(id.get()), self.now, TIME, false);
        }
    }

    /// What it has told before is heard first.
    fn lose_the_listener(&mut self) {
        self.hear(usize::MAX);
        self.routes = Routes::default();
        while let Some(id) = self.pending.first() {
            let lost = RequestError::new(RequestErrorKind::ListenerLost, "lost");
            self.apply(index_of(RouteId(id.get())), Signal::Failed(lost));
        }
    }

    fn signed(&mut self, index: usize) {
        if let Some(target) = target() {
            self.routes
                .set_target(RouteId(request_id(index).get()), target, self.now + TIME);
        }
    }

    /// As the app does it: what ended otherwise than by an answer has no route any more.
    fn apply(&mut self, index: usize, signal: Signal<usize>) {
        let id = request_id(index);
        let Step::Ended(entry, cause) = self.pending.apply(id, signal) else {
            return;
        };
        assert_eq!(entry, index, "another request's entry");
        if let Cause::Answered(answer) = cause {
            assert_eq!(answer, index, "another request's answer");
        } else {
            let keep_link = matches!(cause, Cause::CannotOpen(_));
            self.routes
                .retire(RouteId(id.get()), self.now, TOMBSTONE, keep_link);
        }
        let request = &mut self.requests[index];
        request.told += 1;
        assert!(
            request.accepted && request.told == 1,
            "request {index}, told {} times",
            request.told
        );
    }

    /// When the time of all is over, all have ended, and nothing is left of them.
    fn end(mut self) {
        self.wait(TIME);
        self.hear(usize::MAX);
        assert_eq!(self.pending.len(), 0, "a request that does not end");
        for (index, request) in self.requests.iter().enumerate() {
            assert_eq!(
                request.told,
                usize::from(request.accepted),
                "request {index}"
            );
        }
        self.wait(TOMBSTONE);
        assert!(self.routes.is_empty() && self.events.is_empty());
    }
}

/// A request's number is its place and one.
fn request_id(index: usize) -> RequestId {
    RequestId::from_raw(index as u64 + 1)
}

fn index_of(route: RouteId) -> usize {
    usize::try_from(route.0 - 1).expect("a small number")
}

fn target() -> Option<Target> {
    Target::new("https://connect.ok.ru/dk".to_owned()).ok()
}
