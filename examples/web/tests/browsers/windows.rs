//! Windows that the player closes, and those that the game opens again.

use odnoklassniki_sandbox::PageSettings;
use serde_json::json;
use test_support::browser::{Brand, in_each_engine, wait_for};

use crate::altered::ProbedWorld;
use crate::world::{World, result};

in_each_engine!(
    a_window_that_the_player_closes_is_one_notice,
    a_reopened_window_is_watched_anew,
    a_window_that_the_page_of_ok_cuts_off_is_not_closed,
    a_closed_window_ends_nothing_until_the_timeout,
    the_game_cancels_and_opens_again,
);

fn a_window_that_the_player_closes_is_one_notice(brand: Brand) {
    let Some(probed) = ProbedWorld::start(brand, "") else {
        return;
    };
    let world = &probed.world;
    world.click(2);
    close_by_player(&probed);
    wait_for(|| (world.notices() == json!(["WindowClosed"])).then_some(())).expect("a notice");
    assert_eq!(probed.probe("waiting(1000)"), 0, "it is no longer watched");
    // The request goes on, in another window.
    reopen(world);
    world.wait_for_page("/dk");
    world.browser.click("#publish");
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    // That window closes itself, which is no notice.
    wait_for(|| (world.browser.tabs().len() == 1).then_some(())).expect("the window closes");
    assert_eq!(world.notices(), json!(["WindowClosed"]));
}

fn a_reopened_window_is_watched_anew(brand: Brand) {
    let Some(probed) = ProbedWorld::start(brand, "") else {
        return;
    };
    let world = &probed.world;
    world.click_by_script(2);
    // The player's own button opens the first one.
    world.browser.click("#bevy-ok-open");
    close_by_player(&probed);
    let count = |notices: usize| (world.notices().as_array()?.len() == notices).then_some(());
    wait_for(|| count(2)).expect("a notice");
    reopen(world);
    close_by_player(&probed);
    wait_for(|| count(3)).expect("another notice");
    let notices = json!(["PopupBlocked", "WindowClosed", "WindowClosed"]);
    assert_eq!(world.notices(), notices);
    world.press("c");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
    assert_eq!(world.notices(), notices);
}

/// A window whose page has an opener policy (COOP) counts as closed while it is open.
fn a_window_that_the_page_of_ok_cuts_off_is_not_closed(brand: Brand) {
    let Some(probed) = ProbedWorld::start(brand, "") else {
        return;
    };
    let world = &probed.world;
    let settings = PageSettings::default().coop(true);
    world.sandbox.set_page_settings(settings);
    world.click(2);
    world.wait_for_page("/dk");
    let is_over = || probed.probe("waiting(1000)") == 0;
    wait_for(|| is_over().then_some(())).expect("the watch ends");
    world.wait_for_page("/dk");
    world.browser.click("#publish");
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    assert_eq!(world.notices(), json!([]));
}

/// Closes the window with OK's page, after the game's page has seen it.
fn close_by_player(probed: &ProbedWorld) {
    probed.world.wait_for_page("/dk");
    probed.wait_for_a_look();
    probed.world.wait_for_page("/dk");
    probed.world.browser.close_tab();
    probed.world.browser.switch_to(&probed.world.game);
}

/// Lets the game open its page again. Within a second it would be a double click, and does nothing.
fn reopen(world: &World) {
    let reopened = || {
        world.press("r");
        world.browser.tabs().len() == 2
    };
    wait_for(|| reopened().then_some(())).expect("the page opens again");
}

fn a_closed_window_ends_nothing_until_the_timeout(brand: Brand) {
    let Some(probed) = ProbedWorld::start(brand, "&timeout=30") else {
        return;
    };
    let world = &probed.world;
    world.click(2);
    close_by_player(&probed);
    wait_for(|| (world.notices() == json!(["WindowClosed"])).then_some(())).expect("a notice");
    assert_eq!(world.results(0), []);
    probed.probe("advance(31000)");
    assert_eq!(world.results(1), [result("post", "timed_out", 0)]);
}

fn the_game_cancels_and_opens_again(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.click(2);
    world.wait_for_page("/dk");
    world.browser.close_tab();
    world.browser.switch_to(&world.game);
    reopen(&world);
    world.wait_for_page("/dk");
    world.browser.switch_to(&world.game);
    world.press("c");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
}
