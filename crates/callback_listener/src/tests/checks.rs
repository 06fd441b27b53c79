//! The rules for single requests: status, event, counter.

use super::*;
use crate::RefusedCallback;

/// Sends a request for a pending callback with extra headers.
fn with_headers(world: &mut World, method: &str, path: &str, headers: &str) -> u16 {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{headers}\r\n");
    status(&world.send(request.as_bytes()))
}

#[test]
fn the_way_of_a_callback() {
    let mut world = World::new();
    let pending = world.add(7);
    let response = world.get(&format!("/go/{}", pending.link_token));
    assert_eq!(status(&response), 303);
    let text = String::from_utf8(response).unwrap();
    assert!(text.contains(&format!("\r\nLocation: {PAGE}\r\n")));
    assert_eq!(world.take(), [CallbackEvent::Visited(pending.id)]);

    let response = world.get(&format!("/r/{}?code=OK&state=7", pending.return_token));
    assert_eq!(status(&response), 200);
    assert_eq!(body(&response), html(Page::Completed));
    let raw = "code=OK&state=7".to_owned();
    assert_eq!(world.take(), [CallbackEvent::Received(pending.id, raw)]);
    assert_eq!(world.counters.completed(), 1);
}

#[test]
fn a_fragment_comes_by_the_relay_page() {
    let mut world = World::new();
    let pending = world.add(7);
    for query in ["", "?", "?utm=1"] {
        let response = world.get(&format!("/r/{}{query}", pending.return_token));
        assert_eq!(body(&response), html(Page::Relay));
    }
    let path = format!("/f/{}", pending.return_token);
    for fragment in ["", "nothing", "error"] {
        let response = world.send(&post(HOST, &path, fragment));
        assert_eq!((status(&response), body(&response)), (200, "nothing"));
    }
    assert_eq!(world.take(), []);
    let response = world.send(&post(HOST, &path, "code=OK&state=7"));
    assert_eq!((status(&response), body(&response)), (200, "completed"));
    let raw = "code=OK&state=7".to_owned();
    assert_eq!(world.take(), [CallbackEvent::Received(pending.id, raw)]);
    let response = world.send(&post(HOST, &path, "code=OK&state=7"));
    assert_eq!(
        (status(&response), body(&response)),
        (200, "already-finished")
    );
    assert_eq!(world.take(), []);
}

#[test]
fn a_link_works_once() {
    let mut world = World::new();
    let pending = world.add(1);
    let path = format!("/go/{}", pending.link_token);
    assert_eq!(status(&world.get(&path)), 303);
    for _ in 0..3 {
        let again = world.get(&path);
        assert_eq!(status(&again), 410);
        assert_eq!(body(&again), html(Page::StartAgain));
    }
    let events = world.take();
    assert_eq!(
        events,
        [
            CallbackEvent::Visited(pending.id),
            CallbackEvent::LinkReused(pending.id)
        ]
    );

    let fresh = link_token();
    let new_path = format!("/go/{}", fresh.expose());
    world.handler.table().renew_link(pending.id, fresh);
    assert_eq!(status(&world.get(&path)), 410);
    assert_eq!(world.take(), []);
    assert_eq!(status(&world.get(&new_path)), 303);
    assert_eq!(status(&world.get(&new_path)), 410);
    assert_eq!(world.take(), events, "each link sends its event once");
}

#[test]
fn a_link_waits_for_its_page() {
    let mut world = World::new();
    let (mut callback, pending) = callback(1, world.now + MINUTE);
    callback.page = None;
    world.handler.table().add(callback);
    let path = format!("/go/{}", pending.link_token);
    assert_eq!(status(&world.get(&path)), 503);
    assert_eq!(world.take(), []);
    let page = PageUrl::new(PAGE.to_owned()).unwrap();
    world.handler.table().set_page(pending.id, page);
    assert_eq!(status(&world.get(&path)), 303);
}

