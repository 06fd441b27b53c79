//! The address of the page on which a player logs in.

use std::fmt;

use zeroize::Zeroizing;

use super::Scope;
use crate::error::FieldError;
use crate::hosts::Hosts;
use crate::id::ApplicationId;
use crate::widget::MAX_URL_BYTES;
use crate::widget::encode;

/// What the login page hands back (`response_type`).
///
/// ```
/// use odnoklassniki::oauth::ResponseType;
/// assert_eq!(ResponseType::default(), ResponseType::Token);
/// ```
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

/// How the login page looks (`layout`).
///
/// ```
/// use odnoklassniki::oauth::Layout;
/// assert_eq!(Layout::default(), Layout::Full);
/// ```
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

/// What goes into the address of the login page. `Debug` leaves the state out.
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
/// let address = request.url(&Hosts::default())?;
/// assert_eq!(
///     address.expose(),
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
    /// What to hand back.
    pub response_type: ResponseType,
    /// The rights to ask for; at least one.
    pub scopes: &'a [Scope],
    /// How the page looks.
    pub layout: Layout,
    /// Where the answer goes: an address registered in the application's settings, character by
    /// character.
    pub redirect_uri: &'a str,
    /// Handed back unchanged. Make it unguessable and compare it: only then is an answer one to
    /// this request. Visible ASCII.
    pub state: &'a str,
}

impl AuthorizeRequest<'_> {
    /// The address to open.
    ///
    /// # Errors
    /// No right is asked for, the redirect address or the state is empty or not visible ASCII, or
    /// the whole could be longer than [`MAX_URL_BYTES`]; then what takes the most is named.
    pub fn url(&self, hosts: &Hosts) -> Result<AuthorizeUrl, FieldError> {
        if self.scopes.is_empty() {
            return Err(FieldError::new(
                "scope",
                "asks for no right",
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
        let (client_id, scope) = (self.client_id.to_string(), Scope::write_list(self.scopes));
        let head = [hosts.connect(), "oauth/authorize?client_id=", &client_id];
        let pairs = [
            ("scope", scope.as_str()),
            ("response_type", self.response_type.as_str()),
            ("redirect_uri", self.redirect_uri),
            ("layout", self.layout.as_str()),
            ("state", self.state),
        ];
        let most = head.map(str::len).iter().sum::<usize>()
            + pairs.map(encode::most).iter().sum::<usize>();
        if most > MAX_URL_BYTES {
            let parts = pairs
                .into_iter()
                .chain([("hosts.connect", hosts.connect())]);
            let longest = parts
                .max_by_key(|&pair| encode::most(pair))
                .map_or("scope", |(name, _)| name);
            return Err(FieldError::new(
                longest,
                "makes the address too long",
                "shorten it",
            ));
        }
        // The whole capacity at once: what grows leaves copies of the state behind.
        let mut address = Zeroizing::new(Vec::with_capacity(most + encode::SLACK));
        for text in head {
            address.extend_from_slice(text.as_bytes());
        }
        for pair in pairs {
            encode::push_pair(&mut address, pair);
        }
        Ok(AuthorizeUrl(address))
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

impl ResponseType {
    /// OK's name of it.
    ///
    /// ```
    /// assert_eq!(odnoklassniki::oauth::ResponseType::Code.as_str(), "code");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Code => "code",
        }
    }
}

impl Layout {
    /// OK's letter for it.
    ///
    /// ```
    /// assert_eq!(odnoklassniki::oauth::Layout::MobileWithoutHeader.as_str(), "a");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "w",
            Self::Mobile => "m",
            Self::MobileWithoutHeader => "a",
        }
    }
}

/// The address of the login page. It holds the state, so it is wiped and not printed.
///
/// ```
/// # use odnoklassniki::{oauth::*, ApplicationId, Hosts};
/// # let request = AuthorizeRequest {
/// #     client_id: ApplicationId::new(1), response_type: ResponseType::Token, scopes: &[Scope::VALUABLE_ACCESS],
/// #     layout: Layout::Full, redirect_uri: "http://127.0.0.1:17811/login", state: "n1",
/// # };
/// let address = request.url(&Hosts::default()).unwrap();
/// assert_eq!(format!("{address:?}"), "AuthorizeUrl([redacted])");
/// ```
#[must_use]
pub struct AuthorizeUrl(Zeroizing<Vec<u8>>);

impl AuthorizeUrl {
    /// The address: ASCII, at most [`MAX_URL_BYTES`] long.
    #[must_use]
    pub fn expose(&self) -> &str {
        // ASCII because of how it was made.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for AuthorizeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizeUrl([redacted])")
    }
}
