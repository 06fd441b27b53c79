//! What the log says about refusals: the name of the reason, and nothing that the client sent.

use super::{rig::*, *};
use crate::RefusedCallback;

/// The log's target; each test of this file has its own.
const REFUSALS: &str = "refusals";
const EVICTIONS: &str = "evictions";
/// Stands in every request for what a client may send.
const CANARY: &str = "CANARY";

/// The lines of the targets above.
static LINES: Mutex<Vec<(String, log::Level, String)>> = Mutex::new(Vec::new());

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        [REFUSALS, EVICTIONS].contains(&metadata.target())
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = (
                record.target().to_owned(),
                record.level(),
                record.args().to_string(),
            );
            LINES.lock().unwrap().push(line);
        }
    }

    fn flush(&self) {}
}

fn config(log_target: &'static str) -> ListenerConfig {
    // Both tests call this, and only the first call succeeds.
    let _ = log::set_logger(&Recorder);
    log::set_max_level(log::LevelFilter::Trace);
    ListenerConfig {
        log_target,
        ..ListenerConfig::default()
    }
}

/// Takes the lines of a target.
fn take(target: &str) -> Vec<(log::Level, String)> {
    let mut lines = LINES.lock().unwrap();
    let (mine, others) = lines.drain(..).partition(|(of, ..)| of == target);
    *lines = others;
    let mine: Vec<_> = mine;
    mine.into_iter()
        .map(|(_, level, line)| (level, line))
        .collect()
}

fn refused(reason: RefusedCallback) -> (log::Level, String) {
    let line = format!(
        "the callback listener refused a request: {}",
        reason.as_str()
    );
    (log::Level::Debug, line)
}

/// Returns a request that is refused for this reason, full of what must not be logged.
fn request(reason: RefusedCallback, request: &Request, ended: &Request) -> Vec<u8> {
    let (link, token) = (&request.link_token, &request.return_token);
    let own = format!("http://{HOST}");
    let send = |start: &str, host: &str, headers: &str| {
        format!("{start} HTTP/1.1\r\nHost: {host}\r\nCookie: {CANARY}\r\n{headers}\r\n")
    };
    let get = |path: &str| send(&format!("GET {path}"), HOST, "");
    let back = format!("/r/{token}?code={CANARY}");
    let with = |header: &str| send(&format!("GET {back}"), HOST, header);
    let fragment = |headers: &str| send(&format!("POST /f/{token}"), HOST, headers);
    match reason {
        RefusedCallback::Malformed => get(&format!("/login?state={token}&state={token}&{CANARY}")),
        RefusedCallback::Tls => return [b"\x16\x03", CANARY.as_bytes()].concat(),
        RefusedCallback::LineTooLong => get(&format!("{back}{}", CANARY.repeat(4000))),
        RefusedCallback::HeadTooLarge => with(&format!("X-{CANARY}: 1\r\n").repeat(101)),
        RefusedCallback::BodyTooLarge => {
            fragment(&format!("Origin: {own}\r\nContent-Length: 99999\r\n"))
        }
        RefusedCallback::NoLength => fragment(&format!("Origin: {own}\r\n")),
        RefusedCallback::WrongHost => send(&format!("GET {back}"), "canary.example", ""),
        RefusedCallback::Method => send(&format!("POST {back}"), HOST, ""),
        RefusedCallback::Unknown => get(&format!("/r/{CANARY}?{CANARY}")),
        RefusedCallback::StateMismatch => get(&format!("{back}&state={CANARY}")),
        RefusedCallback::TransferEncoding => with("Transfer-Encoding: chunked\r\n"),
        RefusedCallback::Expectation => with("Expect: 100-continue\r\n"),
        RefusedCallback::NotNavigation => with("Sec-Fetch-Mode: no-cors\r\n"),
        RefusedCallback::WrongOrigin => {
            fragment("Origin: http://canary.example\r\nContent-Length: 1\r\n")
        }
        RefusedCallback::Prefetch => with("Purpose: prefetch\r\n"),
        RefusedCallback::NotReady => get(&format!("/go/{link}")),
        RefusedCallback::LinkUsed => get(&format!("/go/{link}")),
        RefusedCallback::Finished => get(&format!("/r/{}?code={CANARY}", ended.return_token)),
        RefusedCallback::Nothing => get(&format!("/r/{token}?{CANARY}")),
        RefusedCallback::NoState => get(&format!("/login?error={CANARY}")),
        RefusedCallback::Slow | RefusedCallback::Evicted | RefusedCallback::HungUp => {
            return format!("GET {back}").into_bytes();
        }
    }
    .into_bytes()
}

#[test]
fn every_refusal_is_one_line_without_secrets() {
    let config = config(REFUSALS);
    let redirect_uri = format!("http://{HOST}/login").parse().unwrap();
    let address = BoundAddress::new(&[HOST.parse().unwrap()], Some(&redirect_uri));
    let mut handler = Handler::new(address, &config, |_: Event| true);
    let now = Instant::now();
    let (first, pending) = callback(1, now + 10 * MINUTE);
    let (second, ended) = callback(2, now + 10 * MINUTE);
    let (mut third, not_ready) = callback(3, now + 10 * MINUTE);
    third.page = None;
    for callback in [first, second, third] {
        handler.table().add(callback);
    }
    handler.table().retire(ended.id, now, MINUTE, false);
    let secrets = [&pending, &ended, &not_ready].map(|r| [&r.link_token, &r.return_token]);
    let secrets = secrets.into_iter().flatten().map(String::as_str);
    let secrets: Vec<_> = secrets.chain([CANARY, "canary"]).collect();

    for reason in RefusedCallback::ALL {
        if reason == RefusedCallback::Evicted {
            continue;
        }
        if reason == RefusedCallback::LinkUsed {
            let visit = get(HOST, &format!("/go/{}", pending.link_token));
            Connection::new(now).read(&visit, now, &mut handler);
        }
        let waits = reason == RefusedCallback::NotReady;
        let bytes = request(reason, if waits { &not_ready } else { &pending }, &ended);
        let mut connection = Connection::new(now);
        connection.read(&bytes, now, &mut handler);
        match reason {
            RefusedCallback::Slow => drop(connection.tick(now + MINUTE, &handler)),
            RefusedCallback::HungUp => drop(connection.end_of_input(&handler)),
            _ => {}
        }
        let lines = take(REFUSALS);
        for (_, line) in &lines {
            for secret in &secrets {
                assert!(!line.contains(secret), "{reason:?}: {line}");
            }
        }
        // Two refusals also have a warning.
        let lines = lines.into_iter();
        let lines: Vec<_> = lines
            .filter(|(level, _)| *level > log::Level::Warn)
            .collect();
        assert_eq!(lines, [refused(reason)]);
        assert_eq!(config.counters.refused(reason), 1);
    }
}

#[test]
fn an_eviction_is_logged() {
    let listener = Listener::start(config(EVICTIONS), |_: Event| true).unwrap();
    let address: SocketAddr = host(&listener).parse().unwrap();
    let clients: Vec<_> = (0..64)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let mut newest = TcpStream::connect(address).unwrap();
    newest.write_all(b"\n").unwrap();
    newest.read_to_end(&mut Vec::new()).unwrap();
    let mut expected = vec![refused(RefusedCallback::Evicted)];
    expected.push(refused(RefusedCallback::Malformed));
    assert_eq!(take(EVICTIONS), expected);
    drop(clients);
}
