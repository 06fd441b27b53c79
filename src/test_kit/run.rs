//! Running frames: the player acts, the app updates, and the kit logs the plugin's messages.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use bevy_app::PluginsState;

#[cfg(doc)]
use super::TIMEOUT;
use super::{Page, PlayerAction, Stage, TestKit};
use crate::driver::Runtime;
use crate::{OpenError, PendingRequests};

impl TestKit {
    /// Runs one frame. Before it, the player acts on the pages that were open after the last one.
    ///
    /// Another thread opens a page, which takes any number of frames. To wait for it, use
    /// [`run_until_settled`](Self::run_until_settled) or [`run_until`](Self::run_until).
    ///
    /// # Panics
    ///
    /// Panics if the player cannot do what is scripted; see
    /// [`run_until_settled`](Self::run_until_settled).
    #[track_caller]
    pub fn update(&mut self) {
        self.frame();
    }

    /// Runs frames until everything scripted has happened and the game has reacted:
    ///
    /// - every request whose player acts has ended,
    /// - systems in `Update` have had a frame to read its result, and the plugin has sent what they
    ///   wrote then,
    /// - every other pending request has its page open, or waits for a login that no script does.
    ///
    /// In the last frame nothing happens, and after it a sleeping game sleeps on. The kit does not
    /// wait for actions that no request has taken.
    ///
    /// # Panics
    ///
    /// The text names the request, and
    /// - what the kit waited for, after [`TIMEOUT`];
    /// - why the player could not act: for instance the page has no button to cancel (`nocancel`);
    /// - what the player saw last, if the request goes on although they have acted: for instance
    ///   because the link was used before.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
    ///
    /// let mut kit = TestKit::new();
    /// kit.next_invite(PlayerAction::TimeOut);
    /// kit.app.world_mut().write_message(RequestInvite::new());
    /// kit.run_until_settled();
    /// assert_eq!(kit.messages.invites[0].outcome, Outcome::TimedOut);
    /// ```
    #[track_caller]
    pub fn run_until_settled(&mut self) {
        let end = Instant::now() + self.timeout;
        loop {
            let quiet = self.frame();
            if let Some((page, seen)) = self.pages.iter().find_map(|page| match &page.stage {
                Stage::Played(seen) => Some((page, seen)),
                Stage::Waiting | Stage::Due => None,
            }) {
                panic!(
                    "{page}: the player has acted ({:?}), but the request goes on. They saw: {seen}",
                    page.action
                );
            }
            let awaited: Vec<String> = self
                .pages
                .iter()
                .filter_map(|page| self.awaited(page))
                .collect();
            if !awaited.is_empty() {
                self.sleep_until(end, &awaited.join("; "));
            } else if quiet && !self.was_woken() {
                return;
            } else {
                assert!(
                    Instant::now() < end,
                    "timed out while waiting for a frame in which nothing happens"
                );
            }
        }
    }

    /// Runs frames, each when the plugin wakes the app, until `done` returns something.
    ///
    /// # Panics
    ///
    /// Panics after [`TIMEOUT`], naming `what`; and like [`update`](Self::update).
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::test_kit::TestKit;
    ///
    /// let mut kit = TestKit::new();
    /// kit.app.world_mut().write_message(RequestInvite::new());
    /// let opened = kit.run_until("the page", |kit| kit.messages.opened.first().cloned());
    /// assert!(opened.link.unwrap().expose().starts_with("http://127.0.0.1:"));
    /// ```
    #[track_caller]
    pub fn run_until<T>(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> Option<T>) -> T {
        let end = Instant::now() + self.timeout;
        loop {
            self.frame();
            if let Some(found) = done(self) {
                return found;
            }
            self.sleep_until(end, what);
        }
    }

    /// Returns whether the plugin has requested a frame since the last call of this or
    /// [`wait_for_wake`](Self::wait_for_wake). A game whose window sleeps runs its next frame only
    /// then.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::test_kit::TestKit;
    ///
    /// let mut kit = TestKit::new();
    /// kit.update();
    /// assert!(!kit.was_woken());
    /// kit.app.world_mut().write_message(RequestInvite::new().target(["no id"]));
    /// kit.update();
    /// assert!(kit.was_woken(), "there is a result to be read");
    /// ```
    #[must_use]
    pub fn was_woken(&self) -> bool {
        self.woken.try_iter().count() > 0
    }

    /// Sleeps until the plugin requests a frame. Returns `false` if it does not within `timeout`.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::test_kit::{TIMEOUT, TestKit};
    ///
    /// let mut kit = TestKit::new();
    /// kit.app.world_mut().write_message(RequestInvite::new());
    /// kit.update();
    /// assert!(kit.wait_for_wake(TIMEOUT), "the page was opened");
    /// ```
    #[must_use]
    pub fn wait_for_wake(&self, timeout: Duration) -> bool {
        self.woken.recv_timeout(timeout).is_ok()
    }

