//! Applications and sessions of the sandbox. All of it is made up: nothing here is a secret of OK's.

use std::fmt;

use crate::signature;

/// Id of the application the sandbox knows when it is given no other.
pub const DEMO_APP_ID: u64 = 512_000_000_001;

/// Public key (`application_key`) of the demo application.
pub const DEMO_PUBLIC_KEY: &str = "CDEMOSANDBOXPUBLICKEY";

/// Secret key of the demo application. It opens nothing but the sandbox.
pub const DEMO_SECRET_KEY: &str = "5A4D0B0C5EC2E70000000001";

/// Access token of the player who is always signed in. It opens nothing but the sandbox.
pub const DEMO_ACCESS_TOKEN: &str = "tkn1-sandbox.PlayerOne_0001";

/// OK user id of the player who is always signed in.
pub const DEMO_USER_ID: u64 = 561_104_940_000;

/// An application the sandbox knows, as OK would hand it out on registration.
///
/// `Debug` does not show the secret key.
///
/// ```
/// use odnoklassniki_sandbox::App;
/// let app = App::new(512_000_123_456, "CBAPUBLICKEY", "A1B2C3");
/// assert_eq!(app.id, 512_000_123_456);
/// assert!(!format!("{app:?}").contains("A1B2C3"));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct App {
    /// Application id, sent as `st.app`.
    pub id: u64,
    /// Public key, called `application_key` in REST calls.
    pub public_key: String,
    /// Secret key: signs requests that carry no access token, and makes session secrets.
    pub secret_key: String,
}

impl App {
    /// An application with these keys.
    #[must_use]
    pub fn new(id: u64, public_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self { id, public_key: public_key.into(), secret_key: secret_key.into() }
    }

    /// The demo application: [`DEMO_APP_ID`], [`DEMO_PUBLIC_KEY`], [`DEMO_SECRET_KEY`].
    #[must_use]
    pub fn demo() -> Self {
        Self::new(DEMO_APP_ID, DEMO_PUBLIC_KEY, DEMO_SECRET_KEY)
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("id", &self.id)
            .field("public_key", &self.public_key)
            .field("secret_key", &"[redacted]")
            .finish()
    }
}

/// The signed-in player, as a game holds him after sign-in.
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
    pub(crate) fn new(app: &App, access_token: &str) -> Self {
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
