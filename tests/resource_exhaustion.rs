//! The system runs out of descriptors, resets connections, or stops the process.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use bevy_odnoklassniki::test_kit::TIMEOUT;
use bevy_odnoklassniki::{MIN_TIMEOUT, RequestErrorKind, prelude::*};
use rustix::net::sockopt::set_socket_linger;
use test_support::child_protocol::{ChildProcess, expect_line, print_line};
use test_support::flow::sockets_at_rest;
use test_support::game::Game;
use test_support::process::Process;
use test_support::reliability::{measured, scale};
use test_support::wait::wait_until;
use test_support::{http, subprocess};

/// The limit of descriptors for a process that must run out of them.
const DESCRIPTORS: usize = 64;

/// The child process, with few descriptors.
fn with_few_descriptors(test: &str) -> Command {
    let limited = format!("ulimit -n {DESCRIPTORS} && exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command
        .args(["-c", &limited])
        .arg(std::env::current_exe().expect("this program has a path"));
    subprocess::run_test(&mut command, test);
    command
}

/// Takes every descriptor that is left.
fn take_all_descriptors() -> Vec<File> {
    let taken: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(taken.len() < DESCRIPTORS, "there is no limit");
    taken
}

/// Sends a callback from a new thread, and waits long for its page.
fn bring(url: String) -> thread::JoinHandle<String> {
    let (host, path) = http::split(&url);
    let mut stream = TcpStream::connect(host).expect("the port is open");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("the system takes it");
    thread::spawn(move || {
        let mut page = String::new();
        _ = stream.read_to_string(&mut page);
        page
    })
}

#[test]
fn a_callback_outlives_a_time_without_descriptors() {
    const TEST: &str = "a_callback_outlives_a_time_without_descriptors";
    if subprocess::is_child(TEST) {
        let mut game = Game::without_sandbox();
        let before = sockets_at_rest();
        let flow = game.begin(RequestSuggest::new());
        print_line("BACK", flow.callback_url(7));
        // Its descriptor would be free again, and a callback could be accepted.
        wait_until("the link's connection to be closed", || {
            Process::this().sockets() <= before + 1
        });
        let taken = take_all_descriptors();
        print_line("FULL", "");
        expect_line("FREE");
        drop(taken);
        assert_eq!(game.friends_of(&flow), [7]);
        return;
    }
    let mut game = ChildProcess::start(&mut with_few_descriptors(TEST));
    let back = game.receive("BACK");
    game.receive("FULL");
    let listener = Process::of(game.id())
        .our_threads()
        .into_iter()
        .find(|thread| thread.name == "ok-callback");
    let listener = listener.expect("a listener");
    let page = bring(back);
    let (before, time) = (
        listener.cpu(),
        scale(Duration::from_secs(1), Duration::from_secs(5)),
    );
    // Not for synchronization: this is the time in which nothing can be accepted.
    thread::sleep(time);
    let cpu = listener.cpu() - before;
    assert!(
        cpu < time / 5,
        "it tries again and again: {cpu:?} of {time:?}"
    );
    assert!(
        !page.is_finished(),
        "nothing could be accepted, so there was no response"
    );
    game.send("FREE");
    game.assert_passes();
    assert_eq!(http::status(&page.join().expect("a page")), 200);
    measured(
        19,
        format_args!(
            "{time:?} without descriptors: callback delivered, {cpu:.1?} of CPU time meanwhile"
        ),
    );
}

#[test]
fn a_request_without_descriptors_fails_and_a_later_one_does_not() {
    const TEST: &str = "a_request_without_descriptors_fails_and_a_later_one_does_not";
    if !subprocess::is_child(TEST) {
        ChildProcess::start(&mut with_few_descriptors(TEST)).assert_passes();
        return measured(
            19,
            "without descriptors a request fails as PortUnavailable, a later one does not",
        );
    }
    let mut game = Game::without_sandbox();
    // A listener needs three: its socket, and two to wait for it.
    for free in 0..3 {
        let mut taken = take_all_descriptors();
        taken.truncate(taken.len() - free);
        let request = RequestSuggest::new();
        let id = request.id();
        game.write(request);
        let outcome = game.suggested(id);
        assert_eq!(
            outcome.error().map(RequestError::kind),
            Some(RequestErrorKind::PortUnavailable),
            "{free}: {outcome:?}"
        );
    }
    let flow = game.begin(RequestSuggest::new());
    assert_eq!(http::status(&http::get(&flow.callback_url(7))), 200);
    assert_eq!(game.friends_of(&flow), [7]);
}

/// Ends a connection by a reset, at once.
fn reset(host: &str, sent: &[u8]) {
    let mut stream = TcpStream::connect(host).expect("the port is open");
    _ = stream.write_all(sent);
    set_socket_linger(&stream, Some(Duration::ZERO)).expect("a connected socket");
}

#[test]
fn connections_that_are_reset_do_no_harm() {
    let mut game = Game::without_sandbox();
    let flow = game.begin(RequestSuggest::new());
    let resets = scale(500, 5000);
    for number in 0..resets {
        // Before it is accepted, in the middle of a head, and while the page is on its way.
        let sent: &[u8] = [b"".as_slice(), b"GET / HT", b"GET / HTTP/1.1\r\n\r\n"][number % 3];
        reset(flow.host(), sent);
    }
    assert_eq!(http::status(&http::get(&flow.callback_url(7))), 200);
    assert_eq!(game.friends_of(&flow), [7]);
    measured(19, format_args!("{resets} resets: callback delivered"));
}

/// Sends a signal to the child process.
fn signal(game: &ChildProcess, name: &str) {
    let sent = Command::new("kill")
        .args([name, &game.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(sent.success());
}

/// Stops the child process until its request's deadline has passed, and resumes it. With `callback`
/// a callback comes meanwhile. Returns how the request ended, and the page.
fn sleep_through_the_deadline(test: &str, callback: bool) -> (String, Option<String>) {
    let mut game = ChildProcess::start(&mut subprocess::command(test));
    let back = game.receive("BACK");
    let began = Instant::now();
    signal(&game, "-STOP");
    wait_until("the process to stand still", || {
        Process::of(game.id()).state() == 'T'
    });
    let page = callback.then(|| bring(back));
    // Not for synchronization: the time in which the machine sleeps.
    thread::sleep((MIN_TIMEOUT + Duration::from_millis(200)).saturating_sub(began.elapsed()));
    signal(&game, "-CONT");
    let ended = game.receive("ENDED");
    game.assert_passes();
    (ended, page.map(|page| page.join().expect("a page")))
}

/// The child process.
fn request_and_print_the_outcome() {
    let mut game = Game::without_sandbox();
    let flow = game.begin(RequestSuggest::new().timeout(MIN_TIMEOUT));
    print_line("BACK", flow.callback_url(7));
    let outcome = game.suggested(flow.id);
    for _ in 0..3 {
        game.update();
    }
    assert_eq!(game.messages.finished(), 1);
    print_line("ENDED", outcome.name());
}

#[test]
fn a_process_that_was_stopped_beyond_the_deadline_ends_its_request_once() {
    const TEST: &str = "a_process_that_was_stopped_beyond_the_deadline_ends_its_request_once";
    if subprocess::is_child(TEST) {
        return request_and_print_the_outcome();
    }
    let (quiet, received) = thread::scope(|scope| {
        let quiet = scope.spawn(|| sleep_through_the_deadline(TEST, false));
        let received = sleep_through_the_deadline(TEST, true);
        (quiet.join().expect("it ends"), received)
    });
    assert_eq!(quiet.0, "timed_out");
    // The callback came before the deadline, although the process could not read it then. The page
    // says the same as the game.
    let page = received.1.expect("a page");
    assert!(
        received.0 == "completed" && page.contains("Done"),
        "{}: {page}",
        received.0
    );
    measured(
        11,
        format_args!(
            "stopped beyond the deadline: {}; with a callback meanwhile: {}; 1 result",
            quiet.0, received.0
        ),
    );
}
