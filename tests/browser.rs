//! The widgets in a real browser, started by the `webbrowser` crate through `BROWSER` and driven as
//! a player would drive it.
//!
//! The game runs in a child process, because `BROWSER` is read from the environment.
#![cfg(all(target_os = "linux", feature = "browser"))]

use std::io::Read as _;
use std::time::Duration;
use std::{env, io};

use bevy_odnoklassniki::protocol::GroupId;
use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::{BrowserOpener, prelude::*};
use test_support::browser::{Brand, Browser, TIMEOUT, end_processes_of};
use test_support::child_protocol::ChildProcess;
use test_support::game::Game;
use test_support::reliability::measured;
use test_support::{opener, subprocess};

/// All kinds of requests, in the order in which the inner game sends them.
const KINDS: [&str; 4] = ["invite", "suggest", "post", "group"];
/// How many requests are sent at once.
const TOGETHER: usize = 2;
const PLAN: &str = "OK_TEST_PLAN";

/// The child process. It sends the four requests one after the other (`turns`) or the first two at
/// once with a short timeout (`together`), and prints each result. When its input is closed, it
/// prints how many results there were.
#[expect(clippy::print_stdout, reason = "the parent process reads it")]
fn play(plan: &str) {
    let mut game = Game::with(Behavior::Ask, |plugin| plugin.with_opener(BrowserOpener));
    let deadline = if plan == "together" {
        Duration::from_secs(20)
    } else {
        Duration::from_secs(300)
    };
    for kind in KINDS.into_iter().take(if plan == "together" {
        TOGETHER
    } else {
        KINDS.len()
    }) {
        ask(&mut game, kind, deadline);
        if plan == "turns" {
            await_results(&mut game, kind);
        }
    }
    if plan == "together" {
        await_results(&mut game, "all");
    }
    _ = io::stdin().read_to_end(&mut Vec::new());
    for _ in 0..10 {
        game.update();
    }
    println!("TOTAL {}", game.messages.finished());
}

fn ask(game: &mut Game, kind: &str, deadline: Duration) {
    match kind {
        "invite" => game.write(
            RequestInvite::new()
                .comment("Построим замок вместе!")
                .autosel(2)
                .timeout(deadline),
        ),
        "suggest" => game.write(RequestSuggest::new().autosel(1).timeout(deadline)),
        "post" => game.write(RequestPost::new(castle()).user_text(true).timeout(deadline)),
        _ => game.write(
            RequestPost::new(castle())
                .group_id(GroupId::new(53_038_939_046_008))
                .timeout(deadline),
        ),
    }
}

fn castle() -> Attachment {
    Attachment::new()
        .text("Я построил замок!")
        .link("https://game.example/castle")
}

#[expect(clippy::print_stdout, reason = "the parent process reads it")]
fn await_results(game: &mut Game, what: &str) {
    game.run_until("a result", |game| {
        let waiting = game.app.world().resource::<PendingRequests>().len();
        (waiting == 0).then_some(())
    });
    let requests = game.app.world().resource::<PendingRequests>();
    let new = if what == "all" { TOGETHER } else { 1 };
    for finished in requests.recently_finished().take(new) {
        println!("\nRESULT {what} {}", finished.outcome_name());
    }
}

/// Waits for the next result that the child process prints.
fn result(game: &mut ChildProcess) -> String {
    game.receive_within("RESULT", TIMEOUT)
}

/// Lets the inner game end, and returns how many results it had.
#[track_caller]
fn total(game: ChildProcess) -> String {
    let (status, output) = game.finish();
    assert!(status.success(), "{status}: {output}");
    output
        .lines()
        .find_map(|line| line.strip_prefix("TOTAL "))
        .expect("it says so")
        .to_owned()
}

/// Starts the inner game and the opener for its browsers. Returns `None` in the child process, when
/// it has played, and where there is no browser.
fn start(test: &str, plan: &str, brand: Brand) -> Option<(ChildProcess, opener::BrowserOpener)> {
    if subprocess::is_child(test) {
        play(&env::var(PLAN).expect("a plan"));
        return None;
    }
    let opener = opener::BrowserOpener::of(brand)?;
    let mut command = subprocess::command(test);
    command.env(PLAN, plan).env("BROWSER", opener.program());
    Some((ChildProcess::start(&mut command), opener))
}