#[test]
fn host_is_checked_before_all_else() {
    let mut world = World::new();
    let pending = world.add(1);
    let path = format!("/r/{}?code=OK", pending.return_token);
    let hosts = [
        "",
        "Host:\r\n",
        "Host: localhost:49152\r\n",
        "Host: 127.0.0.1\r\n",
        "Host: 127.0.0.1:80\r\n",
        "Host: 127.0.0.1:491520\r\n",
        "Host: 127.0.0.1:49152.evil.example\r\n",
        "Host: evil.example:49152\r\n",
        "Host: 127.0.0.1:49152\r\nHost: 127.0.0.1:49152\r\n",
        "Host: 127.0.0.1:49152\r\nHost: evil.example\r\n",
        "Host: 127.0.0.1:49152, evil.example\r\n",
        "Host: user@127.0.0.1:49152\r\n",
        "Host: 0:49152\r\n",
        "Host: 127.1:49152\r\n",
        "X-Forwarded-Host: 127.0.0.1:49152\r\n",
    ];
    for host in hosts {
        for method in ["GET", "OPTIONS", "POST"] {
            let request = format!("{method} {path} HTTP/1.1\r\n{host}\r\n");
            assert_eq!(status(&world.send(request.as_bytes())), 421, "{host:?}");
        }
    }
    assert_eq!(world.take(), []);
    let right = format!("GET {path} HTTP/1.1\r\nhOST: \t127.0.0.1:49152 \r\n\r\n");
    assert_eq!(status(&world.send(right.as_bytes())), 200);
}

