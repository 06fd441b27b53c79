//! How browsers, their settings and other programs on the machine change a callback. It arrives all
//! the same, or the page says what helps.

use std::sync::Barrier;

use super::{rig::*, *};
use crate::RefusedCallback;

/// How a TLS handshake begins: a record (type 22, version 3.1) with a `ClientHello` in it.
const CLIENT_HELLO: [u8; 11] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];

/// Returns the counts of refusals so far, by name.
fn refused(counters: &CallbackCounters) -> Vec<(&'static str, u64)> {
    let all = RefusedCallback::ALL
        .into_iter()
        .map(|reason| (reason.as_str(), counters.refused(reason)));
    all.filter(|(_, count)| *count > 0).collect()
}

/// Returns a navigation with these headers added.
fn navigation(host: &str, path: &str, more: &str) -> Vec<u8> {
    let tab = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{tab}{more}\r\n").into_bytes()
}

/// A world with a login that waits for its callback.
fn login() -> (World, Request) {
    let mut world = World::at(Some("http://localhost:49152/login"));
    let (mut callback, pending) = callback(1, world.now + MINUTE);
    callback.parser = parse_all();
    world.handler.table().add(callback);
    (world, pending)
}

/// Every header by which prefetchers and previews of today and before name themselves.
#[test]
fn a_preview_is_neither_a_visit_nor_a_callback() {
    for header in [
        "Sec-Purpose: prefetch",
        "Sec-Purpose: prefetch;prerender",
        "Sec-Purpose: prefetch;anonymous-client-ip",
        "Sec-Purpose: prerender",
        "Purpose: prefetch",
        "Purpose: preview",
        "X-Purpose: preview",
        "X-Purpose: Prefetch",
        "X-Moz: prefetch",
        "x-moz: PREFETCH",
    ] {
        let (mut world, pending) = login();
        let (go, raw) = (
            format!("/go/{}", pending.link_token),
            format!("code=OK&state={}", pending.return_token),
        );
        let (back, redirect) = (
            format!("/r/{}?{raw}", pending.return_token),
            format!("/login?{raw}"),
        );
        let ways = [&go, &back, &redirect];
        for path in ways {
            let response = world.send(&navigation(HOST, path, &format!("{header}\r\n")));
            assert_eq!(status(&response), 503, "{header} {path}");
        }
        assert_eq!(world.take(), [], "{header}");
        assert_eq!(refused(&world.counters), [("prefetch", 3)]);
        assert_eq!(
            status(&world.send(&navigation(HOST, &go, ""))),
            303,
            "{header}"
        );
        assert_eq!(
            status(&world.send(&navigation(HOST, &back, ""))),
            200,
            "{header}"
        );
        assert_eq!(
            world.take(),
            [
                CallbackEvent::Visited(pending.id),
                CallbackEvent::Received(pending.id, raw)
            ]
        );
    }
}

#[test]
fn a_browser_that_asks_for_https_is_counted_and_the_callback_survives() {
    let rig = Rig::new();
    let pending = rig.add();
    for _ in 0..5 {
        rig.throw(&CLIENT_HELLO);
    }
    let response = rig.get(&format!("/r/{}?code=OK", pending.return_token));
    assert_eq!(status(&response), 200);
    assert_eq!(
        rig.event(),
        CallbackEvent::Received(pending.id, "code=OK".to_owned())
    );
    assert_eq!(refused(&rig.counters), [("TLS", 5)]);
}

/// In one packet or byte by byte; and what only begins like one is malformed.
#[test]
fn a_tls_handshake_is_known_by_its_first_two_bytes() {
    let mut world = World::new();
    let one_by_one = CLIENT_HELLO.chunks(1);
    assert_eq!(
        world
            .pieces(one_by_one)
            .map(|response| status(response.bytes())),
        Some(400)
    );
    assert_eq!(status(&world.send(&CLIENT_HELLO)), 400);
    assert_eq!(refused(&world.counters), [("TLS", 2)]);
    for other in [
        &[0x16, 0x02][..],
        &[0x16, b'G'],
        &[0x03, 0x16],
        &[b'G', 0x16, 0x03],
        &[0x15, 0x03, 0x01],
    ] {
        assert_eq!(status(&world.send(other)), 400, "{other:?}");
    }
    assert_eq!(refused(&world.counters), [("malformed", 5), ("TLS", 2)]);
}

