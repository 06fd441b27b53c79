//! Idle costs nothing: while requests are pending the listener's thread sleeps, and without them it
//! is not there.
//!
//! Each game runs in its own process, so that all threads and sockets of the process are the
//! game's.
#![cfg(target_os = "linux")]

use std::thread;
use std::time::{Duration, Instant};

use bevy_app::App;
use bevy_odnoklassniki::test_kit::TIMEOUT;
use bevy_odnoklassniki::{MAX_PENDING, prelude::*};
use test_support::game::Game;
use test_support::process::{Process, Thread};
use test_support::reliability::{measured, pass_on};
use test_support::subprocess;
use test_support::wait::wait_until;

/// How long a pending request is watched.
const WATCHED: Duration = Duration::from_secs(10);
/// Frames that run meanwhile: a game draws, and its frames must not wake the listener either.
const FRAMES: u32 = 20;
/// How long the listener waits for a late callback after the end of a request.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Waits until the threads that opened the pages have ended and the listener's thread sleeps.
/// Returns that thread.
///
/// A thread that is woken is runnable from that moment. So a sleeping thread has done all its work.
fn listener_asleep() -> Thread {
    let is_asleep = |ours: &[Thread]| matches!(ours, [thread] if thread.name == "ok-callback" && thread.state() == 'S');
    wait_until("the listener to be alone and asleep", || is_asleep(&ours()));
    ours().remove(0)
}

/// Returns the plugin's threads.
fn ours() -> Vec<Thread> {
    Process::this().our_threads()
}

/// Returns how many sockets this process has.
fn sockets() -> usize {
    Process::this().sockets()
}

fn ask(game: &mut Game, requests: usize) -> Vec<RequestId> {
    let all = (0..requests).map(|n| RequestInvite::new().comment(n.to_string()));
    let ids = all.map(|request| {
        let id = request.id();
        game.write(request);
        id
    });
    let ids: Vec<_> = ids.collect();
    game.run_until("all pages to be opened", |game| {
        (game.messages.opened.len() == requests).then_some(())
    });
    ids
}

fn watch(requests: usize) {
    let before = sockets();
    let mut game = Game::without_sandbox();
    ask(&mut game, requests);
    let listener = listener_asleep();
    // The last of the pages' reports.
    game.update();
    while game.was_woken() {}
    assert_eq!(sockets(), before + 1, "one socket for all requests");

    let (switches, cpu) = (listener.switches(), listener.cpu());
    for _ in 0..FRAMES {
        // Not for synchronization: this is the time in which nothing is to happen.
        thread::sleep(WATCHED / FRAMES);
        game.update();
    }
    let (switches, cpu) = (listener.switches() - switches, listener.cpu() - cpu);
    let spent = format!(
        "{requests} pending, {WATCHED:?}: {switches} context switches, {cpu:?} of CPU time"
    );
    assert!(switches <= 2, "{spent}");
    assert!(cpu < Duration::from_millis(1), "{spent}");
    assert!(!game.was_woken(), "a sleeping game was woken for nothing");
    assert_eq!(
        (game.messages.finished(), game.messages.notices.len()),
        (0, 0)
    );
    measured(14, spent);
}

/// Runs `play` in a child process.
fn alone(test: &str, play: impl FnOnce()) {
    if subprocess::is_child(test) {
        // The kit starts a sandbox and ends it. What tokio then keeps for the signals of the
        // process is not ours.
        drop(OkSandbox::start());
        return play();
    }
    let output = subprocess::command(test)
        .output()
        .expect("the child process runs");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}{err}");
    assert!(out.contains("1 passed"), "{out}");
    pass_on(&out);
}

#[test]
fn one_pending_request_costs_no_time() {
    alone("one_pending_request_costs_no_time", || watch(1));
}

#[test]
fn eight_pending_requests_cost_no_time() {
    alone("eight_pending_requests_cost_no_time", || watch(MAX_PENDING));
}

#[test]
fn without_a_request_there_is_no_thread_and_no_socket() {
    alone("without_a_request_there_is_no_thread_and_no_socket", || {
        let tasks = || Process::this().threads().len();
        let mut app = App::new();
        app.update();
        let before = (tasks(), sockets());
        let mut game = Game::without_sandbox();
        for _ in 0..3 {
            game.update();
        }
        assert_eq!((tasks(), sockets()), before);
        // Refused before there is a listener, and after.
        game.write(RequestInvite::new().target(["Vasya"]));
        game.write(RequestPost::new(Attachment::new().text("Я".repeat(4000))));
        game.update();
        assert_eq!(game.messages.finished(), 2);
        wait_until("the listener to be gone", || (tasks(), sockets()) == before);
        assert!(ours().is_empty());
        measured(14, "nothing pending: 0 threads, 0 sockets");
    });
}

#[test]
#[ignore = "waits a minute: as long as the listener waits for a late callback of the last request"]
fn after_the_last_request_thread_and_socket_go() {
    alone("after_the_last_request_thread_and_socket_go", || {
        let before = sockets();
        let mut game = Game::without_sandbox();
        let ids = ask(&mut game, 2);
        for id in ids {
            game.write(CancelRequest { id });
        }
        let began = Instant::now();
        game.update();
        assert_eq!(game.messages.finished(), 2);
        listener_asleep();
        assert_eq!(
            sockets(),
            before + 1,
            "the listener waits for late callbacks"
        );
        while game.was_woken() {}

        assert!(
            game.wait_for_wake(REMEMBERED + TIMEOUT),
            "the listener says when it is done"
        );
        assert!(began.elapsed() >= REMEMBERED);
        game.update();
        wait_until("the listener to be gone", || {
            ours().is_empty() && sockets() == before
        });
        measured(14, "none either a minute after the last result");
    });
}