#[test]
fn methods_fit_their_paths() {
    let mut world = World::new();
    let pending = world.add(1);
    let (go, back) = (
        format!("/go/{}", pending.link_token),
        format!("/r/{}?code=OK", pending.return_token),
    );
    let fragment = format!("/f/{}", pending.return_token);
    for path in ["/", "/favicon.ico", &go, &back, &fragment] {
        for method in [
            "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT", "get", "PATCH",
        ] {
            assert_eq!(
                with_headers(&mut world, method, path, ""),
                405,
                "{method} {path}"
            );
        }
    }
    assert_eq!(with_headers(&mut world, "POST", &go, ""), 405);
    assert_eq!(with_headers(&mut world, "POST", &back, ""), 405);
    assert_eq!(with_headers(&mut world, "GET", &fragment, ""), 405);
    assert_eq!(with_headers(&mut world, "POST", "/r/0?code=OK", ""), 404);
    let head = world.send(format!("HEAD {back} HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes());
    assert!(head.ends_with(b"\r\n\r\n"), "HEAD has no body");
    assert!(!String::from_utf8_lossy(&head).contains("Access-Control"));
    let events = world.take();
    assert_eq!(events, [CallbackEvent::UnexpectedCallback(pending.id)]);
}

#[test]
fn only_a_tab_that_navigates_may_bring_a_callback() {
    let good = [
        "",
        "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: none\r\nSec-Fetch-User: ?1\r\n",
        "Upgrade-Insecure-Requests: 1\r\nCookie: a=\u{44f}\r\n",
    ];
    let modes = [
        "cors",
        "no-cors",
        "same-origin",
        "websocket",
        "",
        "navigate, cors",
    ];
    let dests = [
        "image", "iframe", "frame", "script", "empty", "object", "embed", "",
    ];
    let bad = modes
        .map(|m| format!("Sec-Fetch-Mode: {m}\r\n"))
        .into_iter()
        .chain(dests.map(|d| format!("Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: {d}\r\n")))
        .chain(["Sec-Fetch-Mode: navigate\r\nSec-Fetch-Mode: cors\r\n".to_owned()])
        // The headers of Chromium.
        .chain([
            "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n".to_owned(),
        ]);
    let mut world = World::new();
    let pending = world.add(1);
    let go = format!("/go/{}", pending.link_token);
    let back = format!("/r/{}?code=OK", pending.return_token);
    for headers in bad {
        assert_eq!(
            with_headers(&mut world, "GET", &go, &headers),
            403,
            "{headers}"
        );
        assert_eq!(
            with_headers(&mut world, "GET", &back, &headers),
            403,
            "{headers}"
        );
        // A client without a token learns not even that.
        assert_eq!(
            with_headers(&mut world, "GET", "/r/0", &headers),
            404,
            "{headers}"
        );
    }
    world.take();
    for headers in good {
        let mut world = World::new();
        let pending = world.add(1);
        let back = format!("/r/{}?code=OK", pending.return_token);
        assert_eq!(
            with_headers(&mut world, "GET", &back, headers),
            200,
            "{headers}"
        );
        assert_eq!(world.take().len(), 1);
    }
}

#[test]
fn only_our_own_page_may_post_a_fragment() {
    let mut world = World::new();
    let pending = world.add(1);
    let path = format!("/f/{}", pending.return_token);
    let own = format!("Origin: http://{HOST}\r\n");
    let bad = [
        String::new(),
        "Origin: null\r\n".into(),
        "Origin: http://evil.example\r\n".into(),
        format!("Origin: https://{HOST}\r\n"),
        format!("Origin: http://{HOST}/\r\n"),
        format!("Origin: HTTP://{HOST}\r\n"),
        format!("{own}{own}"),
        format!("{own}Sec-Fetch-Site: cross-site\r\n"),
        format!("{own}Sec-Fetch-Site: same-site\r\n"),
        format!("{own}Sec-Fetch-Site: none\r\n"),
    ];
    for headers in bad {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {HOST}\r\n{headers}Content-Length: 7\r\n\r\ncode=OK"
        );
        assert_eq!(status(&world.send(request.as_bytes())), 403, "{headers}");
    }
    assert_eq!(with_headers(&mut world, "POST", &path, &own), 411);
    assert_eq!(world.take(), []);
    let own = format!("{own}Sec-Fetch-Site: same-origin\r\nContent-Length: 7\r\n");
    let request = format!("POST {path} HTTP/1.1\r\nHost: {HOST}\r\n{own}\r\ncode=OK");
    assert_eq!(status(&world.send(request.as_bytes())), 200);
}

#[test]
fn a_prefetch_uses_nothing_up() {
    let mut world = World::new();
    let pending = world.add(1);
    let go = format!("/go/{}", pending.link_token);
    let back = format!("/r/{}?code=OK", pending.return_token);
    for headers in [
        "Sec-Purpose: prefetch\r\n",
        "Sec-Purpose: prefetch;prerender\r\n",
        "Purpose: prefetch\r\n",
        "purpose: Prefetch\r\n",
    ] {
        assert_eq!(with_headers(&mut world, "GET", &go, headers), 503);
        assert_eq!(with_headers(&mut world, "GET", &back, headers), 503);
    }
    assert_eq!(world.take(), []);
    assert_eq!(status(&world.get(&go)), 303);
    assert_eq!(status(&world.get(&back)), 200);
}

#[test]
fn bodies_have_one_plain_length() {
    let mut world = World::new();
    let pending = world.add(1);
    let path = format!("/f/{}", pending.return_token);
    let own = format!("Origin: http://{HOST}\r\n");
    let table = [
        ("Transfer-Encoding: chunked\r\n", 501),
        ("Transfer-Encoding: identity\r\n", 501),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400),
        ("Content-Length: 3\r\nContent-Length: 3\r\n", 400),
        ("Content-Length: 3, 3\r\n", 400),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length: +3\r\n", 400),
        ("Content-Length: 0x3\r\n", 400),
        ("Content-Length: 3.0\r\n", 400),
        ("Content-Length:\r\n", 400),
        ("Content-Length: 16385\r\n", 413),
        ("Content-Length: 99999999999999999999999999\r\n", 413),
        ("Content-Length: 7\r\nExpect: 100-continue\r\n", 417),
        ("", 411),
    ];
    for (headers, code) in table {
        let headers = format!("{own}{headers}");
        assert_eq!(
            with_headers(&mut world, "POST", &path, &headers),
            code,
            "{headers}"
        );
    }
    // The largest body that is read, and one that is no text.
    let response = world.send(&post(HOST, &path, &"x".repeat(16384)));
    assert_eq!((status(&response), body(&response)), (200, "nothing"));
    let mut request = post(HOST, &path, "code=OK&x=!!");
    let end = request.len();
    request[end - 2..].copy_from_slice(b"\xc3\x28");
    assert_eq!(status(&world.send(&request)), 400);
    assert_eq!(world.take(), []);
}

#[test]
fn sizes_end_where_they_are_said_to() {
    let mut world = World::new();
    let pending = world.add(1);
    let line = |length: usize| {
        let start = format!("GET /r/{}?", pending.return_token);
        let fill = "x".repeat(length - start.len() - " HTTP/1.1".len());
        format!("{start}{fill} HTTP/1.1\r\nHost: {HOST}\r\n")
    };
    let fits = line(16 * 1024);
    assert_eq!(status(&world.send(format!("{fits}\r\n").as_bytes())), 200);
    assert_eq!(status(&world.send(line(16 * 1024 + 1).as_bytes())), 414);

    let small = line(100);
    let rest = 64 * 1024 - small.len() - "Cookie: \r\n\r\n".len();
    let cookie = |length| format!("{small}Cookie: {}\r\n\r\n", "c".repeat(length));
    assert_eq!(status(&world.send(cookie(rest).as_bytes())), 200);
    assert_eq!(status(&world.send(cookie(rest + 1).as_bytes())), 431);

    let many = |count: usize| format!("{small}{}\r\n", "A: b\r\n".repeat(count - 1));
    assert_eq!(status(&world.send(many(100).as_bytes())), 200);
    assert_eq!(status(&world.send(many(101).as_bytes())), 431);
    // RefusedCallback as soon as it is known, not when the head is complete.
    let endless = format!("{small}{}", "A: b\r\n".repeat(100));
    assert_eq!(status(&world.send(endless.as_bytes())), 431);
    assert_eq!(status(&world.send(b"GET / HTTP/1.1\rHost")), 400);
    assert_eq!(world.counters.refused(RefusedCallback::HeadTooLarge), 3);
    assert_eq!(world.take(), []);
}

