//! [`OdnoklassnikiPlugin`]: settings and wiring, nothing else.

use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use bevy_app::{App, Plugin, PostUpdate, PreUpdate};
use bevy_ecs::schedule::{ApplyDeferred, IntoScheduleConfigs, SystemSet};
use odnoklassniki::Hosts;

use crate::config::{Config, Setup};
use crate::credentials::AppCredentials;
use crate::driver::{self, Runtime};
use crate::opener::Opener;
use crate::request::PendingRequests;
use crate::request::RequestLogin;
use crate::session::{OkSession, SessionData, SessionStore};
use crate::wake::AppWaker;

/// Adds Odnoklassniki to a Bevy app.
///
/// | setting | default |
/// | --- | --- |
/// | [`with_opener`](Self::with_opener) | the system's browser (feature `browser`) |
/// | [`with_timeout`](Self::with_timeout) | 10 minutes |
/// | [`with_hosts`](Self::with_hosts) | OK's own, `https://connect.ok.ru` and so on |
/// | [`with_redirect_uris`](Self::with_redirect_uris) | none: login fails as not configured |
/// | [`with_session`](Self::with_session) | none: nobody is logged in at first |
/// | [`with_session_store`](Self::with_session_store) | none: a session ends with the game |
/// | [`with_automatic_login`](Self::with_automatic_login) | none: requests without a session fail as `NotLoggedIn` |
/// | [`with_signing_timeout`](Self::with_signing_timeout) | 15 seconds |
/// | [`with_wake`](Self::with_wake) | winit's (feature `winit`), else none |
///
/// Nothing can go wrong while it is added: wrong credentials make each request fail with a clear
/// [`RequestError`](crate::RequestError). Until the first request there is no thread and no socket.
///
/// ```
/// use bevy_app::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// App::new().add_plugins(OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA")));
/// ```
pub struct OdnoklassnikiPlugin(Mutex<Option<Setup>>);

/// The plugin's two system sets.
///
/// A game's systems in `Update` see a result in the frame in which it comes in, and a request they
/// write leaves in the same frame. Only systems in `PreUpdate` or `PostUpdate` themselves need to
/// order against these. Those of `bevy_egui` run in `PostUpdate`: without the crate
/// `bevy_odnoklassniki_panel`, which does so, a game adds `configure_sets(PostUpdate,
/// EguiPostUpdateSet::EndPass.before(OkSystems::Send))`.
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
    /// In `PreUpdate`: takes in what has happened since the last frame and writes the result
    /// messages.
    Receive,
    /// In `PostUpdate`: reads the request messages, signs, and has the pages opened. Writes the
    /// results of requests that end at once, because they cannot be sent or the game cancels them,
    /// and of answers that came in during the frame; these are read in the next frame.
    Send,
}

impl OdnoklassnikiPlugin {
    /// A plugin for this application.
    #[must_use]
    pub fn new(credentials: AppCredentials) -> Self {
        Self(Mutex::new(Some(Setup {
            credentials,
            config: Config::default(),
            session: None,
            insert: Vec::new(),
        })))
    }

