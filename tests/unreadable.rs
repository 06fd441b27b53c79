//! Callbacks that other software has changed: text in another encoding, half an emoji, HTML's
//! `&amp;`. The deciding names are readable in all of them, so each request ends as the player
//! ended it. Over real sockets.

use std::time::Duration;

use bevy_odnoklassniki::protocol::oauth::Scope;
use bevy_odnoklassniki::protocol::{ErrorCode, TopicId};
use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::{LoggedIn, RequestErrorKind, prelude::*};
use test_support::game::Game;
use test_support::http;

/// Ends an invitation with this query.
fn invited(game: &mut Game, query: &str) -> (String, Outcome<bevy_odnoklassniki::Invited>) {
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    let flow = game.follow(id);
    let page = http::get(&format!(
        "{}?{}",
        flow.back,
        query.replace("STATE", &flow.state)
    ));
    let outcome = game.invite_outcome(id);
    (page, outcome)
}

/// Ends a post with this query.
fn posted(game: &mut Game, query: &str) -> Outcome<bevy_odnoklassniki::Posted> {
    let request = RequestPost::new(Attachment::new().text("a"));
    let id = request.id();
    game.write(request);
    // A post has no state.
    let page = http::get(&game.link_of(id));
    let back = http::header(&page, "location").and_then(|url| http::parameter(url, "st.return"));
    let back = back.expect("the return URL");
    assert_eq!(
        http::status(&http::get(&format!("{back}?{query}"))),
        200,
        "{query}"
    );
    game.run_until("the post's result", |kit| {
        Some(
            kit.messages
                .posts
                .iter()
                .find(|finished| finished.id == id)?
                .outcome
                .clone(),
        )
    })
}

#[test]
fn a_cancel_is_a_cancel_whatever_stands_beside_it() {
    let mut game = Game::without_sandbox();
    for text in [
        "error_msg=%CE%EF%E5%F0%E0%F6%E8%FF+%EE%F2%EC%E5%ED%E5%ED%E0",
        "error_msg=%u041E%u0442%u043C%u0435%u043D%u0430",
        "error_msg=%D0%9E%D0",
        "state=STATE&error_msg=%",
        "error_msg=a&error_msg=b",
        "selected=%ff",
        "result=%7B%22code%22:%22CANCELLED%22,%22error_msg%22:%22%CE%5Cud83d%22%7D",
    ] {
        let query = format!("code=CANCELLED&error_code=12&{text}");
        for query in [query.replace('&', "&amp;"), query] {
            let (page, outcome) = invited(&mut game, &query);
            assert_eq!(outcome, Outcome::Cancelled(CancelledBy::Player), "{query}");
            assert!(
                http::status(&page) == 200 && page.contains("Cancelled"),
                "{page}"
            );
        }
    }
}

#[test]
fn an_invitation_and_a_post_that_were_made_are_never_reported_as_failed() {
    let mut game = Game::without_sandbox();
    for query in [
        "code=OK&amp;selected=[7]&amp;state=STATE",
        "code=OK&selected=[7]&state=STATE&sig=%CE&message=%u041E",
        "code=OK&selected=[7]&sig=a&sig=b&error=",
    ] {
        let (_, outcome) = invited(&mut game, query);
        let friends = outcome.completed().map(|invited| {
            invited
                .users
                .iter()
                .map(|user| user.get())
                .collect::<Vec<_>>()
        });
        assert_eq!(friends, Some(vec![7]), "{query}");
    }
    for text in ["%5Cud83d", "%CE%F2", "a%0Ab", "%5Cx"] {
        let query = format!(
            "result=%7B%22type%22:%22success%22,%22id%22:%225%22,%22message%22:%22{text}%22%7D"
        );
        let topic = posted(&mut game, &query)
            .completed()
            .map(|posted| posted.topic_id);
        assert_eq!(topic, Some(TopicId::new(5)), "{query}");
    }
}

#[test]
fn a_name_that_comes_twice_in_html_is_refused() {
    let mut game = Game::without_sandbox();
    for query in [
        "code=OK&selected=[7]&amp;selected=[8]",
        "code=OK&amp;code=CANCELLED&selected=[7]",
        "code=OK%CE&selected=[7]",
    ] {
        let (_, outcome) = invited(&mut game, query);
        assert_eq!(
            outcome.error().map(RequestError::kind),
            Some(RequestErrorKind::InvalidCallback),
            "{query}"
        );
    }
    // The state of another request ends nothing, in HTML too.
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    let flow = game.follow(id);
    let page = http::get(&format!(
        "{}?code=OK&amp;selected=[7]&amp;state=another",
        flow.back
    ));
    assert_eq!(http::status(&page), 404);
    assert_eq!(game.pending(), [id]);
}

