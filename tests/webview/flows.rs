//! Every kind of page, in every way in which a request can end: one result, and the right one.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::Behavior;
use test_support::child_protocol::ChildProcess;
use test_support::programs::{Missing, NAMESPACE};
use test_support::screen::Picture;
use test_support::subprocess;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt as _, EventMask};

use crate::setup::{PAGES, Page, Setup, game, kill, result, wait_for_window, write};

const LONG: Duration = Duration::from_secs(120);
const SHORT: Duration = Duration::from_secs(5);

/// Returns how many ports this process listens on.
fn listening() -> usize {
    let of_state = |file: &str| -> Vec<String> {
        let text = fs::read_to_string(file).unwrap_or_default();
        let lines = text.lines().skip(1).map(|line| {
            let fields: Vec<_> = line.split_ascii_whitespace().collect();
            (fields[3] == "0A").then(|| format!("socket:[{}]", fields[9]))
        });
        lines.flatten().collect()
    };
    let all: HashSet<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .flat_map(|file| of_state(file))
        .collect();
    let files = fs::read_dir("/proc/self/fd").expect("a list").flatten();
    let names = files.filter_map(|file| fs::read_link(file.path()).ok());
    names
        .filter(|name| all.contains(&*name.to_string_lossy()))
        .count()
}

/// Plays all pages with a behavior that returns at once.
fn at_once(setup: &Setup, behavior: &Behavior, expected: &str) {
    for page in PAGES {
        let mut game = setup.game(behavior.clone());
        let before = listening();
        let id = write(&mut game, page, LONG);
        assert_eq!(result(&mut game, id), expected, "{page:?}");
        assert_eq!(listening(), before, "no port for {page:?}");
        assert_eq!(game.messages.notices, []);
        setup.expect_no_process();
    }
}

/// Plays all pages with a window that stays until the closure ends it.
fn from_outside(
    setup: &Setup,
    timeout: Duration,
    expected: &str,
    end: impl Fn(&mut test_support::game::Game, RequestId),
) {
    for page in PAGES {
        let mut game = setup.game(Behavior::Ask);
        let before = listening();
        let id = write(&mut game, page, timeout);
        wait_for_window(&mut game, id);
        assert!(game.messages.opened[0].link.is_none());
        end(&mut game, id);
        assert_eq!(result(&mut game, id), expected, "{page:?}");
        assert_eq!(listening(), before, "no port for {page:?}");
        setup.expect_no_process();
    }
}

/// Closes a window as its frame's cross does.
fn close(setup: &Setup, title: &str) {
    let window = setup.screen().window(title).id().parse().expect("a number");
    let (x, _) = x11rb::connect(Some(setup.screen().display())).expect("the screen is there");
    let atom = |name: &str| {
        let cookie = x.intern_atom(false, name.as_bytes()).expect("sent");
        cookie.reply().expect("an atom").atom
    };
    let data = [atom("WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0];
    let message = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), data);
    let sent = x.send_event(false, window, EventMask::NO_EVENT, message);
    sent.expect("sent").check().expect("it is there");
    x.flush().expect("sent");
}

fn title(game: &test_support::game::Game) -> String {
    let sandbox = game.app.world().resource::<OkSandbox>();
    format!("{} - Castle", sandbox.url())
}

#[test]
fn x11_done() {
    let Some(setup) = Setup::x11() else { return };
    at_once(&setup, &Behavior::Accept, "completed");
}

#[test]
fn x11_cancelled_on_the_page() {
    let Some(setup) = Setup::x11() else { return };
    at_once(&setup, &Behavior::Cancel, "cancelled by the player");
}

#[test]
fn x11_window_closed() {
    let Some(setup) = Setup::x11() else { return };
    from_outside(&setup, LONG, "cancelled by the player", |game, _| {
        close(&setup, &title(game));
    });
}

#[test]
fn x11_deadline() {
    let Some(setup) = Setup::x11() else { return };
    from_outside(&setup, SHORT, "timed_out", |_, _| {});
}

#[test]
fn x11_cancelled_by_the_game() {
    let Some(setup) = Setup::x11() else { return };
    from_outside(&setup, LONG, "cancelled by the game", |game, id| {
        game.write(CancelRequest { id });
    });
}

fn kill_the_program(setup: &Setup) {
    from_outside(setup, LONG, "PageLost", |game, id| {
        let programs = setup.programs();
        assert_eq!(programs.len(), 1);
        kill(programs[0]);
        let started = Instant::now();
        game.run_until("the result", |kit| {
            let requests = kit.app.world().resource::<PendingRequests>();
            requests.finished(id).map(drop)
        });
        let took = started.elapsed();
        assert!(took < Duration::from_secs(1), "{took:?}");
    });
}

#[test]
fn x11_program_killed() {
    let Some(setup) = Setup::x11() else { return };
    kill_the_program(&setup);
}

#[test]
fn wayland_done() {
    let Some(setup) = Setup::wayland() else {
        return;
    };
    at_once(&setup, &Behavior::Accept, "completed");
}