#[test]
fn all_unknown_is_the_same_404() {
    let mut world = World::new();
    let pending = world.add(1);
    world.add(2);
    let expected = world.get("/");
    assert_eq!(status(&expected), 404);
    let back = &pending.return_token;
    for path in [
        "/favicon.ico".to_owned(),
        "/robots.txt".into(),
        "/.well-known/security.txt".into(),
        "/go/".into(),
        "/r/".into(),
        "/r".into(),
        format!("/r/{}", &back[..31]),
        format!("/r/{back}0"),
        format!("/r/{back}/"),
        format!("/r/{back}/?code=OK"),
        format!("/r//{back}?code=OK"),
        format!("//r/{back}?code=OK"),
        format!("/r/../r/{back}?code=OK"),
        format!("/%72/{back}?code=OK"),
        format!("/r/%2e%2e/r/{back}?code=OK"),
        format!("/R/{back}?code=OK"),
        format!("/r/{}?code=OK", "A".repeat(32)),
        format!("/go/{back}"),
        format!("/r/{}?code=OK", pending.link_token),
        format!("/r/{back};a=b?code=OK"),
        "/?error=access_denied".into(),
        format!("/?token={back}&code=OK"),
    ] {
        assert!(world.get(&path) == expected, "{path}");
    }
    // The right token with another request's state looks like an unknown one.
    assert!(world.get(&format!("/r/{back}?code=OK&state=2")) == expected);
    assert_eq!(
        world.take(),
        [CallbackEvent::UnexpectedCallback(pending.id)]
    );
}

#[test]
fn targets_are_paths_and_whole() {
    let mut world = World::new();
    let pending = world.add(1);
    let back = &pending.return_token;
    for target in [
        format!("http://{HOST}/r/{back}?code=OK"),
        HOST.to_owned(),
        "*".into(),
        format!("r/{back}?code=OK"),
        format!("/r/{back}?code=OK#x"),
        format!("/r/{back}#code=OK"),
        format!("/r/{back}%?code=OK"),
        format!("/r/{back}%4?code=OK"),
        format!("/r/{back}%zz?code=OK"),
        format!("/r/{back}?code=\u{fc}"),
        format!("/r/{back}?code=\0"),
        format!("/r/{back}?code=O K"),
        format!("/r/{back}?code=\tOK"),
        format!("/r/{back}?code=\u{7f}"),
    ] {
        assert_eq!(status(&world.get(&target)), 400, "{target}");
    }
    assert_eq!(world.take(), []);
    // The parser alone decides about the query.
    let query = "code=OK&result={\"a\":[1]}&b=%zz?c=%";
    assert_eq!(status(&world.get(&format!("/r/{back}?{query}"))), 200);
    assert_eq!(
        world.take(),
        [CallbackEvent::Received(pending.id, query.to_owned())]
    );
}

#[test]
fn the_language_is_chosen_not_echoed() {
    let russian = [
        "ru",
        "ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7",
        "de,RU;q=0.5,en;q=0.4",
        "ru;q=1.000",
        "be, ru",
    ];
    let english = [
        "",
        "en-US,en;q=0.9,ru;q=0.8",
        "de",
        "ru;q=0",
        "ru;q=2,en;q=0.1",
        "ru;q=NaN",
        "rus",
        "*",
        "\u{ff}",
        "en,ru",
    ];
    let mut world = World::new();
    for (values, lang) in [(&russian[..], "ru"), (&english[..], "en")] {
        for value in values {
            let request =
                format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nAccept-Language: {value}\r\n\r\n");
            let response = world.send(request.as_bytes());
            assert!(
                body(&response).contains(&format!("<html lang=\"{lang}\">")),
                "{value}"
            );
        }
    }
}
