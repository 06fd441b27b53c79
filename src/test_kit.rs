//! What a game's own tests need (feature `sandbox`): a headless app whose player does what the test
//! says.
//!
//! Below [`TestKit`] everything is real: the plugin, its listener, sockets, and a sandbox in the
//! test's process. There is no browser and no window, nothing sleeps, and nothing depends on which
//! thread is faster.
//!
//! 1. Make a [`TestKit`] and add the game's plugins or systems to [`TestKit::app`].
//!    [`OdnoklassnikiPlugin`] is in there already; keep it out of the plugin that holds the
//!    gameplay.
//! 2. Behavior the player: [`TestKit::next_invite`], [`next_suggest`](TestKit::next_suggest),
//!    [`next_post`](TestKit::next_post), [`next_login`](TestKit::next_login). A page that nothing
//!    is scripted for stays open.
//! 3. [`TestKit::run_until_settled`], and look at the game's state, at [`TestKit::messages`] (what
//!    the plugin told it) and at [`TestKit::sandbox`] (who got what).
//!
//! Frames run when the plugin has something to tell, and no time passes in between. A game that
//! waits for a time of its own, or acts in `FixedUpdate`, sets Bevy's
//! `TimeUpdateStrategy::ManualDuration` and runs its frames by [`TestKit::update`].
//!
//! In `Cargo.toml`, besides the game's own dependency:
//!
//! ```toml
//! [dev-dependencies]
//! bevy_odnoklassniki = { version = "0.1", features = ["sandbox"] }
//! ```
//!
//! # A whole game and its test
//!
//! Players build a wall. When it is finished, the game offers to invite friends, and rewards the
//! player who does.
//!
//! ```
//! use bevy_app::prelude::*;
//! use bevy_ecs::prelude::*;
//! use bevy_odnoklassniki::prelude::*;
//! use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
//!
//! // The game.
//!
//! #[derive(Resource, Default)]
//! struct Castle {
//!     bricks: u32,
//!     helpers: usize,
//!     sign: String,
//!     invitation: Option<RequestId>,
//! }
//!
//! fn invite_when_the_wall_is_finished(mut castle: ResMut<Castle>, mut invites: MessageWriter<RequestInvite>) {
//!     if castle.bricks < 10 || castle.invitation.is_some() {
//!         return;
//!     }
//!     let request = RequestInvite::new().comment("My wall is finished. Build the tower with me!");
//!     castle.invitation = Some(request.id());
//!     castle.sign = "Look into your browser.".into();
//!     invites.write(request);
//! }
//!
//! fn hear_the_answer(mut castle: ResMut<Castle>, mut finished: MessageReader<InviteFinished>) {
//!     for InviteFinished { id, outcome } in finished.read() {
//!         if castle.invitation != Some(*id) {
//!             continue;
//!         }
//!         castle.sign = match outcome {
//!             Outcome::Completed(invited) => {
//!                 castle.helpers += invited.users.len();
//!                 format!("{} friends are on their way. Thank you!", invited.users.len())
//!             }
//!             Outcome::Cancelled(_) => "Another time, then. Your wall is beautiful.".into(),
//!             Outcome::TimedOut => "No hurry: you can invite friends from the menu.".into(),
//!             Outcome::Failed(error) => error.advice().to_owned(),
//!         };
//!     }
//! }
//!
//! fn gameplay(app: &mut App) {
//!     app.init_resource::<Castle>().add_systems(Update, (hear_the_answer, invite_when_the_wall_is_finished).chain());
//! }
//!
//! // Its tests: in `tests/`, each of these blocks would be a `#[test]`.
//!
//! fn finished_wall() -> TestKit {
//!     let mut kit = TestKit::new();
//!     kit.app.add_plugins(gameplay);
//!     kit.app.world_mut().resource_mut::<Castle>().bricks = 10;
//!     kit
//! }
//!
//! // The player sends the invitation to two friends.
//! let mut kit = finished_wall();
//! let friends = kit.friends(2);
//! kit.next_invite(PlayerAction::AcceptWith(friends.clone()));
//! kit.run_until_settled();
//! let castle = kit.app.world().resource::<Castle>();
//! assert_eq!((castle.helpers, castle.sign.as_str()), (2, "2 friends are on their way. Thank you!"));
//! let letter = &kit.sandbox().inbox(friends[0].get())[0];
//! assert_eq!(letter.comment, "My wall is finished. Build the tower with me!");
//!
//! // He cancels, or does not answer in time: something kind is said, and nobody is asked again.
//! for (action, sign) in [
//!     (PlayerAction::Cancel, "Another time, then. Your wall is beautiful."),
//!     (PlayerAction::TimeOut, "No hurry: you can invite friends from the menu."),
//! ] {
//!     let mut kit = finished_wall();
//!     kit.next_invite(action);
//!     kit.run_until_settled();
//!     let castle = kit.app.world().resource::<Castle>();
//!     assert_eq!((castle.helpers, castle.sign.as_str()), (0, sign));
//!     assert_eq!(kit.messages.finished(), 1);
//! }
//!
//! // He leaves the page open for a while, and then sends the invitation after all.
//! let mut kit = finished_wall();
//! kit.run_until_settled();
//! assert_eq!(kit.app.world().resource::<Castle>().sign, "Look into your browser.");
//! let invitation = kit.pending()[0];
//! kit.act(invitation, PlayerAction::Accept);
//! kit.run_until_settled();
//! assert_eq!(kit.app.world().resource::<Castle>().helpers, 2);
//! assert!(kit.pending().is_empty());
//! ```

