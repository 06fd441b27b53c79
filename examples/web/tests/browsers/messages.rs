//! Games without a return page: OK's own messages are the callbacks.

use odnoklassniki_sandbox::{Behavior, MessageForm, PageSettings};
use serde_json::{Value, json};
use test_support::browser::{Brand, in_each_engine, wait_for};
use test_support::site;

use crate::altered::ProbedWorld;
use crate::world::{Report, World, result};

in_each_engine!(
    every_kind_completes_by_every_form_of_message,
    a_player_acts_in_the_window,
    a_cancel_that_ok_does_not_tell_ends_by_the_game,
    a_cancel_that_ok_does_not_tell_ends_by_the_timeout,
    a_page_that_is_cut_off_ends_by_the_timeout,
    either_window_of_a_request_counts,
    two_windows_do_not_mix,
    a_frame_posts_its_messages_to_the_game,
    messages_of_others_and_of_another_shape_count_for_nothing,
    a_login_and_what_waits_for_it_fail_at_once,
    an_isolated_game_fails_at_once,
    a_blocked_window_is_opened_by_its_button,
    a_backend_signs_while_the_window_waits,
    a_backend_that_fails_closes_the_window,
);

const ISOLATED: &str =
    "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n";

/// Starts a game without a return page; `query` is more of its query.
fn start(brand: Brand, query: &str) -> Option<World> {
    World::start_with(brand, &format!("&mode=message{query}"), "")
}

/// Waits until only the game's own tab is open.
fn wait_until_closed(world: &World) {
    let is_closed = || (world.browser.tabs().len() == 1).then_some(());
    wait_for(is_closed).expect("the game closes its window");
    world.browser.switch_to(&world.game);
}

/// Returns the results up to now.
fn results(world: &World) -> Vec<Report> {
    world.results(0)
}

fn every_kind_completes_by_every_form_of_message(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    world.sandbox.set_behavior(Behavior::Accept);
    let mut expected = Vec::new();
    for form in MessageForm::ALL {
        let settings = PageSettings::default().message_form(form);
        world
            .sandbox
            .set_page_settings(settings.other_messages(true));
        for (third, kind) in [(0, "invite"), (1, "suggest"), (2, "post")] {
            world.click(third);
            expected.push((kind.to_owned(), "completed".to_owned()));
            let results = world.results(expected.len());
            assert!(results.iter().all(|result| result.2 > 0), "{results:?}");
            let named = results
                .into_iter()
                .map(|(kind, outcome, _)| (kind, outcome));
            assert_eq!(named.collect::<Vec<_>>(), expected, "{form}");
            wait_until_closed(&world);
        }
    }
    assert_eq!(world.notices(), json!([]));
}

fn a_player_acts_in_the_window(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    world.click(0);
    world.wait_for_page("/dk");
    let query = world.browser.url();
    assert!(!query.contains("st.return") && query.contains("st.silent=on"));
    world.browser.click("input[type=checkbox]");
    world.browser.click("#publish");
    let mut expected = vec![result("invite", "completed", 1)];
    assert_eq!(world.results(1), expected);
    wait_until_closed(&world);
    for (third, kind) in [(1, "suggest"), (2, "post")] {
        world.click(third);
        world.wait_for_page("/dk");
        world.browser.click("#cancel");
        expected.push(result(kind, "cancelled", 0));
        assert_eq!(world.results(expected.len()), expected);
        wait_until_closed(&world);
    }
}

/// Opens a post in its window, and cancels it there. The sandbox posts no message.
fn cancel_untold(world: &World) {
    let settings = PageSettings::default().no_cancel_message(true);
    world
        .sandbox
        .set_page_settings(settings.other_messages(true));
    world.click(2);
    world.wait_for_page("/dk");
    world.browser.click("#cancel");
    wait_until_closed(world);
}

fn a_cancel_that_ok_does_not_tell_ends_by_the_game(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    cancel_untold(&world);
    assert_eq!(results(&world), []);
    world.press("c");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
}

