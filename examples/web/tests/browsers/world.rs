//! The game in a browser, beside its sandbox.

use std::env;
use std::path::Path;

use odnoklassniki_sandbox::{Application, Sandbox};
use serde_json::Value;
use test_support::browser::{Brand, Tab, wait_for};
use test_support::shared_browser::SharedBrowser;
use test_support::site;

/// The frame over the game.
const OK_FRAME: &str = "dialog iframe";

/// Kind and outcome of a result, and how many ids it has.
pub(crate) type Report = (String, String, usize);

/// A game in a browser, and its sandbox.
pub(crate) struct World {
    pub(crate) browser: SharedBrowser,
    pub(crate) sandbox: Sandbox,
    pub(crate) game: Tab,
    pub(crate) port: u16,
    /// Finds the frame that holds the game, if it is in one.
    pub(crate) frame: Option<&'static str>,
}

impl World {
    /// Starts a game that has a session. `None` where there is no built game or no browser.
    pub(crate) fn start(brand: Brand) -> Option<Self> {
        Self::start_with(brand, "", "")
    }

    /// Starts a game with more parameters in its query, and with these headers for all its files.
    pub(crate) fn start_with(brand: Brand, query: &str, headers: &'static str) -> Option<Self> {
        Self::start_in(brand, Path::new(&built_game()?), query, headers)
    }

    /// Starts the game of a folder.
    pub(crate) fn start_in(
        brand: Brand,
        folder: &Path,
        query: &str,
        headers: &'static str,
    ) -> Option<Self> {
        let world = Self::prepare(brand, folder, headers)?;
        world.browser.goto(&world.url(query));
        world.wait_until_it_runs();
        Some(world)
    }

    /// Starts everything but the game.
    pub(crate) fn prepare(brand: Brand, folder: &Path, headers: &'static str) -> Option<Self> {
        let browser = SharedBrowser::take(brand)?;
        let port = site::serve_folder(folder, headers);
        let page = format!("http://127.0.0.1:{port}/assets/odnoklassniki.html");
        let app = Application::demo().redirect_uri(page);
        let sandbox = Sandbox::builder().app(app).start().expect("a port");
        let game = browser.tab();
        Some(Self {
            browser,
            sandbox,
            game,
            port,
            frame: None,
        })
    }

    /// Returns the URL of the game, with more parameters in its query.
    pub(crate) fn url(&self, query: &str) -> String {
        let (port, sandbox) = (self.port, self.sandbox_url());
        format!("http://127.0.0.1:{port}/?sandbox={sandbox}{query}")
    }

    /// Returns the URL of the sandbox on another site than the game's.
    pub(crate) fn sandbox_url(&self) -> String {
        self.sandbox.url().replace("127.0.0.1", "localhost")
    }

    pub(crate) fn wait_until_it_runs(&self) {
        // winit sizes the canvas when the app starts. Browsers show a page that was left as it was
        // for a moment, before it loads itself again.
        let is_running = "return document.querySelector('#game')?.style.width === '600px' \
            && !window.wasLeft";
        let is_running = || {
            self.browser
                .try_execute(is_running)
                .is_ok_and(|is| is == true)
        };
        wait_for(|| is_running().then_some(())).expect("the game starts");
    }

    /// Makes the game's page the current one.
    pub(crate) fn go_to_game(&self) {
        self.browser.switch_to(&self.game);
        if let Some(frame) = self.frame {
            self.browser.leave_frames();
            self.browser.enter_frame(frame);
        }
    }

    /// Waits until all windows but the game's are closed.
    pub(crate) fn wait_for_closed_windows(&self) {
        let is_alone = || self.browser.tabs().len() == 1;
        wait_for(|| is_alone().then_some(())).expect("the windows close");
        self.go_to_game();
    }

