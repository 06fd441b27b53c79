use std::collections::HashSet;
use std::thread;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use super::*;
use crate::error::RequestErrorKind;
use crate::reliability::{measured, scale};

/// Everything that can happen, to one of two requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Submit,
    Opened,
    CannotOpen,
    Reopen,
    Answered,
    Cancelled,
    Expired,
    Failed,
}

const EVENTS: [Event; 8] = [
    Event::Submit,
    Event::Opened,
    Event::CannotOpen,
    Event::Reopen,
    Event::Answered,
    Event::Cancelled,
    Event::Expired,
    Event::Failed,
];

/// The table beside plain book-keeping of what was told to the game.
#[derive(Default)]
struct World {
    table: Pending<usize>,
    submitted: [bool; 8],
    told: [usize; 8],
}

impl World {
    fn id(index: usize) -> RequestId {
        RequestId::from_raw(index as u64 + 1)
    }

    fn run(&mut self, index: usize, event: Event) {
        let id = Self::id(index);
        let signal = match event {
            Event::Submit => {
                // An id is used once: the message that carries it cannot be cloned.
                if !self.submitted[index] {
                    self.submitted[index] = self.table.insert(id, index);
                    assert!(self.submitted[index]);
                }
                return;
            }
            Event::Opened => Signal::Opened,
            Event::CannotOpen => Signal::CannotOpen(OpenError::new("no")),
            Event::Reopen => Signal::Reopen,
            Event::Answered => Signal::Answered(index),
            Event::Cancelled => Signal::Cancelled(CancelledBy::Game),
            Event::Expired => Signal::Expired,
            Event::Failed => {
                Signal::Failed(RequestError::new(RequestErrorKind::ListenerLost, "lost"))
            }
        };
        if let Step::Ended(entry, end) = self.table.apply(id, signal) {
            assert_eq!(entry, index, "another request's entry");
            if let Cause::Answered(answer) = end {
                assert_eq!(answer, index, "another request's answer");
            }
            self.told[index] += 1;
        }
        self.check();
    }

    fn check(&self) {
        for index in 0..self.told.len() {
            let pending = self.table.get(Self::id(index)).is_some();
            assert_eq!(
                usize::from(self.submitted[index]),
                self.told[index] + usize::from(pending),
                "request {index}: told {} times, pending: {pending}",
                self.told[index]
            );
        }
    }

    fn copy(&self) -> Self {
        let slots = self.table.slots.iter().map(|slot| Slot {
            id: slot.id,
            stage: slot.stage,
            entry: slot.entry,
        });
        Self {
            table: Pending {
                slots: slots.collect(),
            },
            submitted: self.submitted,
            told: self.told,
        }
    }

    fn key(&self) -> String {
        format!("{:?} {:?} {:?}", self.table, self.submitted, self.told)
    }
}

/// Walks all orders of the eight events for two requests, of any length: whatever was reached
/// before need not be walked again. Then, without that shortcut, all orders up to length 7 (4 in an
/// ordinary run) of the sixteen, and those up to length 7 of eight of them.
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
    // Each request: not submitted, opening, opening again, open, told.
    assert!(
        seen.len() >= 5 * 5,
        "only {} states were reached",
        seen.len()
    );

    let walked = walk_in_threads(&alphabet, scale(4, 7));
    let mut both = World::default();
    both.run(0, Event::Submit);
    both.run(1, Event::Submit);
    let short: Vec<_> = (0..2)
        .flat_map(|index| {
            [
                Event::Opened,
                Event::CannotOpen,
                Event::Answered,
                Event::Cancelled,
            ]
            .map(|event| (index, event))
        })
        .collect();
    walk(&both, &short, 7);
    measured(1, format!("{walked} orders of 8 events for 2 requests"));
}

/// All orders up to this length; how many they were.
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

/// The same from the beginning, a thread for each first event.
fn walk_in_threads(alphabet: &[(usize, Event)], depth: usize) -> u64 {
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

#[test]
fn a_ninth_request_is_refused_and_harms_none() {
    let mut table = Pending::default();
    for index in 0..CAPACITY {
        assert!(table.insert(World::id(index), index));
    }
    assert!(!table.insert(World::id(CAPACITY), CAPACITY));
    assert_eq!(table.len(), CAPACITY);
    assert!(table.get(World::id(CAPACITY)).is_none());
}

#[test]
fn a_page_that_was_fetched_is_open_whatever_its_program_says() {
    let mut table = Pending::default();
    let id = World::id(0);
    table.insert(id, ());
    assert_eq!(table.apply::<()>(id, Signal::Opened), Step::Opened);
    assert_eq!(
        table.apply::<()>(id, Signal::CannotOpen(OpenError::new("exit code 1"))),
        Step::Nothing
    );
    assert!(table.is_open(id));
}

#[test]
fn a_page_that_cannot_be_opened_again_keeps_the_request() {
    let mut table = Pending::default();
    let id = World::id(0);
    table.insert(id, ());
    table.apply::<()>(id, Signal::Opened);
    assert_eq!(table.apply::<()>(id, Signal::Reopen), Step::Reopening);
    assert_eq!(
        table.apply::<()>(id, Signal::CannotOpen(OpenError::new("gone"))),
        Step::CannotReopen
    );
    assert_eq!(
        table.apply(id, Signal::Answered(1)),
        Step::Ended((), Cause::Answered(1))
    );
}

/// Random schedules of eight requests: none missing, none double, none mixed up.
#[test]
fn random_schedules_of_eight_requests() {
    let schedules = prop::collection::vec((0_usize..8, 0_usize..8), 0..40);
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
        // In the end everything expires: then each submitted request has been told of once.
        for index in 0..8 {
            world.run(index, Event::Expired);
        }
        prop_assert_eq!(world.told.map(|told| told > 0), world.submitted);
        prop_assert!(world.told.iter().all(|&told| told <= 1));
        Ok(())
    };
    TestRunner::new(config).run(&schedules, run).unwrap();
    measured(1, "100000 random schedules of 8 requests");
}