mod action;
mod gate;
mod messages;
mod run;

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use bevy_app::App;
use odnoklassniki::UserId;

use self::action::ActionQueue;
pub use self::action::PlayerAction;
use self::gate::OpenerGate;
use self::messages::Cursors;
pub use self::messages::MessageLog;
use crate::{OdnoklassnikiPlugin, OkSandbox, OneTimeLink, PendingRequests, RequestId, RequestKind};

/// How long [`TestKit::run_until`] and [`TestKit::run_until_settled`] wait for something that does
/// not happen: 30 seconds.
///
/// ```
/// assert_eq!(bevy_odnoklassniki::test_kit::TIMEOUT.as_secs(), 30);
/// ```
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// A headless app with the plugin on a sandbox, and a player who does what the test says. See the
/// [module](self) for a whole test.
///
/// The app holds nothing but [`OdnoklassnikiPlugin`]: time, states and whatever else the game needs
/// are the game's to add.
///
/// ```
/// use bevy_odnoklassniki::prelude::*;
/// use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
///
/// let mut kit = TestKit::new();
/// kit.next_post(PlayerAction::Accept);
/// kit.app.world_mut().write_message(RequestPost::new(Attachment::new().text("I have built a castle!")));
/// kit.run_until_settled();
/// assert_eq!(kit.messages.posts[0].outcome.name(), "completed");
/// assert_eq!(kit.sandbox().feed()[0].text, "I have built a castle!");
/// ```
pub struct TestKit {
    /// The game. Run its frames by [`TestKit::update`], not by `App::update`: then the player acts,
    /// too.
    pub app: App,
    /// What the plugin has told it.
    pub messages: MessageLog,
    cursors: Cursors,
    line: ActionQueue,
    /// One for each pending request.
    pages: Vec<Page>,
    gate: OpenerGate,
    woken: Receiver<()>,
    timeout: Duration,
}

/// The page of a pending request, from one opening to the next.
struct Page {
    id: RequestId,
    kind: RequestKind,
    link: OneTimeLink,
    action: PlayerAction,
    stage: Stage,
    /// How often it could not be opened again before.
    not_reopened: usize,
}

#[derive(PartialEq, Eq)]
enum Stage {
    /// Nothing was done yet.
    Waiting,
    /// The listener was told that the deadline has passed.
    Due,
    /// The player has acted; what he saw last.
    Played(String),
}

