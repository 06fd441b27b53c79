//! A game ends while requests are pending and clients hang on the listener.
#![cfg(target_os = "linux")]

use std::net::{TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitStatus;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use bevy_app::{App, AppExit, ScheduleRunnerPlugin, Startup, Update};
use bevy_ecs::message::MessageWriter;
use bevy_odnoklassniki::test_kit::TIMEOUT;
use bevy_odnoklassniki::{MAX_PENDING, prelude::*};
use test_support::child_protocol::{ChildProcess, expect_line, print_line};
use test_support::game::Game;
use test_support::reliability::{is_full, measured, millis};
use test_support::{flow, subprocess};

const CLIENTS: usize = 64;
/// How long the end may take. An ordinary run only looks that it does not hang.
const LIMIT: Duration = Duration::from_millis(200);
const HANGS: Duration = Duration::from_secs(5);

/// The child process: eight pages are open, and all threads run.
fn busy_game() -> Game {
    let mut game = Game::without_sandbox();
    let flows: Vec<_> = (0..MAX_PENDING)
        .map(|number| game.begin(RequestSuggest::new().comment(number.to_string())))
        .collect();
    print_line("HOST", flows[0].host());
    expect_line("END");
    game
}

/// The parent process: returns how long the inner one took from its line to its end, its status and
/// its output. Its port must be free then.
fn watch_the_end(test: &str) -> (Duration, ExitStatus, String) {
    let mut game = ChildProcess::start(&mut subprocess::command(test));
    let host = game.receive("HOST");
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| TcpStream::connect(&host).expect("the port is open"))
        .collect();
    game.send("END");
    game.receive("ENDING");
    let began = Instant::now();
    let (status, output) = game.finish();
    let time = began.elapsed();
    assert!(TcpStream::connect(&host).is_err(), "the port is closed");
    drop(clients);
    assert!(TcpListener::bind(&host).is_ok(), "the port is free");
    assert!(
        time <= if is_full() { LIMIT } else { HANGS },
        "the end took {time:?}: {output}"
    );
    (time, status, output)
}

#[test]
fn a_game_that_ends_with_work_pending_ends_at_once() {
    const TEST: &str = "a_game_that_ends_with_work_pending_ends_at_once";
    if subprocess::is_child(TEST) {
        let game = busy_game();
        print_line("ENDING", "");
        return drop(game);
    }
    let (time, status, output) = watch_the_end(TEST);
    assert!(
        status.success() && output.contains("1 passed"),
        "{status}: {output}"
    );
    measured(
        23,
        format_args!("dropped: {}, port free, exit code 0", millis(time)),
    );
}

#[test]
fn a_game_that_exits_in_the_middle_ends_at_once() {
    const TEST: &str = "a_game_that_exits_in_the_middle_ends_at_once";
    if subprocess::is_child(TEST) {
        let _game = busy_game();
        print_line("ENDING", "");
        std::process::exit(0);
    }
    let (time, status, output) = watch_the_end(TEST);
    assert!(status.success(), "{status}: {output}");
    measured(23, format_args!("`exit`: {}", millis(time)));
}

/// Panics in a system, in the frame after the requests were sent.
fn panic_in_a_system(game: &mut Game) {
    game.app
        .add_systems(Update, || panic!("a test panics on purpose"));
    print_line("ENDING", "");
    game.update();
}

#[test]
fn a_panic_in_a_system_ends_the_game_at_once() {
    const TEST: &str = "a_panic_in_a_system_ends_the_game_at_once";
    if subprocess::is_child(TEST) {
        return panic_in_a_system(&mut busy_game());
    }
    let (time, status, output) = watch_the_end(TEST);
    // That of a test that has panicked.
    assert_eq!(status.code(), Some(101), "{output}");
    assert!(output.contains("a test panics on purpose"), "{output}");
    measured(
        23,
        format_args!("panic in a system: {}, port free", millis(time)),
    );
}

