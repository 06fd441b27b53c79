//! Callbacks at the deadline.

use std::time::Duration;

use odnoklassniki_sandbox::{Behavior, PageKind};
use test_support::browser::{Brand, in_each_engine, wait_for};

use crate::world::World;

in_each_engine!(a_callback_around_the_deadline_gives_one_result);

/// Six requests, three at a time: some callbacks are in time, others are not.
fn a_callback_around_the_deadline_gives_one_result(brand: Brand) {
    let Some(world) = World::start_with(brand, "&timeout=5", "") else {
        return;
    };
    world.watch_console();
    let kinds = [PageKind::Invite, PageKind::Suggest, PageKind::Post];
    let mut completed = 0;
    for round in 0..2 {
        for (third, kind) in (0..).zip(kinds) {
            // The page needs a moment to open, and a moment for the callback.
            let later = Duration::from_millis(4300 + 400 * u64::from(third) + 150 * round);
            let accept = Behavior::Delay(later, Box::new(Behavior::Accept));
            world.sandbox.queue_behavior(kind, accept);
            world.go_to_game();
            world.click(third);
            // The next click may not come into the same frame.
            let windows = usize::try_from(third).expect("small") + 2;
            let has_opened = || world.browser.tabs().len() >= windows;
            wait_for(|| has_opened().then_some(())).expect("a window");
        }
        let count = 3 * (usize::from(round > 0) + 1);
        for (_, outcome, _) in &world.results(count)[count - 3..] {
            completed += usize::from(outcome == "completed");
            let is_right = ["completed", "timed_out"].contains(&&**outcome);
            assert!(is_right, "{outcome}: {}", world.console());
        }
        // A page gets its response after the deadline, too, and closes.
        world.wait_for_closed_windows();
        assert_eq!(world.results(count).len(), count, "one result each");
    }
    assert!((1..6).contains(&completed), "{completed} of 6 in time");
}
