//! The virtual screen itself, tried on small programs: what the tests with a window stand on.
#![cfg(target_os = "linux")]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use support::inner;
use support::screen::{Area, Running, Screen, WINDOW, find, wait_for};

/// A red window of 300 x 200 pixels.
fn red_window(screen: &Screen) -> Running {
    Running::start(screen.command("display").args(["-title", "Red", "-size", "300x200", "xc:red"]))
}

#[test]
fn a_picture_shows_what_is_on_the_screen() {
    let Some(screen) = Screen::start() else { return };
    let empty = screen.picture();
    assert_eq!(empty.colours(), 1);
    let _display = red_window(&screen);
    let window = wait_for(|| Some(screen.picture()).filter(|now| now.difference(&empty) > 0.0));
    let window = window.expect("the window appears");
    let red = |[red, green, blue]: [u8; 3]| (red, green, blue) == (255, 0, 0);
    let (left, right) = (0..800).find_map(|y| window.find_in_row(y, red)).expect("something is red");
    assert_eq!(right - left, 299);
    assert!((window.difference(&empty) - 300.0 * 200.0 / (1280.0 * 800.0)).abs() < 1e-3);
    // What lies outside is cut off.
    let corner = window.crop(Area { x: 1270, y: 790, width: 100, height: 100 });
    assert!(corner == empty.crop(Area { x: 1270, y: 790, width: 10, height: 10 }));
}

#[test]
fn a_kept_picture_is_the_same() {
    let Some(screen) = Screen::start() else { return };
    let _display = red_window(&screen);
    assert!(wait_for(|| (screen.picture().colours() > 1).then_some(())).is_some());
    let kept = screen.picture().keep("harness");
    let compared = Command::new("convert").arg(kept).args(["-format", "%wx%h %k", "info:"]).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&compared.stdout), "1280x800 2");
}

#[test]
fn what_a_program_copies_is_in_the_clipboard() {
    let Some(screen) = Screen::start() else { return };
    assert_eq!(screen.clipboard(), "");
    let mut copy = screen.command("sh");
    copy.args(["-c", "printf 'Привет' | xclip -selection clipboard -in >/dev/null"]);
    assert!(copy.status().expect("it runs").success());
    assert_eq!(screen.clipboard(), "Привет");
}

#[test]
fn a_program_is_read_and_ended() {
    let Some(screen) = Screen::start() else { return };
    let script = "echo DISPLAY $DISPLAY; echo WAYLAND ${WAYLAND_DISPLAY-none}; echo END; exit 7";
    let mut program = Running::start(screen.command("sh").args(["-c", script]).env("WAYLAND_DISPLAY", ""));
    assert_eq!(program.next("DISPLAY").as_deref(), Some(screen.display()));
    assert_eq!(program.next("END").as_deref(), Some(""));
    assert_eq!(program.next("NOTHING"), None);
    assert_eq!(program.wait().code(), Some(7));
    let sleeper = Running::start(screen.command("sleep").arg("1000"));
    let process = format!("/proc/{}", sleeper.id());
    assert!(Path::new(&process).exists());
    drop(sleeper);
    assert!(!Path::new(&process).exists());
}

/// Where a server listens.
fn socket(display: &str) -> String {
    format!("/tmp/.X11-unix/X{}", display.trim_start_matches(':'))
}

#[test]
fn a_screen_ends_with_its_test() {
    let Some(screen) = Screen::start() else { return };
    let socket = socket(screen.display());
    assert!(Path::new(&socket).exists());
    drop(screen);
    assert!(!Path::new(&socket).exists());
}

#[test]
#[expect(clippy::print_stdout, reason = "the outer process reads it")]
fn a_screen_ends_with_a_test_that_is_killed() {
    let test = "a_screen_ends_with_a_test_that_is_killed";
    let Some(screen) = Screen::start() else { return };
    if inner::is_inner(test) {
        println!("\nSCREEN {}", screen.display());
        loop {
            std::thread::park();
        }
    }
    let inner = Running::start(inner::command(test).stdin(Stdio::null()));
    let socket = socket(&inner.next("SCREEN").expect("the inner process has a screen"));
    assert!(Path::new(&socket).exists());
    // It is killed, and drops nothing.
    drop(inner);
    assert!(wait_for(|| (!Path::new(&socket).exists()).then_some(())).is_some(), "the server is left behind");
}

#[test]
fn without_a_screen_tests_are_skipped_aloud() {
    let test = "without_a_screen_tests_are_skipped_aloud";
    if inner::is_inner(test) {
        let found = WINDOW.find_or_skip(|| find("no-such-program", "no-such-package"));
        assert_eq!(found, None);
        return;
    }
    let run = |environment: &[(&str, &str)]| {
        let mut command = inner::command(test);
        command.env_remove("OK_REQUIRE_WINDOW").env_remove("OK_SKIP_WINDOW").envs(environment.iter().copied());
        let output = command.output().expect("the test runs again");
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let reason = "there is no no-such-program on PATH (Debian: apt-get install no-such-package)";
    let (passed, text) = run(&[]);
    assert!(passed && text.contains(&format!("SKIPPED: {test}, because {reason}")), "{text}");
    let (passed, text) = run(&[("OK_SKIP_WINDOW", "1")]);
    assert!(passed && text.contains("because OK_SKIP_WINDOW is set"), "{text}");
    // Where a skipped test is a failure. Zero is how people say no.
    let (passed, text) = run(&[("OK_REQUIRE_WINDOW", "1"), ("OK_SKIP_WINDOW", "1")]);
    assert!(
        !passed && text.contains(&format!("a window is required (OK_REQUIRE_WINDOW is set), but {reason}")),
        "{text}"
    );
    assert!(run(&[("OK_REQUIRE_WINDOW", "0")]).0);
}