#[test]
fn a_browser_with_too_many_cookies_gets_a_page_that_helps() {
    let many = "A: b\r\n".repeat(100);
    let large = format!("Cookie: a={}\r\n", "x".repeat(70 * 1024));
    for (language, heading) in [("ru", "Слишком много cookie"), ("en", "Too many cookies")]
    {
        for (before, after) in [("", &many), ("", &large), (many.get(..60).unwrap(), &large)] {
            let (mut world, pending) = login();
            let raw = format!("code=OK&state={}", pending.return_token);
            for path in [
                format!("/r/{}?{raw}", pending.return_token),
                format!("/login?{raw}"),
            ] {
                let headers = format!("{before}accept-LANGUAGE:{language}\r\n{after}");
                let response = world.send(&navigation(HOST, &path, &headers));
                assert_eq!(status(&response), 431, "{path}");
                let page = body(&response);
                assert!(page.contains(&format!("<h1>{heading}</h1>")), "{page}");
                assert!(
                    page.contains(&format!("<html lang=\"{language}\">")),
                    "{page}"
                );
                assert!(
                    page.contains("localhost") && page.contains("127.0.0.1"),
                    "{page}"
                );
            }
            assert_eq!(world.take(), []);
            assert_eq!(refused(&world.counters), [("head too large", 2)]);
            assert_eq!(
                status(&world.send(&navigation(
                    HOST,
                    &format!("/login?{raw}"),
                    "Cookie: a=x\r\n"
                ))),
                200
            );
            assert_eq!(world.take(), [CallbackEvent::Received(pending.id, raw)]);
        }
    }
}

/// The browser sends all of it before it reads, and still gets the whole page.
#[test]
fn the_page_about_cookies_arrives_over_a_real_socket() {
    let rig = Rig::new();
    let pending = rig.add();
    let path = format!("/r/{}?code=OK", pending.return_token);
    let response = rig.throw(&navigation(
        &rig.host,
        &path,
        &format!("Cookie: a={}\r\n", "x".repeat(70 * 1024)),
    ));
    assert_eq!(status(&response), 431);
    assert!(
        body(&response).contains("<h1>Too many cookies</h1>")
            && body(&response).ends_with("</main>\n")
    );
    assert_eq!(
        status(&rig.send(&navigation(&rig.host, &path, ""))),
        200,
        "reloaded without them"
    );
}

/// A privacy setting can make `null` of a page's origin. Only `Sec-Fetch-Site`, which no script can
/// set, distinguishes the listener's page from any other then.
#[test]
fn an_origin_of_null_is_our_page_only_if_the_browser_says_same_origin() {
    let post = |headers: &str| {
        let (mut world, pending) = login();
        let request = format!(
            "POST /f/{} HTTP/1.1\r\nHost: {HOST}\r\n{headers}Content-Length: 7\r\n\r\ncode=OK",
            pending.return_token
        );
        let code = status(&world.send(request.as_bytes()));
        let events = world.take();
        if code == 200 {
            assert_eq!(
                events,
                [CallbackEvent::Received(pending.id, "code=OK".to_owned())]
            );
        } else {
            assert_eq!(
                (events, refused(&world.counters)),
                (vec![], vec![("wrong origin", 1)]),
                "{headers}"
            );
        }
        code
    };
    assert_eq!(post("Origin: null\r\nSec-Fetch-Site: same-origin\r\n"), 200);
    for bad in [
        "Origin: null\r\n",
        "Origin: null\r\nSec-Fetch-Site:\r\n",
        // As a sandboxed frame sends it, on our own page, too: its origin is the same as no other.
        "Origin: null\r\nSec-Fetch-Site: cross-site\r\n",
        "Origin: null\r\nSec-Fetch-Site: same-site\r\n",
        "Origin: null\r\nSec-Fetch-Site: none\r\n",
        "Origin: null\r\nSec-Fetch-Site: Same-Origin\r\n",
        "Origin: null\r\nSec-Fetch-Site: same-origin, cross-site\r\n",
        "Origin: null\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Site: same-origin\r\n",
        "Origin: null\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n",
        "Origin: null\r\nOrigin: null\r\nSec-Fetch-Site: same-origin\r\n",
        "Origin: null\r\nOrigin: http://evil.example\r\nSec-Fetch-Site: same-origin\r\n",
        "Origin: NULL\r\nSec-Fetch-Site: same-origin\r\n",
        "Origin:\r\nSec-Fetch-Site: same-origin\r\n",
        "Sec-Fetch-Site: same-origin\r\n",
        "Origin: http://evil.example\r\nSec-Fetch-Site: same-origin\r\n",
    ] {
        assert_eq!(post(bad), 403, "{bad}");
    }
}

