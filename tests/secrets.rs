//! No secret leaves through logs, debug output, errors, panics, openers' arguments or files.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::panic;
use std::path::Path;
use std::sync::Mutex;

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::{
    AccessToken, ErrorCode, InviteWidget, SessionSecretKey, Signer, SigningError, SigningRequest,
    Widget as _,
};
use bevy_odnoklassniki::sandbox::{Behavior, Sandbox};
use test_support::game::Game;
use test_support::reliability::{measured, pass_on};
use test_support::{http, subprocess};

const TEST: &str = "nothing_secret_is_written_anywhere";
const STATE: &str = "CANARY-state-51aa";

/// Everything that was logged, printed with `Debug` or `Display`, or written by a panic.
static SAID: Mutex<String> = Mutex::new(String::new());
/// What must not be in it.
static CANARIES: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn said(text: std::fmt::Arguments<'_>) {
    if let Ok(mut said) = SAID.lock() {
        _ = writeln!(said, "{text}");
    }
}

fn canary(text: &str) {
    assert!(text.len() >= 8, "too short to search for");
    CANARIES.lock().expect("not poisoned").push(text.to_owned());
}

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut text = record.args().to_string();
        // `webbrowser` logs the command it starts, and with it the one-time link. Nothing else may
        // be there.
        if record.target().starts_with("webbrowser") {
            text.truncate(text.find("/go/").unwrap_or(text.len()));
        }
        said(format_args!("{} {text}", record.target()));
    }

    fn flush(&self) {}
}

fn token_of(link: &OneTimeLink) -> &str {
    link.expose().rsplit('/').next().expect("a token")
}

fn look_at(game: &mut Game) {
    let world = game.app.world();
    said(format_args!(
        "{:?} {:?}",
        world.resource::<AppCredentials>(),
        world.resource::<OkSession>()
    ));
    let requests = world.resource::<PendingRequests>();
    said(format_args!("{requests:?}"));
    for request in requests.iter() {
        said(format_args!(
            "{request:?} {:?} {:?}",
            request.id(),
            request.link()
        ));
    }
    for finished in requests.recently_finished() {
        said(format_args!("{finished:?}"));
        if let Some(error) = finished.error() {
            said(format_args!("{error} {error:?} {}", error.advice()));
        }
    }
    said(format_args!(
        "{:?} {:?}",
        game.messages.opened, game.messages.notices
    ));
    said(format_args!(
        "{:?} {:?}",
        game.messages.logins, game.messages.session
    ));
}

/// Follows the link of a request, and returns the URL of OK's page.
fn oks_url(game: &mut Game, id: RequestId) -> String {
    let link = game.link_of(id);
    canary(link.rsplit('/').next().expect("a token"));
    look_at(game);
    http::header(&http::get(&link), "location")
        .expect("OK's URL")
        .to_owned()
}

/// Loads OK's page. Where the behavior never sends it, only the request is sent.
fn page(behavior: &Behavior, url: &str) -> String {
    if matches!(behavior, Behavior::NeverRespond) {
        let (host, path) = http::split(url);
        let mut stream = TcpStream::connect(host).expect("the port is open");
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes())
            .expect("it is taken");
        return String::new();
    }
    http::get(url)
}

/// Plays a request by hand, so that the test knows its tokens and can search for them.
fn by_hand(behavior: Behavior) {
    let mut game = game(behavior.clone(), |link: &OneTimeLink| {
        said(format_args!("{link:?}"));
        Ok(())
    });
    let request = RequestSuggest::new().state(STATE);
    said(format_args!("{request:?}"));
    let id = request.id();
    game.write(request);
    let url = oks_url(&mut game, id);
    canary(&url);
    canary(
        url.split("st.signature=")
            .nth(1)
            .and_then(|rest| rest.get(..32))
            .expect("a signature"),
    );
    let response = page(&behavior, &url);
    if let Some(back) = http::header(&response, "location") {
        canary(
            back.split("/r/")
                .nth(1)
                .and_then(|rest| rest.get(..32))
                .expect("a return token"),
        );
        _ = http::get(back);
        // A second time, and with a wrong path: refused, counted, perhaps logged.
        _ = http::get(back);
        _ = http::get(&back.replace("/r/", "/f/"));
    }
    game.write(CancelRequest { id });
    for _ in 0..3 {
        game.update();
        look_at(&mut game);
    }
}

/// Plays a login by hand, so that the test knows all of its secrets.
fn log_in_by_hand(behavior: Behavior, request: RequestLogin) {
    let store = bevy_odnoklassniki::MemoryStore::new();
    let kept = store.clone();
    let mut game = Game::with(behavior.clone(), |plugin| {
        plugin
            .without_session()
            .with_session_store(kept)
            .with_opener(|_: &OneTimeLink| Ok(()))
    });
    said(format_args!("{request:?} {store:?}"));
    let id = request.id();
    game.write(request);
    let url = oks_url(&mut game, id);
    canary(
        url.split("state=")
            .nth(1)
            .and_then(|rest| rest.get(..32))
            .expect("a state"),
    );
    let response = page(&behavior, &url);
    if let Some(back) = http::header(&response, "location") {
        bring_back(back);
    }
    for _ in 0..20 {
        game.update();
        look_at(&mut game);
    }
    if let Some((token, _)) = game.app.world().resource::<OkSession>().expose_secrets() {
        assert!(
            CANARIES
                .lock()
                .expect("not poisoned")
                .iter()
                .any(|canary| canary == token.expose())
        );
    }
    game.write(RequestLogout);
    game.write(CancelRequest { id });
    for _ in 0..3 {
        game.update();
        look_at(&mut game);
    }
}

