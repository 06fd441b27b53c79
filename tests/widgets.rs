//! The three widgets from request to result, on the sandbox, over real sockets.

use bevy_odnoklassniki::protocol::{AttachmentEncoding, Authenticity, ErrorCode, GroupId, UserId};
use bevy_odnoklassniki::sandbox::{Behavior, PageKind, Player};
use bevy_odnoklassniki::test_kit::PlayerAction;
use bevy_odnoklassniki::{RequestErrorKind, prelude::*};
use test_support::game::Game;

fn text(text: &str) -> Attachment {
    Attachment::new().text(text)
}

#[test]
fn a_player_invites_friends() {
    let mut game = Game::with_player(Behavior::Ask, PlayerAction::Accept);
    let friends: Vec<u64> = game
        .sandbox()
        .friends()
        .iter()
        .take(2)
        .map(|friend| friend.id)
        .collect();
    let outcome = game.invite(
        RequestInvite::new()
            .comment("Построим замок!")
            .target(&friends)
            .custom_args("room=7"),
    );
    let Outcome::Completed(invited) = outcome else {
        panic!("{outcome:?}")
    };
    let expected: Vec<UserId> = friends.iter().copied().map(UserId::new).collect();
    assert_eq!(invited.users, expected);
    assert_eq!(invited.authenticity, Authenticity::Matched);
    assert_eq!(
        invited.state, None,
        "the plugin's own state is not the game's business"
    );
    let inbox = game.sandbox().inbox(friends[0]);
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0].custom_args.as_deref(), Some("room=7"));
    assert_eq!(game.messages.finished(), 1);
}

#[test]
fn a_player_recommends_the_game() {
    let mut game = Game::with_player(Behavior::Ask, PlayerAction::Accept);
    let outcome = game.suggest(RequestSuggest::new().autosel(3).state("abc123"));
    let Outcome::Completed(suggested) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(suggested.users.len(), 3);
    assert_eq!(suggested.state.as_deref(), Some("abc123"));
}

#[test]
fn a_player_posts_to_the_feed_and_to_a_group() {
    let mut game = Game::with_player(Behavior::Ask, PlayerAction::Accept);
    let feed = game.post(RequestPost::new(text("Я построил замок!")).user_text(true));
    let group = game
        .post(RequestPost::new(text("Турнир в 19:00")).group_id(GroupId::new(53_038_939_046_008)));
    let (Outcome::Completed(feed), Outcome::Completed(group)) = (feed, group) else {
        panic!("not completed")
    };
    assert_ne!(feed.topic_id, group.topic_id);
    assert_eq!(feed.authenticity, Authenticity::Matched);
    let posts = game.sandbox().feed();
    assert_eq!(posts.len(), 2);
    assert_eq!(
        posts.iter().filter(|post| post.group_id.is_some()).count(),
        1
    );
}

#[test]
fn a_link_is_posted_as_it_is_or_refused_before_a_page_opens() {
    let mut game = Game::with_player(Behavior::Ask, PlayerAction::Accept);
    let raw = |link: &str| {
        let json = format!(
            "\n{{\"media\":[{{\"type\":\"link\",\"url\":\"{}\"}}]}}",
            link.replace('\\', "\\\\")
        );
        Attachment::from_json(&json).expect("a block")
    };
    for link in [
        "https:/game.example/x",
        "https:game.example/x",
        "https:\\\\game.example\\x",
        "https:///game.example/x",
    ] {
        for attachment in [Attachment::new().link(link), raw(link)] {
            for encoding in [AttachmentEncoding::Base64, AttachmentEncoding::Plain] {
                let request = RequestPost::new(attachment.clone()).attachment_encoding(encoding);
                let outcome = game.post(request);
                let error = outcome.error().expect("refused");
                assert_eq!(error.kind(), RequestErrorKind::InvalidRequest, "{link}");
                assert!(error.to_string().contains("media[0].url"), "{error}");
            }
        }
    }
    assert!(game.messages.opened.is_empty(), "no page was opened");
    for link in ["HTTPS://game.example/run", "Http://game.example/run"] {
        for attachment in [Attachment::new().link(link), raw(link)] {
            for encoding in [AttachmentEncoding::Base64, AttachmentEncoding::Plain] {
                let outcome =
                    game.post(RequestPost::new(attachment.clone()).attachment_encoding(encoding));
                assert!(outcome.completed().is_some(), "{link}: {outcome:?}");
            }
        }
    }
    assert!(
        game.sandbox()
            .feed()
            .iter()
            .all(|post| post.attachment.contains("://game.example/run"))
    );
}

#[test]
fn a_player_cancels_each_widget() {
    let mut game = Game::with_player(Behavior::Ask, PlayerAction::Cancel);
    assert_eq!(
        game.invite(RequestInvite::new()),
        Outcome::Cancelled(CancelledBy::Player)
    );
    assert_eq!(
        game.suggest(RequestSuggest::new()),
        Outcome::Cancelled(CancelledBy::Player)
    );
    assert_eq!(
        game.post(RequestPost::new(text("hello"))),
        Outcome::Cancelled(CancelledBy::Player)
    );
    assert!(game.sandbox().feed().is_empty());
}

