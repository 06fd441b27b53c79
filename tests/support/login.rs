//! Logging in with a real browser: a game that nobody is logged in to, and the way through OK's
//! pages.

use std::time::Duration;

use bevy_odnoklassniki::protocol::oauth::Scope;
use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::{CallbackCounters, LoggedIn, SessionChange, prelude::*};

use super::browser::{Browser, TIMEOUT, wait_for};
use super::game::Game;

/// The titles of every page that the listener serves, in English and in Russian.
pub const TITLES: [&str; 2] = [
    "Odnoklassniki: answer for the game",
    "Одноклассники: ответ для игры",
];

/// A game whose player, a person, is not logged in.
pub fn game() -> Game {
    Game::with(Behavior::Ask, |plugin| plugin.without_session())
}

/// A login on its way.
pub struct SignIn {
    pub id: RequestId,
    /// Leads to OK's page, once.
    pub link: String,
    /// Where the answer comes to.
    pub redirect: String,
}

impl Game {
    pub fn log_in(&mut self, request: RequestLogin) -> SignIn {
        let id = request.id();
        self.write(request);
        let link = self.link_of(id);
        let (listener, _) = link.split_once("/go/").expect("a short link");
        let redirect = format!("{listener}/login");
        SignIn { id, link, redirect }
    }

    /// Asks for the page once more, and gives its new link.
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
            Some(opened.link.expose().to_owned()).filter(|link| *link != old)
        })
    }

    pub fn session(&self) -> &OkSession {
        self.app.world().resource()
    }

    /// The rights of the session that is alive, in the order of the alphabet.
    #[track_caller]
    pub fn rights(&self) -> Vec<String> {
        let scopes = self.session().scopes().expect("OK tells the rights");
        let mut names: Vec<_> = scopes
            .iter()
            .map(|scope| scope.as_str().to_owned())
            .collect();
        names.sort();
        names
    }

    /// Every change of the session so far.
    pub fn changes(&self) -> Vec<SessionChange> {
        self.messages
            .session
            .iter()
            .map(|changed| changed.reason.clone())
            .collect()
    }

    pub fn counters(&self) -> &CallbackCounters {
        self.app
            .world()
            .resource::<PendingRequests>()
            .callback_counters()
    }

    /// The result of the only login this game has asked for. The listener reports an answer
    /// before the browser has its page, so nothing is still on its way once the page is there.
    #[track_caller]
    pub fn only_login(&mut self, login: &SignIn) -> Outcome<LoggedIn> {
        self.run_until_settled();
        let [finished] = &self.messages.logins[..] else {
            panic!("not one result: {:?}", self.messages.logins)
        };
        assert_eq!(finished.id, login.id);
        assert!(self.pending().is_empty(), "it has ended");
        finished.outcome.clone()
    }

    /// The token flow is over, and has brought a session with these rights; it was told once.
    #[track_caller]
    pub fn expect_logged_in(&mut self, login: &SignIn, rights: &[Scope]) {
        assert_eq!(
            self.only_login(login),
            Outcome::Completed(LoggedIn::Session)
        );
        assert_eq!(
            self.changes(),
            [SessionChange::LoginStarted, SessionChange::LoggedIn]
        );
        assert_eq!(self.session().status(), SessionStatus::LoggedIn);
        let mut names: Vec<_> = rights
            .iter()
            .map(|right| right.as_str().to_owned())
            .collect();
        names.sort();
        assert_eq!(self.rights(), names);
        let left = self.session().expires_in().expect("OK tells the time");
        let life = Duration::from_secs(if rights.contains(&Scope::LONG_ACCESS_TOKEN) {
            30 * 24 * 3600
        } else {
            1800
        });
        assert!(left <= life && left > life - 2 * TIMEOUT, "{left:?}");
    }

    /// The login has ended in this way, and nobody is logged in; it was told once.
    #[track_caller]
    pub fn expect_not_logged_in(&mut self, login: &SignIn, outcome: &Outcome<LoggedIn>) {
        assert_eq!(&self.only_login(login), outcome);
        assert_eq!(
            self.changes(),
            [SessionChange::LoginStarted, SessionChange::LoginEnded]
        );
        assert_eq!(self.session().status(), SessionStatus::LoggedOut);
    }

    /// Nothing was decided, and nothing told.
    #[track_caller]
    pub fn expect_still_logging_in(&mut self, login: &SignIn) {
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
    /// Follows a link and logs in, as far as the page that asks for the rights.
    pub fn go_to_consent(&self, link: &str) {
        self.goto(link);
        self.click("#log-in");
        self.wait_for_css("#allow");
    }

    /// Waits until the page of the listener says this, and looks at the rest of it. The relay page
    /// has a heading for every case, of which one is shown.
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

    /// The address bar shows exactly this: no token, no state, no `#`.
    #[track_caller]
    pub fn expect_address(&self, address: &str) {
        assert_eq!(self.execute("return location.href"), address);
        assert_eq!(self.url(), address);
    }
}
