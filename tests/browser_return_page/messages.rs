//! What the page says to the game and what it accepts from others.

use serde_json::{Value, json};
use test_support::browser::wait_for;

use crate::world::{BACK, LINK, PAGE, World};

/// Opens the link page in a popup while the game asks to wait.
fn open_link_page(world: &World) {
    world.set_mode("wait");
    world.click_play();
    let page = world.game_url(PAGE);
    world.browser.wait_for_tab(|url| url == page);
    world.keep_open();
}

/// Never success without the game's word; and the callback is not given up.
#[test]
fn a_silent_game_gets_the_callback_when_it_is_back() {
    let Some(world) = World::start() else { return };
    open_link_page(&world);
    world.wait_for_heading("One moment");
    world.set_mode("silent");
    world.wait_for_heading("Go back to the game");
    world.set_mode("play");
    world.wait_for_service();
    world.return_by("#accept");
    world.wait_for_heading("One moment");
    world.set_mode("silent");
    world.wait_for_heading("Go back to the game");
    world.wait_for_messages(2);
    assert_eq!(world.results(), json!([]));
    world.set_mode("play");
    world.wait_for_heading("Done");
    assert_eq!(world.results(), json!(["result=1&selected=7"]));
}

#[test]
fn a_game_that_is_gone_never_makes_a_success() {
    let Some(world) = World::start() else { return };
    let popup = world.open_service();
    world.browser.switch_to(&world.game_tab);
    world.browser.close_tab();
    world.browser.switch_to(&popup);
    world.browser.click("#accept");
    world.wait_for_page();
    assert_ne!(world.heading(), "Done");
    world.wait_for_heading("Go back to the game");
    world.expect_clean();
    assert_eq!(world.stored(), BACK, "the player may still go back");
}

/// Stops the page's clock and counts the game's responses.
fn stop_clock(world: &World) {
    world.browser.execute(
        "window.time = Date.now();
         Date.now = () => time;
         window.responses = 0;
         addEventListener('message', () => { responses += 1; })",
    );
    wait_for_responses(world);
}

/// Waits until the page has handled two more responses.
fn wait_for_responses(world: &World) {
    let count = || world.browser.execute("return responses").as_u64();
    let before = count();
    let enough = || count() >= before.map(|before| before + 2);
    wait_for(|| enough().then_some(())).expect("the game responds");
}

/// How long the game may be silent; and a game that asks to wait, because its backend signs, is
/// not silent.
#[test]
fn the_page_is_patient_five_seconds_with_a_link_and_three_with_a_callback() {
    let Some(world) = World::start() else { return };
    let expect_patience = |milliseconds: u64, waiting: &str| {
        let shown = "main > div:not([hidden]) > section:not([hidden])";
        let shown = format!("return document.querySelector('{shown}').dataset.page");
        stop_clock(&world);
        world.wait_for_heading("One moment");
        for _ in 0..3 {
            world
                .browser
                .execute(&format!("time += {}", milliseconds - 1));
            wait_for_responses(&world);
            assert_eq!(world.browser.execute(&shown), waiting);
        }
        world.set_mode("silent");
        // What was on its way arrives before this.
        world.wait_for_messages(4);
        world
            .browser
            .execute(&format!("time += {}", milliseconds - 1));
        world.wait_for_messages(4);
        assert_eq!(world.browser.execute(&shown), waiting);
        world.browser.execute("time += 1");
        world.wait_for_heading("Go back to the game");
        world.set_mode("wait");
        world.wait_for_heading("One moment");
        assert_eq!(world.browser.execute(&shown), waiting);
    };
    open_link_page(&world);
    expect_patience(5000, "opening");
    world.set_mode("play");
    world.wait_for_service();
    world.return_by("#accept");
    expect_patience(3000, "wait");
}

/// Log in, then the widget that waited for it: one window, one click.
#[test]
fn a_response_can_lead_to_the_next_page() {
    let Some(world) = World::start() else { return };
    world.open_service();
    let url = format!(
        "{}?back={}&next",
        world.service_url("/service"),
        world.game_url(PAGE)
    );
    world.set_mode("wait");
    world.browser.click("#login");
    world.wait_for_page();
    world.execute_in_game(&format!(
        "game.script = ['open', game.back, '{url}', game.next]; game.mode = 'play'"
    ));
    world.browser.wait_for_url(|now| now == url);
    world.browser.wait_for_css("#bare[href]");
    world.execute_in_game("game.script = null; game.back = game.next");
    world.return_by("#accept");
    assert_eq!(world.stored(), "3".repeat(32));
    world.set_mode("play");
    world.wait_for_heading("Done");
    assert_eq!(world.results(), json!(["result=1&selected=7"]));
}

