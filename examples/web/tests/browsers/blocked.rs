//! Windows that the browser blocks.

use serde_json::json;
use test_support::browser::{Brand, in_each_engine};

use crate::world::{World, result};

in_each_engine!(
    a_blocked_window_gets_a_button,
    the_button_for_a_blocked_window_can_cancel,
);

/// The control: without input every browser must block the window.
fn a_blocked_window_gets_a_button(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.click_by_script(2);
    world.browser.wait_for_css("#bevy-ok-open");
    assert_eq!(world.notices(), json!(["PopupBlocked"]));
    assert_eq!(world.browser.tabs().len(), 1);
    world.browser.click("#bevy-ok-open");
    world.wait_for_page("/dk");
    world.browser.click("#cancel");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
    assert_eq!(world.browser.count("#bevy-ok-open"), 0);
}

fn the_button_for_a_blocked_window_can_cancel(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.click_by_script(0);
    world.browser.click("#bevy-ok-cancel");
    assert_eq!(world.results(1), [result("invite", "cancelled", 0)]);
    assert_eq!(world.browser.count("#bevy-ok-open"), 0);
}
