//! The login dialog: what the player sees and presses, and what the game gets.

mod common;

use common::{LOGIN, get, get_in, login_url, md5_hex, page_id, returned, send, value};
use odnoklassniki_sandbox::{Behavior, Sandbox};

const SCOPES: (&str, &str) = ("scope", "VALUABLE_ACCESS;GET_EMAIL;SET_STATUS");
const CODE: (&str, &str) = ("response_type", "code");

/// The browser of a player in the dialog.
struct Browser<'a> {
    sandbox: &'a Sandbox,
    cookie: String,
}

impl<'a> Browser<'a> {
    fn new(sandbox: &'a Sandbox) -> Self {
        Self {
            sandbox,
            cookie: String::new(),
        }
    }

    /// Opens a URL. Returns `Location` and page.
    fn open(&self, url: &str) -> (String, String) {
        let request = common::client().get(url).header("Cookie", &self.cookie);
        read(request.call().unwrap())
    }

    fn press(&mut self, page: &str, buttons: &[(&str, &str)]) -> (String, String) {
        let form = [&[("page", page_id(page))], buttons].concat();
        let url = format!("{}/oauth/submit", self.sandbox.url());
        let response = common::client().post(url).send_form(form).unwrap();
        if let Some(cookie) = response.headers().get("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(
                cookie.ends_with("; Path=/oauth; HttpOnly; SameSite=Lax"),
                "{cookie}"
            );
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        read(response)
    }

    fn log_in(&mut self, url: &str) -> String {
        let page = self.open(url).1;
        assert!(
            page.contains("id=\"log-in\"") && page.contains("value=\"Sasha Belova\""),
            "{page}"
        );
        self.press(
            &page,
            &[
                ("action", "log-in"),
                ("login", "Sasha Belova"),
                ("password", "anything"),
            ],
        )
        .1
    }
}

/// Returns `Location` and page.
fn read(response: ureq::http::Response<ureq::Body>) -> (String, String) {
    let (_, location, page) = common::read(response);
    (location, page)
}

fn allow<'a>(scopes: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let scopes = scopes.iter().map(|scope| ("scope", *scope));
    [("action", "allow")].into_iter().chain(scopes).collect()
}

#[test]
fn a_player_logs_in_and_allows() {
    let sandbox = Sandbox::start().unwrap();
    let mut browser = Browser::new(&sandbox);
    let page = browser.log_in(&login_url(&sandbox, &[SCOPES]));
    for scope in ["VALUABLE_ACCESS", "GET_EMAIL", "SET_STATUS"] {
        assert!(page.contains(scope), "{page}");
    }
    assert_eq!(
        (
            page.matches(" checked").count(),
            page.matches(" disabled").count()
        ),
        (3, 1)
    );
    let (location, _) = browser.press(&page, &allow(&["GET_EMAIL", "SET_STATUS"]));
    let callback = returned(&location, '#');
    let names: Vec<&str> = callback.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "access_token",
            "session_secret_key",
            "permissions_granted",
            "expires_in",
            "state"
        ]
    );
    assert_eq!(
        value(&callback, "permissions_granted"),
        "VALUABLE_ACCESS;GET_EMAIL;SET_STATUS"
    );
    assert_eq!(
        (value(&callback, "expires_in"), value(&callback, "state")),
        ("1800", "s1")
    );
    let secret = md5_hex(&format!(
        "{}{}",
        value(&callback, "access_token"),
        sandbox.app().secret_key
    ));
    assert_eq!(value(&callback, "session_secret_key"), secret);
    assert!(location.contains("permissions_granted=VALUABLE_ACCESS%3BGET_EMAIL"));
}

#[test]
fn the_player_can_grant_fewer_scopes_but_never_more() {
    let sandbox = Sandbox::start().unwrap();
    let mut browser = Browser::new(&sandbox);
    let page = browser.log_in(&login_url(&sandbox, &[SCOPES]));
    let (location, _) = browser.press(&page, &allow(&["SET_STATUS", "PUBLISH_NOTE", "nonsense"]));
    assert_eq!(
        value(&returned(&location, '#'), "permissions_granted"),
        "VALUABLE_ACCESS;SET_STATUS"
    );
    // Without VALUABLE_ACCESS in the request the player can take all scopes out.
    let page = browser
        .open(&login_url(&sandbox, &[("scope", "GET_EMAIL")]))
        .1;
    let (location, _) = browser.press(&page, &allow(&[]));
    assert_eq!(value(&returned(&location, '#'), "permissions_granted"), "");
}

