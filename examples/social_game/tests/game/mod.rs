//! The game on a screen of its own, with a real browser at its side.

use serde_json::Value;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};
use std::{env, fs};
use tempfile::TempDir;
use test_support::browser::{Browser, TIMEOUT, end_processes_of, processes_of, scratch, wait_for};
use test_support::opener::BrowserOpener;
use test_support::screen::{Area, Picture, Running, Screen, Window};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt as _, EventMask};

const TITLE: &str = "Castle with friends";

/// A running game. Dropping it ends it, its screen and its browsers.
pub struct Game {
    // In the order in which they end.
    running: Running,
    screen: Screen,
    opener: Option<BrowserOpener>,
    folder: TempDir,
}

/// What the player sees, as the game reports it.
#[derive(Clone, Debug)]
pub struct State(Value);

impl Game {
    /// Starts the game; each page opens in a Chromium of its own. `None` after saying that the test
    /// is skipped and why.
    pub fn start(options: &[&str]) -> Option<Self> {
        let opener = BrowserOpener::new()?;
        let program = opener.program();
        let game = Path::new(env!("CARGO_BIN_EXE_social_game"));
        Self::start_with(game, options, &program, Some(opener))
    }

    /// The same with a browser that shows nothing and says that all is well.
    pub fn start_without_browser(options: &[&str]) -> Option<Self> {
        let game = Path::new(env!("CARGO_BIN_EXE_social_game"));
        Self::start_with(game, options, Path::new("true"), None)
    }

    /// The same with a copy of the game in this folder.
    pub fn start_in(folder: &Path, options: &[&str]) -> Option<Self> {
        let game = folder.join("social_game");
        fs::copy(env!("CARGO_BIN_EXE_social_game"), &game).expect("it can be copied");
        Self::start_with(&game, options, Path::new("true"), None)
    }

    fn start_with(
        game: &Path,
        options: &[&str],
        browser: &Path,
        opener: Option<BrowserOpener>,
    ) -> Option<Self> {
        let screen = Screen::start()?;
        let folder = scratch();
        let mut command = screen.command(game);
        command
            .arg("--report")
            .arg(report_in(folder.path()))
            .args(options)
            .env("BROWSER", browser)
            .env("LC_ALL", "C.UTF-8")
            .env("RUST_LOG", "error");
        let running = Running::start(&mut command);
        let game = Self {
            running,
            screen,
            opener,
            folder,
        };
        let field = game.until("its first frame", |_| true).area("field");
        // The renderer needs a few frames more than the report until sky and meadow are there.
        game.window()
            .wait_for_picture("the sky", |now| now.crop(field).colors() > 500);
        Some(game)
    }

