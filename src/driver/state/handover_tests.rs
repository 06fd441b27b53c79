//! The hand-over from the listener's and the opener's threads to a sleeping app, in every
//! interleaving with up to three preemptions (loom). The table is the real one; channel and event
//! loop are loom's.

use std::collections::VecDeque;

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use super::*;

/// What a thread does with an event: into the channel, then wake the app. The other way round is
/// wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    SendThenWake,
    WakeThenSend,
}

/// What the other threads report.
enum Change {
    Event(RequestEvent),
    CalledBack,
}

#[derive(Default)]
struct App {
    channel: Mutex<VecDeque<Change>>,
    woken: Mutex<bool>,
    sleeping: Condvar,
}

impl App {
    fn report(&self, event: Change, order: Order) {
        if order == Order::WakeThenSend {
            self.wake();
        }
        self.channel.lock().unwrap().push_back(event);
        if order == Order::SendThenWake {
            self.wake();
        }
    }

    fn wake(&self) {
        *self.woken.lock().unwrap() = true;
        self.sleeping.notify_one();
    }

    fn sleep(&self) {
        let mut woken = self.woken.lock().unwrap();
        while !*woken {
            woken = self.sleeping.wait(woken).unwrap();
        }
        *woken = false;
    }
}

/// A page is fetched and answered while its opener reports a failure; the app sleeps until it is
/// woken.
fn model(order: Order) {
    let mut model = loom::model::Builder::new();
    // Without a bound it takes minutes; what needs more than three preemptions has not been seen
    // anywhere yet.
    model.preemption_bound = Some(3);
    model.check(move || {
        let app = Arc::new(App::default());
        let id = RequestId::from_raw(1);
        let mut table = Table::<(), ()>::default();
        table.insert(Record::new(id, RequestState::Opening { again: false }, ()));
        let listener = thread::spawn({
            let app = Arc::clone(&app);
            move || {
                app.report(Change::Event(RequestEvent::Opened), order);
                app.report(Change::CalledBack, order);
            }
        });
        let opener = thread::spawn({
            let app = Arc::clone(&app);
            move || {
                app.report(Change::Event(RequestEvent::CannotOpen), order);
            }
        });

        let (mut told, mut seen) = (0, 0);
        while seen < 3 {
            app.sleep();
            let events = std::mem::take(&mut *app.channel.lock().unwrap());
            for event in events {
                seen += 1;
                let ends = match event {
                    Change::CalledBack => true,
                    Change::Event(event) => table.apply(id, event) == Transition::CannotOpen,
                };
                told += usize::from(ends && table.remove(id).is_some());
            }
        }
        assert_eq!((told, table.iter().count()), (1, 0));
        listener.join().unwrap();
        opener.join().unwrap();
    });
}

#[test]
fn nothing_is_lost_or_doubled_on_the_way_to_a_sleeping_app() {
    model(Order::SendThenWake);
}

/// The model can fail: an app that is woken too early sleeps on.
#[test]
#[should_panic(expected = "deadlock")]
fn waking_before_sending_would_lose_an_answer() {
    model(Order::WakeThenSend);
}
