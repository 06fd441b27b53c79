//! The life of a request: double clicks, limits, cancelling, opening again, deadlines, openers that
//! fail, bad input.

mod openers;
mod signing;

use std::time::{Duration, Instant};

use bevy_app::Update;
use bevy_ecs::prelude::{Local, MessageWriter};
use bevy_odnoklassniki::protocol::{PostWidget, Widget as _};
use bevy_odnoklassniki::sandbox::{Behavior, Player};
use bevy_odnoklassniki::{MAX_PENDING, RequestErrorKind, prelude::*};
use test_support::game::Game;
use test_support::http;

fn pending(game: &Game) -> &PendingRequests {
    game.app.world().resource::<PendingRequests>()
}

#[test]
fn a_double_click_costs_nothing() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    let (first, second) = (
        RequestInvite::new().comment("hi"),
        RequestInvite::new().comment("hi"),
    );
    let (first_id, second_id) = (first.id(), second.id());
    game.write(first);
    game.write(second);
    game.update();
    assert_eq!(game.messages.finished(), 1);
    let error = game.messages.invites[0]
        .outcome
        .error()
        .cloned()
        .expect("a failure");
    assert_eq!(
        (game.messages.invites[0].id, error.kind()),
        (second_id, RequestErrorKind::AlreadyPending)
    );
    assert_eq!(error.pending(), Some(first_id));
    assert_eq!(pending(&game).len(), 1);

    let link = game.link_of(first_id);
    Player::accept()
        .play(&link)
        .expect("the page of the first request works");
    assert!(game.invite_outcome(first_id).completed().is_some());
    assert_eq!(game.messages.finished(), 2);
}

#[test]
fn eight_are_pending_and_a_ninth_harms_none() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    let requests: Vec<_> = (0..=MAX_PENDING)
        .map(|n| RequestInvite::new().comment(n.to_string()))
        .collect();
    let ids: Vec<_> = requests.iter().map(RequestInvite::id).collect();
    for request in requests {
        game.write(request);
    }
    game.update();
    assert_eq!(game.messages.finished(), 1);
    let refused = game.messages.invites[0].clone();
    assert_eq!(refused.id, ids[MAX_PENDING]);
    assert_eq!(
        refused.outcome.error().map(RequestError::kind),
        Some(RequestErrorKind::TooManyPending)
    );
    for &id in ids[..MAX_PENDING].iter().rev() {
        let link = game.link_of(id);
        Player::accept().play(&link).expect("the player acts");
        assert!(game.invite_outcome(id).completed().is_some());
    }
    assert_eq!(game.messages.finished(), MAX_PENDING + 1);
}

#[test]
fn cancelling_is_immediate_and_a_late_callback_changes_nothing() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    let link = game.link_of(id);
    let page = http::get(&link);
    assert_eq!(http::status(&page), 303);
    let ok_page = http::header(&page, "location")
        .expect("a location")
        .to_owned();

    game.write(CancelRequest { id });
    game.update();
    assert_eq!(
        game.messages.invites[0].outcome,
        Outcome::Cancelled(CancelledBy::Game)
    );

    let response = http::get(&ok_page);
    let back = http::header(&response, "location").expect("the sandbox sends the browser back");
    let late = http::get(back);
    assert_eq!(http::status(&late), 200);
    assert!(late.contains("Already finished"), "{late}");
    for _ in 0..3 {
        game.update();
    }
    assert_eq!(game.messages.finished(), 1);
    assert!(pending(&game).is_empty());
    // Cancelling a request that is over is no event either.
    game.write(CancelRequest { id });
    game.update();
    assert_eq!(game.messages.finished(), 1);
}

#[test]
fn opening_again_makes_a_new_link_and_kills_the_old_one() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    let old = game.link_of(id);
    game.write(ReopenRequest { id });
    let new = game.run_until("the second link", |game| {
        game.messages.opened.get(1)?.link.clone()
    });
    assert_ne!(new.expose(), old);
    assert_ne!(http::status(&http::get(&old)), 303);
    Player::accept()
        .play(new.expose())
        .expect("the new link works");
    assert!(game.invite_outcome(id).completed().is_some());
}

#[test]
fn a_retry_in_one_frame_is_a_new_request() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    let (first, second) = (RequestInvite::new(), RequestInvite::new());
    let (first_id, second_id) = (first.id(), second.id());
    game.write(first);
    game.link_of(first_id);
    game.write(CancelRequest { id: first_id });
    game.write(second);
    game.update();
    assert_eq!(game.messages.invites[0].id, first_id);
    let link = game.link_of(second_id);
    Player::accept().play(&link).expect("the player acts");
    assert!(game.invite_outcome(second_id).completed().is_some());
    // Written and cancelled in the same frame: one result, and nothing is pending.
    let third = RequestInvite::new();
    let third_id = third.id();
    game.write(third);
    game.write(CancelRequest { id: third_id });
    assert_eq!(
        game.invite_outcome(third_id),
        Outcome::Cancelled(CancelledBy::Game)
    );
    assert_eq!((pending(&game).len(), game.messages.finished()), (0, 3));
}

