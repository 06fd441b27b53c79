//! A real Chromium, Firefox or WebKitGTK that a test drives as a player would. The first two are
//! headless, the third has a screen of its own.

use crate::browser_process::{self, preferences};
pub use crate::browser_process::{
    STRANGER, TIMEOUT, end_processes_of, processes_of, scratch, wait_for,
};
use crate::opener::{BrowserOpener, NOT_TAKEN_OVER};
pub use crate::programs::Brand;
use crate::programs::{BROWSER, Programs};
use crate::screen::{self, Screen};
use crate::webdriver::{Driver, ELEMENT};
use base64::Engine;
use serde_json::{Value, json};
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Makes tests of functions that take a [`Brand`]: `chromium::NAME` and `firefox::NAME` of each.
#[macro_export]
macro_rules! in_each_browser {
    ($($name:ident),+ $(,)?) => {
        $crate::in_each_browser!(chromium, Chromium: $($name),+);
        $crate::in_each_browser!(firefox, Firefox: $($name),+);
    };
    ($module:ident, $brand:ident: $($name:ident),+) => {
        mod $module {
            use $crate::browser::Brand;

            $(
                #[test]
                fn $name() {
                    super::$name(Brand::$brand);
                }
            )+
        }
    };
}
pub use crate::in_each_browser;

/// Makes tests in WebKit, too: `webkit::NAME` of each.
///
/// There a test cannot touch (its driver has only a mouse), forbid scripts, read the history or use
/// [`Browser::devtools`].
#[macro_export]
macro_rules! in_each_engine {
    ($($name:ident),+ $(,)?) => {
        $crate::in_each_browser!($($name),+);
        $crate::in_each_browser!(webkit, WebKit: $($name),+);
    };
}
pub use crate::in_each_engine;

/// A browser with one current tab. Dropping it ends its processes and removes its files.
pub struct Browser {
    pub(crate) brand: Brand,
    pub(crate) driver: Driver,
    scratch: TempDir,
    /// For a browser that is not headless. It ends after the browser.
    _screen: Option<Screen>,
}

/// A tab, to come back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab(String);

impl Browser {
    /// Starts a Chromium with an empty profile, or `None` after saying that the test is skipped and
    /// why.
    pub fn start() -> Option<Self> {
        Self::start_in(Brand::Chromium)
    }

    /// Starts a browser of any brand.
    pub fn start_in(brand: Brand) -> Option<Self> {
        match brand {
            Brand::Chromium => Self::start_with(&[]),
            Brand::Firefox => Self::start_firefox(&preferences()),
            Brand::WebKit => Self::start_webkit(),
        }
    }

    /// Starts a Chromium with more switches, for example `--window-size=1280,900` or
    /// `--accept-lang=ru`.
    pub fn start_with(switches: &[&str]) -> Option<Self> {
        Self::start_chromium(switches, &[])
    }

    /// Starts a Chromium that blocks popups, as a player's does. chromedriver turns that off
    /// otherwise, and then a test of popups proves nothing.
    pub fn start_blocking_popups(switches: &[&str]) -> Option<Self> {
        Self::start_chromium(switches, &["disable-popup-blocking"])
    }

    /// Starts a browser of any brand that blocks popups. Its pages are in English.
    pub fn start_blocking_popups_in(brand: Brand) -> Option<Self> {
        match brand {
            Brand::Chromium => Self::start_blocking_popups(&["--accept-lang=en"]),
            Brand::Firefox => {
                let mut preferences = preferences();
                // The preferences that an automated Firefox has would allow popups.
                preferences["remote.prefs.recommended"] = json!(false);
                preferences["dom.disable_open_during_load"] = json!(true);
                // A page drops the clicks of its first 100 ms and its first three frames otherwise.
                preferences["dom.input_events.security.minNumTicks"] = json!(0);
                preferences["dom.input_events.security.minTimeElapsedInMS"] = json!(0);
                preferences["intl.accept_languages"] = json!("en");
                Self::start_firefox(&preferences)
            }
            // It does both as it is.
            Brand::WebKit => Self::start_webkit(),
        }
    }

