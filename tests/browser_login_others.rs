//! Several logins at a time in a real Chromium, and callbacks that come to the wrong one.
#![cfg(all(target_os = "linux", feature = "browser"))]

use std::net::TcpListener;

use bevy_odnoklassniki::{LoggedIn, RefusedCallback, prelude::*};
use test_support::browser::{Browser, wait_for};
use test_support::game::Game;
use test_support::login::game;

/// Returns the state, which a hostile page would have to know for a callback. It is in the URL of
/// OK's page.
fn state_in(url: &str) -> String {
    let state = url
        .split_once("&state=")
        .and_then(|(_, rest)| rest.get(..32))
        .expect("OK's page names the state");
    assert!(
        state.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{state}"
    );
    state.to_owned()
}

#[test]
fn two_games_at_once_get_a_callback_each() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let (mut first, mut second) = (game(), game());
    let scopes = [
        [Scope::VALUABLE_ACCESS, Scope::GROUP_CONTENT],
        [Scope::VALUABLE_ACCESS, Scope::LONG_ACCESS_TOKEN],
    ];
    let one = first.log_in(RequestLogin::new().scopes(scopes[0].clone()));
    let two = second.log_in(RequestLogin::new().scopes(scopes[1].clone()));
    assert_ne!(one.redirect, two.redirect);
    // The pages of the two tabs are opened, filled in and sent by turns.
    let tab_of_one = browser.tab();
    browser.goto(&one.link);
    let tab_of_two = browser.new_tab();
    browser.goto(&two.link);
    for tab in [&tab_of_one, &tab_of_two] {
        browser.switch_to(tab);
        browser.click("#log-in");
        browser.wait_for_css("#allow");
    }
    browser.click("#allow");
    browser.expect_page("Done");
    browser.expect_location(&two.redirect);
    second.expect_logged_in(&two, &scopes[1]);
    first.expect_still_logging_in(&one);
    browser.switch_to(&tab_of_one);
    browser.click("#allow");
    browser.expect_page("Done");
    browser.expect_location(&one.redirect);
    first.expect_logged_in(&one, &scopes[0]);
    second.expect_logged_in(&two, &scopes[1]);
}

/// Plays an attacker who brings their own account into another player's game.
#[test]
fn a_callback_that_comes_to_another_game_is_refused() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let (mut first, mut second) = (game(), game());
    let one = first.log_in(RequestLogin::new());
    let two = second.log_in(RequestLogin::code());
    browser.goto(&two.link);
    let of_two = state_in(&browser.url());
    browser.goto(&one.link);
    let of_one = state_in(&browser.url());
    browser.click("#log-in");
    browser.wait_for_css("#allow");
    let consent = browser.tab();
    browser.new_tab();

    let grant =
        "access_token=t&session_secret_key=0123456789abcdef0123456789abcdef&expires_in=1800";
    for url in [
        format!("{}?code=c&state={of_two}", one.redirect),
        format!("{}?code=c&state={of_one}", two.redirect),
        // The right state in one place does not help a wrong one in the other.
        format!("{}?state={of_one}#{grant}&state=wrong", one.redirect),
    ] {
        // A URL that differs only behind the `#` from the previous page would not be loaded.
        browser.goto("about:blank");
        browser.goto(&url);
        browser.expect_page("Nothing here");
        assert!(
            !browser.url().contains('#'),
            "wiped, although no request has accepted it: {}",
            browser.url()
        );
    }
    for game in [&first, &second] {
        assert_eq!(game.callbacks().completed(), 0);
    }
    first.expect_still_logging_in(&one);
    second.expect_still_logging_in(&two);
    let strangers = |game: &Game| {
        game.messages
            .notices
            .iter()
            .filter(|notice| notice.kind == NoticeKind::UnexpectedCallback)
            .count()
    };
    assert_eq!(
        (strangers(&first), strangers(&second)),
        (1, 1),
        "one for each request, however often"
    );

    browser.switch_to(&consent);
    browser.click("#allow");
    browser.expect_page("Done");
    first.expect_logged_in(&one, &[Scope::VALUABLE_ACCESS]);
    second.expect_still_logging_in(&two);
}

