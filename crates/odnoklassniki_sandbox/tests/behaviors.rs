//! Every behavior of a widget, seen by the game.

mod common;

use std::time::{Duration, Instant};

use common::{Game, get, pairs, send, signed, value};
use odnoklassniki_sandbox::{Behavior, PageKind, Player, PlayerError, Sandbox};
use serde_json::Value;

fn link(sandbox: &Sandbox, kind: PageKind, game: &Game) -> String {
    signed(
        sandbox,
        kind,
        &[("st.return", &game.url), ("st.state", "s1")],
    )
}

#[test]
fn accept_publishes_and_sends_at_once() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::Accept)
        .start()
        .unwrap();
    let game = Game::start();
    let friends = sandbox.friends();
    for (kind, extra, expected) in [
        (PageKind::Invite, vec![], vec![friends[0].id, friends[1].id]),
        (
            PageKind::Suggest,
            vec![("st.autosel", "3".to_owned())],
            friends[..3].iter().map(|f| f.id).collect(),
        ),
        (
            PageKind::Invite,
            vec![("st.target", friends[5].id.to_string())],
            vec![friends[5].id],
        ),
    ] {
        let mut all = vec![("st.return", game.url.as_str())];
        all.extend(extra.iter().map(|(name, value)| (*name, value.as_str())));
        let played = Player::accept()
            .play(&signed(&sandbox, kind, &all))
            .unwrap();
        assert!(!played.pressed);
        let selected: Vec<String> = expected.iter().map(u64::to_string).collect();
        assert_eq!(
            value(&game.callback(), "selected"),
            format!("[{}]", selected.join(","))
        );
    }
    Player::accept()
        .play(&link(&sandbox, PageKind::Post, &game))
        .unwrap();
    let id = sandbox.feed()[0].id.to_string();
    assert!(value(&game.callback(), "result").contains(&id));
}

#[test]
fn accept_with_goes_to_the_friends_it_names() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let friends = sandbox.friends();
    for (ids, expected) in [
        (
            vec![friends[4].id, friends[3].id],
            format!("[{},{}]", friends[4].id, friends[3].id),
        ),
        (vec![], "[]".to_owned()),
        (vec![42], "[42]".to_owned()),
    ] {
        sandbox.queue_behavior(PageKind::Invite, Behavior::AcceptWith(ids.clone()));
        let target = friends[0].id.to_string();
        let link = signed(
            &sandbox,
            PageKind::Invite,
            &[("st.return", &game.url), ("st.target", &target)],
        );
        Player::accept().play(&link).unwrap();
        assert_eq!(value(&game.callback(), "selected"), expected);
        assert!(ids.iter().all(|&id| sandbox.inbox(id).len() == 1));
    }
    assert!(sandbox.inbox(friends[0].id).is_empty());
    sandbox.queue_behavior(PageKind::Post, Behavior::AcceptWith(vec![friends[0].id]));
    Player::accept()
        .play(&link(&sandbox, PageKind::Post, &game))
        .unwrap();
    assert!(value(&game.callback(), "result").contains(&sandbox.feed()[0].id.to_string()));
}

#[test]
fn a_player_asks_for_a_behavior() {
    let (sandbox, game) = (
        Sandbox::builder()
            .behavior(Behavior::Garbage)
            .start()
            .unwrap(),
        Game::start(),
    );
    sandbox.queue_behavior(PageKind::Invite, Behavior::Error(455));
    let link = link(&sandbox, PageKind::Invite, &game);
    Player::accept()
        .behavior(Behavior::Cancel)
        .play(&link)
        .unwrap();
    assert_eq!(value(&game.callback(), "code"), "CANCELLED");
    let played = Player::accept()
        .behavior(Behavior::Ask)
        .play(&link)
        .unwrap();
    assert!(played.pressed && value(&game.callback(), "code") == "OK");
    // The queued behavior still waits for a player who asks for none.
    Player::accept().play(&link).unwrap();
    assert_eq!(value(&game.callback(), "error_code"), "455");
    let bad = common::client()
        .get(&link)
        .header("X-Sandbox-Behavior", "sing")
        .call()
        .unwrap();
    assert_eq!(bad.status(), 400);
}

