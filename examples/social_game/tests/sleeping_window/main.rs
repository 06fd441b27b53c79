//! Results wake a sleeping window. With a wait of one hour, and a minute unfocused, nothing else
//! would show them in time.
//!
//! A small window asks for one invitation after the other, and the player responds while it sleeps.
//! With `OK_RELIABILITY=full` there are more of them, and each window prints a line of JSON: how
//! long it takes from the callback to the screen.
#![cfg(target_os = "linux")]

mod app;
mod page;
mod plan;
mod player;
mod report;

use std::time::Duration;

use plan::{Mode, Plan};
use test_support::programs::webview_or_skip;
use test_support::reliability::{is_full, measured, scale};
use test_support::screen::{Running, Screen};
use test_support::subprocess;

/// A window that had no frame for so long sleeps.
const ASLEEP: Duration = Duration::from_millis(100);

/// The child process: the window.
#[expect(clippy::print_stdout, reason = "the parent process reads it")]
fn sleep_and_wake(mode: Mode) {
    // Each page of a webview takes a second to be there.
    let many = if mode == Mode::Webview { 30 } else { 200 };
    let plan = Plan {
        mode,
        count: scale(5, many),
        frames: scale(50, 500),
    };
    let report = app::run(plan).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.samples.len(), plan.count);
    for sample in &report.samples {
        assert_eq!(sample.focused, mode.is_focused(), "{sample:?}");
        assert!(
            !mode.sleeps() || sample.slept >= ASLEEP,
            "the window did not sleep: {sample:?}"
        );
        // Once the callback has its response, its result is in the channel, so the next frame
        // must read it.
        assert!(
            sample.frames_after_response <= 1,
            "a frame went by without the result: {sample:?}"
        );
    }
    // The test runner has begun a line of its own.
    println!("\nREPORT {}", report.to_json());
    if is_full() {
        let figures = report.check_promise();
        println!(
            "PROMISE {}",
            figures.unwrap_or_else(|figures| panic!("{figures}"))
        );
    }
}

#[expect(clippy::print_stdout, reason = "the program that measures reads it")]
fn in_a_window(test: &str, mode: Mode) {
    if subprocess::is_child(test) {
        return sleep_and_wake(mode);
    }
    let Some(screen) = Screen::start() else {
        return;
    };
    let mut command = screen.command(std::env::current_exe().expect("this program has a path"));
    subprocess::run_test(&mut command, test);
    let mut running = Running::start(&mut command);
    let report = running
        .next("REPORT ")
        .unwrap_or_else(|| panic!("{} gave no report", mode.name()));
    if is_full() {
        println!("\n{report}");
        let row = if mode == Mode::Webview { 25 } else { 13 };
        measured(row, running.next("PROMISE ").expect("the promise is kept"));
    }
    assert!(running.wait().success(), "{report}");
}

#[test]
fn a_game_that_never_sleeps() {
    in_a_window("a_game_that_never_sleeps", Mode::Game);
}

#[test]
fn an_unfocused_desktop_app() {
    in_a_window("an_unfocused_desktop_app", Mode::DesktopApp);
}

#[test]
fn an_hour_of_sleep_unfocused() {
    in_a_window("an_hour_of_sleep_unfocused", Mode::Hour);
}

#[test]
fn an_hour_of_sleep_focused() {
    in_a_window("an_hour_of_sleep_focused", Mode::HourFocused);
}

#[test]
fn an_hour_of_sleep_off_the_screen() {
    in_a_window("an_hour_of_sleep_off_the_screen", Mode::HourHidden);
}

#[test]
fn a_desktop_app_beside_a_webview() {
    if webview_or_skip().is_some() {
        in_a_window("a_desktop_app_beside_a_webview", Mode::Webview);
    }
}
