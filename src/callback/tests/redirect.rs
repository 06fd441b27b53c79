//! A listener on a registered redirect address: the token comes back as `state`. (Any target or
//! post: `fuzzing::target_query`, `fuzzing::conn_machine`.)

use super::*;
use crate::callback::{ListenError, RefusedCallback};

const PATH: &str = "/login";

fn world() -> World {
    let mut world = World::new();
    world.site.hosts.push("localhost:49152".to_owned());
    world.site.redirect_path = Some(PATH.to_owned());
    world
}

fn page(page: Page) -> Vec<u8> {
    Response::page(
        if page == Page::NotFound { 404 } else { 200 },
        page,
        Default::default(),
    )
    .bytes()
    .to_vec()
}

#[test]
fn an_answer_in_the_query_belongs_to_the_request_that_its_state_names() {
    let mut world = world();
    let (one, two) = (world.add(1), world.add(2));
    let answer = world.get(&format!("{PATH}?code=OK&state={}", two.back));
    assert_eq!(
        status(&answer),
        404,
        "the judge of these tests wants its own state: a stranger"
    );
    assert_eq!(world.take(), [CallbackEvent::Stranger(two.id)]);
    let mut world = self::world();
    let ticket = world.add(7);
    let mut route = route(8, world.now + MINUTE);
    route.0.judge = Arc::new(|raw| Verdict::Finish(raw.to_owned(), Page::Completed));
    let raw = format!("code=OK&state={}", route.1.back);
    world.routes.add(route.0);
    assert!(world.get(&format!("{PATH}?{raw}")) == page(Page::Completed));
    assert_eq!(
        world.take(),
        [CallbackEvent::Answered(RouteId(8), raw.clone())]
    );
    // Again: it is over, and the other one is not touched.
    assert!(world.get(&format!("{PATH}?{raw}")) == page(Page::AlreadyFinished));
    assert_eq!(world.take(), []);
    for other in [one, ticket] {
        assert!(
            world.get(&format!("{PATH}?code=OK&state={}", other.start)) == page(Page::NotFound)
        );
    }
}

#[test]
fn without_a_state_the_relay_page_looks_behind_the_hash() {
    let mut world = world();
    let ticket = world.add(1);
    for query in ["", "?", "?code=OK", "?xstate=1", "?utm=2&lang=ru"] {
        assert!(
            world.get(&format!("{PATH}{query}")) == page(Page::Relay),
            "{query}"
        );
    }
    // A state alone, the error being in the fragment.
    assert!(world.get(&format!("{PATH}?state={}", ticket.back)) == page(Page::Relay));
    assert_eq!(world.take(), []);
    let unused = world.counters.refused(RefusedCallback::Nothing);
    assert_eq!(unused, 1, "only what named a request and said nothing");
    let body = "code=OK&state=1";
    assert_eq!(
        self::body(&world.send(&post(
            "localhost:49152",
            &format!("/f/{}", ticket.back),
            body
        ))),
        "completed"
    );
    assert_eq!(
        world.take(),
        [CallbackEvent::Answered(ticket.id, body.to_owned())]
    );
}

#[test]
fn what_is_wrong_ends_nothing() {
    let mut world = world();
    let ticket = world.add(1);
    let state = &ticket.back;
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
            .all(|event| matches!(event, CallbackEvent::Stranger(_)))
    );
    assert_eq!(
        status(&world.send(&post(HOST, &format!("/f/{state}"), "code=OK"))),
        200,
        "it is still pending"
    );
}

/// A listener of a game that has registered these addresses.
fn listener(redirects: &[&str]) -> Result<Listener<String>, ListenError> {
    let redirects: Vec<_> = redirects
        .iter()
        .map(|text| Redirect::read(text).unwrap())
        .collect();
    Listener::start_at(&redirects, |_| true, Arc::default())
}

fn port(listener: &Listener<String>) -> u16 {
    let origin = &listener.site().origin;
    origin.rsplit_once(':').unwrap().1.parse().unwrap()
}

#[test]
fn busy_ports_are_passed_over_and_named_when_all_are() {
    let first = listener(&["http://127.0.0.1:0/login"]).unwrap();
    let busy = format!("http://127.0.0.1:{}/login", port(&first));
    assert_eq!(first.site().redirect_uri.as_deref(), Some(busy.as_str()));
    let second = listener(&[&busy, "http://127.0.0.1:0/other"]).unwrap();
    assert_ne!(port(&second), port(&first));
    assert_eq!(second.site().redirect_path.as_deref(), Some("/other"));
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
        "a port that is free again can be had"
    );
    crate::reliability::measured(19, "busy ports are passed over, and named when all are");
}

#[test]
fn the_name_localhost_is_taken_in_both_families() {
    let listener = listener(&["http://localhost:0/login"]).unwrap();
    let port = port(&listener);
    assert!(listener.site().hosts.contains(&format!("localhost:{port}")));
    let mut reached = 0;
    for address in [
        SocketAddr::from(([127, 0, 0, 1], port)),
        SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port)),
    ] {
        let Ok(mut stream) = TcpStream::connect(address) else {
            continue;
        };
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
            .write_all(&get(&format!("localhost:{port}"), PATH))
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer == page(Page::Relay), "{address}");
        reached += 1;
    }
    assert_eq!(
        reached,
        listener.site().hosts.len() - 1,
        "each family that this machine has"
    );
}
