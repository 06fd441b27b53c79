//! The token flow in a real Chromium: what the player sees, and which result the game gets.
#![cfg(all(target_os = "linux", feature = "browser"))]

use bevy_odnoklassniki::RefusedCallback;
use bevy_odnoklassniki::prelude::*;
use test_support::browser::Browser;
use test_support::login::game;

const SCOPES: [Scope; 2] = [Scope::VALUABLE_ACCESS, Scope::GROUP_CONTENT];

/// Large enough for the whole page: in a smaller window the buttons, which stay in view, can cover
/// other elements.
const ROOM: &str = "--window-size=1000,760";

/// Also writes the picture of the login in the README when `OK_UPDATE_PICTURES` is set.
#[test]
fn a_player_logs_in_and_the_session_works() {
    let Some(browser) = Browser::start_with(&[ROOM, "--accept-lang=en"]) else {
        return;
    };
    let mut game = game();
    let login = game.log_in(RequestLogin::new().scopes(SCOPES));
    browser.goto(&login.link);
    assert_eq!(browser.text("h1"), "Log in");
    game.expect_still_logging_in(&login);
    browser.click("#log-in");
    browser.wait_for_css("#allow");
    assert_eq!(browser.text("h1"), "The application asks to:");
    browser.keep_picture("sandbox-login.png");
    game.expect_still_logging_in(&login);
    browser.click("#allow");
    browser.expect_page("Done");
    browser.expect_location(&login.redirect);
    game.expect_logged_in(&login, &SCOPES);

    // OK accepts what the session has signed.
    let invitation = RequestInvite::new().autosel(2);
    let id = invitation.id();
    game.write(invitation);
    browser.goto(&game.link_of(id));
    browser.click("#publish");
    browser.expect_page("Done");
    let Outcome::Completed(invited) = game.invite_outcome(id) else {
        panic!("not completed")
    };
    assert_eq!(invited.users.len(), 2);
    assert!(
        game.sandbox()
            .requests()
            .iter()
            .all(|request| request.refused.is_none())
    );
    assert_eq!(game.messages.finished(), 2);
}

/// The history of the tab holds no token for the next person at the computer.
#[test]
fn neither_back_nor_forward_brings_the_token_into_the_address_bar() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let mut game = game();
    let login = game.log_in(RequestLogin::new());
    browser.go_to_consent(&login.link);
    browser.click("#allow");
    browser.expect_page("Done");
    game.expect_logged_in(&login, &[Scope::VALUABLE_ACCESS]);
    let (token, key) = game.session().expose_secrets().expect("logged in");
    let secrets = [
        token.expose(),
        key.expect("its key").expose(),
        "#",
        "access_token",
    ]
    .map(str::to_owned);
    let look = |moment: &str| {
        for url in browser.history() {
            for secret in &secrets {
                assert!(!url.contains(secret), "{moment}: {url}");
            }
        }
    };
    look("at the end");
    assert!(browser.history().contains(&login.redirect));
    browser.back();
    browser.wait_for_url(|url| url.starts_with(game.sandbox().url()));
    look("after going back");
    browser.forward();
    // It is loaded anew, or comes from Chromium's memory as it was.
    browser.wait_for_url(|url| url == login.redirect);
    browser.expect_location(&login.redirect);
    assert_ne!(
        browser.text("section:not([hidden]) h1"),
        "No answer in the address"
    );
    look("after going forward again");
    game.expect_logged_in(&login, &[Scope::VALUABLE_ACCESS]);
}

#[test]
fn a_player_grants_some_of_the_scopes() {
    let Some(browser) = Browser::start_with(&[ROOM]) else {
        return;
    };
    let mut game = game();
    let asked = [
        Scope::VALUABLE_ACCESS,
        Scope::LONG_ACCESS_TOKEN,
        Scope::GROUP_CONTENT,
        Scope::PHOTO_CONTENT,
    ];
    let login = game.log_in(RequestLogin::new().scopes(asked));
    browser.go_to_consent(&login.link);
    browser.click("[name=scope][value=PHOTO_CONTENT]");
    browser.click("[name=scope][value=LONG_ACCESS_TOKEN]");
    browser.click("#allow");
    browser.expect_page("Done");
    game.expect_logged_in(&login, &SCOPES);
}

