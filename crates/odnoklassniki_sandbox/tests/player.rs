//! The built-in player: the way of a browser, and where it stops.

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;

use common::{Game, signed, value};
use odnoklassniki_sandbox::{Kind, Player, PlayerError, Sandbox};

/// Answers every request with a 303: to `location`, or back to itself.
fn redirecting(location: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/go/start", listener.local_addr().unwrap());
    let location = location.unwrap_or_else(|| address.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let answer = format!(
                "HTTP/1.1 303 See Other\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn a_short_link_leads_through_the_widget_back_to_the_game() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let link = signed(&sandbox, Kind::Suggest, &[("st.return", &game.address)]);
    let played = Player::accept().play(&redirecting(Some(link))).unwrap();
    assert_eq!((played.status, played.pressed), (200, true));
    let head: Vec<String> = game.request().iter().map(|line| line.to_lowercase()).collect();
    for line in ["sec-fetch-mode: navigate", "sec-fetch-dest: document", "sec-fetch-site: same-site"] {
        assert!(head.iter().any(|known| known == line), "{head:?}");
    }
    assert!(head.iter().any(|line| line.starts_with("accept: text/html")));
}

#[test]
fn its_language_is_the_browsers() {
    let sandbox = Sandbox::start().unwrap();
    let link = format!("{}/feed", sandbox.url());
    assert_eq!(Player::accept().play(&link).unwrap().title, "Feed · OK sandbox");
    let russian = Player::accept().language("ru-RU,ru;q=0.9").play(&link).unwrap();
    assert_eq!(russian.title, "Лента · Песочница OK");
    assert!(!russian.pressed);
}

#[test]
fn it_stops_where_there_is_no_way() {
    let sandbox = Sandbox::start().unwrap();
    let play = |player: Player, link: &str| player.play(link).unwrap_err();
    assert_eq!(play(Player::accept(), &redirecting(None)), PlayerError::NoWayOut);
    for elsewhere in ["https://127.0.0.1:1/", "http://game.example/", "okgame://x", "javascript:1"] {
        assert_eq!(play(Player::accept(), elsewhere), PlayerError::Elsewhere);
        let link = redirecting(Some(elsewhere.to_owned()));
        assert_eq!(play(Player::accept(), &link), PlayerError::Elsewhere);
    }
    let link = signed(&sandbox, Kind::Post, &[("st.nocancel", "on")]);
    assert_eq!(play(Player::cancel(), &link), PlayerError::NoButton("cancel"));
    // With nobody to choose the same page comes again and again.
    let nobody = [("st.target", "1"), ("st.target_only", "on")];
    let link = signed(&sandbox, Kind::Invite, &nobody);
    assert_eq!(play(Player::accept(), &link), PlayerError::NoWayOut);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = play(Player::accept(), &format!("http://{free}/?st.access_token=canary"));
    assert!(matches!(error, PlayerError::Network(_)), "{error:?}");
    assert!(!format!("{error}{error:?}").contains("canary"));
}

#[test]
fn an_error_answer_is_a_page_like_any_other() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let link = signed(&sandbox, Kind::Invite, &[("st.return", &game.address)]).replace("st.app=", "st.app=1");
    let played = Player::accept().play(&link).unwrap();
    assert_eq!((played.title.as_str(), played.pressed), ("Back in the game", false));
    assert_eq!(value(&game.answer(), "code"), "NO_SUCH_APP");
}