#[test]
fn a_code_that_is_a_word_is_shown() {
    let mut game = Game::without_sandbox();
    for word in [
        "errors.web-grabber.communication-error",
        "errors.movie.not.available",
    ] {
        let json =
            format!("%7B%22type%22:%22error%22,%22code%22:%22{word}%22,%22message%22:%22x%22%7D");
        let outcome = posted(&mut game, &format!("result={json}"));
        let error = outcome.error().expect("refused");
        assert_eq!(
            (error.kind(), error.code()),
            (RequestErrorKind::Refused, Some(ErrorCode::UNKNOWN))
        );
        assert!(error.to_string().contains(word), "{error}");
    }
}

/// Begins a login. Returns its id, its redirect URI and its state.
fn log_in(game: &mut Game, request: RequestLogin) -> (RequestId, String, String) {
    let id = request.id();
    game.write(request);
    let link = game.link_of(id);
    let page = http::get(&link);
    let url = http::header(&page, "location").expect("OK's page");
    let parameter = |name| http::parameter(url, name).expect("it is always sent");
    (id, parameter("redirect_uri"), parameter("state"))
}

fn logged_in(game: &mut Game, id: RequestId) -> Outcome<LoggedIn> {
    game.run_until("the log-in's result", |kit| {
        Some(
            kit.messages
                .logins
                .iter()
                .find(|finished| finished.id == id)?
                .outcome
                .clone(),
        )
    })
}

fn logged_out() -> Game {
    Game::with(Behavior::Ask, |plugin| plugin.without_session())
}

#[test]
fn a_log_in_that_the_player_denied_is_cancelled() {
    let mut game = logged_out();
    for text in ["%CE%F2%EC%E5%ED%E0", "%u041E%u0442", "%D0%9E%D0", "%"] {
        let (id, redirect, state) = log_in(&mut game, RequestLogin::code());
        let query = format!("error=access_denied&error_description={text}&state={state}");
        let page = http::get(&format!("{redirect}?{query}"));
        assert!(page.contains("Cancelled"), "{page}");
        assert_eq!(
            logged_in(&mut game, id),
            Outcome::Cancelled(CancelledBy::Player),
            "{query}"
        );
    }
}

#[test]
fn a_long_code_comes_through() {
    let mut game = logged_out();
    let (id, redirect, state) = log_in(&mut game, RequestLogin::code());
    let long = "aB3_".repeat(57);
    assert_eq!(
        http::status(&http::get(&format!("{redirect}?code={long}&state={state}"))),
        200
    );
    let outcome = logged_in(&mut game, id);
    let Some(LoggedIn::Code(code)) = outcome.completed() else {
        panic!("{outcome:?}")
    };
    assert_eq!(code.take().map(|code| code.expose().len()), Some(228));
    // A state of another length belongs to no request.
    let (id, redirect, state) = log_in(&mut game, RequestLogin::code());
    let page = http::get(&format!(
        "{redirect}?code={long}&state={}",
        "0123456789abcdef".repeat(3)
    ));
    assert_eq!(
        (http::status(&page), game.pending()),
        (404, vec![id]),
        "{state}"
    );
}

#[test]
fn a_session_keeps_what_is_known_of_it() {
    let mut game = logged_out();
    for (more, scopes, life) in [
        (
            "permissions_granted=VALUABLE_ACCESS&expires_in=1800",
            Some(vec![Scope::VALUABLE_ACCESS]),
            Some(1800),
        ),
        (
            "permissions_granted=VALUABLE_ACCESS%253BGET_EMAIL&expires_in=1800.5",
            None,
            Some(1800),
        ),
        ("permissions_granted=&expires_in=", None, None),
        ("permissions_granted=%CE&expires_in=-1", None, None),
        ("expires_in=99999999999999999999", None, Some(u64::MAX)),
    ] {
        let (id, redirect, state) = log_in(&mut game, RequestLogin::new());
        let (host, _) = http::split(&redirect);
        let body = format!(
            "access_token=-s-0aBc.DeF_gHi&session_secret_key={}&{more}&state={state}",
            "0f".repeat(16)
        );
        let head = format!(
            "POST /f/{state} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nSec-Fetch-Site: same-origin\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        assert_eq!(http::status(&http::send(host, &(head + &body))), 200);
        assert_eq!(
            logged_in(&mut game, id),
            Outcome::Completed(LoggedIn::Session),
            "{more}"
        );
        let session = game.app.world().resource::<OkSession>();
        assert_eq!(session.status(), SessionStatus::LoggedIn, "{more}");
        assert_eq!(session.scopes().map(<[Scope]>::to_vec), scopes, "{more}");
        let (left, life) = (session.expires_in(), life.map(Duration::from_secs));
        assert_eq!(left.is_some(), life.is_some(), "{more}");
        assert!(
            left <= life && left >= life.map(|life| life - Duration::from_secs(60)),
            "{more}: {left:?}"
        );
    }
}
