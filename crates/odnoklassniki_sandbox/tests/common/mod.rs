//! A very small game: it signs widget URLs and waits for callbacks.
#![allow(dead_code, reason = "each test file uses another part")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use md5::{Digest, Md5};
use odnoklassniki_sandbox::{Behavior, DEMO_ACCESS_TOKEN, PageKind, Sandbox};
use ureq::Body;
use ureq::http::Response;

/// Long enough for a busy machine. A test that passes does not wait for it.
pub const TIMEOUT: Duration = Duration::from_secs(20);

pub const HELLO: &str = r#"{"media":[{"type":"text","text":"hello"}]}"#;

pub fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// Decodes the pairs of a query or fragment.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    fn decode(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other,
            });
        }
        String::from_utf8(bytes).unwrap()
    }
    text.split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

pub fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    let mut found = pairs.iter().filter(|(known, _)| known == name);
    let (_, value) = found
        .next()
        .unwrap_or_else(|| panic!("no {name} in {pairs:?}"));
    assert!(found.next().is_none(), "{name} twice in {pairs:?}");
    value
}

pub const WIDGETS: [PageKind; 3] = [PageKind::Post, PageKind::Invite, PageKind::Suggest];

pub fn command(kind: PageKind) -> &'static str {
    match kind {
        PageKind::Post => "WidgetMediatopicPost",
        PageKind::Invite => "WidgetInvite",
        PageKind::Suggest => "WidgetSuggest",
        PageKind::Login => panic!("a login is not a widget"),
    }
}

/// Returns a signed widget URL with these parameters. A post without an attachment gets a text.
pub fn signed(sandbox: &Sandbox, kind: PageKind, extra: &[(&str, &str)]) -> String {
    let app = sandbox.app().id.to_string();
    let mut all = vec![
        ("st.cmd", command(kind)),
        ("st.app", app.as_str()),
        ("st.access_token", DEMO_ACCESS_TOKEN),
    ];
    all.extend(extra);
    if kind == PageKind::Post && !extra.iter().any(|(name, _)| *name == "st.attachment") {
        all.push(("st.attachment", HELLO));
    }
    let mut text = String::new();
    for name in ["st.attachment", "st.redirect_uri", "st.return", "st.state"] {
        if let Some((_, value)) = all.iter().find(|(known, _)| *known == name) {
            text += &format!("{name}={value}");
        }
    }
    let key = md5_hex(&format!("{DEMO_ACCESS_TOKEN}{}", sandbox.app().secret_key));
    let signature = md5_hex(&(text + &key));
    all.push(("st.signature", &signature));
    widget_url(sandbox, &all)
}

/// Returns a widget URL with these parameters, signed or not.
pub fn widget_url(sandbox: &Sandbox, all: &[(&str, &str)]) -> String {
    let query: Vec<String> = all
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    format!("{}/dk?{}", sandbox.url(), query.join("&"))
}

/// A client that follows no redirect.
pub fn client() -> ureq::Agent {
    ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(TIMEOUT))
        .build()
        .into()
}

/// Opens a URL. Returns status, `Location` and text.
pub fn get(url: &str) -> (u16, String, String) {
    get_in(url, "en")
}

pub fn get_in(url: &str, language: &str) -> (u16, String, String) {
    let request = client().get(url).header("Accept-Language", language);
    read(request.call().unwrap())
}

/// Sends a form. Returns status, `Location` and text.
pub fn send(url: &str, form: &[(&str, &str)]) -> (u16, String, String) {
    read(client().post(url).send_form(form.iter().copied()).unwrap())
}

pub fn read(mut response: Response<Body>) -> (u16, String, String) {
    let location = response
        .headers()
        .get("location")
        .map(|value| value.to_str().unwrap().to_owned());
    let text = response.body_mut().read_to_string().unwrap();
    (
        response.status().as_u16(),
        location.unwrap_or_default(),
        text,
    )
}

pub const LOGIN: &str = "http://127.0.0.1:9/login";

/// Returns the URL of a login: token flow, one scope, state `s1`, unless `changed` says otherwise.
/// The value `-` leaves a parameter out.
pub fn login_url(sandbox: &Sandbox, changed: &[(&str, &str)]) -> String {
    let app = sandbox.app().id.to_string();
    let usual = [
        ("client_id", app.as_str()),
        ("scope", "VALUABLE_ACCESS"),
        ("response_type", "token"),
        ("redirect_uri", LOGIN),
        ("state", "s1"),
    ];
    let kept = usual
        .iter()
        .filter(|(name, _)| !changed.iter().any(|(other, _)| other == name));
    let all: Vec<String> = kept
        .chain(changed)
        .filter(|(_, value)| *value != "-")
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    format!("{}/oauth/authorize?{}", sandbox.url(), all.join("&"))
}

/// Returns the pairs behind the redirect URI and a `#` or `?`.
pub fn returned(location: &str, separator: char) -> Vec<(String, String)> {
    let tail = location
        .strip_prefix(LOGIN)
        .and_then(|tail| tail.strip_prefix(separator));
    pairs(tail.unwrap_or_else(|| panic!("{location}")))
}

/// Logs in by the token flow. Returns the token and its session secret.
pub fn token(sandbox: &Sandbox) -> (String, String) {
    sandbox.queue_behavior(PageKind::Login, Behavior::Accept);
    let callback = returned(&get(&login_url(sandbox, &[])).1, '#');
    (
        value(&callback, "access_token").to_owned(),
        value(&callback, "session_secret_key").to_owned(),
    )
}

/// Returns the id of a page with buttons.
pub fn page_id(page: &str) -> &str {
    let (_, after) = page
        .split_once("name=\"page\" value=\"")
        .expect("a widget page");
    after.split('"').next().unwrap()
}

/// The game: a listener that keeps the requests.
pub struct Game {
    /// The return URL.
    pub url: String,
    requests: Receiver<Vec<String>>,
}

impl Game {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/r/token", listener.local_addr().unwrap());
        let (sender, requests) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = Vec::new();
                for line in BufReader::new(&stream).lines() {
                    match line {
                        Ok(line) if !line.is_empty() => lines.push(line),
                        _ => break,
                    }
                }
                let page = "<title>Back in the game</title>";
                let response = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
                     Connection: close\r\n\r\n{page}",
                    page.len()
                );
                let _ = stream.write_all(response.as_bytes());
                if sender.send(lines).is_err() {
                    return;
                }
            }
        });
        Self { url, requests }
    }

    /// Waits for the next request. Returns the lines of its head.
    pub fn request(&self) -> Vec<String> {
        self.requests.recv_timeout(TIMEOUT).expect("a request")
    }

    /// Waits for the next callback. Returns its pairs.
    pub fn callback(&self) -> Vec<(String, String)> {
        let lines = self.request();
        let target = lines[0]
            .strip_prefix("GET /r/token?")
            .expect("the return path");
        pairs(target.strip_suffix(" HTTP/1.1").unwrap())
    }

    pub fn is_quiet(&self) -> bool {
        self.requests.try_recv().is_err()
    }
}
