//! Tests of the listener as a whole. `World` is the listener without sockets and clock; `Rig` is
//! the real one.

mod browsers;
mod checks;
mod combinations;
mod exchange;
mod golden;
mod guessing;
mod hostile;
mod log_lines;
mod machine;
mod redirect;
mod sleep;
mod sockets;
mod table;

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver},
    },
    time::{Duration, Instant},
};

use crate::{
    CallbackCounters, CallbackEvent, CallbackParser, LinkToken, Listener, ListenerConfig, Page,
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

/// The host and port of a listener, as they stand in its links.
fn host<T: Send + 'static>(listener: &Listener<u64, T>) -> String {
    let link = listener.one_time_link(&link_token());
    let (origin, _) = link.expose().split_once("/go/").unwrap();
    origin.strip_prefix("http://").unwrap().to_owned()
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

/// The real listener, and how often it called `notify`.
struct Rig {
    listener: Listener<u64, String>,
    counters: Arc<CallbackCounters>,
    events: Mutex<Receiver<Event>>,
    notify_calls: Arc<AtomicU64>,
    host: String,
    next: AtomicU64,
}

impl Rig {
    fn new() -> Self {
        let (sender, events) = mpsc::channel();
        let notify_calls = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&notify_calls);
        let notify = move |event| {
            count.fetch_add(1, Ordering::SeqCst);
            sender.send(event).is_ok()
        };
        let config = ListenerConfig::default();
        let counters = Arc::clone(&config.counters);
        let listener = Listener::start(config, notify).unwrap();
        Self {
            host: host(&listener),
            listener,
            counters,
            events: Mutex::new(events),
            notify_calls,
            next: AtomicU64::new(0),
        }
    }

    fn add(&self) -> Request {
        self.add_for(10 * MINUTE)
    }

    fn add_for(&self, time: Duration) -> Request {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (callback, pending) = callback(id, Instant::now() + time);
        self.listener.add(callback).unwrap();
        pending
    }

    fn connect(&self) -> TcpStream {
        let address: SocketAddr = self.host.parse().unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        // Far longer than any response takes; only a test that fails waits so long.
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
    }

    /// Sends a request and reads the response to its end.
    fn send(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        response
    }

    /// Sends what may be refused before its end; the response may be cut by the system.
    fn throw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response);
        response
    }

    fn get(&self, path: &str) -> Vec<u8> {
        self.send(&get(&self.host, path))
    }

    /// The next event, or a failure after far more time than it needs.
    fn event(&self) -> Event {
        let events = self.events.lock().unwrap();
        events.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    /// An event that is there.
    fn try_event(&self) -> Option<Event> {
        self.events.lock().unwrap().try_recv().ok()
    }

    /// A fresh request, completed as by a real browser, while `self` is under fire.
    fn real_callback(&self) -> Duration {
        let pending = self.add();
        let begin = Instant::now();
        let response = self.get(&format!(
            "/r/{}?code=OK&state={}",
            pending.return_token, pending.id
        ));
        let time = begin.elapsed();
        assert_eq!(status(&response), 200);
        let raw = format!("code=OK&state={}", pending.id);
        let mut event = self.event();
        // The fire itself may still be noticed.
        while matches!(event, CallbackEvent::UnexpectedCallback(_)) {
            event = self.event();
        }
        assert_eq!(event, CallbackEvent::Received(pending.id, raw));
        time
    }
}
