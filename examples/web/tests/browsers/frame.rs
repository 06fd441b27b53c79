//! OK's page in a frame over the game.

use odnoklassniki_sandbox::{Behavior, PageKind, PageSettings};
use serde_json::json;
use test_support::browser::{Brand, in_each_browser, in_each_engine, wait_for};

use crate::altered::ProbedWorld;
use crate::world::{World, result};

in_each_engine!(
    a_player_posts_in_the_frame_and_plays_on,
    a_player_cancels_in_the_frame,
    the_close_button_is_a_notice_and_the_page_opens_again,
    escape_closes_the_frame,
    a_login_and_the_widget_that_waits_share_a_dialog,
    a_page_that_refuses_frames_can_be_closed,
    a_page_that_refuses_frames_opens_in_a_window,
    a_later_page_replaces_an_earlier_one,
);
in_each_browser!(phone, Chromium: the_frame_fits_a_phone);

const DIALOG: &str = "#bevy-ok-dialog";

fn start(brand: Brand, query: &str) -> Option<World> {
    World::start_with(brand, &["&mode=frame", query].concat(), "")
}

/// Expects the game without a dialog, and that the player's keys reach it: the key logs in.
fn plays_on(world: &World, results: usize) {
    world.browser.switch_to(&world.game);
    assert_eq!(world.browser.count(DIALOG), 0);
    assert_eq!(world.execute("document.activeElement.id"), "game");
    world
        .sandbox
        .queue_behavior(PageKind::Login, Behavior::Accept);
    world.press("l");
    let all = world.results(results + 1);
    assert_eq!(all[results], result("login", "completed", 0));
}

fn a_player_posts_in_the_frame_and_plays_on(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    world.click(2);
    world.click_in_frame("#publish");
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    plays_on(&world, 1);
    assert_eq!(world.browser.tabs().len(), 1);
    assert_eq!(world.notices(), json!([]));
}

fn a_player_cancels_in_the_frame(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    world.click(0);
    world.click_in_frame("#cancel");
    assert_eq!(world.results(1), [result("invite", "cancelled", 0)]);
    plays_on(&world, 1);
}

fn the_close_button_is_a_notice_and_the_page_opens_again(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    world.click(2);
    world.wait_for_framed("#cancel");
    let label = world.execute("document.querySelector('#bevy-ok-close').ariaLabel");
    assert_eq!(label, "Close");
    world.browser.click("#bevy-ok-close");
    wait_for(|| (world.notices() == json!(["WindowClosed"])).then_some(())).expect("a notice");
    assert_eq!(world.browser.count(DIALOG), 0);
    // The key reaches the game, which opens the page again.
    world.press("r");
    world.click_in_frame("#publish");
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    plays_on(&world, 1);
    assert_eq!(world.notices(), json!(["WindowClosed"]));
}

fn escape_closes_the_frame(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    world.click(2);
    world.browser.wait_for_css(DIALOG);
    // A key of the game presses none of the dialog's buttons.
    world.press(" ");
    world.press("\u{E007}");
    assert_eq!(world.browser.count(DIALOG), 1);
    world.press("\u{E00C}");
    wait_for(|| (world.notices() == json!(["WindowClosed"])).then_some(())).expect("a notice");
    assert_eq!(world.browser.count(DIALOG), 0);
    world.press("c");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
    plays_on(&world, 1);
}

