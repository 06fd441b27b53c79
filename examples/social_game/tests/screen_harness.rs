//! The virtual screen itself, tried on small programs: what the tests with a window stand on.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Command, Stdio};

use test_support::browser::wait_for;
use test_support::screen::{Area, Running, Screen, WINDOW, find};
use test_support::subprocess;

#[test]
fn a_picture_shows_what_is_on_the_screen() {
    let Some(screen) = Screen::start() else {
        return;
    };
    let empty = screen.picture();
    assert_eq!(empty.colors(), 1);
    let _display = Running::start(screen.command("display").args([
        "-geometry",
        "+100+100",
        "-size",
        "300x200",
        "xc:red",
    ]));
    let red = |[red, green, blue]: [u8; 3]| (red, green, blue) == (255, 0, 0);
    let drawn = wait_for(|| {
        let picture = screen.picture();
        let rows: Vec<_> = (0..800)
            .filter_map(|y| Some((y, picture.find_in_row(y, red)?)))
            .collect();
        let complete =
            rows.len() == 200 && rows.iter().all(|(_, (left, right))| right - left == 299);
        complete.then(|| (picture, rows[0]))
    });
    let (picture, (y, (x, _))) = drawn.expect("a red field of 300 x 200 appears");

    let window = Area {
        x,
        y,
        width: 300,
        height: 200,
    };
    assert_eq!(picture.crop(window).colors(), 1);
    assert!((picture.crop(window).difference(&empty.crop(window)) - 1.0).abs() < f64::EPSILON);
    let half = Area {
        x: x + 150,
        ..window
    };
    assert!((picture.crop(half).difference(&empty.crop(half)) - 0.5).abs() < 0.05);
    // What lies outside of the screen is cut off.
    let corner = |width, height| {
        picture.crop(Area {
            x: 1270,
            y: 790,
            width,
            height,
        })
    };
    assert!(corner(100, 100) == corner(10, 10));

    let info =
        format!("%wx%h %k %[fx:u.p{{{x},{y}}}.r] %[fx:u.p{{{x},{y}}}.g] %[fx:u.p{{{x},{y}}}.b]");
    let read = Command::new("convert")
        .arg(picture.keep("harness"))
        .args(["-format", &info, "info:"])
        .output();
    let text = String::from_utf8(read.expect("convert runs").stdout).expect("text");
    assert_eq!(text, format!("1280x800 {} 1 0 0", picture.colors()));
}

#[test]
fn what_a_program_copies_is_in_the_clipboard() {
    let Some(screen) = Screen::start() else {
        return;
    };
    screen.wait_for_clipboard(str::is_empty);
    let mut copy = screen.command("sh");
    copy.args([
        "-c",
        "printf 'Привет' | xclip -selection clipboard -in >/dev/null",
    ]);
    assert!(copy.status().expect("it runs").success());
    screen.wait_for_clipboard(|text| text == "Привет");
}

#[test]
fn a_program_is_read_and_ended() {
    let Some(screen) = Screen::start() else {
        return;
    };
    let script = "echo DISPLAY $DISPLAY; echo WAYLAND ${WAYLAND_DISPLAY-none}; echo END; exit 7";
    let mut program = Running::start(
        screen
            .command("sh")
            .args(["-c", script])
            .env("WAYLAND_DISPLAY", ""),
    );
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
    let Some(screen) = Screen::start() else {
        return;
    };
    let socket = socket(screen.display());
    assert!(Path::new(&socket).exists());
    drop(screen);
    assert!(!Path::new(&socket).exists());
}

#[test]
#[expect(clippy::print_stdout, reason = "the parent process reads it")]
fn a_screen_ends_with_a_test_that_is_killed() {
    let test = "a_screen_ends_with_a_test_that_is_killed";
    let Some(screen) = Screen::start() else {
        return;
    };
    if subprocess::is_child(test) {
        println!(
            "\nSCREEN {}\nFOLDER {}",
            screen.display(),
            screen.folder().display()
        );
        loop {
            std::thread::park();
        }
    }
    let inner = Running::start(subprocess::command(test).stdin(Stdio::null()));
    let socket = socket(
        &inner
            .next("SCREEN")
            .expect("the child process has a screen"),
    );
    let folder = inner.next("FOLDER").expect("the screen has a folder");
    assert!(Path::new(&socket).exists() && Path::new(&folder).exists());
    // It is killed, and drops nothing.
    drop(inner);
    assert!(
        wait_for(|| (!Path::new(&socket).exists()).then_some(())).is_some(),
        "the server is left behind"
    );
    assert!(
        wait_for(|| (!Path::new(&folder).exists()).then_some(())).is_some(),
        "its files are left behind"
    );
}

#[test]
fn without_a_screen_tests_are_skipped_aloud() {
    let test = "without_a_screen_tests_are_skipped_aloud";
    if subprocess::is_child(test) {
        let found = WINDOW.find_or_skip(|| find("no-such-program", "no-such-package"));
        assert_eq!(found, None);
        return;
    }
    let run = |environment: &[(&str, &str)]| {
        let mut command = subprocess::command(test);
        command
            .env_remove("OK_REQUIRE_WINDOW")
            .env_remove("OK_SKIP_WINDOW")
            .envs(environment.iter().copied());
        let output = command.output().expect("the test runs again");
        (
            output.status.success(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    let reason = "there is no no-such-program on PATH (Debian: apt-get install no-such-package)";
    let (passed, text) = run(&[]);
    assert!(
        passed && text.contains(&format!("SKIPPED: {test}, because {reason}")),
        "{text}"
    );
    let (passed, text) = run(&[("OK_SKIP_WINDOW", "1")]);
    assert!(
        passed && text.contains("because OK_SKIP_WINDOW is set"),
        "{text}"
    );
    // Where a skipped test is a failure. Zero is how people say no.
    let (passed, text) = run(&[("OK_REQUIRE_WINDOW", "1"), ("OK_SKIP_WINDOW", "1")]);
    assert!(
        !passed
            && text.contains(&format!(
                "a window is required (OK_REQUIRE_WINDOW is set), but {reason}"
            )),
        "{text}"
    );
    assert!(run(&[("OK_REQUIRE_WINDOW", "0")]).0);
}
