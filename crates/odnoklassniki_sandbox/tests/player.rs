//! The built-in player: what it does like a browser, and where it stops.

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;

use common::{Game, signed, value};
use odnoklassniki_sandbox::{PageKind, Player, PlayerError, Sandbox};

/// Redirects every request: to `location`, or to itself. Returns its URL.
fn redirecting(location: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/go/start", listener.local_addr().unwrap());
    let location = location.unwrap_or_else(|| url.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let response = format!(
                "HTTP/1.1 303 See Other\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(response.as_bytes());
        }
    });
    url
}

#[test]
fn a_one_time_link_leads_through_the_widget_to_the_game() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let link = signed(&sandbox, PageKind::Suggest, &[("st.return", &game.url)]);
    let played = Player::accept().play(&redirecting(Some(link))).unwrap();
    assert_eq!((played.status, played.pressed), (200, true));
    let head: Vec<String> = game
        .request()
        .iter()
        .map(|line| line.to_lowercase())
        .collect();
    for line in [
        "sec-fetch-mode: navigate",
        "sec-fetch-dest: document",
        "sec-fetch-site: same-site",
    ] {
        assert!(head.iter().any(|known| known == line), "{head:?}");
    }
    assert!(
        head.iter()
            .any(|line| line.starts_with("accept: text/html"))
    );
}

#[test]
fn the_player_has_a_language() {
    let sandbox = Sandbox::start().unwrap();
    let link = format!("{}/feed", sandbox.url());
    assert_eq!(
        Player::accept().play(&link).unwrap().title,
        "Feed · OK sandbox"
    );
    let russian = Player::accept()
        .language("ru-RU,ru;q=0.9")
        .play(&link)
        .unwrap();
    assert_eq!(russian.title, "Лента · Песочница OK");
    assert!(!russian.pressed);
}

#[test]
fn the_player_stops_where_there_is_no_way() {
    let sandbox = Sandbox::start().unwrap();
    let play = |player: Player, link: &str| player.play(link).unwrap_err();
    assert_eq!(
        play(Player::accept(), &redirecting(None)),
        PlayerError::NoWayOut
    );
    for elsewhere in [
        "https://127.0.0.1:1/",
        "http://game.example/",
        "okgame://x",
        "javascript:1",
    ] {
        assert_eq!(play(Player::accept(), elsewhere), PlayerError::Elsewhere);
        let link = redirecting(Some(elsewhere.to_owned()));
        assert_eq!(play(Player::accept(), &link), PlayerError::Elsewhere);
    }
    let link = signed(&sandbox, PageKind::Post, &[("st.nocancel", "on")]);
    assert_eq!(
        play(Player::cancel(), &link),
        PlayerError::NoButton("cancel")
    );
    // Without a friend to choose the same page comes again and again.
    let no_friend = [("st.target", "1"), ("st.target_only", "on")];
    let link = signed(&sandbox, PageKind::Invite, &no_friend);
    assert_eq!(play(Player::accept(), &link), PlayerError::NoWayOut);
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = play(
        Player::accept(),
        &format!("http://{free}/?st.access_token=canary"),
    );
    assert!(matches!(error, PlayerError::Network(_)), "{error:?}");
    assert!(!format!("{error}{error:?}").contains("canary"));
}

#[test]
fn a_refusal_leads_to_the_game_without_a_form() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let link = signed(&sandbox, PageKind::Invite, &[("st.return", &game.url)])
        .replace("st.app=", "st.app=1");
    let played = Player::accept().play(&link).unwrap();
    assert_eq!(
        (played.title.as_str(), played.pressed),
        ("Back in the game", false)
    );
    assert_eq!(value(&game.callback(), "code"), "NO_SUCH_APP");
}

/// Serves a page of a game whose script passes the fragment on. Returns its origin, and the
/// requests with head and body.
fn relaying(
    attribute: &'static str,
    kind: &'static str,
) -> (String, std::sync::mpsc::Receiver<String>) {
    relaying_as("200 OK", attribute, kind)
}

fn relaying_as(
    status: &'static str,
    attribute: &'static str,
    kind: &'static str,
) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if stream.read(&mut byte).unwrap_or(0) == 0 {
                    break;
                }
                head.extend(byte);
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let length = head
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.split("\r\n").next());
            let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            stream.read_exact(&mut body).unwrap();
            let (kind, page) = if head.starts_with("post") {
                (kind, "completed\n".to_owned())
            } else {
                (
                    "text/html",
                    format!("<title>Passing on</title><main {attribute}>"),
                )
            };
            let response = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
                page.len()
            );
            let _ = stream.write_all(response.as_bytes());
            if sender
                .send(head + &String::from_utf8(body).unwrap())
                .is_err()
            {
                return;
            }
        }
    });
    (origin, requests)
}

fn next(requests: &std::sync::mpsc::Receiver<String>) -> String {
    requests.recv_timeout(common::TIMEOUT).unwrap()
}

