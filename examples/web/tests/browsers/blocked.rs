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
    world.press("x");
    world.execute("document.querySelector('#game').requestFullscreen()");
    world.click_by_script(2);
    world.browser.wait_for_css("#bevy-ok-open");
    let (x, y) = world.middle_of("#bevy-ok-open");
    let there = format!("document.elementFromPoint({x}, {y}).id");
    assert_eq!(world.execute("document.fullscreenElement.id"), "game");
    assert_eq!(world.execute(&there), "bevy-ok-open");
    world.browser.click("#bevy-ok-cancel");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
}