fn a_cancel_that_ok_does_not_tell_ends_by_the_timeout(brand: Brand) {
    let Some(probed) = ProbedWorld::start(brand, "&mode=message&timeout=30") else {
        return;
    };
    let world = &probed.world;
    cancel_untold(world);
    assert_eq!(results(world), []);
    probed.probe("advance(31000)");
    assert_eq!(world.results(1), [result("post", "timed_out", 0)]);
}

/// A policy of OK's page takes away its opener, so no message comes.
fn a_page_that_is_cut_off_ends_by_the_timeout(brand: Brand) {
    let Some(probed) = ProbedWorld::start(brand, "&mode=message&timeout=30") else {
        return;
    };
    let world = &probed.world;
    world
        .sandbox
        .set_page_settings(PageSettings::default().coop(true));
    world.click(2);
    world.wait_for_page("/dk");
    assert_eq!(world.execute("opener"), json!(null));
    world.browser.click("#publish");
    wait_until_closed(world);
    assert_eq!(results(world), []);
    probed.probe("advance(31000)");
    assert_eq!(world.results(1), [result("post", "timed_out", 0)]);
}

fn either_window_of_a_request_counts(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    world.click(2);
    world.wait_for_page("/dk");
    let first = world.browser.tab();
    world.browser.switch_to(&world.game);
    // Within a second it would be a double click, and does nothing.
    let is_reopened = || {
        world.press("r");
        world.browser.tabs().len() == 3
    };
    wait_for(|| is_reopened().then_some(())).expect("the page opens again");
    world.browser.switch_to(&first);
    world.browser.click("#publish");
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    wait_until_closed(&world);
}

fn two_windows_do_not_mix(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    world.click(1);
    world.wait_for_page("WidgetSuggest");
    let suggest = world.browser.tab();
    world.browser.switch_to(&world.game);
    world.click(0);
    world.wait_for_page("WidgetInvite");
    world.browser.click("#cancel");
    assert_eq!(world.results(1), [result("invite", "cancelled", 0)]);
    world.browser.switch_to(&suggest);
    // The state of the other request, from the right window.
    let query = world.browser.url();
    let state = query.split("st.state=").nth(1).expect("a state");
    let state: u64 = state
        .split('&')
        .next()
        .unwrap_or("")
        .parse()
        .expect("an id");
    world.browser.execute(&format!(
        "opener.postMessage({{ code: 'OK', selected: [1], state: '{}' }}, '*')",
        state + 1
    ));
    world.browser.click("input[type=checkbox]");
    world.browser.click("#publish");
    let expected = [
        result("invite", "cancelled", 0),
        result("suggest", "completed", 1),
    ];
    assert_eq!(world.results(2), expected);
}

fn a_frame_posts_its_messages_to_the_game(brand: Brand) {
    let Some(world) = start(brand, "-frame") else {
        return;
    };
    let mut expected = Vec::new();
    for form in [MessageForm::Text, MessageForm::DataObject] {
        world
            .sandbox
            .set_page_settings(PageSettings::default().message_form(form));
        for (button, outcome, ids) in [("#publish", "completed", 1), ("#cancel", "cancelled", 0)] {
            world.click(2);
            world.click_in_frame(button);
            expected.push(result("post", outcome, ids));
            assert_eq!(world.results(expected.len()), expected, "{form}");
            let is_gone = || world.browser.count("#bevy-ok-dialog") == 0;
            wait_for(|| is_gone().then_some(())).expect("the frame is removed");
        }
    }
    assert_eq!(world.browser.tabs().len(), 1);
}