    /// The screen it is on.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Its window, which shows something.
    pub fn window(&self) -> Window<'_> {
        self.screen.window(TITLE)
    }

    /// What it has reported so far.
    pub fn states(&self) -> Vec<State> {
        let text = fs::read_to_string(report_in(self.folder.path())).unwrap_or_default();
        // The last line may not be complete yet.
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines = complete
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("the report is JSON"));
        lines
            .filter(|line| line["event"] == "state")
            .map(State)
            .collect()
    }

    /// What the player sees now.
    pub fn state(&self) -> State {
        self.states().pop().expect("there is a first frame")
    }

    /// Waits for a state that `is_right` accepts.
    #[track_caller]
    pub fn until(&self, what: &str, is_right: impl Fn(&State) -> bool) -> State {
        let found = wait_for(|| self.states().pop().filter(&is_right));
        found.unwrap_or_else(|| {
            self.screen.picture().keep("failed");
            panic!(
                "the game does not report {what} within {TIMEOUT:?}: {:?}",
                self.states().pop()
            )
        })
    }

    /// Clicks a button once it is there.
    #[track_caller]
    pub fn click(&self, button: &str) {
        let area = self
            .until(button, |state| state.button(button).is_some())
            .button(button)
            .expect("it is there");
        let pointed = || {
            _ = self.until("the pointer on the button", |state| {
                state.0["hovered"] == button
            });
        };
        self.window().click(area.middle(), pointed);
    }

    /// Clicks a button and waits until the request that it begins is open and can be seen waiting.
    /// Gives its id.
    #[track_caller]
    pub fn ask(&self, button: &str) -> u64 {
        let before = self.look();
        self.click(button);
        let state = self.until("an opened request", |state| {
            state.pending().iter().any(|request| request.opened)
        });
        self.until_changed("the request that waits", state.area("pending"), &before);
        state.pending().last().expect("it is pending").id
    }

    /// Clicks one of the three buttons of a pending request: `reopen`, `copy` or `cancel`.
    #[track_caller]
    pub fn click_of(&self, request: u64, button: &str) {
        self.click(&format!("request-{request}-{button}"));
    }

    /// Waits until nothing is pending and the game has said this, for example `Cancelled` or
    /// `Invited(2)`.
    #[track_caller]
    pub fn until_said(&self, said: &str) -> State {
        let is_right = |state: &State| state.pending().is_empty() && state.said() == said;
        let state = self.until(&format!("{said:?} and nothing pending"), is_right);
        assert!(!state.message().is_empty());
        state
    }

    /// The browser that was started when a page was opened for the `call`th time, counted from 0,
    /// on OK's page.
    #[track_caller]
    pub fn page(&self, call: usize) -> Browser {
        let browser = Browser::attach(self.opener(), call);
        browser.wait_for_tab(|url| url.contains("/dk?st.cmd="));
        browser.wait_for_css("#publish");
        browser
    }

    /// The same on OK's login page.
    #[track_caller]
    pub fn login_page(&self, call: usize) -> Browser {
        let browser = Browser::attach(self.opener(), call);
        browser.wait_for_tab(|url| url.contains("/oauth/authorize?"));
        browser.wait_for_css("#log-in");
        browser
    }

    /// Ends the browser of a call, as a player who is done does.
    pub fn leave_page(&self, call: usize, browser: Browser) {
        drop(browser);
        end_processes_of(&self.opener().folder(call));
    }

    /// The links that were handed to the browser, in order.
    pub fn links(&self) -> Vec<String> {
        self.opener().calls().concat()
    }

    fn opener(&self) -> &BrowserOpener {
        self.opener.as_ref().expect("a game with a browser")
    }

    /// Plays by eye until the castle has so many floors, or for a while: how high it gets depends
    /// on the machine's speed. For the pictures; nothing may be asserted on it.
    pub fn build(&self, floors: u64) {
        self.window().focus();
        let field = self.state().area("field");
        // Stone is the only warm color between the meadow and the sun. Left and right end of a
        // block in this height:
        let block = |y| {
            let stone = |[red, green, blue]: [u8; 3]| red > 120 && red > green && green > blue;
            let row = self.screen.picture().crop(Area {
                y,
                height: 1,
                ..field
            });
            row.find_in_row(0, stone)
                .map(|(left, right)| (i64::from(left), i64::from(right)))
        };
        // How far a block slides between the look and the key.
        let mut late = 30;
        // A slow machine gets a lower castle, not a long test.
        let end = Instant::now() + Duration::from_secs(20);
        let soon = |find: &dyn Fn() -> Option<(i64, i64)>| {
            let until = end.min(Instant::now() + Duration::from_secs(3));
            wait_for(|| {
                find()
                    .map(Some)
                    .or_else(|| (Instant::now() >= until).then_some(None))
            })
            .flatten()
        };
        while Instant::now() < end {
            let state = self.state();
            if state.blocks() >= floors {
                return;
            }
            if !state.is_finished() {
                // The ground is 150 pixels high, a block 40; the sliding block hangs 12 higher than
                // it will lie.
                let floor = field.height - 150 - 40 * state.blocks() as u32;
                let Some((left, right)) = soon(&|| block(floor - 20)) else {
                    continue;
                };
                let last = Cell::new(i64::MAX);
                soon(&|| {
                    let (sliding, _) = block(floor - 72)?;
                    let off = (sliding - left).abs();
                    let comes = off < last.replace(off);
                    (comes && (late - 12..late + 12).contains(&off)).then_some((left, right))
                });
                self.window().key("space");
                let set = self.until("a block set", |later| {
                    later.blocks() > state.blocks() || later.is_finished()
                });
                let kept = if set.is_finished() {
                    None
                } else {
                    soon(&|| block(floor - 60))
                };
                late += kept.map_or(20, |(left_end, right_end)| {
                    right - left - (right_end - left_end)
                });
                late = late.clamp(0, 120);
            } else {
                self.window().key("space");
                self.until("a new castle", |later| !later.is_finished());
            }
        }
    }

    /// The player is elsewhere: neither keyboard nor pointer come to the game any more, and it
    /// knows.
    pub fn fall_asleep(&self) {
        self.window().focus();
        self.until("the keyboard", State::is_focused);
        self.screen.xdotool(&["mousemove", "1279", "799"]);
        self.screen.unfocus();
        self.until("the loss of the keyboard", |state| !state.is_focused());
    }

    /// What the window shows now.
    pub fn look(&self) -> Picture {
        self.window().picture()
    }

    /// Waits until a place of the window shows something else than it did, and gives that.
    #[track_caller]
    pub fn until_changed(&self, what: &str, place: Area, before: &Picture) -> Picture {
        let before = before.crop(place);
        let changed = |now: &Picture| now.crop(place).difference(&before) > 0.02;
        self.window().wait_for_picture(what, changed).crop(place)
    }

    /// Keeps a picture of the window as an artifact. With `OK_UPDATE_PICTURES` it also renews the
    /// one in `assets/`, if there is one of this name.
    pub fn keep(&self, name: &str) {
        let kept = self.window().picture().keep(&format!("social_game-{name}"));
        let shown = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("../../assets/social-game-{name}.png"));
        if env::var_os("OK_UPDATE_PICTURES").is_some() && shown.exists() {
            fs::copy(kept, shown).expect("the picture can be renewed");
        }
    }

    /// Closes the window as its frame's close button does, and waits for the end of the game.
    pub fn close(&mut self) -> ExitStatus {
        let window = self.window().id().parse().expect("a number");
        let (x, _) = x11rb::connect(Some(self.screen.display())).expect("the screen is there");
        let atom = |name: &str| {
            x.intern_atom(false, name.as_bytes())
                .expect("sent")
                .reply()
                .expect("an atom")
                .atom
        };
        let data = [atom("WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0];
        let message = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), data);
        x.send_event(false, window, EventMask::NO_EVENT, message)
            .expect("sent")
            .check()
            .expect("it is there");
        x.flush().expect("sent");
        self.running.wait()
    }

    /// The processes that were started with this game's command line.
    pub fn processes(&self) -> Vec<u32> {
        processes_of(self.folder.path())
    }
}

