//! A game ends while requests are pending and clients hang on the listener.
#![cfg(target_os = "linux")]

mod support;

use std::net::{TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use bevy_app::Update;
use bevy_odnoklassniki::{MAX_PENDING, prelude::*};
use support::game::Game;
use support::inner;
use support::reliability::{is_full, measured, millis};
use support::talk::{Talk, tell, wait_for};

const CLIENTS: usize = 64;
/// How long the end may take. An ordinary run only looks that it does not hang.
const LIMIT: Duration = Duration::from_millis(200);
const HANGS: Duration = Duration::from_secs(5);

/// The inner process: eight pages are open, and everybody is there.
fn busy_game() -> Game {
    let mut game = Game::without_sandbox();
    let flows: Vec<_> =
        (0..MAX_PENDING).map(|number| game.begin(RequestSuggest::new().comment(number.to_string()))).collect();
    tell("HOST", flows[0].host());
    wait_for("END");
    game
}

/// The outer process: how long the inner one took from its word to its end, and how it ended. Its port is free then.
fn watch_the_end(test: &str) -> (Duration, ExitStatus, String) {
    let mut game = Talk::start(&mut inner::command(test));
    let host = game.hear("HOST");
    let clients: Vec<_> = (0..CLIENTS).map(|_| TcpStream::connect(&host).expect("the port is open")).collect();
    game.say("END");
    game.hear("ENDING");
    let began = Instant::now();
    let (status, heard) = game.end();
    let time = began.elapsed();
    assert!(TcpStream::connect(&host).is_err(), "nobody listens any more");
    drop(clients);
    assert!(TcpListener::bind(&host).is_ok(), "the port is free");
    assert!(time <= if is_full() { LIMIT } else { HANGS }, "the end took {time:?}: {heard}");
    (time, status, heard)
}

#[test]
fn a_game_that_ends_with_work_pending_ends_at_once() {
    const TEST: &str = "a_game_that_ends_with_work_pending_ends_at_once";
    if inner::is_inner(TEST) {
        let game = busy_game();
        tell("ENDING", "");
        return drop(game);
    }
    let (time, status, heard) = watch_the_end(TEST);
    assert!(status.success() && heard.contains("1 passed"), "{status}: {heard}");
    measured(23, format_args!("dropped: {}, port free, exit code 0", millis(time)));
}

#[test]
fn a_game_that_exits_in_the_middle_ends_at_once() {
    const TEST: &str = "a_game_that_exits_in_the_middle_ends_at_once";
    if inner::is_inner(TEST) {
        let _game = busy_game();
        tell("ENDING", "");
        std::process::exit(0);
    }
    let (time, status, heard) = watch_the_end(TEST);
    assert!(status.success(), "{status}: {heard}");
    measured(23, format_args!("`exit`: {}", millis(time)));
}

/// Panics in a system, in the frame after the requests were sent.
fn panic_in_a_system(game: &mut Game) {
    game.app.add_systems(Update, || panic!("a test panics on purpose"));
    tell("ENDING", "");
    game.update();
}

#[test]
fn a_panic_in_a_system_ends_the_game_at_once() {
    const TEST: &str = "a_panic_in_a_system_ends_the_game_at_once";
    if inner::is_inner(TEST) {
        return panic_in_a_system(&mut busy_game());
    }
    let (time, status, heard) = watch_the_end(TEST);
    // That of a test that has panicked.
    assert_eq!(status.code(), Some(101), "{heard}");
    assert!(heard.contains("a test panics on purpose"), "{heard}");
    measured(23, format_args!("panic in a system: {}, port free", millis(time)));
}

#[test]
fn a_game_that_catches_its_panic_ends_cleanly() {
    const TEST: &str = "a_game_that_catches_its_panic_ends_cleanly";
    if inner::is_inner(TEST) {
        let mut game = busy_game();
        assert!(catch_unwind(AssertUnwindSafe(|| panic_in_a_system(&mut game))).is_err());
        return;
    }
    let (time, status, heard) = watch_the_end(TEST);
    assert!(status.success() && heard.contains("1 passed"), "{status}: {heard}");
    measured(23, format_args!("panic that is caught: {}, exit code 0", millis(time)));
}
