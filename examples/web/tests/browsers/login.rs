//! The login.

use odnoklassniki_sandbox::{Behavior, PageKind};
use serde_json::json;
use test_support::browser::{Brand, in_each_engine};

use crate::world::{World, result};

in_each_engine!(
    the_player_logs_in,
    a_login_and_the_widget_that_waits_share_a_window,
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