    /// Other credentials in place of those that [`new`](Self::new) or `sandbox` began with: for a
    /// game that lets its backend sign on a sandbox, too.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::protocol::{Signer, SigningError, SigningRequest};
    ///
    /// # #[cfg(feature = "sandbox")]
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = OkSandbox::start()?;
    /// let backend = Signer::backend(|_: &SigningRequest<'_>| Err(SigningError::NotLoggedIn));
    /// let credentials = sandbox.credentials().with_signer(backend);
    /// let plugin = OdnoklassnikiPlugin::with_sandbox(sandbox).with_credentials(credentials);
    /// # let _ = plugin;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sandbox"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn with_credentials(self, credentials: AppCredentials) -> Self {
        self.with(|setup| setup.credentials = credentials)
    }

    /// Begins without the session that `sandbox` or [`with_session`](Self::with_session) has given.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// # #[cfg(feature = "sandbox")]
    /// let plugin = OdnoklassnikiPlugin::sandbox().without_session();
    /// # #[cfg(feature = "sandbox")]
    /// # let _ = plugin;
    /// ```
    #[must_use]
    pub fn without_session(self) -> Self {
        self.with(|setup| setup.session = None)
    }

    /// Begins with a session that the game has from elsewhere; the player need not log in. It goes
    /// into no store, and a stored one is not restored.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    ///
    /// let session = SessionData::new(AccessToken::new("the player's token"), SessionSecretKey::new("its secret key"));
    /// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA")).with_session(session);
    /// # let _ = plugin;
    /// ```
    #[must_use]
    pub fn with_session(self, session: SessionData) -> Self {
        self.with(|setup| setup.session = Some(session))
    }

    /// The redirect addresses of the login, as they are registered in the application's settings
    /// on OK, character by character: `http://127.0.0.1:<port>/<path>` (or `localhost`, or
    /// `[::1]`).
    ///
    /// They are tried in this order, and the first whose port is free is bound while a login is
    /// pending, and a little longer. Register more than one: if all are busy a login fails with
    /// [`PortUnavailable`](crate::RequestErrorKind::PortUnavailable). With an address of another
    /// form, or a port that browsers block, it fails with
    /// [`InvalidRequest`](crate::RequestErrorKind::InvalidRequest). The port 0 takes any free one,
    /// which only the sandbox accepts. Web builds do not use them.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    ///
    /// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
    ///     .with_redirect_uris(["http://127.0.0.1:17811/login", "http://127.0.0.1:38411/login"]);
    /// # let _ = plugin;
    /// ```
    #[must_use]
    pub fn with_redirect_uris<U: Into<String>>(self, uris: impl IntoIterator<Item = U>) -> Self {
        let uris = uris.into_iter().map(Into::into);
        self.with(|setup| {
            setup.config.set_redirect_uris(uris);
        })
    }

    /// Keeps the session in a store, and restores it at the next start:
    /// [`SessionChange::Restored`](crate::SessionChange::Restored), or
    /// [`NothingStored`](crate::SessionChange::NothingStored). Requests that are made before that
    /// wait for it. Web builds have no store yet.
    ///
    /// ```
    /// use bevy_odnoklassniki::{AppCredentials, MemoryStore, OdnoklassnikiPlugin};
    ///
    /// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
    ///     .with_session_store(MemoryStore::new());
    /// # let _ = plugin;
    /// ```
    #[must_use]
    pub fn with_session_store(self, store: impl SessionStore) -> Self {
        self.with(|setup| setup.config.store = Some(Arc::new(store)))
    }

    /// Requests that are made while nobody is logged in, or after the session has expired, wait for
    /// a login that they start themselves: one for all of them. Without this they fail with
    /// [`NotLoggedIn`](crate::RequestErrorKind::NotLoggedIn). So they do where
    /// [`AppCredentials`](AppCredentials::with_signer) has a signer of its own.
    ///
    /// The login is a request of the plugin's own, which `login` makes; its result is a
    /// [`LoginFinished`](crate::LoginFinished) like any other. If it is cancelled, times out or
    /// fails, so do the requests that wait. The time the player takes for it counts for their
    /// deadlines, too.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    ///
    /// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
    ///     .with_redirect_uris(["http://127.0.0.1:17811/login"])
    ///     .with_automatic_login(|| RequestLogin::new().scopes([Scope::VALUABLE_ACCESS]));
    /// # let _ = plugin;
    /// ```
    #[must_use]
    pub fn with_automatic_login(
        self,
        login: impl Fn() -> RequestLogin + Send + Sync + 'static,
    ) -> Self {
        self.with(|setup| setup.config.automatic_login = Some(Arc::new(login)))
    }

    /// How long the game's backend may take to sign a request
    /// ([`Signer::backend`](crate::protocol::Signer::backend)); then the request fails with
    /// [`Network`](crate::RequestErrorKind::Network). 15 seconds if not set.
    ///
    /// ```
    /// # use bevy_odnoklassniki::{AppCredentials, OdnoklassnikiPlugin};
    /// # use std::time::Duration;
    /// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
    ///     .with_signing_timeout(Duration::from_secs(5));
    /// # let _ = plugin;
    /// ```
    #[must_use]
    pub fn with_signing_timeout(self, timeout: Duration) -> Self {
        self.with(|setup| setup.config.signing_timeout = timeout)
    }

    /// Opens pages in another way than the system's browser; see [`Opener`].
    #[must_use]
    pub fn with_opener(self, opener: impl Opener) -> Self {
        self.with(|setup| setup.config.opener = Arc::new(opener))
    }

    /// The deadline of requests that name none, from 5 seconds to 60 minutes.
    ///
    /// Outside that range such requests fail with
    /// [`InvalidRequest`](crate::RequestErrorKind::InvalidRequest).
    ///
    /// ```
    /// # use bevy_odnoklassniki::{AppCredentials, OdnoklassnikiPlugin};
    /// # use std::time::Duration;
    /// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
    ///     .with_timeout(Duration::from_secs(120));
    /// # let _ = plugin;
    /// ```
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.with(|setup| setup.config.timeout = timeout)
    }

    /// Sends requests to other addresses than OK's usual ones, such as a sandbox that runs by
    /// itself.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    ///
    /// # fn main() -> Result<(), bevy_odnoklassniki::protocol::FieldError> {
    /// // As `cargo run -p odnoklassniki_sandbox` prints them.
    /// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000000001", "CDEMOSANDBOXPUBLICKEY"))
    ///     .with_session(SessionData::new(AccessToken::new("access token"), SessionSecretKey::new("session secret")))
    ///     .with_hosts(Hosts::sandbox("http://127.0.0.1:7780")?);
    /// # let _ = plugin;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_hosts(self, hosts: Hosts) -> Self {
        self.with(|setup| setup.config.hosts = hosts)
    }

    /// Calls `wake`, mostly from another thread, whenever a result waits for the next frame. It
    /// must not block.
    ///
    /// Games with winit windows switch on the feature `winit` instead. Games with an event loop of
    /// their own that sleeps between inputs need this, or results come when something else wakes
    /// them.
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
        self.with(|setup| setup.config.wake = Some(AppWaker::new(wake)))
    }

    /// Changes what goes into the app.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Setup)) -> Self {
        if let Some(setup) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner) {
            change(setup);
        }
        self
    }
}

