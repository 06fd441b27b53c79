//! Games that are isolated, and games side by side.

use odnoklassniki_sandbox::Behavior;
use test_support::browser::{Brand, in_each_engine};

use crate::world::{World, result};

in_each_engine!(
    an_isolated_game_gets_its_result,
    two_games_side_by_side_do_not_mix,
);

/// An isolated page has no opener: the channel is the only way.
fn an_isolated_game_gets_its_result(brand: Brand) {
    let isolated =
        "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n";
    let Some(world) = World::start_with(brand, "", isolated) else {
        return;
    };
    assert_eq!(world.execute("crossOriginIsolated"), true);
    world.sandbox.set_behavior(Behavior::Accept);
    world.click(2);
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
}

fn two_games_side_by_side_do_not_mix(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    let first = world.game.clone();
    world.click(0);
    world.wait_for_page("/dk");
    let page = world.browser.tab();
    world.browser.switch_to(&first);
    let second = world.browser.new_tab();
    let url = world.sandbox.url().replace("127.0.0.1", "localhost");
    world
        .browser
        .goto(&format!("http://127.0.0.1:{}/?sandbox={url}", world.port));
    world.browser.switch_to(&page);
    world.browser.click("#cancel");
    world.browser.switch_to(&second);
    assert_eq!(world.execute("window.report?.length ?? 0"), 0);
    world.browser.switch_to(&first);
    assert_eq!(world.results(1), [result("invite", "cancelled", 0)]);
}
