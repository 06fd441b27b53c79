//! What browsers, other programs and wrong settings send to a game's listener: which result the
//! request has, and what the log says. The single rules are tested beside the listener.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::time::Duration;

use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::{LoggedIn, RequestErrorKind, RequestId, prelude::*};
use test_support::game::Game;
use test_support::http;

/// The warnings of the plugin, a line each.
static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn && metadata.target().starts_with("bevy_odnoklassniki")
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            WARNINGS
                .lock()
                .expect("not poisoned")
                .push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

fn record_warnings() {
    // Each test calls this, and only the first call succeeds.
    _ = log::set_logger(&Recorder);
    log::set_max_level(log::LevelFilter::Trace);
}

/// Returns the warnings that contain `part`.
fn warnings(part: &str) -> Vec<String> {
    let all = WARNINGS.lock().expect("not poisoned");
    all.iter()
        .filter(|line| line.contains(part))
        .cloned()
        .collect()
}

/// A login whose page is open.
struct Login {
    id: RequestId,
    host: String,
    state: String,
}

/// Returns a game without a session, whose opener opens nothing.
fn logged_out() -> Game {
    record_warnings();
    Game::with(Behavior::Ask, OdnoklassnikiPlugin::without_session)
}

fn log_in(game: &mut Game, request: RequestLogin) -> Login {
    let id = request.id();
    game.write(request);
    let link = game.link_of(id);
    let page = http::get(&link);
    let url = http::header(&page, "location").expect("OK's URL");
    let state = http::parameter(url, "state").expect("it is always sent");
    Login {
        id,
        host: http::split(&link).0.to_owned(),
        state,
    }
}

impl Login {
    /// Returns the status of the page that a browser gets for this query.
    fn come_back(&self, query: &str) -> u16 {
        http::status(&http::get(&format!("http://{}/login?{query}", self.host)))
    }

    /// Returns the status that the page's script gets for this fragment.
    fn post(&self, fragment: &str) -> u16 {
        let Self { host, state, .. } = self;
        let headers = format!(
            "Host: {host}\r\nOrigin: http://{host}\r\nContent-Length: {}",
            fragment.len()
        );
        http::status(&http::send(
            host,
            &format!("POST /f/{state} HTTP/1.1\r\n{headers}\r\n\r\n{fragment}"),
        ))
    }

    #[track_caller]
    fn expect_pending(&self, game: &mut Game) {
        game.run_until_settled();
        assert_eq!(
            (game.messages.finished(), game.pending()),
            (0, vec![self.id])
        );
    }
}

/// How the log names an error that belongs to no request.
const NO_STATE: &str = "without `state`";

#[test]
fn an_oauth_error_without_state_is_named_in_the_log_and_ends_nothing() {
    let mut game = logged_out();
    let login = log_in(&mut game, RequestLogin::new());
    assert_eq!(
        login.come_back("error=invalid_client&error_description=Unknown+client"),
        200
    );
    login.expect_pending(&mut game);
    let [line] = &warnings(NO_STATE)[..] else {
        panic!("not one line: {:?}", warnings(""))
    };
    assert!(
        line.contains("invalid_client") && !line.contains("Unknown"),
        "{line}"
    );

    // A name of another form is not logged: neither one that adds lines, nor one without end.
    let long = "a".repeat(65);
    for bad in [
        "canary%0aWARN",
        "canary%20x",
        "canary<b>",
        "canary;",
        "canary7",
        "CanAry",
        "%D0%BA",
        &long,
    ] {
        assert_eq!(login.come_back(&format!("error={bad}")), 200, "{bad}");
    }
    login.expect_pending(&mut game);
    let lines = warnings(NO_STATE);
    assert_eq!(lines.len(), 9);
    assert!(
        lines
            .iter()
            .all(|line| !line.to_lowercase().contains("canary")
                && !line.contains('\n')
                && line.len() < 300),
        "{lines:?}"
    );

    // A page that sends browsers here cannot fill the log.
    for _ in 0..50 {
        assert_eq!(login.come_back("error=invalid_client"), 200);
    }
    assert!(
        warnings(NO_STATE).len() <= 16,
        "{}",
        warnings(NO_STATE).len()
    );

    // The callback with `state` counts as always, and is no warning.
    assert_eq!(
        login.come_back(&format!("error=access_denied&state={}", login.state)),
        200
    );
    game.run_until_settled();
    assert_eq!(
        game.messages.logins[0].outcome,
        Outcome::Cancelled(CancelledBy::Player)
    );
    assert!(warnings("access_denied").is_empty());
}

