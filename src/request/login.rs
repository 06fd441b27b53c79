//! Signing the player in.

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use bevy_ecs::message::Message;
use bevy_platform::time::Instant;
use odnoklassniki::AuthCode;
use odnoklassniki::oauth::{Layout, ResponseType, Scope};

use super::id::RequestId;
use super::kind::RequestKind;
use super::outcome::Outcome;
use super::submission::{LoginPayload, Request, Submission, request_methods};

/// How long OK takes a code (`apiok.ru/en/ext/oauth/server`).
pub(crate) const CODE_LIFETIME: Duration = Duration::from_secs(120);

/// Opens OK's login page.
///
/// The answer is one [`LoginFinished`] with the same id; how the session changes is also told by
/// [`SessionChanged`](crate::SessionChanged). The answer comes to one of the redirect addresses
/// that are registered in the application's settings: give them to
/// [`OdnoklassnikiPlugin::with_redirect_uris`](crate::OdnoklassnikiPlugin::with_redirect_uris).
///
/// There is one login at a time. A second request joins the one that is pending, and both end
/// alike; its own rights and layout do not count, and cancelling one of them cancels the login.
/// Up to 32 can join.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn log_in(mut logins: MessageWriter<RequestLogin>) {
///     logins.write(RequestLogin::new().scopes([Scope::VALUABLE_ACCESS, Scope::LONG_ACCESS_TOKEN]));
/// }
/// # bevy_ecs::system::assert_is_system(login);
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
}

impl RequestLogin {
    /// The token flow: the session comes to the game itself, without a server. Asks for the right
    /// `VALUABLE_ACCESS`.
    ///
    /// "Client OAuth" must be switched on in the application's settings.
    #[must_use]
    pub fn new() -> Self {
        Self::with(ResponseType::Token)
    }

    /// The code flow, for games with a backend: the answer is a [`LoginCode`], which the backend
    /// exchanges with the application's secret key. What it makes of it, the game gives to
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
    /// # bevy_ecs::system::assert_is_system(login);
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

    /// The rights to ask for, in place of `VALUABLE_ACCESS` alone. The player may grant fewer: see
    /// [`OkSession::scopes`](crate::OkSession::scopes).
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        self.0.payload.scopes = scopes.into_iter().collect();
        self
    }

    /// How the page looks; the whole site if not set.
    ///
    /// ```
    /// use bevy_odnoklassniki::{RequestLogin, protocol::oauth::Layout};
    /// let request = RequestLogin::new().layout(Layout::Mobile);
    /// # let _ = request;
    /// ```
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
/// It is written in [`OkSystems::Receive`](crate::OkSystems::Receive) (`PreUpdate`); for a request
/// that ends at once, or that the game cancels, in [`OkSystems::Send`](crate::OkSystems::Send)
/// (`PostUpdate`). A player who presses "deny" is `Cancelled(Player)`.
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
    /// The request that ended.
    pub id: RequestId,
    /// How it ended.
    pub outcome: Outcome<LoggedIn>,
}

/// What a login has brought.
///
/// ```
/// use bevy_odnoklassniki::LoggedIn;
/// assert!(matches!(LoggedIn::Session, LoggedIn::Session));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoggedIn {
    /// The token flow: [`OkSession`](crate::OkSession) is logged in.
    Session,
    /// The code flow: nobody is logged in before the backend has exchanged the code.
    Code(LoginCode),
}

/// The code of the code flow, for the game's backend. It can be taken once, within two minutes;
/// then it is wiped.
///
/// `Debug` does not show it.
///
/// ```
/// use bevy_odnoklassniki::LoginCode;
///
/// fn to_json(code: &LoginCode) -> Option<String> {
///     let secret = code.take()?;
///     Some(format!(r#"{{"code":{:?},"redirect_uri":{:?}}}"#, secret.expose(), code.redirect_uri()))
/// }
/// # let _ = to_json;
/// ```
#[derive(Clone)]
pub struct LoginCode {
    code: Arc<Mutex<Option<AuthCode>>>,
    redirect_uri: Arc<str>,
    came: Instant,
}

impl LoginCode {
    pub(crate) fn new(code: AuthCode, redirect_uri: &str) -> Self {
        Self {
            code: Arc::new(Mutex::new(Some(code))),
            redirect_uri: redirect_uri.into(),
            came: Instant::now(),
        }
    }

    /// The code. `None` if it was taken before, or came more than two minutes ago.
    #[must_use]
    pub fn take(&self) -> Option<AuthCode> {
        let code = self
            .code
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        code.filter(|_| self.came.elapsed() < CODE_LIFETIME)
    }

    /// The redirect address the code came to: the exchange must name the same.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }
}

impl PartialEq for LoginCode {
    /// Whether it is the same code, not an equal one.
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
        code.came -= CODE_LIFETIME;
        assert!(
            code.take().is_none() && code.code.lock().unwrap().is_none(),
            "too old, and gone"
        );
    }
}