#[test]
fn a_long_token_lives_for_30_days_if_the_player_grants_it() {
    let sandbox = Sandbox::start().unwrap();
    let mut browser = Browser::new(&sandbox);
    let url = login_url(&sandbox, &[("scope", "VALUABLE_ACCESS,LONG_ACCESS_TOKEN")]);
    let page = browser.log_in(&url);
    assert_eq!(
        value(
            &returned(&browser.press(&page, &allow(&[])).0, '#'),
            "expires_in"
        ),
        "1800"
    );
    let page = browser.open(&url).1;
    let (location, _) = browser.press(&page, &allow(&["LONG_ACCESS_TOKEN"]));
    assert_eq!(value(&returned(&location, '#'), "expires_in"), "2592000");
}

#[test]
fn the_dialog_closes_by_itself_when_there_is_nothing_to_ask() {
    let sandbox = Sandbox::start().unwrap();
    let mut browser = Browser::new(&sandbox);
    let url = login_url(&sandbox, &[SCOPES]);
    let page = browser.log_in(&url);
    let (first, _) = browser.press(&page, &allow(&["GET_EMAIL"]));
    let less = login_url(&sandbox, &[("scope", "GET_EMAIL"), ("state", "s2")]);
    let (second, _) = browser.open(&less);
    let (first, second) = (returned(&first, '#'), returned(&second, '#'));
    assert_eq!(
        (
            value(&second, "permissions_granted"),
            value(&second, "state")
        ),
        ("GET_EMAIL", "s2")
    );
    assert_ne!(
        value(&first, "access_token"),
        value(&second, "access_token")
    );
    // The dialog asks again for what the player did not grant, now without the login page.
    let page = browser.open(&url).1;
    assert!(page.contains("id=\"allow\"") && !page.contains("id=\"log-in\""));
    // In another browser the player has to log in, and then the dialog closes, too.
    let mut other = Browser::new(&sandbox);
    let page = other.open(&less).1;
    assert!(
        other
            .press(&page, &[("action", "log-in")])
            .0
            .contains("#access_token=")
    );
    assert!(!other.cookie.is_empty() && other.cookie != browser.cookie);
    // After this the next login is the first.
    assert_eq!(send(&format!("{}/oauth/forget", sandbox.url()), &[]).1, "/");
    assert!(browser.open(&less).1.contains("id=\"log-in\""));
}

#[test]
fn a_foreign_cookie_and_an_early_allow_do_not_log_in() {
    let sandbox = Sandbox::start().unwrap();
    let port = sandbox.url().rsplit(':').next().unwrap();
    let mut browser = Browser::new(&sandbox);
    browser.cookie = format!("ok_sandbox_login_{port}=0123456789abcdef0123456789abcdef");
    let page = browser.open(&login_url(&sandbox, &[])).1;
    assert!(page.contains("id=\"log-in\""));
    let (location, page) = browser.press(&page, &allow(&[]));
    assert!(
        location.is_empty() && page.contains("id=\"log-in\""),
        "{location}"
    );
}

#[test]
fn deny_on_either_page() {
    let sandbox = Sandbox::start().unwrap();
    let mut browser = Browser::new(&sandbox);
    let page = browser.open(&login_url(&sandbox, &[])).1;
    assert!(page.contains("id=\"deny\""));
    let (location, _) = browser.press(&page, &[("action", "deny")]);
    let error = returned(&location, '#');
    assert_eq!(
        (value(&error, "error"), value(&error, "state")),
        ("access_denied", "s1")
    );
    assert!(!value(&error, "error_description").is_empty());
    let page = browser.log_in(&login_url(&sandbox, &[CODE]));
    let (location, _) = browser.press(&page, &[("action", "deny")]);
    assert!(
        location.starts_with(&format!(
            "{LOGIN}?state=s1#error=access_denied&error_description="
        )),
        "{location}"
    );
    let page = browser
        .open(&login_url(&sandbox, &[CODE, ("state", "-")]))
        .1;
    let (location, _) = browser.press(&page, &[("action", "deny")]);
    assert!(
        location.starts_with(&format!("{LOGIN}#error=access_denied&")),
        "{location}"
    );
}