#[test]
fn cancel_and_error() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    sandbox.set_behavior(Behavior::Cancel);
    get(&link(&sandbox, PageKind::Invite, &game));
    Player::accept()
        .play(&link(&sandbox, PageKind::Invite, &game))
        .unwrap();
    assert_eq!(value(&game.callback(), "code"), "CANCELLED");
    sandbox.set_behavior(Behavior::Error(455));
    Player::accept()
        .play(&link(&sandbox, PageKind::Suggest, &game))
        .unwrap();
    let callback = game.callback();
    assert_eq!(
        (value(&callback, "code"), value(&callback, "error_code")),
        ("FRIEND_RESTRICTION", "455")
    );
    Player::accept()
        .play(&link(&sandbox, PageKind::Post, &game))
        .unwrap();
    let result: Value = serde_json::from_str(value(&game.callback(), "result")).unwrap();
    assert_eq!(result["code"], 455);
    assert!(sandbox.feed().is_empty());
}

#[test]
fn not_approved_means_id_zero_and_no_post() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::NotApproved)
        .start()
        .unwrap();
    let game = Game::start();
    Player::accept()
        .play(&link(&sandbox, PageKind::Post, &game))
        .unwrap();
    let result: Value = serde_json::from_str(value(&game.callback(), "result")).unwrap();
    assert_eq!(
        (&result["type"], &result["id"]),
        (&"success".into(), &"0".into())
    );
    assert!(sandbox.feed().is_empty());
    Player::accept()
        .play(&link(&sandbox, PageKind::Invite, &game))
        .unwrap();
    assert_eq!(value(&game.callback(), "code"), "OK");
}

#[test]
fn respond_twice_is_the_same_callback_twice() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::RespondTwice)
        .start()
        .unwrap();
    let game = Game::start();
    for kind in common::WIDGETS {
        Player::accept().play(&link(&sandbox, kind, &game)).unwrap();
        assert_eq!(game.request()[0], game.request()[0]);
        assert!(game.is_quiet());
    }
    assert_eq!(sandbox.feed().len(), 1);
    assert_eq!(sandbox.inbox(sandbox.friends()[0].id).len(), 2);
    // The sandbox visits no return URL on another machine.
    let far = signed(
        &sandbox,
        PageKind::Post,
        &[("st.return", "https://game.example/cb")],
    );
    assert!(get(&far).1.starts_with("https://game.example/cb?result="));
}

#[test]
fn wrong_state() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::WrongState)
        .start()
        .unwrap();
    let game = Game::start();
    for kind in common::WIDGETS {
        Player::accept().play(&link(&sandbox, kind, &game)).unwrap();
        let callback = game.callback();
        assert_ne!(value(&callback, "state"), "s1");
        assert!(!value(&callback, "result").is_empty());
    }
}

#[test]
fn fragment_error() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::FragmentError)
        .start()
        .unwrap();
    let game = Game::start();
    let (status, location, _) = get(&link(&sandbox, PageKind::Invite, &game));
    assert_eq!(status, 303);
    let fragment = location.strip_prefix(&format!("{}#", game.url)).unwrap();
    let callback = pairs(fragment);
    assert_eq!(
        (value(&callback, "error"), value(&callback, "state")),
        ("access_denied", "s1")
    );
    // A browser sends no fragment.
    Player::accept()
        .play(&link(&sandbox, PageKind::Invite, &game))
        .unwrap();
    assert_eq!(game.request()[0], "GET /r/token HTTP/1.1");
}

#[test]
fn an_oauth_error_is_a_fragment_error_for_a_widget() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::OAuthError("server_error".into()))
        .start()
        .unwrap();
    let game = Game::start();
    let url = link(&sandbox, PageKind::Invite, &game);
    let location = get(&url).1;
    sandbox.set_behavior(Behavior::FragmentError);
    assert_eq!(location, get(&url).1);
}

#[test]
fn garbage() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::Garbage)
        .start()
        .unwrap();
    let game = Game::start();
    for kind in common::WIDGETS {
        Player::accept().play(&link(&sandbox, kind, &game)).unwrap();
        let callback = game.callback();
        assert!(serde_json::from_str::<Value>(value(&callback, "result")).is_err());
    }
    assert!(sandbox.feed().is_empty());
}

#[test]
fn a_closed_connection_sends_no_byte() {
    use std::io::{Read, Write};
    let sandbox = Sandbox::builder()
        .behavior(Behavior::CloseConnection)
        .start()
        .unwrap();
    let url = signed(&sandbox, PageKind::Post, &[]);
    let path = url.strip_prefix(sandbox.url()).unwrap();
    let host = sandbox.url().strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(common::TIMEOUT)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut response = Vec::new();
    // A reset ends the connection, too.
    if let Err(error) = stream.read_to_end(&mut response) {
        assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock);
    }
    assert!(response.is_empty());
    assert!(matches!(
        Player::accept().play(&url),
        Err(PlayerError::Network(_))
    ));
    sandbox.set_behavior(Behavior::Ask);
    assert_eq!(get(&url).0, 200);
}