/// Posts results and everything else to a window: right in shape, wrong in shape, very long.
const SPAM: &str = "
    const spam = (target, count) => {
        const getter = { get id() { window.got = true; return 7; } };
        const deep = {};
        let inner = deep;
        for (let i = 0; i < 500; i++) { inner = inner.data = {}; }
        const all = [
            '{\"id\":\"7\"}', { id: '7' }, { data: { id: 7 } }, '{\"type\":\"success\",\"id\":7}', getter,
            { type: 'error', code: 12 }, '{\"code\":\"CANCELLED\"}', { code: 'OK', selected: [1] },
            '', 'x', null, 7, true, [], {}, new Map(), new Date(0), new Uint8Array(9), deep,
            10n, /x/, '__FAPI__postMediatopic$ok$7', 'postMediatopic$ok$7', 'payment=ok',
            'ok_shared$ok_widget_1', 'hideWidgetIframe', 'callback_listener',
        ];
        for (let i = 0; i < count; i++) { target.postMessage(all[i % all.length], '*'); }
        const long = 'x'.repeat(1 << 20);
        for (let i = 0; i < 5; i++) {
            for (const one of [long, '{\"id\":\"7\",\"x\":\"' + long + '\"}', { id: 7, long }]) {
                target.postMessage(one, '*');
            }
        }
    };";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Waits until the game has handled all messages that were posted to it before.
fn settle(world: &World) {
    world.browser.switch_to(&world.game);
    world.execute(
        "(() => { window.settled = false;
        addEventListener('message', ({ data, source }) => {
            if (source === window && data === 'the last') { window.settled = true; }
        });
        postMessage('the last', location.origin); })()",
    );
    wait_for(|| (world.execute("window.settled") == true).then_some(())).expect("it arrives");
}

fn add_frame(world: &World, id: &str, url: &str) {
    world.browser.switch_to(&world.game);
    world.execute(&format!(
        "(() => {{ const frame = document.createElement('iframe');
        frame.id = '{id}'; frame.src = '{url}'; document.body.append(frame); }})()"
    ));
    world.browser.enter_frame(&format!("#{id}"));
    let is_there = || world.browser.execute("return document.readyState");
    wait_for(|| (is_there() == "complete").then_some(())).expect("the frame loads");
}

fn messages_of_others_and_of_another_shape_count_for_nothing(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    world.click(2);
    world.wait_for_page("/dk");
    let page = world.browser.tab();
    let url = world.browser.url();

    // A frame of another site: 10,000 messages.
    let stranger = site::serve("<!doctype html><title>Stranger</title>".to_owned());
    let site = format!("http://localhost:{stranger}");
    add_frame(&world, "stranger", &site);
    assert_eq!(world.execute("origin"), site.as_str());
    world
        .browser
        .execute(&format!("{SPAM} spam(parent, 10000); return 0"));
    world.browser.leave_frames();
    settle(&world);
    assert_eq!(results(&world), []);

    // A frame of OK's own origin, which is not the window of the request.
    add_frame(&world, "other", &url);
    assert!(url.starts_with(&text(&world.execute("origin"))));
    world
        .browser
        .execute(&format!("{SPAM} spam(parent, 1000); return 0"));
    world.browser.leave_frames();
    settle(&world);
    assert_eq!(results(&world), []);

    // The game's own origin.
    world.execute(&format!("(() => {{ {SPAM} spam(window, 1000); }})()"));
    settle(&world);
    assert_eq!(results(&world), []);

    // The window of the request, with what is no result.
    world.browser.switch_to(&page);
    world.browser.execute(
        "const long = 'x'.repeat(1 << 20);
        const wrong = [
            '', 'x', null, 7, true, [], {}, new Map([['id', 7]]), new Date(0), new Uint8Array(9), 10n, /x/,
            '__FAPI__postMediatopic$ok$7', 'postMediatopic$ok$7', 'payment=ok', 'ok_shared$ok_widget_1',
            'hideWidgetIframe', 'id=7', '7', '\"7\"', '[7]', '{\"id\":7', '{\"id\":7,\"id\":8}', '{\"id\":\"x\"}',
            { id: -1 }, { id: {} }, { id: [7] }, { data: { data: { id: 7 } } }, { data: [7] }, { data: 'x' },
            { type: 'resize', id: 7 }, { code: 'OK' }, { code: 'OK', selected: [1] }, { code: 'READY' },
            { call: { method: 'prepare' }, result: { status: 'ok', code: 'READY' } },
            long, '{\"id\":\"7\",\"x\":\"' + long + '\"}', { id: 7, long }, '['.repeat(60000),
        ];
        for (const one of wrong) { opener.postMessage(one, '*'); }",
    );
    settle(&world);
    assert_eq!(results(&world), []);
    assert_eq!(world.notices(), json!([]));

    // The same window, on another site.
    world.browser.switch_to(&page);
    world.execute(&format!("location.href = 'http://localhost:{stranger}/'"));
    world.browser.wait_for_url(|now| now != url);
    wait_for(|| (world.browser.title() == "Stranger").then_some(())).expect("it loads");
    assert_eq!(world.execute("opener !== null"), true);
    world
        .browser
        .execute(&format!("{SPAM} spam(opener, 1000); return 0"));
    settle(&world);
    assert_eq!(results(&world), []);

    // And then the real one.
    world.browser.switch_to(&page);
    world.browser.back();
    world.browser.wait_for_url(|now| now == url);
    world.browser.click("#publish");
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    settle(&world);
    assert_eq!(results(&world).len(), 1);
}