#[test]
fn a_browser_that_insists_on_https_is_named_in_the_log_once() {
    let mut game = logged_out();
    let login = log_in(&mut game, RequestLogin::new());
    for _ in 0..5 {
        let mut stream = TcpStream::connect(&login.host).expect("the port is open");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a timeout");
        stream
            .write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])
            .expect("taken");
        _ = stream.shutdown(Shutdown::Write);
        _ = stream.read_to_end(&mut Vec::new());
    }
    login.expect_pending(&mut game);
    assert_eq!(warnings("https").len(), 1, "{:?}", warnings(""));
    assert_eq!(
        login.come_back(&format!("error=access_denied&state={}", login.state)),
        200
    );
    game.run_until_settled();
    assert_eq!(
        game.messages.logins[0].outcome,
        Outcome::Cancelled(CancelledBy::Player)
    );
}

#[test]
fn a_redirect_uri_with_a_port_that_browsers_block_is_refused_before_a_page_opens() {
    for port in [1720, 5060, 6000, 6666, 6697, 10080] {
        let uris = [
            "http://127.0.0.1:17811/login".to_owned(),
            format!("http://127.0.0.1:{port}/login"),
        ];
        let mut game = Game::with(Behavior::Ask, |plugin| {
            plugin.without_session().with_redirect_uris(uris)
        });
        game.write(RequestLogin::new());
        game.run_until_settled();
        let [login] = &game.messages.logins[..] else {
            panic!("not one result: {:?}", game.messages.logins)
        };
        let error = login.outcome.error().expect("refused");
        assert_eq!(error.kind(), RequestErrorKind::InvalidRequest);
        let text = error.to_string();
        assert!(
            text.contains(&format!("port {port}")) && text.contains("browsers block"),
            "{text}"
        );
        assert_eq!(game.messages.opened.len(), 0);
    }
}

/// As long as OK's codes are today.
#[test]
fn a_long_code_comes_through_whole() {
    let mut game = logged_out();
    let login = log_in(&mut game, RequestLogin::code());
    let code = "aB3-_.".repeat(38);
    assert_eq!(
        (
            code.len(),
            login.come_back(&format!("code={code}&state={}", login.state))
        ),
        (228, 200)
    );
    game.run_until_settled();
    let Some(LoggedIn::Code(came)) = game.messages.logins[0].outcome.completed() else {
        panic!("no code")
    };
    assert_eq!(came.take().expect("the code").expose(), code);
}

/// Name and number of a callback are plain. The text beside them is only shown, and may be in any
/// encoding.
#[test]
fn a_cancel_with_a_text_in_another_encoding_is_a_cancel() {
    for text in [
        "%CE%EF%E5%F0%E0%F6%E8%FF+%EE%F2%EC%E5%ED%E5%ED%E0",
        "%u041E%u0442%u043C%u0435%u043D%u0430",
        "%D0%9E%D0",
        "%CE%F2%EC%E5%ED%E0",
    ] {
        let mut game = Game::with_sandbox(Behavior::Ask);
        let request = RequestInvite::new();
        let id = request.id();
        game.write(request);
        let page = http::get(&game.link_of(id));
        let url = http::header(&page, "location").expect("OK's URL");
        let back = http::parameter(url, "st.return").expect("it is always sent");
        let page = http::get(&format!(
            "{back}?code=CANCELLED&error_code=12&error_msg={text}"
        ));
        assert!(page.contains("<h1>Cancelled</h1>"), "{text}: {page}");
        assert_eq!(
            game.invite_outcome(id),
            Outcome::Cancelled(CancelledBy::Player),
            "{text}"
        );

        for (in_fragment, and) in [(false, "&"), (true, "&"), (false, "&amp;"), (true, "&amp;")] {
            let mut game = logged_out();
            let login = log_in(&mut game, RequestLogin::new());
            let callback = format!(
                "error=access_denied{and}error_description={text}{and}state={}",
                login.state
            );
            let status = if in_fragment {
                login.post(&callback)
            } else {
                login.come_back(&callback)
            };
            assert_eq!(status, 200);
            game.run_until_settled();
            assert_eq!(
                game.messages.logins[0].outcome,
                Outcome::Cancelled(CancelledBy::Player),
                "{text}"
            );
        }
    }
}
