//! A headless game on a sandbox of its own, driven frame by frame.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use bevy_app::App;
use bevy_ecs::message::{Message, MessageCursor, Messages};
use bevy_odnoklassniki::sandbox::{Player, Sandbox, Script};
use bevy_odnoklassniki::{OdnoklassnikiPlugin, OkSandbox, RequestId, prelude::*};

/// Far more than anything here takes; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// An app with the plugin, and everything it has said so far.
pub struct Game {
    pub app: App,
    pub heard: Heard,
    woken: Receiver<()>,
    opened: MessageCursor<RequestOpened>,
    notices: MessageCursor<RequestNotice>,
    posts: MessageCursor<PostFinished>,
    invites: MessageCursor<InviteFinished>,
    suggests: MessageCursor<SuggestFinished>,
}

/// The messages of the plugin, in order of arrival.
#[derive(Default)]
pub struct Heard {
    pub opened: Vec<RequestOpened>,
    pub notices: Vec<RequestNotice>,
    pub posts: Vec<PostFinished>,
    pub invites: Vec<InviteFinished>,
    pub suggests: Vec<SuggestFinished>,
}

impl Heard {
    /// How many results there are, of all kinds.
    pub fn finished(&self) -> usize {
        self.posts.len() + self.invites.len() + self.suggests.len()
    }
}

impl Game {
    /// A game whose pages nobody opens: the test follows the links itself.
    pub fn on_sandbox(script: Script) -> Self {
        Self::with(script, |plugin| plugin.with_opener(|_: &ShortLink| Ok::<(), OpenError>(())))
    }

    /// A game whose player acts on each page at once.
    pub fn with_player(script: Script, player: fn() -> Player) -> Self {
        Self::with(script, |plugin| {
            plugin.with_opener(move |link: &ShortLink| {
                player().play(link.expose()).map(drop).map_err(|error| OpenError::new(error.to_string()))
            })
        })
    }

    pub fn with(script: Script, configure: impl FnOnce(OdnoklassnikiPlugin) -> OdnoklassnikiPlugin) -> Self {
        let sandbox = Sandbox::builder().script(script).start().expect("a sandbox on a free port");
        Self::from_plugin(configure(OdnoklassnikiPlugin::on_sandbox(sandbox.into())))
    }

    pub fn from_plugin(plugin: OdnoklassnikiPlugin) -> Self {
        let (sender, woken) = channel();
        let mut app = App::new();
        app.add_plugins(plugin.with_wake(move || _ = sender.send(())));
        app.finish();
        app.cleanup();
        Self {
            app,
            heard: Heard::default(),
            woken,
            opened: MessageCursor::default(),
            notices: MessageCursor::default(),
            posts: MessageCursor::default(),
            invites: MessageCursor::default(),
            suggests: MessageCursor::default(),
        }
    }

    /// The sandbox behind the game.
    pub fn sandbox(&self) -> OkSandbox {
        self.app.world().resource::<OkSandbox>().clone()
    }

    /// Writes a message, as a system of the game would.
    pub fn write<M: Message>(&mut self, message: M) {
        self.app.world_mut().write_message(message);
    }

    /// Whether the plugin has asked for a frame since the last time this was asked or waited for.
    pub fn was_woken(&self) -> bool {
        self.woken.try_recv().is_ok()
    }

    /// Sleeps until the plugin asks for a frame; `false` if it does not in this time.
    pub fn wait_for_wake(&self, patience: Duration) -> bool {
        self.woken.recv_timeout(patience).is_ok()
    }

    /// Runs one frame.
    pub fn frame(&mut self) {
        self.app.update();
        let world = self.app.world();
        self.heard.opened.extend(self.opened.read(world.resource::<Messages<_>>()).cloned());
        self.heard.notices.extend(self.notices.read(world.resource::<Messages<_>>()).copied());
        self.heard.posts.extend(self.posts.read(world.resource::<Messages<_>>()).cloned());
        self.heard.invites.extend(self.invites.read(world.resource::<Messages<_>>()).cloned());
        self.heard.suggests.extend(self.suggests.read(world.resource::<Messages<_>>()).cloned());
    }

    /// Runs frames, each when the plugin wakes the app, until `done` finds what it looks for.
    pub fn until<T>(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            self.frame();
            if let Some(found) = done(self) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited in vain for {what}");
            // A reactive app: nothing but the plugin's wake runs the next frame.
            _ = self.woken.recv_timeout(left);
        }
    }

    /// The link of a request, once its page was opened.
    pub fn link_of(&mut self, id: RequestId) -> String {
        self.until("the page to be opened", |game| {
            let opened = game.heard.opened.iter().rev().find(|opened| opened.id == id)?;
            Some(opened.link.expose().to_owned())
        })
    }

    /// Writes an invitation and waits for its result.
    pub fn invite(&mut self, request: RequestInvite) -> Outcome<bevy_odnoklassniki::Invited> {
        let id = request.id();
        self.write(request);
        self.invite_outcome(id)
    }

    pub fn invite_outcome(&mut self, id: RequestId) -> Outcome<bevy_odnoklassniki::Invited> {
        self.until("the invitation's result", |game| {
            Some(game.heard.invites.iter().find(|finished| finished.id == id)?.outcome.clone())
        })
    }

    /// Writes a recommendation and waits for its result.
    pub fn suggest(&mut self, request: RequestSuggest) -> Outcome<bevy_odnoklassniki::Suggested> {
        let id = request.id();
        self.write(request);
        self.until("the recommendation's result", |game| {
            Some(game.heard.suggests.iter().find(|finished| finished.id == id)?.outcome.clone())
        })
    }

    /// Writes a post and waits for its result.
    pub fn post(&mut self, request: RequestPost) -> Outcome<bevy_odnoklassniki::Posted> {
        let id = request.id();
        self.write(request);
        self.until("the post's result", |game| {
            Some(game.heard.posts.iter().find(|finished| finished.id == id)?.outcome.clone())
        })
    }
}
