//! [`OdnoklassnikiPlugin`]: settings and wiring, nothing else.

use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use bevy_app::{App, Plugin, PostUpdate, PreUpdate};
use bevy_ecs::schedule::{IntoScheduleConfigs, SystemSet};
use odnoklassniki::Hosts;

use crate::capabilities::OkCapabilities;
use crate::credentials::AppCredentials;
use crate::opener::{self, Opener};
use crate::request::{self, DEFAULT_DEADLINE, Desk, PendingRequests};
use crate::settings::Settings;
use crate::wake::Wake;
use crate::{
    CancelRequest, InviteFinished, PostFinished, ReopenRequest, RequestInvite, RequestNotice, RequestOpened,
    RequestPost, RequestSuggest, SuggestFinished,
};

/// Adds Odnoklassniki to a Bevy app.
///
/// | setting | default |
/// | --- | --- |
/// | [`with_opener`](Self::with_opener) | the system's browser (feature `browser`) |
/// | [`with_deadline`](Self::with_deadline) | 10 minutes |
/// | [`with_hosts`](Self::with_hosts) | OK's own, `https://connect.ok.ru` and so on |
/// | [`with_wake`](Self::with_wake) | winit's (feature `winit`), else none |
///
/// Nothing can go wrong while it is added: wrong credentials make each request fail with a clear
/// [`OkError`](crate::OkError). Until the first request there is no thread and no socket.
///
/// ```
/// use bevy_app::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// App::new().add_plugins(OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA")));
/// ```
pub struct OdnoklassnikiPlugin(Mutex<Option<Setup>>);

/// What goes into the app. It is taken out of the plugin, which lives as long as the app: a session that the game
/// replaces is then really gone.
struct Setup {
    credentials: AppCredentials,
    settings: Settings,
    #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
    sandbox: Option<crate::OkSandbox>,
}

/// The plugin's two system sets.
///
/// A game's systems in `Update` see a result in the frame in which it comes in, and a request they write leaves in the
/// same frame. Only systems in `PreUpdate` or `PostUpdate` themselves need to order against these.
///
/// ```
/// use bevy_app::prelude::*;
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::OkSystems;
///
/// fn early() {}
/// App::new().add_systems(PreUpdate, early.after(OkSystems::Receive));
/// ```
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OkSystems {
    /// In `PreUpdate`: takes in what has happened since the last frame and writes the result messages.
    Receive,
    /// In `PostUpdate`: reads the request messages, signs, and has the pages opened. Writes the results of requests that
    /// end at once, because they cannot be sent or the game cancels them, and of answers that came in during the frame; these
    /// are read in the next frame.
    Send,
}

impl OdnoklassnikiPlugin {
    /// A plugin for this application.
    #[must_use]
    pub fn new(credentials: AppCredentials) -> Self {
        let settings = Settings {
            opener: opener::default_opener(),
            deadline: DEFAULT_DEADLINE,
            hosts: Hosts::default(),
            wake: None,
            setup_error: None,
        };
        Self(Mutex::new(Some(Setup {
            credentials,
            settings,
            #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
            sandbox: None,
        })))
    }

    /// A plugin on a sandbox of its own: a local stand-in for OK that needs no account and no network.
    ///
    /// The sandbox is the resource [`OkSandbox`](crate::OkSandbox). If it cannot be started, each request fails with
    /// the reason.
    ///
    /// ```
    /// use bevy_app::prelude::*;
    /// use bevy_odnoklassniki::prelude::*;
    ///
    /// let mut app = App::new();
    /// app.add_plugins(OdnoklassnikiPlugin::sandbox());
    /// assert!(app.world().resource::<OkSandbox>().url().starts_with("http://127.0.0.1:"));
    /// ```
    #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
    #[must_use]
    pub fn sandbox() -> Self {
        match crate::OkSandbox::start() {
            Ok(sandbox) => Self::on_sandbox(sandbox),
            Err(error) => {
                let text = format!("the sandbox cannot be started: {error}");
                Self::new(AppCredentials::new("", "")).with(|setup| setup.settings.setup_error = Some(text))
            }
        }
    }

