//! The game in a real Chromium and a real Firefox that block popups, with the sandbox on another
//! site.
//!
//! `OK_WEB_GAME` names the folder with the built game; `scripts/test --only web` builds it. Without
//! it the tests are skipped.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::env;
use std::path::Path;

use odnoklassniki_sandbox::{Application, Behavior, PageKind, Sandbox};
use serde_json::{Value, json};
use test_support::browser::{Brand, Browser, Tab, in_each_browser, wait_for};
use test_support::site;

in_each_browser!(
    clicks_send_each_kind_of_request,
    a_tap_sends_a_request,
    a_player_chooses_friends_in_the_window,
    a_player_cancels_in_the_window,
    a_blocked_window_gets_a_button,
    the_button_for_a_blocked_window_can_cancel,
    a_closed_window_ends_nothing_until_the_timeout,
    the_game_cancels_and_opens_again,
    the_player_logs_in,
    a_login_and_the_widget_that_waits_share_a_window,
    an_isolated_game_gets_its_result,
    two_games_side_by_side_do_not_mix,
);

/// Kind and outcome of a result, and how many ids it has.
type Report = (String, String, usize);

/// A game in a browser, and its sandbox.
struct World {
    browser: Browser,
    sandbox: Sandbox,
    game: Tab,
    port: u16,
}

impl World {
    /// Starts a game that has a session. `None` where there is no built game or no browser.
    fn start(brand: Brand) -> Option<Self> {
        Self::start_with(brand, "", "")
    }

    /// Starts a game with more parameters in its query, and with these headers for all its files.
    fn start_with(brand: Brand, query: &str, headers: &'static str) -> Option<Self> {
        let folder = built_game()?;
        let browser = Browser::start_blocking_popups_in(brand)?;
        let port = site::serve_folder(Path::new(&folder), headers);
        let page = format!("http://127.0.0.1:{port}/assets/odnoklassniki.html");
        let app = Application::demo().redirect_uri(page);
        let sandbox = Sandbox::builder().app(app).start().expect("a port");
        // Another site than the game's.
        let url = sandbox.url().replace("127.0.0.1", "localhost");
        browser.goto(&format!("http://127.0.0.1:{port}/?sandbox={url}{query}"));
        let game = browser.tab();
        let world = Self {
            browser,
            sandbox,
            game,
            port,
        };
        // winit sizes the canvas when the app starts.
        let is_running =
            || world.execute("document.querySelector('#game')?.style.width === '600px'");
        wait_for(|| (is_running() == true).then_some(())).expect("the game starts");
        Some(world)
    }

    fn execute(&self, expression: &str) -> Value {
        self.browser.execute(&format!("return {expression}"))
    }

    /// Clicks into one third of the canvas as a player does: 0 is the left one.
    fn click(&self, third: u32) {
        let (x, y) = self.point(third);
        self.browser.press_at("mouse", x, y);
    }

    /// Clicks as a script does, which no browser takes for the player.
    fn click_by_script(&self, third: u32) {
        let (x, y) = self.point(third);
        self.execute(&format!(
            "(() => {{ const canvas = document.querySelector('#game');
            const send = (type, buttons) => canvas.dispatchEvent(new PointerEvent(type, {{ bubbles: true,
                pointerId: 1, pointerType: 'mouse', clientX: {x}, clientY: {y}, button: 0, buttons }}));
            send('pointermove', 0);
            send('pointerdown', 1);
            setTimeout(() => send('pointerup', 0), 100); }})()"
        ));
    }

    /// Taps into one third of the canvas.
    fn tap(&self, third: u32) {
        let (x, y) = self.point(third);
        self.browser.press_at("touch", x, y);
    }

    fn press(&self, key: &str) {
        self.browser.press_key(key);
    }

    fn point(&self, third: u32) -> (f64, f64) {
        let corner = |name: &str| {
            let script = format!("document.querySelector('#game').getBoundingClientRect().{name}");
            self.execute(&script).as_f64().expect("a number")
        };
        (
            corner("left") + 100.0 + 200.0 * f64::from(third),
            corner("top") + 100.0,
        )
    }

    /// Waits for the window with a page of the sandbox, and makes it the current one.
    fn wait_for_page(&self, path: &str) {
        self.browser
            .wait_for_tab(|url| url.starts_with("http://localhost") && url.contains(path));
    }

    /// Waits until the game has `count` results, and returns them without their ids.
    fn results(&self, count: usize) -> Vec<Report> {
        self.browser.switch_to(&self.game);
        let all = wait_for(|| {
            let report = self.execute("window.report");
            (report.as_array().is_some_and(|list| list.len() >= count)).then_some(report)
        });
        let all = all.unwrap_or_else(|| {
            let (report, notices) = (self.execute("window.report"), self.notices());
            let pages: Vec<_> = self
                .browser
                .tabs()
                .iter()
                .map(|tab| {
                    self.browser.switch_to(tab);
                    (
                        self.browser.url(),
                        self.browser
                            .execute("return document.body.innerText.slice(0, 300)"),
                    )
                })
                .collect();
            panic!("{count} results do not arrive: {report}, {notices}, {pages:?}")
        });
        let text = |result: &Value, name: &str| result[name].as_str().unwrap_or("").to_owned();
        let all = all.as_array().expect("a list").iter();
        all.map(|result| {
            let ids = result["ids"].as_array().map_or(0, Vec::len);
            (text(result, "kind"), text(result, "outcome"), ids)
        })
        .collect()
    }

    fn notices(&self) -> Value {
        self.browser.switch_to(&self.game);
        self.execute("window.notices.map(notice => notice.kind)")
    }
}

