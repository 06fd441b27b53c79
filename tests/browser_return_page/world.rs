//! A game, a service on another site, and a browser that blocks popups.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bevy_odnoklassniki::RETURN_PAGE;
use serde_json::{Value, json};
use test_support::browser::{Browser, Tab, wait_for};

/// What the tests let the fake game use as tokens.
pub const LINK: &str = "11111111111111111111111111111111";
pub const BACK: &str = "22222222222222222222222222222222";

/// Where the return page is.
pub const PAGE: &str = "/assets/odnoklassniki.html";

/// The texts of a request: its first line, its headers.
type Head = Vec<String>;

pub struct Site {
    port: u16,
    heads: Arc<Mutex<Vec<Head>>>,
}

impl Site {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let heads = Arc::default();
        let site = Self {
            port,
            heads: Arc::clone(&heads),
        };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heads = Arc::clone(&heads);
                // Browsers open connections ahead and leave them silent.
                thread::spawn(move || respond(&stream, &heads));
            }
        });
        site
    }

    /// Returns the requests for `path` up to now.
    pub fn requests(&self, path: &str) -> Vec<Head> {
        let start = format!("GET {path}");
        let heads = self.heads.lock().expect("no test has panicked in it");
        let these = heads.iter().filter(|head| head[0].starts_with(&start));
        these.cloned().collect()
    }

    /// Returns the paths that were asked for, in order.
    pub fn paths(&self) -> Vec<String> {
        let heads = self.heads.lock().expect("no test has panicked in it");
        let path = |head: &Head| head[0].split(' ').nth(1).map(str::to_owned);
        heads.iter().filter_map(path).collect()
    }
}

fn respond(mut stream: &TcpStream, heads: &Mutex<Vec<Head>>) {
    _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let head: Head = BufReader::new(stream)
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let Some(path) = head.first().and_then(|line| line.split([' ', '?']).nth(1)) else {
        return;
    };
    let opener_policy = if path.ends_with("/isolated") {
        "Cross-Origin-Opener-Policy: same-origin\r\n"
    } else {
        ""
    };
    let (status, body) = match path {
        PAGE => ("200 OK", RETURN_PAGE),
        "/game" | "/game/isolated" => ("200 OK", include_str!("game.html")),
        "/service" | "/service/isolated" => ("200 OK", include_str!("service.html")),
        "/portal" => (
            "200 OK",
            "<!doctype html><title>Portal</title><link rel=icon href=data:,><script>\
             function frame(src) { document.body.append(Object.assign(document.createElement('iframe'), { src })); }\
             </script><body>",
        ),
        _ => ("404 Not Found", ""),
    };
    heads
        .lock()
        .expect("no test has panicked in it")
        .push(head.clone());
    _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n\
         {opener_policy}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
}

/// A player in front of the game.
pub struct World {
    pub game: Site,
    pub service: Site,
    pub browser: Browser,
    pub game_tab: Tab,
}

impl World {
    /// Opens the game in a browser, or returns `None` where there is none.
    pub fn start() -> Option<Self> {
        Self::start_with("/game", "/service", &[])
    }

    /// Likewise, at these paths and with these switches of the browser.
    pub fn start_with(game_path: &str, service_path: &str, switches: &[&str]) -> Option<Self> {
        let english = ["--accept-lang=en"];
        let switches = if switches.is_empty() {
            &english
        } else {
            switches
        };
        let browser = Browser::start_blocking_popups(switches)?;
        let world = Self {
            game: Site::start(),
            service: Site::start(),
            game_tab: browser.tab(),
            browser,
        };
        world.browser.goto(&world.game_url(game_path));
        world.set_service(service_path);
        Some(world)
    }

    /// Tells the game that is in front where the service is.
    pub fn set_service(&self, path: &str) {
        let service = self.service_url(path);
        let page = self.game_url(PAGE);
        self.browser
            .execute(&format!("game.service = '{service}?back={page}'"));
    }

