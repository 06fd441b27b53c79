//! Logging in, played on the sandbox without a browser: how each login ends, what becomes of the
//! session, and of the requests that need it. Real browsers are in `browser_login.rs`.

mod waiting;

use std::time::Duration;

use bevy_odnoklassniki::protocol::oauth::{OAuthErrorCode, Scope};
use bevy_odnoklassniki::sandbox::{self, Application, Behavior, Player, Sandbox};
use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
use bevy_odnoklassniki::{LoggedIn, RequestErrorKind, RequestKind, SessionChange, prelude::*};
use test_support::http;

/// Returns a game without a session.
fn kit() -> TestKit {
    TestKit::with(OdnoklassnikiPlugin::without_session)
}

/// Returns a game that logs in by itself when a request needs a session.
fn automatic() -> TestKit {
    TestKit::with(|plugin| {
        plugin
            .without_session()
            .with_automatic_login(RequestLogin::new)
    })
}

fn session(kit: &TestKit) -> &OkSession {
    kit.app.world().resource()
}

/// Writes a login and runs until it has ended as `action` ends it.
fn log_in(kit: &mut TestKit, action: PlayerAction) -> Outcome<LoggedIn> {
    kit.next_login(action);
    let request = RequestLogin::new();
    let id = request.id();
    kit.app.world_mut().write_message(request);
    kit.run_until_settled();
    let ended: Vec<_> = kit
        .messages
        .logins
        .iter()
        .filter(|login| login.id == id)
        .collect();
    assert_eq!(ended.len(), 1, "one result");
    ended[0].outcome.clone()
}

fn reasons(kit: &TestKit) -> Vec<SessionChange> {
    kit.messages
        .session
        .iter()
        .map(|change| change.reason.clone())
        .collect()
}

#[test]
fn a_player_logs_in_and_what_follows_is_signed_with_the_session() {
    let mut kit = kit();
    assert_eq!(
        log_in(&mut kit, PlayerAction::Accept),
        Outcome::Completed(LoggedIn::Session)
    );
    assert_eq!(session(&kit).status(), SessionStatus::LoggedIn);
    assert_eq!(session(&kit).scopes(), Some(&[Scope::VALUABLE_ACCESS][..]));
    assert!(
        session(&kit)
            .expires_in()
            .is_some_and(|left| left > Duration::from_secs(1700))
    );
    assert_eq!(
        reasons(&kit),
        [SessionChange::LoginStarted, SessionChange::LoggedIn]
    );
    let demo = kit.sandbox().session();
    let (token, key) = session(&kit).expose_secrets().expect("secrets");
    assert!(
        token.expose() != demo.access_token
            && key.is_some_and(|key| key.expose() != demo.session_secret_key)
    );
    kit.next_invite(PlayerAction::Accept);
    kit.app.world_mut().write_message(RequestInvite::new());
    kit.run_until_settled();
    assert!(
        kit.messages.invites[0].outcome.completed().is_some(),
        "{:?}",
        kit.messages.invites
    );
}

