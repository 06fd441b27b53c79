//! The login dialog: what is checked, what a person sees and presses, and what the game is
//! told.

mod common;

use common::{Game, LOGIN, get, get_in, login, md5_hex, pairs, send, ticket, told, value};
use odnoklassniki_sandbox::{Application, Behavior, Player, PlayerError, RequestKind, Sandbox};

const RIGHTS: (&str, &str) = ("scope", "VALUABLE_ACCESS;GET_EMAIL;SET_STATUS");
const CODE: (&str, &str) = ("response_type", "code");

/// A browser in which somebody uses the dialog.
struct Person<'a> {
    sandbox: &'a Sandbox,
    cookie: String,
}

impl<'a> Person<'a> {
    fn new(sandbox: &'a Sandbox) -> Self {
        Self {
            sandbox,
            cookie: String::new(),
        }
    }

    /// Where the address leads, and the page.
    fn open(&self, address: &str) -> (String, String) {
        let request = common::client().get(address).header("Cookie", &self.cookie);
        read(request.call().unwrap())
    }

    fn press(&mut self, page: &str, buttons: &[(&str, &str)]) -> (String, String) {
        let form = [&[("ticket", ticket(page))], buttons].concat();
        let address = format!("{}/oauth/answer", self.sandbox.url());
        let response = common::client().post(address).send_form(form).unwrap();
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

    fn logs_in(&mut self, address: &str) -> String {
        let page = self.open(address).1;
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

fn read(mut response: ureq::http::Response<ureq::Body>) -> (String, String) {
    let location = response
        .headers()
        .get("location")
        .map(|value| value.to_str().unwrap().to_owned());
    let text = response.body_mut().read_to_string().unwrap();
    (location.unwrap_or_default(), text)
}

fn allow<'a>(rights: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let rights = rights.iter().map(|right| ("right", *right));
    [("action", "allow")].into_iter().chain(rights).collect()
}

#[test]
fn a_person_logs_in_and_allows() {
    let sandbox = Sandbox::start().unwrap();
    let mut person = Person::new(&sandbox);
    let page = person.logs_in(&login(&sandbox, &[RIGHTS]));
    for right in ["VALUABLE_ACCESS", "GET_EMAIL", "SET_STATUS"] {
        assert!(page.contains(right), "{page}");
    }
    assert_eq!(
        (
            page.matches(" checked").count(),
            page.matches(" disabled").count()
        ),
        (3, 1)
    );
    let (location, _) = person.press(&page, &allow(&["GET_EMAIL", "SET_STATUS"]));
    let told = told(&location, '#');
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
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
        value(&told, "permissions_granted"),
        "VALUABLE_ACCESS;GET_EMAIL;SET_STATUS"
    );
    assert_eq!(
        (value(&told, "expires_in"), value(&told, "state")),
        ("1800", "s1")
    );
    let secret = md5_hex(&format!(
        "{}{}",
        value(&told, "access_token"),
        sandbox.app().secret_key
    ));
    assert_eq!(value(&told, "session_secret_key"), secret);
    assert!(location.contains("permissions_granted=VALUABLE_ACCESS%3BGET_EMAIL"));
}

#[test]
fn fewer_rights_can_be_granted_but_never_more() {
    let sandbox = Sandbox::start().unwrap();
    let mut person = Person::new(&sandbox);
    let page = person.logs_in(&login(&sandbox, &[RIGHTS]));
    let (location, _) = person.press(&page, &allow(&["SET_STATUS", "PUBLISH_NOTE", "nonsense"]));
    assert_eq!(
        value(&told(&location, '#'), "permissions_granted"),
        "VALUABLE_ACCESS;SET_STATUS"
    );
    // Without VALUABLE_ACCESS in the request nothing has to stay.
    let page = person.open(&login(&sandbox, &[("scope", "GET_EMAIL")])).1;
    let (location, _) = person.press(&page, &allow(&[]));
    assert_eq!(value(&told(&location, '#'), "permissions_granted"), "");
}

#[test]
fn a_long_token_lives_for_30_days_if_it_was_granted() {
    let sandbox = Sandbox::start().unwrap();
    let mut person = Person::new(&sandbox);
    let address = login(&sandbox, &[("scope", "VALUABLE_ACCESS,LONG_ACCESS_TOKEN")]);
    let page = person.logs_in(&address);
    assert_eq!(
        value(
            &told(&person.press(&page, &allow(&[])).0, '#'),
            "expires_in"
        ),
        "1800"
    );
    let page = person.open(&address).1;
    let (location, _) = person.press(&page, &allow(&["LONG_ACCESS_TOKEN"]));
    assert_eq!(value(&told(&location, '#'), "expires_in"), "2592000");
}

#[test]
fn the_dialogue_closes_by_itself_when_there_is_nothing_to_ask() {
    let sandbox = Sandbox::start().unwrap();
    let mut person = Person::new(&sandbox);
    let address = login(&sandbox, &[RIGHTS]);
    let page = person.logs_in(&address);
    let (first, _) = person.press(&page, &allow(&["GET_EMAIL"]));
    let less = login(&sandbox, &[("scope", "GET_EMAIL"), ("state", "s2")]);
    let (second, _) = person.open(&less);
    let (first, second) = (told(&first, '#'), told(&second, '#'));
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
    // What was not granted is asked for again, now without the login page.
    let page = person.open(&address).1;
    assert!(page.contains("id=\"allow\"") && !page.contains("id=\"log-in\""));
    // Another browser has to log in, and then it is over, too.
    let mut other = Person::new(&sandbox);
    let page = other.open(&less).1;
    assert!(
        other
            .press(&page, &[("action", "log-in")])
            .0
            .contains("#access_token=")
    );
    assert!(!other.cookie.is_empty() && other.cookie != person.cookie);
    // And to begin anew.
    assert_eq!(send(&format!("{}/oauth/forget", sandbox.url()), &[]).1, "/");
    assert!(person.open(&less).1.contains("id=\"log-in\""));
}

#[test]
fn a_foreign_cookie_and_an_early_allow_sign_nobody_in() {
    let sandbox = Sandbox::start().unwrap();
    let port = sandbox.url().rsplit(':').next().unwrap();
    let mut person = Person::new(&sandbox);
    person.cookie = format!("ok_sandbox_login_{port}=0123456789abcdef0123456789abcdef");
    let page = person.open(&login(&sandbox, &[])).1;
    assert!(page.contains("id=\"log-in\""));
    let (location, page) = person.press(&page, &allow(&[]));
    assert!(
        location.is_empty() && page.contains("id=\"log-in\""),
        "{location}"
    );
}

#[test]
fn deny_on_either_page() {
    let sandbox = Sandbox::start().unwrap();
    let mut person = Person::new(&sandbox);
    let page = person.open(&login(&sandbox, &[])).1;
    assert!(page.contains("id=\"deny\""));
    let (location, _) = person.press(&page, &[("action", "deny")]);
    let error = told(&location, '#');
    assert_eq!(
        (value(&error, "error"), value(&error, "state")),
        ("access_denied", "s1")
    );
    assert!(!value(&error, "error_description").is_empty());
    let page = person.logs_in(&login(&sandbox, &[CODE]));
    let (location, _) = person.press(&page, &[("action", "deny")]);
    assert!(
        location.starts_with(&format!(
            "{LOGIN}?state=s1#error=access_denied&error_description="
        )),
        "{location}"
    );
    let page = person.open(&login(&sandbox, &[CODE, ("state", "-")])).1;
    let (location, _) = person.press(&page, &[("action", "deny")]);
    assert!(
        location.starts_with(&format!("{LOGIN}#error=access_denied&")),
        "{location}"
    );
}

#[test]
fn a_second_press_gets_the_same_answer() {
    let sandbox = Sandbox::start().unwrap();
    let mut person = Person::new(&sandbox);
    for flow in [CODE, ("response_type", "token")] {
        let page = match person.cookie.as_str() {
            "" => person.logs_in(&login(&sandbox, &[flow])),
            _ => person.open(&login(&sandbox, &[flow, RIGHTS])).1,
        };
        let (first, _) = person.press(&page, &allow(&[]));
        assert!(first.starts_with(LOGIN));
        for again in [
            allow(&["GET_EMAIL"]),
            vec![("action", "deny")],
            vec![("action", "log-in")],
        ] {
            assert_eq!(person.press(&page, &again).0, first);
        }
    }
    let answer = format!("{}/oauth/answer", sandbox.url());
    assert_eq!(
        send(&answer, &[("action", "allow"), ("ticket", "0123")]).0,
        410
    );
    assert_eq!(send(&answer, &[("action", "dance")]).0, 400);
    assert_eq!(get(&answer).1, "/");
}

#[test]
fn pages_that_wait_for_a_button_are_bounded() {
    let sandbox = Sandbox::start().unwrap();
    let mut person = Person::new(&sandbox);
    let address = login(&sandbox, &[]);
    let (first, second) = (person.open(&address).1, person.open(&address).1);
    for _ in 1..200 {
        person.open(&address);
    }
    assert!(
        person
            .press(&first, &[("action", "deny")])
            .1
            .contains("too old")
    );
    assert!(
        person
            .press(&second, &[("action", "deny")])
            .0
            .contains("access_denied")
    );
}

#[test]
fn a_code_is_in_the_query_and_an_old_query_stays() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_behavior(Behavior::Accept);
    let location = get(&login(&sandbox, &[CODE])).1;
    let answer = told(&location, '?');
    assert_eq!(
        (value(&answer, "code").len(), value(&answer, "state")),
        (32, "s1")
    );
    let location = get(&login(
        &sandbox,
        &[CODE, ("redirect_uri", &format!("{LOGIN}?from=menu"))],
    ))
    .1;
    assert!(
        location.starts_with(&format!("{LOGIN}?from=menu&code=")),
        "{location}"
    );
    let location = get(&login(&sandbox, &[CODE, ("state", "-")])).1;
    assert_eq!(told(&location, '?').len(), 1);
}

