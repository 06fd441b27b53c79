use std::collections::HashSet;
use std::thread;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use super::*;
use test_support::reliability::{measured, scale};

/// The events of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Submit,
    /// The request waits for a session.
    SubmitWaiting,
    /// The session has come, and the game's backend signs.
    StartSigning,
    Signed,
    Opened,
    CannotOpen,
    Reopen,
    CalledBack,
    Cancelled,
    Expired,
    Failed,
}

const EVENTS: [Event; 11] = [
    Event::Submit,
    Event::SubmitWaiting,
    Event::StartSigning,
    Event::Signed,
    Event::Opened,
    Event::CannotOpen,
    Event::Reopen,
    Event::CalledBack,
    Event::Cancelled,
    Event::Expired,
    Event::Failed,
];

/// The table, and a plain count of the results that the game has received.
#[derive(Default)]
struct World {
    table: Table<usize, ()>,
    submitted: [bool; 8],
    ended: [usize; 8],
}

impl World {
    fn id(index: usize) -> RequestId {
        RequestId::from_raw(index as u64 + 1)
    }

    fn run(&mut self, index: usize, event: Event) {
        let id = Self::id(index);
        let opening = RequestState::Opening { again: false };
        let event = match event {
            Event::Submit => return self.submit(index, opening),
            Event::SubmitWaiting => {
                return self.submit(index, RequestState::WaitingForSession(()));
            }
            Event::StartSigning => {
                if let Some(record) = self.table.get_mut(id) {
                    let waited = record.waits_for_session();
                    assert_eq!(record.start_signing().is_some(), waited);
                }
                return;
            }
            Event::Signed => RequestEvent::Signed,
            Event::Opened => RequestEvent::Opened,
            Event::CannotOpen => RequestEvent::CannotOpen,
            Event::Reopen => RequestEvent::Reopening,
            Event::CalledBack | Event::Cancelled | Event::Expired | Event::Failed => {
                return self.end(index);
            }
        };
        let had_page = self.table.get(id).is_some_and(Record::has_page);
        match self.table.apply(id, event) {
            Transition::CannotOpen => self.end(index),
            Transition::Opened | Transition::CannotReopen => {
                assert!(had_page, "an unsigned page was shown");
            }
            Transition::Nothing => {}
        }
        self.check();
    }

    fn end(&mut self, index: usize) {
        if let Some(record) = self.table.remove(Self::id(index)) {
            assert_eq!(record.data, index, "another request's body");
            self.ended[index] += 1;
        }
        self.check();
    }

    /// Submits a request once: the message with its id cannot be cloned.
    fn submit(&mut self, index: usize, state: RequestState<()>) {
        if !self.submitted[index] {
            let record = Record::new(Self::id(index), state, index);
            self.submitted[index] = self.table.insert(record);
            assert!(self.submitted[index]);
        }
    }

    fn check(&self) {
        for index in 0..self.ended.len() {
            let pending = self.table.get(Self::id(index)).is_some();
            assert_eq!(
                usize::from(self.submitted[index]),
                self.ended[index] + usize::from(pending),
                "request {index}: ended {} times, pending: {pending}",
                self.ended[index]
            );
        }
    }

    fn copy(&self) -> Self {
        let copy = |record: &Record<usize, ()>| Record {
            id: record.id,
            state: record.state,
            data: record.data,
        };
        Self {
            table: Table(self.table.iter().map(copy).collect()),
            submitted: self.submitted,
            ended: self.ended,
        }
    }

    fn key(&self) -> String {
        format!("{:?} {:?} {:?}", self.table, self.submitted, self.ended)
    }
}

/// Walks all orders of the events for two requests, of any length, but each state only once. Then,
/// without that shortcut, walks all orders up to length 5 (3 in an ordinary run), and up to length
/// 7 (4) of the events of a request that waits for nothing.
#[test]
fn every_order_of_events_ends_each_request_exactly_once() {
    let alphabet: Vec<(usize, Event)> = (0..2)
        .flat_map(|index| EVENTS.map(|event| (index, event)))
        .collect();

    let (mut seen, mut open) = (HashSet::new(), vec![World::default()]);
    while let Some(world) = open.pop() {
        for &(index, event) in &alphabet {
            let mut next = world.copy();
            next.run(index, event);
            if seen.insert(next.key()) {
                open.push(next);
            }
        }
    }
    // Each request: not submitted, waiting, being signed, opening, opening again, open, ended.
    assert!(
        seen.len() >= 7 * 7,
        "only {} states were reached",
        seen.len()
    );

    let waiting = [Event::SubmitWaiting, Event::StartSigning, Event::Signed];
    let at_once: Vec<_> = alphabet
        .iter()
        .copied()
        .filter(|(_, event)| !waiting.contains(event))
        .collect();
    let walked = walk_in_threads(&alphabet, scale(3, 5)) + walk_in_threads(&at_once, scale(4, 7));
    let mut both = World::default();
    both.run(0, Event::Submit);
    both.run(1, Event::Submit);
    let short: Vec<_> = (0..2)
        .flat_map(|index| {
            [
                Event::Opened,
                Event::CannotOpen,
                Event::CalledBack,
                Event::Cancelled,
            ]
            .map(|event| (index, event))
        })
        .collect();
    walk(&both, &short, 7);
    measured(1, format!("{walked} orders of 11 events for 2 requests"));
}

