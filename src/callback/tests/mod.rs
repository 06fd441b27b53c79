//! Tests of the listener as a whole. `World` is the listener without sockets and clock; `Rig` is
//! the real one.

mod answers;
mod browsers;
mod checks;
mod combinations;
mod golden;
mod guessing;
mod hostile;
mod machine;
mod redirect;
mod routes;
mod sleep;
mod sockets;

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;

use super::{
    CallbackCounters, CallbackEvent, Judge, Listener, Page, ReturnToken, Route, RouteId,
    StartToken, Target, Verdict,
    connection::{Action, Connection},
    decide::Context,
    response::Response,
    routes::Routes,
    site::{Redirect, Site},
};

/// The bound address of a `World`.
const HOST: &str = "127.0.0.1:49152";
const TARGET: &str = "https://connect.ok.ru/dk?st.cmd=WidgetInvite&st.access_token=canary";
const MINUTE: Duration = Duration::from_secs(60);

type Event = CallbackEvent<String>;

/// Recognises `code=…`; an answer that names another request with `state=…` is a stranger.
fn judge(id: u64) -> Judge<String> {
    let mine = format!("state={id}");
    Arc::new(move |raw| {
        let state = raw.split('&').find(|part| part.starts_with("state="));
        if !raw.starts_with("code=") {
            Verdict::Unrecognized
        } else if state.is_some_and(|state| state != mine) {
            Verdict::Stranger
        } else {
            Verdict::Finish(raw.to_owned(), Page::Completed)
        }
    })
}

/// What a test remembers of a route.
#[derive(Clone)]
struct Ticket {
    id: RouteId,
    start: String,
    back: String,
}

fn route(id: u64, deadline: Instant) -> (Route<String>, Ticket) {
    let start = StartToken::random().unwrap();
    let back = ReturnToken::random().unwrap();
    let ticket = Ticket {
        id: RouteId(id),
        start: start.expose().to_owned(),
        back: back.expose().to_owned(),
    };
    let route = Route {
        id: RouteId(id),
        start,
        back,
        target: Some(Target::new(TARGET.to_owned()).unwrap()),
        deadline,
        judge: judge(id),
    };
    (route, ticket)
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

fn status(answer: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(answer.get(9..12).unwrap_or_default()).into_owned();
    text.parse().unwrap_or(0)
}

fn body(answer: &[u8]) -> &str {
    let text = std::str::from_utf8(answer).unwrap();
    text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

/// The listener without sockets; its clock moves when the test says so.
struct World {
    site: Site,
    routes: Routes<String>,
    counters: CallbackCounters,
    events: Vec<Event>,
    now: Instant,
}

impl World {
    fn new() -> Self {
        Self {
            site: Site {
                origin: format!("http://{HOST}"),
                hosts: vec![HOST.to_owned()],
                redirect_path: None,
                redirect_uri: None,
            },
            routes: Routes::default(),
            counters: CallbackCounters::default(),
            events: Vec::new(),
            now: Instant::now(),
        }
    }

    fn add(&mut self, id: u64) -> Ticket {
        let (route, ticket) = route(id, self.now + 10 * MINUTE);
        self.routes.add(route);
        ticket
    }

    fn with<R>(&mut self, work: impl FnOnce(&mut Context<'_, String>, Instant) -> R) -> R {
        work(
            &mut Context {
                routes: &mut self.routes,
                counters: &self.counters,
                site: &self.site,
                emit: &mut |event| self.events.push(event),
            },
            self.now,
        )
    }

    /// Sends pieces over one connection; the answer, if one came.
    fn pieces<'a>(&mut self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<Response> {
        let mut connection = Connection::new(self.now);
        let mut answer = None;
        for piece in pieces {
            let action = self.with(|context, now| connection.read(piece, now, context));
            if let Action::Respond(response) = action {
                assert!(answer.is_none(), "two answers on one connection");
                answer = Some(response);
            }
        }
        answer
    }

    /// Sends all at once; the answer's bytes, or nothing.
    fn send(&mut self, bytes: &[u8]) -> Vec<u8> {
        let answer = self.pieces([bytes]);
        answer.map_or_else(Vec::new, |answer| answer.bytes().to_vec())
    }

    fn get(&mut self, path: &str) -> Vec<u8> {
        self.send(&get(HOST, path))
    }

    fn expire(&mut self) {
        let Self { routes, events, .. } = self;
        routes.expire(self.now, &mut |event| events.push(event));
    }

    fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

/// The real listener, and how often it reported.
struct Rig {
    listener: Listener<String>,
    counters: Arc<CallbackCounters>,
    events: Receiver<Event>,
    reports: Arc<AtomicU64>,
    host: String,
    next: AtomicU64,
}

impl Rig {
    fn new() -> Self {
        let (sender, events) = crossbeam_channel::unbounded();
        let reports = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&reports);
        let report = move |event| {
            count.fetch_add(1, Ordering::SeqCst);
            sender.send(event).is_ok()
        };
        let counters = Arc::new(CallbackCounters::default());
        let listener = Listener::start(report, Arc::clone(&counters)).unwrap();
        let host = listener
            .site()
            .origin
            .strip_prefix("http://")
            .unwrap()
            .to_owned();
        Self {
            listener,
            counters,
            events,
            reports,
            host,
            next: AtomicU64::new(0),
        }
    }

    fn add(&self) -> Ticket {
        self.add_for(10 * MINUTE)
    }

    fn add_for(&self, time: Duration) -> Ticket {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (route, ticket) = route(id, Instant::now() + time);
        self.listener.add(route).unwrap();
        ticket
    }

    fn connect(&self) -> TcpStream {
        let address: SocketAddr = self.host.parse().unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        // Far longer than any answer takes; only a test that fails waits so long.
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
    }

    /// Sends a request and reads the answer to its end.
    fn send(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    /// Sends what may be refused half-way; the answer may be cut by the system.
    fn throw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    fn get(&self, path: &str) -> Vec<u8> {
        self.send(&get(&self.host, path))
    }

    /// The next event, or a failure after far more time than it needs.
    fn event(&self) -> Event {
        self.events.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    /// A fresh request, answered as by a real browser, while `self` is under fire.
    fn real_callback(&self) -> Duration {
        let ticket = self.add();
        let begin = Instant::now();
        let answer = self.get(&format!("/r/{}?code=OK&state={}", ticket.back, ticket.id.0));
        let time = begin.elapsed();
        assert_eq!(status(&answer), 200);
        let raw = format!("code=OK&state={}", ticket.id.0);
        let mut event = self.event();
        // The fire itself may still be noticed.
        while matches!(event, CallbackEvent::Stranger(_)) {
            event = self.event();
        }
        assert_eq!(event, CallbackEvent::Answered(ticket.id, raw));
        time
    }
}
