//! Tests of the listener as a whole. `World` is the listener without sockets and clock; `Rig` is
//! the real one, on a desktop.

mod checks;
mod combinations;
mod exchange;
mod guessing;
mod sleep;
mod table;

// What needs sockets, threads or files. The tests above run in wasm, too.
#[cfg(not(wasm_tests))]
mod browsers;
#[cfg(not(wasm_tests))]
mod golden;
#[cfg(not(wasm_tests))]
mod hostile;
#[cfg(not(wasm_tests))]
mod links;
#[cfg(not(wasm_tests))]
mod log_lines;
#[cfg(not(wasm_tests))]
mod machine;
#[cfg(not(wasm_tests))]
mod redirect;
#[cfg(not(wasm_tests))]
mod rig;
#[cfg(not(wasm_tests))]
mod sockets;

use std::{
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    time::Duration,
};

use crate::{
    CallbackCounters, CallbackEvent, CallbackParser, Instant, LinkToken, ListenerConfig, Page,
    PageUrl, Pages, ParsedCallback, PendingCallback, ReturnToken, Texts,
    loopback::{Action, BoundAddress, Connection, Handler, Response},
};

/// The bound address of a `World`.
const HOST: &str = "127.0.0.1:49152";
const PAGE: &str = "https://service.example/authorize?access_token=canary";
const MINUTE: Duration = Duration::from_secs(60);

/// Some texts in another language.
const RUSSIAN: Texts = Texts {
    language: "ru",
    too_large: "<h1>Слишком много cookie</h1>\n<p>localhost, 127.0.0.1</p>\n",
    login_failed: "<h1>Войти не удалось</h1>\n",
    ..Texts::ENGLISH
};

type Event = CallbackEvent<u64, String>;

/// Recognizes `code=…`; a callback that names another request with `state=…` has the wrong state.
fn parser(id: u64) -> CallbackParser<String> {
    let mine = format!("state={id}");
    Arc::new(move |text| {
        let state = text.split('&').find(|part| part.starts_with("state="));
        if !text.starts_with("code=") {
            ParsedCallback::NotACallback
        } else if state.is_some_and(|state| state != mine) {
            ParsedCallback::StateMismatch
        } else {
            ParsedCallback::Done(text.to_owned(), Page::Completed)
        }
    })
}

/// Accepts every text as a callback.
fn parse_all() -> CallbackParser<String> {
    Arc::new(|text| ParsedCallback::Done(text.to_owned(), Page::Completed))
}

/// The secrets of a request.
#[derive(Clone)]
struct Request {
    id: u64,
    link_token: String,
    return_token: String,
}

fn link_token() -> LinkToken {
    LinkToken::random(getrandom::fill).unwrap()
}

fn return_token() -> ReturnToken {
    ReturnToken::random(getrandom::fill).unwrap()
}

fn callback(id: u64, deadline: Instant) -> (PendingCallback<u64, String>, Request) {
    let (link_token, return_token) = (link_token(), return_token());
    let pending = Request {
        id,
        link_token: link_token.expose().to_owned(),
        return_token: return_token.expose().to_owned(),
    };
    let callback = PendingCallback {
        id,
        link_token,
        return_token,
        page: Some(PageUrl::new(PAGE.to_owned()).unwrap()),
        deadline,
        parser: parser(id),
    };
    (callback, pending)
}

fn html(page: Page) -> String {
    page.html(&Texts::ENGLISH)
}

/// A plain GET, as a browser sends it.
fn get(host: &str, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes()
}

/// The relay page's POST.
fn post(host: &str, path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn status(response: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(response.get(9..12).unwrap_or_default()).into_owned();
    text.parse().unwrap_or(0)
}

fn body(response: &[u8]) -> &str {
    let text = std::str::from_utf8(response).unwrap();
    text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

/// The listener without sockets; its clock moves when the test says so.
struct World {
    handler: Handler<u64, String>,
    counters: Arc<CallbackCounters>,
    events: Receiver<Event>,
    now: Instant,
}

impl World {
    fn new() -> Self {
        Self::at(None)
    }

    /// Returns a world on the port of [`HOST`], for this redirect URI.
    fn at(redirect_uri: Option<&str>) -> Self {
        let redirect_uri = redirect_uri.map(|uri| uri.parse().unwrap());
        let address = BoundAddress::new(&[HOST.parse().unwrap()], redirect_uri.as_ref());
        let (sender, events) = mpsc::channel();
        let config = ListenerConfig {
            pages: Pages::new(&[Texts::ENGLISH, RUSSIAN]),
            ..ListenerConfig::default()
        };
        Self {
            handler: Handler::new(address, &config, move |event| sender.send(event).is_ok()),
            counters: config.counters,
            events,
            now: Instant::now(),
        }
    }

    fn add(&mut self, id: u64) -> Request {
        let (callback, pending) = callback(id, self.now + 10 * MINUTE);
        self.handler.table().add(callback);
        pending
    }

    /// Sends bytes over a connection.
    fn read(&mut self, connection: &mut Connection, bytes: &[u8]) -> Action {
        connection.read(bytes, self.now, &mut self.handler)
    }

    /// Sends pieces over one connection; the response, if one came.
    fn pieces<'a>(&mut self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<Response> {
        let mut connection = Connection::new(self.now);
        let mut sent = None;
        for piece in pieces {
            if let Action::Respond(response) = self.read(&mut connection, piece) {
                assert!(sent.is_none(), "two responses on one connection");
                sent = Some(response);
            }
        }
        sent
    }

    /// Sends all at once; the response's bytes, or nothing.
    fn send(&mut self, bytes: &[u8]) -> Vec<u8> {
        let response = self.pieces([bytes]);
        response.map_or_else(Vec::new, |response| response.bytes().to_vec())
    }

    fn get(&mut self, path: &str) -> Vec<u8> {
        self.send(&get(HOST, path))
    }

    fn expire(&mut self) {
        self.handler.expire(self.now);
    }

    fn take(&mut self) -> Vec<Event> {
        self.events.try_iter().collect()
    }
}