/// The same, when the page that waited can be shown only after the game has finished the first.
#[test]
fn a_finished_page_can_lead_to_the_next_link() {
    let Some(world) = World::start() else { return };
    world.open_service();
    world.return_by("#login");
    world.set_mode("play");
    world.wait_for_heading("Done");
    let next = "3".repeat(32);
    for (token, link) in [(LINK, next.as_str()), (BACK, "3"), (BACK, "")] {
        let text = json!(message(&["callback_listener", "next", token, link]));
        post(&world, 1, || {
            world.execute_in_game(&format!("game.popup.postMessage({text}, location.origin)"));
        });
        assert_eq!(world.heading(), "Done", "{text}");
    }
    let text = json!(message(&["callback_listener", "next", BACK, &next]));
    world.execute_in_game(&format!(
        "game.used = false; game.link = game.next;
         game.popup.postMessage({text}, location.origin)"
    ));
    world.wait_for_service();
    assert_eq!(world.ways("hello"), json!(["channel", "window"]));
}

#[test]
fn the_page_goes_nowhere_but_to_a_service() {
    let Some(world) = World::start() else { return };
    open_link_page(&world);
    let page = world.game_url(PAGE);
    let port = world
        .service_url("")
        .rsplit_once(':')
        .expect("a port")
        .1
        .to_owned();
    for url in [
        "javascript:void(window.wasTricked = true)",
        "JavaScript:void(window.wasTricked = true)",
        " javascript:void(window.wasTricked = true)",
        "data:text/html,x",
        "about:blank",
        "blob:https://service.example/x",
        "ftp://localhost/",
        "http://stranger.example/",
        "http://127.0.0.1.stranger.example/",
        "http://localhost.stranger.example/",
        "http://localhost",
        "http:///localhost/",
        "//localhost/",
        "/game",
        "",
        "https:",
        "https:/localhost/",
        "https://[",
        &format!("http://localhost:{port}@stranger.example:{port}/"),
        &format!("http://localhost:x@stranger.example:{port}/"),
        &format!("http://stranger.example:{port}/"),
        &format!("http://localhost:{port}\\\\@stranger.example/"),
    ] {
        world.execute_in_game(&format!(
            "game.script = ['open', game.link, {}, game.back]; game.mode = 'play'",
            json!(url)
        ));
        // It goes on asking, so it has not left.
        world.wait_for_messages(4);
        world.set_mode("wait");
        assert_eq!(world.browser.url(), page, "{url}");
        let tricked = world.browser.execute("return window.wasTricked === true");
        assert_eq!(tricked, false, "{url}");
    }
    for token in ["", "2", &"2".repeat(33), &"Z".repeat(32)] {
        let script = format!(
            "game.script = ['open', game.link, game.service, '{token}']; game.mode = 'play'"
        );
        world.execute_in_game(&script);
        world.wait_for_messages(4);
        world.set_mode("wait");
        assert_eq!(world.browser.url(), page, "{token}");
    }
    world.execute_in_game("game.script = null; game.mode = 'play'");
    world.wait_for_service();
}

/// Posts messages to the page as `post` does, and returns when the page has handled them.
fn post(world: &World, count: usize, post: impl FnOnce()) {
    // A listener after the page's own.
    world.browser.execute(
        "window.events = 0;
             addEventListener('message', ({ data }) => {
               if (!/^callback_listener.wait/s.test(data)) { events += 1; }
             })",
    );
    post();
    let events = || world.browser.execute("return events");
    wait_for(|| (events().as_u64() >= Some(count as u64)).then_some(())).expect("they arrive");
}

fn message(lines: &[&str]) -> String {
    lines.join("\n")
}

