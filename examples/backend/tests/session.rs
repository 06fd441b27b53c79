//! `POST /session`, and what all endpoints have in common.

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;

use serde_json::json;
use support::{APP_SECRET, Backend, REDIRECT_URI, STATE, agent, get, to_reward, to_sign};

/// Every line this server has logged, at the finest level there is.
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Keep;

impl log::Log for Keep {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("backend_example")
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            LOG.lock()
                .expect("no panic")
                .push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

fn exchange(backend: &Backend, code: &str) -> support::Response {
    backend.post(
        "/session",
        None,
        &json!({ "code": code, "redirect_uri": REDIRECT_URI }),
    )
}

#[test]
fn a_code_becomes_a_token_and_nothing_else_leaves_the_server() {
    let backend = Backend::start();
    let response = exchange(&backend, "code-561");
    let expected = json!({ "access_token": "user-561", "user_id": "561", "expires_in": 1800 });
    assert_eq!((response.status, &response.body), (200, &expected));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(response.header("content-type"), Some("application/json"));
    // Whose token it is, is known now.
    assert_eq!(backend.ok.calls(), 2);
    assert_eq!(
        backend
            .post("/sign", Some("user-561"), &to_sign("invite", STATE))
            .status,
        200
    );
    assert_eq!(backend.ok.calls(), 2);
}

#[test]
fn what_ok_does_not_take_is_told_apart() {
    let backend = Backend::start();
    for (code, refusal) in [
        ("oauth-invalid_grant", (401, "log_in_again")),
        ("oauth-access_denied", (401, "log_in_again")),
        ("oauth-invalid_token", (401, "log_in_again")),
        // OK's word for a code of another redirect URI.
        ("oauth-invalid_request", (401, "log_in_again")),
        ("oauth-temporarily_unavailable", (503, "ok_busy")),
        ("oauth-invalid_client", (502, "ok_refused")),
        ("oauth-no_idea", (502, "ok_refused")),
        ("code-unknown-token", (401, "log_in_again")),
        ("html", (502, "ok_unreachable")),
        ("huge", (502, "ok_unreachable")),
        ("status-500", (502, "ok_unreachable")),
        ("redirect", (502, "ok_unreachable")),
    ] {
        assert_eq!(exchange(&backend, code).refusal(), refusal, "{code}");
    }
}

#[test]
fn every_body_of_ok_is_told_apart() {
    let backend = Backend::start();
    let mut wrong = Vec::new();
    for (body, refusal) in [
        (
            r#"{"error_description":"Wrong redirect_uri","error":"invalid_request"}"#,
            (401, "log_in_again"),
        ),
        (
            r#"{"error_description":"Invalid refresh token structure","error":"invalid_token"}"#,
            (401, "log_in_again"),
        ),
        (
            r#"{"error":"invalid_grant","error_description":"Слово \ud83d"}"#,
            (401, "log_in_again"),
        ),
        (
            r#"{"error_code":100,"error_msg":"PARAM : Missed required parameter: access_token"}"#,
            (502, "ok_refused"),
        ),
        (
            r#"{"error_code":102,"error_msg":"\ud83d"}"#,
            (401, "log_in_again"),
        ),
        (r#"{"error_code":"8","error_msg":"x"}"#, (503, "ok_busy")),
        ("<html><body>canary</body></html>", (502, "ok_unreachable")),
        (r#"<?xml version="1.0"?><error/>"#, (502, "ok_unreachable")),
        ("", (502, "ok_unreachable")),
    ] {
        let response = exchange(&backend, &support::ok::for_body(body));
        if response.refusal() != refusal {
            wrong.push(format!("{body}: {}", response.text));
        }
    }
    // The same of the question whose token it is.
    for (body, refusal) in [
        (
            r#"{"error_code":102,"error_msg":"Слово \ud83d","error_data":null}"#,
            (401, "log_in_again"),
        ),
        (
            r#"{"error_code":"103","error_msg":{}}"#,
            (401, "log_in_again"),
        ),
        (
            "{\"error_code\":11,\"error_msg\":\"a\nb\"}",
            (503, "ok_busy"),
        ),
        (
            r#"{"error_code":101,"error_msg":"PARAM_API_KEY : x"}"#,
            (502, "ok_refused"),
        ),
        (r#"{"error_code":"x"}"#, (502, "ok_unreachable")),
        ("<html>", (502, "ok_unreachable")),
    ] {
        let response = backend.post(
            "/sign",
            Some(&support::ok::for_body(body)),
            &to_sign("invite", STATE),
        );
        if response.refusal() != refusal {
            wrong.push(format!("who is this, {body}: {}", response.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// windows-1251, as portals of that age may send it beside a clear error.
#[test]
fn a_body_that_is_no_utf_8_keeps_its_error() {
    let backend = Backend::start();
    let response = exchange(
        &backend,
        &support::ok::for_body(b"{\"error\":\"invalid_grant\",\"error_description\":\"\xCE\xF2\"}"),
    );
    assert_eq!(
        response.refusal(),
        (401, "log_in_again"),
        "{}",
        response.text
    );
    let token = support::ok::for_body(b"{\"error_code\":102,\"error_msg\":\"\xCE\xF2\"}");
    let response = backend.post("/sign", Some(&token), &to_sign("invite", STATE));
    assert_eq!(
        response.refusal(),
        (401, "log_in_again"),
        "{}",
        response.text
    );
    // No token of it is believed.
    let response = exchange(
        &backend,
        &support::ok::for_body(b"{\"access_token\":\"user-561\xCE\"}"),
    );
    assert_eq!(
        response.refusal(),
        (502, "ok_unreachable"),
        "{}",
        response.text
    );
}

#[test]
fn a_life_that_cannot_be_read_throws_no_token_away() {
    let backend = Backend::start();
    for (code, life) in [
        ("code-no-life", json!(null)),
        ("code-fraction", json!(1799)),
    ] {
        let response = exchange(&backend, code);
        assert_eq!(
            (response.status, &response.body["expires_in"]),
            (200, &life),
            "{}",
            response.text
        );
    }
}

#[test]
fn only_registered_uris_and_real_codes_reach_ok() {
    let backend =
        Backend::with(|config| config.redirect_uris.push("http://[::1]:0/login".to_owned()));
    for uri in [
        "",
        "http://127.0.0.1:17811/login/",
        "http://127.0.0.1:17811/login?a=b",
        "http://127.0.0.1:17812/login",
        "http://[::1]:0/login",
        "http://[::1]:01/login",
        "http://[::1]:1/other",
        "http://[::1]:1@evil.example/login",
        "https://evil.example/",
    ] {
        let response = backend.post(
            "/session",
            None,
            &json!({ "code": "code-561", "redirect_uri": uri }),
        );
        assert_eq!(response.refusal(), (403, "redirect_uri_refused"), "{uri}");
    }
    for code in ["", "two words", "я", &"a".repeat(1025)] {
        assert_eq!(
            exchange(&backend, code).refusal(),
            (400, "bad_request"),
            "{code}"
        );
    }
    let more = json!({ "code": "code-561", "redirect_uri": REDIRECT_URI, "client_id": "1" });
    assert_eq!(
        backend.post("/session", None, &more).refusal(),
        (400, "bad_request")
    );
    assert_eq!(backend.ok.calls(), 0);
    let any_port = json!({ "code": "code-561", "redirect_uri": "http://[::1]:40123/login" });
    assert_eq!(backend.post("/session", None, &any_port).status, 200);
}

#[test]
fn an_ok_that_is_not_there_is_a_bad_gateway() {
    let mut backend = Backend::start();
    backend.ok = support::ok::FakeOk::start();
    assert_eq!(
        exchange(&backend, "code-561").refusal(),
        (502, "ok_unreachable")
    );
    assert_eq!(
        get(&format!("{}/health", backend.instance.url())).status,
        200
    );
}

#[test]
fn other_requests() {
    let backend = Backend::start();
    let url = backend.instance.url();
    assert_eq!(
        get(&format!("{url}/health")).body,
        json!({ "status": "ok" })
    );
    assert_eq!(get(&format!("{url}/")).refusal(), (404, "not_found"));
    assert_eq!(
        get(&format!("{url}/sign")).refusal(),
        (405, "method_not_allowed")
    );
    let large = vec![b' '; 16 * 1024 + 1];
    for path in ["/session", "/sign", "/rewards"] {
        assert_eq!(
            support::post(&url, path, Some("user-561"), &large).refusal(),
            (413, "too_large"),
            "{path}"
        );
    }
    // No page of another site may read responses or send a token.
    let preflight = agent()
        .options(&format!("{url}/sign"))
        .header("Origin", "https://evil.example")
        .call();
    let preflight = preflight.expect("a response");
    assert_eq!(preflight.status(), 405);
    assert!(
        !preflight
            .headers()
            .keys()
            .any(|name| name.as_str().starts_with("access-control"))
    );
}

#[test]
fn two_tokens_at_once_are_none() {
    let backend = Backend::start();
    let body = to_sign("invite", STATE).to_string();
    let mut stream = TcpStream::connect(backend.instance.address()).expect("a connection");
    let head = format!(
        "POST /sign HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer user-561\r\nAuthorization: Bearer user-7\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    assert!(response.starts_with("HTTP/1.1 401 "), "{response}");
}

#[test]
fn no_secret_is_logged_or_sent() {
    log::set_logger(&Keep).expect("the only logger");
    log::set_max_level(log::LevelFilter::Trace);
    let backend = Backend::start();
    let secret_state = "state-canary-0123456789";
    let mut sent = String::new();
    for response in [
        exchange(&backend, "code-561"),
        exchange(&backend, "oauth-invalid_client"),
        exchange(&backend, "html"),
        exchange(&backend, &support::ok::for_body("<html>canary</html>")),
        exchange(
            &backend,
            &support::ok::for_body(r#"{"error_code":100,"error_msg":"PARAM : x"}"#),
        ),
        exchange(&backend, "oauth-invalid_request"),
        backend.post("/sign", Some("user-561"), &to_sign("invite", secret_state)),
        backend.post("/sign", Some("error-101"), &to_sign("invite", secret_state)),
        backend.post(
            "/sign?token=query-canary",
            Some("user-561"),
            &to_sign("post", secret_state),
        ),
        backend.post(
            "/rewards",
            Some("user-7"),
            &to_reward("invite", "user-7", &[7], secret_state),
        ),
        backend.post(
            "/rewards",
            Some("user-561"),
            &to_reward("invite", "user-561", &[7], secret_state),
        ),
        backend.post(
            "/rewards",
            Some("user-561"),
            &to_reward("invite", "user-561", &[7], secret_state),
        ),
        backend.post("/path-canary", Some("user-561"), &json!({})),
    ] {
        sent += &response.text;
    }
    let logged = LOG.lock().expect("no panic").join("\n");
    assert!(logged.contains("POST /sign: 200 in "), "{logged}");
    for part in [
        "invalid_client",
        "HTTP 400",
        "100 PARAM",
        "invalid_request",
        "redirect",
    ] {
        assert!(
            logged.contains(part),
            "what the operator has to repair is there, {part}: {logged}"
        );
    }
    let key = support::session_key("user-561");
    for secret in [APP_SECRET, key.expose(), "canary", "code-561"] {
        assert!(!logged.contains(secret), "{secret}: {logged}");
        assert!(!sent.contains(secret), "{secret}: {sent}");
    }
    assert!(!logged.contains("user-561"), "{logged}");
    // Nor is it kept: only hashes are.
    let mut kept = Vec::new();
    for file in std::fs::read_dir(backend.folder.path()).expect("a folder") {
        kept.extend(std::fs::read(file.expect("a file").path()).expect("bytes"));
    }
    let kept = String::from_utf8_lossy(&kept);
    assert!(kept.contains("561"), "the claim is there");
    for secret in [APP_SECRET, key.expose(), "canary", "code-561", "user-561"] {
        assert!(!kept.contains(secret), "{secret}");
    }
}
