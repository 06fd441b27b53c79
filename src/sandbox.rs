//! [`OkSandbox`]: a sandbox inside the game's process (feature `sandbox`).

use std::io;
use std::ops::Deref;
use std::sync::Arc;

use bevy_ecs::resource::Resource;
use odnoklassniki::{AccessToken, FieldError, Hosts, SessionSecretKey, UserId};
pub use odnoklassniki_sandbox::{
    Application, Behavior, FeedPost, Friend, Invitation, MessageForm, PageKind, PageSettings,
    Player, Sandbox, SeenRequest,
};

use crate::credentials::AppCredentials;
use crate::plugin::OdnoklassnikiPlugin;
use crate::session::SessionData;

/// The redirect URI of the sandbox's application: any loopback port.
const REDIRECT_URI: &str = "http://127.0.0.1:0/login";

impl OdnoklassnikiPlugin {
    /// Creates a plugin with a sandbox: a local stand-in for OK that needs no account and no
    /// network.
    ///
    /// The sandbox's player is logged in from the start; [`without_session`](Self::without_session)
    /// starts without a session. The login works, too: the sandbox accepts any port in the redirect
    /// URI.
    ///
    /// The sandbox is the resource [`OkSandbox`]. If it cannot start, each request fails with the
    /// reason.
    ///
    /// ```
    /// use bevy_app::prelude::*;
    /// use bevy_odnoklassniki::prelude::*;
    ///
    /// let mut app = App::new();
    /// app.add_plugins(OdnoklassnikiPlugin::sandbox());
    /// assert!(app.world().resource::<OkSandbox>().url().starts_with("http://127.0.0.1:"));
    /// ```
    #[must_use]
    pub fn sandbox() -> Self {
        match OkSandbox::start() {
            Ok(sandbox) => Self::with_sandbox(sandbox),
            Err(error) => {
                let text = format!("the sandbox cannot be started: {error}");
                Self::new(AppCredentials::new("", ""))
                    .with(|setup| setup.config.setup_error = Some(text))
            }
        }
    }

    /// Creates a plugin with a sandbox that already runs, for instance with a
    /// [`Behavior`].
    ///
    /// ```
    /// use bevy_app::prelude::*;
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::sandbox::{Sandbox, Behavior};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = Sandbox::builder().behavior(Behavior::Cancel).start()?;
    /// App::new().add_plugins(OdnoklassnikiPlugin::with_sandbox(sandbox.into()));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_sandbox(sandbox: OkSandbox) -> Self {
        Self::new(sandbox.credentials())
            .with_session(sandbox.session_data())
            .with(|setup| {
                setup
                    .config
                    .set_redirect_uris(std::iter::once(REDIRECT_URI.to_owned()));
                match sandbox.hosts() {
                    Ok(hosts) => setup.config.hosts = hosts,
                    Err(error) => setup.config.setup_error = Some(error.to_string()),
                }
                setup.insert.push(Box::new(move |app| {
                    app.insert_resource(sandbox);
                }));
            })
    }
}

/// The sandbox that stands in for OK, as a resource. It stops when the app exits.
///
/// It derefs to [`Sandbox`], which lists what was posted and can misbehave on request.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::OkSandbox;
/// use bevy_odnoklassniki::sandbox::Behavior;
///
/// fn let_the_next_player_cancel(sandbox: Res<OkSandbox>) {
///     sandbox.set_behavior(Behavior::Cancel);
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
    /// Returns an error if the system has no port or thread left.
    pub fn start() -> io::Result<Self> {
        Sandbox::start().map(Self::from)
    }

    /// Returns the credentials of the sandbox's first application.
    #[must_use]
    pub fn credentials(&self) -> AppCredentials {
        let app = self.0.app();
        AppCredentials::new(app.id.to_string(), app.public_key.as_str())
    }

    /// Returns a session of the sandbox's player, for the same application. It does not expire.
    #[must_use]
    pub fn session_data(&self) -> SessionData {
        let session = self.0.session();
        let token = AccessToken::new(session.access_token.as_str());
        let key = SessionSecretKey::new(session.session_secret_key.as_str());
        SessionData::new(token, key).user_id(UserId::new(session.user_id))
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
