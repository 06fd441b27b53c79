//! A killed game leaves nothing, and no secret is where others can read it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use bevy_odnoklassniki::WebviewHost;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::Behavior;
use test_support::browser::processes_of;
use test_support::child_protocol::{ChildProcess, print_line, read_line};
use test_support::subprocess;

use crate::setup::{Page, Setup, game, kill, result, wait_for_window, write};

const LONG: Duration = Duration::from_secs(120);

#[test]
fn a_killed_game_leaves_no_process() {
    const NAME: &str = "processes::a_killed_game_leaves_no_process";
    if subprocess::is_child(NAME) {
        let host = WebviewHost::new().with_program(read_line());
        let mut game = game(Behavior::Ask, host);
        let id = write(&mut game, Page::Invite, LONG);
        wait_for_window(&mut game, id);
        print_line("SHOWN", "");
        // Until it is killed.
        loop {
            game.update();
            std::thread::yield_now();
        }
    }
    let Some(setup) = Setup::x11() else { return };
    let mut child = ChildProcess::start(&mut subprocess::command(NAME));
    child.send(&setup.home().join("start").display().to_string());
    child.receive("SHOWN");
    assert!(!setup.programs().is_empty());
    kill(child.id());
    setup.expect_no_process();
}

#[test]
fn the_window_ends_with_the_app() {
    let Some(setup) = Setup::x11() else { return };
    let mut game = setup.game(Behavior::Ask);
    let id = write(&mut game, Page::Invite, LONG);
    wait_for_window(&mut game, id);
    drop(game);
    setup.expect_no_process();
}

static LOG: Mutex<String> = Mutex::new(String::new());

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut log = LOG.lock().expect("no panic");
        *log += &format!("{} {}\n", record.target(), record.args());
    }

    fn flush(&self) {}
}

/// Returns the files below a folder that hold one of these texts.
fn files_with(folder: &Path, secrets: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, secrets));
        } else if path.is_file() {
            let text = fs::read(&path).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            if secrets.iter().any(|secret| text.contains(secret)) {
                found.push(path);
            }
        }
    }
    found
}

/// The session's token is in the signed URL, and the return token in that and in what comes back.
#[test]
fn no_secret_is_in_an_argument_an_environment_a_log_or_a_file() {
    const NAME: &str = "processes::no_secret_is_in_an_argument_an_environment_a_log_or_a_file";
    // Alone, because of the log.
    if !subprocess::is_child(NAME) {
        if Setup::x11().is_some() {
            ChildProcess::start(&mut subprocess::command(NAME)).assert_passes();
        }
        return;
    }
    log::set_logger(&Recorder).expect("the first");
    log::set_max_level(log::LevelFilter::Trace);
    let Some(setup) = Setup::x11() else { return };
    let host = setup.host();
    let behavior = Behavior::Delay(Duration::from_secs(2), Box::new(Behavior::Accept));
    let mut game = game(behavior, host.clone());
    let id = write(&mut game, Page::Suggest, LONG);
    wait_for_window(&mut game, id);
    let sandbox = game.app.world().resource::<OkSandbox>().clone();
    let end = Instant::now() + Duration::from_secs(30);
    while sandbox.requests().is_empty() {
        assert!(Instant::now() < end, "OK's page is asked for");
        std::thread::yield_now();
    }
    let session = sandbox.session();
    let mut secrets = vec![
        session.access_token.clone(),
        session.session_secret_key.clone(),
    ];
    secrets.push("okwidget://return/".to_owned());
    secrets.push("okwidget%3A".to_owned());
    secrets.push("st.cmd=".to_owned());
    for process in processes_of(setup.home()) {
        for file in ["cmdline", "environ"] {
            let text = fs::read(format!("/proc/{process}/{file}")).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            assert!(
                !secrets.iter().any(|secret| text.contains(secret)),
                "{file}"
            );
        }
    }
    assert_eq!(result(&mut game, id), "completed");
    setup.expect_no_process();
    assert_eq!(files_with(setup.home(), &secrets), Vec::<PathBuf>::new());
    let log = LOG.lock().expect("no panic").clone();
    let debug = format!(
        "{host:?} {:?}",
        game.app.world().resource::<PendingRequests>()
    );
    assert!(log.contains("odnoklassniki"), "it logs");
    for secret in secrets {
        assert!(!log.contains(&secret) && !debug.contains(&secret));
    }
}
