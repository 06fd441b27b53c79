//! What the plugin leaves in the game's page when nothing is pending.

use odnoklassniki_sandbox::{Behavior, PageKind};
use serde_json::{Value, json};
use test_support::browser::{Brand, in_each_engine, wait_for};

use crate::altered::ProbedWorld;
use crate::world::result;

in_each_engine!(
    windows_leave_nothing_behind,
    a_window_that_is_used_again_leaves_nothing_behind,
    frames_leave_nothing_behind,
);

fn windows_leave_nothing_behind(brand: Brand) {
    let Some(probed) = ProbedWorld::start(brand, "") else {
        return;
    };
    let world = &probed.world;
    let before = probed.probe("alive()");
    world.click(2);
    world.wait_for_page("/dk");
    probed.wait_for_a_look();
    world.wait_for_page("/dk");
    world.browser.click("#cancel");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
    assert_eq!(probed.probe("waiting(1000)"), 0, "no window is watched");
    wait_for(|| (world.browser.tabs().len() == 1).then_some(())).expect("the window closes");
    // A window that was blocked, with the button for it.
    world.browser.switch_to(&world.game);
    world.click_by_script(0);
    world.browser.wait_for_css("#bevy-ok-open");
    world.browser.click("#bevy-ok-cancel");
    assert_eq!(world.results(2)[1], result("invite", "cancelled", 0));
    leaves_nothing(&probed, &before);
    assert_eq!(world.notices(), json!(["PopupBlocked"]));
}

fn a_window_that_is_used_again_leaves_nothing_behind(brand: Brand) {
    let Some(probed) = ProbedWorld::start(brand, "&loggedout=1") else {
        return;
    };
    let world = &probed.world;
    let before = probed.probe("alive()");
    world
        .sandbox
        .queue_behavior(PageKind::Login, Behavior::Accept);
    world.click(2);
    world.wait_for_page("/dk");
    world.browser.click("#cancel");
    assert_eq!(world.results(2)[1], result("post", "cancelled", 0));
    leaves_nothing(&probed, &before);
    assert_eq!(world.notices(), json!([]));
}

fn frames_leave_nothing_behind(brand: Brand) {
    let Some(probed) = ProbedWorld::start(brand, "&mode=frame") else {
        return;
    };
    let world = &probed.world;
    let before = probed.probe("alive()");
    world.click(2);
    world.click_in_frame("#cancel");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
    leaves_nothing(&probed, &before);
    assert_eq!(world.notices(), json!([]));
}

/// Expects nothing alive that was not alive `before`, after the minute in which an ended request is
/// remembered.
fn leaves_nothing(probed: &ProbedWorld, before: &Value) {
    let remembered = probed.probe("alive()");
    eprintln!("for a minute there is: {remembered}, not only {before}");
    probed.probe("advance(61000)");
    let is_as_before = || probed.probe("alive()") == *before;
    let ended = wait_for(|| is_as_before().then_some(()));
    assert!(
        ended.is_some(),
        "{} is alive, not only {before}",
        probed.probe("alive()")
    );
}
