//! Starting, asking and stopping the sandbox.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::app::{Application, DEMO_ACCESS_TOKEN, Session};
use crate::behavior::{Behavior, RequestKind};
use crate::house::{FeedPost, House, Letter, SeenRequest};
use crate::people::{FRIENDS, Friend};
use crate::{ports, random, web};

/// Port of the program when it is given none.
pub const DEFAULT_PORT: u16 = 7780;

/// A running sandbox on 127.0.0.1. Dropping it stops it and frees the port.
///
/// ```
/// use odnoklassniki_sandbox::{RequestKind, Sandbox, Behavior};
///
/// # fn main() -> std::io::Result<()> {
/// let sandbox = Sandbox::start()?;
/// sandbox.set_behavior(Behavior::Accept);
/// sandbox.queue_behavior(RequestKind::Post, Behavior::Error(601));
/// assert!(sandbox.url().starts_with("http://127.0.0.1:"));
/// assert!(sandbox.feed().is_empty());
/// # Ok(())
/// # }
/// ```
pub struct Sandbox {
    house: Arc<House>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts on a free port with the demo application.
    ///
    /// # Errors
    /// What the operating system says when it gives no port or no thread.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// A sandbox with a port, applications or a behavior of your choice.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Address without a slash at the end: `http://127.0.0.1:PORT`. Below it are the widgets at
    /// `/dk`, the login at `/oauth/authorize`, the exchange of codes at `/oauth/token.do`, and
    /// REST at `/fb.do` and `/api/`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.house.url
    }

    /// The first application.
    #[must_use]
    pub fn app(&self) -> &Application {
        // The builder never leaves the list empty.
        &self.house.apps[0]
    }

    /// All applications, in the order they were given.
    #[must_use]
    pub fn apps(&self) -> &[Application] {
        &self.house.apps
    }

    /// The logged-in player, for the first application.
    #[must_use]
    pub fn session(&self) -> Session {
        self.session_for(self.app())
    }

    /// The logged-in player, for an application. The session secret is another one for each.
    #[must_use]
    pub fn session_for(&self, app: &Application) -> Session {
        Session::new(app, DEMO_ACCESS_TOKEN)
    }

    /// What happens to all requests from now on, but for those
    /// [`queue_behavior`](Self::queue_behavior) set aside.
    pub fn set_behavior(&self, behavior: Behavior) {
        self.house.memory().behaviors.usual = behavior;
    }

    /// What happens to the next request of this kind. May be called again for the one after it: up
    /// to a thousand wait in line.
    pub fn queue_behavior(&self, kind: RequestKind, behavior: Behavior) {
        self.house.memory().behaviors.push(kind, behavior);
    }

    /// What happens to requests that nothing was set aside for.
    ///
    /// ```
    /// use odnoklassniki_sandbox::{Sandbox, Behavior};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = Sandbox::start()?;
    /// assert_eq!(sandbox.behavior(), Behavior::Ask);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn behavior(&self) -> Behavior {
        self.house.memory().behaviors.usual.clone()
    }

    /// What [`queue_behavior`](Self::queue_behavior) set aside and no request has taken yet, in the
    /// order of the calls.
    ///
    /// ```
    /// use odnoklassniki_sandbox::{RequestKind, Sandbox, Behavior};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = Sandbox::start()?;
    /// sandbox.queue_behavior(RequestKind::Post, Behavior::Cancel);
    /// assert_eq!(sandbox.queued_behaviors(), [(RequestKind::Post, Behavior::Cancel)]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn queued_behaviors(&self) -> Vec<(RequestKind, Behavior)> {
        self.house.memory().behaviors.waiting().cloned().collect()
    }

    /// How long access tokens live that a login gives, from now on,
    /// [`LONG_ACCESS_TOKEN`](Application::long_access_token) or not. Those given before end after
    /// this time, too, unless they end sooner; so `Duration::ZERO` lets all expire at once, and a
    /// widget or REST request with one of them is refused with 102. [`DEMO_ACCESS_TOKEN`] never
    /// expires.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = odnoklassniki_sandbox::Sandbox::start()?;
    /// sandbox.set_token_life(Duration::from_secs(60));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_token_life(&self, life: Duration) {
        self.house.memory().ledger.set_life(life);
    }

    /// Ends all tokens and codes that logins have given, as when the player removes the
    /// application at OK: requests with them are refused with 103. What the player has granted
    /// stays granted, and [`DEMO_ACCESS_TOKEN`] keeps working.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = odnoklassniki_sandbox::Sandbox::start()?;
    /// sandbox.revoke_tokens();
    /// # Ok(())
    /// # }
    /// ```
    pub fn revoke_tokens(&self) {
        self.house.memory().ledger.end_all();
    }

    /// Published posts, newest first; the last 500.
    #[must_use]
    pub fn feed(&self) -> Vec<FeedPost> {
        self.house.memory().feed.iter().rev().cloned().collect()
    }

    /// What a friend received, newest first. The sandbox keeps the last 500 letters to all friends
    /// together.
    #[must_use]
    pub fn inbox(&self, friend_id: u64) -> Vec<Letter> {
        self.house.memory().inbox(friend_id)
    }

    /// Requests for widget pages and logins, accepted and refused, oldest first; the last 1,000.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.house.memory().requests.iter().cloned().collect()
    }

    /// The player's friends. The first ones do not play yet and can be invited.
    #[must_use]
    pub fn friends(&self) -> Vec<Friend> {
        FRIENDS.to_vec()
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("url", &self.url())
            .field("apps", &self.house.apps)
            .finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Dropping the runtime drops every connection where it stands, so the thread ends at once.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Settings of a [`Sandbox`] that is not running yet.
///
/// ```
/// use odnoklassniki_sandbox::{Application, Sandbox, Behavior};
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
    /// Port on 127.0.0.1; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// An application the sandbox knows. May be called again; without any there is
    /// [`Application::demo`].
    pub fn app(mut self, app: Application) -> Self {
        self.apps.push(app);
        self
    }

    /// One more access token of the player, besides [`DEMO_ACCESS_TOKEN`].
    pub fn access_token(mut self, token: impl Into<String>) -> Self {
        self.tokens.push(Token(token.into()));
        self
    }

    /// How long access tokens live that a login gives. Not set: 30 minutes, and 30 days if the
    /// player has granted `LONG_ACCESS_TOKEN`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let sandbox = odnoklassniki_sandbox::Sandbox::builder().token_life(Duration::from_secs(90)).start()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn token_life(mut self, life: Duration) -> Self {
        self.token_life = Some(life);
        self
    }

    /// What happens to requests; [`Behavior::Ask`] if not set.
    pub fn behavior(mut self, behavior: Behavior) -> Self {
        self.behavior = behavior;
        self
    }

    /// Starts it on a thread of its own.
    ///
    /// # Errors
    /// The port is taken ([`io::ErrorKind::AddrInUse`]), browsers refuse it
    /// ([`io::ErrorKind::InvalidInput`]), or the operating system gives no socket or thread.
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
        let house = Arc::new(House::new(apps, tokens, port, self.behavior));
        if let Some(life) = self.token_life {
            house.memory().ledger.set_life(life);
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&house);
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
            house,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}
