//! A game that the browser does not show: OK's page is in a tab before it, as on phones. The
//! browser draws no frame of the game then, and its timers are slow.
//!
//! In Chromium only: a headless Firefox hides no tab, and WebKitGTK's own little browser opens
//! windows only.

use std::time::{Duration, Instant};

use odnoklassniki_sandbox::Behavior;
use serde_json::json;
use test_support::browser::{Brand, in_each_browser, wait_for};

use crate::world::{World, result};

in_each_browser!(
    chromium, Chromium:
    a_result_waits_for_the_first_frame_after_the_game_was_hidden,
    a_deadline_that_passes_while_the_game_is_hidden_ends_it_once,
    a_callback_to_a_frozen_game_counts_once,
    a_deadline_that_passes_while_the_game_is_frozen_ends_it_once
);

/// Counts frames, opens windows as tabs, and notes what is seen when the page is hidden or shown
/// and when a result comes.
const WATCH: &str = "(() => {
    window.frames_drawn = 0;
    (function frame() { window.frames_drawn++; requestAnimationFrame(frame); })();
    const open = window.open.bind(window);
    window.open = url => open(url, '_blank');
    window.seen = [];
    const see = what => seen.push({ what, frames: frames_drawn, at: performance.now() });
    document.addEventListener('visibilitychange', () => see(document.visibilityState));
    const push = report.push.bind(report);
    report.push = entry => { see('result'); return push(entry); };
})()";

fn a_result_waits_for_the_first_frame_after_the_game_was_hidden(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.execute(WATCH);
    world.sandbox.set_behavior(Behavior::Accept);
    world.click(2);
    // The tab shows the callback's page for two seconds, closes itself, and the game is seen again.
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    world.wait_for_closed_windows();
    let seen = world.execute("window.seen");
    let entry = |what: &str| {
        let entries = seen.as_array().expect("a list");
        let mut found = entries.iter().filter(|entry| entry["what"] == what);
        let entry = found.next().unwrap_or_else(|| panic!("{what}: {seen}"));
        assert!(found.next().is_none(), "{what} once: {seen}");
        let number = |name: &str| entry[name].as_f64().expect("a number");
        (number("frames"), number("at"))
    };
    let (hidden, shown, done) = (entry("hidden"), entry("visible"), entry("result"));
    assert!(shown.1 - hidden.1 > 1000.0, "it was hidden: {seen}");
    // One frame may have been on its way.
    assert!(shown.0 - hidden.0 <= 1.0, "no frames while hidden: {seen}");
    assert!(
        done.1 > shown.1 && done.0 - shown.0 <= 1.0,
        "in the first frame: {seen}"
    );
    assert_eq!(world.results(1).len(), 1);
}

fn a_deadline_that_passes_while_the_game_is_hidden_ends_it_once(brand: Brand) {
    let Some(world) = World::start_with(brand, "&timeout=5", "") else {
        return;
    };
    world.execute(WATCH);
    world.click(2);
    world.wait_for_page("/dk");
    wait_for_deadline();
    world.browser.close_tab();
    assert_eq!(world.results(1), [result("post", "timed_out", 0)]);
    // The search for the tab may have shown the game before.
    let seen = world.execute("window.seen.map(entry => entry.what).slice(-3)");
    assert_eq!(seen, json!(["hidden", "visible", "result"]));
}

/// Freezes the game, or lets it go on, as Chromium does with a tab that was hidden for a while.
fn freeze(world: &World, is_frozen: bool) {
    world.browser.switch_to(&world.game);
    let state = if is_frozen { "frozen" } else { "active" };
    world
        .browser
        .devtools("Page.setWebLifecycleState", &json!({ "state": state }));
}

/// Opens OK's page, freezes the game, and makes OK's page the current one.
fn start_frozen(brand: Brand) -> Option<World> {
    let world = World::start_with(brand, "&timeout=5", "")?;
    world.execute(WATCH);
    world.execute("document.addEventListener('freeze', () => seen.push({ what: 'frozen' }))");
    world.click(2);
    world.wait_for_page("/dk");
    let page = world.browser.tab();
    freeze(&world, true);
    world.browser.switch_to(&page);
    Some(world)
}

/// Waits until the deadline of a request that was sent before has passed. A hidden page's timers are
/// slow.
fn wait_for_deadline() {
    let start = Instant::now();
    let has_passed = || start.elapsed() > Duration::from_millis(7500);
    wait_for(|| has_passed().then_some(())).expect("the time passes");
}

fn a_callback_to_a_frozen_game_counts_once(brand: Brand) {
    let Some(world) = start_frozen(brand) else {
        return;
    };
    world.browser.click("#publish");
    wait_for_deadline();
    freeze(&world, false);
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    assert!(world.execute("seen.some(entry => entry.what === 'frozen')") == true);
    world.wait_for_closed_windows();
    assert_eq!(world.results(1).len(), 1);
}

fn a_deadline_that_passes_while_the_game_is_frozen_ends_it_once(brand: Brand) {
    let Some(world) = start_frozen(brand) else {
        return;
    };
    wait_for_deadline();
    freeze(&world, false);
    assert_eq!(world.results(1), [result("post", "timed_out", 0)]);
    assert!(world.execute("seen.some(entry => entry.what === 'frozen')") == true);
    assert_eq!(world.results(1).len(), 1);
}
