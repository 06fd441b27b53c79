//! The player reloads, goes back, and opens the link twice.

use serde_json::json;

use crate::world::{LINK, PAGE, World};

/// The address is wiped, so the page that is loaded again knows only that it was a link.
#[test]
fn a_link_page_that_is_reloaded_says_to_start_again() {
    let Some(world) = World::start() else { return };
    world.set_mode("wait");
    world.click_play();
    let page = world.game_url(PAGE);
    world.browser.wait_for_tab(|url| url == page);
    world.wait_for_heading("One moment");
    world.expect_clean();
    world.browser.reload();
    assert_eq!(world.heading(), "Start again from the game");
    world.expect_clean();
}

#[test]
fn a_link_works_once() {
    let Some(world) = World::start() else { return };
    let first = world.open_service();
    let second = world.browser.new_tab();
    assert_ne!(first, second);
    world
        .browser
        .goto(&format!("{}#go={LINK}", world.game_url(PAGE)));
    world.wait_for_heading("Start again from the game");
    world.expect_clean();
    world.browser.reload();
    assert_eq!(world.heading(), "Start again from the game");
    assert_eq!(world.stored(), json!(null));
    // The first tab goes on.
    world.browser.switch_to(&first);
    world.return_by("#accept");
    world.set_mode("play");
    world.wait_for_heading("Done");
    assert_eq!(world.results(), json!(["result=1&selected=7"]));
}

#[test]
fn a_finished_page_is_reloaded_and_left_by_back_and_forward() {
    let Some(world) = World::start() else { return };
    world.open_service();
    world.return_by("#accept");
    world.set_mode("play");
    world.wait_for_heading("Done");
    let messages = world.received();
    world.browser.reload();
    assert_eq!(world.heading(), "Already finished");
    world.expect_clean();
    world.browser.back();
    world.wait_for_service();
    world.browser.forward();
    world.wait_for_page();
    assert_eq!(world.heading(), "Already finished");
    assert_eq!(world.received(), messages, "none of it reaches the game");
    // The tab has no token any more.
    world.browser.back();
    world.wait_for_service();
    world.browser.click("#accept");
    world.wait_for_page();
    assert_eq!(world.heading(), "No answer in the address");
    // A callback that names its request reaches the game, which knows that it is over.
    world.browser.back();
    world.wait_for_service();
    world.return_by("#login");
    world.set_mode("play");
    world.wait_for_heading("Already finished");
    assert_eq!(world.results(), json!(["result=1&selected=7"]));
}

/// Back leads from the service to what was before the link, and never to the link.
#[test]
fn back_from_the_service_does_not_use_the_link_again() {
    let Some(world) = World::start() else { return };
    world.browser.new_tab();
    world.browser.goto(&world.service_url("/portal"));
    world
        .browser
        .goto(&format!("{}#go={LINK}", world.game_url(PAGE)));
    world.wait_for_service();
    let messages = world.received();
    world.browser.back();
    world.browser.wait_for_url(|url| url.ends_with("/portal"));
    assert_eq!(world.received(), messages);
}

/// Nothing is lost for a player who returns too early, or reloads before the game has responded.
#[test]
fn a_player_who_returns_without_a_callback_can_go_back_and_finish() {
    let Some(world) = World::start() else { return };
    world.open_service();
    world.browser.click("#bare");
    world.wait_for_page();
    assert_eq!(world.heading(), "No answer in the address");
    world.browser.back();
    world.wait_for_service();
    world.return_by("#accept");
    world.wait_for_heading("One moment");
    world.browser.reload();
    assert_eq!(world.heading(), "No answer in the address");
    world.browser.back();
    world.wait_for_service();
    // The game finds no callback in this one, and waits.
    world.execute_in_game("game.script = ['show', game.back, 'nothing']; game.mode = 'play'");
    world.browser.click("#accept");
    world.wait_for_page();
    world.wait_for_heading("No answer in the address");
    world.browser.back();
    world.wait_for_service();
    world.execute_in_game("game.script = null");
    world.return_by("#accept");
    world.set_mode("play");
    world.wait_for_heading("Done");
    assert_eq!(world.results(), json!(["result=1&selected=7"]));
}

#[test]
fn a_page_without_a_request_sends_nothing() {
    let Some(world) = World::start() else { return };
    world.browser.new_tab();
    for address in ["", "?result=1", "#result=1", "#go=", "#go=1234", "?state=1"] {
        world.browser.goto("about:blank");
        world
            .browser
            .goto(&format!("{}{address}", world.game_url(PAGE)));
        assert_eq!(world.heading(), "No answer in the address", "{address}");
        world.expect_clean();
    }
    assert_eq!(world.received(), 0);
}
