//! Whole flows against the sandbox in a real Chromium and a real Firefox: each gives exactly one
//! result, the right one.
#![cfg(all(target_os = "linux", feature = "browser"))]

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_odnoklassniki::sandbox::{Behavior, PageKind};
use bevy_odnoklassniki::{RefusedCallback, RequestErrorKind, prelude::*};
use test_support::browser::{Brand, Browser, in_each_browser, wait_for};
use test_support::game::Game;
use test_support::login::game;
use test_support::reliability::{measured, scale};
use test_support::site::serve;

/// Plays a flow to its end in a new tab, and checks the result.
type Flow = fn(&Browser);

const FLOWS: [(&str, Flow); 10] = [
    ("query", query),
    ("fragment", fragment),
    ("error fragment", error_fragment),
    ("reload", reload),
    ("back", back),
    ("two tabs", two_tabs),
    ("no JavaScript", no_javascript),
    ("no JavaScript at first", no_javascript_at_first),
    ("prefetch", prefetch),
    ("tab closed, opened again", tab_closed),
];

in_each_browser!(every_flow_gives_one_right_result);

fn every_flow_gives_one_right_result(brand: Brand) {
    let Some(browser) = Browser::start_in(brand) else {
        return;
    };
    let rounds = scale(1, 20);
    for round in 0..rounds {
        for (name, flow) in FLOWS {
            // A tab that has no history, as a page that a game opens.
            let first = browser.tab();
            let tab = browser.new_tab();
            browser.switch_to(&first);
            browser.close_tab();
            browser.switch_to(&tab);
            let right = catch_unwind(AssertUnwindSafe(|| flow(&browser)));
            assert!(right.is_ok(), "{brand:?}, round {round}: {name}");
        }
    }
    let flows = rounds * FLOWS.len();
    measured(22, format!("{brand:?} {flows} of {flows}"));
}

/// A widget whose request is pending.
struct Invitation {
    game: Game,
    id: RequestId,
    link: String,
}

impl Invitation {
    fn send() -> Self {
        let mut game = Game::with_sandbox(Behavior::Ask);
        let request = RequestInvite::new().autosel(2);
        let id = request.id();
        game.write(request);
        let link = game.link_of(id);
        Self { game, id, link }
    }

    /// Asserts that nothing was decided.
    #[track_caller]
    fn expect_pending(&mut self) {
        self.game.run_until_settled();
        assert_eq!(
            (self.game.messages.finished(), self.game.pending()),
            (0, vec![self.id])
        );
    }

    /// Asserts that it has one result: the two friends whom OK's page suggests.
    #[track_caller]
    fn expect_completed(&mut self) {
        let expected = self.game.friends(2);
        let outcome = self.game.invite_outcome(self.id);
        self.game.run_until_settled();
        let Outcome::Completed(invited) = outcome else {
            panic!("not completed: {outcome:?}")
        };
        assert_eq!(invited.users, expected);
        assert_eq!(
            (
                self.game.messages.finished(),
                self.game.callbacks().completed()
            ),
            (1, 1)
        );
        assert!(self.game.pending().is_empty());
    }
}

fn query(browser: &Browser) {
    let mut invitation = Invitation::send();
    browser.goto(&invitation.link);
    browser.click("#publish");
    browser.expect_page("Done");
    invitation.expect_completed();
}

fn fragment(browser: &Browser) {
    let mut game = game();
    let login = game.log_in(RequestLogin::new());
    browser.go_to_consent(&login.link);
    browser.click("#allow");
    browser.expect_page("Done");
    browser.expect_location(&login.redirect);
    game.expect_logged_in(&login, &[Scope::VALUABLE_ACCESS]);
}

