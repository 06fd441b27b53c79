//! The code flow in a real Chromium, what OK refuses, sessions that end too early, and Russian
//! pages.
#![cfg(all(target_os = "linux", feature = "browser"))]

use std::time::Duration;

use bevy_odnoklassniki::protocol::oauth::{
    OAuthErrorCode, TokenError, TokenRequest, TokenResponse,
};
use bevy_odnoklassniki::protocol::{
    ApplicationId, ApplicationSecretKey, AuthCode, ErrorCode, session_secret_key,
};
use bevy_odnoklassniki::sandbox::{Behavior, PageKind};
use bevy_odnoklassniki::{LoggedIn, LoginCode, RequestErrorKind, SessionChange, prelude::*};
use test_support::browser::Browser;
use test_support::game::Game;
use test_support::login::{PendingLogin, game};

/// Returns the code of a login, which begins no session.
#[track_caller]
fn code_of(game: &mut Game, login: &PendingLogin) -> LoginCode {
    let outcome = game.only_login(login);
    game.expect_not_logged_in(login, &outcome);
    let Outcome::Completed(LoggedIn::Code(code)) = outcome else {
        panic!("no code: {outcome:?}")
    };
    code
}

/// Exchanges a code for a token, as a game's backend does.
fn exchange(game: &Game, code: &AuthCode, redirect_uri: &str) -> Result<SessionData, TokenError> {
    let app = game.sandbox().app();
    let key = ApplicationSecretKey::new(app.secret_key.as_str());
    let request = TokenRequest::exchange(ApplicationId::new(app.id), &key, code, redirect_uri);
    let hosts = Hosts::sandbox(game.sandbox().url()).expect("the sandbox's URL");
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .build();
    let mut response = ureq::Agent::new_with_config(config)
        .post(TokenRequest::url(&hosts))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .send(request.form().expose())
        .expect("the sandbox responds");
    let token = TokenResponse::parse(response.body_mut().read_to_string().expect("text"))?;
    let session_key = session_secret_key(&token.access_token, &key);
    let data = SessionData::new(token.access_token, session_key);
    Ok(data.expires_in(token.expires_in.expect("OK names the lifetime")))
}

#[test]
fn a_code_comes_once_and_the_backend_makes_a_session_of_it() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let mut game = game();
    let login =
        game.log_in(RequestLogin::code().scopes([Scope::VALUABLE_ACCESS, Scope::GROUP_CONTENT]));
    browser.go_to_consent(&login.link);
    game.expect_still_logging_in(&login);
    browser.click("#allow");
    browser.expect_page("Done");
    let code = code_of(&mut game, &login);
    assert_eq!(code.redirect_uri(), login.redirect);
    let secret = code.take().expect("the code");
    assert!(code.take().is_none(), "only once");
    for _ in 0..2 {
        browser.reload();
        browser.expect_page("Already finished");
    }
    assert_eq!(code_of(&mut game, &login), code);

    let session = exchange(&game, &secret, code.redirect_uri()).expect("a session");
    game.app
        .world_mut()
        .resource_mut::<OkSession>()
        .accept(session);
    let invitation = RequestInvite::new().autosel(1);
    let id = invitation.id();
    game.write(invitation);
    browser.goto(&game.link_of(id));
    browser.click("#publish");
    browser.expect_page("Done");
    assert_eq!(game.invite_outcome(id).name(), "completed");
    assert_eq!(game.changes().last(), Some(&SessionChange::Accepted));
    // OK accepts a code only once, too.
    let again = exchange(&game, &secret, code.redirect_uri()).expect_err("used");
    assert!(
        matches!(again, TokenError::Refused(error) if error.code == OAuthErrorCode::InvalidGrant)
    );
}

/// OK puts the error behind the `#` and the state before it.
#[test]
fn a_player_denies_the_code() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let mut game = game();
    let login = game.log_in(RequestLogin::code());
    browser.go_to_consent(&login.link);
    browser.click("#deny");
    browser.expect_page("Cancelled");
    browser.expect_location(&login.redirect);
    game.expect_not_logged_in(&login, &Outcome::Cancelled(CancelledBy::Player));
    browser.reload();
    browser.expect_page("Already finished");
    game.expect_not_logged_in(&login, &Outcome::Cancelled(CancelledBy::Player));
}

#[test]
fn what_ok_refuses_comes_with_its_name_and_with_advice() {
    let Some(browser) = Browser::start() else {
        return;
    };
    for request in [RequestLogin::new(), RequestLogin::code()] {
        let mut game = game();
        game.sandbox().queue_behavior(
            PageKind::Login,
            Behavior::OAuthError("unauthorized_client".to_owned()),
        );
        let login = game.log_in(request);
        browser.goto(&login.link);
        browser.expect_page("Odnoklassniki refused");
        browser.expect_location(&login.redirect);
        let outcome = game.only_login(&login);
        game.expect_not_logged_in(&login, &outcome);
        let error = outcome.error().expect("a refusal");
        assert_eq!(error.kind(), RequestErrorKind::Refused);
        assert_eq!(
            error.oauth_code(),
            Some(&OAuthErrorCode::UnauthorizedClient)
        );
        assert!(
            error.advice().contains("Client OAUTH"),
            "{}",
            error.advice()
        );
        assert!(error.is_config() && !error.needs_login());
    }
}