#[test]
fn wayland_cancelled_on_the_page() {
    let Some(setup) = Setup::wayland() else {
        return;
    };
    at_once(&setup, &Behavior::Cancel, "cancelled by the player");
}

#[test]
fn wayland_deadline() {
    let Some(setup) = Setup::wayland() else {
        return;
    };
    from_outside(&setup, SHORT, "timed_out", |_, _| {});
}

#[test]
fn wayland_cancelled_by_the_game() {
    let Some(setup) = Setup::wayland() else {
        return;
    };
    from_outside(&setup, LONG, "cancelled by the game", |game, id| {
        game.write(CancelRequest { id });
    });
}

#[test]
fn wayland_program_killed() {
    let Some(setup) = Setup::wayland() else {
        return;
    };
    kill_the_program(&setup);
}

/// Where there is no window, the browser shows the page, unless the game forbids it.
#[test]
fn program_absent() {
    let programs = [
        ("nothing", None),
        ("loader", Some("#!/bin/sh\nexit 127\n")),
        (
            "screen",
            Some("#!/bin/sh\necho '{\"failed\":\"there is no screen\"}'\nexit 1\n"),
        ),
        ("newer", Some("#!/bin/sh\necho '{\"hello\":2}'\nexec cat\n")),
        (
            "engine",
            Some("#!/bin/sh\necho '{\"hello\":1}'\nread -r _\necho '{\"failed\":\"no engine\"}'\n"),
        ),
        ("noise", Some("#!/bin/sh\nexec yes\n")),
        ("silent", Some("#!/bin/sh\nexec sleep 1000\n")),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in programs {
        let program = folder.path().join(name);
        if let Some(text) = text {
            use std::os::unix::fs::PermissionsExt as _;
            fs::write(&program, text).expect("written");
            fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("ours");
        }
        // Each takes ten seconds to be found silent.
        let pages = if name == "silent" {
            &PAGES[..1]
        } else {
            &PAGES[..]
        };
        for page in pages {
            let host = bevy_odnoklassniki::WebviewHost::new().with_program(&program);
            let mut game = game(Behavior::Accept, host.clone());
            let id = write(&mut game, *page, LONG);
            assert_eq!(result(&mut game, id), "completed", "{name} {page:?}");
            let notices = game.messages.notices.iter().map(|notice| notice.kind);
            let notices: Vec<_> = notices
                .filter(|kind| *kind == NoticeKind::BrowserInstead)
                .collect();
            assert_eq!(notices.len(), 1, "{name} {page:?}");

            let mut game = crate::setup::game(Behavior::Accept, host.without_browser());
            let id = write(&mut game, *page, LONG);
            assert_eq!(result(&mut game, id), "CannotOpen", "{name} {page:?}");
        }
    }
}

/// A player who clicks on OK's page, and a picture of it.
#[test]
fn a_player_clicks() {
    let Some(setup) = Setup::x11() else { return };
    let mut game = setup.game(Behavior::Ask);
    let id = write(&mut game, Page::Post, LONG);
    wait_for_window(&mut game, id);
    let window = setup.screen().window(&title(&game));
    // The button to publish is the lowest thing of this color.
    let is_button = |[red, green, blue]: [u8; 3]| red < 40 && green > 90 && blue > 80;
    let button = |picture: &Picture| {
        let rows = (0..window.area().height).rev();
        rows.filter_map(|y| Some((picture.find_in_row(y, is_button)?, y)))
            .find(|((left, right), _)| right - left > 60)
    };
    let picture = window.wait_for_picture("the button", |picture| button(picture).is_some());
    picture.keep("webview");
    let ((left, right), bottom) = button(&picture).expect("seen");
    window.click(((left + right) / 2, bottom - 8), || {});
    assert_eq!(result(&mut game, id), "completed");
    setup.expect_no_process();
}

/// A login returns to OK's own host, where there is no network at all.
#[test]
fn without_a_network() {
    const NAME: &str = "flows::without_a_network";
    if subprocess::is_child(NAME) {
        let Some(setup) = Setup::x11() else { return };
        at_once(&setup, &Behavior::Accept, "completed");
        let devices = fs::read_to_string("/proc/net/dev").expect("a list");
        assert_eq!(devices.lines().count(), 3, "only the loopback device");
        return;
    }
    if Setup::x11().is_none() {
        return;
    }
    let alone = || {
        let mut command = Command::new("unshare");
        if fs::metadata("/proc/self").is_ok_and(|process| process.uid() != 0) {
            command.args(["--user", "--map-root-user"]);
        }
        command.args([
            "--net",
            "sh",
            "-c",
            "ip link set lo up && exec \"$0\" \"$@\"",
        ]);
        command
    };
    let can = NAMESPACE.find_or_skip(|| {
        let output = alone().arg("true").output();
        match output.is_ok_and(|output| output.status.success()) {
            true => Ok(()),
            false => Err(Missing("no network namespace".to_owned())),
        }
    });
    if can.is_some() {
        let mut command = alone();
        command.arg(std::env::current_exe().expect("a path"));
        subprocess::run_test(&mut command, NAME);
        ChildProcess::start(&mut command).assert_passes();
    }
}