    /// Records from now on what the page writes to its console.
    pub(crate) fn watch_console(&self) {
        self.execute(
            "(() => { window.said = []; for (const name of ['debug', 'log', 'info', 'warn', 'error']) {
                const write = console[name];
                console[name] = (...all) => { said.push(all.join(' ')); write.apply(console, all); };
            } window.addEventListener('error', event => said.push(event.message)); })()",
        );
    }

    /// Returns what the page has written to its console.
    pub(crate) fn console(&self) -> String {
        self.go_to_game();
        let said = self.execute("window.said.join('\\n')");
        said.as_str().expect("a text").to_owned()
    }

    pub(crate) fn execute(&self, expression: &str) -> Value {
        self.browser.execute(&format!("return {expression}"))
    }

    /// Clicks into one third of the canvas as a player does: 0 is the left one.
    pub(crate) fn click(&self, third: u32) {
        let (x, y) = self.point(third);
        self.browser.press_at("mouse", x, y);
    }

    /// Clicks as a script does, which no browser takes for the player.
    pub(crate) fn click_by_script(&self, third: u32) {
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
    pub(crate) fn tap(&self, third: u32) {
        let (x, y) = self.point(third);
        self.browser.press_at("touch", x, y);
    }

    pub(crate) fn press(&self, key: &str) {
        self.browser.press_key(key);
    }

    /// Returns a place in one third of the canvas.
    pub(crate) fn point(&self, third: u32) -> (f64, f64) {
        let corner = |name: &str| {
            let script = format!("document.querySelector('#game').getBoundingClientRect().{name}");
            self.execute(&script).as_f64().expect("a number")
        };
        (
            corner("left") + 100.0 + 200.0 * f64::from(third),
            corner("top") + 100.0,
        )
    }

    /// Returns the middle of the element that `css` finds.
    pub(crate) fn middle_of(&self, css: &str) -> (f64, f64) {
        let place = |script: &str| {
            let script = format!(
                "(() => {{ const box = document.querySelector('{css}').getBoundingClientRect();
                return {script}; }})()"
            );
            self.execute(&script).as_f64().expect("a number")
        };
        (
            place("box.x + box.width / 2"),
            place("box.y + box.height / 2"),
        )
    }

    /// Clicks an element of OK's page in the frame over the game, waiting for both.
    pub(crate) fn click_in_frame(&self, css: &str) {
        self.wait_for_framed(css);
        self.browser.enter_frame(OK_FRAME);
        self.browser.click(css);
        self.browser.leave_frames();
    }

    /// Waits until OK's page in the frame over the game has such an element, and can be seen: Firefox
    /// drops a click into a page that it has not painted.
    pub(crate) fn wait_for_framed(&self, css: &str) {
        self.browser.enter_frame(OK_FRAME);
        let script = format!(
            "return document.readyState === 'complete' && document.querySelector('{css}') !== null
                && new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
        );
        let is_seen = || self.browser.execute(&script) == true;
        let seen = wait_for(|| is_seen().then_some(()));
        assert!(seen.is_some(), "no {css} in the frame");
        self.browser.leave_frames();
    }

    /// Waits for the window with a page of the sandbox, and makes it the current one.
    pub(crate) fn wait_for_page(&self, path: &str) {
        self.browser
            .wait_for_tab(|url| url.starts_with("http://localhost") && url.contains(path));
    }

    /// Waits until the game has `count` results, and returns them without their ids.
    pub(crate) fn results(&self, count: usize) -> Vec<Report> {
        self.go_to_game();
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

    pub(crate) fn notices(&self) -> Value {
        self.go_to_game();
        self.execute("window.notices.map(notice => notice.kind)")
    }
}

/// Returns the folder with the built game.
pub(crate) fn built_game() -> Option<String> {
    let folder = env::var("OK_WEB_GAME").ok();
    if folder.is_none() {
        eprintln!("skipped: OK_WEB_GAME is not set; scripts/test --only web builds the game");
    }
    folder
}

pub(crate) fn result(kind: &str, outcome: &str, ids: usize) -> Report {
    (kind.to_owned(), outcome.to_owned(), ids)
}