#[test]
fn a_second_press_gets_the_same_callback() {
    let sandbox = Sandbox::start().unwrap();
    let mut browser = Browser::new(&sandbox);
    for flow in [CODE, ("response_type", "token")] {
        let page = match browser.cookie.as_str() {
            "" => browser.log_in(&login_url(&sandbox, &[flow])),
            _ => browser.open(&login_url(&sandbox, &[flow, SCOPES])).1,
        };
        let (first, _) = browser.press(&page, &allow(&[]));
        assert!(first.starts_with(LOGIN));
        for again in [
            allow(&["GET_EMAIL"]),
            vec![("action", "deny")],
            vec![("action", "log-in")],
        ] {
            assert_eq!(browser.press(&page, &again).0, first);
        }
    }
    let submit_url = format!("{}/oauth/submit", sandbox.url());
    assert_eq!(
        send(&submit_url, &[("action", "allow"), ("page", "0123")]).0,
        410
    );
    assert_eq!(send(&submit_url, &[("action", "dance")]).0, 400);
    assert_eq!(get(&submit_url).1, "/");
}

#[test]
fn pages_that_wait_for_a_button_are_bounded() {
    let sandbox = Sandbox::start().unwrap();
    let mut browser = Browser::new(&sandbox);
    let url = login_url(&sandbox, &[]);
    let (first, second) = (browser.open(&url).1, browser.open(&url).1);
    for _ in 1..200 {
        browser.open(&url);
    }
    assert!(
        browser
            .press(&first, &[("action", "deny")])
            .1
            .contains("too old")
    );
    assert!(
        browser
            .press(&second, &[("action", "deny")])
            .0
            .contains("access_denied")
    );
}

#[test]
fn a_code_is_in_the_query_and_the_old_query_stays() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_behavior(Behavior::Accept);
    let location = get(&login_url(&sandbox, &[CODE])).1;
    let callback = returned(&location, '?');
    assert_eq!(
        (value(&callback, "code").len(), value(&callback, "state")),
        (32, "s1")
    );
    let location = get(&login_url(
        &sandbox,
        &[CODE, ("redirect_uri", &format!("{LOGIN}?from=menu"))],
    ))
    .1;
    assert!(
        location.starts_with(&format!("{LOGIN}?from=menu&code=")),
        "{location}"
    );
    let location = get(&login_url(&sandbox, &[CODE, ("state", "-")])).1;
    assert_eq!(returned(&location, '?').len(), 1);
}

#[test]
fn layouts_languages_and_the_way_out() {
    let sandbox = Sandbox::start().unwrap();
    let page = |layout| get(&login_url(&sandbox, &[("layout", layout)])).2;
    for (layout, header, narrow) in [
        ("-", true, false),
        ("w", true, false),
        ("m", true, true),
        ("a", false, true),
    ] {
        let page = page(layout);
        assert_eq!(
            (page.contains("<header>"), page.contains("narrow")),
            (header, narrow),
            "{layout}"
        );
    }
    let russian = get_in(&login_url(&sandbox, &[]), "ru").2;
    assert!(russian.contains("Войти") && russian.contains("Саша Белова"));
    assert!(russian.contains("<a id=\"forgot\" href=\"/?st.cmd=userMain\">"));
    let (status, _, out) = get(&format!("{}/?st.cmd=userMain", sandbox.url()));
    assert!(status == 200 && out.contains("st.cmd=userMain"));
    assert!(
        get_in(&format!("{}/?st.cmd=userMain", sandbox.url()), "ru")
            .2
            .contains("забыл пароль")
    );
}

#[test]
fn no_value_becomes_markup() {
    let sandbox = Sandbox::start().unwrap();
    let evil = "\"><script>alert(1)</script>";
    let mut shown = Vec::new();
    for name in [
        "client_id",
        "redirect_uri",
        "state",
        "platform",
        &common::encode(evil),
    ] {
        shown.push(get(&login_url(&sandbox, &[(name, evil)])).2);
        shown.push(get(&login_url(&sandbox, &[(name, evil), (name, evil)])).2);
    }
    let url = format!("http://127.0.0.1:9/other{evil}");
    shown.push(
        get(&login_url(
            &sandbox,
            &[("redirect_uri", &url.replace(' ', ""))],
        ))
        .2,
    );
    let mut browser = Browser::new(&sandbox);
    shown.push(browser.log_in(&login_url(&sandbox, &[("state", evil)])));
    for scope in [evil, "VALUABLE_ACCESS"] {
        let location = get(&login_url(
            &sandbox,
            &[("scope", scope), ("state", evil), ("layout", evil)],
        ))
        .1;
        assert!(
            location.starts_with(LOGIN) && !location.contains(['<', '"']),
            "{location}"
        );
    }
    for page in shown {
        assert!(!page.contains("<script>"), "{page}");
    }
}
