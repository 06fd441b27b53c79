//! Messages of windows that have closed since. Firefox and WebKit may not name their source.

use serde_json::json;
use test_support::browser::{Brand, in_each_engine};

use crate::altered::ProbedWorld;
use crate::world::{Report, World, result};

in_each_engine!(
    a_message_of_a_closed_window_counts,
    a_message_without_a_closed_window_counts_for_nothing,
    a_message_of_one_of_two_closed_windows_counts_for_neither,
    a_window_that_closed_before_is_not_meant,
    a_second_message_ends_no_other_request,
    a_window_of_an_earlier_request_is_not_meant,
    a_late_look_does_not_overtake_the_message,
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

/// Hands the game the message of a post without a source.
fn hand_over(world: &World, origin: &str) {
    world.go_to_game();
    world.execute(&format!(
        "dispatchEvent(new MessageEvent('message', {{ data: {{ id: 7 }}, origin: '{origin}' }}))"
    ));
}

/// Closes the window of the post, the last one, and hands over its message.
fn close_last(world: &World) {
    close(world, "WidgetMediatopicPost");
    world.wait_for_closed_windows();
    hand_over(world, &world.sandbox_url());
}

/// Cancels the oldest request, and expects it to be pending until then.
fn cancel(world: &World, kind: &str, before: &[Report]) {
    world.press("c");
    let mut expected = before.to_vec();
    expected.push(result(kind, "cancelled", 0));
    assert_eq!(world.results(expected.len()), expected);
}

fn a_message_of_a_closed_window_counts(brand: Brand) {
    let Some(probed) = start(brand) else { return };
    let world = &probed.world;
    open(world, 2, "/dk");
    close_last(world);
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
}

fn a_message_without_a_closed_window_counts_for_nothing(brand: Brand) {
    let Some(probed) = start(brand) else { return };
    let world = &probed.world;
    open(world, 2, "/dk");
    hand_over(world, &world.sandbox_url());
    close(world, "/dk");
    world.wait_for_closed_windows();
    hand_over(world, "https://ok.example");
    cancel(world, "post", &[]);
}

fn a_message_of_one_of_two_closed_windows_counts_for_neither(brand: Brand) {
    let Some(probed) = start(brand) else { return };
    let world = &probed.world;
    open(world, 2, "WidgetMediatopicPost");
    open(world, 0, "WidgetInvite");
    stop_clock(world);
    close(world, "WidgetInvite");
    close_last(world);
    cancel(world, "post", &[]);
    cancel(world, "invite", &[result("post", "cancelled", 0)]);
}

fn a_window_that_closed_before_is_not_meant(brand: Brand) {
    let Some(probed) = start(brand) else { return };
    let world = &probed.world;
    open(world, 0, "WidgetInvite");
    cancel(world, "invite", &[]);
    open(world, 2, "WidgetMediatopicPost");
    close(world, "WidgetInvite");
    probed.wait_for_a_look();
    probed.probe("skip(1500)");
    stop_clock(world);
    close_last(world);
    assert_eq!(world.results(2)[1], result("post", "completed", 1));
}

fn a_second_message_ends_no_other_request(brand: Brand) {
    let Some(probed) = start(brand) else { return };
    let world = &probed.world;
    open(world, 0, "WidgetInvite");
    open(world, 2, "WidgetMediatopicPost");
    stop_clock(world);
    close(world, "WidgetMediatopicPost");
    world.wait_for_page("WidgetInvite");
    world.browser.click("input[type=checkbox]");
    world.browser.click("#publish");
    let completed = [result("invite", "completed", 1)];
    assert_eq!(world.results(1), completed);
    world.wait_for_closed_windows();
    hand_over(world, &world.sandbox_url());
    cancel(world, "post", &completed);
}

fn a_window_of_an_earlier_request_is_not_meant(brand: Brand) {
    let Some(probed) = start(brand) else { return };
    let world = &probed.world;
    open(world, 2, "WidgetMediatopicPost");
    close_last(world);
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    probed.probe("skip(200)");
    stop_clock(world);
    open(world, 2, "WidgetMediatopicPost");
    close_last(world);
    assert_eq!(world.results(2)[1], result("post", "completed", 1));
}

/// The timer that looks at the window runs before the message that the browser has queued.
fn a_late_look_does_not_overtake_the_message(brand: Brand) {
    let Some(probed) = start(brand) else { return };
    let world = &probed.world;
    open(world, 2, "/dk");
    probed.wait_for_a_look();
    probed.probe("hold(1000)");
    close(world, "/dk");
    world.wait_for_closed_windows();
    let origin = world.sandbox_url();
    world.execute(&format!(
        "(() => {{ window.probe.runLate(1000, 1000);
        dispatchEvent(new MessageEvent('message', {{ data: {{ id: 7 }}, origin: '{origin}' }})); }})()"
    ));
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    assert!(probed.probe("late").as_u64() > Some(0));
    assert_eq!(world.notices(), json!([]));
}