    /// A plugin on a sandbox that was started before, for instance with a [`Script`](crate::sandbox::Script).
    ///
    /// ```
    /// use bevy_app::prelude::*;
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::sandbox::{Sandbox, Script};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = Sandbox::builder().script(Script::Cancel).start()?;
    /// App::new().add_plugins(OdnoklassnikiPlugin::on_sandbox(sandbox.into()));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
    #[must_use]
    pub fn on_sandbox(sandbox: crate::OkSandbox) -> Self {
        Self::new(sandbox.credentials()).with(|setup| {
            match sandbox.hosts() {
                Ok(hosts) => setup.settings.hosts = hosts,
                Err(error) => setup.settings.setup_error = Some(error.to_string()),
            }
            setup.sandbox = Some(sandbox);
        })
    }

    /// Opens pages in another way than the system's browser; see [`Opener`].
    #[must_use]
    pub fn with_opener(self, opener: impl Opener) -> Self {
        self.with(|setup| setup.settings.opener = Arc::new(opener))
    }

    /// The deadline of requests that name none, from 5 seconds to 60 minutes.
    ///
    /// Outside that range such requests fail with [`InvalidRequest`](crate::OkErrorKind::InvalidRequest).
    ///
    /// ```
    /// # use bevy_odnoklassniki::{AppCredentials, OdnoklassnikiPlugin};
    /// # use std::time::Duration;
    /// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
    ///     .with_deadline(Duration::from_secs(120));
    /// # let _ = plugin;
    /// ```
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        self.with(|setup| setup.settings.deadline = deadline)
    }

    /// Sends requests to other addresses than OK's usual ones, such as a sandbox that runs by itself.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    ///
    /// # fn main() -> Result<(), bevy_odnoklassniki::protocol::FieldError> {
    /// // As `cargo run -p odnoklassniki_sandbox` prints them.
    /// let credentials = AppCredentials::new("512000000001", "CDEMOSANDBOXPUBLICKEY")
    ///     .with_session(AccessToken::new("access token"), SessionSecretKey::new("session secret"));
    /// let plugin = OdnoklassnikiPlugin::new(credentials).with_hosts(Hosts::sandbox("http://127.0.0.1:7780")?);
    /// # let _ = plugin;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_hosts(self, hosts: Hosts) -> Self {
        self.with(|setup| setup.settings.hosts = hosts)
    }

    /// Calls `wake`, mostly from another thread, whenever a result waits for the next frame. It must not block.
    ///
    /// Games with winit windows switch on the feature `winit` instead. Games with an event loop of their own that
    /// sleeps between inputs need this, or results come when something else wakes them.
    ///
    /// ```
    /// # use bevy_odnoklassniki::{AppCredentials, OdnoklassnikiPlugin};
    /// let (sender, loop_of_the_game) = std::sync::mpsc::channel();
    /// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
    ///     .with_wake(move || _ = sender.send(()));
    /// # let _ = (plugin, loop_of_the_game);
    /// ```
    #[must_use]
    pub fn with_wake(self, wake: impl Fn() + Send + Sync + 'static) -> Self {
        self.with(|setup| setup.settings.wake = Some(Wake::new(wake)))
    }

    fn with(mut self, change: impl FnOnce(&mut Setup)) -> Self {
        if let Some(setup) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner) {
            change(setup);
        }
        self
    }
}

impl Plugin for OdnoklassnikiPlugin {
    fn build(&self, app: &mut App) {
        let Some(setup) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        if let Err(error) = setup.credentials.check() {
            log::warn!("{error}: {}", error.advice());
        }
        #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
        if let Some(sandbox) = setup.sandbox {
            app.insert_resource(sandbox);
        }
        app.insert_resource(setup.credentials)
            .insert_resource(Desk::new(setup.settings))
            .insert_resource(PendingRequests::new())
            .init_resource::<OkCapabilities>()
            .add_message::<RequestPost>()
            .add_message::<RequestInvite>()
            .add_message::<RequestSuggest>()
            .add_message::<CancelRequest>()
            .add_message::<ReopenRequest>()
            .add_message::<RequestOpened>()
            .add_message::<RequestNotice>()
            .add_message::<PostFinished>()
            .add_message::<InviteFinished>()
            .add_message::<SuggestFinished>()
            .add_systems(PreUpdate, request::receive.in_set(OkSystems::Receive))
            .add_systems(PostUpdate, request::send.in_set(OkSystems::Send));
    }

    /// The event loop's proxy exists only once every plugin is built.
    #[cfg(feature = "winit")]
    fn finish(&self, app: &mut App) {
        let Some(wake) = crate::wake::of_winit(app) else {
            return;
        };
        if let Some(mut desk) = app.world_mut().get_resource_mut::<Desk>() {
            desk.settings.wake.get_or_insert(wake);
        }
    }
}