    pub fn game_url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.game.port)
    }

    /// Another site than the game's: browsers compare host names.
    pub fn service_url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.service.port)
    }

    /// Clicks as a player does, which is what a popup blocker asks for.
    pub fn click_play(&self) {
        self.browser.switch_to(&self.game_tab);
        self.browser.click("#play");
    }

    /// Plays until the service's page is open in the popup, which becomes the current tab.
    #[track_caller]
    pub fn open_service(&self) -> Tab {
        self.click_play();
        self.wait_for_service()
    }

    #[track_caller]
    pub fn wait_for_service(&self) -> Tab {
        let service = self.service_url("/service");
        let tab = self.browser.wait_for_tab(|url| url.starts_with(&service));
        self.browser.wait_for_css("#bare[href]");
        tab
    }

    /// Follows one of the service's links back while the game asks to wait, and stops the page from
    /// closing its window, so that the test can look at it.
    #[track_caller]
    pub fn return_by(&self, link: &str) {
        self.set_mode("wait");
        self.browser.click(link);
        self.wait_for_page();
        self.keep_open();
    }

    #[track_caller]
    pub fn wait_for_page(&self) {
        let page = self.game_url(PAGE);
        self.browser.wait_for_url(|url| url == page);
    }

    pub fn keep_open(&self) {
        self.browser
            .execute("window.close = () => { window.wasClosed = true; }");
    }

    /// Runs a script in the game and comes back to the current tab.
    pub fn execute_in_game(&self, script: &str) -> Value {
        let tab = self.browser.tab();
        self.browser.switch_to(&self.game_tab);
        let value = self.browser.execute(script);
        self.browser.switch_to(&tab);
        value
    }

    /// Makes the game `play`, ask to `wait`, or be `silent`.
    pub fn set_mode(&self, mode: &str) {
        self.execute_in_game(&format!("game.mode = '{mode}'"));
    }

    /// Returns the callbacks that counted.
    pub fn results(&self) -> Value {
        self.execute_in_game("return game.results")
    }

    /// Returns the ways on which messages of this kind arrived, each once.
    pub fn ways(&self, kind: &str) -> Value {
        self.execute_in_game(&format!(
            "const of = game.received.filter(([, text]) => text.split('\\n')[1] === '{kind}');
             return [...new Set(of.map(([way]) => way))].sort()"
        ))
    }

    pub fn received(&self) -> u64 {
        let count = self.execute_in_game("return game.received.length");
        count.as_u64().expect("a number")
    }

    /// Waits until the page has sent so many more messages.
    #[track_caller]
    pub fn wait_for_messages(&self, more: u64) {
        let before = self.received();
        wait_for(|| (self.received() >= before + more).then_some(())).expect("the page repeats it");
    }

    /// Returns the nonce of the last message that the page has sent.
    pub fn nonce(&self) -> String {
        let nonce = self.execute_in_game("return nonce()");
        nonce.as_str().unwrap_or_default().to_owned()
    }

    /// Returns the heading that the player sees. There must be one.
    #[track_caller]
    pub fn heading(&self) -> String {
        let seen = self.browser.execute(
            "return [...document.querySelectorAll('h1')].filter((h) => h.offsetParent)
               .map((h) => h.innerText)",
        );
        let seen = seen.as_array().cloned().unwrap_or_default();
        assert_eq!(seen.len(), 1, "one text at a time: {seen:?}");
        seen[0].as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub fn wait_for_heading(&self, heading: &str) {
        wait_for(|| (self.heading() == heading).then_some(()))
            .unwrap_or_else(|| panic!("{:?}, not {heading:?}", self.heading()));
    }

    /// Returns the URLs of the tab's history. (Chromium also keeps what each entry was opened with,
    /// which no page can change or read.)
    pub fn history(&self) -> Vec<String> {
        self.browser.history().into_iter().step_by(2).collect()
    }

    /// Asserts that no token and no part of a callback is left where others can read it.
    #[track_caller]
    pub fn expect_clean(&self) {
        let page = self.game_url(PAGE);
        assert_eq!(self.browser.url(), page);
        assert_eq!(self.browser.execute("return location.href"), page);
        for url in self.history() {
            for secret in [LINK, BACK, "result=1", "access_token"] {
                assert!(!url.contains(secret), "{url}");
            }
        }
    }

    /// Returns what the tab keeps of the return token.
    pub fn stored(&self) -> Value {
        let stored = "return sessionStorage.getItem('callback_listener.back')";
        self.browser.execute(stored)
    }

    /// Changes how the current tab looks: its width, its color scheme.
    pub fn emulate(&self, width: u32, scheme: &str) {
        let size =
            json!({ "width": width, "height": 640, "deviceScaleFactor": 1, "mobile": false });
        self.browser
            .devtools("Emulation.setDeviceMetricsOverride", &size);
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.browser.devtools(
            "Emulation.setEmulatedMedia",
            &json!({ "features": [feature] }),
        );
    }
}
