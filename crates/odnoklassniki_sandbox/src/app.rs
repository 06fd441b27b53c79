//! Applications and sessions of the sandbox. All of it is made up: nothing here is a secret of
//! OK's.

use std::fmt;

use crate::signature;

/// Id of the application the sandbox knows when it is given no other.
pub const DEMO_APP_ID: u64 = 512_000_000_001;

/// Public key (`application_key`) of the demo application.
pub const DEMO_PUBLIC_KEY: &str = "CDEMOSANDBOXPUBLICKEY";

/// Secret key of the demo application. It opens nothing but the sandbox.
pub const DEMO_SECRET_KEY: &str = "5A4D0B0C5EC2E70000000001";

/// Access token of the player who is always logged in. It opens nothing but the sandbox.
pub const DEMO_ACCESS_TOKEN: &str = "tkn1-sandbox.PlayerOne_0001";

/// OK user id of the player who is always logged in.
pub const DEMO_USER_ID: u64 = 561_104_940_000;

/// An application the sandbox knows, as OK would hand it out on registration.
///
/// `Debug` does not show the secret key.
///
/// ```
/// use odnoklassniki_sandbox::Application;
/// let app = Application::new(512_000_123_456, "CBAPUBLICKEY", "A1B2C3");
/// assert_eq!(app.id, 512_000_123_456);
/// assert!(!format!("{app:?}").contains("A1B2C3"));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Application {
    /// Application id, sent as `st.app` and `client_id`.
    pub id: u64,
    /// Public key, called `application_key` in REST calls.
    pub public_key: String,
    /// Secret key: signs requests that carry no access token, and makes session secrets.
    pub secret_key: String,
    /// Addresses a login may come back to. The one that is sent must be among them, character by
    /// character up to `?`.
    ///
    /// Here the sandbox is kinder than OK: port 0 in `http://127.0.0.1:0/…`, `http://localhost:0/…`
    /// or `http://[::1]:0/…` stands for every port. [`Application::new`] has
    /// `http://127.0.0.1:0/login` and `http://localhost:0/login`.
    pub redirect_uris: Vec<String>,
    /// Whether "Client OAuth" is switched on, which `response_type=token` needs.
    pub client_oauth: bool,
    /// Whether OK's support has allowed the application to ask for the right `LONG_ACCESS_TOKEN`.
    pub long_access_token: bool,
    /// Nobody has registered an address yet.
    untouched: bool,
}

/// What an application has registered that says nothing else.
const REDIRECT_URIS: [&str; 2] = ["http://127.0.0.1:0/login", "http://localhost:0/login"];

impl Application {
    /// An application with these keys. Client OAuth is on; `LONG_ACCESS_TOKEN` it may not ask for,
    /// as at OK before its support has said yes.
    #[must_use]
    pub fn new(id: u64, public_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            id,
            public_key: public_key.into(),
            secret_key: secret_key.into(),
            redirect_uris: REDIRECT_URIS.map(str::to_owned).to_vec(),
            client_oauth: true,
            long_access_token: false,
            untouched: true,
        }
    }

    /// The demo application: [`DEMO_APP_ID`], [`DEMO_PUBLIC_KEY`], [`DEMO_SECRET_KEY`]. It may ask
    /// for everything.
    #[must_use]
    pub fn demo() -> Self {
        Self::new(DEMO_APP_ID, DEMO_PUBLIC_KEY, DEMO_SECRET_KEY).long_access_token(true)
    }

    /// Registers an address a login may come back to. The first call replaces the two that
    /// [`Application::new`] has.
    ///
    /// ```
    /// use odnoklassniki_sandbox::Application;
    /// let app = Application::demo().redirect_uri("http://127.0.0.1:40555/login").redirect_uri("mygame://login");
    /// assert_eq!(app.redirect_uris, ["http://127.0.0.1:40555/login", "mygame://login"]);
    /// ```
    #[must_use]
    pub fn redirect_uri(mut self, address: impl Into<String>) -> Self {
        if std::mem::take(&mut self.untouched) && self.redirect_uris == REDIRECT_URIS {
            self.redirect_uris.clear();
        }
        self.redirect_uris.push(address.into());
        self
    }

    /// Switches "Client OAuth" on or off. Without it only the code flow works.
    ///
    /// ```
    /// use odnoklassniki_sandbox::Application;
    /// assert!(Application::demo().client_oauth && !Application::demo().client_oauth(false).client_oauth);
    /// ```
    #[must_use]
    pub fn client_oauth(mut self, on: bool) -> Self {
        self.client_oauth = on;
        self
    }

    /// Says whether the application may ask for `LONG_ACCESS_TOKEN`.
    ///
    /// ```
    /// use odnoklassniki_sandbox::Application;
    /// let app = Application::new(512_000_123_456, "CBAPUBLICKEY", "A1B2C3");
    /// assert!(!app.long_access_token && app.long_access_token(true).long_access_token);
    /// ```
    #[must_use]
    pub fn long_access_token(mut self, allowed: bool) -> Self {
        self.long_access_token = allowed;
        self
    }

    /// Whether its secret key is the made-up one, which may be shown.
    pub(crate) fn is_made_up(&self) -> bool {
        self.secret_key == DEMO_SECRET_KEY
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("id", &self.id)
            .field("public_key", &self.public_key)
            .field("secret_key", &"[redacted]")
            .field("redirect_uris", &self.redirect_uris)
            .field("client_oauth", &self.client_oauth)
            .field("long_access_token", &self.long_access_token)
            .finish()
    }
}

/// The logged-in player, as a game holds him after login.
///
/// `Debug` shows neither the token nor the secret.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let sandbox = odnoklassniki_sandbox::Sandbox::start()?;
/// let session = sandbox.session();
/// assert_eq!(session.session_secret_key.len(), 32);
/// assert!(!format!("{session:?}").contains(&session.access_token));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// Sent as `st.access_token`.
    pub access_token: String,
    /// Signs requests: lower-case hex of MD5 over token and application secret
    /// (apiok.ru/en/dev/methods).
    pub session_secret_key: String,
    /// OK user id.
    pub user_id: u64,
    /// Name as the pages show it in English.
    pub user_name: String,
}

impl Session {
    pub(crate) fn new(app: &Application, access_token: &str) -> Self {
        Self {
            access_token: access_token.to_owned(),
            session_secret_key: signature::session_secret(access_token, &app.secret_key),
            user_id: DEMO_USER_ID,
            user_name: crate::people::PLAYER.name_en.to_owned(),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("access_token", &"[redacted]")
            .field("session_secret_key", &"[redacted]")
            .field("user_id", &self.user_id)
            .field("user_name", &self.user_name)
            .finish()
    }
}
