//! The return page of web builds in a real Chromium that blocks popups, between a game and a
//! service on two sites. The game is thirty lines of JavaScript: what the page needs of one.
#![cfg(all(target_os = "linux", feature = "browser"))]

mod kept;
mod looks;
mod messages;
mod visits;
mod world;

use serde_json::json;
use test_support::browser::wait_for;

use world::{BACK, LINK, PAGE, World};

#[test]
fn without_a_click_the_popup_is_blocked() {
    let Some(world) = World::start() else { return };
    assert_eq!(
        world.browser.execute("play(); return game.popup"),
        json!(null)
    );
    assert_eq!(world.browser.tabs().len(), 1);
    world.open_service();
    assert_eq!(world.browser.tabs().len(), 2);
}

#[test]
fn the_whole_way_leaves_no_token_and_asks_nothing_of_the_network() {
    let Some(world) = World::start() else { return };
    world.open_service();
    assert_eq!(
        world.stored(),
        json!(null),
        "the service has its own storage"
    );
    for url in world.history() {
        assert!(!url.contains(LINK) && !url.contains(BACK), "{url}");
    }
    world.return_by("#accept");
    world.wait_for_heading("One moment");
    world.expect_clean();
    assert_eq!(world.stored(), BACK);
    // Repeated until the game responds, on both ways.
    world.wait_for_messages(4);
    assert_eq!(world.ways("hello"), json!(["channel", "window"]));
    assert_eq!(world.ways("callback"), json!(["channel", "window"]));
    world.set_mode("play");
    world.wait_for_heading("Done");
    world.expect_clean();
    assert_eq!(world.stored(), json!(null));
    assert_eq!(world.results(), json!(["result=1&selected=7"]));
    let closes = || world.browser.execute("return window.wasClosed === true");
    wait_for(|| (closes() == true).then_some(())).expect("it closes its window");

    assert_eq!(
        world.game.paths(),
        ["/game", PAGE, &format!("{PAGE}?result=1&selected=7")]
    );
    let resources = "return performance.getEntriesByType('resource').length";
    assert_eq!(world.browser.execute(resources), 0);
    // The service learns neither the link nor the page that led to it.
    let visits = world.service.requests("/service");
    assert_eq!(visits.len(), 1);
    for line in &visits[0] {
        assert!(!line.to_lowercase().starts_with("referer:"), "{line}");
        assert!(!line.contains(LINK) && !line.contains(BACK), "{line}");
    }
}

#[test]
fn a_popup_closes_itself() {
    let Some(world) = World::start() else { return };
    world.open_service();
    world.browser.click("#accept");
    wait_for(|| (world.browser.tabs().len() == 1).then_some(())).expect("the popup closes");
    world.browser.switch_to(&world.game_tab);
    assert_eq!(world.results(), json!(["result=1&selected=7"]));
}

#[test]
fn a_token_in_the_fragment_counts_before_the_stored_one() {
    let Some(world) = World::start() else { return };
    world.execute_in_game("game.back = game.next");
    world.open_service();
    world.execute_in_game("game.back = '2'.repeat(32)");
    world.return_by("#login");
    world.expect_clean();
    assert_ne!(world.stored(), BACK);
    world.set_mode("play");
    world.wait_for_heading("Done");
    assert_eq!(
        world.results(),
        json!([format!("access_token=secret&state={BACK}")])
    );
}

/// An opener policy of the game or of the service cuts the popup off. The channel is left.
#[test]
fn with_an_opener_policy_the_channel_is_enough() {
    let both = json!(["channel", "window"]);
    let channel = json!(["channel"]);
    let cases = [
        ("/game/isolated", "/service", &channel),
        ("/game", "/service/isolated", &both),
        ("/game/isolated", "/service/isolated", &channel),
    ];
    for (game, service, ways_of_hello) in cases {
        let Some(world) = World::start_with(game, service, &[]) else {
            return;
        };
        let case = format!("{game}, {service}");
        world.open_service();
        world.return_by("#accept");
        let opener = world.browser.execute("return window.opener");
        assert_eq!(opener, json!(null), "{case}");
        world.wait_for_messages(2);
        assert_eq!(world.ways("hello"), *ways_of_hello, "{case}");
        assert_eq!(world.ways("callback"), channel, "{case}");
        world.set_mode("play");
        world.wait_for_heading("Done");
        assert_eq!(world.results(), json!(["result=1&selected=7"]), "{case}");
    }
}

/// Browsers give the channels of such a frame a storage of their own. The opener is left.
#[test]
fn in_a_frame_on_another_site_the_opener_is_enough() {
    let Some(world) = World::start() else { return };
    world.browser.goto(&world.service_url("/portal"));
    let game = world.game_url("/game");
    world.browser.execute(&format!("frame('{game}')"));
    world.browser.enter_frame("iframe");
    world.browser.wait_for_css("#play");
    world.set_service("/service");
    world.browser.click("#play");
    world.wait_for_service();
    world.browser.click("#accept");
    wait_for(|| (world.browser.tabs().len() == 1).then_some(())).expect("the popup closes");
    world.browser.switch_to(&world.game_tab);
    world.browser.enter_frame("iframe");
    assert_eq!(
        world.browser.execute("return game.results"),
        json!(["result=1&selected=7"])
    );
    let ways = "return [...new Set(game.received.map(([way]) => way))]";
    assert_eq!(world.browser.execute(ways), json!(["window"]));
}

/// The game shows the service in a frame; the page finds it as its parent.
#[test]
fn in_a_frame_of_the_game_the_parent_is_enough() {
    let Some(world) = World::start() else { return };
    world.browser.execute(
        "const frame = document.createElement('iframe');
         document.body.append(frame);
         game.popup = frame.contentWindow;
         for (const channel of Object.values(channels)) { channel.onmessage = null; }
         frame.src = game.page + '#go=' + game.link;",
    );
    world.browser.enter_frame("iframe");
    world.browser.click("#accept[href]");
    world.wait_for_heading("Done");
    world.browser.switch_to(&world.game_tab);
    assert_eq!(world.results(), json!(["result=1&selected=7"]));
}
