//! What tokens allow, how they end, and how a game's server gets them.

mod common;

use std::time::Duration;

use common::{LOGIN, get, login_url, md5_hex, returned, send, token, value};
use odnoklassniki_sandbox::{
    Application, Behavior, DEMO_ACCESS_TOKEN, DEMO_PUBLIC_KEY, DEMO_USER_ID, PageKind, Sandbox,
};
use serde_json::Value;

/// Sends an invitation with this token. Returns the code of its refusal.
fn refused(sandbox: &Sandbox, app: &Application, token: &str) -> Option<i32> {
    let id = app.id.to_string();
    let signature = md5_hex(&md5_hex(&format!("{token}{}", app.secret_key)));
    let pairs = [
        ("st.cmd", "WidgetInvite"),
        ("st.app", id.as_str()),
        ("st.access_token", token),
        ("st.signature", signature.as_str()),
    ];
    get(&common::widget_url(sandbox, &pairs));
    let seen = sandbox.requests().pop().unwrap();
    assert_eq!(seen.kind, Some(PageKind::Invite));
    seen.refused
}

#[test]
fn a_token_opens_widgets_of_its_application_until_it_ends() {
    let other = Application::new(7, "OTHER", "OTHERSECRET");
    let sandbox = Sandbox::builder()
        .app(Application::demo())
        .app(other.clone())
        .start()
        .unwrap();
    let app = sandbox.app().clone();
    let (access, _) = token(&sandbox);
    assert_eq!(refused(&sandbox, &app, &access), None);
    assert_eq!(refused(&sandbox, &other, &access), Some(103));
    assert_eq!(refused(&sandbox, &app, &format!("{access}x")), Some(103));
    sandbox.set_token_life(Duration::ZERO);
    assert_eq!(refused(&sandbox, &app, &access), Some(102));
    assert_eq!(
        sandbox.requests().pop().unwrap().name,
        "PARAM_SESSION_EXPIRED"
    );
    sandbox.set_token_life(Duration::from_secs(60));
    let (access, _) = token(&sandbox);
    assert_eq!(refused(&sandbox, &app, &access), None);
    sandbox.revoke_tokens();
    assert_eq!(refused(&sandbox, &app, &access), Some(103));
    assert_eq!(refused(&sandbox, &app, DEMO_ACCESS_TOKEN), None);
}

#[test]
fn the_life_can_be_set_from_the_start() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::Accept)
        .token_life(Duration::from_millis(90_500))
        .start()
        .unwrap();
    for scope in ["VALUABLE_ACCESS", "LONG_ACCESS_TOKEN"] {
        let callback = returned(&get(&login_url(&sandbox, &[("scope", scope)])).1, '#');
        assert_eq!(value(&callback, "expires_in"), "90");
    }
    let dead = Sandbox::builder()
        .token_life(Duration::ZERO)
        .start()
        .unwrap();
    let (access, _) = token(&dead);
    assert_eq!(refused(&dead, dead.app(), &access), Some(102));
}

fn code(sandbox: &Sandbox, scope: &str) -> String {
    sandbox.queue_behavior(PageKind::Login, Behavior::Accept);
    let callback = returned(
        &get(&login_url(
            sandbox,
            &[("response_type", "code"), ("scope", scope)],
        ))
        .1,
        '?',
    );
    value(&callback, "code").to_owned()
}

/// Redeems a code. Returns status and JSON. `changed` replaces parameters, and `-` leaves one out.
fn exchange(sandbox: &Sandbox, code: &str, changed: &[(&str, &str)]) -> (u16, Value) {
    let id = sandbox.app().id.to_string();
    let good = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", id.as_str()),
        ("client_secret", sandbox.app().secret_key.as_str()),
        ("redirect_uri", LOGIN),
    ];
    let kept = good
        .iter()
        .filter(|(name, _)| !changed.iter().any(|(other, _)| other == name));
    let all: Vec<_> = kept
        .chain(changed)
        .copied()
        .filter(|(_, value)| *value != "-")
        .collect();
    let (status, _, text) = send(&format!("{}/oauth/token.do", sandbox.url()), &all);
    (status, serde_json::from_str(&text).unwrap())
}

