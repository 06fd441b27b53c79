//! No secret is where others can read it: in an argument or the environment of any process, in a
//! log, in `Debug`, or in a file.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::{OkPage, OpenError, PageHost, WebviewHost};
use test_support::browser::processes_of;
use test_support::child_protocol::{ChildProcess, print_line};
use test_support::files::{files_with, holds};
use test_support::game::Game;
use test_support::http;
use test_support::reliability::{measured, pass_on};
use test_support::subprocess;

use crate::setup::{Page, Setup, game, kill, result, wait_for_window, write};

const TEST: &str = "secrets::no_secret_is_in_an_argument_an_environment_a_log_or_a_file";

/// Everything that was logged, or printed with `Debug`.
static SAID: Mutex<String> = Mutex::new(String::new());

fn said(text: std::fmt::Arguments<'_>) {
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    _ = writeln!(said, "{text}");
}

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        said(format_args!("{} {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// The host of the test's games: notes which URLs the window gets.
struct Watched(WebviewHost, Arc<Mutex<Vec<String>>>);

impl PageHost for Watched {
    fn open(&self, page: OkPage) -> Result<(), OpenError> {
        let url = page.url();
        said(format_args!("{page:?} {url:?} {:?}", self.0));
        let mut urls = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        urls.push(url.expose().to_owned());
        drop(urls);
        let opened = self.0.open(page);
        said(format_args!("{opened:?}"));
        opened
    }
}

/// Returns the secrets in the URL of a page: the URL itself, its signature, and what makes a return
/// the callback of this request.
fn secrets_of(url: &str) -> Vec<String> {
    let mut secrets = vec![url.to_owned()];
    match http::parameter(url, "st.return") {
        Some(back) => {
            secrets.extend(http::parameter(url, "st.signature"));
            secrets.push(back["okwidget://return/".len()..].to_owned());
        }
        None => secrets.extend(http::parameter(url, "state")),
    }
    assert!(secrets.len() > 1, "no secret is found in the URL");
    secrets
}

/// Returns what a login has given to the game.
fn secrets_of_login(game: &Game) -> Vec<String> {
    let mut secrets = Vec::new();
    let session = game.app.world().resource::<OkSession>();
    if let Some((token, key)) = session.expose_secrets() {
        secrets.push(token.expose().to_owned());
        secrets.extend(key.map(|key| key.expose().to_owned()));
    }
    for login in &game.messages.logins {
        if let Outcome::Completed(LoggedIn::Code(code)) = &login.outcome {
            secrets.push(code.take().expect("nobody else takes it").expose().into());
        }
    }
    secrets
}

/// What is known about the processes of a desktop: their names, arguments and environments.
#[derive(Default)]
struct Processes {
    names: BTreeSet<String>,
    texts: BTreeSet<Vec<u8>>,
}

impl Processes {
    fn look(&mut self, setup: &Setup) {
        let own = std::process::id();
        for process in processes_of(setup.home()).into_iter().chain([own]) {
            let read = |file: &str| fs::read(format!("/proc/{process}/{file}")).unwrap_or_default();
            let name = String::from_utf8_lossy(&read("comm")).trim().to_owned();
            self.names.insert(name);
            self.texts.extend(["cmdline", "environ"].map(read));
        }
    }
}

/// Plays a page to its end, and looks at all processes meanwhile. Returns the secrets in it.
fn play(setup: &Setup, page: Page, is_killed: bool, processes: &mut Processes) -> Vec<String> {
    let urls = Arc::<Mutex<Vec<String>>>::default();
    let host = Watched(setup.host(), Arc::clone(&urls));
    let behavior = match is_killed {
        true => Behavior::Ask,
        false => Behavior::Delay(Duration::from_millis(500), Box::new(Behavior::Accept)),
    };
    let mut game = game(behavior, host);
    let sandbox = game.app.world().resource::<OkSandbox>().clone();
    let session = sandbox.session();
    let mut secrets = vec![
        session.access_token.clone(),
        session.session_secret_key.clone(),
        sandbox.app().secret_key.clone(),
    ];
    let id = write(&mut game, page, Duration::from_secs(120));
    wait_for_window(&mut game, id);
    game.run_until("the page and all of its processes", |kit| {
        processes.look(setup);
        let requests = kit.app.world().resource::<PendingRequests>();
        said(format_args!("{requests:?}"));
        (!sandbox.requests().is_empty()).then_some(())
    });
    if is_killed {
        kill(setup.programs()[0]);
    }
    let expected = if is_killed { "PageLost" } else { "completed" };
    assert_eq!(result(&mut game, id), expected, "{page:?}");
    processes.look(setup);
    setup.expect_no_process();
    let world = game.app.world();
    said(format_args!(
        "{:?} {:?} {:?}",
        world.resource::<PendingRequests>(),
        world.resource::<OkSession>(),
        game.messages
    ));
    let requests = world.resource::<PendingRequests>();
    for error in requests.recently_finished().filter_map(|end| end.error()) {
        said(format_args!("{error} {error:?} {}", error.advice()));
    }
    secrets.extend(secrets_of_login(&game));
    let urls = urls.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(urls.len(), 1);
    secrets.extend(secrets_of(&urls[0]));
    secrets
}

/// Every secret of every flow, in a process with a log and a folder for files of its own.
fn every_flow() {
    log::set_logger(&Recorder).expect("the first");
    log::set_max_level(log::LevelFilter::Trace);
    let Some(setup) = Setup::x11() else { return };
    let mut processes = Processes::default();
    let mut secrets = Vec::new();
    for (page, is_killed) in [
        (Page::Suggest, false),
        (Page::Post, true),
        (Page::Login, false),
        (Page::Login, true),
        (Page::LoginForCode, false),
    ] {
        secrets.extend(play(&setup, page, is_killed, &mut processes));
    }
    secrets.sort();
    secrets.dedup();
    assert!(secrets.iter().all(|secret| secret.len() >= 16));

    for name in ["odnoklassniki_w", "WebKitNetworkPr", "WebKitWebProces"] {
        assert!(processes.names.contains(name), "{:?}", processes.names);
    }
    for text in &processes.texts {
        let found = holds(text, &secrets);
        let text = String::from_utf8_lossy(text);
        assert_eq!(found, None, "in an argument or an environment: {text}");
    }
    let said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(said.contains("bevy_odnoklassniki") && said.contains("OkPage"));
    assert_eq!(holds(said.as_bytes(), &secrets), None, "in a log or Debug");
    let temporary = std::env::temp_dir();
    for folder in [&*temporary, setup.home(), Path::new("/dev/shm")] {
        let files = files_with(folder, &secrets);
        assert_eq!(files, Vec::<PathBuf>::new(), "in a file");
    }
    measured(
        15,
        format_args!(
            "webview: 0 of {} canaries in arguments and environments of {} programs, {} KiB of logs and Debug, and files",
            secrets.len(),
            processes.names.len(),
            said.len() / 1024
        ),
    );
    print_line("DONE", "");
}

/// The player's token is in the signed URL, and the return token in that and in what comes back.
#[test]
fn no_secret_is_in_an_argument_an_environment_a_log_or_a_file() {
    if subprocess::is_child(TEST) {
        return every_flow();
    }
    if Setup::x11().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = subprocess::command(TEST);
    command
        .env("TMPDIR", folder.path())
        .env("HOME", folder.path());
    let mut child = ChildProcess::start(&mut command);
    child.receive_within("DONE", Duration::from_secs(120));
    let (status, output) = child.finish();
    assert!(status.success(), "{output}");
    pass_on(&output);
}
