//! Processes: none is left behind, and none shows a secret.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::json;
use test_support::browser::processes_of;
use test_support::child_protocol::{ChildProcess, print_line, read_line};
use test_support::files::files_with;
use test_support::subprocess;
use test_support::wait::wait_until;

use crate::driver::{Desktop, Helper, TOKEN, command, expect_no_process, home, request, widget};
use crate::site::{Reply, Site, page, script};

fn kill(id: u32) {
    let status = Command::new("kill")
        .args(["-KILL", &id.to_string()])
        .status();
    assert!(status.is_ok_and(|status| status.success()));
}

fn name_of(id: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    name.trim().to_owned()
}

/// Returns the processes with names like this. The kernel cuts names off.
fn named(helper: &Helper, name: &str) -> Vec<u32> {
    let mut found = processes_of(helper.home());
    found.retain(|id| name_of(*id).starts_with(name));
    found
}

/// The game: starts the program, shows a page, and is killed.
#[test]
fn a_killed_game_leaves_no_window() {
    const NAME: &str = "processes::a_killed_game_leaves_no_window";
    if subprocess::is_child(NAME) {
        let mut child = command(read_line().as_ref())
            .env("DISPLAY", read_line())
            .env("GDK_BACKEND", "x11")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        use std::io::{BufRead as _, BufReader, Write as _};
        let mut to = child.stdin.take().expect("its input");
        writeln!(to, "{}", request(&read_line())).expect("it reads");
        for line in BufReader::new(child.stdout.take().expect("its output")).lines() {
            if line.expect("a line").contains("\"at\"") {
                print_line("SHOWN", "");
            }
        }
        _ = child.wait();
        unreachable!("killed before");
    }
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let site = Site::start(|_| page(""));
    let home = home();
    let mut game = ChildProcess::start(&mut subprocess::command(NAME));
    game.send(&home.path().display().to_string());
    game.send(desktop.display());
    game.send(&site.url);
    game.receive("SHOWN");
    assert!(processes_of(home.path()).len() >= 3);
    kill(game.id());
    expect_no_process(home.path());
}

#[test]
fn a_killed_program_leaves_no_process_of_the_engine() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let site = Site::start(|_| page(""));
    let mut helper = Helper::show(&desktop, &site.url);
    helper.expect("at", &json!(site.url));
    // The game sees the end at once, because no other process holds the output open.
    let ours = fs::read_dir("/proc/self/fd").expect("a list").flatten();
    let ours: Vec<_> = ours.flat_map(|file| fs::read_link(file.path())).collect();
    let mut engine = processes_of(helper.home());
    engine.retain(|id| *id != helper.id());
    assert!(engine.len() >= 2);
    for id in engine {
        let output = fs::read_link(format!("/proc/{id}/fd/1")).expect("it runs");
        assert!(!ours.contains(&output), "{} has {output:?}", name_of(id));
    }
    kill(helper.id());
    helper.expect_end();
    helper.expect_no_process();
}

/// A program that does not run at all ends when it runs again.
#[test]
fn a_stopped_program_ends_with_the_game_once_it_goes_on() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let site = Site::start(|_| page(""));
    let mut helper = Helper::show(&desktop, &site.url);
    helper.expect("at", &json!(site.url));
    let id = helper.id().to_string();
    let signal = |name: &str| Command::new("kill").args([name, &id]).status();
    signal("-STOP").expect("sent");
    helper.close_input();
    signal("-CONT").expect("sent");
    helper.expect_end();
    helper.expect_no_process();
}

#[test]
fn a_page_whose_process_ends_is_lost() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let site = Site::start(|_| page(""));
    let mut helper = Helper::show(&desktop, &site.url);
    helper.expect("at", &json!(site.url));
    let processes = named(&helper, "WebKitWebProces");
    assert_eq!(processes.len(), 1);
    kill(processes[0]);
    helper.expect("failed", &json!("the page has crashed"));
    helper.expect_end();
    helper.expect_no_process();
}

/// The token is in the signed URL, in the page, and in what comes back.
#[test]
fn no_secret_is_in_an_argument_an_environment_a_file_or_an_error() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let to = widget();
    let site = Site::start(move |path| match path.starts_with("/page") {
        // An engine with a cache would keep it.
        true => Reply {
            status: "200 OK\r\nContent-Type: text/html\r\nCache-Control: max-age=3600".to_owned(),
            ..script(format!(
                "setTimeout(() => location.href = {to:?} + '?r=1', 500)"
            ))
        },
        false => page(""),
    });
    let mut helper = Helper::show(&desktop, &format!("{}/page?back={TOKEN}", site.url));
    helper.expect("at", &json!(site.url));
    wait_until("the engine's processes", || {
        !named(&helper, "WebKitNetwork").is_empty()
    });
    let look = |helper: &Helper| {
        for id in processes_of(helper.home()) {
            for file in ["cmdline", "environ", "comm"] {
                let text = fs::read(format!("/proc/{id}/{file}")).unwrap_or_default();
                let text = String::from_utf8_lossy(&text).into_owned();
                assert!(!text.contains(TOKEN), "{file} of {}", name_of(id));
                assert!(!text.contains("/page?"), "{file} of {}", name_of(id));
            }
        }
    };
    look(&helper);
    helper.expect_return(&format!("{}?r=1", widget()));
    look(&helper);
    helper.close_input();
    helper.expect_end();
    helper.expect_no_process();
    assert_eq!(
        files_with(helper.home(), &[TOKEN.to_owned()]),
        Vec::<std::path::PathBuf>::new()
    );
    assert!(!helper.errors().contains(TOKEN));
}