fn text<'a>(response: &'a Value, name: &str) -> &'a str {
    response[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {response}"))
}

#[test]
fn a_code_is_redeemed_for_tokens() {
    let sandbox = Sandbox::start().unwrap();
    let (status, response) = exchange(&sandbox, &code(&sandbox, "VALUABLE_ACCESS"), &[]);
    assert_eq!(status, 200);
    assert_eq!(
        (text(&response, "token_type"), text(&response, "expires_in")),
        ("session", "1800")
    );
    assert_eq!(response.as_object().unwrap().len(), 4);
    assert_eq!(
        refused(&sandbox, sandbox.app(), text(&response, "access_token")),
        None
    );
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&response, "refresh_token")),
    ];
    for _ in 0..2 {
        let (status, fresh) = exchange(&sandbox, "-", &refresh);
        assert_eq!((status, text(&fresh, "token_type")), (200, "session"));
        assert_ne!(
            text(&fresh, "access_token"),
            text(&response, "access_token")
        );
        assert_eq!(
            refused(&sandbox, sandbox.app(), text(&fresh, "access_token")),
            None
        );
    }
    let (_, long) = exchange(&sandbox, &code(&sandbox, "LONG_ACCESS_TOKEN"), &[]);
    assert_eq!(text(&long, "expires_in"), "2592000");
    sandbox.set_token_life(Duration::ZERO);
    assert_eq!(
        refused(&sandbox, sandbox.app(), text(&long, "access_token")),
        Some(102)
    );
    let (_, short) = exchange(&sandbox, &code(&sandbox, "VALUABLE_ACCESS"), &[]);
    assert_eq!(text(&short, "expires_in"), "0");
    sandbox.revoke_tokens();
    let (status, dead) = exchange(&sandbox, "-", &refresh);
    assert_eq!((status, text(&dead, "error")), (400, "invalid_token"));
}

#[test]
fn parameters_may_be_in_the_query() {
    let sandbox = Sandbox::start().unwrap();
    let app = sandbox.app();
    let query = format!(
        "client_id={}&client_secret={}&grant_type=authorization_code&redirect_uri={}",
        app.id,
        app.secret_key,
        common::encode(LOGIN)
    );
    let url = format!("{}/oauth/token.do?{query}", sandbox.url());
    let (status, _, response) = send(&url, &[("code", &code(&sandbox, "VALUABLE_ACCESS"))]);
    assert!(
        status == 200 && response.contains("access_token"),
        "{response}"
    );
    let (status, _, response) = send(&format!("{url}&code=x"), &[("code", "x")]);
    assert!(
        status == 400 && response.contains("code is there twice"),
        "{response}"
    );
    let (status, _, response) = send(&format!("{url}&code=%FF"), &[]);
    assert!(
        status == 400 && response.contains("invalid_request"),
        "{response}"
    );
    assert_eq!(get(&url).0, 405);
}

#[test]
fn a_second_use_of_a_code_revokes_its_tokens() {
    let sandbox = Sandbox::start().unwrap();
    let code = code(&sandbox, "VALUABLE_ACCESS");
    let (_, response) = exchange(&sandbox, &code, &[]);
    let (status, error) = exchange(&sandbox, &code, &[]);
    assert_eq!((status, text(&error, "error")), (400, "invalid_grant"));
    assert_eq!(
        refused(&sandbox, sandbox.app(), text(&response, "access_token")),
        Some(103)
    );
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&response, "refresh_token")),
    ];
    assert_eq!(
        text(&exchange(&sandbox, "-", &refresh).1, "error"),
        "invalid_token"
    );
}

