//! Logging in with a real browser: a game without a session, and the way through OK's pages.

use std::time::Duration;

use bevy_odnoklassniki::protocol::oauth::Scope;
use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::{LoggedIn, SessionChange, prelude::*};

use crate::browser::{Browser, TIMEOUT, wait_for};
use crate::game::Game;

/// The titles of every page that the listener serves, in English and in Russian.
pub const TITLES: [&str; 2] = [
    "Odnoklassniki: answer for the game",
    "Одноклассники: ответ для игры",
];

/// Returns a game whose player, a person, is not logged in.
pub fn game() -> Game {
    Game::with(Behavior::Ask, |plugin| plugin.without_session())
}

/// A login that has not ended.
pub struct PendingLogin {
    /// The id of the request.
    pub id: RequestId,
    /// The one-time link to OK's page.
    pub link: String,
    /// The redirect URI.
    pub redirect: String,
}

impl Game {
    /// Writes a login request and waits for its page.
    pub fn log_in(&mut self, request: RequestLogin) -> PendingLogin {
        let id = request.id();
        self.write(request);
        let link = self.link_of(id);
        let (listener, _) = link.split_once("/go/").expect("a one-time link");
        let redirect = format!("{listener}/login");
        PendingLogin { id, link, redirect }
    }

    /// Asks for the page once more, and returns its new link.
    pub fn reopen(&mut self, id: RequestId) -> String {
        let old = self.link_of(id);
        self.write(ReopenRequest { id });
        self.run_until("the page to be opened again", |kit| {
            let opened = kit
                .messages
                .opened
                .iter()
                .rev()
                .find(|opened| opened.id == id)?;
            Some(opened.link.as_ref()?.expose().to_owned()).filter(|link| *link != old)
        })
    }

    /// Returns the session.
    pub fn session(&self) -> &OkSession {
        self.app.world().resource()
    }

    /// Returns the scopes of the session, sorted.
    #[track_caller]
    pub fn scopes(&self) -> Vec<String> {
        let scopes = self.session().scopes().expect("OK sends the scopes");
        let mut names: Vec<_> = scopes
            .iter()
            .map(|scope| scope.as_str().to_owned())
            .collect();
        names.sort();
        names
    }

    /// Returns every change of the session so far.
    pub fn changes(&self) -> Vec<SessionChange> {
        self.messages
            .session
            .iter()
            .map(|changed| changed.reason.clone())
            .collect()
    }

    /// Returns the result of the only login of this game. The listener sends a callback on before
    /// the browser has its page, so nothing more arrives once the page is there.
    #[track_caller]
    pub fn only_login(&mut self, login: &PendingLogin) -> Outcome<LoggedIn> {
        self.run_until_settled();
        let [finished] = &self.messages.logins[..] else {
            panic!("not one result: {:?}", self.messages.logins)
        };
        assert_eq!(finished.id, login.id);
        assert!(self.pending().is_empty(), "it has ended");
        finished.outcome.clone()
    }

    /// Asserts that the token flow has ended with one result and a session with these scopes.
    #[track_caller]
    pub fn expect_logged_in(&mut self, login: &PendingLogin, scopes: &[Scope]) {
        assert_eq!(
            self.only_login(login),
            Outcome::Completed(LoggedIn::Session)
        );
        assert_eq!(
            self.changes(),
            [SessionChange::LoginStarted, SessionChange::LoggedIn]
        );
        assert_eq!(self.session().status(), SessionStatus::LoggedIn);
        let mut names: Vec<_> = scopes
            .iter()
            .map(|scope| scope.as_str().to_owned())
            .collect();
        names.sort();
        assert_eq!(self.scopes(), names);
        let left = self.session().expires_in().expect("OK sends the time");
        let life = Duration::from_secs(if scopes.contains(&Scope::LONG_ACCESS_TOKEN) {
            30 * 24 * 3600
        } else {
            1800
        });
        assert!(left <= life && left > life - 2 * TIMEOUT, "{left:?}");
    }

    /// Asserts that the login has ended with this one result, and that no session is there.
    #[track_caller]
    pub fn expect_not_logged_in(&mut self, login: &PendingLogin, outcome: &Outcome<LoggedIn>) {
        assert_eq!(&self.only_login(login), outcome);
        assert_eq!(
            self.changes(),
            [SessionChange::LoginStarted, SessionChange::LoginEnded]
        );
        assert_eq!(self.session().status(), SessionStatus::LoggedOut);
    }

    /// Asserts that the login is still pending.
    #[track_caller]
    pub fn expect_still_logging_in(&mut self, login: &PendingLogin) {
        self.run_until_settled();
        assert!(
            self.messages.logins.is_empty(),
            "{:?}",
            self.messages.logins
        );
        assert_eq!(self.pending(), [login.id]);
        assert_eq!(self.session().status(), SessionStatus::LoggingIn);
        assert_eq!(self.changes(), [SessionChange::LoginStarted]);
    }
}

impl Browser {
    /// Follows a link and logs in, up to the page that asks for the scopes.
    pub fn go_to_consent(&self, link: &str) {
        self.goto(link);
        self.click("#log-in");
        self.wait_for_css("#allow");
    }

    /// Waits until the page of the listener has this heading, and checks the rest of it. The relay
    /// page has a heading for every case, of which one is shown.
    #[track_caller]
    pub fn expect_page(&self, heading: &str) {
        let shown = "return [...document.querySelectorAll('h1')].filter(h1 => h1.offsetParent).map(h1 => h1.innerText)";
        let found =
            wait_for(|| (self.execute(shown) == serde_json::json!([heading])).then_some(()));
        if found.is_none() {
            panic!(
                "{} says {}, not {heading:?}, after {TIMEOUT:?}",
                self.url(),
                self.execute(shown)
            );
        }
        let russian = !heading.is_ascii();
        assert_eq!(
            self.execute("return document.documentElement.lang"),
            if russian { "ru" } else { "en" }
        );
        assert_eq!(self.title(), TITLES[usize::from(russian)]);
    }

    /// Asserts that the address bar shows exactly this: no token, no state, no `#`.
    #[track_caller]
    pub fn expect_location(&self, url: &str) {
        assert_eq!(self.execute("return location.href"), url);
        assert_eq!(self.url(), url);
    }
}
