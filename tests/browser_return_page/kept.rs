//! The service's page was open in place of the game: the return page leads back to it, and keeps
//! the callback for the run that starts then.

use serde_json::json;

use crate::world::{BACK, LINK, World};

const KEPT: &str = "callback_listener.page";

/// Lets the game leave for the service, with this entry in its tab's storage.
fn leave(world: &World, entry: &str) {
    world.browser.goto(&world.game_url("/game"));
    let entry = json!(entry);
    world.browser.execute(&format!(
        "sessionStorage.setItem('{KEPT}', {entry});
         sessionStorage.setItem('callback_listener.back', '{BACK}')"
    ));
    let back = world.game_url(crate::world::PAGE);
    world
        .browser
        .goto(&world.service_url(&format!("/service?back={back}")));
    world.browser.wait_for_css("#bare[href]");
}

fn entry(address: &str, tokens: &str, callback: &str) -> String {
    format!("callback_listener 1\n{address}\n{tokens}\n{callback}\nthe game's\ntext")
}

/// Returns what the tab keeps for the game.
fn kept(world: &World) -> String {
    let kept = world
        .browser
        .execute(&format!("return sessionStorage.getItem('{KEPT}')"));
    kept.as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_callback_waits_for_the_game_to_start_anew() {
    let Some(world) = World::start() else { return };
    let address = world.game_url("/game?level=7#part");
    for (link, callback) in [
        ("#accept", "result=1&selected=7".to_owned()),
        ("#login", format!("access_token=secret&state={BACK}")),
    ] {
        let tokens = format!("{LINK} {BACK}");
        leave(&world, &entry(&address, &tokens, ""));
        world.browser.click(link);
        world.browser.wait_for_url(|url| url == address);
        let expected = entry(&address, &tokens, &format!("{BACK} {callback}"));
        assert_eq!(kept(&world), expected, "the game's own lines stay");
        assert_eq!(world.stored(), json!(null));
        for url in world.history() {
            for secret in [LINK, "result=1", "access_token"] {
                assert!(!url.contains(secret), "{url}");
            }
        }
        // The service's page is before the game, and the return page nowhere.
        world.browser.back();
        world.browser.wait_for_url(|url| url.contains("/service"));
        world.browser.forward();
        world.browser.wait_for_url(|url| url == address);
        assert_eq!(kept(&world), expected);
    }
    assert_eq!(world.received(), 0, "no message is sent");
}

#[test]
fn the_first_callback_counts() {
    let Some(world) = World::start() else { return };
    let address = world.game_url("/game");
    let before = entry(&address, BACK, &format!("{BACK} code=12"));
    leave(&world, &before);
    world.browser.click("#accept");
    world.browser.wait_for_url(|url| url == address);
    assert_eq!(kept(&world), before);
    // The tab's token is used up: only a callback that names its request comes as far again.
    world.browser.back();
    world.browser.wait_for_css("#bare[href]");
    world.browser.click("#accept");
    world.wait_for_page();
    assert_eq!(world.heading(), "No answer in the address");
    world.browser.back();
    world.browser.wait_for_css("#bare[href]");
    world.browser.click("#login");
    world.browser.wait_for_url(|url| url == address);
    assert_eq!(kept(&world), before);
}

/// The entry is another request's, or no entry: the page waits for the game, as in a window.
#[test]
fn another_entry_leads_nowhere() {
    let Some(world) = World::start() else { return };
    let (game, page) = (world.game_url("/game"), world.game_url(crate::world::PAGE));
    let origin = game.trim_end_matches("/game");
    let elsewhere = world.service_url("/portal");
    for entry in [
        entry(&game, LINK, ""),
        entry(&game, "", ""),
        entry(&game, &BACK[1..], ""),
        entry(&elsewhere, BACK, ""),
        entry(&format!("{origin}@localhost/game"), BACK, ""),
        entry(&format!("{origin}.localhost/game"), BACK, ""),
        entry("/game", BACK, ""),
        entry("javascript:document.title=1", BACK, ""),
        entry("", BACK, ""),
        entry(&game, BACK, "").replace(" 1\n", " 2\n"),
        format!("callback_listener 1\n{game}\n{BACK}\n"),
        String::new(),
    ] {
        leave(&world, &entry);
        world.browser.click("#accept");
        world.wait_for_page();
        world.wait_for_heading("Go back to the game");
        assert_eq!(world.browser.url(), page, "{entry}");
        assert_eq!(kept(&world), entry);
        world.expect_clean();
    }
}

#[test]
fn a_return_without_a_callback_ends_nothing() {
    let Some(world) = World::start() else { return };
    let before = entry(&world.game_url("/game"), BACK, "");
    leave(&world, &before);
    world.browser.click("#bare");
    world.wait_for_page();
    assert_eq!(world.heading(), "No answer in the address");
    assert_eq!(kept(&world), before);
    assert_eq!(world.stored(), BACK);
}