/// `null` opens no other way: not that of a navigation, and not that of a WebSocket.
#[test]
fn an_origin_of_null_changes_nothing_elsewhere() {
    let (mut world, pending) = login();
    let null = "Origin: null\r\nSec-Fetch-Site: same-origin\r\n";
    let socket = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let back = format!("/r/{}?code=OK", pending.return_token);
    let request = |method: &str, path: &str, more: &str| {
        format!("{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{null}{more}\r\n").into_bytes()
    };
    assert_eq!(status(&world.send(&request("GET", &back, socket))), 403);
    assert_eq!(
        status(&world.send(&request("GET", &back, "Sec-Fetch-Mode: cors\r\n"))),
        403
    );
    assert_eq!(
        status(&world.send(&request(
            "GET",
            &format!("/f/{}", pending.return_token),
            socket
        ))),
        405
    );
    assert_eq!(
        status(&world.send(&request("POST", &back, "Content-Length: 0\r\n"))),
        405
    );
    assert_eq!(world.take(), []);
}

/// A tunnel or container that forwards another port to ours: the browser names the port that it
/// sees.
#[test]
fn a_forwarded_port_is_refused_and_ends_nothing() {
    let (mut world, pending) = login();
    let raw = format!("code=OK&state={}", pending.return_token);
    let path = format!("/login?{raw}");
    for host in [
        "localhost:17999",
        "127.0.0.1:17999",
        "localhost",
        "localhost:49152.",
        "[::1]:49152",
    ] {
        assert_eq!(
            status(&world.send(&navigation(host, &path, ""))),
            421,
            "{host}"
        );
    }
    assert_eq!(world.take(), []);
    assert_eq!(refused(&world.counters), [("wrong host", 5)]);
    assert_eq!(
        status(&world.send(&navigation("localhost:49152", &path, ""))),
        200
    );
    assert_eq!(world.take(), [CallbackEvent::Received(pending.id, raw)]);
}