#[test]
fn layouts_languages_and_the_way_out() {
    let sandbox = Sandbox::start().unwrap();
    let page = |layout| get(&login(&sandbox, &[("layout", layout)])).2;
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
    let russian = get_in(&login(&sandbox, &[]), "ru").2;
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
fn the_policy_names_the_way_back_and_forbids_frames() {
    let sandbox = Sandbox::builder()
        .app(
            Application::demo()
                .redirect_uri(LOGIN)
                .redirect_uri("mygame://login"),
        )
        .start()
        .unwrap();
    for (address, source) in [
        (LOGIN, "http://127.0.0.1:9;"),
        ("mygame://login", "mygame:;"),
    ] {
        let answer = common::client()
            .get(login(&sandbox, &[("redirect_uri", address)]))
            .call()
            .unwrap();
        let policy = answer
            .headers()
            .get("content-security-policy")
            .unwrap()
            .to_str()
            .unwrap();
        assert!(
            policy.contains(&format!("form-action 'self' {source}")),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
    }
}

#[test]
fn without_a_sure_way_back_there_is_a_page_for_the_developer() {
    let sandbox = Sandbox::start().unwrap();
    let good = login(&sandbox, &[]);
    for (address, part) in [
        (
            login(&sandbox, &[("client_id", "-")]),
            "client_id is missing",
        ),
        (
            login(&sandbox, &[("client_id", "1")]),
            "knows no application",
        ),
        (
            login(&sandbox, &[("redirect_uri", "-")]),
            "redirect_uri is missing",
        ),
        (
            login(&sandbox, &[("redirect_uri", "http://127.0.0.1:9/r/x")]),
            "the path differs",
        ),
        (
            login(&sandbox, &[("redirect_uri", "http://game.example/login")]),
            "scheme or host differ",
        ),
        (
            login(&sandbox, &[("redirect_uri", "javascript:alert(1)")]),
            "leads nowhere",
        ),
        (format!("{good}&state=s1"), "there twice: state"),
        (
            format!("{good}&redirect_uri={}", common::encode(LOGIN)),
            "there twice: redirect_uri",
        ),
        (format!("{good}&x=%FF"), "percent-encoded"),
    ] {
        let (status, location, page) = get(&address);
        assert_eq!((status, location.as_str()), (400, ""), "{address}");
        assert!(
            page.contains("<section id=\"oauth-error\"") && page.contains(part),
            "{part}: {page}"
        );
        let seen = sandbox.requests().pop().unwrap();
        assert_eq!(seen.kind, Some(RequestKind::Login));
        assert!(
            seen.refused.is_some() && seen.detail.contains(part),
            "{seen:?}"
        );
    }
    let page = get(&login(
        &sandbox,
        &[("redirect_uri", "http://127.0.0.1:9/r/x")],
    ))
    .2;
    assert!(page.contains("http://127.0.0.1:0/login") && page.contains("http://localhost:0/login"));
    assert!(page.contains("--redirect-uri") && !page.contains("/tried"));
    let russian = get_in(
        &login(&sandbox, &[("redirect_uri", "http://127.0.0.1:9/r/x")]),
        "ru",
    )
    .2;
    assert!(russian.contains("отличается путь"));
}

#[test]
fn other_faults_go_back_to_the_game() {
    let app = Application::demo()
        .client_oauth(false)
        .long_access_token(false);
    let sandbox = Sandbox::builder().app(app).start().unwrap();
    for (changed, name) in [
        (vec![], "unauthorized_client"),
        (
            vec![("response_type", "id_token")],
            "unsupported_response_type",
        ),
        (vec![("response_type", "-")], "invalid_request"),
    ] {
        let error = told(&get(&login(&sandbox, &changed)).1, '#');
        assert_eq!(
            (value(&error, "error"), value(&error, "state")),
            (name, "s1")
        );
        assert!(!value(&error, "error_description").is_empty());
        assert_eq!(sandbox.requests().pop().unwrap().name, name);
    }
    for (changed, name, part) in [
        (("scope", "-"), "invalid_request", "scope is missing"),
        (("scope", "VALUABLE_ACCESS;DANCE"), "invalid_scope", "DANCE"),
        (("scope", "LONG_ACCESS_TOKEN"), "invalid_scope", "support"),
        (("layout", "x"), "invalid_request", "layout"),
    ] {
        let location = get(&login(&sandbox, &[CODE, changed])).1;
        let error = pairs(
            location
                .strip_prefix(&format!("{LOGIN}?state=s1#"))
                .unwrap(),
        );
        assert_eq!(value(&error, "error"), name);
        assert!(
            value(&error, "error_description").contains(part),
            "{location}"
        );
    }
    // The server's flow needs no client OAuth.
    assert_eq!(get(&login(&sandbox, &[CODE])).0, 200);
}

#[test]
fn every_request_is_remembered_without_secrets() {
    let sandbox = Sandbox::start().unwrap();
    get(&login(
        &sandbox,
        &[
            RIGHTS,
            ("state", "canary"),
            ("redirect_uri", &format!("{LOGIN}?canary")),
        ],
    ));
    let seen = sandbox.requests().pop().unwrap();
    assert_eq!(
        (seen.kind, seen.app_id, seen.refused),
        (Some(RequestKind::Login), Some(sandbox.app().id), None)
    );
    assert!(
        seen.detail.contains("token flow")
            && seen.detail.contains("GET_EMAIL")
            && !seen.detail.contains("canary")
    );
    let address = login(
        &sandbox,
        &[
            ("state", "canary"),
            ("redirect_uri", "http://127.0.0.1:9/r/canary?canary"),
        ],
    );
    get(&address);
    let seen = sandbox.requests().pop().unwrap();
    assert_eq!((seen.refused, seen.name), (Some(100), "invalid_request"));
    assert!(
        seen.detail.contains("http://127.0.0.1:9") && !format!("{seen:?}").contains("canary"),
        "{seen:?}"
    );
    assert!(
        get(&format!("{}/", sandbox.url()))
            .2
            .contains("token flow, asks for")
    );
}

#[test]
fn head_and_prefetch_do_nothing() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::Accept)
        .start()
        .unwrap();
    let address = login(&sandbox, &[]);
    assert_eq!(
        common::client().head(&address).call().unwrap().status(),
        405
    );
    assert_eq!(
        common::client()
            .post(&address)
            .send_empty()
            .unwrap()
            .status(),
        405
    );
    let ahead = common::client()
        .get(&address)
        .header("Sec-Purpose", "prefetch")
        .call();
    assert_eq!(ahead.unwrap().status(), 503);
    assert!(sandbox.requests().is_empty());
}