/// OK sends errors in the fragment, even where it would send a result in the query.
fn error_fragment(browser: &Browser) {
    let mut game = game();
    game.sandbox().queue_behavior(
        PageKind::Login,
        Behavior::OAuthError("server_error".to_owned()),
    );
    let login = game.log_in(RequestLogin::code());
    browser.goto(&login.link);
    browser.expect_page("Odnoklassniki refused");
    browser.expect_location(&login.redirect);
    let outcome = game.only_login(&login);
    assert_eq!(
        outcome.error().map(RequestError::kind),
        Some(RequestErrorKind::Refused)
    );
    game.expect_not_logged_in(&login, &outcome);
}

fn reload(browser: &Browser) {
    let mut invitation = Invitation::send();
    browser.goto(&invitation.link);
    // On OK's page it is free.
    browser.reload();
    browser.click("#publish");
    browser.expect_page("Done");
    invitation.expect_completed();
    browser.reload();
    browser.expect_page("Already finished");
    invitation.expect_completed();
}

fn back(browser: &Browser) {
    let mut invitation = Invitation::send();
    browser.goto(&invitation.link);
    browser.click("#publish");
    browser.expect_page("Done");
    invitation.expect_completed();
    browser.back();
    browser.click("#publish");
    browser.expect_page("Already finished");
    invitation.expect_completed();
}

fn two_tabs(browser: &Browser) {
    let mut invitation = Invitation::send();
    browser.goto(&invitation.link);
    browser.wait_for_css("#publish");
    let (first, page_of_ok) = (browser.tab(), browser.url());
    let second = browser.new_tab();
    browser.goto(&invitation.link);
    browser.expect_page("Start again from the game");
    browser.goto(&page_of_ok);
    browser.click("#publish");
    browser.expect_page("Done");
    invitation.expect_completed();
    // The player cancels too late in the other tab.
    browser.switch_to(&first);
    browser.click("#cancel");
    browser.expect_page("Already finished");
    invitation.expect_completed();
    browser.close_tab();
    browser.switch_to(&second);
}

fn no_javascript(browser: &Browser) {
    let mut invitation = Invitation::send();
    browser.allow_scripts(false);
    browser.goto(&invitation.link);
    browser.click("#publish");
    browser.expect_page("Done");
    browser.allow_scripts(true);
    invitation.expect_completed();
}

/// A callback that only a script can see waits until the player has switched scripts on, as the
/// page advises.
fn no_javascript_at_first(browser: &Browser) {
    let mut game = game();
    let login = game.log_in(RequestLogin::new());
    browser.go_to_consent(&login.link);
    browser.allow_scripts(false);
    browser.click("#allow");
    browser.expect_page("JavaScript is needed");
    game.expect_still_logging_in(&login);
    browser.allow_scripts(true);
    browser.reload();
    browser.expect_page("Done");
    browser.expect_location(&login.redirect);
    game.expect_logged_in(&login, &[Scope::VALUABLE_ACCESS]);
}

/// A page lets the browser prefetch the link, with the header that says so. That does not use the
/// link up.
fn prefetch(browser: &Browser) {
    let mut invitation = Invitation::send();
    let page = format!(
        r#"<!doctype html><title>Ahead</title><link rel="prefetch" href="{}">"#,
        invitation.link
    );
    browser.goto(&format!("http://127.0.0.1:{}/", serve(page)));
    let refused = || {
        invitation
            .game
            .callbacks()
            .refused(RefusedCallback::Prefetch)
    };
    assert!(
        wait_for(|| (refused() == 1).then_some(())).is_some(),
        "{} prefetches",
        refused()
    );
    invitation.expect_pending();
    browser.goto(&invitation.link);
    browser.click("#publish");
    browser.expect_page("Done");
    invitation.expect_completed();
}

fn tab_closed(browser: &Browser) {
    let mut invitation = Invitation::send();
    let kept = browser.tab();
    browser.new_tab();
    browser.goto(&invitation.link);
    browser.wait_for_css("#publish");
    browser.close_tab();
    browser.switch_to(&kept);
    invitation.expect_pending();
    browser.goto(&invitation.game.reopen(invitation.id));
    browser.click("#publish");
    browser.expect_page("Done");
    invitation.expect_completed();
}
