//! Tests of a game (feature `sandbox`): a headless app whose player does what the test scripts.
//!
//! Behind [`TestKit`] everything is real: the plugin, its listener, sockets, and a sandbox in the
//! test's process. There is no browser and no window. Nothing sleeps, and nothing depends on the
//! speed of threads.
//!
//! 1. Make a [`TestKit`] and add the game's plugins or systems to [`TestKit::app`]. The app has
//!    [`OdnoklassnikiPlugin`] already; keep it out of the plugin that holds the gameplay.
//! 2. Script the player: [`TestKit::next_invite`], [`next_suggest`](TestKit::next_suggest),
//!    [`next_post`](TestKit::next_post), [`next_login`](TestKit::next_login). If the game writes
//!    several requests of a kind, they take the scripted actions in order. A page without a script
//!    stays open.
//! 3. Call [`TestKit::run_until_settled`]. Then check the game's state, [`TestKit::messages`] (the
//!    plugin's messages) and [`TestKit::sandbox`] (what was posted and sent).
//!
//! The kit runs a frame when the plugin requests one, and no time passes in between. A game that
//! uses timers or `FixedUpdate` sets Bevy's `TimeUpdateStrategy::ManualDuration` and runs its
//! frames with [`TestKit::update`].
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
//! fn invite_when_the_wall_is_finished(
//!     mut castle: ResMut<Castle>,
//!     mut invites: MessageWriter<RequestInvite>,
//! ) {
//!     if castle.bricks < 10 || castle.invitation.is_some() {
//!         return;
//!     }
//!     let request = RequestInvite::new().comment("My wall is finished. Build the tower with me!");
//!     castle.invitation = Some(request.id());
//!     castle.sign = "Look into your browser.".into();
//!     invites.write(request);
//! }
//!
//! fn read_the_result(mut castle: ResMut<Castle>, mut finished: MessageReader<InviteFinished>) {
//!     for InviteFinished { id, outcome, .. } in finished.read() {
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
//!     app.init_resource::<Castle>();
//!     app.add_systems(Update, (read_the_result, invite_when_the_wall_is_finished).chain());
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
//! assert_eq!(castle.helpers, 2);
//! assert_eq!(castle.sign, "2 friends are on their way. Thank you!");
//! let invitation = &kit.sandbox().inbox(friends[0].get())[0];
//! assert_eq!(invitation.comment, "My wall is finished. Build the tower with me!");
//!
//! // The player cancels, or lets the time pass: the game is kind, and does not ask again.
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
//! // The player leaves the page open for a while, and then sends the invitation after all.
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
use crate::request::kinds;
use crate::{OdnoklassnikiPlugin, OkSandbox, OneTimeLink, PendingRequests, RequestId, RequestKind};

/// How long [`TestKit::run_until`] and [`TestKit::run_until_settled`] wait before they panic: 30
/// seconds.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// A headless app with the plugin on a sandbox, and a player who does what the test scripts. See
/// the [module](self) for a whole test.
///
/// The app has no plugin but [`OdnoklassnikiPlugin`]: the game adds time, states and whatever else
/// it needs.
///
/// ```
/// use bevy_odnoklassniki::prelude::*;
/// use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
///
/// let mut kit = TestKit::new();
/// kit.next_post(PlayerAction::Accept);
/// let post = RequestPost::new(Attachment::new().text("I have built a castle!"));
/// kit.app.world_mut().write_message(post);
/// kit.run_until_settled();
/// assert_eq!(kit.messages.posts[0].outcome.name(), "completed");
/// assert_eq!(kit.sandbox().feed()[0].text, "I have built a castle!");
/// ```
///
/// The sandbox's player is logged in from the start. A game that starts with a login takes
/// [`OdnoklassnikiPlugin::without_session`]:
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
pub struct TestKit {
    /// The game's app. Run its frames with [`TestKit::update`], not with `App::update`, so that the
    /// player acts.
    pub app: App,
    /// The plugin's messages so far.
    pub messages: MessageLog,
    cursors: Cursors,
    actions: ActionQueue,
    /// A page for each pending request.
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
    /// How many notices there were that it could not be reopened.
    not_reopened: usize,
}

