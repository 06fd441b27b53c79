//! Windows that the browser blocks.

use serde_json::json;
use test_support::browser::{Brand, in_each_engine, wait_for};

use crate::world::{World, result};

in_each_engine!(
    a_blocked_window_gets_a_button,
    the_button_for_a_blocked_window_can_cancel,
    each_blocked_window_gets_its_button,
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

/// The latest first, and then the one before it.
fn each_blocked_window_gets_its_button(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    for third in 0..3 {
        world.click_by_script(third);
        let count = |world: &World| world.notices().as_array().map_or(0, Vec::len);
        wait_for(|| (count(&world) == third as usize + 1).then_some(())).expect("it is blocked");
    }
    assert_eq!(world.browser.count("#bevy-ok-open"), 1);
    world.browser.click("#bevy-ok-cancel");
    let mut results = vec![result("post", "cancelled", 0)];
    assert_eq!(world.results(1), results);
    for kind in ["suggest", "invite"] {
        world.browser.click("#bevy-ok-open");
        world.wait_for_page("/dk");
        world.browser.click("#cancel");
        results.push(result(kind, "cancelled", 0));
        assert_eq!(world.results(results.len()), results);
        world.wait_for_closed_windows();
    }
    assert_eq!(world.browser.count("#bevy-ok-open"), 0);
}

/// Only Chromium lets a test fill the screen.
#[test]
fn a_game_that_fills_the_screen_does_not_hide_the_button() {
    let Some(world) = World::start(Brand::Chromium) else {
        return;
    };
    let fill = || {
        world.press("x");
        world.execute("document.querySelector('#game').requestFullscreen()");
        let is_filled = || world.execute("document.fullscreenElement?.id") == "game";
        wait_for(|| is_filled().then_some(())).expect("the game fills the screen");
    };
    let is_on_top = || {
        world.browser.wait_for_css("#bevy-ok-open");
        let (x, y) = world.middle_of("#bevy-ok-open");
        world.execute(&format!("document.elementFromPoint({x}, {y}).id")) == "bevy-ok-open"
    };
    fill();
    world.click_by_script(2);
    assert!(is_on_top(), "after it");
    world.execute("document.exitFullscreen()");
    let is_left = || world.execute("document.fullscreenElement").is_null();
    wait_for(|| is_left().then_some(())).expect("the game is in its page");
    fill();
    wait_for(|| is_on_top().then_some(())).expect("before it");
    world.browser.click("#bevy-ok-cancel");
    // The canvas is larger: which third was clicked does not matter.
    assert_eq!(world.results(1)[0].1, "cancelled");
}