#[test]
fn every_way_a_login_can_end() {
    let mut kit = kit();
    for (action, name) in [
        (PlayerAction::Cancel, "cancelled"),
        (PlayerAction::TimeOut, "timed_out"),
        (PlayerAction::CannotOpen, "failed"),
    ] {
        assert_eq!(log_in(&mut kit, action.clone()).name(), name, "{action:?}");
        assert_eq!(
            session(&kit).status(),
            SessionStatus::LoggedOut,
            "{action:?}"
        );
        assert_eq!(reasons(&kit).last(), Some(&SessionChange::LoginEnded));
    }
    // A refusal of each kind has advice on what to change.
    for (error, code, part) in [
        (
            "unauthorized_client",
            OAuthErrorCode::UnauthorizedClient,
            "Client OAUTH",
        ),
        ("invalid_scope", OAuthErrorCode::InvalidScope, "scopes"),
        (
            "invalid_request",
            OAuthErrorCode::InvalidRequest,
            "redirect URI",
        ),
        (
            "temporarily_unavailable",
            OAuthErrorCode::TemporarilyUnavailable,
            "later",
        ),
        (
            "something_new",
            OAuthErrorCode::Other("something_new".into()),
            "troubleshooting",
        ),
    ] {
        kit.sandbox()
            .queue_behavior(sandbox::PageKind::Login, Behavior::OAuthError(error.into()));
        let outcome = log_in(&mut kit, PlayerAction::Accept);
        let error = outcome.error().expect("refused");
        assert_eq!(
            (error.kind(), error.oauth_code()),
            (RequestErrorKind::Refused, Some(&code))
        );
        assert!(error.advice().contains(part), "{}", error.advice());
    }
    kit.sandbox()
        .queue_behavior(sandbox::PageKind::Login, Behavior::Garbage);
    let outcome = log_in(&mut kit, PlayerAction::Accept);
    assert_eq!(
        outcome.error().map(RequestError::kind),
        Some(RequestErrorKind::InvalidCallback)
    );
    assert!(
        kit.sandbox()
            .requests()
            .iter()
            .all(|seen| seen.kind == Some(sandbox::PageKind::Login))
    );
}

#[test]
fn a_callback_with_an_unknown_state_ends_nothing() {
    let mut kit = kit();
    kit.sandbox()
        .queue_behavior(sandbox::PageKind::Login, Behavior::WrongState);
    let request = RequestLogin::new();
    let id = request.id();
    kit.app.world_mut().write_message(request);
    kit.run_until_settled();
    let link = kit.messages.opened[0].link.clone().expect("a link");
    Player::accept()
        .play(link.expose())
        .expect("the player is sent to a URL");
    for _ in 0..3 {
        kit.update();
    }
    assert_eq!((kit.messages.finished(), kit.pending()), (0, vec![id]));
    // Opened again, it works.
    kit.next_login(PlayerAction::Accept);
    kit.app.world_mut().write_message(ReopenRequest { id });
    kit.run_until_settled();
    assert_eq!(
        kit.messages.logins[0].outcome,
        Outcome::Completed(LoggedIn::Session)
    );
}

#[test]
fn a_code_is_for_the_backend_and_begins_no_session() {
    let mut kit = kit();
    kit.next_login(PlayerAction::Accept);
    kit.app.world_mut().write_message(RequestLogin::code());
    kit.run_until_settled();
    let Some(LoggedIn::Code(code)) = kit.messages.logins[0].outcome.completed().cloned() else {
        panic!("no code")
    };
    assert_eq!(session(&kit).status(), SessionStatus::LoggedOut);
    assert!(
        code.redirect_uri().starts_with("http://127.0.0.1:")
            && code.redirect_uri().ends_with("/login")
    );
    let secret = code.take().expect("the code");
    assert!(code.take().is_none());
    // The steps of the backend.
    let app = kit.sandbox().app().clone();
    let (id, redirect_uri) = (app.id.to_string(), code.redirect_uri().to_owned());
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", id.as_str()),
        ("client_secret", app.secret_key.as_str()),
        ("code", secret.expose()),
        ("redirect_uri", redirect_uri.as_str()),
    ];
    let url = format!("{}/oauth/token.do", kit.sandbox().url());
    let mut response = ureq::post(&url).send_form(form).expect("the exchange");
    let response: serde_json::Value = response.body_mut().read_json().expect("JSON");
    let token = AccessToken::new(response["access_token"].as_str().expect("a token"));
    let key = bevy_odnoklassniki::protocol::session_secret_key(
        &token,
        &bevy_odnoklassniki::protocol::ApplicationSecretKey::new(app.secret_key.as_str()),
    );
    kit.app
        .world_mut()
        .resource_mut::<OkSession>()
        .accept(SessionData::new(token, key));
    kit.next_invite(PlayerAction::Accept);
    kit.app.world_mut().write_message(RequestInvite::new());
    kit.run_until_settled();
    assert!(kit.messages.invites[0].outcome.completed().is_some());
    assert_eq!(reasons(&kit).last(), Some(&SessionChange::Accepted));
}

