//! What the page says to the game and what it accepts from others.

use serde_json::{Value, json};
use test_support::browser::wait_for;

use crate::world::{BACK, LINK, PAGE, World};

/// Opens the link page in a popup while the game is silent.
fn open_link_page(world: &World) {
    world.set_silent(true);
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
    assert_eq!(world.heading(), "One moment");
    world.wait_for_heading("Go back to the game");
    world.set_silent(false);
    world.wait_for_service();
    world.return_by("#accept");
    assert_eq!(world.heading(), "One moment");
    world.wait_for_heading("Go back to the game");
    world.wait_for_messages(2);
    assert_eq!(world.results(), json!([]));
    world.set_silent(false);
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
    assert_eq!(world.heading(), "One moment");
    world.wait_for_heading("Go back to the game");
    world.expect_clean();
    assert_eq!(world.stored(), BACK, "the player may still go back");
}

/// A game whose backend signs for longer than the page is patient.
#[test]
fn a_game_that_asks_to_wait_is_waited_for() {
    let Some(world) = World::start() else { return };
    world.execute_in_game("game.script = [['wait', game.link]]");
    world.click_play();
    let page = world.game_url(PAGE);
    world.browser.wait_for_tab(|url| url == page);
    // More than 5 s of repetitions, by either way.
    world.browser.execute(
        "window.shown = new Set();
         const look = () => document.querySelectorAll('section:not([hidden])')
           .forEach((section) => shown.add(section.dataset.page));
         new MutationObserver(look).observe(document.body,
           { attributes: true, attributeFilter: ['hidden'], subtree: true });
         look()",
    );
    world.wait_for_messages(2 * 12);
    let shown = world.browser.execute("return [...shown]");
    assert!(
        !shown
            .as_array()
            .expect("a list")
            .contains(&json!("go-back")),
        "{shown}"
    );
    world.execute_in_game("game.script = []");
    world.wait_for_service();
}

/// Log in, then the widget that waited for it: one window, one click.
#[test]
fn a_response_can_lead_to_the_next_page() {
    let Some(world) = World::start() else { return };
    world.open_service();
    let next = "3".repeat(32);
    let url = format!(
        "{}?back={}&next",
        world.service_url("/service"),
        world.game_url(PAGE)
    );
    world.set_silent(true);
    world.browser.click("#login");
    world.wait_for_page();
    world.execute_in_game(&format!(
        "channels['{next}'] = channels[game.back];
         game.script = [['open', game.back, '{url}', '{next}']]; game.silent = false"
    ));
    world.browser.wait_for_url(|now| now == url);
    world.browser.wait_for_css("#bare[href]");
    world.execute_in_game(&format!("game.script = []; game.back = '{next}'"));
    world.return_by("#accept");
    assert_eq!(world.stored(), next);
    world.set_silent(false);
    world.wait_for_heading("Done");
    assert_eq!(world.results(), json!(["result=1&selected=7"]));
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
            "game.script = [['open', game.link, {}, game.back]]; game.silent = false",
            json!(url)
        ));
        // It goes on asking, so it has not left.
        world.wait_for_messages(4);
        world.set_silent(true);
        assert_eq!(world.browser.url(), page, "{url}");
        let tricked = world.browser.execute("return window.wasTricked === true");
        assert_eq!(tricked, false, "{url}");
    }
    for token in ["", "2", &"2".repeat(33), &"Z".repeat(32)] {
        let script = format!(
            "game.script = [['open', game.link, game.service, '{token}']]; game.silent = false"
        );
        world.execute_in_game(&script);
        world.wait_for_messages(4);
        world.set_silent(true);
        assert_eq!(world.browser.url(), page, "{token}");
    }
    world.execute_in_game("game.script = []; game.silent = false");
    world.wait_for_service();
}

/// Posts messages to the page as `post` does, and returns when the page has handled them.
fn post(world: &World, count: usize, post: impl FnOnce()) {
    // A listener after the page's own.
    world
        .browser
        .execute("window.events = 0; addEventListener('message', () => { events += 1; })");
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
    let long = format!(
        "{}\n{}",
        message(&["callback_listener", "show", LINK, "completed"]),
        "x".repeat(70_000)
    );
    let other = "4".repeat(32);
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
        message(&["callback_listener", "open", LINK, &url]),
        message(&["callback_listener", "open", LINK, &url, BACK, ""]),
        message(&["callback_listener", "open", LINK, BACK, &url]),
        message(&["callback_listener"]),
        String::new(),
        long,
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
                "game.popup.postMessage({text}, location.origin);
                 channels[game.link].postMessage({text})"
            ));
        });
        assert_eq!(world.browser.url(), world.game_url(PAGE), "{text}");
        let heading = world.heading();
        assert!(
            ["One moment", "Go back to the game"].contains(&heading.as_str()),
            "{heading} after {text}"
        );
    }
    world.set_silent(false);
    world.wait_for_service();
}

/// The right text, from a window that is not the game's, or of another origin.
#[test]
fn messages_of_other_windows_are_ignored() {
    let Some(world) = World::start() else { return };
    open_link_page(&world);
    let forged = json!(message(&["callback_listener", "show", LINK, "completed"]));
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

/// Two copies of one callback: a game that counts the first is told of it once on each way, and
/// both pages say what the game says.
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
    world.wait_for_messages(4);
    world.set_silent(false);
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
