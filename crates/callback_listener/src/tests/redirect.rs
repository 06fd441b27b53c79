//! A listener at a registered redirect URI: the token comes back as `state`. (Any target or post:
//! the fuzz targets `target_query` and `conn_machine`.)

use super::{rig::*, *};
use crate::{ListenError, RefusedCallback};

const PATH: &str = "/login";

fn world() -> World {
    World::at(Some("http://localhost:49152/login"))
}

fn page(page: Page) -> Vec<u8> {
    Response::page(
        if page == Page::NotFound { 404 } else { 200 },
        page,
        &Texts::ENGLISH,
    )
    .bytes()
    .to_vec()
}

#[test]
fn a_callback_in_the_query_belongs_to_the_request_that_its_state_names() {
    let mut world = world();
    let (one, two) = (world.add(1), world.add(2));
    let response = world.get(&format!("{PATH}?code=OK&state={}", two.return_token));
    assert_eq!(
        status(&response),
        404,
        "the parser of these tests wants its own state: a mismatch"
    );
    assert_eq!(world.take(), [CallbackEvent::UnexpectedCallback(two.id)]);
    let mut world = self::world();
    let pending = world.add(7);
    let (mut callback, request) = callback(8, world.now + MINUTE);
    callback.parser = parse_all();
    let raw = format!("code=OK&state={}", request.return_token);
    world.handler.table().add(callback);
    assert!(world.get(&format!("{PATH}?{raw}")) == page(Page::Completed));
    assert_eq!(world.take(), [CallbackEvent::Received(8, raw.clone())]);
    // Again: it is over, and the other one is not touched.
    assert!(world.get(&format!("{PATH}?{raw}")) == page(Page::AlreadyFinished));
    assert_eq!(world.take(), []);
    for other in [one, pending] {
        assert!(
            world.get(&format!("{PATH}?code=OK&state={}", other.link_token))
                == page(Page::NotFound)
        );
    }
}

#[test]
fn without_a_state_the_relay_page_looks_behind_the_hash() {
    let mut world = world();
    let pending = world.add(1);
    for query in ["", "?", "?code=OK", "?xstate=1", "?utm=2&lang=ru"] {
        assert!(
            world.get(&format!("{PATH}{query}")) == page(Page::Relay),
            "{query}"
        );
    }
    // A state alone, the error being in the fragment.
    assert!(world.get(&format!("{PATH}?state={}", pending.return_token)) == page(Page::Relay));
    assert_eq!(world.take(), []);
    let unused = world.counters.refused(RefusedCallback::Nothing);
    assert_eq!(unused, 1, "only what named a request and said nothing");
    let body = "code=OK&state=1";
    assert_eq!(
        self::body(&world.send(&post(
            "localhost:49152",
            &format!("/f/{}", pending.return_token),
            body
        ))),
        "completed"
    );
    assert_eq!(
        world.take(),
        [CallbackEvent::Received(pending.id, body.to_owned())]
    );
}

