//! Logging the player in.

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use bevy_ecs::message::Message;
use bevy_platform::time::Instant;
use odnoklassniki::AuthCode;
use odnoklassniki::oauth::{Layout, ResponseType, Scope};

use super::callback::{CallbackFacts, ReceivedCallback};
use super::id::RequestId;
use super::kind::RequestKind;
use super::outcome::Outcome;
use super::submission::{LoginPayload, Request, Submission, request_methods};
use crate::error::RequestError;

/// How long OK accepts a code (`apiok.ru/en/ext/oauth/server`).
pub(crate) const CODE_LIFETIME: Duration = Duration::from_secs(120);

/// How many requests may join a pending login.
pub(crate) const MAX_JOINED: usize = 32;

/// Opens OK's login page.
///
/// The result is one [`LoginFinished`] with the same id; a
/// [`SessionChanged`](crate::SessionChanged) says how the session changes. OK sends its response to
/// a redirect URI that is registered in the application's settings: see
/// [`OdnoklassnikiPlugin::with_redirect_uris`](crate::OdnoklassnikiPlugin::with_redirect_uris).
///
/// There is one login at a time. A second request joins the pending one, and both end alike. Its
/// own scopes and layout do not count, and cancelling one of them cancels the login. Up to 32 can
/// join; one more ends as [`TooManyPending`](crate::RequestErrorKind::TooManyPending).
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn log_in(mut logins: MessageWriter<RequestLogin>) {
///     let scopes = [Scope::VALUABLE_ACCESS, Scope::LONG_ACCESS_TOKEN];
///     logins.write(RequestLogin::new().scopes(scopes));
/// }
/// # bevy_ecs::system::assert_is_system(log_in);
/// ```
///
/// Sources: `apiok.ru/en/ext/oauth/client`, `apiok.ru/en/ext/oauth/server`.
#[derive(Message, Debug)]
pub struct RequestLogin(Submission<LoginPayload>);

request_methods!(RequestLogin);

impl Request for RequestLogin {
    type Success = LoggedIn;

    fn submission(&self) -> Submission {
        self.0.erased()
    }

    /// Fails: a login's callback also changes the session, so `driver/login.rs` makes its outcome.
    fn outcome(_: ReceivedCallback, _: &CallbackFacts<'_>) -> Outcome<LoggedIn> {
        Outcome::Failed(RequestError::callback_of_another_kind())
    }
}

impl RequestLogin {
    /// Creates a login by the token flow: the game gets the session itself, without a server. It
    /// requests the scope `VALUABLE_ACCESS`.
    ///
    /// "Client OAUTH" must be switched on in the application's settings.
    #[must_use]
    pub fn new() -> Self {
        Self::with(ResponseType::Token)
    }

    /// Creates a login by the code flow, for games with a backend.
    ///
    /// The result is a [`LoginCode`], which the backend exchanges for a session with the
    /// application's secret key. The game then gives the session to
    /// [`OkSession::accept`](crate::OkSession::accept).
    ///
    /// ```
    /// use bevy_ecs::prelude::*;
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::LoggedIn;
    ///
    /// fn log_in(mut logins: MessageWriter<RequestLogin>) {
    ///     logins.write(RequestLogin::code());
    /// }
    ///
    /// fn to_the_backend(mut finished: MessageReader<LoginFinished>) {
    ///     for login in finished.read() {
    ///         if let Outcome::Completed(LoggedIn::Code(code)) = &login.outcome
    ///             && let Some(secret) = code.take()
    ///         {
    ///             # fn send(_: &str, _: &str) {}
    ///             send(secret.expose(), code.redirect_uri());
    ///         }
    ///     }
    /// }
    /// # bevy_ecs::system::assert_is_system(log_in);
    /// # bevy_ecs::system::assert_is_system(to_the_backend);
    /// ```
    #[must_use]
    pub fn code() -> Self {
        Self::with(ResponseType::Code)
    }

    fn with(response_type: ResponseType) -> Self {
        let payload = LoginPayload {
            response_type,
            scopes: vec![Scope::VALUABLE_ACCESS],
            layout: Layout::default(),
        };
        Self(Submission::new(RequestKind::Login, payload))
    }

    /// Sets the scopes to request, in place of `VALUABLE_ACCESS` alone. The player may grant fewer:
    /// see [`OkSession::scopes`](crate::OkSession::scopes).
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        self.0.payload.scopes = scopes.into_iter().collect();
        self
    }

    /// Sets the layout of OK's page (`layout`, `apiok.ru/en/ext/oauth/client`); the full site by
    /// default.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.0.payload.layout = layout;
        self
    }
}