#[test]
fn nothing_from_the_request_becomes_markup() {
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
        shown.push(get(&login(&sandbox, &[(name, evil)])).2);
        shown.push(get(&login(&sandbox, &[(name, evil), (name, evil)])).2);
    }
    let address = format!("http://127.0.0.1:9/other{evil}");
    shown.push(
        get(&login(
            &sandbox,
            &[("redirect_uri", &address.replace(' ', ""))],
        ))
        .2,
    );
    let mut person = Person::new(&sandbox);
    shown.push(person.logs_in(&login(&sandbox, &[("state", evil)])));
    for scope in [evil, "VALUABLE_ACCESS"] {
        let location = get(&login(
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

#[test]
fn behaviors() {
    let sandbox = Sandbox::start().unwrap();
    let run = |behavior: Behavior, changed: &[(&str, &str)]| {
        sandbox.queue_behavior(RequestKind::Login, behavior);
        get(&login(&sandbox, changed)).1
    };
    for behavior in [
        Behavior::Accept,
        Behavior::NotApproved,
        Behavior::AcceptWith(vec![1]),
        Behavior::RespondTwice,
    ] {
        let answer = told(&run(behavior.clone(), &[RIGHTS]), '#');
        assert_eq!(
            value(&answer, "permissions_granted"),
            RIGHTS.1,
            "{behavior}"
        );
        assert_eq!(told(&run(behavior, &[RIGHTS, CODE]), '?').len(), 2);
    }
    for (behavior, name) in [
        (Behavior::Cancel, "access_denied"),
        (Behavior::Error(2), "SERVICE"),
        (Behavior::Error(9998), "UNKNOWN"),
        (Behavior::OAuthError("server_error".into()), "server_error"),
    ] {
        let error = told(&run(behavior.clone(), &[]), '#');
        assert_eq!(
            (value(&error, "error"), value(&error, "state"), error.len()),
            (name, "s1", 3)
        );
        let location = run(behavior, &[CODE]);
        assert!(
            location.starts_with(&format!("{LOGIN}?state=s1#error={name}&error_description=")),
            "{location}"
        );
    }
    for flow in [CODE, RIGHTS] {
        assert_eq!(
            run(Behavior::FragmentError, &[flow]),
            format!("{LOGIN}#error=access_denied&state=s1")
        );
    }
    let wrong = told(&run(Behavior::WrongState, &[]), '#');
    assert!(value(&wrong, "state") != "s1" && !value(&wrong, "access_token").is_empty());
    assert_ne!(
        value(&told(&run(Behavior::WrongState, &[CODE]), '?'), "state"),
        "s1"
    );
    let garbage = told(&run(Behavior::Garbage, &[]), '#');
    assert_eq!(
        (value(&garbage, "access_token"), value(&garbage, "state")),
        ("", "s1")
    );
    assert!(value(&garbage, "expires_in").parse::<u64>().is_err());
    let garbage = told(&run(Behavior::Garbage, &[CODE]), '?');
    assert_eq!(
        (value(&garbage, "code"), value(&garbage, "state")),
        ("", "s1")
    );
    let delayed: Behavior = "delay:1:cancel".parse().unwrap();
    assert!(run(delayed, &[]).contains("access_denied"));
    // Behaviors for other kinds, and refused requests, leave the line alone.
    sandbox.queue_behavior(RequestKind::Post, Behavior::Cancel);
    sandbox.queue_behavior(RequestKind::Login, Behavior::Cancel);
    get(&login(&sandbox, &[("scope", "DANCE")]));
    assert!(get(&login(&sandbox, &[])).1.contains("access_denied"));
    assert_eq!(get(&login(&sandbox, &[])).0, 200);
    assert_eq!(sandbox.queued_behaviors().len(), 1);
}

#[test]
fn behaviors_that_do_not_answer() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.queue_behavior(RequestKind::Login, Behavior::CloseConnection);
    let played = Player::accept().play(&login(&sandbox, &[]));
    assert!(matches!(played, Err(PlayerError::Network(_))), "{played:?}");
    sandbox.queue_behavior(RequestKind::Login, Behavior::NeverRespond);
    let hasty = Player::accept().timeout(std::time::Duration::from_millis(200));
    assert_eq!(
        hasty.play(&login(&sandbox, &[])),
        Err(PlayerError::TimedOut)
    );
}

#[test]
fn a_code_can_be_delivered_twice_but_a_token_only_by_a_browser() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let login = game.address.replace("/r/token", "/login");
    for (flow, visits) in [(CODE, 2), (RIGHTS, 1)] {
        sandbox.queue_behavior(RequestKind::Login, Behavior::RespondTwice);
        Player::accept()
            .play(&common::login(&sandbox, &[flow, ("redirect_uri", &login)]))
            .unwrap();
        let first = game.request();
        for _ in 1..visits {
            assert_eq!(game.request()[0], first[0]);
            assert!(first[0].starts_with("GET /login?code="), "{first:?}");
        }
        assert!(game.is_quiet());
    }
}
