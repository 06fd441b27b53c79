//! The login.

use odnoklassniki_sandbox::{Behavior, PageKind};
use serde_json::json;
use test_support::browser::{Brand, in_each_engine};

use crate::world::{World, result};

in_each_engine!(
    the_player_logs_in,
    a_login_and_the_widget_that_waits_share_a_window,
    a_busy_game_opens_no_second_window_after_the_login,
);

fn the_player_logs_in(brand: Brand) {
    let Some(world) = World::start_with(brand, "&loggedout=1", "") else {
        return;
    };
    world.sandbox.set_behavior(Behavior::Accept);
    world.press("l");
    assert_eq!(world.results(1), [result("login", "completed", 0)]);
    world.click(2);
    assert_eq!(world.results(2)[1], result("post", "completed", 1));
}

/// A click, a window: the login's page leads on to the page that has waited for it.
fn a_login_and_the_widget_that_waits_share_a_window(brand: Brand) {
    let Some(world) = World::start_with(brand, "&loggedout=1", "") else {
        return;
    };
    share_a_window(&world);
}

/// The game is busy past the time at which its wait for the login's page ends.
fn a_busy_game_opens_no_second_window_after_the_login(brand: Brand) {
    let Some(world) = World::start_with(brand, "&loggedout=1", "") else {
        return;
    };
    world.execute(
        "(() => { const { open, setTimeout } = window;
        window.opens = 0;
        window.open = (...rest) => { window.opens++; return open.call(window, ...rest); };
        const beBusy = () => {
            const end = performance.now() + 1200;
            while (performance.now() < end) {}
            window.wasBusy = true;
        };
        window.setTimeout = (act, wait, ...rest) => {
            if (wait === 700) { window.setTimeout = setTimeout; queueMicrotask(beBusy); }
            return setTimeout.call(window, act, wait, ...rest);
        }; })()",
    );
    share_a_window(&world);
    assert_eq!(world.execute("[opens, wasBusy]"), json!([1, true]));
}

fn share_a_window(world: &World) {
    world
        .sandbox
        .queue_behavior(PageKind::Login, Behavior::Accept);
    world.click(2);
    world.wait_for_page("/dk");
    assert_eq!(world.browser.tabs().len(), 2);
    world.browser.click("#cancel");
    let results = [
        result("login", "completed", 0),
        result("post", "cancelled", 0),
    ];
    assert_eq!(world.results(2), results);
    assert_eq!(world.notices(), json!([]), "no window was blocked");
}