#[test]
fn messages_of_another_shape_are_ignored() {
    let Some(world) = World::start() else { return };
    open_link_page(&world);
    let url = world.service_url("/service");
    let long_url = format!("{url}?{}", "x".repeat(70_000));
    let other = "4".repeat(32);
    world.browser.execute(
        "window.errors = [];
             addEventListener('error', (event) => errors.push(event.message))",
    );
    let texts: Vec<Value> = [
        message(&["callback_listener", "show", &other, "completed"]),
        message(&["callback_listener", "show", BACK, "completed"]),
        message(&["callback_listener", "show", "", "completed"]),
        message(&["callback_listener", "show", LINK]),
        message(&["callback_listener", "show", LINK, ""]),
        message(&["callback_listener", "show", LINK, "relay"]),
        message(&["callback_listener", "show", LINK, "no such page"]),
        message(&["callback_listener", "show", LINK, "completed], [hidden"]),
        message(&["callback_listener", "show", LINK, "completed", ""]),
        message(&["callback_listener", "show", LINK, "completed\r"]),
        message(&["callback_listener", "Show", LINK, "completed"]),
        message(&["callback_listener", "hello", LINK]),
        message(&["callback_listener", "callback", LINK, "result=1"]),
        message(&["callback_listener ", "show", LINK, "completed"]),
        message(&["", "callback_listener", "show", LINK, "completed"]),
        message(&["callback_listener", "next", LINK, &other]),
        message(&["callback_listener", "open", LINK, &url]),
        message(&["callback_listener", "open", LINK, &url, BACK, ""]),
        message(&["callback_listener", "open", LINK, BACK, &url]),
        message(&["callback_listener"]),
        String::new(),
        message(&["callback_listener", "open", LINK, &long_url, BACK]),
        "__FAPI__{\"method\":\"x\"}".to_owned(),
    ]
    .into_iter()
    .map(Value::from)
    .chain([
        json!(null),
        json!(7),
        json!(["callback_listener", "show", LINK, "completed"]),
        json!({ "data": message(&["callback_listener", "show", LINK, "completed"]) }),
        json!({ "length": 4, "split": null }),
    ])
    .collect();
    for text in &texts {
        post(&world, 1, || {
            world.execute_in_game(&format!(
                "game.popup.postMessage(addressed({text}), location.origin);
                 channels[game.link].postMessage(addressed({text}))"
            ));
        });
        assert_eq!(world.browser.url(), world.game_url(PAGE), "{text}");
        let heading = world.heading();
        assert!(
            ["One moment", "Go back to the game"].contains(&heading.as_str()),
            "{heading} after {text}"
        );
    }
    assert_eq!(world.browser.execute("return errors"), json!([]));
    world.set_mode("play");
    world.wait_for_service();
}

/// Two tabs may have one token: each takes only the responses to its own messages.
#[test]
fn responses_to_another_tab_are_ignored() {
    let Some(world) = World::start() else { return };
    open_link_page(&world);
    world.wait_for_messages(1);
    let nonce = world.nonce();
    let other = if nonce == "00000000" {
        "00000001"
    } else {
        "00000000"
    };
    for last in [other, "", &nonce[1..]] {
        let text = json!(message(&[
            "callback_listener",
            "show",
            LINK,
            "start-again",
            last
        ]));
        post(&world, 1, || {
            world.execute_in_game(&format!(
                "game.popup.postMessage({text}, location.origin);
                 channels[game.link].postMessage({text})"
            ));
        });
        assert_ne!(world.heading(), "Start again from the game", "{last}");
    }
    world.set_mode("play");
    world.wait_for_service();
}

