//! [`OkSandbox`]: a sandbox inside the game's process (feature `sandbox`).

use std::io;
use std::ops::Deref;
use std::sync::Arc;

use bevy_ecs::resource::Resource;
use odnoklassniki::{AccessToken, FieldError, Hosts, SessionSecretKey};
pub use odnoklassniki_sandbox::{FeedPost, Friend, Kind, Letter, Player, Sandbox, Script, SeenRequest};

use crate::credentials::AppCredentials;

/// The sandbox that stands in for OK, as a resource. It stops with the app.
///
/// It derefs to [`Sandbox`]: ask it what was posted, or tell it how to misbehave.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::OkSandbox;
/// use bevy_odnoklassniki::sandbox::Script;
///
/// fn let_the_next_player_cancel(sandbox: Res<OkSandbox>) {
///     sandbox.set_script(Script::Cancel);
/// }
/// # bevy_ecs::system::assert_is_system(let_the_next_player_cancel);
/// ```
#[derive(Resource, Clone)]
pub struct OkSandbox(Arc<Sandbox>);

impl OkSandbox {
    /// Starts a sandbox on a free port of this machine.
    ///
    /// # Errors
    ///
    /// When no port or thread is to be had.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = bevy_odnoklassniki::OkSandbox::start()?;
    /// assert!(sandbox.feed().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn start() -> io::Result<Self> {
        Sandbox::start().map(Self::from)
    }

    /// Credentials of the sandbox's first application, signed in as its default player.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = bevy_odnoklassniki::OkSandbox::start()?;
    /// assert!(sandbox.credentials().check().is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn credentials(&self) -> AppCredentials {
        let (app, session) = (self.0.app(), self.0.session());
        AppCredentials::new(app.id.to_string(), app.public_key.as_str()).with_session(
            AccessToken::new(session.access_token.as_str()),
            SessionSecretKey::new(session.session_secret_key.as_str()),
        )
    }

    pub(crate) fn hosts(&self) -> Result<Hosts, FieldError> {
        Hosts::sandbox(self.0.url())
    }
}

impl From<Sandbox> for OkSandbox {
    fn from(sandbox: Sandbox) -> Self {
        Self(Arc::new(sandbox))
    }
}

impl Deref for OkSandbox {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.0
    }
}
