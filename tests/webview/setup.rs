//! A desktop, the program on it, and games that show their pages there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::Hosts;
use bevy_odnoklassniki::sandbox::{Application, Behavior, Sandbox};
use bevy_odnoklassniki::test_kit::PlayerAction;
use bevy_odnoklassniki::{CancelledBy, Finished, PageHost, WebviewHost};
use tempfile::TempDir;
use test_support::browser::{end_processes_of, processes_of};
use test_support::game::Game;
use test_support::programs::webview_or_skip;
use test_support::screen::Screen;
use test_support::weston::Weston;

/// Where logins return to without a port.
pub const BLANK: &str = "https://oauth.mycdn.me/blank.html";

pub enum Desktop {
    X11(Screen),
    Wayland(Weston),
}

/// A desktop with the program.
pub struct Setup {
    pub desktop: Desktop,
    /// Names all processes that belong to it.
    home: TempDir,
    program: PathBuf,
}

impl Setup {
    pub fn x11() -> Option<Self> {
        let program = webview_or_skip()?;
        Some(Self::new(Desktop::X11(Screen::start()?), &program))
    }

    pub fn wayland() -> Option<Self> {
        let program = webview_or_skip()?;
        Some(Self::new(Desktop::Wayland(Weston::start()?), &program))
    }

    fn new(desktop: Desktop, program: &Path) -> Self {
        let home = tempfile::Builder::new()
            .prefix("ok-webview-")
            .tempdir()
            .expect("a temporary folder can be made");
        let (display, runtime) = match &desktop {
            Desktop::X11(screen) => (
                format!("DISPLAY={} GDK_BACKEND=x11", screen.display()),
                home.path(),
            ),
            Desktop::Wayland(weston) => (
                "WAYLAND_DISPLAY=ok-wayland GDK_BACKEND=wayland".to_owned(),
                weston.folder(),
            ),
        };
        // The game's environment stays as it is: other tests of this process have other desktops.
        let wrapper = home.path().join("start");
        let (folder, runtime) = (home.path().display(), runtime.display());
        let text = format!(
            "#!/bin/sh\nunset DISPLAY WAYLAND_DISPLAY BROWSER\ncd {folder}\n\
             exec env {display} HOME={folder} TMPDIR={folder} XDG_CACHE_HOME={folder}/cache \
             XDG_CONFIG_HOME={folder}/config XDG_DATA_HOME={folder}/data XDG_RUNTIME_DIR={runtime} \
             DBUS_SESSION_BUS_ADDRESS=disabled: GSETTINGS_BACKEND=memory LIBGL_ALWAYS_SOFTWARE=1 \
             NO_AT_BRIDGE=1 NO_PROXY='*' {} \"$@\"\n",
            program.display()
        );
        fs::write(&wrapper, text).expect("written");
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o700)).expect("ours");
        Self {
            desktop,
            home,
            program: wrapper,
        }
    }

    pub fn host(&self) -> WebviewHost {
        WebviewHost::new()
            .with_program(&self.program)
            .with_title("Castle")
            .with_language("ru")
            .without_browser()
    }

    /// Returns a game whose pages are shown here.
    pub fn game(&self, behavior: Behavior) -> Game {
        game(behavior, self.host())
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn screen(&self) -> &Screen {
        match &self.desktop {
            Desktop::X11(screen) => screen,
            Desktop::Wayland(_) => panic!("no other program can look at a window of Wayland"),
        }
    }

    /// Returns the program's processes, without those of the engine.
    pub fn programs(&self) -> Vec<u32> {
        let mut found = processes_of(self.home());
        found.retain(|id| {
            fs::read_to_string(format!("/proc/{id}/comm"))
                .is_ok_and(|name| name.trim() == "odnoklassniki_w")
        });
        found
    }

    /// Asserts that the program and all of the engine are gone within two seconds.
    #[track_caller]
    pub fn expect_no_process(&self) {
        let end = Instant::now() + Duration::from_secs(2);
        while !processes_of(self.home()).is_empty() {
            assert!(Instant::now() < end, "processes are left");
            thread::yield_now();
        }
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        end_processes_of(self.home());
    }
}

