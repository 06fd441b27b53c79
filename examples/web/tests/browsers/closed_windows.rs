//! Messages of windows that have closed since. Firefox and WebKit may not name their source.

use serde_json::json;
use test_support::browser::{Brand, in_each_engine};

use crate::altered::ProbedWorld;
use crate::world::{Report, World, result};

in_each_engine!(
    a_message_of_a_closed_window_counts,
    a_message_of_one_of_two_closed_windows_counts_for_neither,
    a_window_that_closed_before_is_not_meant,
    a_second_message_ends_no_other_request,
);

/// Starts a game without a return page.
fn start(brand: Brand) -> Option<ProbedWorld> {
    ProbedWorld::start(brand, "&mode=message")
}

/// Clicks, and waits for the page. The game is the current page again.
fn open(world: &World, third: u32, page: &str) {
    world.click(third);
    world.wait_for_page(page);
    world.go_to_game();
}

/// Closes the window with this page as the player does.
fn close(world: &World, page: &str) {
    world.wait_for_page(page);
    world.browser.close_tab();
    world.go_to_game();
}

/// Lets no time pass for the game.
fn stop_clock(world: &World) {
    world.execute("(() => { const now = performance.now(); performance.now = () => now; })()");
}

/// Hands the game the message of a post without a source, and returns its results two frames later.
fn hand_over(world: &World, origin: &str) -> Vec<Report> {
    world.go_to_game();
    world.execute(&format!(
        "(dispatchEvent(new MessageEvent('message', {{ data: {{ id: 7 }}, origin: '{origin}' }})),
        new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0)))))"
    ));
    world.results(0)
}

fn a_message_of_a_closed_window_counts(brand: Brand) {
    let Some(probed) = start(brand) else { return };
    let world = &probed.world;
    let ok = world.sandbox_url();
    open(world, 2, "/dk");
    stop_clock(world);
    assert_eq!(hand_over(world, &ok), [], "the window is open");
    close(world, "/dk");
    world.wait_for_closed_windows();
    assert_eq!(hand_over(world, "https://ok.example"), [], "another origin");
    assert_eq!(hand_over(world, &ok), [result("post", "completed", 1)]);
}

fn a_message_of_one_of_two_closed_windows_counts_for_neither(brand: Brand) {
    let Some(probed) = start(brand) else { return };
    let world = &probed.world;
    open(world, 2, "WidgetMediatopicPost");
    open(world, 0, "WidgetInvite");
    stop_clock(world);
    close(world, "WidgetInvite");
    close(world, "WidgetMediatopicPost");
    world.wait_for_closed_windows();
    assert_eq!(hand_over(world, &world.sandbox_url()), []);
}

fn a_window_that_closed_before_is_not_meant(brand: Brand) {
    let Some(probed) = start(brand) else { return };
    let world = &probed.world;
    open(world, 0, "WidgetInvite");
    world.press("c");
    let cancelled = result("invite", "cancelled", 0);
    assert_eq!(world.results(1)[0], cancelled);
    open(world, 2, "WidgetMediatopicPost");
    close(world, "WidgetInvite");
    probed.wait_for_a_look();
    probed.probe("skip(1500)");
    stop_clock(world);
    close(world, "WidgetMediatopicPost");
    world.wait_for_closed_windows();
    let both = [cancelled, result("post", "completed", 1)];
    assert_eq!(hand_over(world, &world.sandbox_url()), both);
}

fn a_second_message_ends_no_other_request(brand: Brand) {
    let Some(probed) = start(brand) else { return };
    let world = &probed.world;
    open(world, 2, "WidgetMediatopicPost");
    open(world, 0, "WidgetInvite");
    stop_clock(world);
    close(world, "WidgetMediatopicPost");
    world.wait_for_page("WidgetInvite");
    world.browser.click("input[type=checkbox]");
    world.browser.click("#publish");
    let completed = [result("invite", "completed", 1)];
    assert_eq!(world.results(1), completed);
    world.wait_for_closed_windows();
    assert_eq!(hand_over(world, &world.sandbox_url()), completed);
    assert_eq!(world.notices(), json!([]));
}