/// OK never sends the browser to a URL that it does not know, so no callback reaches the game.
#[test]
fn a_redirect_uri_that_is_not_registered_leaves_the_player_on_oks_page() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let mut game = Game::with(Behavior::Ask, |plugin| {
        plugin
            .without_session()
            .with_redirect_uris(["http://127.0.0.1:0/elsewhere"])
    });
    let login = game.log_in(RequestLogin::new());
    browser.goto(&login.link);
    assert!(
        browser.text("#oauth-error").contains("/elsewhere"),
        "{}",
        browser.text("#oauth-error")
    );
    assert!(browser.url().starts_with(game.sandbox().url()));
    game.expect_still_logging_in(&login);
    game.write(CancelRequest { id: login.id });
    game.expect_not_logged_in(&login, &Outcome::Cancelled(CancelledBy::Game));
}

fn invite(game: &mut Game) -> (RequestId, String) {
    let request = RequestInvite::new()
        .autosel(1)
        .comment(format!("{}", game.messages.opened.len()));
    let id = request.id();
    game.write(request);
    (id, game.link_of(id))
}

#[test]
fn a_session_that_ok_ends_early_is_known_to_be_dead() {
    let Some(browser) = Browser::start() else {
        return;
    };
    for (revoked, code) in [
        (false, ErrorCode::PARAM_SESSION_EXPIRED),
        (true, ErrorCode::PARAM_SESSION_KEY),
    ] {
        let mut game = game();
        let login = game.log_in(RequestLogin::new());
        browser.go_to_consent(&login.link);
        browser.click("#allow");
        browser.expect_page("Done");
        game.expect_logged_in(&login, &[Scope::VALUABLE_ACCESS]);

        // One page is open when the token ends, another one is not.
        let (open, link) = invite(&mut game);
        browser.goto(&link);
        browser.wait_for_css("#publish");
        let (late, link) = invite(&mut game);
        match revoked {
            true => game.sandbox().revoke_tokens(),
            false => game.sandbox().set_token_life(Duration::ZERO),
        }
        browser.click("#publish");
        browser.expect_page("Done");
        assert_eq!(game.invite_outcome(open).name(), "completed");
        assert!(game.session().is_logged_in(), "OK has not said otherwise");
        browser.goto(&link);
        browser.expect_page("Odnoklassniki refused");
        let outcome = game.invite_outcome(late);
        let error = outcome.error().expect("a refusal");
        assert_eq!(
            (error.kind(), error.code()),
            (RequestErrorKind::Refused, Some(code))
        );
        assert!(error.needs_login());
        game.run_until_settled();
        assert_eq!(game.session().status(), SessionStatus::LoggedOut);
        assert_eq!(game.changes().last(), Some(&SessionChange::Refused));
        assert_eq!(game.messages.finished(), 3);

        // The next login has no questions: OK knows the player and what they have allowed.
        game.sandbox().set_token_life(Duration::from_secs(1800));
        let again = game.log_in(RequestLogin::new());
        browser.goto(&again.link);
        browser.expect_page("Done");
        browser.expect_location(&again.redirect);
        game.run_until_settled();
        assert_eq!(
            game.messages.logins.last().map(|finished| finished.id),
            Some(again.id)
        );
        assert_eq!(game.session().status(), SessionStatus::LoggedIn);
        assert_eq!(game.messages.finished(), 4);
    }
}

#[test]
fn a_russian_player_logs_in_on_russian_pages() {
    let Some(browser) = Browser::start_with(&["--accept-lang=ru"]) else {
        return;
    };
    let mut game = game();
    let login = game.log_in(RequestLogin::new());
    browser.goto(&login.redirect);
    browser.expect_page("Ответа в адресе нет");
    browser.go_to_consent(&login.link);
    assert_eq!(
        browser.execute("return document.documentElement.lang"),
        "ru"
    );
    assert_eq!(browser.text("#allow"), "Разрешить");
    browser.click("#allow");
    browser.expect_page("Готово");
    browser.reload();
    browser.expect_page("Уже завершено");
    game.expect_logged_in(&login, &[Scope::VALUABLE_ACCESS]);

    // What the listener itself shows, without the script.
    let mut game = test_support::login::game();
    let login = game.log_in(RequestLogin::code());
    browser.go_to_consent(&login.link);
    browser.click("#allow");
    browser.expect_page("Готово");
    assert_eq!(browser.count("script"), 0);
    code_of(&mut game, &login);
    for (script, heading) in [
        (Behavior::Cancel, "Отменено"),
        (
            Behavior::OAuthError("server_error".to_owned()),
            "Одноклассники отказали",
        ),
    ] {
        let mut game = test_support::login::game();
        game.sandbox().queue_behavior(PageKind::Login, script);
        let login = game.log_in(RequestLogin::new());
        browser.goto(&login.link);
        browser.expect_page(heading);
        let outcome = game.only_login(&login);
        game.expect_not_logged_in(&login, &outcome);
    }
}