/// Returns a game with a sandbox that knows the page for logins without a port, and with this host.
/// In a browser its player accepts.
pub fn game(behavior: Behavior, host: impl PageHost) -> Game {
    let app = Application::demo()
        .redirect_uri(BLANK)
        .redirect_uri("http://127.0.0.1:0/login");
    let sandbox = Sandbox::builder().app(app).behavior(behavior).start();
    let sandbox = OkSandbox::from(sandbox.expect("a sandbox"));
    let hosts = Hosts::sandbox(sandbox.url()).expect("hosts");
    let mut game = Game::with(Behavior::Accept, |plugin| {
        let session = sandbox.session_data();
        plugin
            .with_hosts(hosts)
            .with_session(session)
            .with_page_host(host)
    });
    game.set_default_action(PlayerAction::Accept);
    game.app.insert_resource(sandbox);
    game
}

/// What a game can ask for.
#[derive(Clone, Copy, Debug)]
pub enum Page {
    Post,
    Invite,
    Suggest,
    Login,
    LoginForCode,
}

pub const PAGES: [Page; 5] = [
    Page::Post,
    Page::Invite,
    Page::Suggest,
    Page::Login,
    Page::LoginForCode,
];

/// Writes a request.
pub fn write(game: &mut Game, page: Page, timeout: Duration) -> RequestId {
    match page {
        Page::Post => {
            let request = RequestPost::new(Attachment::new().text("A castle")).timeout(timeout);
            let id = request.id();
            game.write(request);
            id
        }
        Page::Invite => {
            let request = RequestInvite::new().timeout(timeout);
            let id = request.id();
            game.write(request);
            id
        }
        Page::Suggest => {
            let request = RequestSuggest::new().timeout(timeout);
            let id = request.id();
            game.write(request);
            id
        }
        Page::Login | Page::LoginForCode => {
            let request = match page {
                Page::Login => RequestLogin::new(),
                _ => RequestLogin::code(),
            };
            let request = request.timeout(timeout);
            let id = request.id();
            game.write(request);
            id
        }
    }
}

/// Waits until the window is there.
pub fn wait_for_window(game: &mut Game, id: RequestId) {
    game.run_until("the window", |kit| {
        kit.messages
            .opened
            .iter()
            .find(|opened| opened.id == id)
            .cloned()
    });
}

/// Waits for the result, and asserts that there is one only. Returns it in a word or two.
#[track_caller]
pub fn result(game: &mut Game, id: RequestId) -> String {
    let result = game.run_until("the result", |kit| {
        let requests = kit.app.world().resource::<PendingRequests>();
        Some(in_words(requests.finished(id)?))
    });
    for _ in 0..3 {
        game.update();
    }
    assert_eq!(game.messages.finished(), 1, "one result");
    result
}

fn in_words(finished: &Finished) -> String {
    match finished {
        Finished::Post(finished) => outcome(&finished.outcome),
        Finished::Invite(finished) => outcome(&finished.outcome),
        Finished::Suggest(finished) => outcome(&finished.outcome),
        Finished::Login(finished) => outcome(&finished.outcome),
        other => panic!("{other:?}"),
    }
}

fn outcome<T>(outcome: &Outcome<T>) -> String {
    match outcome {
        Outcome::Cancelled(CancelledBy::Player) => "cancelled by the player".to_owned(),
        Outcome::Cancelled(CancelledBy::Game) => "cancelled by the game".to_owned(),
        Outcome::Failed(error) => format!("{:?}", error.kind()),
        other => other.name().to_owned(),
    }
}

pub fn kill(id: u32) {
    let status = Command::new("kill")
        .args(["-KILL", &id.to_string()])
        .status();
    assert!(status.is_ok_and(|status| status.success()));
}