#[derive(PartialEq, Eq)]
enum Stage {
    /// The player has not acted yet.
    Waiting,
    /// The timeout has passed for the listener.
    Due,
    /// The player has acted, and saw this page last.
    Played(String),
}

impl TestKit {
    /// Creates a kit with a sandbox on a free port.
    ///
    /// # Panics
    ///
    /// Panics if the system has no port or thread left.
    #[must_use]
    pub fn new() -> Self {
        Self::with(|plugin| plugin)
    }

    /// Creates a kit with another setup of the plugin. With another opener,
    /// [`PlayerAction::CannotOpen`] has no effect.
    ///
    /// # Panics
    ///
    /// Panics if the system has no port or thread left.
    ///
    /// ```
    /// use std::time::Duration;
    /// use bevy_odnoklassniki::test_kit::TestKit;
    /// TestKit::with(|plugin| plugin.with_timeout(Duration::from_secs(60)));
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
            actions: ActionQueue::default(),
            pages: Vec::new(),
            gate,
            woken,
            timeout: TIMEOUT,
        }
    }

    /// Returns the stand-in for OK: it lists posts, invitations, and refused requests with the
    /// reason.
    ///
    /// # Panics
    ///
    /// Panics if [`with`](Self::with) made a plugin without a sandbox.
    #[must_use]
    pub fn sandbox(&self) -> &OkSandbox {
        self.app.world().resource()
    }

    /// Returns the first friends of the player whom they can invite: those who do not play yet.
    /// There are eight.
    ///
    /// # Panics
    ///
    /// Panics if there are fewer than `count`.
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

    /// Sets what the player does with pages without a script. The default is
    /// [`PlayerAction::DoNothing`].
    pub fn set_default_action(&mut self, action: PlayerAction) {
        self.actions.otherwise = action;
    }

    /// Returns how many scripted actions no page has taken yet. A test should end with 0.
    ///
    /// ```
    /// use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
    ///
    /// let mut kit = TestKit::new();
    /// kit.next_invite(PlayerAction::Cancel);
    /// kit.next_invite(PlayerAction::Accept);
    /// assert_eq!(kit.unused(), 2);
    /// ```
    #[must_use]
    pub fn unused(&self) -> usize {
        self.actions.len()
    }

    /// Sets what the player does with the page of a pending request, in the next frame in which the
    /// page is open. It replaces the scripted action.
    ///
    /// # Panics
    ///
    /// Panics if the request was not pending after the last frame. Panics for
    /// [`PlayerAction::CannotOpen`], which must be scripted before.
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
        // Not in a closure, so that the panic names the test's line.
        let Some(page) = self.pages.iter_mut().find(|page| page.id == id) else {
            panic!(
                "{id} was not pending after the last frame: it has ended, or was not sent yet (run a frame)"
            );
        };
        page.action = action;
        page.stage = Stage::Waiting;
    }

    /// Returns the requests that were pending after the last frame, oldest first.
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

macro_rules! scripts {
    ($($module:ident: $kind:ident($request:ident => $finished:ident) [$results:ident, $next:ident],)+) => {
        /// What the player does next, by kind of request. A second call of a method is for the
        /// page after the first one.
        ///
        /// Requests take actions in the order in which the game writes them. A request that opens
        /// no page (an invalid one, a double click) takes no action. A page that is opened again
        /// takes the next one.
        impl TestKit {
            $(
                #[doc = concat!("Scripts what the player does with the next page of a [`", stringify!($request), "`](crate::", stringify!($request), ").")]
                pub fn $next(&mut self, action: PlayerAction) {
                    self.actions.push(RequestKind::$kind, action);
                }
            )+
        }
    };
}
kinds!(scripts);

impl Default for TestKit {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
