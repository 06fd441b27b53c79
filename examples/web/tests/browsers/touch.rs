//! Fingers. No engine takes their press for the player's consent to a window, only their release.
//!
//! WebKit's driver has no finger.

use std::time::Duration;

use odnoklassniki_sandbox::Behavior;
use serde_json::json;
use test_support::browser::{Brand, in_each_browser};

use crate::world::{World, result};

in_each_browser!(
    a_tap_sends_each_kind_of_request,
    a_press_opens_the_window_when_it_is_released_within_a_second,
    a_press_that_is_held_gets_a_button_that_a_tap_opens,
);

fn a_tap_sends_each_kind_of_request(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.sandbox.set_behavior(Behavior::Accept);
    for (third, kind) in [(0, "invite"), (1, "suggest"), (2, "post")] {
        world.tap(third);
        let results = world.results(third as usize + 1);
        let (last, outcome, _) = results.last().expect("a result");
        assert_eq!((&**last, &**outcome), (kind, "completed"));
        assert_eq!(results.len(), third as usize + 1, "one each: {results:?}");
    }
    assert_eq!(world.notices(), json!([]));
}

/// Games with `Interaction::Pressed` send their request when the finger goes down.
fn a_press_opens_the_window_when_it_is_released_within_a_second(brand: Brand) {
    let Some(world) = World::start_with(brand, "&press=1", "") else {
        return;
    };
    world.sandbox.set_behavior(Behavior::Accept);
    let (x, y) = world.point(2);
    let held = Duration::from_millis(400);
    world.browser.hold_at("touch", x, y, held);
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    assert_eq!(world.notices(), json!([]), "no window was blocked");
}

fn a_press_that_is_held_gets_a_button_that_a_tap_opens(brand: Brand) {
    let Some(world) = World::start_with(brand, "&press=1", "") else {
        return;
    };
    let (x, y) = world.point(2);
    world.browser.hold_at("touch", x, y, Duration::from_secs(2));
    assert_eq!(world.browser.count("#bevy-ok-open"), 1);
    assert_eq!(world.browser.tabs().len(), 1);
    assert_eq!(world.notices(), json!(["PopupBlocked"]));
    let (x, y) = world.middle_of("#bevy-ok-open");
    world.browser.press_at("touch", x, y);
    world.wait_for_page("/dk");
    world.browser.click("#cancel");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
}