#[test]
fn the_player_logs_in_and_passes_the_fragment_on() {
    let sandbox = Sandbox::start().unwrap();
    let (origin, requests) = relaying("class=x data-relay=\"/f/\"", "text/plain; charset=utf-8");
    let login = format!("{origin}/login");
    let link = common::login_url(
        &sandbox,
        &[
            ("redirect_uri", &login),
            ("scope", "VALUABLE_ACCESS;GET_EMAIL"),
        ],
    );
    let played = Player::accept().play(&link).unwrap();
    assert_eq!(
        (played.status, played.title.as_str(), played.pressed),
        (200, "completed", true)
    );
    let visit = next(&requests);
    assert!(
        visit.starts_with("get /login http/1.1\r\n") && !visit.contains("cookie"),
        "{visit}"
    );
    let relayed = next(&requests);
    assert!(relayed.starts_with("post /f/s1 http/1.1\r\n"), "{relayed}");
    for line in [
        &format!("origin: {origin}"),
        "sec-fetch-site: same-origin",
        "sec-fetch-mode: cors",
        "sec-fetch-dest: empty",
        "content-type: text/plain; charset=utf-8",
    ] {
        assert!(relayed.contains(&format!("{line}\r\n")), "{relayed}");
    }
    let fragment = common::pairs(relayed.split("\r\n\r\n").nth(1).unwrap());
    assert_eq!(
        value(&fragment, "permissions_granted"),
        "VALUABLE_ACCESS;GET_EMAIL"
    );

    let played = Player::cancel().play(&common::login_url(
        &sandbox,
        &[("redirect_uri", &login), ("state", "s 2")],
    ));
    assert_eq!(
        (played.unwrap().title.as_str(), next(&requests).is_empty()),
        ("completed", false)
    );
    let relayed = next(&requests);
    assert!(
        relayed.starts_with("post /f/s%202 ") && relayed.contains("error=access_denied&"),
        "{relayed}"
    );

    // In the code flow an error has its state in the query.
    let code = common::login_url(
        &sandbox,
        &[("redirect_uri", &login), ("response_type", "code")],
    );
    Player::cancel().play(&code).unwrap();
    assert!(next(&requests).starts_with("get /login?state=s1 "));
    assert!(next(&requests).starts_with("post /f/s1 "));
    // A code comes without a fragment: the page passes nothing on.
    assert_eq!(Player::accept().play(&code).unwrap().title, "Passing on");
    assert!(next(&requests).starts_with("get /login?code="));
    assert!(requests.try_recv().is_err());
}

#[test]
fn a_fragment_survives_redirects_and_goes_to_the_token_of_the_page() {
    let (origin, requests) = relaying("data-relay=\"/f/\"", "text/html");
    let link = redirecting(Some(format!("{origin}/r/abc?x=1")));
    // The response is not plain text, so the title is that of the page.
    let played = Player::accept()
        .play(&redirecting(Some(format!("{link}#state=s1"))))
        .unwrap();
    assert_eq!(
        (played.title.as_str(), played.pressed),
        ("Passing on", false)
    );
    assert!(next(&requests).starts_with("get /r/abc?x=1 "));
    let relayed = next(&requests);
    assert!(
        relayed.starts_with("post /f/abc ") && relayed.ends_with("\r\n\r\nstate=s1"),
        "{relayed}"
    );
}

#[test]
fn a_page_without_a_script_passes_nothing_on_and_no_page_leaves_its_server() {
    for (status, attribute) in [
        ("200 OK", "class=relay"),
        ("404 Not Found", "data-relay=\"/f/\""),
    ] {
        let (origin, requests) = relaying_as(status, attribute, "text/plain");
        let played = Player::accept()
            .play(&redirecting(Some(format!("{origin}/login#state=s1"))))
            .unwrap();
        assert_eq!(
            (played.title.as_str(), played.status.to_string().as_str()),
            ("Passing on", &status[..3])
        );
        assert!(next(&requests).starts_with("get /login ") && requests.try_recv().is_err());
    }
    for attribute in [
        "data-relay=\"//127.0.0.1/\"",
        "data-relay=\"http://localhost:1/\"",
    ] {
        let (origin, _requests) = relaying(attribute, "text/plain");
        let played = Player::accept().play(&redirecting(Some(format!("{origin}/login#state=s1"))));
        assert_eq!(played, Err(PlayerError::Elsewhere));
    }
}

#[test]
fn cookies_stay_with_their_origin_and_last_for_one_link() {
    let (elsewhere, requests) = relaying("class=x", "text/plain");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let link = format!("http://{}/start", listener.local_addr().unwrap());
    let (sender, heads) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        // The first visit sets cookies, the second shows them, the third leads away.
        for (place, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let length = stream.read(&mut head).unwrap();
            sender
                .send(String::from_utf8_lossy(&head[..length]).to_lowercase())
                .unwrap();
            let location = if place % 3 == 2 {
                elsewhere.clone() + "/"
            } else {
                "/again".to_owned()
            };
            let response = format!(
                "HTTP/1.1 303 See Other\r\nLocation: {location}\r\nSet-Cookie: a={place}; Path=/; HttpOnly\r\n\
                 Set-Cookie: b=x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(response.as_bytes());
        }
    });
    for round in 0..2 {
        Player::accept().play(&link).unwrap();
        assert!(!next(&heads).contains("cookie"));
        assert!(next(&heads).contains(&format!("\r\ncookie: a={}; b=x\r\n", round * 3)));
        assert!(next(&heads).contains(&format!("\r\ncookie: a={}; b=x\r\n", round * 3 + 1)));
        assert!(!next(&requests).contains("cookie"));
    }
}
