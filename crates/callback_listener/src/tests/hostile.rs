//! What is not a callback: every kind of malformed request, in pieces, cut, and by the thousand.

use super::{rig::*, *};
use test_support::reliability::{measured, millis, scale};

/// Malformed and foreign requests, by name. None of them may end the request of `pending`, although
/// many carry its token.
pub(super) fn kinds(host: &str, pending: &Request) -> Vec<(&'static str, Vec<u8>)> {
    let back = format!("/r/{}?code=OK", pending.return_token);
    let own = format!("Host: {host}\r\nOrigin: http://{host}\r\n");
    let head = |line: &str| format!("{line}\r\nHost: {host}\r\n\r\n").into_bytes();
    let with = |headers: &str| {
        format!("GET {back} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n").into_bytes()
    };
    let fragment = |headers: &str, body: &str| {
        format!(
            "POST /f/{} HTTP/1.1\r\n{own}{headers}\r\n{body}",
            pending.return_token
        )
        .into_bytes()
    };
    let path = |path: &str| head(&format!("GET {path} HTTP/1.1"));
    let noise = (0..512_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    vec![
        ("empty", Vec::new()),
        ("one byte", b"G".to_vec()),
        ("line feed", b"\n".to_vec()),
        ("empty line first", [b"\r\n".to_vec(), path(&back)].concat()),
        ("no version", head(&format!("GET {back}"))),
        ("http 0.9", format!("GET {back}\r\n").into_bytes()),
        ("http 2.0", head(&format!("GET {back} HTTP/2.0"))),
        ("http 3.0", head(&format!("GET {back} HTTP/3.0"))),
        (
            "tls hello",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03random".to_vec(),
        ),
        (
            "http/2 preface",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        ),
        ("socks 4", b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00".to_vec()),
        ("socks 5", b"\x05\x01\x00".to_vec()),
        ("binary noise", noise),
        ("nul in line", head(&format!("GET {back}\0 HTTP/1.1"))),
        ("control in line", head(&format!("GET {back}\x1b HTTP/1.1"))),
        ("control in header", with("X: a\x01b\r\n")),
        ("nul in header", with("X: a\0b\r\n")),
        ("no colon", with("Garbage\r\n")),
        ("folded header", with("X: a\r\n b\r\n")),
        ("space before colon", with("X : a\r\n")),
        ("empty name", with(": a\r\n")),
        ("host twice", with(&format!("Host: {host}\r\n"))),
        (
            "no host",
            format!("GET {back} HTTP/1.1\r\n\r\n").into_bytes(),
        ),
        (
            "foreign host",
            format!("GET {back} HTTP/1.1\r\nHost: evil.example\r\n\r\n").into_bytes(),
        ),
        ("absolute target", path(&format!("http://{host}{back}"))),
        (
            "authority target",
            head(&format!("CONNECT {host} HTTP/1.1")),
        ),
        ("asterisk target", head("OPTIONS * HTTP/1.1")),
        (
            "line of 1 MiB",
            path(&format!("{back}{}", "x".repeat(1 << 20))),
        ),
        (
            "header of 1 MiB",
            with(&format!("X: {}\r\n", "x".repeat(1 << 20))),
        ),
        ("10,000 headers", with(&"X: y\r\n".repeat(10_000))),
        (
            "header never ended",
            format!("GET {back} HTTP/1.1\r\nHost: {host}\r\nX: y").into_bytes(),
        ),
        (
            "bare cr",
            format!("GET {back} HTTP/1.1\rHost: {host}\r\r").into_bytes(),
        ),
        (
            "lf only",
            format!("GET {back} HTTP/1.1\nHost: {host}\n\n").into_bytes(),
        ),
        ("two spaces", head(&format!("GET  {back} HTTP/1.1"))),
        ("tab for space", head(&format!("GET\t{back} HTTP/1.1"))),
        (
            "negative length",
            fragment("Content-Length: -7\r\n", "code=OK"),
        ),
        (
            "huge length",
            fragment("Content-Length: 18446744073709551616\r\n", "code=OK"),
        ),
        (
            "signed length",
            fragment("Content-Length: +7\r\n", "code=OK"),
        ),
        ("hex length", fragment("Content-Length: 0x7\r\n", "code=OK")),
        (
            "two lengths",
            fragment("Content-Length: 7\r\nContent-Length: 7\r\n", "code=OK"),
        ),
        ("no length", fragment("", "code=OK")),
        (
            "chunked",
            fragment(
                "Transfer-Encoding: chunked\r\n",
                "7\r\ncode=OK\r\n0\r\n\r\n",
            ),
        ),
        (
            "chunked and length",
            fragment(
                "Transfer-Encoding: chunked\r\nContent-Length: 7\r\n",
                "code=OK",
            ),
        ),
        (
            "body shorter than said",
            fragment("Content-Length: 70\r\n", "code=OK"),
        ),
        (
            "body longer than said",
            fragment("Content-Length: 3\r\n", "code=OK"),
        ),
        (
            "body too long",
            fragment("Content-Length: 1048576\r\n", &"x".repeat(1 << 20)),
        ),
        ("pipelined", [path("/"), path(&back), path(&back)].concat()),
        (
            "expect",
            fragment("Content-Length: 7\r\nExpect: 100-continue\r\n", "code=OK"),
        ),
        (
            "websocket",
            with("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AA==\r\n"),
        ),
        (
            "escape cut",
            path(&format!("/r/{}%2?code=OK", pending.return_token)),
        ),
        (
            "escape bad",
            path(&format!("/r/%xx{}?code=OK", pending.return_token)),
        ),
        (
            "utf-8 overlong",
            [b"GET /r/\xc0\xaf".to_vec(), head(" HTTP/1.1")].concat(),
        ),
        (
            "utf-8 surrogate",
            [b"GET /r/\xed\xa0\x80".to_vec(), head(" HTTP/1.1")].concat(),
        ),
        (
            "utf-8 cut",
            [b"GET /r/\xe2\x82".to_vec(), head(" HTTP/1.1")].concat(),
        ),
        (
            "overlong body",
            [
                fragment("Content-Length: 9\r\n", "code=OK"),
                b"\xc0\xaf".to_vec(),
            ]
            .concat(),
        ),
        ("dots", path(&format!("/x/..{back}"))),
        ("escaped dots", path(&format!("/x/%2e%2e{back}"))),
        ("double slash", path(&format!("/{back}"))),
        (
            "upper-case path",
            path(&format!("/R/{}?code=OK", pending.return_token)),
        ),
        (
            "upper-case token",
            path(&format!(
                "/r/{}?code=OK",
                "ABCDEF0123456789ABCDEF0123456789"
            )),
        ),
        (
            "trailing byte",
            path(&format!("/r/{}0?code=OK", pending.return_token)),
        ),
        (
            "token cut",
            path(&format!("/r/{}?code=OK", &pending.return_token[1..])),
        ),
        (
            "100,000 parameters",
            path(&format!("{back}{}", "&a=b".repeat(100_000))),
        ),
        (
            "deep json",
            fragment(
                "Content-Length: 10007\r\n",
                &format!("result={}", "[".repeat(10_000)),
            ),
        ),
        (
            "huge number",
            fragment("Content-Length: 10\r\n", "id=1e99999"),
        ),
        ("error without token", path("/?error=access_denied")),
        ("wrong state", path(&format!("{back}&state=999999"))),
        ("head", head(&format!("HEAD {back} HTTP/1.1"))),
        (
            "fetch",
            with("Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"),
        ),
        ("prefetch", with("Sec-Purpose: prefetch\r\n")),
    ]
}

fn expect_no_callback(rig: &Rig, what: &str) {
    while let Some(event) = rig.try_event() {
        assert!(
            matches!(event, CallbackEvent::UnexpectedCallback(_)),
            "{what}: {event:?}"
        );
    }
}

/// Runs a batch of garbage; then a real callback must come through in 50 ms. Other programs use the
/// machine too and can delay a callback, but never hasten it. So the batch is repeated if a callback
/// was late. Returns how long the real callback took.
fn survives(rig: &Rig, what: &str, mut batch: impl FnMut()) -> Duration {
    let mut times = Vec::new();
    // A full run has the machine for itself.
    for _ in 0..scale(4, 1) {
        batch();
        expect_no_callback(rig, what);
        let time = rig.real_callback();
        if time <= Duration::from_millis(50) {
            return time;
        }
        times.push(time);
    }
    panic!("{what}: real callbacks took {times:?}");
}

/// Throws at least `count` requests at the listener in batches; after each one a real callback must
/// come through. Returns how many they were, and how long the slowest of the callbacks took.
fn barrage(rig: &Rig, requests: &[(&str, Vec<u8>)], count: usize) -> (usize, Duration) {
    let (mut thrown, mut slowest) = (0, Duration::ZERO);
    for batch in 0.. {
        if thrown >= count {
            break;
        }
        // Long ones cost most of the time and differ least: every tenth batch has them.
        let chosen: Vec<_> = requests
            .iter()
            .filter(|(_, bytes)| bytes.len() < 70_000 || batch % 10 == 0)
            .collect();
        let time = survives(rig, "whole", || {
            for (name, bytes) in &chosen {
                let response = rig.throw(bytes);
                assert_ne!(body_of(&response), "completed", "{name}");
            }
        });
        thrown += chosen.len();
        slowest = slowest.max(time);
    }
    (thrown, slowest)
}

fn body_of(response: &[u8]) -> String {
    String::from_utf8_lossy(response)
        .split("\r\n\r\n")
        .nth(1)
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn garbage_does_no_harm() {
    let rig = Rig::new();
    let pending = rig.add();
    let requests = kinds(&rig.host, &pending);
    assert!(requests.len() >= 60);
    let (thrown, slowest) = barrage(&rig, &requests, 10_000);
    assert!(rig.counters.connections() >= 10_000);
    // The request whose token most of the garbage carried still waits for its response.
    let response = rig.get(&format!("/r/{}?code=OK", pending.return_token));
    assert_eq!(body(&response), html(Page::Completed));
    let completed = CallbackEvent::Received(pending.id, "code=OK".to_owned());
    assert_eq!(rig.event(), completed);
    let kinds = requests.len();
    measured(
        2,
        format!(
            "{thrown} requests of {kinds} kinds: no event; slowest real callback {}",
            millis(slowest)
        ),
    );
}

/// What is longer than this goes over sockets only as far; the machine without sockets takes all of
/// it.
const SOCKET_BYTES: usize = 512;

#[test]
fn garbage_cut_at_every_byte_does_no_harm() {
    let rig = Rig::new();
    let pending = rig.add();
    for (name, bytes) in kinds(&rig.host, &pending) {
        survives(&rig, name, || {
            for end in 0..bytes.len().min(SOCKET_BYTES) {
                rig.throw(&bytes[..end]);
            }
        });
    }
    assert_eq!(
        status(&rig.get(&format!("/r/{}?code=OK", pending.return_token))),
        200
    );
}

#[test]
fn garbage_in_single_bytes_does_no_harm() {
    let rig = Rig::new();
    let pending = rig.add();
    for (name, bytes) in kinds(&rig.host, &pending) {
        survives(&rig, name, || {
            let mut stream = rig.connect();
            for byte in bytes.iter().take(SOCKET_BYTES) {
                if stream.write_all(&[*byte]).is_err() {
                    break;
                }
            }
        });
    }
    assert_eq!(
        status(&rig.get(&format!("/r/{}?code=OK", pending.return_token))),
        200
    );
}

/// Every byte of every kind, also of the longest.
#[test]
fn garbage_cut_at_every_byte_ends_nothing_in_the_machine() {
    let mut world = World::new();
    let pending = world.add(1);
    let quiet = |world: &mut World, name: &str, place: usize| {
        for event in world.take() {
            assert!(
                matches!(event, CallbackEvent::UnexpectedCallback(_)),
                "{name}, {place} bytes: {event:?}"
            );
        }
    };
    for (name, bytes) in kinds(HOST, &pending) {
        // One connection that gets byte after byte was cut at each of them.
        let mut connection = Connection::new(world.now);
        let mut responses = 0;
        for place in 0..bytes.len() {
            let action = world.read(&mut connection, &bytes[place..=place]);
            responses += usize::from(matches!(action, Action::Respond(_)));
            quiet(&mut world, name, place);
        }
        assert!(responses <= 1, "{name}");
        // In one piece, and gone. Past the first 2 KiB the places differ in nothing but their
        // number.
        for end in (0..bytes.len().min(70_000)).filter(|end| *end < 2048 || end % 251 == 0) {
            let mut connection = Connection::new(world.now);
            let action = world.read(&mut connection, &bytes[..end]);
            let completed = matches!(action, Action::Respond(_));
            let action = connection.end_of_input(&world.handler);
            assert_eq!(
                matches!(action, Action::Close),
                !completed,
                "{name}, {end} bytes"
            );
            quiet(&mut world, name, end);
        }
    }
    assert_eq!(
        status(&world.get(&format!("/r/{}?code=OK", pending.return_token))),
        200
    );
    assert_eq!(
        world.take(),
        [CallbackEvent::Received(pending.id, "code=OK".to_owned())]
    );
}

#[test]
fn clients_that_leave_or_do_not_read_do_no_harm() {
    let rig = Rig::new();
    let pending = rig.add();
    let path = format!("/r/{}", pending.return_token);
    let silent: Vec<_> = (0..20).map(|_| rig.connect()).collect();
    for _ in 0..200 {
        // The client leaves while the response is on its way: unread bytes make the system send a
        // reset.
        let mut stream = rig.connect();
        stream.write_all(&get(&rig.host, &path)).unwrap();
        let _ = stream.read(&mut [0; 1]);
        drop(stream);
        // Half-closed after the request: the response is still owed.
        assert_eq!(status(&rig.throw(&get(&rig.host, &path))), 200);
    }
    let mut deaf = rig.connect();
    deaf.write_all(&get(&rig.host, &path)).unwrap();
    expect_no_callback(&rig, "leaving");
    rig.real_callback();
    drop((silent, deaf));
}

#[test]
fn wrong_tokens_are_only_counted() {
    let mut world = World::new();
    let pending = world.add(1);
    world.add(2);
    for _ in 0..10_000 {
        let wrong = return_token();
        let response = world.get(&format!("/r/{}?code=OK", wrong.expose()));
        assert_eq!(status(&response), 404);
    }
    // One digit off, at every place and in every way.
    for place in 0..32 {
        for digit in "0123456789abcdefABCDEF".chars() {
            let mut near = pending.return_token.clone();
            near.replace_range(place..=place, &digit.to_string());
            if near != pending.return_token {
                assert_eq!(status(&world.get(&format!("/r/{near}?code=OK"))), 404);
            }
        }
    }
    assert_eq!(world.take(), []);
    assert_eq!(
        status(&world.get(&format!("/r/{}?code=OK", pending.return_token))),
        200
    );
}

/// Runs in a process of its own, because the memory of a process is counted for all its tests.
#[cfg(target_os = "linux")]
#[expect(
    clippy::print_stdout,
    reason = "the child process reports to its parent"
)]
#[test]
fn garbage_leaves_no_memory_behind() {
    const CHILD: &str = "CALLBACK_MEMORY_CHILD";
    const GROWTH: &str = "Grown by KiB: ";
    if std::env::var_os(CHILD).is_none() {
        let name = "tests::hostile::garbage_leaves_no_memory_behind";
        let program = std::env::current_exe().unwrap();
        let child = std::process::Command::new(program)
            .args(["--exact", name, "--nocapture", "--test-threads=1"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&child.stdout);
        assert!(
            child.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&child.stderr)
        );
        assert!(
            text.contains("1 passed"),
            "the test has another name now: {text}"
        );
        let growth = text
            .lines()
            .find_map(|line| line.strip_prefix(GROWTH))
            .unwrap();
        measured(2, format!("memory +{growth} KiB"));
        return;
    }
    let rig = Rig::new();
    // Made once: the test's own buffers must not come and go while the memory is measured.
    let requests = kinds(&rig.host, &rig.add());
    barrage(&rig, &requests, 2000);
    let before = test_support::process::Process::this().resident_kib();
    barrage(&rig, &requests, 4000);
    let growth = test_support::process::Process::this()
        .resident_kib()
        .saturating_sub(before);
    assert!(growth <= 2048, "grew by {growth} KiB");
    println!("\n{GROWTH}{growth}");
}