#[test]
fn exchanges_that_fail() {
    let other = Application::new(7, "OTHER", "OTHERSECRET");
    let sandbox = Sandbox::builder()
        .app(Application::demo())
        .app(other)
        .start()
        .unwrap();
    let code = code(&sandbox, "VALUABLE_ACCESS");
    for (changed, status, name) in [
        (vec![("client_secret", "wrong")], 401, "invalid_client"),
        (vec![("client_id", "8")], 401, "invalid_client"),
        (vec![("client_id", "-")], 400, "invalid_request"),
        (vec![("client_secret", "-")], 400, "invalid_request"),
        (vec![("grant_type", "-")], 400, "invalid_request"),
        (
            vec![("grant_type", "password")],
            400,
            "unsupported_grant_type",
        ),
        (vec![("code", "-")], 400, "invalid_request"),
        (vec![("redirect_uri", "-")], 400, "invalid_request"),
        (vec![("code", "0123")], 400, "invalid_grant"),
        (
            vec![("redirect_uri", "http://127.0.0.1:9/login?x")],
            400,
            "invalid_request",
        ),
        (
            vec![("redirect_uri", "http://127.0.0.1:8/login")],
            400,
            "invalid_request",
        ),
        (
            vec![("client_id", "7"), ("client_secret", "OTHERSECRET")],
            400,
            "invalid_grant",
        ),
        (
            vec![("grant_type", "refresh_token")],
            400,
            "invalid_request",
        ),
        (
            vec![("grant_type", "refresh_token"), ("refresh_token", "x")],
            400,
            "invalid_token",
        ),
        (vec![("state", "1"), ("state", "2")], 400, "invalid_request"),
    ] {
        let (found, error) = exchange(&sandbox, &code, &changed);
        assert_eq!(
            (found, text(&error, "error")),
            (status, name),
            "{changed:?}"
        );
        assert!(!text(&error, "error_description").is_empty());
        assert!(
            !error.to_string().contains(&sandbox.app().secret_key)
                && !error.to_string().contains(&code)
        );
    }
    // OK's words.
    let (_, error) = exchange(
        &sandbox,
        &code,
        &[("redirect_uri", "http://127.0.0.1:17811/other")],
    );
    let expected = serde_json::json!({ "error": "invalid_request", "error_description": "Wrong redirect_uri" });
    assert_eq!(error, expected);
    // The code can still be redeemed.
    assert_eq!(exchange(&sandbox, &code, &[]).0, 200);
}

#[test]
fn pages_of_other_sites_cannot_exchange_codes() {
    let sandbox = Sandbox::start().unwrap();
    let response = common::client()
        .post(format!("{}/oauth/token.do", sandbox.url()))
        .header("Origin", "http://evil.example")
        .send_form([("code", "x")])
        .unwrap();
    assert_eq!(response.status(), 403);
}

/// Returns the parameters of a call with their signature.
fn call(pairs: &[(&str, &str)], secret: &str) -> Vec<(String, String)> {
    let mut signed: Vec<_> = pairs
        .iter()
        .filter(|(name, _)| *name != "access_token")
        .collect();
    signed.sort();
    let text: String = signed
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut all: Vec<(String, String)> = pairs
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    all.push(("sig".into(), md5_hex(&format!("{text}{secret}"))));
    all
}

/// Calls a method. Returns the header with the error's number, and the JSON.
fn rest(url: &str, pairs: &[(String, String)], post: bool) -> (Option<String>, Value) {
    let query: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", common::encode(value)))
        .collect();
    let mut response = if post {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        common::client().post(url).send_form(pairs).unwrap()
    } else {
        common::client()
            .get(format!("{url}?{}", query.join("&")))
            .call()
            .unwrap()
    };
    assert_eq!(response.status(), 200);
    let header = response
        .headers()
        .get("invocation-error")
        .map(|value| value.to_str().unwrap().to_owned());
    (
        header,
        serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap(),
    )
}

const KEY: (&str, &str) = ("application_key", DEMO_PUBLIC_KEY);
const METHOD: (&str, &str) = ("method", "users.getLoggedInUser");

