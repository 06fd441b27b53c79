//! Idle costs nothing: while requests are pending the listener's thread sleeps, and without them it is not there.
//!
//! Each game runs in a process of its own, so that all threads and sockets of the process are the game's.
#![cfg(target_os = "linux")]

mod support;

use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{fs, thread};

use bevy_app::App;
use bevy_odnoklassniki::protocol::SessionSecretKey;
use bevy_odnoklassniki::test_kit::PATIENCE;
use bevy_odnoklassniki::{MAX_PENDING, prelude::*};
use support::game::Game;
use support::inner;

/// How long a pending request is watched.
const WATCHED: Duration = Duration::from_secs(10);
/// Frames that run meanwhile: a game draws, and its frames must not wake the listener either.
const FRAMES: u32 = 20;
/// How long a late answer is waited for after the end of a request.
const REMEMBERED: Duration = Duration::from_secs(60);

/// A game whose pages nobody opens. No sandbox: it would have threads and sockets of its own.
fn game() -> Game {
    let session = SessionData::new(AccessToken::new("token"), SessionSecretKey::new("key"));
    let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
        .with_session(session)
        .with_opener(|_: &ShortLink| Ok::<(), OpenError>(()));
    Game::from_plugin(plugin)
}

/// A thread of this process.
struct Task(PathBuf);

impl Task {
    /// All of the plugin's.
    fn ours() -> Vec<(String, Self)> {
        let tasks = fs::read_dir("/proc/self/task").expect("the list of threads").filter_map(Result::ok);
        let named = tasks.filter_map(|task| {
            // It may have ended meanwhile.
            let name = fs::read_to_string(task.path().join("comm")).ok()?;
            Some((name.trim().to_owned(), Self(task.path())))
        });
        named.filter(|(name, _)| name.starts_with("ok-")).collect()
    }

    /// The listener's, once the threads that opened the pages have ended and it sleeps.
    ///
    /// Who is woken is runnable from that moment. So when it sleeps it has done all that it was asked to.
    fn listener_asleep() -> Self {
        let end = Instant::now() + PATIENCE;
        loop {
            let mut ours = Self::ours();
            if let [(name, task)] = ours.as_slice()
                && name == "ok-callback"
                && task.state() == 'S'
            {
                return ours.remove(0).1;
            }
            assert!(Instant::now() < end, "the plugin's threads: {:?}", names(&ours));
            thread::yield_now();
        }
    }

    fn state(&self) -> char {
        let stat = fs::read_to_string(self.0.join("stat")).expect("the thread is there");
        // The name before it may hold anything, but no closing bracket follows it.
        let (_, rest) = stat.rsplit_once(')').expect("a name in brackets");
        rest.trim_start().chars().next().expect("a state")
    }

    /// How often it was put on a processor or taken away from it.
    fn switches(&self) -> u64 {
        let status = fs::read_to_string(self.0.join("status")).expect("the thread is there");
        let counts = status.lines().filter_map(|line| line.split_once("_ctxt_switches:"));
        counts.map(|(_, count)| count.trim().parse::<u64>().expect("a number")).sum()
    }

    /// How long it has used a processor.
    fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(self.0.join("schedstat")).expect("the kernel counts CPU time");
        let nanos = stat.split_ascii_whitespace().next().and_then(|nanos| nanos.parse().ok());
        Duration::from_nanos(nanos.expect("nanoseconds"))
    }
}

fn names(tasks: &[(String, Task)]) -> Vec<&str> {
    tasks.iter().map(|(name, _)| name.as_str()).collect()
}

/// How many sockets this process has.
fn sockets() -> usize {
    let files = fs::read_dir("/proc/self/fd").expect("the list of open files").filter_map(Result::ok);
    files.filter(|file| fs::read_link(file.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))).count()
}

fn ask(game: &mut Game, requests: usize) -> Vec<RequestId> {
    let all = (0..requests).map(|n| RequestInvite::new().comment(n.to_string()));
    let ids = all.map(|request| {
        let id = request.id();
        game.write(request);
        id
    });
    let ids: Vec<_> = ids.collect();
    game.run_until("all pages to be opened", |game| (game.heard.opened.len() == requests).then_some(()));
    ids
}

#[expect(clippy::print_stdout, reason = "the figures, for whoever runs the inner process by hand")]
fn watch(requests: usize) {
    let before = sockets();
    let mut game = game();
    ask(&mut game, requests);
    let listener = Task::listener_asleep();
    // The last of the pages' reports.
    game.update();
    while game.was_woken() {}
    assert_eq!(sockets(), before + 1, "one socket for all requests");

    let (switches, cpu) = (listener.switches(), listener.cpu());
    for _ in 0..FRAMES {
        // Not for synchronisation: this is the time in which nothing is to happen.
        thread::sleep(WATCHED / FRAMES);
        game.update();
    }
    let (switches, cpu) = (listener.switches() - switches, listener.cpu() - cpu);
    let spent = format!("{requests} pending, {WATCHED:?}: {switches} context switches, {cpu:?} of CPU time");
    println!("{spent}");
    assert!(switches <= 2, "{spent}");
    assert!(cpu < Duration::from_millis(1), "{spent}");
    assert!(!game.was_woken(), "a sleeping game was woken for nothing");
    assert_eq!((game.heard.finished(), game.heard.notices.len()), (0, 0));
}

/// Waits until `gone` is true. Frames do not wait for the end of a thread.
fn until_gone(gone: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !gone() {
        assert!(Instant::now() < end, "left behind: {:?}, {} sockets", names(&Task::ours()), sockets());
        thread::yield_now();
    }
}

/// Runs `play` in a process of its own.
fn alone(test: &str, play: impl FnOnce()) {
    if inner::is_inner(test) {
        // The kit starts a sandbox and ends it. What tokio then keeps for the signals of the process is not ours.
        drop(OkSandbox::start());
        return play();
    }
    let output = inner::command(test).output().expect("the inner process runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert!(out.contains("1 passed"), "{out}");
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
        let tasks = || fs::read_dir("/proc/self/task").expect("the list of threads").count();
        let mut app = App::new();
        app.update();
        let before = (tasks(), sockets());
        let mut game = game();
        for _ in 0..3 {
            game.update();
        }
        assert_eq!((tasks(), sockets()), before);
        // Refused before there is a listener, and after.
        game.write(RequestInvite::new().target(["Vasya"]));
        game.write(RequestPost::new(Attachment::new().text("Я".repeat(4000))));
        game.update();
        assert_eq!(game.heard.finished(), 2);
        until_gone(|| (tasks(), sockets()) == before);
        assert!(Task::ours().is_empty());
    });
}

#[test]
#[ignore = "waits a minute: as long as a late answer to the last request is waited for"]
fn after_the_last_request_thread_and_socket_go() {
    alone("after_the_last_request_thread_and_socket_go", || {
        let before = sockets();
        let mut game = game();
        let ids = ask(&mut game, 2);
        for id in ids {
            game.write(CancelRequest { id });
        }
        let began = Instant::now();
        game.update();
        assert_eq!(game.heard.finished(), 2);
        assert_eq!((names(&Task::ours()), sockets()), (vec!["ok-callback"], before + 1), "late answers are waited for");
        while game.was_woken() {}

        assert!(game.wait_for_wake(REMEMBERED + PATIENCE), "the listener says when it is done");
        assert!(began.elapsed() >= REMEMBERED);
        game.update();
        until_gone(|| Task::ours().is_empty() && sockets() == before);
    });
}
