//! Results wake a sleeping window. With a wait of one hour, and a minute unfocused, nothing else
//! would show them in time.
#![cfg(target_os = "linux")]

mod support;
#[path = "../benches/window/mod.rs"]
#[allow(dead_code, reason = "the measuring program uses the rest")]
mod window;

use std::time::Duration;

use support::inner;
use support::screen::{Running, Screen};
use window::{Mode, Plan};

/// Results in each mode.
const COUNT: usize = 5;
/// A window that had no frame for so long sleeps.
const ASLEEP: Duration = Duration::from_millis(100);

/// The inner process: the window.
#[expect(clippy::print_stdout, reason = "the outer process reads it")]
fn sleep_and_wake(mode: Mode) {
    let report = Plan {
        mode,
        count: COUNT,
        frames: 50,
    }
    .run()
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.samples.len(), COUNT);
    for sample in &report.samples {
        assert_eq!(sample.focused, mode.is_focused(), "{sample:?}");
        assert!(
            !mode.sleeps() || sample.slept >= ASLEEP,
            "the window did not sleep: {sample:?}"
        );
        // Once the callback is answered its result is in the channel, so the next frame must read
        // it.
        assert!(
            sample.frames_after_answer <= 1,
            "a frame went by without the result: {sample:?}"
        );
    }
    // The test runner has begun a line of its own.
    println!("\nREPORT {}", report.to_json());
}

fn in_a_window(test: &str, mode: Mode) {
    if inner::is_inner(test) {
        return sleep_and_wake(mode);
    }
    let Some(screen) = Screen::start() else {
        return;
    };
    let mut command = screen.command(std::env::current_exe().expect("this program has a path"));
    inner::as_inner(&mut command, test);
    let mut running = Running::start(&mut command);
    let report = running
        .next("REPORT ")
        .unwrap_or_else(|| panic!("{} gave no report", mode.name()));
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