impl TestKit {
    /// A kit on a sandbox of its own, on a free port.
    ///
    /// # Panics
    ///
    /// When the system gives no port or thread.
    ///
    /// ```
    /// let kit = bevy_odnoklassniki::test_kit::TestKit::new();
    /// assert!(kit.pending().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::with(|plugin| plugin)
    }

    /// A kit whose plugin is set up in another way. A plugin with another opener opens its pages by
    /// that: then [`PlayerAction::CannotOpen`] has no effect.
    ///
    /// # Panics
    ///
    /// When the system gives no port or thread.
    ///
    /// ```
    /// use std::time::Duration;
    /// use bevy_odnoklassniki::test_kit::TestKit;
    ///
    /// let kit = TestKit::with(|plugin| plugin.with_timeout(Duration::from_secs(60)));
    /// # let _ = kit;
    /// ```
    #[must_use]
    pub fn with(configure: impl FnOnce(OdnoklassnikiPlugin) -> OdnoklassnikiPlugin) -> Self {
        let sandbox = OkSandbox::start()
            .unwrap_or_else(|error| panic!("the sandbox cannot be started: {error}"));
        let (gate, (sender, woken)) = (OpenerGate::new(), channel());
        let plugin =
            configure(OdnoklassnikiPlugin::with_sandbox(sandbox).with_opener(gate.opener()));
        let mut app = App::new();
        app.add_plugins(plugin.with_wake(move || _ = sender.send(())));
        Self {
            app,
            messages: MessageLog::default(),
            cursors: Cursors::default(),
            line: ActionQueue::default(),
            pages: Vec::new(),
            gate,
            woken,
            timeout: TIMEOUT,
        }
    }

    /// The stand-in for OK: what was posted, who got which letter, which requests it refused and
    /// why.
    ///
    /// # Panics
    ///
    /// When [`with`](Self::with) made a plugin without a sandbox.
    ///
    /// ```
    /// let kit = bevy_odnoklassniki::test_kit::TestKit::new();
    /// assert!(kit.sandbox().feed().is_empty());
    /// ```
    #[must_use]
    pub fn sandbox(&self) -> &OkSandbox {
        self.app.world().resource()
    }

    /// The first friends of the player, of those who do not play yet and can be invited. There are
    /// eight.
    ///
    /// # Panics
    ///
    /// When there are not so many.
    ///
    /// ```
    /// let kit = bevy_odnoklassniki::test_kit::TestKit::new();
    /// assert_eq!(kit.friends(3).len(), 3);
    /// ```
    #[must_use]
    pub fn friends(&self, count: usize) -> Vec<UserId> {
        let friends = self.sandbox().friends();
        let free: Vec<UserId> = friends
            .iter()
            .filter(|friend| !friend.plays)
            .map(|friend| UserId::new(friend.id))
            .collect();
        assert!(
            count <= free.len(),
            "only {} friends can be invited",
            free.len()
        );
        free.into_iter().take(count).collect()
    }

    /// What the player does with the next invitation that is opened. May be called again for the
    /// one after it.
    ///
    /// Requests count in the order in which they were written. One that opens no page (a bad one, a
    /// double click) takes nothing; one that is opened again takes the next.
    ///
    /// ```
    /// use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
    ///
    /// let mut kit = TestKit::new();
    /// kit.next_invite(PlayerAction::Cancel);
    /// kit.next_invite(PlayerAction::Accept);
    /// assert_eq!(kit.unused(), 2);
    /// ```
    pub fn next_invite(&mut self, action: PlayerAction) {
        self.line.push(RequestKind::Invite, action);
    }

    /// The same for the next recommendation.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
    ///
    /// let mut kit = TestKit::new();
    /// kit.next_suggest(PlayerAction::AcceptWith(kit.friends(3)));
    /// kit.app.world_mut().write_message(RequestSuggest::new());
    /// kit.run_until_settled();
    /// assert_eq!(kit.messages.suggests[0].outcome.completed().unwrap().users, kit.friends(3));
    /// ```
    pub fn next_suggest(&mut self, action: PlayerAction) {
        self.line.push(RequestKind::Suggest, action);
    }

    /// The same for the next post, to the feed or to a group.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
    ///
    /// let mut kit = TestKit::new();
    /// kit.next_post(PlayerAction::NotApproved);
    /// kit.app.world_mut().write_message(RequestPost::new(Attachment::new().text("A castle!")));
    /// kit.run_until_settled();
    /// assert_eq!(kit.messages.posts[0].outcome.error().unwrap().kind(), RequestErrorKind::NotApproved);
    /// ```
    pub fn next_post(&mut self, action: PlayerAction) {
        self.line.push(RequestKind::Post, action);
    }

    /// The same for the next login. The sandbox's player is logged in from the start; for a game
    /// that begins with a login, see [`OdnoklassnikiPlugin::without_session`].
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
    ///
    /// let mut kit = TestKit::with(|plugin| plugin.without_session());
    /// kit.next_login(PlayerAction::Accept);
    /// kit.app.world_mut().write_message(RequestLogin::new());
    /// kit.run_until_settled();
    /// assert!(kit.app.world().resource::<OkSession>().is_logged_in());
    /// ```
    pub fn next_login(&mut self, action: PlayerAction) {
        self.line.push(RequestKind::Login, action);
    }

    /// What the player does with pages that nothing is scripted for. At first that is
    /// [`PlayerAction::DoNothing`].
    ///
    /// ```
    /// use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
    ///
    /// let mut kit = TestKit::new();
    /// kit.set_default_action(PlayerAction::Accept);
    /// ```
    pub fn set_default_action(&mut self, action: PlayerAction) {
        self.line.otherwise = action;
    }

    /// How many scripted actions no page has taken yet. At the end of a test it should be 0.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
    ///
    /// let mut kit = TestKit::new();
    /// kit.next_invite(PlayerAction::Accept);
    /// kit.app.world_mut().write_message(RequestInvite::new());
    /// kit.run_until_settled();
    /// assert_eq!(kit.unused(), 0);
    /// ```
    #[must_use]
    pub fn unused(&self) -> usize {
        self.line.len()
    }

    /// What the player does with a page that is open, or about to be: in the next frame in which it
    /// is open. It replaces what was scripted for it.
    ///
    /// # Panics
    ///
    /// When the request was not pending after the last frame, or for [`PlayerAction::CannotOpen`]:
    /// that is to be scripted before.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
    ///
    /// let mut kit = TestKit::new();
    /// let request = RequestInvite::new();
    /// let id = request.id();
    /// kit.app.world_mut().write_message(request);
    /// kit.run_until_settled();
    /// assert_eq!(kit.pending(), [id]);
    /// kit.act(id, PlayerAction::Cancel);
    /// kit.run_until_settled();
    /// assert_eq!(kit.messages.invites[0].outcome, Outcome::Cancelled(CancelledBy::Player));
    /// ```
    #[track_caller]
    pub fn act(&mut self, id: RequestId, action: PlayerAction) {
        assert!(
            action != PlayerAction::CannotOpen,
            "script `CannotOpen` before the request is written"
        );
        // Not in a closure: the panic is to name the test's line.
        let Some(page) = self.pages.iter_mut().find(|page| page.id == id) else {
            panic!(
                "{id} was not pending after the last frame: it has ended, or was not sent yet (run a frame)"
            );
        };
        page.action = action;
        page.stage = Stage::Waiting;
    }

    /// The requests that were pending after the last frame, oldest first.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::test_kit::TestKit;
    ///
    /// let mut kit = TestKit::new();
    /// let request = RequestInvite::new();
    /// let id = request.id();
    /// kit.app.world_mut().write_message(request);
    /// kit.update();
    /// assert_eq!(kit.pending(), [id]);
    /// ```
    #[must_use]
    pub fn pending(&self) -> Vec<RequestId> {
        let requests = self.app.world().resource::<PendingRequests>();
        requests.iter().map(|request| request.id()).collect()
    }
}

impl Default for TestKit {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
