//! Each kind of request, from the click to the result.

use odnoklassniki_sandbox::Behavior;
use serde_json::json;
use test_support::browser::{Brand, in_each_engine, wait_for};

use crate::world::{World, result};

in_each_engine!(
    clicks_send_each_kind_of_request,
    a_player_chooses_friends_in_the_window,
    a_player_cancels_in_the_window,
    the_window_of_a_page_that_is_not_signed_closes,
    a_wrong_query_is_named_before_the_game_starts,
);

fn clicks_send_each_kind_of_request(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.sandbox.set_behavior(Behavior::Accept);
    for (third, expected) in [(0, "invite"), (1, "suggest"), (2, "post")] {
        world.click(third);
        let count = third as usize + 1;
        let results = world.results(count);
        assert_eq!(results.len(), count, "one result each: {results:?}");
        assert_eq!(
            (&*results[count - 1].0, &*results[count - 1].1),
            (expected, "completed")
        );
    }
    assert_eq!(world.notices(), json!([]));
}

fn a_player_chooses_friends_in_the_window(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.click(0);
    world.wait_for_page("/dk");
    world.browser.click("input[type=checkbox]");
    world.browser.click("#publish");
    assert_eq!(world.results(1), [result("invite", "completed", 1)]);
    // The window closes itself.
    wait_for(|| (world.browser.tabs().len() == 1).then_some(())).expect("the window closes");
}

fn a_player_cancels_in_the_window(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.click(1);
    world.wait_for_page("/dk");
    world.browser.click("#cancel");
    assert_eq!(world.results(1), [result("suggest", "cancelled", 0)]);
}

fn the_window_of_a_page_that_is_not_signed_closes(brand: Brand) {
    let Some(world) = World::start_with(brand, "&backend=fails", "") else {
        return;
    };
    world.click(1);
    assert_eq!(world.results(1), [result("suggest", "failed", 0)]);
    world.wait_for_closed_windows();
    assert_eq!(world.notices(), json!([]));
}

fn a_wrong_query_is_named_before_the_game_starts(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    let sandbox = world.sandbox_url();
    for (query, expected) in [
        (String::new(), "the URL names no sandbox"),
        ("?sandbox=castle".to_owned(), "sandbox: "),
        (format!("?sandbox={sandbox}&timeout=soon"), "timeout: "),
        (format!("?sandbox={sandbox}&mode=tab"), "mode: "),
    ] {
        let url = format!("http://127.0.0.1:{}/{query}", world.port);
        world.browser.goto(&url);
        let shown = wait_for(|| Some(world.browser.text("#log")).filter(|text| !text.is_empty()));
        let shown = shown.expect("the page says what is wrong");
        assert!(shown.starts_with(expected), "{query}: {shown}");
    }
}