impl Default for RequestLogin {
    fn default() -> Self {
        Self::new()
    }
}

/// The one result of a [`RequestLogin`].
///
/// The plugin writes it in [`OkSystems::Receive`](crate::OkSystems::Receive) (`PreUpdate`); for a
/// request that ends at once, or that the game cancels, in
/// [`OkSystems::Send`](crate::OkSystems::Send) (`PostUpdate`). If the player presses "deny", the
/// outcome is `Cancelled(Player)`.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn greet(mut finished: MessageReader<LoginFinished>) {
///     for login in finished.read() {
///         match &login.outcome {
///             Outcome::Completed(_) => println!("welcome"),
///             Outcome::Cancelled(_) | Outcome::TimedOut => println!("perhaps later"),
///             Outcome::Failed(error) => eprintln!("{error}: {}", error.advice()),
///         }
///     }
/// }
/// # bevy_ecs::system::assert_is_system(greet);
/// ```
#[derive(Message, Clone, Debug)]
pub struct LoginFinished {
    /// The id of the [`RequestLogin`] that ended.
    pub id: RequestId,
    /// How it ended: completed, cancelled, timed out or failed.
    pub outcome: Outcome<LoggedIn>,
    /// The game's own text: see [`tag`](RequestLogin::tag).
    pub tag: Option<String>,
    /// Whether an earlier run of the game has sent the request
    /// ([`with_pending_store`](crate::OdnoklassnikiPlugin::with_pending_store), or
    /// [`WebWindow::Page`](crate::WebWindow::Page) on the web).
    pub resumed: bool,
}

/// The result of a completed login: one variant for each flow. More may come: match with a
/// wildcard.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoggedIn {
    /// The token flow, [`RequestLogin::new`]: [`OkSession`](crate::OkSession) has the session
    /// already.
    Session,
    /// The code flow, [`RequestLogin::code`]: the game sends the code to its backend. The player is
    /// not logged in before the backend has exchanged it.
    Code(LoginCode),
}

/// The code of the code flow, for the game's backend. The game can take it once, within two
/// minutes; then it is wiped.
///
/// `Debug` does not show it.
///
/// ```
/// use bevy_odnoklassniki::LoginCode;
///
/// fn to_json(code: &LoginCode) -> Option<String> {
///     let secret = code.take()?;
///     let (code, uri) = (secret.expose(), code.redirect_uri());
///     Some(format!(r#"{{"code":{code:?},"redirect_uri":{uri:?}}}"#))
/// }
/// ```
#[derive(Clone)]
pub struct LoginCode {
    code: Arc<Mutex<Option<AuthCode>>>,
    redirect_uri: Arc<str>,
    received: Instant,
}

impl LoginCode {
    pub(crate) fn new(code: AuthCode, redirect_uri: &str) -> Self {
        Self {
            code: Arc::new(Mutex::new(Some(code))),
            redirect_uri: redirect_uri.into(),
            received: Instant::now(),
        }
    }

    /// Takes the code. Returns `None` if it was taken before, if it is older than two minutes (the
    /// lifetime of a code, `apiok.ru/en/ext/oauth/server`), or after a
    /// [`RequestLogout`](crate::RequestLogout).
    #[must_use]
    pub fn take(&self) -> Option<AuthCode> {
        let code = self
            .code
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        code.filter(|_| self.received.elapsed() < CODE_LIFETIME)
    }

    /// Returns the redirect URI of the login. The exchange must name the same URI (RFC 6749,
    /// section 4.1.3).
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }
}

impl PartialEq for LoginCode {
    /// Returns whether it is the same code, not an equal one.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.code, &other.code)
    }
}

impl Eq for LoginCode {}

impl fmt::Debug for LoginCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginCode")
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_once_and_not_too_late() {
        let mut code = LoginCode::new(AuthCode::new("canary"), "http://127.0.0.1:1/login");
        assert!(!format!("{code:?}").contains("canary"));
        let clone = code.clone();
        assert_eq!(clone.take().as_ref().map(AuthCode::expose), Some("canary"));
        assert!(code.take().is_none(), "taken by the other reader");
        *code.code.lock().unwrap() = Some(AuthCode::new("old"));
        // A browser's clock begins with the page.
        let Some(long_ago) = code.received.checked_sub(CODE_LIFETIME) else {
            return;
        };
        code.received = long_ago;
        assert!(
            code.take().is_none() && code.code.lock().unwrap().is_none(),
            "too old, and gone"
        );
    }
}
