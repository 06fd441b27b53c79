//! Pages in OK's place that mean no good.

use std::time::Duration;

use bevy_odnoklassniki::protocol::Hosts;
use bevy_odnoklassniki::sandbox::Behavior;
use test_support::game::Game;
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
