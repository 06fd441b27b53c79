//! The game as a program: its command line, its environment, and a sandbox inside it.

use std::env;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use bevy::app::App;
use bevy::window::WindowResizeConstraints;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::{OkSandbox, WebviewHost};
use lexopt::prelude::*;

use crate::options::{Options, SANDBOX_GROUP, Start, timeout};
use crate::people::Names;
use crate::report::Sink;
use crate::words::Language;

const HELP: &str = "\
Castle with friends: a small game on Odnoklassniki (OK.ru)

usage: cargo run -p social_game -- [options]

  --lang en|ru         language of the game (default: from LC_ALL, LC_MESSAGES or LANG)
  --panel              start with the developer's panel open (F12 opens and closes it)
  --timeout SECONDS    how long a request waits for the player, 5 to 3600 (default: 600)
  --logged-out         begin without a player: the first request opens the login page
  --webview            show OK's pages in a window of the game's own. Build the window's program first:
                       cargo build -p odnoklassniki_webview
  --reactive           sleep between inputs, as desktop programs do, in place of drawing all the time
  --report FILE        write what the player sees to FILE, one JSON object per line, for tests
  --help               this text

Without more it plays on a sandbox that stands in for OK. For the real OK set all of
  OK_APP_ID          the application's id
  OK_APP_KEY         its public key
  OK_REDIRECT_URIS   its registered redirect URIs on this machine, with commas:
                     http://127.0.0.1:17811/login,http://127.0.0.1:38411/login
and, to post to a group, too,
  OK_GROUP_ID        the group's id
With --webview a login returns to https://oauth.mycdn.me/blank.html: register that with OK, too.";

/// The application on the real OK, with its registered redirect URIs.
type Application = (AppCredentials, Vec<String>);

/// Reads the command line and the environment. An error is the program's exit code: what there is
/// to read is on the terminal.
#[expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a program writes to its terminal"
)]
pub fn start() -> Result<Start, ExitCode> {
    match read() {
        Ok(Some(start)) => Ok(start),
        Ok(None) => {
            println!("{HELP}");
            Err(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("{error}\nTry --help.");
            Err(ExitCode::from(2))
        }
    }
}

/// Returns nothing for a player who asks for help.
fn read() -> Result<Option<Start>, lexopt::Error> {
    let mut options = Options::new(Language::of(&locale()));
    let (mut report, mut webview, mut help) = (None, false, false);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("lang") => options.language = arguments.value()?.parse()?,
            Long("panel") => options.panel = true,
            Long("timeout") => options.timeout = Some(arguments.value()?.parse_with(timeout)?),
            Long("logged-out") => options.logged_out = true,
            Long("webview") => webview = true,
            Long("reactive") => options.reactive = true,
            Long("report") => report = Some(PathBuf::from(arguments.value()?)),
            Long("help") | Short('h') => help = true,
            other => return Err(other.unexpected()),
        }
    }
    // Who asks for help may have set half of the variables.
    if help {
        return Ok(None);
    }
    let application = application()?;
    options.group = match variable("OK_GROUP_ID") {
        Some(id) => Some(
            id.parse()
                .map_err(|_| "OK_GROUP_ID must be the number of a group")?,
        ),
        None => application.is_none().then_some(SANDBOX_GROUP),
    };
    let mut plugin = options.apply(plugin(application, options.logged_out));
    if webview {
        plugin = plugin.with_page_host(host(options.language));
    }
    let report = report.map(file).transpose();
    Ok(Some(Start {
        report: report.map_err(|error| format!("--report: {error}"))?,
        plugin,
        options,
    }))
}

fn plugin(application: Option<Application>, logged_out: bool) -> OdnoklassnikiPlugin {
    match application {
        Some((credentials, uris)) => OdnoklassnikiPlugin::new(credentials).with_redirect_uris(uris),
        None if logged_out => OdnoklassnikiPlugin::sandbox().without_session(),
        None => OdnoklassnikiPlugin::sandbox(),
    }
}

/// A window for OK's pages, by the program that lies beside the game. Without it they open in the
/// browser.
fn host(language: Language) -> WebviewHost {
    let title = language.say("Castle with friends", "Замок с друзьями");
    WebviewHost::new()
        .with_title(title)
        .with_language(language.code())
}

fn file(path: PathBuf) -> std::io::Result<Sink> {
    let mut file = File::create(path)?;
    Ok(Box::new(move |line| writeln!(file, "{line}")))
}

/// The sandbox's people, where there is one.
pub fn names(app: &App) -> Names {
    let sandbox = app.world().get_resource::<OkSandbox>();
    let friends = sandbox.map(|sandbox| sandbox.friends()).unwrap_or_default();
    let names = friends.iter();
    Names(
        names
            .map(|friend| (friend.id, (friend.name_en, friend.name_ru)))
            .collect(),
    )
}

/// What the panel and the castle need.
pub fn smallest_window() -> WindowResizeConstraints {
    WindowResizeConstraints {
        min_width: 900.0,
        min_height: 680.0,
        ..Default::default()
    }
}

/// The locale of the machine's other programs.
fn locale() -> String {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(variable)
        .unwrap_or_default()
}

/// An empty variable is none.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// All three variables or none: half of them is a mistake to be shown, not a reason to play on the
/// sandbox.
fn application() -> Result<Option<Application>, String> {
    let names = ["OK_APP_ID", "OK_APP_KEY", "OK_REDIRECT_URIS"];
    let values = names.map(variable);
    if values.iter().all(Option::is_none) {
        return Ok(None);
    }
    let missing: Vec<_> = names
        .iter()
        .zip(&values)
        .filter(|(_, value)| value.is_none())
        .map(|(&name, _)| name)
        .collect();
    let [Some(id), Some(key), Some(uris)] = values else {
        return Err(format!(
            "for the real OK, set {} too (see --help)",
            missing.join(", ")
        ));
    };
    let credentials = AppCredentials::new(id, key);
    let uris = uris.split(',').map(|uri| uri.trim().to_owned()).collect();
    match credentials.validate() {
        Ok(()) => Ok(Some((credentials, uris))),
        Err(error) => Err(format!("{error}: {}", error.advice())),
    }
}
