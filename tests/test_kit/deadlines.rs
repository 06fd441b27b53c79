//! Deadlines beside callbacks.

use std::sync::Barrier;
use std::thread;

use super::*;

/// The deadline passes while a callback is on its way: one result, and the page shows the player
/// which one.
#[test]
fn a_deadline_and_a_callback_at_once_make_one_result() {
    for round in 0..100 {
        let mut kit = castle();
        kit.sandbox().set_behavior(Behavior::Cancel);
        let id = invite(&mut kit);
        kit.run_until_settled();
        let back = way_back(&kit);
        kit.act(id, PlayerAction::TimeOut);
        let start = Barrier::new(2);
        let page = thread::scope(|scope| {
            let callback = scope.spawn(|| {
                start.wait();
                http::get(&back)
            });
            start.wait();
            kit.run_until_settled();
            callback.join().expect("a response")
        });
        kit.run_until_settled();
        assert_eq!(kit.messages.invites.len(), 1, "round {round}");
        let was_late = page.contains("Already finished");
        match &kit.messages.invites[0].outcome {
            Outcome::Cancelled(CancelledBy::Player) => assert!(!was_late, "{page}"),
            Outcome::TimedOut => {
                assert!(was_late, "{page}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_deadline_ends_a_request_and_comes_too_late_after_a_callback() {
    for callback_first in [true, false] {
        let mut kit = castle();
        kit.sandbox().set_behavior(Behavior::Cancel);
        let id = invite(&mut kit);
        kit.run_until_settled();
        let back = way_back(&kit);
        kit.act(id, PlayerAction::TimeOut);
        if callback_first {
            http::get(&back);
            kit.run_until_settled();
        } else {
            kit.run_until_settled();
            assert!(http::get(&back).contains("Already finished"));
            kit.run_until_settled();
        }
        assert_eq!(
            outcome(&kit, id),
            Some(if callback_first {
                "cancelled"
            } else {
                "timed_out"
            })
        );
        assert_eq!(kit.messages.finished(), 1);
    }
}

/// Returns the return URL with the sandbox's callback, for the page that was opened last.
fn way_back(kit: &TestKit) -> String {
    let link = kit
        .messages
        .opened
        .last()
        .expect("an open page")
        .link
        .as_ref()
        .expect("a link")
        .expose();
    let page = http::get(link);
    let response = http::get(http::header(&page, "location").expect("the signed URL"));
    http::header(&response, "location")
        .expect("the way back")
        .to_owned()
}
