//! A player beside an attacker, who sends up to 20,000 requests a second with wrong tokens.
//! Measures how fast callbacks are, and what the listener's thread takes.
//!
//! ```sh
//! cargo xtask flood
//! ```
//!
//! Prints a line of JSON for each rate. Attacker and listener share the machine, so at the highest
//! rates fewer are sent than are `wanted`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bevy_odnoklassniki::prelude::*;

use test_support::game::Game;
use test_support::process::Process;
use test_support::{http, reliability::percentile};

/// Wrong requests in a second.
const RATES: [u64; 7] = [0, 1000, 2000, 5000, 10_000, 15_000, 20_000];
const TIME: Duration = Duration::from_secs(3);
/// In this time.
const CALLBACKS: u32 = 100;
const ATTACKERS: u64 = 2;

/// Sends so many wrong requests in a second, until it is over.
fn attack(host: &str, rate: u64, sent: &AtomicU64, over: &AtomicBool) {
    let request = format!("GET /r/{:032x}?code=OK HTTP/1.1\r\nHost: {host}\r\n\r\n", 0);
    let (began, mut count) = (Instant::now(), 0);
    while !over.load(Ordering::Relaxed) {
        if count as f64 >= began.elapsed().as_secs_f64() * rate as f64 {
            thread::sleep(Duration::from_micros(200));
            continue;
        }
        let answered = TcpStream::connect(host).is_ok_and(|mut stream| {
            stream.write_all(request.as_bytes()).is_ok()
                && stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0)
        });
        count += 1;
        sent.fetch_add(u64::from(answered), Ordering::Relaxed);
    }
}

/// Sends callbacks all the time. Returns how long each took until the game has read its result.
fn play(game: &mut Game, began: Instant) -> Vec<Duration> {
    let one = |number: u32| {
        let flow = game.begin(RequestSuggest::new().comment(number.to_string()));
        let sent = Instant::now();
        assert_eq!(http::status(&http::get(&flow.callback_url(7))), 200);
        assert_eq!(game.friends_of(&flow), [7]);
        let took = sent.elapsed();
        game.forget();
        thread::sleep((TIME * number / CALLBACKS).saturating_sub(began.elapsed()));
        took
    };
    (1..=CALLBACKS).map(one).collect()
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the command line"
)]
pub fn main(arguments: &[&str]) -> ExitCode {
    if !arguments.is_empty() {
        eprintln!("usage: cargo xtask flood");
        return ExitCode::from(2);
    }
    let mut game = Game::without_sandbox();
    // Keeps the listener, and is what the attacker is after.
    let first = game.begin(RequestSuggest::new());
    let cpu = || {
        Process::this()
            .our_threads()
            .iter()
            .map(|thread| thread.cpu())
            .sum::<Duration>()
    };
    for rate in RATES {
        let (sent, over) = (AtomicU64::new(0), AtomicBool::new(false));
        let (began, before) = (Instant::now(), cpu());
        let mut times = thread::scope(|scope| {
            for _ in 0..ATTACKERS {
                scope.spawn(|| attack(first.host(), rate / ATTACKERS, &sent, &over));
            }
            let times = play(&mut game, began);
            over.store(true, Ordering::Relaxed);
            times
        });
        let took = began.elapsed();
        let millis = |time: Duration| time.as_secs_f64() * 1000.0;
        let line = serde_json::json!({
            "wanted": rate,
            "responses": sent.into_inner() as f64 / took.as_secs_f64(),
            "cpu_ms": millis(cpu() - before) / took.as_secs_f64(),
            "p50_ms": millis(percentile(&mut times, 50)),
            "p99_ms": millis(percentile(&mut times, 99)),
        });
        println!("{line}");
    }
    assert_eq!(
        game.callbacks().completed(),
        u64::from(CALLBACKS) * RATES.len() as u64
    );
    ExitCode::SUCCESS
}
