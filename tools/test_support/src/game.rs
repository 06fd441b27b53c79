//! The test kit, with what the plugin's own tests need besides: requests of all kinds from outside
//! of systems, and links.

use std::ops::{Deref, DerefMut};

use bevy_ecs::message::Message;
use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
use bevy_odnoklassniki::{Invited, OdnoklassnikiPlugin, Posted, RequestId, Suggested, prelude::*};

/// A kit whose sandbox has a script.
pub struct Game(TestKit);

impl Deref for Game {
    type Target = TestKit;

    fn deref(&self) -> &TestKit {
        &self.0
    }
}

impl DerefMut for Game {
    fn deref_mut(&mut self) -> &mut TestKit {
        &mut self.0
    }
}

impl Game {
    /// Returns a game whose opener opens nothing: the test follows the links itself.
    pub fn with_sandbox(script: Behavior) -> Self {
        Self::with(script, |plugin| plugin)
    }

    /// Returns a game whose player does this with each page.
    pub fn with_player(script: Behavior, action: PlayerAction) -> Self {
        let mut game = Self::with_sandbox(script);
        game.set_default_action(action);
        game
    }

    /// Returns a game whose plugin is configured by the test.
    pub fn with(
        script: Behavior,
        configure: impl FnOnce(OdnoklassnikiPlugin) -> OdnoklassnikiPlugin,
    ) -> Self {
        let kit = TestKit::with(configure);
        kit.sandbox().set_behavior(script);
        Self(kit)
    }

    /// Returns a game with this plugin.
    pub fn from_plugin(plugin: OdnoklassnikiPlugin) -> Self {
        Self(TestKit::with(|_| plugin))
    }

    /// Writes a message, as a system of the game would.
    pub fn write<M: Message>(&mut self, message: M) {
        self.app.world_mut().write_message(message);
    }

    /// Waits for the page of a request and returns its one-time link.
    pub fn link_of(&mut self, id: RequestId) -> String {
        self.run_until("the page to be opened", |kit| {
            let opened = kit
                .messages
                .opened
                .iter()
                .rev()
                .find(|opened| opened.id == id)?;
            Some(opened.link.as_ref()?.expose().to_owned())
        })
    }

    /// Writes an invitation and waits for its result.
    pub fn invite(&mut self, request: RequestInvite) -> Outcome<Invited> {
        let id = request.id();
        self.write(request);
        self.invite_outcome(id)
    }

    /// Waits for the result of an invitation.
    pub fn invite_outcome(&mut self, id: RequestId) -> Outcome<Invited> {
        self.run_until("the invitation's result", |kit| {
            Some(
                kit.messages
                    .invites
                    .iter()
                    .find(|finished| finished.id == id)?
                    .outcome
                    .clone(),
            )
        })
    }

    /// Writes a recommendation and waits for its result.
    pub fn suggest(&mut self, request: RequestSuggest) -> Outcome<Suggested> {
        let id = request.id();
        self.write(request);
        self.run_until("the recommendation's result", |kit| {
            Some(
                kit.messages
                    .suggests
                    .iter()
                    .find(|finished| finished.id == id)?
                    .outcome
                    .clone(),
            )
        })
    }

    /// Writes a post and waits for its result.
    pub fn post(&mut self, request: RequestPost) -> Outcome<Posted> {
        let id = request.id();
        self.write(request);
        self.run_until("the post's result", |kit| {
            Some(
                kit.messages
                    .posts
                    .iter()
                    .find(|finished| finished.id == id)?
                    .outcome
                    .clone(),
            )
        })
    }
}
