//! The pages for people, the guard of all requests, and that no value becomes markup.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use common::{HELLO, get, get_in, page_id, send, signed};
use odnoklassniki_sandbox::{Behavior, DEMO_PUBLIC_KEY, PageKind, Sandbox};

#[test]
fn every_page_in_both_languages_says_it_is_a_sandbox() {
    let sandbox = Sandbox::start().unwrap();
    let friend = format!("/friends/{}", sandbox.friends()[3].id);
    for path in [
        "/",
        "/feed",
        "/friends",
        &friend,
        "/behavior",
        "/launch?custom_args=a",
        "/tried?a=b",
    ] {
        let (status, _, english) = get(&format!("{}{path}", sandbox.url()));
        assert_eq!(status, 200, "{path}");
        assert!(
            english.contains("Sandbox: everything here is made up") && english.contains("<title>")
        );
        let (_, _, russian) = get_in(&format!("{}{path}", sandbox.url()), "ru");
        assert!(russian.contains("Песочница: всё здесь понарошку"), "{path}");
    }
    for path in [
        "/nothing",
        "/friends/1",
        "/friends/x",
        "/dk/",
        "/static/none",
    ] {
        assert_eq!(get(&format!("{}{path}", sandbox.url())).0, 404, "{path}");
    }
}

#[test]
fn no_page_loads_anything_from_elsewhere() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::Accept)
        .start()
        .unwrap();
    let attachment =
        r#"{"media":[{"type":"app","text":"t","images":[{"url":"https://far.example/x.png"}]}]}"#;
    get(&signed(
        &sandbox,
        PageKind::Post,
        &[("st.attachment", attachment)],
    ));
    for path in ["/", "/feed", "/friends", "/behavior"] {
        let page = get(&format!("{}{path}", sandbox.url())).2;
        for part in page
            .split("src=\"")
            .skip(1)
            .chain(page.split("<link").skip(1))
        {
            assert!(!part.split('>').next().unwrap().contains("http"), "{path}");
        }
    }
}

#[test]
fn the_home_page_has_the_settings_and_links_that_work() {
    let sandbox = Sandbox::start().unwrap();
    let home = get(&format!("{}/", sandbox.url())).2;
    assert!(home.contains(DEMO_PUBLIC_KEY) && home.contains(&sandbox.session().session_secret_key));
    assert!(!home.contains(&sandbox.app().secret_key));
    let links: Vec<&str> = home
        .split("id=\"try-")
        .skip(1)
        .map(|part| part.split('"').nth(2).unwrap())
        .collect();
    assert_eq!(links.len(), 4);
    for (place, link) in links.iter().enumerate() {
        let page = get(&format!("{}{}", sandbox.url(), link.replace("&#38;", "&"))).2;
        assert!(
            page.contains(if place < 3 {
                "id=\"widget\""
            } else {
                "id=\"oauth\""
            }),
            "{page}"
        );
    }
    let home = get(&format!("{}/", sandbox.url())).2;
    assert!(home.contains("<b>suggest</b>") && home.contains("<b>login</b>"));
    for uri in &sandbox.app().redirect_uris {
        assert!(home.contains(uri.as_str()));
    }
}

#[test]
fn a_friend_sees_the_invitation_and_how_the_game_would_start() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::Accept)
        .start()
        .unwrap();
    let friend = sandbox.friends()[0].id;
    get(&signed(
        &sandbox,
        PageKind::Invite,
        &[
            ("st.comment", "Come!"),
            ("st.custom_args", "room=7&x=\"я\""),
        ],
    ));
    let page = get(&format!("{}/friends/{friend}", sandbox.url())).2;
    assert!(page.contains("Come!") && page.contains("invites you to a game"));
    let launch = page
        .split("href=\"/launch")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let shown = get(&format!(
        "{}/launch{}",
        sandbox.url(),
        launch.replace("&#38;", "&")
    ))
    .2;
    assert!(
        shown.contains("room=7&#38;x=&#34;я&#34;") && shown.contains("friend_invitation"),
        "{shown}"
    );
    assert!(
        get(&format!("{}/friends", sandbox.url()))
            .2
            .contains("1 message")
    );
}

