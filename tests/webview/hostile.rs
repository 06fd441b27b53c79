//! Pages in OK's place that mean no good, and how long a return takes to reach a sleeping game.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::Hosts;
use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::test_kit::TIMEOUT;
use test_support::game::Game;
use test_support::reliability::measured;
use test_support::site;

use crate::setup::{Page, Setup, result, write};

/// What a page in OK's place knows.
const BEGINNING: &str = "<!doctype html><body><script>
    const query = new URLSearchParams(location.search);
    const back = query.get('st.return'), state = query.get('st.state');
    const done = back + '?code=OK&selected=[7]&state=' + state;
    const go = url => location.href = url;
    const frame = url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f) };
    const later = (n, job) => setTimeout(job, n);
";

fn game_on(setup: &Setup, port: u16) -> Game {
    let hosts = Hosts::sandbox(&format!("http://127.0.0.1:{port}")).expect("hosts");
    Game::with(Behavior::Ask, |plugin| {
        plugin.with_hosts(hosts).with_page_host(setup.host())
    })
}

fn play(script: &str) -> String {
    let Some(setup) = Setup::x11() else {
        return String::new();
    };
    let port = site::serve(format!("{BEGINNING}{script}</script>"));
    let mut game = game_on(&setup, port);
    let id = write(&mut game, Page::Suggest, Duration::from_secs(60));
    let result = result(&mut game, id);
    setup.expect_no_process();
    result
}

#[track_caller]
fn expect(script: &str, expected: &str) {
    let found = play(script);
    assert!(
        found == expected || found.is_empty(),
        "{found}, not {expected}"
    );
}

#[test]
fn frames_and_returns_without_the_token_end_nothing() {
    expect(
        "frame('okwidget://return/'); frame(back.slice(0, -1) + '?code=OK'); frame(back + '0?code=OK');
         later(300, () => go('okwidget://return/00000000000000000000000000000000?code=OK&selected=[1]'));
         later(600, () => frame('https://oauth.mycdn.me/blank.html?code=OK'));
         later(900, () => go('file:///etc/passwd'));
         later(1200, () => go(done))",
        "completed",
    );
}

#[test]
fn only_the_first_callback_counts_and_what_is_none_is_passed_over() {
    expect(
        "go(back); later(500, () => go(back + '?nothing=1'));
         later(1000, () => {
             // A second one in the same task would replace the first.
             go(done); later(1, () => go(back + '?error_code=12&code=CANCELLED')); later(2, () => go(back + '#error=x'))
         })",
        "completed",
    );
}

#[test]
fn a_url_of_a_megabyte_ends_nothing() {
    expect(
        "go(done + '&x=' + 'x'.repeat(1024 * 1024)); later(700, () => go(back + '?x=' + 'x'.repeat(900000)));
         later(1400, () => go(done))",
        "completed",
    );
}

#[test]
fn windows_and_downloads_end_nothing() {
    expect(
        "for (let i = 0; i < 9; i++) window.open('https://evil.example/');
         const a = document.createElement('a'); a.href = 'data:text/plain,x'; a.download = 'x'; a.click();
         later(700, () => go(done))",
        "completed",
    );
}

#[test]
fn a_page_that_closes_itself_is_closed_by_the_player() {
    expect("window.close()", "cancelled by the player");
}

#[test]
fn a_return_after_the_close_does_not_count() {
    expect("window.close(); go(done)", "cancelled by the player");
}

/// Serves a page that says when it is about to return.
fn serve_clock(page: String, about: Sender<Instant>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (page, about) = (page.clone(), about.clone());
            thread::spawn(move || {
                let mut stream = stream;
                let mut head = BufReader::new(&stream).lines().map_while(Result::ok);
                let first = head.next().unwrap_or_default();
                head.take_while(|line| !line.is_empty()).for_each(drop);
                let body = if first.contains("/now") { "" } else { &page };
                if first.contains("/now") {
                    _ = about.send(Instant::now());
                }
                let length = body.len();
                _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
                );
            });
        }
    });
    port
}

/// The game sleeps until the plugin wakes it.
#[test]
fn a_sleeping_game_has_the_result_within_100_ms_of_the_navigation() {
    let Some(setup) = Setup::x11() else { return };
    let (sender, about) = channel();
    let script = "later(300, () => fetch('/now').then(() => go(done)))";
    let port = serve_clock(format!("{BEGINNING}{script}</script>"), sender);
    let mut times = Vec::new();
    for _ in 0..10 {
        let mut game = game_on(&setup, port);
        let id = write(&mut game, Page::Suggest, Duration::from_secs(60));
        game.update();
        loop {
            assert!(game.wait_for_wake(TIMEOUT), "woken");
            let woken = Instant::now();
            game.update();
            let requests = game.app.world().resource::<PendingRequests>();
            if requests.finished(id).is_some() {
                let before = about.recv_timeout(TIMEOUT).expect("the page says so");
                times.push(woken.duration_since(before));
                break;
            }
        }
    }
    times.sort();
    let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
    measured(
        25,
        format_args!("webview: return to result {median:?}, at most {longest:?}"),
    );
    let text = format!("return to result: median {median:?}, at most {longest:?}");
    _ = writeln!(std::io::stderr(), "{text}");
    // A machine that builds meanwhile may keep one of them waiting.
    assert!(
        times[times.len() - 2] < Duration::from_millis(100),
        "{times:?}"
    );
}