/// Its port is registered, so it is the same after a restart, and a tab of the previous run returns
/// to it. Only the script sees the state, so the script must learn that no request has it.
#[test]
fn a_callback_to_a_restarted_game_is_refused() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let sandbox = OkSandbox::start().expect("a sandbox");
    let plugin = || {
        OdnoklassnikiPlugin::with_sandbox(sandbox.clone())
            .without_session()
            .with_opener(|_: &OneTimeLink| Ok(()))
    };
    let mut before = Game::from_plugin(plugin());
    let old = before.log_in(RequestLogin::new());
    browser.go_to_consent(&old.link);
    drop(before);
    let (host, _) = test_support::http::split(&old.redirect);
    wait_for(|| TcpListener::bind(host).ok()).expect("the port is free again");
    let mut game = Game::from_plugin(plugin().with_redirect_uris([&old.redirect]));
    let login = game.log_in(RequestLogin::new());
    assert_eq!(login.redirect, old.redirect);
    browser.click("#allow");
    browser.expect_page("Nothing here");
    browser.expect_location(&login.redirect);
    game.expect_still_logging_in(&login);
    assert_eq!(
        game.callbacks().refused(RefusedCallback::Unknown),
        1,
        "it was not tried again and again"
    );
    browser.goto(&login.link);
    browser.expect_page("Done");
    game.expect_logged_in(&login, &[Scope::VALUABLE_ACCESS]);
}

#[test]
fn several_tabs_of_one_login_bring_one_session() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let mut game = game();
    let login = game.log_in(RequestLogin::new());
    browser.goto(&login.link);
    let page_of_ok = browser.url();
    browser.click("#log-in");
    browser.wait_for_css("#allow");
    let old = browser.tab();
    let duplicate = browser.new_tab();
    browser.goto(&page_of_ok);
    browser.wait_for_css("#deny");
    browser.new_tab();
    browser.goto(&game.reopen(login.id));
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
    // Neither a second grant nor a late denial counts.
    for (tab, button) in [(old, "#allow"), (duplicate, "#deny")] {
        browser.switch_to(&tab);
        browser.click(button);
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
    }
}

/// OK names no login when it does not know the application. The player reads that it did not work,
/// and the game goes on.
#[test]
fn an_error_that_names_no_login_is_shown_and_ends_nothing() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let mut game = game();
    let login = game.log_in(RequestLogin::new());
    browser.goto(&login.link);
    let state = state_in(&browser.url());
    for (came, heading) in [
        ("?error=invalid_client", "Login did not work"),
        (
            "#error=invalid_client&error_description=Unknown+client",
            "Login did not work",
        ),
        ("?utm=1#terror=1", "No answer in the address"),
    ] {
        browser.goto("about:blank");
        browser.goto(&format!("{}{came}", login.redirect));
        browser.expect_page(heading);
        browser.expect_location(&login.redirect);
        game.expect_still_logging_in(&login);
    }
    assert_eq!(
        game.callbacks().refused(RefusedCallback::NoState),
        1,
        "what is behind the `#` stays in the browser"
    );
    // A complete callback behind the `#` counts, whatever is in the query.
    let grant =
        "access_token=t&session_secret_key=0123456789abcdef0123456789abcdef&expires_in=1800";
    browser.goto("about:blank");
    browser.goto(&format!(
        "{}?error=invalid_client#{grant}&state={state}",
        login.redirect
    ));
    browser.expect_page("Done");
    browser.expect_location(&login.redirect);
    assert_eq!(
        game.only_login(&login),
        Outcome::Completed(LoggedIn::Session)
    );
}