#[test]
fn what_is_wrong_ends_nothing() {
    let mut world = world();
    let pending = world.add(1);
    let state = &pending.return_token;
    let get = |path: &str, more: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{more}\r\n").into_bytes()
    };
    let upper = state.to_uppercase();
    for (request, expected) in [
        (get(&format!("{PATH}?code=OK&state={upper}"), ""), 404),
        (get(&format!("{PATH}?code=OK&state={state}0"), ""), 404),
        (get(&format!("{PATH}?code=OK&state="), ""), 404),
        (
            get(&format!("{PATH}?code=OK&state={state}&state={state}"), ""),
            400,
        ),
        (
            get(
                &format!("{PATH}?code=OK&state={state}&amp;state={state}"),
                "",
            ),
            400,
        ),
        (get(&format!("{PATH}/?code=OK&state={state}"), ""), 404),
        (get(&format!("/LOGIN?code=OK&state={state}"), ""), 404),
        (
            get(
                &format!("{PATH}?code=OK&state={state}"),
                "Sec-Fetch-Mode: cors\r\n",
            ),
            403,
        ),
        (
            get(
                &format!("{PATH}?code=OK&state={state}"),
                "Sec-Fetch-Dest: iframe\r\n",
            ),
            403,
        ),
        (get(PATH, "Sec-Fetch-Dest: image\r\n"), 403),
        (
            get(
                &format!("{PATH}?code=OK&state={state}"),
                "Sec-Purpose: prefetch\r\n",
            ),
            503,
        ),
        (get(PATH, "Transfer-Encoding: chunked\r\n"), 501),
        (
            format!(
                "GET {PATH}?code=OK&state={state} HTTP/1.1\r\nHost: evil.example:49152\r\n\r\n"
            )
            .into_bytes(),
            421,
        ),
        (
            format!("POST {PATH} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\n\r\n")
                .into_bytes(),
            405,
        ),
        (post(HOST, &format!("/f/{upper}"), "code=OK"), 404),
    ] {
        assert_eq!(
            status(&world.send(&request)),
            expected,
            "{}",
            String::from_utf8_lossy(&request)
        );
    }
    // A page of the other name for this machine is not the page that posts to this one.
    let crossed = format!(
        "POST /f/{state} HTTP/1.1\r\nHost: {HOST}\r\nOrigin: http://localhost:49152\r\nContent-Length: 7\r\n\r\ncode=OK"
    );
    assert_eq!(status(&world.send(crossed.as_bytes())), 403);
    assert!(
        world
            .take()
            .iter()
            .all(|event| matches!(event, CallbackEvent::UnexpectedCallback(_)))
    );
    assert_eq!(
        status(&world.send(&post(HOST, &format!("/f/{state}"), "code=OK"))),
        200,
        "it is still pending"
    );
}

/// A listener of a program that has registered these URIs.
fn listener(redirect_uris: &[&str]) -> Result<Listener<u64, String>, ListenError> {
    let config = ListenerConfig {
        redirect_uris: redirect_uris
            .iter()
            .map(|uri| uri.parse().unwrap())
            .collect(),
        ..ListenerConfig::default()
    };
    Listener::start(config, |_| true)
}

fn port(listener: &Listener<u64, String>) -> u16 {
    host(listener).rsplit_once(':').unwrap().1.parse().unwrap()
}

#[test]
fn busy_ports_are_passed_over_and_named_when_all_are() {
    let first = listener(&["http://127.0.0.1:0/login"]).unwrap();
    let busy = format!("http://127.0.0.1:{}/login", port(&first));
    assert_eq!(first.redirect_uri(), Some(busy.as_str()));
    let second = listener(&[&busy, "http://127.0.0.1:0/other"]).unwrap();
    assert_ne!(port(&second), port(&first));
    assert!(second.redirect_uri().unwrap().ends_with("/other"));
    let also_busy = format!("http://localhost:{}/login", port(&second));
    let Err(error) = listener(&[&busy, &also_busy]) else {
        panic!("both ports are taken")
    };
    let text = error.to_string();
    for port in [port(&first), port(&second)] {
        assert!(text.contains(&format!("{port} (in use)")), "{text}");
    }
    drop(first);
    assert!(
        listener(&[&busy]).is_ok(),
        "a port that is free again is taken"
    );
    test_support::reliability::measured(19, "busy ports are passed over, and named when all are");
}

#[test]
fn the_name_localhost_is_taken_in_both_families() {
    let listener = listener(&["http://localhost:0/login"]).unwrap();
    let port = port(&listener);
    let mut reached = 0;
    for address in [
        SocketAddr::from(([127, 0, 0, 1], port)),
        SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port)),
    ] {
        let Ok(mut stream) = TcpStream::connect(address) else {
            let bind = std::net::TcpListener::bind((address.ip(), 0));
            assert!(bind.is_err(), "{address}: this machine has that family");
            continue;
        };
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
            .write_all(&get(&format!("localhost:{port}"), PATH))
            .unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        assert!(response == page(Page::Relay), "{address}");
        reached += 1;
    }
    assert!(reached > 0);
}
