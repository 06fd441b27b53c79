//! The URL of the page on which a player logs in.

use std::fmt;

use zeroize::Zeroizing;

use super::Scope;
use crate::error::FieldError;
use crate::hosts::Hosts;
use crate::id::ApplicationId;
use crate::query::{self, MAX_URL_BYTES};

/// What the login page hands back (`response_type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseType {
    /// A token and its key, in the fragment (<https://apiok.ru/en/ext/oauth/client>). "Client
    /// OAuth" must be switched on in the application's settings.
    #[default]
    Token,
    /// A code that the game's server exchanges within two minutes
    /// (<https://apiok.ru/en/ext/oauth/server>).
    Code,
}

impl ResponseType {
    /// Returns OK's name of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Code => "code",
        }
    }
}

/// How the login page looks (`layout`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// The whole site (`w`).
    #[default]
    Full,
    /// For small windows (`m`).
    Mobile,
    /// For small windows, without OK's header (`a`).
    MobileWithoutHeader,
}

impl Layout {
    /// Returns OK's letter for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "w",
            Self::Mobile => "m",
            Self::MobileWithoutHeader => "a",
        }
    }
}

/// What goes into the URL of the login page (<https://apiok.ru/en/ext/oauth/client>,
/// <https://apiok.ru/en/ext/oauth/server>). `Debug` leaves the state out.
///
/// ```
/// use odnoklassniki::oauth::*;
/// use odnoklassniki::{ApplicationId, Hosts};
///
/// let mut request = AuthorizeRequest {
///     client_id: ApplicationId::new(1),
///     response_type: ResponseType::Code,
///     scopes: &[Scope::VALUABLE_ACCESS, Scope::GET_EMAIL],
///     layout: Layout::Mobile,
///     redirect_uri: "https://game.example/login",
///     state: "n1",
/// };
/// let url = request.url(&Hosts::default())?;
/// assert_eq!(
///     url.expose(),
///     "https://connect.ok.ru/oauth/authorize?client_id=1&scope=VALUABLE_ACCESS%3BGET_EMAIL&response_type=code\
///      &redirect_uri=https%3A%2F%2Fgame.example%2Flogin&layout=m&state=n1"
/// );
/// request.scopes = &[];
/// assert_eq!(request.url(&Hosts::default()).unwrap_err().field(), "scope");
/// # Ok::<(), odnoklassniki::FieldError>(())
/// ```
#[derive(Clone, Copy)]
pub struct AuthorizeRequest<'a> {
    /// The application.
    pub client_id: ApplicationId,
    /// What the page hands back.
    pub response_type: ResponseType,
    /// The scopes to ask for; at least one.
    pub scopes: &'a [Scope],
    /// How the page looks.
    pub layout: Layout,
    /// Where the response goes: a URL registered in the application's settings, character by
    /// character.
    pub redirect_uri: &'a str,
    /// OK hands it back unchanged. Make it unguessable and compare it: only then does a response
    /// belong to this request. Visible ASCII.
    pub state: &'a str,
}

impl AuthorizeRequest<'_> {
    /// Builds the URL to open.
    ///
    /// # Errors
    /// The first field at fault: no scope, a redirect URI or state that is empty or not visible
    /// ASCII. If the URL would be longer than [`MAX_URL_BYTES`], the longest field.
    pub fn url(&self, hosts: &Hosts) -> Result<AuthorizeUrl, FieldError> {
        if self.scopes.is_empty() {
            return Err(FieldError::new(
                "scope",
                "asks for nothing",
                "ask for VALUABLE_ACCESS at least",
            ));
        }
        for (name, value) in [("redirect_uri", self.redirect_uri), ("state", self.state)] {
            if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(FieldError::new(
                    name,
                    "is empty or not visible ASCII",
                    "percent-encode the rest",
                ));
            }
        }
        let host = hosts.connect();
        let head = format!("{host}oauth/authorize?client_id={}", self.client_id);
        let scope = Scope::join(self.scopes);
        let pairs = [
            ("scope", scope.as_str()),
            ("response_type", self.response_type.as_str()),
            ("redirect_uri", self.redirect_uri),
            ("layout", self.layout.as_str()),
            ("state", self.state),
        ];
        let url = AuthorizeUrl(Zeroizing::new(query::write(&head, &pairs)));
        if url.0.len() > MAX_URL_BYTES {
            let longest = query::longest(host, &pairs);
            return Err(FieldError::new(
                longest,
                "makes the URL too long",
                "shorten it",
            ));
        }
        Ok(url)
    }
}

impl fmt::Debug for AuthorizeRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizeRequest")
            .field("client_id", &self.client_id)
            .field("response_type", &self.response_type)
            .field("scopes", &self.scopes)
            .field("layout", &self.layout)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

/// The URL of the login page. It holds the state, so it is wiped and not printed.
#[must_use]
pub struct AuthorizeUrl(Zeroizing<String>);

impl AuthorizeUrl {
    /// Returns the URL: ASCII, at most [`MAX_URL_BYTES`] long.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AuthorizeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizeUrl([redacted])")
    }
}