#[test]
fn a_player_denies_on_either_page() {
    let Some(browser) = Browser::start() else {
        return;
    };
    for logs_in_first in [false, true] {
        let mut game = game();
        let login = game.log_in(RequestLogin::new());
        browser.goto(&login.link);
        if logs_in_first {
            browser.click("#log-in");
            browser.wait_for_css("#allow");
        }
        browser.click("#deny");
        browser.expect_page("Cancelled");
        browser.expect_location(&login.redirect);
        game.expect_not_logged_in(&login, &Outcome::Cancelled(CancelledBy::Player));
        // It is the only callback.
        browser.reload();
        browser.expect_page("Already finished");
        game.expect_not_logged_in(&login, &Outcome::Cancelled(CancelledBy::Player));
    }
}

#[test]
fn a_player_who_has_forgotten_the_password_begins_again() {
    let Some(browser) = Browser::start_with(&[ROOM]) else {
        return;
    };
    let mut game = game();
    let login = game.log_in(RequestLogin::new());
    browser.goto(&login.link);
    browser.click("#forgot");
    browser.wait_for_url(|url| url == format!("{}/?st.cmd=userMain", game.sandbox().url()));
    game.expect_still_logging_in(&login);
    let again = game.reopen(login.id);
    // The previous link is dead, although it was never used.
    browser.goto(&login.link);
    browser.expect_page("Start again from the game");
    game.expect_still_logging_in(&login);
    browser.go_to_consent(&again);
    browser.click("#allow");
    browser.expect_page("Done");
    game.expect_logged_in(&login, &[Scope::VALUABLE_ACCESS]);
}

#[test]
fn a_url_without_a_callback_decides_nothing_and_one_with_it_decides_once() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let mut game = game();
    let login = game.log_in(RequestLogin::new());
    for _ in 0..2 {
        browser.goto(&login.redirect);
        browser.expect_page("No answer in the address");
    }
    browser.reload();
    browser.expect_page("No answer in the address");
    assert_eq!(
        game.callbacks().refused(RefusedCallback::Nothing),
        0,
        "every callback of the token flow comes like this"
    );
    game.expect_still_logging_in(&login);
    browser.go_to_consent(&login.link);
    // On OK's page a reload is free.
    browser.goto(&game.reopen(login.id));
    browser.reload();
    browser.click("#allow");
    browser.expect_page("Done");
    game.expect_logged_in(&login, &[Scope::VALUABLE_ACCESS]);
    let token = game
        .session()
        .expose_secrets()
        .expect("logged in")
        .0
        .expose()
        .to_owned();
    for _ in 0..2 {
        browser.reload();
        browser.expect_page("Already finished");
        browser.expect_location(&login.redirect);
    }
    // OK's page from the history has no more questions, and returns by itself with another token.
    browser.back();
    browser.expect_page("Already finished");
    browser.expect_location(&login.redirect);
    game.expect_logged_in(&login, &[Scope::VALUABLE_ACCESS]);
    assert_eq!(
        game.session()
            .expose_secrets()
            .expect("logged in")
            .0
            .expose(),
        token
    );
    assert_eq!(game.callbacks().completed(), 1);
}

#[test]
fn a_player_without_scripts_reads_advice_and_logs_in_elsewhere() {
    for (language, heading) in [("en", "JavaScript is needed"), ("ru", "Нужен JavaScript")] {
        let accept = format!("--accept-lang={language}");
        let Some(without) = Browser::start_with(&["--blink-settings=scriptEnabled=false", &accept])
        else {
            return;
        };
        let mut game = game();
        let login = game.log_in(RequestLogin::new());
        without.go_to_consent(&login.link);
        without.click("#allow");
        without.expect_page(heading);
        game.expect_still_logging_in(&login);
        let Some(with) = Browser::start() else { return };
        with.goto(&game.reopen(login.id));
        // OK knows what the player has allowed in the first browser.
        with.click("#log-in");
        with.expect_page("Done");
        game.expect_logged_in(&login, &[Scope::VALUABLE_ACCESS]);
    }
}

#[test]
fn a_callback_after_the_game_has_cancelled_changes_nothing() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let mut game = game();
    let login = game.log_in(RequestLogin::new());
    browser.go_to_consent(&login.link);
    game.write(CancelRequest { id: login.id });
    game.expect_not_logged_in(&login, &Outcome::Cancelled(CancelledBy::Game));
    browser.click("#allow");
    browser.expect_page("Already finished");
    browser.expect_location(&login.redirect);
    game.expect_not_logged_in(&login, &Outcome::Cancelled(CancelledBy::Game));
    assert_eq!(game.callbacks().completed(), 0);
}
