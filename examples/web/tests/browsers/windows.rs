//! Windows that the player closes, and those that the game opens again.

use test_support::browser::{Brand, in_each_engine, wait_for};

use crate::world::{World, result};

in_each_engine!(
    a_closed_window_ends_nothing_until_the_timeout,
    the_game_cancels_and_opens_again,
);

fn a_closed_window_ends_nothing_until_the_timeout(brand: Brand) {
    let Some(world) = World::start_with(brand, "&timeout=5", "") else {
        return;
    };
    world.click(2);
    world.wait_for_page("/dk");
    world.browser.close_tab();
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
    // Within a second it would be a double click, and does nothing.
    let reopened = || {
        world.press("r");
        world.browser.tabs().len() == 2
    };
    wait_for(|| reopened().then_some(())).expect("the page opens again");
    world.wait_for_page("/dk");
    world.browser.switch_to(&world.game);
    world.press("c");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
}