fn built_game() -> Option<String> {
    let folder = env::var("OK_WEB_GAME").ok();
    if folder.is_none() {
        eprintln!("skipped: OK_WEB_GAME is not set; scripts/test --only web builds the game");
    }
    folder
}

fn result(kind: &str, outcome: &str, ids: usize) -> Report {
    (kind.to_owned(), outcome.to_owned(), ids)
}

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

fn a_tap_sends_a_request(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.sandbox.set_behavior(Behavior::Accept);
    world.tap(2);
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
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

/// The control: without input every browser must block the window.
fn a_blocked_window_gets_a_button(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.click_by_script(2);
    world.browser.wait_for_css("#bevy-ok-open");
    assert_eq!(world.notices(), json!(["PopupBlocked"]));
    assert_eq!(world.browser.tabs().len(), 1);
    world.browser.click("#bevy-ok-open");
    world.wait_for_page("/dk");
    world.browser.click("#cancel");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
    assert_eq!(world.browser.count("#bevy-ok-open"), 0);
}

fn the_button_for_a_blocked_window_can_cancel(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.click_by_script(0);
    world.browser.click("#bevy-ok-cancel");
    assert_eq!(world.results(1), [result("invite", "cancelled", 0)]);
    assert_eq!(world.browser.count("#bevy-ok-open"), 0);
}

fn a_closed_window_ends_nothing_until_the_timeout(brand: Brand) {
    let Some(world) = World::start_with(brand, "&timeout=5", "") else {
        return;
    };
    world.click(2);
    world.wait_for_page("/dk");
    world.browser.close_tab();
    assert_eq!(world.results(1), [result("post", "timed_out", 0)]);
}

fn the_game_cancels_and_opens_again(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.click(2);
    world.wait_for_page("/dk");
    world.browser.close_tab();
    world.browser.switch_to(&world.game);
    // Within a second it would be a double click, and does nothing.
    let reopened = || {
        world.press("r");
        world.browser.tabs().len() == 2
    };
    wait_for(|| reopened().then_some(())).expect("the page opens again");
    world.wait_for_page("/dk");
    world.browser.switch_to(&world.game);
    world.press("c");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
}

fn the_player_logs_in(brand: Brand) {
    let Some(world) = World::start_with(brand, "&loggedout=1", "") else {
        return;
    };
    world.sandbox.set_behavior(Behavior::Accept);
    world.press("l");
    assert_eq!(world.results(1), [result("login", "completed", 0)]);
    world.click(2);
    assert_eq!(world.results(2)[1], result("post", "completed", 1));
}

/// A click, a window: the login's page leads on to the page that has waited for it.
fn a_login_and_the_widget_that_waits_share_a_window(brand: Brand) {
    let Some(world) = World::start_with(brand, "&loggedout=1", "") else {
        return;
    };
    world
        .sandbox
        .queue_behavior(PageKind::Login, Behavior::Accept);
    world.click(2);
    world.wait_for_page("/dk");
    assert_eq!(world.browser.tabs().len(), 2);
    world.browser.click("#cancel");
    let results = [
        result("login", "completed", 0),
        result("post", "cancelled", 0),
    ];
    assert_eq!(world.results(2), results);
    assert_eq!(world.notices(), json!([]), "no window was blocked");
}

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