#[test]
fn a_session_that_expires_is_reported_and_the_next_request_logs_in() {
    let mut kit = automatic();
    kit.sandbox().set_token_life(Duration::ZERO);
    // It is over as soon as it begins: the request must not log in again and again.
    kit.next_login(PlayerAction::Accept);
    kit.app.world_mut().write_message(RequestInvite::new());
    kit.run_until_settled();
    assert_eq!(
        (kit.messages.logins.len(), kit.messages.invites.len()),
        (1, 1)
    );
    assert_eq!(
        kit.messages.invites[0]
            .outcome
            .error()
            .map(RequestError::kind),
        Some(RequestErrorKind::NotLoggedIn)
    );
    assert_eq!(session(&kit).status(), SessionStatus::Expired);
    kit.sandbox().set_token_life(Duration::from_secs(1800));
    kit.next_login(PlayerAction::Accept);
    kit.next_invite(PlayerAction::Accept);
    kit.app.world_mut().write_message(RequestInvite::new());
    kit.run_until_settled();
    assert!(kit.messages.invites[1].outcome.completed().is_some());
}

#[test]
fn a_session_that_ends_in_the_middle_of_a_request() {
    let mut kit = kit();
    log_in(&mut kit, PlayerAction::Accept);
    let request = RequestInvite::new();
    let id = request.id();
    kit.app.world_mut().write_message(request);
    kit.run_until_settled();
    // OK ends the token before the page is loaded; by the game's own clock it is still valid.
    kit.sandbox().set_token_life(Duration::ZERO);
    kit.act(id, PlayerAction::Accept);
    kit.run_until_settled();
    let error = kit.messages.invites[0].outcome.error().expect("refused");
    assert!(
        error.needs_login() && error.advice().contains("RequestLogin"),
        "{error}"
    );
    assert_eq!(reasons(&kit).last(), Some(&SessionChange::Refused));
    assert_eq!(session(&kit).status(), SessionStatus::LoggedOut);
}

#[test]
fn logging_out_ends_what_the_session_has_begun() {
    let mut kit = kit();
    log_in(&mut kit, PlayerAction::Accept);
    kit.app.world_mut().write_message(RequestInvite::new());
    kit.run_until_settled();
    let link = kit
        .messages
        .opened
        .last()
        .expect("the invitation's page")
        .link
        .as_ref()
        .expect("a link")
        .expose()
        .to_owned();
    kit.app.world_mut().write_message(RequestLogout);
    kit.update();
    assert_eq!(
        kit.messages.invites[0].outcome,
        Outcome::Cancelled(CancelledBy::Game)
    );
    assert_eq!(session(&kit).status(), SessionStatus::LoggedOut);
    assert!(session(&kit).expose_secrets().is_none());
    // The link that leads to a URL with the token in it is dead.
    assert_ne!(http::status(&http::get(&link)), 303);
    // Logged in again and out at once, in one frame: the login counts.
    kit.next_login(PlayerAction::Accept);
    kit.app.world_mut().write_message(RequestLogin::new());
    kit.app.world_mut().write_message(RequestLogout);
    kit.run_until_settled();
    assert!(session(&kit).is_logged_in());
}

#[test]
fn a_second_login_while_one_is_pending_joins_it() {
    let mut kit = kit();
    let (first, second) = (RequestLogin::new(), RequestLogin::new());
    let ids = [first.id(), second.id()];
    kit.app.world_mut().write_message(first);
    kit.run_until_settled();
    kit.app.world_mut().write_message(second);
    kit.run_until_settled();
    assert_eq!(kit.pending(), [ids[0]], "one page");
    let opened: Vec<_> = kit.messages.opened.iter().map(|opened| opened.id).collect();
    assert_eq!(opened, ids, "both requests report that it is open");
    kit.act(ids[0], PlayerAction::Accept);
    kit.run_until_settled();
    let ended: Vec<_> = kit
        .messages
        .logins
        .iter()
        .map(|login| (login.id, login.outcome.name()))
        .collect();
    assert_eq!(ended, ids.map(|id| (id, "completed")));
}

