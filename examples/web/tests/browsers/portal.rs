//! The game in a frame of another site, as on a portal.

use std::path::Path;

use serde_json::json;
use test_support::browser::{Brand, in_each_browser, in_each_engine, wait_for};
use test_support::site;

use crate::world::{World, built_game, result};

in_each_engine!(
    a_game_in_a_frame_gets_its_result_by_the_opener,
    a_sandboxed_frame_that_allows_popups_is_enough,
    a_frame_that_allows_no_popups_is_named,
    a_frame_without_an_origin_leaves_the_game_alive,
);

mod used_clicks {
    use super::{a_click_that_another_window_has_used_ends_nothing, in_each_browser};

    // WebKit opens two windows for one click.
    in_each_browser!(a_click_that_another_window_has_used_ends_nothing);
}

/// Starts the game in a frame of a page on another site. `sandbox` is the frame's attribute.
fn start_framed(brand: Brand, sandbox: &str) -> Option<World> {
    start_framed_with(brand, sandbox, "")
}

fn start_framed_with(brand: Brand, sandbox: &str, query: &str) -> Option<World> {
    // A frame without an origin may load its own files only with this header.
    let headers = "Access-Control-Allow-Origin: *\r\n";
    let mut world = World::prepare(brand, Path::new(&built_game()?), headers)?;
    let game = world.url(query);
    let port = site::serve(format!(
        "<!doctype html><title>A portal</title><p>A portal</p>\
         <iframe src='{game}' width=760 height=560 {sandbox}></iframe>"
    ));
    world.browser.goto(&format!("http://localhost:{port}/"));
    world.frame = Some("iframe");
    world.go_to_game();
    world.wait_until_it_runs();
    Some(world)
}

/// Browsers part the channels of such a frame from those of the window that it opens.
fn a_game_in_a_frame_gets_its_result_by_the_opener(brand: Brand) {
    let Some(world) = start_framed(brand, "") else {
        return;
    };
    expect_one_result(&world);
}

fn a_sandboxed_frame_that_allows_popups_is_enough(brand: Brand) {
    let sandbox = "sandbox='allow-scripts allow-same-origin allow-popups \
                   allow-popups-to-escape-sandbox'";
    let Some(world) = start_framed(brand, sandbox) else {
        return;
    };
    expect_one_result(&world);
}

fn expect_one_result(world: &World) {
    world.execute(
        "(() => { window.came = []; addEventListener('message', event =>
            String(event.data).includes('callback\\n') && came.push(event.origin)); })()",
    );
    world.click(2);
    world.wait_for_page("/dk");
    world.browser.click("#cancel");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
    let own = format!("http://127.0.0.1:{}", world.port);
    assert_eq!(world.execute("window.came[0]"), json!(own), "by the opener");
    assert_eq!(world.notices(), json!([]));
    world.wait_for_closed_windows();
    assert_eq!(world.results(1).len(), 1);
}

fn a_frame_that_allows_no_popups_is_named(brand: Brand) {
    let Some(world) = start_framed(brand, "sandbox='allow-scripts allow-same-origin'") else {
        return;
    };
    world.watch_console();
    world.click(2);
    // Neither the click in the game nor the one on the button opens a window.
    world.browser.click("#bevy-ok-open");
    assert_eq!(world.results(1), [result("post", "failed", 0)]);
    let said = world.console();
    assert!(said.contains("lacks allow-popups"), "{said}");
    assert_eq!(world.browser.count("#bevy-ok-open"), 0);
}

/// The game may not look into the window that it has opened.
fn a_frame_without_an_origin_leaves_the_game_alive(brand: Brand) {
    let sandbox = "sandbox='allow-scripts allow-popups'";
    let Some(world) = start_framed_with(brand, sandbox, "&mode=message&backend=signs") else {
        return;
    };
    assert_eq!(world.execute("origin"), "null");
    world.click(2);
    let is_open = || (world.browser.tabs().len() == 2).then_some(());
    wait_for(is_open).expect("a window");
    world.press("c");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
}

fn a_click_that_another_window_has_used_ends_nothing(brand: Brand) {
    let Some(world) = start_framed(brand, "") else {
        return;
    };
    world.click_by_script(2);
    world.browser.wait_for_css("#bevy-ok-open");
    world.execute("addEventListener('pointerup', () => open('/no-such-page'), { once: true })");
    world.browser.click("#bevy-ok-open");
    let has_opened = || (world.browser.tabs().len() == 2).then_some(());
    wait_for(has_opened).expect("the other window");
    world
        .browser
        .wait_for_tab(|url| url.contains("no-such-page"));
    world.browser.close_tab();
    world.go_to_game();
    world.browser.click("#bevy-ok-open");
    world.wait_for_page("/dk");
    world.browser.click("#publish");
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
}