    /// Sleeps until the plugin requests a frame, as a reactive app does, unless the player is about
    /// to act.
    #[track_caller]
    fn sleep_until(&self, end: Instant, what: &str) {
        let left = end.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "timed out while waiting for {what}");
        if !self.pages.iter().any(|page| self.can_act(page)) {
            _ = self.woken.recv_timeout(left);
        }
    }

    /// Runs a frame. Returns whether nothing happened in it.
    #[track_caller]
    fn frame(&mut self) -> bool {
        self.finish_plugins();
        let before = self.messages.len();
        let acted = self.let_players_act();
        self.app.update();
        self.cursors.read(&self.app, &mut self.messages);
        self.look_for_pages();
        !acted && self.messages.len() == before
    }

    /// Finishes the plugins, in the first frame: the game adds its plugins before.
    fn finish_plugins(&mut self) {
        let end = Instant::now() + self.timeout;
        loop {
            match self.app.plugins_state() {
                PluginsState::Adding => {
                    assert!(
                        Instant::now() < end,
                        "timed out while waiting for the game's plugins to be ready"
                    );
                    thread::yield_now();
                }
                PluginsState::Ready => self.app.finish(),
                PluginsState::Finished => self.app.cleanup(),
                PluginsState::Cleaned => return,
            }
        }
    }

    /// Adds the pages that are about to open, in the order of their requests.
    fn look_for_pages(&mut self) {
        let requests = self.app.world().resource::<PendingRequests>();
        self.pages.retain(|page| {
            requests
                .get(page.id)
                .is_some_and(|request| request.link() == Some(&page.link))
        });
        for request in requests.iter() {
            let id = request.id();
            // The page of a page host is the test's own.
            let Some(link) = request.link() else { continue };
            if self.pages.iter().any(|page| page.id == id) {
                continue;
            }
            let action = self.actions.take(request.kind());
            let opens = match action {
                PlayerAction::CannotOpen => Err(OpenError::new("the test lets no page appear")),
                _ => Ok(()),
            };
            self.gate.decide(link, opens);
            self.pages.push(Page {
                id,
                kind: request.kind(),
                link: link.clone(),
                action,
                stage: Stage::Waiting,
                not_reopened: self.messages.cannot_reopen(id),
            });
        }
    }

    /// Lets the player act on the open pages. Returns whether they did.
    #[track_caller]
    fn let_players_act(&mut self) -> bool {
        let mut acted = false;
        for index in 0..self.pages.len() {
            if !self.can_act(&self.pages[index]) {
                continue;
            }
            acted = true;
            let page = &self.pages[index];
            let stage = match page.action.player() {
                None => {
                    self.app.world().resource::<Runtime>().pass_timeout(page.id);
                    Stage::Due
                }
                // The listener sends a callback on before the browser gets its page, so the result
                // is in the channel when this returns.
                Some(player) => match player.play(page.link.expose()) {
                    Ok(played) => Stage::Played(format!("{} {:?}", played.status, played.title)),
                    Err(error) => {
                        panic!("{page}: the player cannot act ({:?}): {error}", page.action)
                    }
                },
            };
            self.pages[index].stage = stage;
        }
        acted
    }

    fn can_act(&self, page: &Page) -> bool {
        let acts = !matches!(
            page.action,
            PlayerAction::DoNothing | PlayerAction::CannotOpen
        );
        acts && page.stage == Stage::Waiting && self.is_open(page)
    }

    fn is_open(&self, page: &Page) -> bool {
        self.messages
            .opened
            .iter()
            .any(|opened| opened.id == page.id && opened.link.as_ref() == Some(&page.link))
    }

    fn waits_for_login(&self, page: &Page) -> bool {
        let requests = self.app.world().resource::<PendingRequests>();
        requests
            .get(page.id)
            .is_some_and(|request| request.is_waiting_for_login())
    }

    /// Returns in words what the kit still waits for.
    fn awaited(&self, page: &Page) -> Option<String> {
        let what = match page.action {
            PlayerAction::CannotOpen
                if self.messages.cannot_reopen(page.id) > page.not_reopened =>
            {
                return None;
            }
            PlayerAction::CannotOpen => "its opener to fail",
            // The login comes first, and has its own page.
            _ if self.waits_for_login(page) => return None,
            _ if !self.is_open(page) => "its page to be opened",
            PlayerAction::DoNothing => return None,
            PlayerAction::TimeOut => "its timeout to pass",
            _ => "the player to act",
        };
        Some(format!("{page}: {what}"))
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.id, self.kind.name())
    }
}
