//! What the sandbox checks of a login, and where the error goes.

mod common;

use common::{LOGIN, get, get_in, login_url, pairs, returned, value};
use odnoklassniki_sandbox::{Application, Behavior, PageKind, Sandbox};

const SCOPES: (&str, &str) = ("scope", "VALUABLE_ACCESS;GET_EMAIL;SET_STATUS");
const CODE: (&str, &str) = ("response_type", "code");

#[test]
fn the_policy_names_the_redirect_uri() {
    let sandbox = Sandbox::builder()
        .app(
            Application::demo()
                .redirect_uri(LOGIN)
                .redirect_uri("mygame://login"),
        )
        .start()
        .unwrap();
    for (url, source) in [
        (LOGIN, "http://127.0.0.1:9;"),
        ("mygame://login", "mygame:;"),
    ] {
        let response = common::client()
            .get(login_url(&sandbox, &[("redirect_uri", url)]))
            .call()
            .unwrap();
        let policy = response
            .headers()
            .get("content-security-policy")
            .unwrap()
            .to_str()
            .unwrap();
        assert!(
            policy.contains(&format!("form-action 'self' {source}")),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"));
    }
}

#[test]
fn a_page_of_a_game_in_the_browser_may_be_the_redirect_uri() {
    let ends_at = |sandbox: &Sandbox, uri: &str| {
        sandbox.queue_behavior(PageKind::Login, Behavior::Accept);
        let location = get(&login_url(sandbox, &[("redirect_uri", uri)])).1;
        let (page, fragment) = location.split_once('#').unwrap_or_default();
        assert!(fragment.contains("access_token="), "{uri}: {location}");
        page.to_owned()
    };
    let sandbox = Sandbox::start().unwrap();
    for uri in [
        "http://127.0.0.1:4000/assets/odnoklassniki.html",
        "http://localhost:8080/assets/odnoklassniki.html",
        // For a window of the game's own.
        "https://oauth.mycdn.me/blank.html",
    ] {
        assert_eq!(ends_at(&sandbox, uri), uri);
    }
    let elsewhere = "http://127.0.0.1:4000/odnoklassniki.html";
    let (status, _, page) = get(&login_url(&sandbox, &[("redirect_uri", elsewhere)]));
    assert_eq!(status, 400);
    assert!(page.contains("the path differs"), "{page}");

    let registered = [
        "https://game.example/play/assets/odnoklassniki.html",
        "http://127.0.0.1:4000/odnoklassniki.html",
    ];
    let app = registered
        .iter()
        .fold(Application::demo(), |app, uri| app.redirect_uri(*uri));
    assert_eq!(app.redirect_uris, registered);
    let sandbox = Sandbox::builder().app(app).start().unwrap();
    for uri in registered {
        assert_eq!(ends_at(&sandbox, uri), uri);
    }
    let other_port = "http://127.0.0.1:4001/odnoklassniki.html";
    assert_eq!(
        get(&login_url(&sandbox, &[("redirect_uri", other_port)])).0,
        400
    );
}

#[test]
fn without_a_sure_redirect_uri_there_is_a_page_for_the_developer() {
    let sandbox = Sandbox::start().unwrap();
    let good = login_url(&sandbox, &[]);
    for (url, part) in [
        (
            login_url(&sandbox, &[("client_id", "-")]),
            "client_id is missing",
        ),
        (
            login_url(&sandbox, &[("client_id", "1")]),
            "knows no application",
        ),
        (
            login_url(&sandbox, &[("redirect_uri", "-")]),
            "redirect_uri is missing",
        ),
        (
            login_url(&sandbox, &[("redirect_uri", "http://127.0.0.1:9/r/x")]),
            "the path differs",
        ),
        (
            login_url(&sandbox, &[("redirect_uri", "http://game.example/login")]),
            "scheme or host differ",
        ),
        (
            login_url(&sandbox, &[("redirect_uri", "javascript:alert(1)")]),
            "leads nowhere",
        ),
        (format!("{good}&state=s1"), "there twice: state"),
        (
            format!("{good}&redirect_uri={}", common::encode(LOGIN)),
            "there twice: redirect_uri",
        ),
        (format!("{good}&x=%FF"), "percent-encoded"),
    ] {
        let (status, location, page) = get(&url);
        assert_eq!((status, location.as_str()), (400, ""), "{url}");
        assert!(
            page.contains("<section id=\"oauth-error\"") && page.contains(part),
            "{part}: {page}"
        );
        let seen = sandbox.requests().pop().unwrap();
        assert_eq!(seen.kind, Some(PageKind::Login));
        assert!(
            seen.refused.is_some() && seen.detail.contains(part),
            "{seen:?}"
        );
    }
    let page = get(&login_url(
        &sandbox,
        &[("redirect_uri", "http://127.0.0.1:9/r/x")],
    ))
    .2;
    assert!(page.contains("http://127.0.0.1:0/login") && page.contains("http://localhost:0/login"));
    assert!(page.contains("--redirect-uri") && !page.contains("/tried"));
    let russian = get_in(
        &login_url(&sandbox, &[("redirect_uri", "http://127.0.0.1:9/r/x")]),
        "ru",
    )
    .2;
    assert!(russian.contains("отличается путь"));
}

#[test]
fn other_errors_go_to_the_game() {
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
        let error = returned(&get(&login_url(&sandbox, &changed)).1, '#');
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
        let location = get(&login_url(&sandbox, &[CODE, changed])).1;
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
    // The code flow needs no client OAuth.
    assert_eq!(get(&login_url(&sandbox, &[CODE])).0, 200);
}

#[test]
fn records_hold_no_secret() {
    let sandbox = Sandbox::start().unwrap();
    get(&login_url(
        &sandbox,
        &[
            SCOPES,
            ("state", "canary"),
            ("redirect_uri", &format!("{LOGIN}?canary")),
        ],
    ));
    let seen = sandbox.requests().pop().unwrap();
    assert_eq!(
        (seen.kind, seen.app_id, seen.refused),
        (Some(PageKind::Login), Some(sandbox.app().id), None)
    );
    assert!(
        seen.detail.contains("token flow")
            && seen.detail.contains("GET_EMAIL")
            && !seen.detail.contains("canary")
    );
    let url = login_url(
        &sandbox,
        &[
            ("state", "canary"),
            ("redirect_uri", "http://127.0.0.1:9/r/canary?canary"),
        ],
    );
    get(&url);
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
    let url = login_url(&sandbox, &[]);
    assert_eq!(common::client().head(&url).call().unwrap().status(), 405);
    assert_eq!(
        common::client().post(&url).send_empty().unwrap().status(),
        405
    );
    let ahead = common::client()
        .get(&url)
        .header("Sec-Purpose", "prefetch")
        .call();
    assert_eq!(ahead.unwrap().status(), 503);
    assert!(sandbox.requests().is_empty());
}