#[test]
fn a_callback_that_has_arrived_is_not_cancelled() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    let link = game.link_of(id);
    // In the middle of a frame the callback arrives, and the game cancels. The page has already
    // shown the player that it arrived.
    let play_and_cancel = move |mut cancel: MessageWriter<CancelRequest>, mut done: Local<bool>| {
        if !std::mem::replace(&mut *done, true) {
            Player::accept().play(&link).expect("the player acts");
            cancel.write(CancelRequest { id });
        }
    };
    game.app.add_systems(Update, play_and_cancel);
    assert!(game.invite_outcome(id).completed().is_some());
    assert_eq!(game.messages.finished(), 1);
}

/// Eight requests are pending. Each callback goes once to the return URL of every other request,
/// with its own state, and changes nothing there.
#[test]
fn crossed_callbacks_end_no_request() {
    let mut game = Game::with_sandbox(Behavior::NeverRespond);
    let requests: Vec<_> = (1..=8).map(|n| RequestSuggest::new().autosel(n)).collect();
    let ids: Vec<_> = requests.iter().map(RequestSuggest::id).collect();
    requests.into_iter().for_each(|request| game.write(request));
    let ways: Vec<(String, String)> = ids
        .iter()
        .map(|&id| {
            let page = http::get(&game.link_of(id));
            let url = http::header(&page, "location")
                .expect("the signed URL")
                .to_owned();
            let parameter = |name| http::parameter(&url, name).expect("it is always sent");
            (parameter("st.return"), parameter("st.state"))
        })
        .collect();
    for (to, (back, _)) in ways.iter().enumerate() {
        for (from, (_, state)) in ways.iter().enumerate().filter(|(from, _)| *from != to) {
            let response = http::get(&format!("{back}?code=OK&selected=[{from}]&state={state}"));
            assert_eq!(http::status(&response), 404, "callback {from} at URL {to}");
        }
    }
    game.update();
    assert_eq!(game.messages.finished(), 0);
    for (n, (back, state)) in ways.iter().enumerate().rev() {
        http::get(&format!("{back}?code=OK&selected=[{n}]&state={state}"));
        let id = ids[n];
        let users = game.run_until("its own callback", |game| {
            let finished = game
                .messages
                .suggests
                .iter()
                .find(|finished| finished.id == id)?;
            finished
                .outcome
                .completed()
                .map(|suggested| suggested.users.clone())
        });
        assert_eq!(users[0].get(), n as u64);
    }
    assert_eq!(game.messages.finished(), 8);
}

#[test]
fn a_link_works_once() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    let link = game.link_of(id);
    assert_eq!(http::status(&http::get(&link)), 303);
    let second = http::get(&link);
    assert_ne!(http::status(&second), 303);
    assert_eq!(http::header(&second, "location"), None);
    let notice = game.run_until("the notice", |game| game.messages.notices.first().copied());
    assert_eq!(
        notice,
        RequestNotice {
            id,
            kind: NoticeKind::LinkUsedAgain
        }
    );
    assert_eq!(game.messages.finished(), 0);
}

#[test]
fn the_deadline_is_kept() {
    let mut game = Game::with_sandbox(Behavior::NeverRespond);
    let request = RequestInvite::new().timeout(Duration::from_secs(5));
    let id = request.id();
    let began = Instant::now();
    game.write(request);
    assert_eq!(game.invite_outcome(id), Outcome::TimedOut);
    let took = began.elapsed();
    assert!((5.0..5.5).contains(&took.as_secs_f64()), "{took:?}");
}

#[test]
fn strangers_at_the_port_change_nothing() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    let link = game.link_of(id);
    let (host, _) = http::split(&link);
    for path in [
        "/",
        "/favicon.ico",
        "/r/00000000000000000000000000000000?code=OK&selected=[1]",
        "/r/",
        "/f/x",
        "/go/x",
    ] {
        assert_eq!(
            http::status(&http::get(&format!("http://{host}{path}"))),
            404,
            "{path}"
        );
    }
    assert_eq!(
        http::status(&http::send(
            host,
            "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"
        )),
        421
    );
    let notice = game.run_until("the notice", |game| game.messages.notices.first().copied());
    assert_eq!(
        notice,
        RequestNotice {
            id,
            kind: NoticeKind::UnexpectedCallback
        }
    );
    game.update();
    assert_eq!(
        (game.messages.notices.len(), game.messages.finished()),
        (1, 0)
    );
    Player::accept().play(&link).expect("the player acts");
    assert!(game.invite_outcome(id).completed().is_some());
}