#[test]
fn rest_knows_the_player() {
    let sandbox = Sandbox::start().unwrap();
    let (access, secret) = token(&sandbox);
    let session = sandbox.session();
    let user = Value::from(DEMO_USER_ID.to_string());
    let (by_name, by_path) = (
        format!("{}/fb.do", sandbox.url()),
        format!("{}/api/users/getLoggedInUser", sandbox.url()),
    );
    for (token, secret) in [
        (&access, &secret),
        (&session.access_token, &session.session_secret_key),
    ] {
        let token = ("access_token", token.as_str());
        for post in [false, true] {
            let pairs = call(
                &[
                    token,
                    METHOD,
                    KEY,
                    ("format", "JSON"),
                    ("__online", "false"),
                    ("Я", "ю &"),
                ],
                secret,
            );
            assert_eq!(rest(&by_name, &pairs, post), (None, user.clone()));
            assert_eq!(
                rest(&by_path, &call(&[KEY, token], secret), post),
                (None, user.clone())
            );
        }
    }
    // The signature may cover the session key or not.
    let pairs = call(&[KEY, ("session_key", &access)], &secret);
    assert_eq!(rest(&by_path, &pairs, true).1, user);
    let mut pairs = call(&[KEY], &secret);
    pairs.push(("session_key".into(), access));
    assert_eq!(rest(&by_path, &pairs, true).1, user);
}

#[test]
fn rest_errors_have_status_200_a_header_and_a_name() {
    let other = Application::new(7, "OTHER", "OTHERSECRET");
    let sandbox = Sandbox::builder()
        .app(Application::demo())
        .app(other)
        .start()
        .unwrap();
    let (access, secret) = token(&sandbox);
    let (token, fb) = (
        ("access_token", access.as_str()),
        format!("{}/fb.do", sandbox.url()),
    );
    let check = |pairs: &[(String, String)], code: i32, name: &str| {
        let (header, error) = rest(&fb, pairs, true);
        assert_eq!(
            (header, &error["error_code"]),
            (Some(code.to_string()), &code.into()),
            "{error}"
        );
        assert!(
            text(&error, "error_msg").starts_with(&format!("{name} : ")),
            "{error}"
        );
        assert!(error["error_data"].is_null() && error.as_object().unwrap().len() == 3);
        assert!(!error.to_string().contains(&secret));
    };
    check(&call(&[KEY, token], &secret), 100, "PARAM");
    check(
        &call(&[KEY, token, ("method", "users.dance")], &secret),
        3,
        "METHOD",
    );
    check(&call(&[METHOD, token], &secret), 101, "PARAM_API_KEY");
    check(
        &call(&[METHOD, token, ("application_key", "x")], &secret),
        101,
        "PARAM_API_KEY",
    );
    check(
        &call(&[METHOD, KEY, token], "wrong"),
        104,
        "PARAM_SIGNATURE",
    );
    check(
        &call(&[METHOD, KEY, token], &sandbox.app().secret_key),
        104,
        "PARAM_SIGNATURE",
    );
    check(
        &call(&[METHOD, KEY, ("access_token", "x")], &secret),
        103,
        "PARAM_SESSION_KEY",
    );
    check(
        &call(&[METHOD, ("application_key", "OTHER"), token], &secret),
        103,
        "PARAM_SESSION_KEY",
    );
    check(
        &call(&[METHOD, KEY], &sandbox.app().secret_key),
        453,
        "SESSION_REQUIRED",
    );
    check(&call(&[METHOD, KEY, token, KEY], &secret), 100, "PARAM");
    sandbox.set_token_life(Duration::ZERO);
    check(
        &call(&[METHOD, KEY, token], &secret),
        102,
        "PARAM_SESSION_EXPIRED",
    );
    sandbox.revoke_tokens();
    check(
        &call(&[METHOD, KEY, token], &secret),
        103,
        "PARAM_SESSION_KEY",
    );
    let (_, _, broken) = get(&format!("{fb}?method=users.getLoggedInUser&x=%FF"));
    assert!(broken.contains("\"error_code\":100"), "{broken}");
    assert_eq!(get(&format!("{}/api/users", sandbox.url())).0, 404);
}