    fn start_firefox(preferences: &Value) -> Option<Self> {
        let programs = Programs::find_or_skip(Brand::Firefox)?;
        let options =
            json!({ "binary": programs.browser, "args": ["-headless"], "prefs": preferences });
        // A second port, which is not used, would be the same for all. The other lets preferences
        // be changed.
        let arguments = ["--websocket-port=0", "--allow-system-access"];
        let command = || command(&programs, &arguments);
        Some(Self::drive(programs.brand, command, &options))
    }

    /// Starts a WebKitGTK, which has no headless mode, on a screen of its own.
    fn start_webkit() -> Option<Self> {
        let programs = Programs::find_or_skip(Brand::WebKit)?;
        let xvfb = BROWSER.find_or_skip(|| screen::find("Xvfb", "xvfb"))?;
        // So large that its pointer, which is in the middle, is in no window: only the driver's moves.
        let screen = Screen::served_by(&xvfb, "3200x2400x24");
        let options = json!({ "binary": programs.browser, "args": ["--automation"] });
        let command = || {
            let mut command = screen.command(&programs.driver);
            // The language is the locale's. Its sandbox is off as it is, so root needs no switch.
            command.env("LC_ALL", "C.UTF-8").env_remove("LANGUAGE");
            // No bus and no settings of this desktop's user. Files go to the scratch folder only.
            command
                .env("NO_AT_BRIDGE", "1")
                .env("GSETTINGS_BACKEND", "memory");
            for variable in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
                command.env_remove(variable);
            }
            command
        };
        let mut browser = Self::drive(Brand::WebKit, command, &options);
        browser._screen = Some(screen);
        Some(browser)
    }

    /// Starts a Chromium with these switches, and without some of chromedriver's.
    fn start_chromium(switches: &[&str], without: &[&str]) -> Option<Self> {
        let programs = Programs::find_or_skip(Brand::Chromium)?;
        let scratch = scratch();
        let mut all: Vec<String> = browser_process::switches().collect();
        all.push(format!(
            "--user-data-dir={}",
            scratch.path().join("profile").display()
        ));
        all.extend(switches.iter().map(|&switch| switch.to_owned()));
        let options =
            json!({ "binary": programs.browser, "args": all, "excludeSwitches": without });
        let command = || command(&programs, &[]);
        Some(Self::drive_in(scratch, programs.brand, command, &options))
    }

    /// Takes over the Chromium or Firefox that `opener` started when it was called for the `call`th time,
    /// counted from 0. Waits for that call.
    pub fn attach(opener: &BrowserOpener, call: usize) -> Self {
        let port = opener.wait_for_port(call).to_string();
        let programs = opener.programs();
        let (arguments, options) = match programs.brand {
            Brand::Chromium => {
                let options = json!({ "debuggerAddress": format!("127.0.0.1:{port}") });
                (vec![], options)
            }
            Brand::Firefox => {
                let arguments = vec!["--connect-existing", "--marionette-port", &port];
                (arguments, json!({}))
            }
            Brand::WebKit => panic!("{NOT_TAKEN_OVER}"),
        };
        let command = || command(programs, &arguments);
        Self::drive(programs.brand, command, &options)
    }

    fn drive(brand: Brand, command: impl Fn() -> Command, options: &Value) -> Self {
        Self::drive_in(scratch(), brand, command, options)
    }

    fn drive_in(
        scratch: TempDir,
        brand: Brand,
        command: impl Fn() -> Command,
        options: &Value,
    ) -> Self {
        let (name, vendor) = match brand {
            Brand::Chromium => ("chrome", "goog:chromeOptions"),
            Brand::Firefox => ("firefox", "moz:firefoxOptions"),
            Brand::WebKit => ("MiniBrowser", "webkitgtk:browserOptions"),
        };
        let capabilities =
            json!({ "browserName": name, "pageLoadStrategy": "normal", vendor: options });
        let driver = Driver::start(command, scratch.path(), &capabilities);
        Self {
            brand,
            driver,
            scratch,
            _screen: None,
        }
    }

    /// Loads a URL in the current tab and waits until the page is there.
    pub fn goto(&self, url: &str) {
        self.driver.act("/url", &json!({ "url": url }));
    }

    /// Returns the URL of the current tab.
    pub fn url(&self) -> String {
        text(&self.driver.read("/url"))
    }

    /// Returns the title of the current tab.
    pub fn title(&self) -> String {
        text(&self.driver.read("/title"))
    }

    /// Waits for an element that `css` finds, and returns its visible text.
    pub fn text(&self, css: &str) -> String {
        let id = self.wait_for_css(css);
        text(&self.driver.read(&format!("/element/{id}/text")))
    }

    /// Returns how many elements `css` finds at this moment.
    pub fn count(&self, css: &str) -> usize {
        self.driver.elements(css).len()
    }

    /// Presses the browser's back button.
    pub fn back(&self) {
        self.driver.act("/back", &json!({}));
    }

    /// Presses the browser's forward button.
    pub fn forward(&self) {
        self.driver.act("/forward", &json!({}));
    }

    /// Presses the browser's reload button.
    pub fn reload(&self) {
        self.driver.act("/refresh", &json!({}));
    }

    /// Runs a function body in the page and hands back what it returns.
    pub fn execute(&self, script: &str) -> Value {
        self.try_execute(script)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs a function body in a page that may be loading. WebKit's driver loses some results then.
    pub fn try_execute(&self, script: &str) -> Result<Value, String> {
        self.driver
            .try_act("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs a command of Chromium's DevTools protocol on the current tab: what no page can see or
    /// do.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.driver.act(
            "/goog/cdp/execute",
            &json!({ "cmd": command, "params": parameters }),
        )
    }

    /// Allows pages of Chromium or Firefox to run scripts, or forbids it, from the next page on.
    pub fn allow_scripts(&self, allowed: bool) {
        match self.brand {
            Brand::Chromium => {
                self.devtools(
                    "Emulation.setScriptExecutionDisabled",
                    &json!({ "value": !allowed }),
                );
            }
            Brand::Firefox => {
                self.driver
                    .act("/moz/context", &json!({ "context": "chrome" }));
                self.execute(&format!(
                    "Services.prefs.setBoolPref('javascript.enabled', {allowed})"
                ));
                self.driver
                    .act("/moz/context", &json!({ "context": "content" }));
            }
            Brand::WebKit => panic!("WebKit's driver cannot forbid scripts"),
        }
    }

    /// Returns every URL in the current tab's history, as Chromium keeps it and as it was
    /// typed.
    pub fn history(&self) -> Vec<String> {
        let history = self.devtools("Page.getNavigationHistory", &json!({}));
        let entries = history["entries"].as_array().into_iter().flatten();
        entries
            .flat_map(|entry| [text(&entry["url"]), text(&entry["userTypedURL"])])
            .collect()
    }

    /// Writes what the current tab shows as a PNG file.
    pub fn screenshot(&self, path: &Path) {
        let encoded = text(&self.driver.read("/screenshot"));
        let picture = base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .expect("a screenshot is base64");
        fs::write(path, picture).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Renews a picture in `assets/`, if `OK_UPDATE_PICTURES` asks for it.
    pub fn keep_picture(&self, name: &str) {
        if env::var_os("OK_UPDATE_PICTURES").is_some() {
            let package = env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs this test");
            self.screenshot(&Path::new(&package).join("assets").join(name));
        }
    }

    /// Makes the page in the frame that `css` finds the current one, waiting for the frame.
    pub fn enter_frame(&self, css: &str) {
        let id = self.wait_for_css(css);
        self.driver.act("/frame", &json!({ "id": { ELEMENT: id } }));
    }

    /// Makes the page of the current tab the current one again.
    pub fn leave_frames(&self) {
        self.driver.act("/frame", &json!({ "id": null }));
    }

    /// Returns all open tabs. The order means nothing.
    pub fn tabs(&self) -> Vec<Tab> {
        let handles = self.driver.read("/window/handles");
        handles
            .as_array()
            .into_iter()
            .flatten()
            .map(|handle| Tab(text(handle)))
            .collect()
    }

    /// Returns the current tab.
    pub fn tab(&self) -> Tab {
        Tab(text(&self.driver.read("/window")))
    }

    /// Opens an empty tab and makes it the current one.
    pub fn new_tab(&self) -> Tab {
        let opened = self.driver.act("/window/new", &self.kind_of_tab());
        let tab = Tab(text(&opened["handle"]));
        self.switch_to(&tab);
        tab
    }

    fn kind_of_tab(&self) -> Value {
        // WebKit's driver brings no tab to the front.
        let kind = match self.brand {
            Brand::WebKit => "window",
            _ => "tab",
        };
        json!({ "type": kind })
    }

    /// Closes everything that is open. An empty tab, which is new, becomes the current one.
    pub(crate) fn start_over(&self) -> Result<(), String> {
        let select = |tab: &Tab| self.try_switch_to(tab);
        let old = self.tabs();
        // A window may close itself at any moment.
        let is_selected = old.iter().any(|tab| select(tab).is_ok());
        if !is_selected {
            return Err("no tab is open".to_owned());
        }
        let opened = self.driver.try_act("/window/new", &self.kind_of_tab())?;
        for tab in &old {
            if select(tab).is_ok() {
                _ = self.driver.try_close("/window");
            }
        }
        select(&Tab(text(&opened["handle"])))
    }

    /// Makes `tab` the current one.
    pub fn switch_to(&self, tab: &Tab) {
        self.try_switch_to(tab)
            .unwrap_or_else(|error| panic!("{error}"));
    }

    /// Makes `tab` the current one, or returns why it cannot: it may have closed itself.
    fn try_switch_to(&self, tab: &Tab) -> Result<(), String> {
        let switched = self.driver.try_act("/window", &json!({ "handle": tab.0 }));
        switched.map(drop)
    }

    /// Closes the current tab; another one that is still open becomes the current one. The browser
    /// ends with its last tab.
    pub fn close_tab(&self) {
        // The response names the tabs that are left; with the last one the session is gone.
        let left = self.driver.close("/window");
        if let Some(other) = left.as_array().and_then(|left| left.first()) {
            self.switch_to(&Tab(text(other)));
        }
    }

    /// Waits for an element and hands back its WebDriver id.
    #[track_caller]
    pub fn wait_for_css(&self, css: &str) -> String {
        wait_for(|| self.driver.elements(css).into_iter().next())
            .unwrap_or_else(|| panic!("no {css:?} on {} within {TIMEOUT:?}", self.url()))
    }

    /// Waits until `is_right` accepts the URL of the current tab, and returns it.
    #[track_caller]
    pub fn wait_for_url(&self, is_right: impl Fn(&str) -> bool) -> String {
        wait_for(|| Some(self.url()).filter(|url| is_right(url)))
            .unwrap_or_else(|| panic!("still on {} after {TIMEOUT:?}", self.url()))
    }

    /// Waits for a tab whose URL `is_right` accepts and makes it the current one. For pages that
    /// another program opened.
    #[track_caller]
    pub fn wait_for_tab(&self, is_right: impl Fn(&str) -> bool) -> Tab {
        let found = wait_for(|| {
            self.tabs().into_iter().find(|tab| {
                // An earlier window may be closing.
                let url = self
                    .try_switch_to(tab)
                    .and_then(|()| self.driver.try_read("/url"));
                url.is_ok_and(|url| is_right(&text(&url)))
            })
        });
        found
            .unwrap_or_else(|| panic!("no such tab among {} within {TIMEOUT:?}", self.tabs().len()))
    }

    /// Returns the folder that holds everything this browser writes, profile included.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Before the folder is removed: browsers write into it to the last.
        self.driver.end();
        end_processes_of(self.scratch.path());
    }
}

/// Returns the command of a driver.
fn command(programs: &Programs, arguments: &[&str]) -> Command {
    let mut command = Command::new(&programs.driver);
    command.args(arguments);
    command
}

/// Returns a JSON text, or nothing.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
