//! The game in a real Chromium that blocks popups, with the sandbox on another site.
//!
//! `OK_WEB_CASTLE` names the folder with the built game; `scripts/test --only castle` builds it.
//! Without it the test is skipped.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::env;
use std::path::Path;

use bevy_odnoklassniki::sandbox::Sandbox;
use serde_json::Value;
use test_support::browser::{Browser, Tab, wait_for};
use test_support::site;

/// WebGL without a graphics card.
const SWITCHES: [&str; 5] = [
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--window-size=1000,820",
    "--accept-lang=en",
];

/// A game in a browser, and its sandbox.
struct World {
    browser: Browser,
    game: Tab,
    _sandbox: Sandbox,
}

impl World {
    fn start() -> Option<Self> {
        let Some(folder) = env::var_os("OK_WEB_CASTLE") else {
            eprintln!("skipped: OK_WEB_CASTLE names no built game");
            return None;
        };
        let browser = Browser::start_blocking_popups(&SWITCHES)?;
        let port = site::serve_folder(Path::new(&folder), "");
        let sandbox = Sandbox::start().expect("a port");
        // Another site than the game's.
        let url = sandbox.url().replace("127.0.0.1", "localhost");
        browser.goto(&format!("http://127.0.0.1:{port}/?sandbox={url}&report=1"));
        Some(Self {
            game: browser.tab(),
            browser,
            _sandbox: sandbox,
        })
    }

    /// Waits for a state of the game that `is_right` accepts.
    #[track_caller]
    fn until(&self, what: &str, is_right: impl Fn(&Value) -> bool) -> Value {
        self.browser.switch_to(&self.game);
        let state = || {
            self.browser
                .execute("return (window.states ?? []).at(-1) ?? null")
        };
        wait_for(|| Some(state()).filter(|state| !state.is_null() && is_right(state)))
            .unwrap_or_else(|| {
                let page = self.browser.execute("return document.body.innerText");
                panic!("no {what}: {}, {page}", state())
            })
    }

    /// Presses a button of the game with a `mouse` or by `touch`.
    fn press(&self, pointer: &str, button: &str) {
        let state = self.until(button, |state| state["buttons"][button].is_array());
        let [x, y, width, height] =
            [0, 1, 2, 3].map(|side| state["buttons"][button][side].as_f64().unwrap_or_default());
        self.browser
            .press_at(pointer, x + width / 2.0, y + height / 2.0);
    }

    /// Completes the page of the sandbox that has opened in a window.
    fn complete(&self) {
        self.browser
            .wait_for_tab(|url| url.starts_with("http://localhost") && url.contains("/dk?"));
        self.browser.click("#publish");
    }
}

#[test]
fn a_player_builds_invites_and_posts() {
    let Some(world) = World::start() else { return };
    let started = world.until("first frame", |_| true);
    let page = world
        .browser
        .execute("return [window.innerWidth, window.innerHeight]");
    let canvas = world.browser.execute(
        "const c = document.querySelector('canvas').getBoundingClientRect(); return [c.width, c.height]",
    );
    assert_eq!(canvas, page, "the canvas fills the page");
    assert_eq!(started["language"], "en");

    world.browser.press_at("mouse", 300.0, 300.0);
    let is_set = |state: &Value| state["blocks"] != 0 || state["finished"] == true;
    world.until("block", is_set);

    world.press("mouse", "invite");
    world.complete();
    let invited = world.until("invitation", |state| state["said"] == "Invited(2)");
    assert_eq!(invited["guests"].as_array().map(Vec::len), Some(2));
    assert_eq!(invited["pending"].as_array().map(Vec::len), Some(0));

    // On a phone a press opens no window: the button acts when the finger leaves it.
    world.press("touch", "post");
    world.complete();
    let posted = world.until("post", |state| state["said"] == "Posted");
    assert_eq!(posted["posted"].as_array().map(Vec::len), Some(1));
}