/// A browser that tries both families of `localhost` can deliver one callback twice.
#[test]
fn one_callback_over_both_families_at_once_has_one_result() {
    let (sender, events) = mpsc::channel::<Event>();
    let config = ListenerConfig {
        redirect_uris: vec!["http://localhost:0/login".parse().unwrap()],
        ..ListenerConfig::default()
    };
    let listener = Listener::start(config, move |event| sender.send(event).is_ok()).unwrap();
    let host = host(&listener);
    let (_, port) = host.rsplit_once(':').unwrap();
    let port: u16 = port.parse().unwrap();
    let v4 = SocketAddr::from(([127, 0, 0, 1], port));
    let v6 = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port));
    // Where a family is missing, the callback comes twice over the other.
    let has = |address: SocketAddr| TcpStream::connect(address).is_ok();
    let ways = match (has(v4), has(v6)) {
        (true, true) => [v4, v6],
        (true, false) => [v4, v4],
        _ => [v6, v6],
    };
    for id in 0..50 {
        let (mut callback, pending) = callback(id, Instant::now() + MINUTE);
        callback.parser = parse_all();
        listener.add(callback).unwrap();
        let raw = format!("code=OK&state={}", pending.return_token);
        let request = navigation(&format!("localhost:{port}"), &format!("/login?{raw}"), "");
        let start = Barrier::new(2);
        let mut pages = std::thread::scope(|scope| {
            let send = |address| {
                let mut stream = TcpStream::connect(address).unwrap();
                stream
                    .set_read_timeout(Some(Duration::from_secs(20)))
                    .unwrap();
                start.wait();
                stream.write_all(&request).unwrap();
                let mut response = Vec::new();
                stream.read_to_end(&mut response).unwrap();
                body(&response).to_owned()
            };
            let threads = ways.map(|address| scope.spawn(move || send(address)));
            threads.map(|thread| thread.join().unwrap())
        });
        let mut expected = [Page::Completed, Page::AlreadyFinished].map(html);
        pages.sort();
        expected.sort();
        assert!(pages == expected, "one of them brings the result");
        assert_eq!(
            events.recv_timeout(Duration::from_secs(20)),
            Ok(CallbackEvent::Received(pending.id, raw))
        );
    }
    assert!(events.try_recv().is_err(), "and none a second one");
}

/// A service that does not know the program or the redirect URI names no request. The user reads
/// that the login failed; nothing ends, because any page can lead a browser here.
#[test]
fn an_error_without_state_has_a_page_and_ends_nothing() {
    for query in [
        "error=invalid_client",
        "error=invalid_client&error_description=Unknown+client",
        "a=b&error=%3Cb%3E",
        "error=invalid_client&state=",
        "error=invalid_client&amp;state=",
        "state=&error=invalid_client",
    ] {
        let (mut world, pending) = login();
        let request = navigation(HOST, &format!("/login?{query}"), "Accept-Language: ru\r\n");
        let response = world.send(&request);
        assert_eq!(status(&response), 200, "{query}");
        let page = body(&response);
        let shown: Vec<_> = page
            .split("<section ")
            .skip(1)
            .filter(|part| !part.contains(" hidden>"))
            .collect();
        let [shown] = shown[..] else {
            panic!("not one section is shown: {page}")
        };
        assert!(shown.contains("<h1>Войти не удалось</h1>"), "{shown}");
        assert!(
            !page.contains("invalid_client") && !page.contains("Unknown"),
            "a page reflects nothing"
        );
        assert_eq!(refused(&world.counters), [("no state", 1)]);
        assert_eq!(world.take(), []);
        // The whole response may still be behind the `#`, and then the script of that page posts
        // it.
        assert!(page.contains("<main data-relay=\"/f/\">") && page.contains("<script>"));
        assert_eq!(
            body(&world.send(&post(
                HOST,
                &format!("/f/{}", pending.return_token),
                "code=OK"
            ))),
            "completed"
        );
    }
    for query in [
        "",
        "error",
        "error=",
        "terror=1",
        "errors=1",
        "code=OK",
        "x=error=1",
    ] {
        let (mut world, _) = login();
        let response = world.send(&navigation(HOST, &format!("/login?{query}"), ""));
        assert!(body(&response) == html(Page::Relay), "{query}");
        assert_eq!(refused(&world.counters), []);
    }
    // Nothing is laxer for an empty state: not without an error, and not twice.
    for (query, reason) in [
        ("state=", "unknown"),
        ("code=c&state=", "unknown"),
        ("error=&state=", "unknown"),
        ("error=invalid_client&state=&state=", "malformed"),
    ] {
        let (mut world, _) = login();
        world.send(&navigation(HOST, &format!("/login?{query}"), ""));
        assert_eq!(refused(&world.counters), [(reason, 1)], "{query}");
    }
}
