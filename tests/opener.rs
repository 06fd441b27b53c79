//! What programs get as arguments, through the real `webbrowser` crate and the variable `BROWSER`.
#![cfg(all(target_os = "linux", feature = "browser"))]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::{env, fs};

use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::{BrowserOpener, MIN_TIMEOUT, RequestErrorKind, prelude::*};
use test_support::game::Game;
use test_support::process::Process;
use test_support::reliability::measured;
use test_support::subprocess;

/// Writes a program that records its arguments, one per line, and then runs `then`.
fn program(folder: &Path, name: &str, then: &str) -> String {
    let (path, log) = (folder.join(name), folder.join("arguments"));
    let script = format!(
        "#!/bin/sh\nfor argument in \"$@\"; do printf '%s\\n' \"$argument\"; done >'{log}.part'\nmv '{log}.part' '{log}'\n{then}\n",
        log = log.display()
    );
    fs::write(&path, script).expect("the program can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
        .expect("it can be made executable");
    path.display().to_string()
}

/// The child process: one request, opened by the real opener. It prints the link and the outcome.
#[expect(clippy::print_stdout, reason = "the parent process reads it")]
fn open_one_page() {
    let mut game = Game::with(Behavior::NeverRespond, |plugin| {
        plugin.with_opener(BrowserOpener)
    });
    let request = RequestInvite::new().timeout(MIN_TIMEOUT);
    let id = request.id();
    game.write(request);
    let said = game.run_until("the opener's word", |game| {
        let opened = game.messages.opened.iter().find(|opened| opened.id == id);
        let failed = game
            .messages
            .invites
            .iter()
            .find_map(|finished| finished.outcome.error());
        match (opened, failed) {
            (Some(opened), _) => Some(format!("OPENED {}", opened.link.as_ref()?.expose())),
            (_, Some(error)) => {
                assert_eq!(error.kind(), RequestErrorKind::CannotOpen);
                Some(format!(
                    "FAILED {} {error}",
                    error.link().expect("a link").expose()
                ))
            }
            _ => None,
        }
    });
    println!("\n{said}");
    if env::var_os(TO_THE_END).is_some() {
        println!("ENDED {}", game.invite_outcome(id).name());
    }
    println!("ZOMBIES {}", Process::this().zombies());
}

/// Set for a child process that waits for the request's result.
const TO_THE_END: &str = "OK_TEST_TO_THE_END";

/// Opens a page with this `BROWSER`. Returns what the child process printed, and the program's
/// arguments.
fn open_with(test: &str, folder: &Path, browser: &str) -> (String, Option<Vec<String>>) {
    open_and(test, folder, browser, &[])
}

/// Does the same with more environment variables.
fn open_and(
    test: &str,
    folder: &Path,
    browser: &str,
    more: &[(&str, &str)],
) -> (String, Option<Vec<String>>) {
    let log = folder.join("arguments");
    _ = fs::remove_file(&log);
    let path = format!(
        "{}:{}",
        folder.display(),
        env::var("PATH").unwrap_or_default()
    );
    let output = subprocess::command(test)
        .env("BROWSER", browser)
        .env("PATH", path)
        .envs(more.iter().copied())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WSL_DISTRO_NAME")
        .current_dir(folder)
        .output()
        .expect("the child process runs");
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let arguments = fs::read_to_string(&log).ok();
    (
        output,
        arguments.map(|lines| lines.lines().map(str::to_owned).collect()),
    )
}

fn link_in(output: &str) -> &str {
    output
        .lines()
        .find_map(|line| {
            line.strip_prefix("OPENED ")
                .or_else(|| line.strip_prefix("FAILED "))
        })
        .and_then(|rest| rest.split(' ').next())
        .unwrap_or_else(|| panic!("no link in {output}"))
}

#[test]
fn every_form_of_browser_gets_the_link_as_one_argument() {
    const TEST: &str = "every_form_of_browser_gets_the_link_as_one_argument";
    if subprocess::is_child(TEST) {
        return open_one_page();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let program = program(folder.path(), "open-page", "");
    let witness = folder.path().join("witness");
    let forms = [
        program.clone(),
        "open-page".to_owned(),
        format!("{program} %s"),
        format!("{program}:/missing/browser"),
        format!("/missing/browser:{program}"),
        format!(":{program}"),
        format!("{program}:"),
        format!("  {program}  "),
        format!("{program} --new-window %s"),
        format!("{program} ;touch {}", witness.display()),
        format!("{program} $(touch {})", witness.display()),
        format!("{program} %% %c"),
    ];
    for form in forms {
        let (output, arguments) = open_with(TEST, folder.path(), &form);
        let link = link_in(&output);
        assert!(
            output.contains(&format!("OPENED {link}")),
            "{form}: {output}"
        );
        assert!(output.contains("ZOMBIES 0"), "{form}: {output}");
        let arguments = arguments.unwrap_or_else(|| panic!("{form}: the program was not started"));
        let links = arguments
            .iter()
            .filter(|argument| *argument == link)
            .count();
        assert_eq!(links, 1, "{form}: {arguments:?}");
        // The other arguments come from BROWSER itself; no part of the link is among them.
        assert!(
            arguments
                .iter()
                .all(|argument| *argument == link || !argument.contains("http")),
            "{form}: {arguments:?}"
        );
        assert!(!witness.exists(), "{form}: a shell has run it");
    }
    measured(17, "12 forms of `BROWSER`: the link as one argument");
}

#[test]
fn a_program_that_fails_is_noticed() {
    const TEST: &str = "a_program_that_fails_is_noticed";
    if subprocess::is_child(TEST) {
        return open_one_page();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let failing = program(folder.path(), "failing", "exit 3");
    let (output, _) = open_and(TEST, folder.path(), &failing, &[(TO_THE_END, "1")]);
    assert!(output.contains("ended with code 3"), "{output}");
    assert!(output.contains("ENDED failed"), "{output}");
    assert!(output.contains("ZOMBIES 0"), "{output}");

    let (output, _) = open_with(TEST, folder.path(), "/missing/browser");
    assert!(output.contains("FAILED http://127.0.0.1:"), "{output}");

    // Neither a screen nor a browser is named: the plugin tries nothing.
    let (output, _) = open_with(TEST, folder.path(), "");
    assert!(output.contains("there is no screen"), "{output}");
    measured(10, "opener fails or is missing: failed");
}

/// `AppImage`, Steam and start scripts set these for the game. The browser inherits them, and may
/// not start with them.
#[test]
fn a_browser_that_the_libraries_of_the_game_break_is_noticed() {
    const TEST: &str = "a_browser_that_the_libraries_of_the_game_break_is_noticed";
    if subprocess::is_child(TEST) {
        return open_one_page();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let broken = program(
        folder.path(),
        "broken",
        "[ -z \"$LD_LIBRARY_PATH$LD_PRELOAD\" ] || exit 127",
    );
    for (set, other) in [
        ("LD_LIBRARY_PATH", "LD_PRELOAD"),
        ("LD_PRELOAD", "LD_LIBRARY_PATH"),
    ] {
        let (output, _) = open_and(
            TEST,
            folder.path(),
            &broken,
            &[(set, "/none.so"), (other, ""), (TO_THE_END, "1")],
        );
        let line = output
            .lines()
            .find(|line| line.starts_with("FAILED http://127.0.0.1:"));
        let line = line.unwrap_or_else(|| panic!("the link is at hand: {output}"));
        assert!(
            line.contains("ended with code 127") && line.contains(set),
            "{line}"
        );
        assert!(
            !line.contains(other) && !line.contains("/none.so"),
            "{line}"
        );
        assert!(
            output.contains("ENDED failed") && output.contains("ZOMBIES 0"),
            "{output}"
        );
    }
    let (output, _) = open_and(
        TEST,
        folder.path(),
        &broken,
        &[("LD_LIBRARY_PATH", ""), ("LD_PRELOAD", "")],
    );
    assert!(output.contains("OPENED"), "{output}");
}

/// The plugin cannot distinguish it from a browser that passes the page to another process and
/// ends.
#[test]
fn a_program_that_fails_later_ends_as_timed_out() {
    const TEST: &str = "a_program_that_fails_later_ends_as_timed_out";
    if subprocess::is_child(TEST) {
        return open_one_page();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let late = program(folder.path(), "late", "sleep 3; exit 127");
    let (output, _) = open_and(TEST, folder.path(), &late, &[(TO_THE_END, "1")]);
    assert!(
        output.contains("OPENED http://127.0.0.1:") && output.contains("ENDED timed_out"),
        "{output}"
    );
    assert!(output.contains("ZOMBIES 0"), "{output}");
}

#[test]
fn a_program_that_keeps_running_counts_as_opened() {
    const TEST: &str = "a_program_that_keeps_running_counts_as_opened";
    if subprocess::is_child(TEST) {
        return open_one_page();
    }
    let folder = tempfile::tempdir().expect("a folder");
    // It ends when the test's process does: its standard input is closed, so it waits on a pipe of
    // its own.
    let running = program(
        folder.path(),
        "running",
        "exec tail -f /dev/null --pid=$PPID",
    );
    let (output, _) = open_and(TEST, folder.path(), &running, &[(TO_THE_END, "1")]);
    assert!(
        output.contains("OPENED") && output.contains("ENDED timed_out"),
        "{output}"
    );
    measured(10, "opener that runs on: timed out");
}

#[test]
fn a_program_that_ends_later_is_no_zombie_either() {
    const TEST: &str = "a_program_that_ends_later_is_no_zombie_either";
    if subprocess::is_child(TEST) {
        return open_one_page();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let brief = program(folder.path(), "brief", "sleep 0.4");
    let (output, _) = open_and(TEST, folder.path(), &brief, &[(TO_THE_END, "1")]);
    assert!(
        output.contains("ENDED timed_out") && output.contains("ZOMBIES 0"),
        "{output}"
    );
}

#[test]
fn a_program_that_does_nothing_ends_as_timed_out() {
    const TEST: &str = "a_program_that_does_nothing_ends_as_timed_out";
    if subprocess::is_child(TEST) {
        return open_one_page();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let idle = program(folder.path(), "idle", "exit 0");
    let (output, _) = open_and(TEST, folder.path(), &idle, &[(TO_THE_END, "1")]);
    assert!(
        output.contains("OPENED") && output.contains("ENDED timed_out"),
        "{output}"
    );
    measured(10, "opener that ends with 0: timed out");
}
