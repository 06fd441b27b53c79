//! Applications and sessions of the sandbox. All of it is made up: none of the keys opens anything
//! at OK.

use std::fmt;

use crate::people::{DEMO_USER_ID, PLAYER};
use crate::signature;

/// Id of the application that the sandbox knows without being given one.
pub const DEMO_APP_ID: u64 = 512_000_000_001;

/// Public key (`application_key`) of the demo application.
pub const DEMO_PUBLIC_KEY: &str = "CDEMOSANDBOXPUBLICKEY";

/// Secret key of the demo application. It opens nothing but the sandbox.
pub const DEMO_SECRET_KEY: &str = "5A4D0B0C5EC2E70000000001";

/// Access token of the player who is always logged in. It opens nothing but the sandbox.
pub const DEMO_ACCESS_TOKEN: &str = "tkn1-sandbox.PlayerOne_0001";

/// An application that is registered with the sandbox.
///
/// `Debug` does not show the secret key.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Application {
    /// Application id, sent as `st.app` and `client_id`.
    pub id: u64,
    /// Public key, called `application_key` in REST calls.
    pub public_key: String,
    /// Secret key: signs requests that carry no access token, and makes session secrets.
    pub secret_key: String,
    /// The redirect URIs that the application has registered. A login must name one of them,
    /// character by character up to `?`.
    ///
    /// Here the sandbox is kinder than OK: port 0 in `http://127.0.0.1:0/…`, `http://localhost:0/…`
    /// or `http://[::1]:0/…` stands for every port. [`Application::new`] registers the paths
    /// `/login` (for a game that listens itself) and `/assets/odnoklassniki.html` (for a game in
    /// the browser) on `http://127.0.0.1:0` and `http://localhost:0`. It also registers
    /// `https://oauth.mycdn.me/blank.html` (for a window of the game's own).
    pub redirect_uris: Vec<String>,
    /// Whether "Client OAuth" is switched on, which `response_type=token` needs.
    pub client_oauth: bool,
    /// Whether the application may ask for the scope `LONG_ACCESS_TOKEN`.
    pub long_access_token: bool,
    /// Whether `redirect_uris` are those of [`Application::new`].
    has_default_uris: bool,
}

/// The redirect URIs of an application that registers no others.
const REDIRECT_URIS: [&str; 5] = [
    "http://127.0.0.1:0/login",
    "http://localhost:0/login",
    "http://127.0.0.1:0/assets/odnoklassniki.html",
    "http://localhost:0/assets/odnoklassniki.html",
    "https://oauth.mycdn.me/blank.html",
];

impl Application {
    /// Makes an application with these keys. Client OAuth is on. It may not ask for
    /// `LONG_ACCESS_TOKEN`: at OK that needs a word with the support.
    #[must_use]
    pub fn new(id: u64, public_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            id,
            public_key: public_key.into(),
            secret_key: secret_key.into(),
            redirect_uris: REDIRECT_URIS.map(str::to_owned).to_vec(),
            client_oauth: true,
            long_access_token: false,
            has_default_uris: true,
        }
    }

    /// Makes the demo application: [`DEMO_APP_ID`], [`DEMO_PUBLIC_KEY`], [`DEMO_SECRET_KEY`]. It
    /// may ask for every scope.
    #[must_use]
    pub fn demo() -> Self {
        Self::new(DEMO_APP_ID, DEMO_PUBLIC_KEY, DEMO_SECRET_KEY).long_access_token(true)
    }

    /// Registers a redirect URI. The first call replaces those of [`Application::new`].
    ///
    /// ```
    /// use odnoklassniki_sandbox::Application;
    ///
    /// let app = Application::demo()
    ///     .redirect_uri("http://127.0.0.1:40555/login")
    ///     .redirect_uri("mygame://login");
    /// assert_eq!(app.redirect_uris, ["http://127.0.0.1:40555/login", "mygame://login"]);
    /// ```
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        if std::mem::take(&mut self.has_default_uris) && self.redirect_uris == REDIRECT_URIS {
            self.redirect_uris.clear();
        }
        self.redirect_uris.push(uri.into());
        self
    }

    /// Switches "Client OAuth" on or off. Without it only the code flow works.
    #[must_use]
    pub fn client_oauth(mut self, on: bool) -> Self {
        self.client_oauth = on;
        self
    }

    /// Sets whether the application may ask for `LONG_ACCESS_TOKEN`.
    #[must_use]
    pub fn long_access_token(mut self, allowed: bool) -> Self {
        self.long_access_token = allowed;
        self
    }

    /// Returns whether the secret key is the made-up one, which pages may show.
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

/// The session that a game holds after the player has logged in.
///
/// `Debug` shows neither the token nor the secret.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// Sent as `st.access_token`.
    pub access_token: String,
    /// Signs requests: lower-case hex of MD5 over token and application secret
    /// (apiok.ru/en/dev/methods).
    pub session_secret_key: String,
    /// OK user id of the player.
    pub user_id: u64,
    /// The player's name, as the English pages show it.
    pub user_name: String,
}

impl Session {
    pub(crate) fn new(app: &Application, access_token: &str) -> Self {
        Self {
            access_token: access_token.to_owned(),
            session_secret_key: signature::session_secret(access_token, &app.secret_key),
            user_id: DEMO_USER_ID,
            user_name: PLAYER.name_en.to_owned(),
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