/// Walks all orders up to this length. Returns how many there were.
fn walk(world: &World, alphabet: &[(usize, Event)], depth: usize) -> u64 {
    let mut walked = 0;
    for &(index, event) in alphabet {
        let mut next = world.copy();
        next.run(index, event);
        walked += 1;
        if depth > 1 {
            walked += walk(&next, alphabet, depth - 1);
        }
    }
    walked
}

/// Walks from the start, with a thread for each first event where there are threads.
fn walk_in_threads(alphabet: &[(usize, Event)], depth: usize) -> u64 {
    if cfg!(wasm_tests) {
        return walk(&World::default(), alphabet, depth);
    }
    thread::scope(|scope| {
        let walks: Vec<_> = alphabet
            .iter()
            .map(|&(index, event)| {
                scope.spawn(move || {
                    let mut first = World::default();
                    first.run(index, event);
                    1 + walk(&first, alphabet, depth - 1)
                })
            })
            .collect();
        walks.into_iter().map(|walk| walk.join().unwrap()).sum()
    })
}

fn opening(index: usize) -> Record<usize, ()> {
    Record::new(
        World::id(index),
        RequestState::Opening { again: false },
        index,
    )
}

#[test]
fn a_tenth_request_is_refused_and_changes_nothing() {
    let mut table = Table::default();
    for index in 0..CAPACITY {
        assert!(table.insert(opening(index)));
    }
    assert!(!table.insert(opening(CAPACITY)));
    assert_eq!(table.iter().count(), CAPACITY);
    assert!(table.get(World::id(CAPACITY)).is_none());
}

#[test]
fn a_fetched_page_is_open_even_if_its_opener_fails() {
    let (mut table, id) = (Table::default(), World::id(0));
    table.insert(opening(0));
    assert_eq!(table.apply(id, RequestEvent::Opened), Transition::Opened);
    assert_eq!(
        table.apply(id, RequestEvent::CannotOpen),
        Transition::Nothing
    );
    assert!(table.get(id).is_some_and(Record::was_opened));
}

#[test]
fn a_page_that_cannot_be_opened_again_keeps_the_request() {
    let (mut table, id) = (Table::default(), World::id(0));
    table.insert(opening(0));
    table.apply(id, RequestEvent::Opened);
    table.apply(id, RequestEvent::Reopening);
    let failed = table.apply(id, RequestEvent::CannotOpen);
    assert_eq!(failed, Transition::CannotReopen);
    assert!(table.remove(id).is_some() && table.remove(id).is_none());
}

/// A page that is not signed yet can be neither opened nor opened again.
#[test]
fn an_unsigned_page_is_not_shown() {
    let (mut table, id) = (Table::default(), World::id(0));
    table.insert(Record::new(id, RequestState::WaitingForSession(()), 0));
    for event in [
        RequestEvent::Opened,
        RequestEvent::Reopening,
        RequestEvent::Signed,
    ] {
        assert_eq!(table.apply(id, event), Transition::Nothing);
        assert!(table.get(id).is_some_and(Record::waits_for_session));
    }
    assert_eq!(table.get_mut(id).and_then(Record::start_signing), Some(()));
    assert_eq!(table.get_mut(id).and_then(Record::start_signing), None);
    table.apply(id, RequestEvent::Opened);
    assert!(table.get(id).is_some_and(Record::waits_for_signature));
    table.apply(id, RequestEvent::Signed);
    assert!(table.get(id).is_some_and(Record::has_page));
}

/// Random schedules of eight requests: none missing, none double, none mixed up.
#[test]
fn random_schedules_of_eight_requests() {
    let schedules = prop::collection::vec((0_usize..8, 0_usize..EVENTS.len()), 0..40);
    let config = ProptestConfig {
        rng_seed: RngSeed::Fixed(0x0d_0c1a),
        failure_persistence: None,
        ..ProptestConfig::with_cases(100_000)
    };
    let run = |schedule: Vec<(usize, usize)>| {
        let mut world = World::default();
        for (index, event) in schedule {
            world.run(index, EVENTS[event]);
        }
        // In the end everything expires: then each submitted request has ended once.
        for index in 0..8 {
            world.run(index, Event::Expired);
        }
        prop_assert_eq!(world.ended.map(|times| times > 0), world.submitted);
        prop_assert!(world.ended.iter().all(|&times| times <= 1));
        Ok(())
    };
    TestRunner::new(config).run(&schedules, run).unwrap();
    measured(1, "100000 random schedules of 8 requests");
}
