//! Callbacks at the deadline, by a clock that the test sets forward.

use serde_json::json;
use test_support::browser::{Brand, in_each_engine, wait_for};

use crate::altered::ProbedWorld;
use crate::world::result;

in_each_engine!(
    a_callback_that_comes_before_the_clock_is_read_counts,
    a_callback_in_the_queue_of_a_page_that_is_shown_again_counts,
    a_callback_behind_a_late_timer_counts,
    a_callback_after_the_deadline_changes_nothing,
);

/// Sets the clock behind the deadline when a callback arrives, before the game gets it. `how` is
/// what else happens then.
fn pass_deadline_at_callback(probed: &ProbedWorld, how: &str) {
    probed.world.execute(&format!(
        "window.probe.onCallback = () => {{ window.probe.onCallback = null; {how}; }}"
    ));
}

/// Lets the player finish two requests, and expects that both callbacks count.
fn posts_in_time(brand: Brand, how: &str) -> Option<ProbedWorld> {
    let probed = ProbedWorld::start(brand, "&timeout=30")?;
    let world = &probed.world;
    for (third, kind) in [(2, "post"), (1, "suggest")] {
        let count = 3 - third as usize;
        world.click(third);
        world.wait_for_page("/dk");
        world.go_to_game();
        pass_deadline_at_callback(&probed, how);
        world.wait_for_page("/dk");
        if third == 1 {
            world.browser.click("input[type=checkbox]");
        }
        world.browser.click("#publish");
        let results = world.results(count);
        assert_eq!(results[count - 1], result(kind, "completed", 1));
        assert_eq!(probed.probe("onCallback"), json!(null), "the clock was set");
        world.wait_for_closed_windows();
        assert_eq!(world.results(count).len(), count, "one result each");
    }
    assert_eq!(world.notices(), json!([]));
    Some(probed)
}

fn a_callback_that_comes_before_the_clock_is_read_counts(brand: Brand) {
    _ = posts_in_time(brand, "window.probe.skip(31000)");
}

/// The game looks at the clock when it is shown, and the callback is in the queue behind that.
fn a_callback_in_the_queue_of_a_page_that_is_shown_again_counts(brand: Brand) {
    _ = posts_in_time(brand, "window.probe.advance(31000)");
}

/// A page that was busy runs the timer of the deadline first, and then gets the callback.
fn a_callback_behind_a_late_timer_counts(brand: Brand) {
    let late = "window.probe.skip(31000); window.probe.runLate(20000, 30000)";
    if let Some(probed) = posts_in_time(brand, late) {
        assert_eq!(probed.probe("late"), json!(2), "one timer for each request");
    }
}

fn a_callback_after_the_deadline_changes_nothing(brand: Brand) {
    let Some(probed) = ProbedWorld::start(brand, "&timeout=30") else {
        return;
    };
    let world = &probed.world;
    world.click(2);
    world.wait_for_page("/dk");
    world.go_to_game();
    assert_eq!(world.execute("window.report"), json!([]));
    probed.probe("advance(31000)");
    assert_eq!(world.results(1), [result("post", "timed_out", 0)]);
    world.wait_for_page("/dk");
    world.browser.click("#publish");
    let is_told = || probed.probe("callbacks").as_u64() > Some(0);
    wait_for(|| is_told().then_some(())).expect("the callback arrives");
    world.wait_for_closed_windows();
    assert_eq!(world.results(1), [result("post", "timed_out", 0)]);
}
