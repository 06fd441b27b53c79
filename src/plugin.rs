//! [`OdnoklassnikiPlugin`]: settings and wiring, nothing else.

use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use bevy_app::{App, Plugin, PostUpdate, PreUpdate};
use bevy_ecs::schedule::{ApplyDeferred, IntoScheduleConfigs, SystemSet};
use odnoklassniki::Hosts;

use crate::config::{Config, Setup};
use crate::credentials::AppCredentials;
use crate::deep_links::OkDeepLinks;
use crate::driver::{self, Runtime};
use crate::launch::OkLaunch;
use crate::opener::{BlockedPopup, Opener, PageHost, WebWindow};
use crate::platform;
use crate::request::PendingRequests;
use crate::request::RequestLogin;
use crate::return_links::ReturnLinks;
use crate::session::{OkSession, SessionData, SessionStore};
use crate::wake::AppWaker;

/// Adds Odnoklassniki to a Bevy app.
///
/// | setting | default |
/// | --- | --- |
/// | [`with_opener`](Self::with_opener) | the system's browser (feature `browser`) |
/// | [`with_page_host`](Self::with_page_host) | none: pages open in the browser |
/// | [`with_return_links`](Self::with_return_links) | none: callbacks come to a port of this machine |
/// | [`with_timeout`](Self::with_timeout) | 10 minutes |
/// | [`with_hosts`](Self::with_hosts) | OK's own, `https://connect.ok.ru` and so on |
/// | [`with_redirect_uris`](Self::with_redirect_uris) | none: login fails as not configured |
/// | [`with_session`](Self::with_session) | none: no player is logged in at first |
/// | [`with_session_store`](Self::with_session_store) | none: the session ends with the game |
/// | [`with_pending_store`](Self::with_pending_store) | none: requests end with the game |
/// | [`with_automatic_login`](Self::with_automatic_login) | none: requests without a session fail as `NotLoggedIn` |
/// | [`with_signing_timeout`](Self::with_signing_timeout) | 15 seconds |
/// | [`with_web_window`](Self::with_web_window) | on the web: a window of its own |
/// | [`with_return_page`](Self::with_return_page) | on the web: `assets/odnoklassniki.html` |
/// | [`with_blocked_popup`](Self::with_blocked_popup) | on the web: a button over the game |
/// | [`with_wake`](Self::with_wake) | winit's (feature `winit`), else none |
///
/// Adding it never fails: with wrong credentials each request fails with a
/// [`RequestError`](crate::RequestError) that says so. Until the first request there is no thread
/// and no socket.
///
/// ```
/// use bevy_app::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
/// let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA");
/// App::new().add_plugins(OdnoklassnikiPlugin::new(credentials));
/// ```
pub struct OdnoklassnikiPlugin(Mutex<Option<Setup>>);

/// The plugin's two system sets.
///
/// A game's systems in `Update` see a result in the frame in which it arrives, and the plugin sends
/// their requests in the same frame. Only systems in `PreUpdate` or `PostUpdate` need to order
/// themselves against these sets. Those of `bevy_egui` run in `PostUpdate`. The crate
/// `bevy_odnoklassniki_panel` orders them; a game without it adds `configure_sets(PostUpdate,
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
    /// In `PreUpdate`: handles what has happened since the last frame and writes the result
    /// messages.
    Receive,
    /// In `PostUpdate`: reads the request messages, signs, and has the pages opened.
    ///
    /// It also writes results, which the game reads in the next frame. They are of requests that
    /// end at once, because they cannot be sent or the game cancels them. They are also of
    /// callbacks that arrived during the frame.
    Send,
}

impl OdnoklassnikiPlugin {
    /// Creates a plugin for this application.
    #[must_use]
    pub fn new(credentials: AppCredentials) -> Self {
        Self(Mutex::new(Some(Setup {
            credentials,
            config: Config::default(),
            session: None,
            insert: Vec::new(),
        })))
    }