/// Takes OK's callback to the game as a browser does, and its fragment as the relay page's script
/// does.
fn bring_back(back: &str) {
    let (page, fragment) = back.split_once('#').unwrap_or((back, ""));
    for name in ["access_token=", "session_secret_key=", "code="] {
        if let Some((_, value)) = back.split_once(name) {
            // What the sandbox sends as garbage is no secret.
            let value = value.split('&').next().expect("a value");
            if value.len() > 8 {
                canary(value);
            }
        }
    }
    _ = http::get(page);
    let Some((_, state)) = back.split_once("state=") else {
        return;
    };
    let (host, _) = http::split(page);
    // Twice: the second is refused, counted, perhaps logged.
    for _ in 0..2 {
        _ = http::send(
            host,
            &format!(
                "POST /f/{} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Length: {}\r\n\r\n{fragment}",
                state.get(..32).unwrap_or_default(),
                fragment.len()
            ),
        );
    }
}

/// The one store that writes a file: what is in it is private, and gone when the player logs out.
#[cfg(feature = "file-store")]
fn login_with_a_file() {
    let path = std::env::temp_dir().join("game").join("session.json");
    let store = FileStore::new(&path);
    said(format_args!("{store:?}"));
    let mut game = Game::with(Behavior::Accept, |plugin| {
        let by_hand = |link: &OneTimeLink| {
            let to_ok = http::get(link.expose());
            let response = http::get(http::header(&to_ok, "location").unwrap_or_default());
            bring_back(http::header(&response, "location").unwrap_or_default());
            Ok(())
        };
        plugin
            .without_session()
            .with_session_store(store)
            .with_opener(by_hand)
    });
    game.write(RequestLogin::new());
    game.run_until("the login", |kit| kit.messages.logins.pop());
    look_at(&mut game);
    let (token, _) = game
        .app
        .world()
        .resource::<OkSession>()
        .expose_secrets()
        .expect("logged in");
    let token = token.expose().to_owned();
    let kept = || std::fs::read_to_string(&path).unwrap_or_default();
    // The store's thread erases it and reports nothing.
    let end = std::time::Instant::now() + bevy_odnoklassniki::test_kit::TIMEOUT;
    let until = |game: &mut Game, done: &dyn Fn() -> bool| {
        while !done() {
            assert!(std::time::Instant::now() < end, "the file did not come");
            game.update();
            std::thread::yield_now();
        }
    };
    until(&mut game, &|| kept().contains(&token));
    game.write(RequestLogout);
    game.update();
    until(&mut game, &|| !path.exists());
    // One that cannot be read, and one that is not the game's: no text about them contains a part
    // of them.
    for text in [
        format!("{{ {token}"),
        format!(r#"{{"format":"x","access_token":"{token}"}}"#),
    ] {
        std::fs::write(&path, text).expect("written");
        let store = FileStore::new(&path);
        let mut game = Game::with(Behavior::Accept, |plugin| {
            plugin.without_session().with_session_store(store)
        });
        game.run_until("the error", |kit| {
            kit.app
                .world()
                .resource::<OkSession>()
                .store_error()
                .cloned()
        });
        look_at(&mut game);
    }
    std::fs::remove_dir_all(path.parent().expect("a folder")).expect("removed");
}

fn game(
    behavior: Behavior,
    opener: impl Fn(&OneTimeLink) -> Result<(), OpenError> + Send + Sync + 'static,
) -> Game {
    Game::with(behavior, |plugin| plugin.with_opener(opener))
}

fn every_flow() {
    log::set_boxed_logger(Box::new(Recorder)).expect("no other logger");
    log::set_max_level(log::LevelFilter::Trace);
    panic::set_hook(Box::new(|info| said(format_args!("{info}"))));

    canary(STATE);
    let sandbox = Sandbox::start().expect("a sandbox");
    let session = sandbox.session();
    for secret in [
        &session.access_token,
        &session.session_secret_key,
        &sandbox.app().secret_key,
    ] {
        canary(secret);
    }
    let secrets = (
        AccessToken::new(session.access_token.as_str()),
        SessionSecretKey::new(session.session_secret_key.as_str()),
    );
    said(format_args!("{secrets:?} {session:?} {:?}", sandbox.app()));
    drop(sandbox);

    for behavior in [
        Behavior::Accept,
        Behavior::Cancel,
        Behavior::Error(ErrorCode::PARAM_SIGNATURE.0),
        Behavior::NotApproved,
        Behavior::Garbage,
        Behavior::RespondTwice,
        Behavior::WrongState,
        Behavior::NeverRespond,
        Behavior::CloseConnection,
    ] {
        by_hand(behavior);
    }

    for behavior in [
        Behavior::Accept,
        Behavior::Cancel,
        Behavior::Garbage,
        Behavior::WrongState,
        Behavior::FragmentError,
        Behavior::OAuthError("unauthorized_client".into()),
        Behavior::NeverRespond,
    ] {
        log_in_by_hand(behavior.clone(), RequestLogin::new());
        log_in_by_hand(behavior, RequestLogin::code());
    }
    #[cfg(feature = "file-store")]
    login_with_a_file();

    // Not the sandbox's player: the HTTP client in it logs what it fetches, as a browser keeps a
    // history.
    let play = |link: &OneTimeLink| {
        let mut next = Some(link.expose().to_owned());
        while let Some(url) = next {
            next = http::header(&http::get(&url), "location").map(ToOwned::to_owned);
        }
        Ok(())
    };
    let mut all = game(Behavior::Accept, play);
    all.post(RequestPost::new(Attachment::new().text("hello")).state(STATE));
    all.invite(RequestInvite::new().state(STATE));
    look_at(&mut all);

    #[cfg(feature = "browser")]
    {
        let mut browser = game(Behavior::Accept, |link| {
            Opener::open(&bevy_odnoklassniki::BrowserOpener, link)
        });
        let request = RequestInvite::new().state(STATE);
        let id = request.id();
        browser.write(request);
        browser.link_of(id);
        look_at(&mut browser);
        assert!(
            SAID.lock().expect("not poisoned").contains("webbrowser"),
            "webbrowser logged nothing"
        );
    }
    let mut failing = game(Behavior::Accept, |link: &OneTimeLink| {
        canary(token_of(link));
        Err(OpenError::new("no"))
    });
    failing.invite(RequestInvite::new().state(STATE));
    look_at(&mut failing);
    let mut panicking = game(Behavior::Accept, |link: &OneTimeLink| {
        canary(token_of(link));
        panic!("an opener's bug")
    });
    panicking.invite(RequestInvite::new().state(STATE));
    look_at(&mut panicking);
    let mut bad = game(Behavior::Accept, |_: &OneTimeLink| Ok(()));
    bad.invite(RequestInvite::new().state(format!("{STATE}-я")));
    let widget = InviteWidget::new().return_url(format!("https://game.example/?{STATE}"));
    bad.invite(RequestInvite::from(widget));
    bad.post(RequestPost::new(Attachment::new().text("Я".repeat(5000))).state(STATE));
    look_at(&mut bad);
    let backend = Signer::backend(|request: &SigningRequest<'_>| {
        said(format_args!("{request:?}"));
        Err(SigningError::NotLoggedIn)
    });
    bad.app.insert_resource(
        AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA").with_signer(backend),
    );
    bad.invite(RequestInvite::new().state(STATE));
    look_at(&mut bad);
    // Panics on purpose, while requests are pending.
    let mut pending = game(Behavior::Accept, |_: &OneTimeLink| Ok(()));
    pending.write(RequestInvite::new().state(STATE));
    pending.update();
    let system = panic::AssertUnwindSafe(|| {
        panic!("{:?}", pending.app.world().resource::<PendingRequests>())
    });
    assert!(panic::catch_unwind(system).is_err());

    _ = panic::take_hook();
    let said = SAID.lock().expect("not poisoned");
    let canaries = CANARIES.lock().expect("not poisoned");
    assert!(said.len() > 10_000, "hardly anything was recorded");
    for target in ["bevy_odnoklassniki", "mio"] {
        assert!(
            said.contains(target),
            "{target} logged nothing: is the recorder on?"
        );
    }
    assert!(canaries.len() > 20, "{canaries:?}");
    for canary in canaries.iter() {
        let place = said.find(canary.as_str());
        assert!(
            place.is_none(),
            "{canary} is in: {}",
            said.get(place.unwrap_or(0).saturating_sub(200)..)
                .unwrap_or("")
        );
    }
    measured(
        15,
        format_args!(
            "0 of {} canaries in {} KiB of logs and Debug",
            canaries.len(),
            said.len() / 1024
        ),
    );
}

#[test]
fn nothing_secret_is_written_anywhere() {
    if subprocess::is_child(TEST) {
        return every_flow();
    }
    let home = tempfile::tempdir().expect("a folder");
    let folder = |name: &str| {
        let path = home.path().join(name);
        std::fs::create_dir(&path).expect("a folder");
        path
    };
    let (cwd, temporary) = (folder("cwd"), folder("tmp"));
    let output = subprocess::command(TEST)
        .current_dir(&cwd)
        .env("BROWSER", "/bin/true")
        .env("HOME", home.path())
        .env("TMPDIR", &temporary)
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_CACHE_HOME", home.path())
        .env("XDG_DATA_HOME", home.path())
        .env("XDG_STATE_HOME", home.path())
        .output()
        .expect("the child process runs");
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{printed}");
    assert!(!printed.contains(STATE), "{printed}");
    pass_on(&printed);
    // Nothing is written to disk at all.
    assert_eq!(files_below(home.path()), Vec::<String>::new());
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found
}