fn report_in(folder: &Path) -> PathBuf {
    folder.join("report.jsonl")
}

/// A pending request.
#[derive(Clone, Debug)]
pub struct Pending {
    pub id: u64,
    pub kind: String,
    pub opened: bool,
}

impl State {
    /// What the game said last, as a meaning.
    pub fn said(&self) -> &str {
        self.0["said"].as_str().unwrap_or_default()
    }

    /// The same as the player reads it.
    pub fn message(&self) -> &str {
        self.0["message"].as_str().unwrap_or_default()
    }

    pub fn language(&self) -> &str {
        self.0["language"].as_str().unwrap_or_default()
    }

    pub fn has_panel(&self) -> bool {
        self.0["panel"] == true
    }

    pub fn is_focused(&self) -> bool {
        self.0["focused"] == true
    }

    /// Whether the last block fell down.
    pub fn is_finished(&self) -> bool {
        self.0["finished"] == true
    }

    pub fn blocks(&self) -> u64 {
        self.0["blocks"].as_u64().unwrap_or_default()
    }

    pub fn pending(&self) -> Vec<Pending> {
        let one = |request: &Value| Pending {
            id: request["id"].as_u64().expect("a request has an id"),
            kind: request["kind"].as_str().unwrap_or_default().to_owned(),
            opened: request["opened"] == true,
        };
        self.0["pending"]
            .as_array()
            .into_iter()
            .flatten()
            .map(one)
            .collect()
    }

    /// Names of the guests, in the order in which they came.
    pub fn guests(&self) -> Vec<&str> {
        let guests = self.0["guests"].as_array().into_iter().flatten();
        guests
            .map(|guest| guest["name"].as_str().unwrap_or_default())
            .collect()
    }

    /// Where the guests' faces are.
    #[track_caller]
    pub fn faces(&self) -> Vec<Area> {
        let guests = self.0["guests"].as_array().into_iter().flatten();
        guests
            .map(|guest| area(&guest["face"]).expect("each guest has a face"))
            .collect()
    }

    pub fn posted(&self) -> Vec<&str> {
        self.0["posted"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    pub fn button(&self, name: &str) -> Option<Area> {
        area(&self.0["buttons"][name])
    }

    #[track_caller]
    pub fn area(&self, name: &str) -> Area {
        area(&self.0["areas"][name])
            .unwrap_or_else(|| panic!("the report has no place {name:?}: {self:?}"))
    }
}

/// Corner and size, in pixels.
fn area(value: &Value) -> Option<Area> {
    let numbers = value
        .as_array()?
        .iter()
        .map(|number| number.as_f64().map(|number| number.max(0.0) as u32));
    let &[x, y, width, height] = numbers.collect::<Option<Vec<_>>>()?.as_slice() else {
        return None;
    };
    Some(Area {
        x,
        y,
        width,
        height,
    })
}