    /// Replaces the credentials of [`new`](Self::new) or `sandbox`, for instance for a game whose
    /// backend signs while it uses a sandbox.
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
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sandbox"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn with_credentials(self, credentials: AppCredentials) -> Self {
        self.with(|setup| setup.credentials = credentials)
    }

    /// Starts without a session, although `sandbox` or [`with_session`](Self::with_session) gave
    /// one.
    #[must_use]
    pub fn without_session(self) -> Self {
        self.with(|setup| setup.session = None)
    }

    /// Starts with a session that the game got elsewhere, so that the player need not log in. The
    /// plugin does not store it, and does not restore a stored one.
    #[must_use]
    pub fn with_session(self, session: SessionData) -> Self {
        self.with(|setup| setup.session = Some(session))
    }

    /// Sets the redirect URIs of the login, exactly as they are registered in the application's
    /// settings on OK: `http://127.0.0.1:<port>/<path>` (or `localhost`, or `[::1]`).
    ///
    /// The plugin tries them in this order and binds the first whose port is free, while a login is
    /// pending and a little longer. Register more than one: if all ports are busy, a login fails
    /// with [`PortUnavailable`](crate::RequestErrorKind::PortUnavailable).
    ///
    /// With a URI of another form, or a port that browsers block, a login fails with
    /// [`InvalidRequest`](crate::RequestErrorKind::InvalidRequest). Port 0 takes any free port;
    /// only the sandbox accepts it. Web builds ignore this setting.
    ///
    /// Sources: `apiok.ru/en/ext/oauth/client`; RFC 8252, section 7.3.
    #[must_use]
    pub fn with_redirect_uris<U: Into<String>>(self, uris: impl IntoIterator<Item = U>) -> Self {
        let uris = uris.into_iter().map(Into::into);
        self.with(|setup| {
            setup.config.set_redirect_uris(uris);
        })
    }

    /// Sets where the web's return page is, relative to the game's page or as a whole URL on the
    /// game's own origin. The default is `assets/odnoklassniki.html`.
    ///
    /// OK sends the player back to this page, and the page hands the callback to the game. For the
    /// login its whole URL must be registered in the application's settings on OK. Builds for other
    /// platforms ignore this setting.
    ///
    /// With a page of another origin every request fails with
    /// [`NotConfigured`](crate::RequestErrorKind::NotConfigured).
    #[must_use]
    pub fn with_return_page(self, url: impl Into<String>) -> Self {
        let url = url.into();
        self.with(|setup| setup.config.set_return_page(Some(url)))
    }

    /// Does without a return page on the web: OK then posts its results to the game's page
    /// (HTML5 `postMessage`). Builds for other platforms ignore this setting.
    ///
    /// It is for a first try, and for hosts that serve no second page. A return page is better,
    /// because without one
    ///
    /// - a login fails as [`NotConfigured`](crate::RequestErrorKind::NotConfigured). The game gives
    ///   a session ([`with_session`](Self::with_session)), or its backend signs.
    /// - OK may not tell that the player has cancelled a post. The request then waits until its
    ///   timeout: [`OkCapabilities::cancelled_posts`](crate::OkCapabilities::cancelled_posts) is
    ///   `false`.
    /// - a game that is isolated from other windows (COOP and COEP, for threads) gets no message.
    ///   Its requests fail as `NotConfigured`.
    /// - [`WebWindow::Page`] and an [`Opener`] of the game cannot open a page. Requests fail as
    ///   [`CannotOpen`](crate::RequestErrorKind::CannotOpen).
    ///
    /// A message counts only if it comes from the origin of OK's widgets ([`Hosts::connect`]), from
    /// the window that the plugin has opened for the request, and has the form of a result.
    #[must_use]
    pub fn without_return_page(self) -> Self {
        self.with(|setup| {
            if platform::HAS_RETURN_PAGE {
                setup.config.set_return_page(None);
            }
        })
    }

    /// Sets where OK's page appears on the web. The default is a window of its own,
    /// [`WebWindow::Popup`].
    #[must_use]
    pub fn with_web_window(self, window: WebWindow) -> Self {
        self.with(|setup| setup.config.web_window = window)
    }

    /// Sets what happens on the web when the browser blocks the window of a request. The default is
    /// a button of the plugin's, [`BlockedPopup::Button`].
    #[must_use]
    pub fn with_blocked_popup(self, blocked_popup: BlockedPopup) -> Self {
        self.with(|setup| setup.config.blocked_popup = blocked_popup)
    }

    /// Keeps the session in a store and restores it at the next start.
    ///
    /// [`SessionChange::Restored`](crate::SessionChange::Restored) or
    /// [`NothingStored`](crate::SessionChange::NothingStored) follows. Requests that the game
    /// writes earlier wait for it, 15 seconds at most. On the web the store is `BrowserStore`.
    #[must_use]
    pub fn with_session_store(self, store: impl SessionStore) -> Self {
        self.with(|setup| setup.config.store = Some(Arc::new(store)))
    }

    /// Keeps pending requests for the next run of the game, if the player or the system ends this one
    /// while OK's page is open. On phones that is usual.
    ///
    /// In the first frame of the next run they are pending again under their ids, and no page opens. A
    /// [deep link](OkDeepLinks) ends them, or their timeout by the clock on the wall; the result is
    /// marked `resumed` and carries the game's [`tag`](crate::RequestInvite::tag). A request that had
    /// waited for a login goes on when the player has logged in.
    ///
    /// The store holds what the game has sent and the secret of each return URL, but no access token
    /// and no secret key: a file, [`PendingFile`](crate::PendingFile), or your own.
    ///
    /// The plugin calls the store on a thread. When it is added, it waits for the text, 5 seconds at
    /// most. A page opens when its request is stored, a frame or more later than without a store. A
    /// result comes when its request is no longer stored; until then it is pending. So no result comes
    /// twice. If the game ends before the frame in which it reads the result, that result is lost.
    ///
    /// If the store hangs, or can neither be written nor erased any more, the plugin logs an error: then
    /// a result may come again in the next run.
    ///
    /// A corrupt text, or one of another application or version, is quarantined. If the store fails, or
    /// does not respond within 5 seconds, requests end with this run. So they do while more than 64
    /// KiB of them are pending.
    ///
    /// Builds for the web ignore this setting; see [`WebWindow::Page`].
    #[must_use]
    pub fn with_pending_store(self, store: impl SessionStore) -> Self {
        self.with(|setup| {
            if !platform::HAS_RETURN_PAGE {
                setup.config.pending_store = Some(Arc::new(store));
            }
        })
    }

    /// Logs the player in when a request needs a session.
    ///
    /// Requests that the game writes without a live session start one login and wait for it.
    /// Without this setting they fail with [`NotLoggedIn`](crate::RequestErrorKind::NotLoggedIn).
    ///
    /// A request needs no session where [`AppCredentials`](AppCredentials::with_signer) has a signer
    /// that signs in this program, such as that of a session which OK's portal gives. Where a backend
    /// signs ([`Signer::backend`](crate::protocol::Signer::backend)), a login comes first: only after
    /// it the backend knows the player. Once there was a session, its end counts for either.
    ///
    /// `login` makes the plugin's login request, whose result is a
    /// [`LoginFinished`](crate::LoginFinished). If the login is cancelled, times out or fails, so
    /// do the requests that wait. The time that the player takes to log in counts toward their
    /// timeouts, too.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
    ///     .with_redirect_uris(["http://127.0.0.1:17811/login"])
    ///     .with_automatic_login(|| RequestLogin::new().scopes([Scope::VALUABLE_ACCESS]));
    /// ```
    #[must_use]
    pub fn with_automatic_login(
        self,
        login: impl Fn() -> RequestLogin + Send + Sync + 'static,
    ) -> Self {
        self.with(|setup| setup.config.automatic_login = Some(Arc::new(login)))
    }

    /// Sets how long the game's backend may take to sign a request
    /// ([`Signer::backend`](crate::protocol::Signer::backend)); 15 seconds by default. After that
    /// the request fails with [`Network`](crate::RequestErrorKind::Network).
    ///
    /// Any duration is accepted. A request's own timeout ends it sooner if it is shorter.
    #[must_use]
    pub fn with_signing_timeout(self, timeout: Duration) -> Self {
        self.with(|setup| setup.config.signing_timeout = timeout)
    }

    /// Opens pages in another way than the system's browser; see [`Opener`].
    #[must_use]
    pub fn with_opener(self, opener: impl Opener) -> Self {
        self.with(|setup| setup.config.opener = Some(Arc::new(opener)))
    }

    /// Shows OK's pages inside of the game, in place of the player's browser; see [`PageHost`].
    ///
    /// The host gets the signed URL in memory and watches where its view goes. No port is opened,
    /// and none is registered with OK: the pages return to the
    /// [`ReturnLinks`] of [`with_return_links`](Self::with_return_links), or else to those of
    /// [`ReturnLinks::default`]. A login returns to a page that must be registered with OK, such as
    /// `https://oauth.mycdn.me/blank.html`.
    ///
    /// If the host cannot show pages on this machine ([`OpenError::use_browser`](crate::OpenError::use_browser)),
    /// they open in the browser as without it: give the plugin
    /// [redirect URIs](Self::with_redirect_uris) for the login then.
    ///
    /// The default is the browser, because a player is logged in there, and has their passwords and
    /// passkeys; Google's login refuses views inside of programs (RFC 8252, section 8.12). Builds for
    /// the web ignore this setting.
    #[must_use]
    pub fn with_page_host(self, host: impl PageHost) -> Self {
        self.with(|setup| setup.config.set_page_host(Arc::new(host)))
    }

    /// Lets OK's pages return to links of the game, in place of a port of this machine. The game
    /// hands them to [`OkDeepLinks`].
    ///
    /// On phones the plugin needs it, or a [page host](Self::with_page_host), because no port lives in
    /// the background there. The page host opens the pages. On a desktop the player's browser can:
    /// there the plugin opens a free port for its [one-time links](crate::OneTimeLink) only.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::ReturnLinks;
    ///
    /// OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
    ///     .with_return_links(ReturnLinks::scheme("ok512000123456"));
    /// ```
    ///
    /// With links of a wrong form each request fails with
    /// [`InvalidRequest`](crate::RequestErrorKind::InvalidRequest). The redirect URIs of
    /// [`with_redirect_uris`](Self::with_redirect_uris) are unused. Builds for the web ignore this
    /// setting.
    #[must_use]
    pub fn with_return_links(self, links: ReturnLinks) -> Self {
        self.with(|setup| setup.config.set_return_links(links))
    }

    /// Sets the timeout of requests that have none of their own, from 5 seconds to 60 minutes.
    ///
    /// Outside that range such requests fail with
    /// [`InvalidRequest`](crate::RequestErrorKind::InvalidRequest).
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.with(|setup| setup.config.timeout = timeout)
    }

    /// Sends requests to other hosts than OK's, such as a sandbox in another process. Each is
    /// `https`, or `http` on the loopback interface.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    ///
    /// # fn main() -> Result<(), bevy_odnoklassniki::protocol::FieldError> {
    /// // As `cargo run -p odnoklassniki_sandbox` prints them.
    /// OdnoklassnikiPlugin::new(AppCredentials::new("512000000001", "CDEMOSANDBOXPUBLICKEY"))
    ///     .with_session(SessionData::new(
    ///         AccessToken::new("access token"),
    ///         SessionSecretKey::new("session secret"),
    ///     ))
    ///     .with_hosts(Hosts::sandbox("http://127.0.0.1:7780")?);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_hosts(self, hosts: Hosts) -> Self {
        self.with(|setup| setup.config.hosts = hosts)
    }

    /// Sets a function that wakes the app. The plugin calls it, mostly from another thread,
    /// whenever a result waits for the next frame. It must not block.
    ///
    /// Games with winit windows enable the feature `winit` instead. A game whose own event loop
    /// sleeps between inputs needs this; otherwise results wait until something else wakes it.
    ///
    /// ```
    /// # use bevy_odnoklassniki::{AppCredentials, OdnoklassnikiPlugin};
    /// let (sender, wakes) = std::sync::mpsc::channel();
    /// OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
    ///     .with_wake(move || _ = sender.send(()));
    /// // The game's event loop sleeps in `wakes.recv()`.
    /// # drop(wakes);
    /// ```
    #[must_use]
    pub fn with_wake(self, wake: impl Fn() + Send + Sync + 'static) -> Self {
        self.with(|setup| setup.config.wake = Some(AppWaker::new(wake)))
    }

    /// Returns the [`OkDeepLinks`] that the plugin will insert as a resource, for a link that has
    /// started the game. Call it after [`with_return_links`](Self::with_return_links).
    #[must_use]
    pub fn deep_links(&self) -> OkDeepLinks {
        let setup = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let links = setup.as_ref().map(|setup| setup.config.deep_links.clone());
        links.unwrap_or_default()
    }

    /// Changes the setup.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Setup)) -> Self {
        if let Some(setup) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner) {
            change(setup);
        }
        self
    }
}