#[test]
fn a_player_accepts_and_then_plays_with_reload_and_back() {
    let test = "a_player_accepts_and_then_plays_with_reload_and_back";
    let Some((mut game, opener)) = start(test, "turns", Brand::Chromium) else {
        return;
    };
    for (call, kind) in KINDS.into_iter().enumerate() {
        let browser = Browser::attach(&opener, call);
        browser.wait_for_tab(|url| url.contains("/dk?st.cmd="));
        // On OK's page: nothing is decided yet, so a reload is free.
        browser.reload();
        browser.wait_for_css("#publish");
        browser.click("#publish");
        browser.wait_for_url(|url| url.contains("/r/"));
        assert!(
            browser.text("h1").contains("Done"),
            "{kind}: {}",
            browser.text("h1")
        );
        assert_eq!(result(&mut game), format!("{kind} completed"));
        // Afterwards: the same URL again, and the form once more from the history.
        browser.reload();
        assert_eq!(browser.text("h1"), "Already finished", "{kind}");
        browser.back();
        browser.wait_for_css("#publish");
        browser.click("#publish");
        browser.wait_for_url(|url| url.contains("/r/"));
        assert_eq!(browser.text("h1"), "Already finished", "{kind}");
    }
    assert_eq!(total(game), "4");
    // Each time the browser got the one-time link and nothing else.
    for arguments in opener.calls() {
        assert_eq!(arguments.len(), 1, "{arguments:?}");
        assert!(
            arguments[0].starts_with("http://127.0.0.1:") && arguments[0].contains("/go/"),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_player_cancels() {
    let Some((mut game, opener)) = start("a_player_cancels", "turns", Brand::Chromium) else {
        return;
    };
    for (call, kind) in KINDS.into_iter().enumerate() {
        let browser = Browser::attach(&opener, call);
        browser.wait_for_tab(|url| url.contains("/dk?st.cmd="));
        browser.click("#cancel");
        browser.wait_for_url(|url| url.contains("/r/"));
        assert!(
            browser.text("h1").to_lowercase().contains("cancel"),
            "{kind}: {}",
            browser.text("h1")
        );
        assert_eq!(result(&mut game), format!("{kind} cancelled"));
    }
    assert_eq!(total(game), "4");
}

#[test]
fn players_close_the_tab_or_kill_the_browser() {
    let test = "players_close_the_tab_or_kill_the_browser";
    let brands = [Brand::Chromium, Brand::Firefox];
    // Both at the same time, because it takes as long as the timeout.
    let started: Option<Vec<_>> = brands
        .into_iter()
        .map(|brand| start(test, "together", brand))
        .collect();
    let Some(started) = started else { return };
    for (_, opener) in &started {
        let browsers: Vec<Browser> = (0..TOGETHER)
            .map(|call| Browser::attach(opener, call))
            .collect();
        for browser in &browsers {
            browser.wait_for_tab(|url| url.contains("/dk?st.cmd="));
        }
        browsers[0].close_tab();
        end_processes_of(&opener.folder(1));
    }
    // No callback comes, and the deadline ends each request: not as completed, and not as
    // cancelled.
    for (mut game, opener) in started {
        let brand = opener.programs().brand;
        for _ in 0..TOGETHER {
            assert_eq!(result(&mut game), "all timed_out", "{brand:?}");
        }
        assert_eq!(total(game), TOGETHER.to_string(), "{brand:?}");
        measured(
            10,
            format!("{brand:?}: tab closed, browser killed: each timed out, one event"),
        );
    }
}

/// Also writes the picture of the README when `OK_UPDATE_PICTURES` is set.
#[test]
fn a_russian_player_reads_russian_pages() {
    let switches = ["--window-size=1000,760", "--accept-lang=ru"];
    let Some(browser) = Browser::start_with(&switches) else {
        return;
    };
    let mut game = Game::with_sandbox(Behavior::Ask);
    let request = RequestInvite::new()
        .comment("Построим замок вместе!")
        .autosel(3);
    let id = request.id();
    game.write(request);
    let link = game.link_of(id);
    browser.goto(&link);
    browser.wait_for_css("#publish");
    assert_eq!(
        browser.execute("return document.documentElement.lang"),
        "ru"
    );
    browser.keep_picture("sandbox-invite.png");
    browser.click("#publish");
    browser.wait_for_url(|url| url.contains("/r/"));
    assert_eq!(
        browser.execute("return document.documentElement.lang"),
        "ru"
    );
    assert_eq!(browser.text("h1"), "Готово");
    let Outcome::Completed(invited) = game.invite_outcome(id) else {
        panic!("not completed")
    };
    assert_eq!(invited.users.len(), 3);
}