#[test]
fn bad_requests_fail_before_anything_opens() {
    let text = || Attachment::new().text("hello");
    let long = "Я".repeat(4000);
    type Write = Box<dyn Fn(&mut Game)>;
    let cases: Vec<(&str, RequestErrorKind, Write)> = vec![
        (
            "st.attachment.media",
            RequestErrorKind::InvalidRequest,
            Box::new(|game| game.write(RequestPost::new(Attachment::new()))),
        ),
        (
            "st.attachment.media[0].url",
            RequestErrorKind::InvalidRequest,
            Box::new(|game| {
                game.write(RequestPost::new(Attachment::new().link("not a URL")));
            }),
        ),
        (
            "st.groupId",
            RequestErrorKind::InvalidRequest,
            Box::new(move |game| {
                game.write(RequestPost::new(text()).group_id("my-group"));
            }),
        ),
        (
            "st.groupId",
            RequestErrorKind::InvalidRequest,
            Box::new(move |game| {
                game.write(RequestPost::new(text()).group_id(""));
            }),
        ),
        (
            "st.return",
            RequestErrorKind::InvalidRequest,
            Box::new(move |game| {
                let widget = PostWidget::new(text()).return_url("https://game.example/");
                game.write(RequestPost::from(widget));
            }),
        ),
        (
            "st.return",
            RequestErrorKind::InvalidRequest,
            Box::new(|game| {
                game.write(RequestInvite::new().extra("st.return", "https://game.example/"));
            }),
        ),
        (
            "st.state",
            RequestErrorKind::InvalidRequest,
            Box::new(|game| game.write(RequestInvite::new().state("комната-7"))),
        ),
        (
            "st.target",
            RequestErrorKind::InvalidRequest,
            Box::new(|game| game.write(RequestSuggest::new().target(["Вася"]))),
        ),
        (
            "timeout",
            RequestErrorKind::InvalidRequest,
            Box::new(|game| {
                game.write(RequestInvite::new().timeout(Duration::from_secs(1)));
            }),
        ),
        (
            "st.attachment",
            RequestErrorKind::UrlTooLong,
            Box::new(move |game| {
                game.write(RequestPost::new(Attachment::new().text(long.as_str())));
            }),
        ),
    ];
    let mut game = Game::with_sandbox(Behavior::Accept);
    let other = RequestSuggest::new();
    let other_id = other.id();
    game.write(other);
    let link = game.link_of(other_id);
    for (field, kind, write) in cases {
        let before = game.messages.finished();
        write(&mut game);
        game.update();
        assert_eq!(
            game.messages.finished(),
            before + 1,
            "{field}: the result comes in the same frame"
        );
        let last = pending(&game)
            .recently_finished()
            .next()
            .expect("a result")
            .clone();
        let error = last.error().unwrap_or_else(|| panic!("{field}: {last:?}"));
        assert_eq!(
            (error.kind(), error.field().unwrap_or("")),
            (kind, field),
            "{error}"
        );
    }
    assert_eq!(
        game.messages.opened.len(),
        1,
        "only the good request was opened"
    );
    Player::accept().play(&link).expect("the player acts");
    game.run_until("the untouched request", |game| {
        game.messages
            .suggests
            .iter()
            .find(|done| done.id == other_id)
            .map(drop)
    });
}

#[test]
fn leaving_the_app_frees_the_port_at_once() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    for n in 0..MAX_PENDING {
        game.write(RequestInvite::new().comment(n.to_string()));
    }
    let link = game
        .run_until("a page", |game| game.messages.opened.first().cloned())
        .link
        .expect("a link")
        .expose()
        .to_owned();
    let (host, _) = http::split(&link);
    let host = host.to_owned();
    let began = Instant::now();
    drop(game);
    assert!(
        began.elapsed() < Duration::from_millis(400),
        "{:?}",
        began.elapsed()
    );
    assert!(
        std::net::TcpStream::connect(&host).is_err(),
        "the port is still open"
    );
}

#[test]
fn the_resource_changes_only_when_something_happens() {
    use bevy_ecs::change_detection::DetectChanges as _;
    let changed = |game: &Game| {
        game.app
            .world()
            .resource_ref::<PendingRequests>()
            .last_changed()
    };
    let mut game = Game::with_sandbox(Behavior::Accept);
    game.update();
    let before = changed(&game);
    game.update();
    assert_eq!(changed(&game), before, "an idle frame");
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    game.update();
    assert_ne!(changed(&game), before, "a new request");
    game.link_of(id);
    let before = changed(&game);
    game.update();
    assert_eq!(changed(&game), before, "a frame with one pending");
}