#[test]
fn no_value_becomes_markup() {
    let sandbox = Sandbox::start().unwrap();
    let evil = r#"</textarea><script>alert('x')</script>"><img src=x onerror=alert(1)>"#;
    let text = serde_json::Value::from(evil);
    // A link has no blanks.
    let link = serde_json::Value::from(format!("https://a/{}", evil.replace(' ', "/")));
    let block = format!(
        r#"{{"media":[{{"type":"text","text":{text}}},{{"type":"link","url":{link}}},{{"type":"photo","list":[{{"id":{text}}}]}},
        {{"type":"music","list":[{{"id":1,"title":{text},"artistName":{text}}}]}},{{"type":"product","price":{text},"currency":{text}}},
        {{"type":"poll","question":{text},"answers":[{{"text":{text}}},{{"text":{text}}}]}},
        {{"type":"app","text":{text},"images":[{{"url":{link},"title":{text},"mark":{text}}}],"actions":[{{"text":{text},"mark":{text}}}]}}]}}"#
    );
    let mut pages = Vec::new();
    let post = get(&signed(
        &sandbox,
        PageKind::Post,
        &[("st.attachment", &block), ("st.utext", "on")],
    ))
    .2;
    let form = [
        ("page", page_id(&post)),
        ("action", "publish"),
        ("comment", evil),
    ];
    send(&format!("{}/dk/submit", sandbox.url()), &form);
    assert_eq!(sandbox.feed().len(), 1);
    pages.push(post);
    pages.push(get(&format!("{}/feed", sandbox.url())).2);
    let extra = [
        ("st.comment", evil),
        ("st.custom_args", evil),
        ("st.state", evil),
    ];
    pages.push(get(&signed(&sandbox, PageKind::Invite, &extra)).2);
    sandbox.set_behavior(Behavior::Accept);
    pages.push(get(&signed(&sandbox, PageKind::Invite, &extra)).2);
    pages.push(
        get(&format!(
            "{}/friends/{}",
            sandbox.url(),
            sandbox.friends()[0].id
        ))
        .2,
    );
    let encoded = common::encode(evil);
    for path in [
        "/launch?custom_args=",
        "/tried?x=",
        "/dk?st.cmd=",
        "/dk?st.return=",
        "/feed?",
    ] {
        pages.push(get(&format!("{}{path}{encoded}", sandbox.url())).2);
    }
    for page in pages {
        let lower = page.to_lowercase();
        assert!(
            !lower.contains("<script>")
                && !lower.contains("<img src=x")
                && !lower.contains("<img/src=x"),
            "{page}"
        );
    }
}

/// Sends a head. Returns the status line of the response.
fn raw(sandbox: &Sandbox, head: &str) -> String {
    let host = sandbox.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(common::TIMEOUT)).unwrap();
    stream
        .write_all(head.replace("HOST", host).as_bytes())
        .unwrap();
    let mut response = String::new();
    let _ = stream.read_to_string(&mut response);
    response.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn foreign_hosts_and_foreign_forms_are_refused() {
    let sandbox = Sandbox::start().unwrap();
    let end = "Connection: close\r\n\r\n";
    for (host, status) in [
        ("Host: HOST\r\n", "200"),
        ("Host: evil.example\r\n", "421"),
        ("Host: 127.0.0.1\r\n", "421"),
        ("Host: HOST.evil.example\r\n", "421"),
        ("Host: HOST\r\nHost: evil.example\r\n", "4"),
        ("", "4"),
    ] {
        let line = raw(&sandbox, &format!("GET /feed HTTP/1.1\r\n{host}{end}"));
        assert!(
            line.starts_with(&format!("HTTP/1.1 {status}")),
            "{host}: {line}"
        );
    }
    let body = "behavior=accept&for=all";
    for (header, status) in [
        ("", "303"),
        (
            "Origin: http://HOST\r\nSec-Fetch-Site: same-origin\r\n",
            "303",
        ),
        ("Origin: http://evil.example\r\n", "403"),
        ("Origin: null\r\n", "403"),
        ("Sec-Fetch-Site: cross-site\r\n", "403"),
        ("Sec-Fetch-Site: same-site\r\n", "403"),
    ] {
        let head = format!(
            "POST /behavior HTTP/1.1\r\nHost: HOST\r\nContent-Length: {}\r\n{header}{end}{body}",
            body.len()
        );
        let line = raw(&sandbox, &head);
        assert!(
            line.starts_with(&format!("HTTP/1.1 {status}")),
            "{header}: {line}"
        );
    }
}

#[test]
fn large_bodies_and_strange_methods_are_refused() {
    let sandbox = Sandbox::start().unwrap();
    // One byte too many: no unread byte can turn the response into a reset.
    let big = "x".repeat(64 * 1024 + 1);
    let response = common::client()
        .post(format!("{}/behavior", sandbox.url()))
        .send(&big)
        .unwrap();
    assert_eq!(response.status(), 413);
    let line = raw(
        &sandbox,
        "DELETE /feed HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
    );
    assert!(line.starts_with("HTTP/1.1 405"), "{line}");
    assert_eq!(get(&format!("{}/", sandbox.url())).0, 200);
}

#[test]
fn the_language_switch_leads_only_to_the_sandboxs_pages() {
    let sandbox = Sandbox::start().unwrap();
    let go = |query: &str| get(&format!("{}/language/ru?back={query}", sandbox.url()));
    assert_eq!(go("%2Ffeed%3Fa%3D1").1, "/feed?a=1");
    for bad in [
        "",
        "%2F%2Fevil.example",
        "https%3A%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "%2Fa%0d%0ab",
    ] {
        let (status, location, _) = go(bad);
        assert_eq!((status, location.as_str()), (303, "/"), "{bad}");
    }
    let response = common::client()
        .get(format!("{}/language/ru", sandbox.url()))
        .call()
        .unwrap();
    assert!(
        response
            .headers()
            .get("set-cookie")
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("ok_sandbox_language=ru;")
    );
}

#[test]
fn memory_is_bounded() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::Accept)
        .start()
        .unwrap();
    let link = signed(&sandbox, PageKind::Post, &[("st.attachment", HELLO)]);
    let client = common::client();
    for _ in 0..510 {
        client
            .get(&link)
            .call()
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap();
    }
    let feed = sandbox.feed();
    assert_eq!(feed.len(), 500);
    assert!(feed.is_sorted_by(|newer, older| newer.id > older.id));
}