impl Plugin for OdnoklassnikiPlugin {
    fn build(&self, app: &mut App) {
        let Some(mut setup) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        if let Err(error) = setup.credentials.validate() {
            log::warn!("{error}: {}", error.advice());
        }
        for insert in setup.insert {
            insert(app);
        }
        if setup.config.return_page.is_none() {
            log::info!(
                "without a return page OK does not log the player in, and may not tell that they have cancelled a post; OdnoklassnikiPlugin::with_return_page gives one"
            );
        }
        if let Some(waker) = &setup.config.wake {
            app.insert_resource(waker.clone());
        }
        // A launch of the game's, such as a test's, stays.
        if !app.world().contains_resource::<OkLaunch>() {
            app.insert_resource(OkLaunch::of_this_page());
        }
        let session = setup.session.map_or_else(OkSession::new, OkSession::with);
        // Here, because the game's first systems may make requests: their ids continue those of the
        // earlier run.
        let app_id = setup.credentials.app_id();
        let resumed = driver::load(app_id, &mut setup.config.pending_store);
        let runtime = Runtime::new(setup.config, resumed);
        driver::add_messages(app);
        app.insert_resource(setup.credentials)
            .insert_resource(runtime.config.capabilities)
            .insert_resource(runtime.config.deep_links.clone())
            .insert_resource(session)
            .insert_resource(PendingRequests::new(Arc::clone(&runtime.counters)))
            .insert_resource(runtime)
            // Bevy counts `ApplyDeferred` as a conflict with every system, but it uses none of
            // their data.
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

    /// Takes winit's waker. The event loop's proxy exists only once every plugin is built.
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