/// A click, a dialog: that of the login stays for the page that has waited for it.
fn a_login_and_the_widget_that_waits_share_a_dialog(brand: Brand) {
    let Some(world) = start(brand, "&loggedout=1") else {
        return;
    };
    world.execute(
        "(() => { window.dialogs = [];
        new MutationObserver(changes => {
            for (const { addedNodes, removedNodes } of changes) {
                for (const node of addedNodes) if (node.nodeName === 'DIALOG') dialogs.push('added');
                for (const node of removedNodes) if (node.nodeName === 'DIALOG') dialogs.push('removed');
            }
        }).observe(document.body, { childList: true }); })()",
    );
    world
        .sandbox
        .queue_behavior(PageKind::Login, Behavior::Accept);
    world.click(2);
    // The next page is in a frame of its own.
    assert_eq!(world.results(1), [result("login", "completed", 0)]);
    world.click_in_frame("#cancel");
    let results = [
        result("login", "completed", 0),
        result("post", "cancelled", 0),
    ];
    assert_eq!(world.results(2), results);
    assert_eq!(world.execute("window.dialogs"), json!(["added", "removed"]));
    assert_eq!(world.notices(), json!([]));
    plays_on(&world, 2);
}

/// No script sees that a frame stays empty.
fn a_page_that_refuses_frames_can_be_closed(brand: Brand) {
    let Some(probed) = ProbedWorld::start(brand, "&mode=frame&timeout=30") else {
        return;
    };
    let world = &probed.world;
    let settings = PageSettings::default().deny_frames(true);
    world.sandbox.set_page_settings(settings);
    world.click(2);
    world.browser.click("#bevy-ok-close");
    wait_for(|| (world.notices() == json!(["WindowClosed"])).then_some(())).expect("a notice");
    probed.probe("advance(31000)");
    assert_eq!(world.results(1), [result("post", "timed_out", 0)]);
    world.sandbox.set_page_settings(PageSettings::default());
    plays_on(world, 1);
    assert_eq!(world.results(2).len(), 2);
}

fn a_page_that_refuses_frames_opens_in_a_window(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    let settings = PageSettings::default().deny_frames(true);
    world.sandbox.set_page_settings(settings);
    world.click(2);
    world.browser.click("#bevy-ok-window");
    world.wait_for_page("/dk");
    world.browser.click("#cancel");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
    assert_eq!(world.browser.count(DIALOG), 0);
    assert_eq!(world.execute("document.activeElement.id"), "game");
    // The next page opens in a window at once.
    world.click(0);
    world.wait_for_page("/dk");
    world.browser.click("#cancel");
    assert_eq!(world.results(2)[1], result("invite", "cancelled", 0));
    assert_eq!(world.notices(), json!([]));
}

fn a_later_page_replaces_an_earlier_one(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    world.click(2);
    world.wait_for_framed("#cancel");
    // The player cannot click behind the dialog; the game may still send a request.
    world.click_by_script(1);
    wait_for(|| (world.notices() == json!(["WindowClosed"])).then_some(())).expect("a notice");
    assert_eq!(world.browser.count("dialog iframe"), 1);
    world.click_in_frame("#cancel");
    assert_eq!(world.results(1), [result("suggest", "cancelled", 0)]);
    world.press("r");
    world.click_in_frame("#publish");
    assert_eq!(world.results(2)[1], result("post", "completed", 1));
    plays_on(&world, 2);
    assert_eq!(world.notices(), json!(["WindowClosed"]));
}

fn the_frame_fits_a_phone(brand: Brand) {
    let Some(world) = start(brand, "") else {
        return;
    };
    let phone = json!({ "width": 360, "height": 640, "deviceScaleFactor": 1, "mobile": false });
    world
        .browser
        .devtools("Emulation.setDeviceMetricsOverride", &phone);
    world.click(0);
    world.wait_for_framed("#cancel");
    for css in ["#bevy-ok-window", "#bevy-ok-close", "dialog iframe"] {
        let corners = world.execute(&format!(
            "(() => {{ const {{ left, top, right, bottom }} = document.querySelector('{css}').getBoundingClientRect();
            return left >= 0 && top >= 0 && right <= 360 && bottom <= 640 && right - left >= 30; }})()"
        ));
        assert_eq!(corners, true, "{css}");
    }
    world.browser.click("#bevy-ok-close");
    world.press("c");
    assert_eq!(world.results(1), [result("invite", "cancelled", 0)]);
}