#[test]
fn never_respond_keeps_the_browser_waiting_but_not_the_sandbox() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::NeverRespond)
        .start()
        .unwrap();
    let url = signed(&sandbox, PageKind::Post, &[]);
    let hasty = Player::accept().timeout(Duration::from_millis(300));
    assert_eq!(hasty.play(&url), Err(PlayerError::TimedOut));
    // Other requests get a response meanwhile, and dropping the sandbox does not wait.
    let waiting = std::thread::spawn(move || Player::accept().play(&url));
    while sandbox.requests().len() < 2 {
        std::thread::yield_now();
    }
    assert_eq!(get(&format!("{}/feed", sandbox.url())).0, 200);
    let start = Instant::now();
    drop(sandbox);
    assert!(start.elapsed() < Duration::from_secs(2));
    assert!(waiting.join().unwrap().is_err());
}

#[test]
fn a_delay_comes_first() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let delay = Duration::from_millis(200);
    sandbox.queue_behavior(
        PageKind::Post,
        Behavior::Delay(delay, Box::new(Behavior::Accept)),
    );
    let start = Instant::now();
    Player::accept()
        .play(&link(&sandbox, PageKind::Post, &game))
        .unwrap();
    assert!(start.elapsed() >= delay);
    assert!(value(&game.callback(), "result").contains("success"));
}

#[test]
fn a_queued_behavior_waits_for_its_kind_and_for_a_good_request() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    sandbox.set_behavior(Behavior::Accept);
    sandbox.queue_behavior(PageKind::Invite, Behavior::Cancel);
    let good = link(&sandbox, PageKind::Invite, &game);
    get(&good.replace("st.signature=", "st.signature=0"));
    get(&link(&sandbox, PageKind::Suggest, &game));
    assert!(get(&good).1.contains("code=CANCELLED"));
    assert!(get(&good).1.contains("code=OK"));
}

#[test]
fn the_behavior_page_sets_behaviors() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let page = format!("{}/behavior", sandbox.url());
    let set = |behavior, whom, code, delay| {
        send(
            &page,
            &[
                ("behavior", behavior),
                ("for", whom),
                ("code", code),
                ("delay", delay),
            ],
        )
    };
    assert_eq!(set("cancel", "all", "", "").0, 303);
    assert_eq!(set("error", "post", "601", "0").0, 303);
    assert_eq!(set("accept", "post", "", "1").0, 303);
    assert_eq!(
        send(
            &page,
            &[
                ("behavior", "accept-with"),
                ("for", "suggest"),
                ("friends", "7, 8")
            ]
        )
        .0,
        303
    );
    assert_eq!(
        send(
            &page,
            &[
                ("behavior", "oauth-error"),
                ("for", "login"),
                ("oauth_error", " server_error ")
            ]
        )
        .0,
        303
    );
    assert_eq!(
        send(
            &page,
            &[
                ("behavior", "oauth-error"),
                ("for", "login"),
                ("oauth_error", "Server")
            ]
        )
        .0,
        400
    );
    let shown = get(&page).2;
    assert!(
        shown.contains("post: error:601")
            && shown.contains("suggest: accept:7,8")
            && shown.contains("login: oauth-error:server_error")
            && shown.contains("post: delay:1:accept")
    );
    assert!(shown.contains("value=\"cancel\" checked"));
    assert!(
        get(&link(&sandbox, PageKind::Post, &game))
            .1
            .contains("601")
    );
    assert_eq!(send(&page, &[("action", "clear")]).0, 303);
    assert!(
        get(&link(&sandbox, PageKind::Invite, &game))
            .1
            .contains("CANCELLED")
    );
    assert!(
        get(&link(&sandbox, PageKind::Post, &game))
            .1
            .contains("cancelled")
    );
    for (behavior, whom, code, delay) in [
        ("sing", "all", "", ""),
        ("accept", "nobody", "", ""),
        ("error", "all", "x", ""),
        ("accept-with:x", "all", "", ""),
        ("accept", "all", "", "-1"),
        ("accept", "all", "", "99999999999"),
    ] {
        assert_eq!(set(behavior, whom, code, delay).0, 400);
    }
}

#[test]
fn head_and_prefetch_publish_nothing() {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::Accept)
        .start()
        .unwrap();
    let url = signed(&sandbox, PageKind::Post, &[]);
    assert_eq!(common::client().head(&url).call().unwrap().status(), 405);
    let ahead = common::client()
        .get(&url)
        .header("Sec-Purpose", "prefetch;prerender")
        .call();
    assert_eq!(ahead.unwrap().status(), 503);
    assert!(sandbox.feed().is_empty() && sandbox.requests().is_empty());
}