/// The right text, from a window that is not the game's, or of another origin.
#[test]
fn messages_of_other_windows_are_ignored() {
    let Some(world) = World::start() else { return };
    open_link_page(&world);
    world.wait_for_messages(1);
    let nonce = world.nonce();
    let forged = json!(message(&[
        "callback_listener",
        "show",
        LINK,
        "completed",
        &nonce
    ]));
    // Another window of the game's origin: a frame in the game.
    post(&world, 1, || {
        let script = format!("popup.postMessage({forged}, '*')");
        world.execute_in_game(&format!(
            "const frame = document.createElement('iframe');
             document.body.append(frame);
             frame.contentWindow.popup = game.popup;
             frame.contentWindow.eval({})",
            json!(script)
        ));
    });
    assert_ne!(world.heading(), "Done");
    // The page itself.
    post(&world, 1, || {
        world
            .browser
            .execute(&format!("postMessage({forged}, location.origin)"));
    });
    assert_ne!(world.heading(), "Done");

    // A page of another site that opens the page with a token that it should not know.
    let stranger = world.browser.new_tab();
    world.browser.goto(&world.service_url("/portal"));
    let url = format!("{}#go={LINK}", world.game_url(PAGE));
    world.browser.execute(&format!(
        "window.received = 0;
         addEventListener('message', () => {{ received += 1; }});
         document.body.innerHTML = '<button>Open</button>';
         document.querySelector('button').onclick = () => {{ window.opened = open('{url}'); }}"
    ));
    let before = world.browser.tabs();
    world.browser.click("button");
    let opened = wait_for(|| {
        let mut tabs = world.browser.tabs();
        tabs.retain(|tab| !before.contains(tab));
        tabs.pop()
    });
    let opened = opened.expect("a second page");
    world.browser.switch_to(&opened);
    world.wait_for_page();
    world.wait_for_heading("One moment");
    post(&world, 1, || {
        world.browser.switch_to(&stranger);
        world
            .browser
            .execute(&format!("opened.postMessage({forged}, '*')"));
        world.browser.switch_to(&opened);
    });
    assert_ne!(world.heading(), "Done");
    world.browser.switch_to(&stranger);
    let received = world.browser.execute("return received");
    assert_eq!(received, 0, "the page posts to its own origin only");
}

/// A copied tab, for example: the game counts one callback, and both pages are acknowledged.
#[test]
fn a_callback_that_is_delivered_twice_counts_once() {
    let Some(world) = World::start() else { return };
    world.open_service();
    world.return_by("#accept");
    let first = world.browser.tab();
    let second = world.browser.new_tab();
    let url = format!("{}?result=2&state={BACK}", world.game_url(PAGE));
    world.browser.goto(&url);
    world.keep_open();
    world.set_mode("play");
    for tab in [&first, &second] {
        world.browser.switch_to(tab);
        let over = ["Done", "Already finished"];
        wait_for(|| over.contains(&world.heading().as_str()).then_some(())).expect("it is over");
    }
    assert_eq!(world.results().as_array().map(Vec::len), Some(1));
    // Both pages are silent now.
    let messages = world.received();
    world.browser.reload();
    assert_eq!(world.heading(), "Already finished");
    assert_eq!(world.received(), messages);
}

#[test]
fn only_pages_without_advice_close_their_window() {
    let Some(world) = World::start() else { return };
    world.open_service();
    for (name, heading, timers) in [
        ("not-found", "Nothing here", json!([])),
        ("refused", "Odnoklassniki refused", json!([])),
        ("not-approved", "Nothing was published", json!([])),
        ("invalid", "Answer not understood", json!([])),
        ("cancelled", "Cancelled", json!([2000])),
        ("already-finished", "Already finished", json!([2000])),
        ("completed", "Done", json!([2000])),
    ] {
        world.return_by("#login");
        world.browser.execute(
            "window.timers = [];
             window.setTimeout = (action, time) => timers.push(time)",
        );
        let script = format!("game.script = ['show', game.back, '{name}']; game.mode = 'play'");
        world.execute_in_game(&script);
        world.wait_for_heading(heading);
        let set = world.browser.execute("return timers");
        assert_eq!(set, timers, "{name}");
        world.browser.back();
        world.wait_for_service();
    }
}

/// A page tells itself from every other load, so that the game gives each one response.
#[test]
fn every_load_has_a_nonce() {
    let Some(world) = World::start() else { return };
    open_link_page(&world);
    world.wait_for_messages(4);
    world.set_mode("play");
    world.wait_for_service();
    for _ in 0..2 {
        world.return_by("#accept");
        world.wait_for_messages(4);
        world.browser.back();
        world.wait_for_service();
    }
    let nonces = world.execute_in_game(
        "return [...new Set(game.received.map(([, text]) => text.split('\\n')[3]))]",
    );
    let nonces = nonces.as_array().expect("a list");
    assert_eq!(nonces.len(), 3, "{nonces:?}");
    for nonce in nonces {
        let nonce = nonce.as_str().unwrap_or_default();
        let is_hex = nonce
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        assert!(nonce.len() == 8 && is_hex, "{nonce}");
    }
}