#[test]
fn a_redirect_uri_that_is_not_registered_brings_no_callback() {
    let app = Application::new(512_000_000_002, "CANOTHERKEY", "S3CR3T")
        .redirect_uri("http://127.0.0.1:1/elsewhere");
    let sandbox = Sandbox::builder().app(app).start().expect("a sandbox");
    let mut kit = TestKit::with(|_| {
        OdnoklassnikiPlugin::with_sandbox(sandbox.into())
            .without_session()
            .with_opener(|_: &OneTimeLink| Ok(()))
    });
    let request = RequestLogin::new();
    let id = request.id();
    kit.app.world_mut().write_message(request);
    let link = kit.run_until("the page", |kit| {
        kit.messages
            .opened
            .first()
            .and_then(|opened| opened.link.clone())
    });
    let played = Player::accept().play(link.expose()).expect("a page");
    assert_eq!(
        (played.status, played.pressed),
        (400, false),
        "OK's own error page: {}",
        played.title
    );
    kit.update();
    assert_eq!(
        (kit.messages.finished(), kit.pending()),
        (0, vec![id]),
        "nothing is reported for it"
    );
}

#[test]
fn what_is_written_and_cancelled_in_one_frame_opens_no_page() {
    let mut kit = automatic();
    let (login, invite) = (RequestLogin::new(), RequestInvite::new());
    let (login_id, invite_id) = (login.id(), invite.id());
    kit.app.world_mut().write_message(login);
    kit.app.world_mut().write_message(invite);
    for id in [login_id, invite_id] {
        kit.app.world_mut().write_message(CancelRequest { id });
    }
    kit.run_until_settled();
    assert_eq!((kit.messages.opened.len(), kit.messages.finished()), (0, 2));
    assert_eq!(
        kit.messages.logins[0].outcome,
        Outcome::Cancelled(CancelledBy::Game)
    );
    assert_eq!(
        kit.messages.invites[0].outcome,
        Outcome::Cancelled(CancelledBy::Game)
    );
}

#[test]
fn a_backend_signs_nothing_after_the_player_has_logged_out() {
    use bevy_odnoklassniki::protocol::{Signer, SigningError, SigningRequest};

    let mut kit = kit();
    let backend = |_: &SigningRequest<'_>| Err(SigningError::Refused("it was asked".into()));
    let credentials = kit
        .sandbox()
        .credentials()
        .with_signer(Signer::backend(backend));
    kit.app.insert_resource(credentials);
    let invite = |kit: &mut TestKit| {
        kit.app.world_mut().write_message(RequestInvite::new());
        kit.run_until_settled();
        kit.messages
            .invites
            .last()
            .and_then(|invite| invite.outcome.error().cloned())
            .expect("a failure")
            .kind()
    };
    assert_eq!(
        invite(&mut kit),
        RequestErrorKind::Refused,
        "there never was a session: the backend knows who plays"
    );
    kit.app
        .world_mut()
        .resource_mut::<OkSession>()
        .accept(SessionData::without_key(AccessToken::new("token")));
    assert_eq!(invite(&mut kit), RequestErrorKind::Refused);
    kit.app.world_mut().write_message(RequestLogout);
    assert_eq!(invite(&mut kit), RequestErrorKind::NotLoggedIn);
    let expired = SessionData::without_key(AccessToken::new("token")).expires_in(Duration::ZERO);
    kit.app
        .world_mut()
        .resource_mut::<OkSession>()
        .accept(expired);
    assert_eq!(invite(&mut kit), RequestErrorKind::NotLoggedIn);
}