impl Plugin for OdnoklassnikiPlugin {
    fn build(&self, app: &mut App) {
        let Some(setup) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        if let Err(error) = setup.credentials.validate() {
            log::warn!("{error}: {}", error.advice());
        }
        for insert in setup.insert {
            insert(app);
        }
        if let Some(waker) = &setup.config.wake {
            app.insert_resource(waker.clone());
        }
        let session = setup.session.map_or_else(OkSession::new, OkSession::with);
        let runtime = Runtime::new(setup.config);
        driver::add_messages(app);
        app.insert_resource(setup.credentials)
            .insert_resource(runtime.config.capabilities)
            .insert_resource(session)
            .insert_resource(PendingRequests::new(Arc::clone(&runtime.counters)))
            .insert_resource(runtime)
            // `ApplyDeferred` counts as a conflict with every system; it touches nothing of these.
            .add_systems(
                PreUpdate,
                driver::receive
                    .in_set(OkSystems::Receive)
                    .run_if(driver::may_receive)
                    .ambiguous_with(ApplyDeferred),
            )
            .add_systems(
                PostUpdate,
                driver::send
                    .in_set(OkSystems::Send)
                    .run_if(driver::may_send)
                    .ambiguous_with(ApplyDeferred),
            );
    }

    /// The event loop's proxy exists only once every plugin is built.
    #[cfg(feature = "winit")]
    fn finish(&self, app: &mut App) {
        let Some(wake) = crate::wake::of_winit(app) else {
            return;
        };
        if let Some(mut runtime) = app.world_mut().get_resource_mut::<Runtime>() {
            let waker = runtime.config.wake.get_or_insert(wake).clone();
            app.insert_resource(waker);
        }
    }
}
