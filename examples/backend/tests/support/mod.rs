//! What the tests share: a server under test, a stand-in for OK that misbehaves on purpose, and a
//! real Redis.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod ok;
pub mod redis;

use std::time::{Duration, Instant};

use backend_example::{Config, Instance, Place};
use odnoklassniki::{
    AccessToken, ApplicationId, ApplicationSecretKey, Hosts, SessionSecretKey, UserId, check_value,
    session_secret_key,
};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const APP_ID: u64 = 512_000_123_456;
pub const APP_KEY: &str = "CBAPUBLICKEYBABABA";
pub const APP_SECRET: &str = "A1B2C3D4E5F60718293A4B5C";
pub const REDIRECT_URI: &str = "http://127.0.0.1:17811/login";
/// What the plugin's receiver looks like.
pub const RETURN: &str = "http://127.0.0.1:40123/r/0123456789abcdef0123456789abcdef";
pub const STATE: &str = "9f86d081884c7d659a2feaa0c55ad015";

/// Settings of a server that knows OK at `ok`.
pub fn config(ok: &str, place: Place) -> Config {
    let mut config = Config::new(
        ApplicationId::new(APP_ID),
        APP_KEY,
        ApplicationSecretKey::new(APP_SECRET),
    );
    config.listen = ([127, 0, 0, 1], 0).into();
    config.hosts = Hosts::sandbox(ok).expect("a loopback URL");
    config.place = place;
    config.redirect_uris = vec![REDIRECT_URI.to_owned()];
    config.return_urls = vec!["https://game.example/ok".to_owned()];
    config.link_hosts = vec!["game.example".to_owned()];
    config.per_minute = 10_000;
    config
}

/// A folder, and a database in it.
pub fn file() -> (TempDir, Place) {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::File(folder.path().join("backend.sqlite3"));
    (folder, place)
}

/// A server on a database file, with the stand-in behind it.
pub struct Backend {
    pub instance: Instance,
    pub ok: ok::FakeOk,
    pub folder: TempDir,
}

impl Backend {
    pub fn start() -> Self {
        Self::with(|_| ())
    }

    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        let ok = ok::FakeOk::start();
        let (folder, place) = file();
        let mut config = config(&ok.url, place);
        change(&mut config);
        Self {
            instance: Instance::start(config).expect("a server"),
            ok,
            folder,
        }
    }

    /// Gets the token `user-…` of the code `code-…` made by the server.
    pub fn log_in(&self, user: &str) {
        log_in(&self.instance.url(), user);
    }

    pub fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Response {
        post(
            &self.instance.url(),
            path,
            token,
            body.to_string().as_bytes(),
        )
    }
}

/// A server's response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub body: Value,
    pub text: String,
    pub headers: ureq::http::HeaderMap,
}

impl Response {
    /// The `error` of a refusal.
    pub fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Status and `error`, to compare.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.error())
    }
}

pub fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(30)));
    config.build().new_agent()
}

pub fn post(base: &str, path: &str, token: Option<&str>, body: &[u8]) -> Response {
    let mut request = agent().post(format!("{base}{path}"));
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    read(request.send(body))
}

pub fn log_in(base: &str, user: &str) {
    let body = json!({ "code": format!("code-{user}"), "redirect_uri": REDIRECT_URI }).to_string();
    let response = post(base, "/session", None, body.as_bytes());
    assert_eq!(response.status, 200, "{}", response.text);
}

pub fn get(url: &str) -> Response {
    read(agent().get(url).call())
}

fn read(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Response {
    let mut response = response.expect("a response");
    let text = response.body_mut().read_to_string().expect("text");
    Response {
        status: response.status().as_u16(),
        body: serde_json::from_str(&text).unwrap_or_default(),
        headers: response.headers().clone(),
        text,
    }
}

/// The body of `POST /sign` for an invitation, as the plugin would ask.
pub fn to_sign(widget: &str, state: &str) -> Value {
    json!({ "widget": widget, "app_id": APP_ID.to_string(), "fields": { "st.return": RETURN, "st.state": state } })
}

/// The body of `POST /rewards`, with the check value OK would have sent.
pub fn to_reward(widget: &str, token: &str, users: &[u64], state: &str) -> Value {
    let ids: Vec<UserId> = users.iter().copied().map(UserId::new).collect();
    let value = check_value::invite_rest(&ids, Some(state), &session_key(token));
    json!({ "widget": widget, "users": ids, "state": state, "check_value": value.as_str() })
}

pub fn session_key(token: &str) -> SessionSecretKey {
    session_secret_key(
        &AccessToken::new(token),
        &ApplicationSecretKey::new(APP_SECRET),
    )
}

/// Asks again and again until there is something, for as long as a slow machine may need.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "no {what} in 20 s");
        std::thread::sleep(Duration::from_millis(10));
    }
}