#[test]
fn a_refusal_of_ok_keeps_its_code_name_and_text() {
    let mut game = Game::with_player(Behavior::Error(11), PlayerAction::Accept);
    for error in [
        game.invite(RequestInvite::new()).error().cloned(),
        game.post(RequestPost::new(text("hello"))).error().cloned(),
    ] {
        let error = error.expect("a failure");
        assert_eq!(error.kind(), RequestErrorKind::Refused);
        assert_eq!(error.code(), Some(ErrorCode::LIMIT_REACHED));
        assert!(error.to_string().contains("LIMIT_REACHED"), "{error}");
        assert!(error.is_retryable());
    }
}

#[test]
fn topic_zero_means_not_approved() {
    let mut game = Game::with_player(Behavior::NotApproved, PlayerAction::Accept);
    let error = game
        .post(RequestPost::new(text("hello")))
        .error()
        .cloned()
        .expect("a failure");
    assert_eq!(error.kind(), RequestErrorKind::NotApproved);
    assert!(error.advice().contains("api-support@ok.ru"));
}

#[test]
fn a_wrong_secret_is_refused_by_ok_and_explained() {
    use bevy_odnoklassniki::protocol::{AccessToken, SessionSecretKey};
    let mut game = Game::with_player(Behavior::Ask, PlayerAction::Accept);
    let session = game.sandbox().session();
    let mut with_key = |key: &str| {
        let session = SessionData::new(
            AccessToken::new(session.access_token.as_str()),
            SessionSecretKey::new(key),
        );
        game.app
            .world_mut()
            .resource_mut::<OkSession>()
            .accept(session);
        game.post(RequestPost::new(text("hello")))
            .error()
            .cloned()
            .expect("a failure")
    };
    // What developers pass instead of the session's key: its form shows the mistake.
    for mistaken in ["CDEMOSANDBOXPUBLICKEY", "5A4D0B0C5EC2E70000000001"] {
        let error = with_key(mistaken);
        assert_eq!(error.code(), Some(ErrorCode::PARAM_SIGNATURE));
        assert!(
            error.advice().contains("32 lowercase hex digits"),
            "{}",
            error.advice()
        );
    }
    let error = with_key("00000000000000000000000000000000");
    assert_eq!(error.code(), Some(ErrorCode::PARAM_SIGNATURE));
    assert!(error.is_config());
    assert!(error.advice().contains("session secret key"));
}

#[test]
fn a_callback_that_makes_no_sense_fails_the_request() {
    let mut game = Game::with_player(Behavior::Garbage, PlayerAction::Accept);
    let error = game
        .post(RequestPost::new(text("hello")))
        .error()
        .cloned()
        .expect("a failure");
    assert_eq!(error.kind(), RequestErrorKind::InvalidCallback);
}

#[test]
fn a_callback_that_comes_twice_counts_once() {
    let mut game = Game::with_player(Behavior::RespondTwice, PlayerAction::Accept);
    assert!(game.invite(RequestInvite::new()).completed().is_some());
    assert!(
        game.post(RequestPost::new(text("hello")))
            .completed()
            .is_some()
    );
    assert_eq!(game.messages.finished(), 2);
}

#[test]
fn a_callback_with_another_state_is_refused_and_the_right_one_still_counts() {
    let mut game = Game::with_sandbox(Behavior::Ask);
    game.sandbox()
        .queue_behavior(PageKind::Invite, Behavior::WrongState);
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    let link = game.link_of(id);
    _ = Player::accept().play(&link);
    let notice = game.run_until("a notice", |game| game.messages.notices.first().copied());
    assert_eq!(
        notice,
        RequestNotice {
            id,
            kind: NoticeKind::UnexpectedCallback
        }
    );
    assert_eq!(game.messages.finished(), 0);

    game.write(ReopenRequest { id });
    let opened = game.messages.opened.len();
    let again = game.run_until("the new link", |game| {
        game.messages.opened.get(opened)?.link.clone()
    });
    assert_ne!(again.expose(), link);
    Player::accept()
        .play(again.expose())
        .expect("the player acts");
    assert!(game.invite_outcome(id).completed().is_some());
    assert_eq!(game.messages.finished(), 1);
}

#[test]
fn results_can_be_looked_up_after_their_messages_are_gone() {
    let mut game = Game::with_player(Behavior::Accept, PlayerAction::Accept);
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    game.invite_outcome(id);
    for _ in 0..5 {
        game.update();
    }
    let requests = game.app.world().resource::<PendingRequests>();
    assert!(requests.is_empty());
    assert_eq!(
        requests
            .finished(id)
            .map(|finished| finished.outcome_name()),
        Some("completed")
    );
}