fn errors(world: &World) -> Value {
    world.execute("window.report.map(result => result.error)")
}

fn a_login_and_what_waits_for_it_fail_at_once(brand: Brand) {
    let Some(world) = start(brand, "&loggedout=1") else {
        return;
    };
    world.press("l");
    assert_eq!(world.results(1), [result("login", "failed", 0)]);
    world.click(2);
    // The login that the post has asked for, too.
    let expected = ["login", "post", "login"].map(|kind| result(kind, "failed", 0));
    assert_eq!(world.results(3), expected);
    assert_eq!(
        errors(&world),
        json!(["NotConfigured", "NotConfigured", "NotConfigured"])
    );
    assert_eq!(world.browser.tabs().len(), 1);
}

fn an_isolated_game_fails_at_once(brand: Brand) {
    let Some(world) = World::start_with(brand, "&mode=message", ISOLATED) else {
        return;
    };
    world.click(2);
    assert_eq!(world.results(1), [result("post", "failed", 0)]);
    assert_eq!(errors(&world), json!(["NotConfigured"]));
    assert_eq!(world.browser.tabs().len(), 1);
}

fn a_blocked_window_is_opened_by_its_button(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    world.click_by_script(2);
    world.browser.wait_for_css("#bevy-ok-open");
    assert_eq!(world.notices(), json!(["PopupBlocked"]));
    assert_eq!(world.browser.tabs().len(), 1);
    world.browser.click("#bevy-ok-open");
    world.wait_for_page("/dk");
    world.browser.click("#publish");
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    assert_eq!(world.browser.count("#bevy-ok-open"), 0);
}

/// Notes what the game writes into its windows.
fn watch_windows(world: &World) {
    world.execute(
        "(() => { window.shown = [];
        const open = window.open.bind(window);
        window.open = (...given) => {
            const opened = open(...given);
            const look = () => { try { window.shown.push(opened.document.body.textContent); } catch {} };
            window.opened = opened;
            queueMicrotask(look);
            return opened;
        }; })()",
    );
}

fn a_backend_signs_while_the_window_waits(brand: Brand) {
    let Some(world) = start(brand, "&backend=signs") else {
        return;
    };
    watch_windows(&world);
    world.sandbox.set_behavior(Behavior::Accept);
    world.click(0);
    assert_eq!(world.results(1)[0].1, "completed");
    assert_eq!(world.execute("window.shown"), json!(["One moment…"]));
    wait_until_closed(&world);
}

fn a_backend_that_fails_closes_the_window(brand: Brand) {
    let Some(world) = start(brand, "&backend=fails") else {
        return;
    };
    watch_windows(&world);
    world.click(0);
    assert_eq!(world.results(1), [result("invite", "failed", 0)]);
    assert_eq!(world.execute("window.shown"), json!(["One moment…"]));
    wait_until_closed(&world);
}
