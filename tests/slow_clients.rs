//! Slow clients must not delay a player. (For clients that send garbage:
//! `crates/callback_listener/src/tests/`.)
#![cfg(target_os = "linux")]

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bevy_odnoklassniki::test_kit::TIMEOUT;
use bevy_odnoklassniki::{RefusedCallback, prelude::*};
use test_support::child_protocol::{ChildProcess, expect_line, print_line};
use test_support::flow::Flow;
use test_support::game::Game;
use test_support::process::{Process, names};
use test_support::reliability::{is_full, measured, millis, pass_on, percentile, scale};
use test_support::{http, subprocess};

/// The number of slow clients, and of the threads that play them.
const SLOW: usize = 256;
const THREADS: usize = 4;

/// How long the slow clients attack.
fn attack() -> Duration {
    scale(Duration::from_secs(3), Duration::from_secs(30))
}

/// Sends a callback. Returns the time until the game has read it.
fn callback_time(game: &mut Game, flow: &Flow, friend: u64) -> Duration {
    let began = Instant::now();
    assert_eq!(http::status(&http::get(&flow.callback_url(friend))), 200);
    assert_eq!(game.friends_of(flow), [friend]);
    began.elapsed()
}

fn suggestion(number: usize) -> RequestSuggest {
    RequestSuggest::new().comment(number.to_string())
}

/// The child process: callbacks, while others send a byte a second.
fn play_under_fire() {
    let (time, callbacks) = (attack(), scale(20, 200));
    let mut game = Game::without_sandbox();
    let first = game.begin(suggestion(0));
    let here = Process::this();
    let before = here.resident_kib();
    print_line("HOST", first.host());
    expect_line("FIRE");
    let began = Instant::now();
    let mut times = Vec::new();
    for number in 1..=callbacks {
        let flow = game.begin(suggestion(number));
        times.push(callback_time(&mut game, &flow, number as u64));
        // Not for synchronization: the callbacks are spread over the time of the attack.
        let next = time.mul_f64(number as f64 / callbacks as f64);
        thread::sleep(next.saturating_sub(began.elapsed()));
    }
    let growth = here.resident_kib().saturating_sub(before);
    let crowded = game.callbacks().refused(RefusedCallback::Evicted);
    // Most of the evicted clients reconnect each second; on a busy machine half of them are enough.
    let least = (SLOW - 64) as u64 * time.as_secs() / 2;
    assert!(
        crowded >= least,
        "only {crowded} had to make place: was the attack kept up?"
    );
    assert_eq!(
        names(&here.our_threads()),
        ["ok-callback"],
        "one thread for all"
    );
    // It was pending all the time.
    callback_time(&mut game, &first, 7);
    let p99 = percentile(&mut times, 99);
    let figures = format!(
        "p99 {}, 0 of {callbacks} lost, memory +{growth} KiB, 1 thread",
        millis(p99)
    );
    assert!(growth <= 8 * 1024, "{figures}");
    assert!(!is_full() || p99 <= Duration::from_millis(250), "{figures}");
    measured(4, figures);
    print_line("DONE", "");
}

/// Ends the attack, also when the test fails: its scope waits for the attackers.
struct Ceasefire<'a>(&'a AtomicBool);

impl Drop for Ceasefire<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Plays slow clients until the end: each sends a byte a second, and is replaced when it is closed.
fn keep_up(host: &str, clients: usize, connected: impl Fn(), over: &AtomicBool) {
    let request = format!("GET /r/{:032x} HTTP/1.1\r\nHost: {host}\r\nX: ", 0);
    let connect = || TcpStream::connect(host).ok();
    let mut all: Vec<_> = (0..clients)
        .map(|_| (connect(), request.bytes().cycle()))
        .collect();
    connected();
    while !over.load(Ordering::Relaxed) {
        let began = Instant::now();
        for (stream, bytes) in &mut all {
            let byte = bytes.next().unwrap_or(b'x');
            if stream
                .as_mut()
                .is_none_or(|stream| stream.write_all(&[byte]).is_err())
            {
                *stream = connect();
            }
        }
        // A byte a second, but the end is noticed before.
        while began.elapsed() < Duration::from_secs(1) && !over.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn slow_clients_cannot_starve_a_player() {
    const TEST: &str = "slow_clients_cannot_starve_a_player";
    if subprocess::is_child(TEST) {
        return play_under_fire();
    }
    let mut game = ChildProcess::start(&mut subprocess::command(TEST));
    let host = game.receive("HOST");
    let over = AtomicBool::new(false);
    let (connected, all) = std::sync::mpsc::channel();
    let output = thread::scope(|scope| {
        let _ceasefire = Ceasefire(&over);
        for _ in 0..THREADS {
            let (host, over, connected) = (&host, &over, connected.clone());
            scope.spawn(move || keep_up(host, SLOW / THREADS, || _ = connected.send(()), over));
        }
        for _ in 0..THREADS {
            all.recv().expect("the attackers connect");
        }
        game.send("FIRE");
        game.receive_within("DONE", attack() + TIMEOUT);
        let (status, output) = game.finish();
        assert!(status.success(), "{status}: {output}");
        output
    });
    pass_on(&output);
}

#[test]
fn silent_connections_do_no_harm() {
    let flows = scale(20, 500);
    let mut game = Game::without_sandbox();
    let mut times = Vec::new();
    let mut silent = Vec::new();
    for number in 0..flows {
        let flow = game.begin(suggestion(number));
        // A browser does so when it connects before it has a request.
        silent = (0..6)
            .map(|_| TcpStream::connect(flow.host()).expect("the port is open"))
            .collect();
        times.push(callback_time(&mut game, &flow, 7));
        game.forget();
    }
    let last = game.begin(suggestion(flows));
    while silent.len() < 64 {
        silent.push(TcpStream::connect(last.host()).expect("the port is open"));
    }
    let began = Instant::now();
    drop(game);
    let end = began.elapsed();
    let p99 = percentile(&mut times, 99);
    let figures = format!(
        "{flows} flows, p99 {}; end with 64 silent ones in {}",
        millis(p99),
        millis(end)
    );
    // Far longer than the listener may take to stop.
    assert!(end <= Duration::from_secs(2), "{figures}");
    assert!(
        !is_full() || p99 <= Duration::from_millis(50) && end <= Duration::from_millis(100),
        "{figures}"
    );
    assert!(
        TcpStream::connect(last.host()).is_err(),
        "the port is closed"
    );
    measured(5, figures);
}