#[test]
fn a_game_that_catches_its_panic_ends_cleanly() {
    const TEST: &str = "a_game_that_catches_its_panic_ends_cleanly";
    if subprocess::is_child(TEST) {
        let mut game = busy_game();
        assert!(catch_unwind(AssertUnwindSafe(|| panic_in_a_system(&mut game))).is_err());
        return;
    }
    let (time, status, output) = watch_the_end(TEST);
    assert!(
        status.success() && output.contains("1 passed"),
        "{status}: {output}"
    );
    measured(
        23,
        format_args!("panic that is caught: {}, exit code 0", millis(time)),
    );
}

/// Returns an app that counts its opened pages.
fn app() -> (App, Receiver<()>) {
    let (sender, opened) = channel();
    let mut app = App::new();
    app.add_plugins(
        flow::plugin()
            .with_redirect_uris(["http://127.0.0.1:0/login"])
            .with_opener(move |_: &OneTimeLink| {
                _ = sender.send(());
                Ok::<(), OpenError>(())
            }),
    );
    (app, opened)
}

/// Its link would lead to a port that is closed when the browser connects.
#[test]
fn no_page_opens_in_the_frame_in_which_the_game_exits() {
    let (mut app, opened) = app();
    let (invite, login) = (RequestInvite::new(), RequestLogin::new());
    let ids = [invite.id(), login.id()];
    app.world_mut().write_message(invite);
    app.world_mut().write_message(login);
    app.world_mut().write_message(AppExit::Success);
    app.update();
    assert_eq!(app.should_exit(), Some(AppExit::Success));
    let requests = app.world().resource::<PendingRequests>();
    for id in ids {
        assert_eq!(
            requests
                .finished(id)
                .map(|finished| finished.outcome_name()),
            Some("cancelled")
        );
    }
    assert_eq!(
        (requests.len(), requests.callback_counters().connections()),
        (0, 0)
    );

    // A custom runner that keeps running frames has a game that works.
    for _ in 0..3 {
        app.update();
    }
    let invite = RequestInvite::new();
    let id = invite.id();
    app.world_mut().write_message(invite);
    app.update();
    opened
        .recv_timeout(TIMEOUT)
        .expect("the page of the second invitation");
    assert!(opened.try_recv().is_err(), "and of no other");

    // Nor does a page open again.
    let link = |app: &App| {
        app.world()
            .resource::<PendingRequests>()
            .get(id)
            .expect("pending")
            .link()
            .cloned()
    };
    let before = link(&app);
    app.world_mut().write_message(ReopenRequest { id });
    app.world_mut().write_message(AppExit::Success);
    app.update();
    assert_eq!(link(&app), before);
    for _ in 0..3 {
        app.update();
    }
    app.world_mut().write_message(ReopenRequest { id });
    app.update();
    assert_ne!(link(&app), before);
}

/// The child process: a game that asks and exits in the first frame.
fn ask_and_exit(in_startup: bool) {
    let mut app = App::new();
    let plugin = flow::plugin().with_opener(|_: &OneTimeLink| {
        print_line("OPENED", "");
        Ok::<(), OpenError>(())
    });
    app.add_plugins((ScheduleRunnerPlugin::run_loop(Duration::ZERO), plugin));
    let system = |mut invites: MessageWriter<RequestInvite>, mut exit: MessageWriter<AppExit>| {
        invites.write(RequestInvite::new());
        exit.write(AppExit::Success);
    };
    if in_startup {
        app.add_systems(Startup, system)
    } else {
        app.add_systems(Update, system)
    };
    assert_eq!(app.run(), AppExit::Success);
}

fn watch_the_exit(test: &str) {
    let (status, output) = ChildProcess::start(&mut subprocess::command(test)).finish();
    assert!(
        status.success() && output.contains("1 passed"),
        "{status}: {output}"
    );
    assert!(!output.contains("OPENED"), "{output}");
}

#[test]
fn a_game_that_asks_and_exits_in_one_frame_ends() {
    const TEST: &str = "a_game_that_asks_and_exits_in_one_frame_ends";
    if subprocess::is_child(TEST) {
        ask_and_exit(false);
    } else {
        watch_the_exit(TEST);
    }
}

#[test]
fn a_game_that_asks_and_exits_in_startup_ends() {
    const TEST: &str = "a_game_that_asks_and_exits_in_startup_ends";
    if subprocess::is_child(TEST) {
        ask_and_exit(true);
    } else {
        watch_the_exit(TEST);
    }
}
