//! Starting, asking and stopping a sandbox.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::application::{Application, DEMO_ACCESS_TOKEN, Session};
use crate::behavior::Behavior;
use crate::page_kind::PageKind;
use crate::page_settings::PageSettings;
use crate::people::{FRIENDS, Friend};
use crate::records::{FeedPost, Invitation, SeenRequest};
use crate::state::SandboxState;
use crate::{ports, random, web};

/// The port of the program, unless `--port` gives another one.
pub const DEFAULT_PORT: u16 = 7780;

/// A running sandbox on 127.0.0.1. Dropping it stops it and frees the port.
///
/// ```
/// use odnoklassniki_sandbox::{Behavior, PageKind, Sandbox};
///
/// # fn main() -> std::io::Result<()> {
/// let sandbox = Sandbox::start()?;
/// sandbox.set_behavior(Behavior::Accept);
/// sandbox.queue_behavior(PageKind::Post, Behavior::Error(601)); // the next post only
/// // … the game opens pages below `sandbox.url()` …
/// assert!(sandbox.feed().is_empty());
/// # Ok(())
/// # }
/// ```
pub struct Sandbox {
    state: Arc<SandboxState>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts on a free port with the demo application.
    ///
    /// # Errors
    /// The operating system gives no port, no thread, or no random numbers.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// Returns a builder: for a port, applications or a behavior of your choice.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the URL without a slash at the end: `http://127.0.0.1:PORT`. Below it are the
    /// widgets at `/dk`, the login at `/oauth/authorize`, the exchange of codes at
    /// `/oauth/token.do`, and REST at `/fb.do` and `/api/`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.state.url
    }

    /// Returns the first application.
    #[must_use]
    pub fn app(&self) -> &Application {
        // The builder never leaves the list empty.
        &self.state.apps[0]
    }

    /// Returns all applications, in the order of the builder's calls.
    #[must_use]
    pub fn apps(&self) -> &[Application] {
        &self.state.apps
    }

    /// Returns the session of the player with the first application.
    #[must_use]
    pub fn session(&self) -> Session {
        self.session_for(self.app())
    }

    /// Returns the session of the player with an application. Each has another session secret.
    #[must_use]
    pub fn session_for(&self, app: &Application) -> Session {
        Session::new(app, DEMO_ACCESS_TOKEN)
    }

    /// Sets what happens to all requests from now on, but for those that
    /// [`queue_behavior`](Self::queue_behavior) covers.
    pub fn set_behavior(&self, behavior: Behavior) {
        self.state.data().behaviors.usual = behavior;
    }

    /// Sets what happens to the next request for this page. A second call is for the request after
    /// it. Up to 1,000 behaviors wait; then the oldest
    /// one goes.
    pub fn queue_behavior(&self, kind: PageKind, behavior: Behavior) {
        self.state.data().behaviors.push(kind, behavior);
    }

    /// Returns what happens to requests for which no behavior waits.
    #[must_use]
    pub fn behavior(&self) -> Behavior {
        self.state.data().behaviors.usual.clone()
    }

    /// Returns the behaviors that wait for a request, in the order of the calls of
    /// [`queue_behavior`](Self::queue_behavior).
    #[must_use]
    pub fn queued_behaviors(&self) -> Vec<(PageKind, Behavior)> {
        self.state.data().behaviors.waiting().cloned().collect()
    }

    /// Sets how OK's pages behave towards the game's page, from the next page on.
    pub fn set_page_settings(&self, settings: PageSettings) {
        self.state.data().page_settings = settings;
    }

    /// Returns how OK's pages behave towards the game's page.
    #[must_use]
    pub fn page_settings(&self) -> PageSettings {
        self.state.data().page_settings
    }

    /// Sets how long the access tokens of logins live from now on, with
    /// [`LONG_ACCESS_TOKEN`](Application::long_access_token) or without.
    ///
    /// Older tokens end after this time, too, unless they end sooner. With `Duration::ZERO` all
    /// expire at once: the sandbox refuses a widget or REST request with one of them with 102.
    /// [`DEMO_ACCESS_TOKEN`] never expires.
    pub fn set_token_life(&self, life: Duration) {
        self.state.data().tokens.set_life(life);
    }

    /// Revokes all tokens and codes of logins, as OK does when the player removes the application:
    /// the sandbox refuses requests with them with 103. What the player has granted stays granted,
    /// and [`DEMO_ACCESS_TOKEN`] keeps working.
    pub fn revoke_tokens(&self) {
        self.state.data().tokens.revoke_all();
    }

    /// Returns the published posts, newest first; the last 500.
    #[must_use]
    pub fn feed(&self) -> Vec<FeedPost> {
        self.state.data().records.feed().cloned().collect()
    }

    /// Returns what a friend has received, newest first. The sandbox keeps the last 500 invitations
    /// and recommendations to all friends together.
    #[must_use]
    pub fn inbox(&self, friend_id: u64) -> Vec<Invitation> {
        self.state.data().records.inbox(friend_id)
    }

    /// Returns the requests for widgets and logins, accepted and refused, oldest first; the last
    /// 1,000.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenRequest> {
        let data = self.state.data();
        data.records.requests().rev().cloned().collect()
    }

    /// Returns the player's friends. The first ones do not play yet, so a game can invite them.
    #[must_use]
    pub fn friends(&self) -> Vec<Friend> {
        FRIENDS.to_vec()
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("url", &self.url())
            .field("apps", &self.state.apps)
            .finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The thread drops its runtime, and so every connection: it ends at once.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Settings of a [`Sandbox`] that does not run yet.
///
/// ```
/// use odnoklassniki_sandbox::{Application, Behavior, Sandbox};
///
/// # fn main() -> std::io::Result<()> {
/// let sandbox = Sandbox::builder()
///     .app(Application::new(512_000_123_456, "CBAPUBLICKEY", "A1B2C3"))
///     .behavior(Behavior::Cancel)
///     .start()?;
/// assert_eq!(sandbox.app().id, 512_000_123_456);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing runs before `start`"]
pub struct Builder {
    port: u16,
    apps: Vec<Application>,
    tokens: Vec<Token>,
    behavior: Behavior,
    page_settings: PageSettings,
    token_life: Option<Duration>,
}

/// Keeps a token out of `Debug`.
#[derive(Clone)]
struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Builder {
    /// Sets the port on 127.0.0.1. With 0, the default, the system chooses a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Adds an application. Without any the sandbox knows [`Application::demo`].
    pub fn app(mut self, app: Application) -> Self {
        self.apps.push(app);
        self
    }

    /// Adds an access token of the player, besides [`DEMO_ACCESS_TOKEN`].
    pub fn access_token(mut self, token: impl Into<String>) -> Self {
        self.tokens.push(Token(token.into()));
        self
    }

    /// Sets how long the access tokens of logins live. The default is 30 minutes, or 30 days if the
    /// player has granted `LONG_ACCESS_TOKEN`.
    pub fn token_life(mut self, life: Duration) -> Self {
        self.token_life = Some(life);
        self
    }

    /// Sets what happens to requests. The default is [`Behavior::Ask`].
    pub fn behavior(mut self, behavior: Behavior) -> Self {
        self.behavior = behavior;
        self
    }

    /// Sets how OK's pages behave towards the game's page.
    pub fn page_settings(mut self, settings: PageSettings) -> Self {
        self.page_settings = settings;
        self
    }

    /// Starts the sandbox on its own thread.
    ///
    /// # Errors
    /// The port is taken ([`io::ErrorKind::AddrInUse`]), browsers refuse it
    /// ([`io::ErrorKind::InvalidInput`]), or the operating system gives no socket, no thread, or no
    /// random numbers.
    pub fn start(self) -> io::Result<Sandbox> {
        random::check()?;
        let listener = ports::listen(self.port)?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let apps = if self.apps.is_empty() {
            vec![Application::demo()]
        } else {
            self.apps
        };
        let tokens = std::iter::once(DEMO_ACCESS_TOKEN.to_owned())
            .chain(self.tokens.into_iter().map(|token| token.0))
            .collect();
        let state = Arc::new(SandboxState::new(apps, tokens, port));
        state.data().behaviors.usual = self.behavior;
        state.data().page_settings = self.page_settings;
        if let Some(life) = self.token_life {
            state.data().tokens.set_life(life);
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("ok-sandbox".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = web::serve(listener, served) => (),
                        _ = stopped => (),
                    }
                });
            })?;
        Ok(Sandbox {
            state,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}
