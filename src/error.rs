//! [`RequestError`]: why a request failed, and what to do about it.

mod advice;
mod kind;

use core::fmt;

use callback_listener::{ListenError, OneTimeLink};
use odnoklassniki::oauth::OAuthError;
use odnoklassniki::oauth::OAuthErrorCode;
use odnoklassniki::{CallbackError, ErrorCode, FieldError, Refusal, SigningError, UrlError};

pub use self::kind::RequestErrorKind;

use self::advice::advice;
use crate::opener::OpenError;
use crate::request::RequestId;

/// Why a request ended in [`Outcome::Failed`](crate::Outcome::Failed).
///
/// [`kind`](Self::kind) is for code, `Display` for the log, [`advice`](Self::advice) for the
/// developer. Printing it (also with `{:?}`) is safe: it holds no token, key or signed URL.
///
/// ```
/// use bevy_odnoklassniki::{RequestError, RequestErrorKind};
///
/// fn hint(error: &RequestError) -> String {
///     match error.kind() {
///         RequestErrorKind::CannotOpen => "No browser could be started".to_owned(),
///         _ => format!("{error}: {}", error.advice()),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestError {
    kind: RequestErrorKind,
    text: String,
    detail: Detail,
    /// Replaces the kind's advice.
    advice: Option<&'static str>,
}

/// What an error carries beside its text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Detail {
    None,
    Code(ErrorCode),
    OAuth(Box<OAuthErrorCode>),
    Field(Box<str>),
    Link(OneTimeLink),
    Pending(RequestId),
}

impl RequestError {
    pub(crate) fn new(kind: RequestErrorKind, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            kind,
            text,
            detail: Detail::None,
            advice: None,
        }
    }

    pub(crate) fn already_pending(other: RequestId) -> Self {
        let text = format!("an equal request, {other}, is pending already");
        Self {
            detail: Detail::Pending(other),
            ..Self::new(RequestErrorKind::AlreadyPending, text)
        }
    }

    /// Refuses a login by the other flow: there is one login at a time, and one way for it to end.
    pub(crate) fn other_flow_pending(other: RequestId) -> Self {
        let text = format!("a login by the other flow, {other}, is pending");
        Self {
            detail: Detail::Pending(other),
            ..Self::new(RequestErrorKind::AlreadyPending, text)
        }
        .with_advice("wait for it, or cancel it; a game uses one flow")
    }

    pub(crate) fn cannot_open(why: &OpenError, link: Option<OneTimeLink>) -> Self {
        let text = format!("the page could not be opened: {why}");
        let kind = match why.is_popup_blocked() {
            true => RequestErrorKind::PopupBlocked,
            false => RequestErrorKind::CannotOpen,
        };
        Self {
            detail: link.map_or(Detail::None, Detail::Link),
            ..Self::new(kind, text)
        }
    }

    /// Returns the error of a login that OK refused.
    pub(crate) fn oauth(error: &OAuthError) -> Self {
        let text = format!("OK refused the login: {error}");
        Self {
            detail: Detail::OAuth(Box::new(error.code.clone())),
            ..Self::new(RequestErrorKind::Refused, text)
        }
    }

    pub(crate) fn no_redirect() -> Self {
        Self::new(RequestErrorKind::NotConfigured, "no redirect URI is set, so OK cannot send the player back").with_advice(
            "register one such as http://127.0.0.1:17811/login in the application's settings on OK, and give it to OdnoklassnikiPlugin::with_redirect_uris",
        )
    }

    pub(crate) fn no_return_page(url: &str) -> Self {
        let text = format!("there is no return page of this version at {url}");
        Self::new(RequestErrorKind::NotConfigured, text).with_advice(
            "copy assets/pages/odnoklassniki.html of this version of bevy_odnoklassniki there (cargo xtask return-page, or the constant RETURN_PAGE), and exclude it from the navigation fallback of the host and of a service worker",
        )
    }

    /// Refuses what needs a return page, on the web without one.
    pub(crate) fn needs_return_page(kind: RequestErrorKind, what: &str) -> Self {
        Self::new(kind, format!("{what} needs a return page, and there is none")).with_advice(
            "serve the return page and remove OdnoklassnikiPlugin::without_return_page (cargo xtask return-page, or the constant RETURN_PAGE)",
        )
    }

    pub(crate) fn no_listener(error: &ListenError) -> Self {
        let kind = match error {
            ListenError::Unsupported => RequestErrorKind::Unsupported,
            ListenError::ReturnPage(_) | ListenError::Isolated => RequestErrorKind::NotConfigured,
            _ => RequestErrorKind::PortUnavailable,
        };
        let new = Self::new(kind, error.to_string());
        match error {
            ListenError::Isolated => new.with_advice(
                "serve the return page, which works there, and remove OdnoklassnikiPlugin::without_return_page; or serve the game without the headers COOP and COEP",
            ),
            ListenError::ReturnPage(_) => new.with_advice(
                "serve the return page from the game's own site, and give its URL to OdnoklassnikiPlugin::with_return_page",
            ),
            ListenError::Ports(_) => new.with_advice(
                "close the program that has the port, or register a second redirect URI with another port and give both to OdnoklassnikiPlugin::with_redirect_uris; then try again. Reserved ports: on Windows `netsh interface ipv4 show excludedportrange tcp` lists them, elsewhere take one above 1023",
            ),
            _ => new,
        }
    }

    pub(crate) fn with_advice(self, advice: &'static str) -> Self {
        Self {
            advice: Some(advice),
            ..self
        }
    }

    pub(crate) fn callback_of_another_kind() -> Self {
        let text = "the callback belongs to another kind of request";
        Self::new(RequestErrorKind::InvalidCallback, text)
    }

    pub(crate) fn invalid_callback(why: &CallbackError) -> Self {
        Self::new(RequestErrorKind::InvalidCallback, why.to_string())
    }

    /// Returns what went wrong, for code to branch on.
    #[must_use]
    pub fn kind(&self) -> RequestErrorKind {
        self.kind
    }

    /// Returns OK's error code, for [`RequestErrorKind::Refused`] by OK's widget pages
    /// (`apiok.ru/en/dev/errors`). `None` for a login, and if the game's backend refused to sign.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self.detail {
            Detail::Code(code) => Some(code),
            _ => None,
        }
    }

    /// Returns OAuth's error code (RFC 6749, sections 4.1.2.1 and 4.2.2.1), for a login that ended
    /// as [`RequestErrorKind::Refused`].
    #[must_use]
    pub fn oauth_code(&self) -> Option<&OAuthErrorCode> {
        match &self.detail {
            Detail::OAuth(code) => Some(code),
            _ => None,
        }
    }

    /// Returns the name of the value at fault, for [`RequestErrorKind::InvalidRequest`]:
    /// `st.groupId`, `st.attachment.media[2].url`. For [`RequestErrorKind::UrlTooLong`] it is the
    /// value that takes most of the URL.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match &self.detail {
            Detail::Field(field) => Some(field),
            _ => None,
        }
    }

    /// Returns the link that could not be opened, for [`RequestErrorKind::CannotOpen`]. `None` for a
    /// page that a [page host](crate::PageHost) could not show.
    ///
    /// The player may still open it by hand, once and within a minute (a login's link no longer
    /// works). OK's page works, but the request is over and the plugin drops its callback.
    /// [`CancelRequest`](crate::CancelRequest) ends the link at once.
    #[must_use]
    pub fn link(&self) -> Option<&OneTimeLink> {
        match &self.detail {
            Detail::Link(link) => Some(link),
            _ => None,
        }
    }

    /// Returns the equal request that is pending, for [`RequestErrorKind::AlreadyPending`].
    #[must_use]
    pub fn pending(&self) -> Option<RequestId> {
        match self.detail {
            Detail::Pending(id) => Some(id),
            _ => None,
        }
    }

    /// Returns whether the game may send the same request again, unchanged, and it may succeed
    /// then.
    ///
    /// True for [`Network`](RequestErrorKind::Network),
    /// [`ListenerLost`](RequestErrorKind::ListenerLost), [`PageLost`](RequestErrorKind::PageLost),
    /// [`TooManyPending`](RequestErrorKind::TooManyPending),
    /// [`PortUnavailable`](RequestErrorKind::PortUnavailable) and
    /// [`PopupBlocked`](RequestErrorKind::PopupBlocked). True for a
    /// [`Refused`](RequestErrorKind::Refused) with OK's codes 2, 8 and 11 (a fault of the service,
    /// too many calls). True also for one with OAuth's `server_error` or `temporarily_unavailable`
    /// (RFC 6749, section 4.1.2.1). Let the player ask for it or wait: never repeat it in a loop.
    ///
    /// False for [`InvalidCallback`](RequestErrorKind::InvalidCallback): the player may have done
    /// on OK what the request asked for, and a second request could do it twice.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.kind {
            RequestErrorKind::Network
            | RequestErrorKind::ListenerLost
            | RequestErrorKind::PageLost
            | RequestErrorKind::TooManyPending
            | RequestErrorKind::PortUnavailable
            | RequestErrorKind::PopupBlocked => true,
            RequestErrorKind::Refused => {
                matches!(
                    self.code(),
                    Some(ErrorCode::SERVICE | ErrorCode::FLOOD_BLOCKED | ErrorCode::LIMIT_REACHED)
                ) || matches!(
                    self.oauth_code(),
                    Some(OAuthErrorCode::ServerError | OAuthErrorCode::TemporarilyUnavailable)
                )
            }
            _ => false,
        }
    }

    /// Returns whether the player must log in (again) before the request can succeed: for
    /// [`NotLoggedIn`](RequestErrorKind::NotLoggedIn), and if OK refused the session (codes 102 and
    /// 103).
    #[must_use]
    pub fn needs_login(&self) -> bool {
        self.kind == RequestErrorKind::NotLoggedIn
            || matches!(
                self.code(),
                Some(ErrorCode::PARAM_SESSION_EXPIRED | ErrorCode::PARAM_SESSION_KEY)
            )
    }

    /// Returns whether the developer, not the player, must fix something: the game's code, the
    /// application's credentials, or its settings on OK.
    #[must_use]
    pub fn is_config(&self) -> bool {
        matches!(
            self.kind,
            RequestErrorKind::NotConfigured
                | RequestErrorKind::NotApproved
                | RequestErrorKind::InvalidRequest
                | RequestErrorKind::UrlTooLong
                | RequestErrorKind::Unsupported
        ) || matches!(
            self.code(),
            Some(
                ErrorCode::PARAM_SIGNATURE
                    | ErrorCode::PARAM_API_KEY
                    | ErrorCode::NO_SUCH_APP
                    | ErrorCode::PARAM_APPLICATION_DISABLED
                    | ErrorCode::APP_NO_PLATFORM_ALLOWED
            )
        ) || self.oauth_code().is_some() && !self.is_retryable()
    }

    /// Returns one line on what to do about it, in English, for the developer. It holds no value of
    /// the request. It suggests another try exactly if [`is_retryable`](Self::is_retryable).
    #[must_use]
    pub fn advice(&self) -> &'static str {
        self.advice
            .unwrap_or_else(|| advice(self.kind, self.code(), self.oauth_code()))
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl core::error::Error for RequestError {}

impl From<FieldError> for RequestError {
    fn from(error: FieldError) -> Self {
        Self {
            detail: Detail::Field(error.field().into()),
            ..Self::new(RequestErrorKind::InvalidRequest, error.to_string())
        }
    }
}

impl From<UrlError> for RequestError {
    fn from(error: UrlError) -> Self {
        match error {
            UrlError::Field(error) => error.into(),
            UrlError::Signing(error) => error.into(),
            UrlError::TooLong { ref longest, .. } => Self {
                detail: Detail::Field(longest.as_str().into()),
                ..Self::new(RequestErrorKind::UrlTooLong, error.to_string())
            },
            _ => Self::new(RequestErrorKind::InvalidRequest, error.to_string()),
        }
    }
}

impl From<SigningError> for RequestError {
    fn from(error: SigningError) -> Self {
        let kind = match error {
            SigningError::NotLoggedIn => {
                return Self::new(RequestErrorKind::NotLoggedIn, error.to_string()).with_advice(
                    "the game's backend knows no session of this player: write RequestLogin::code() and send the new code to the backend",
                );
            }
            SigningError::Refused(_) => RequestErrorKind::Refused,
            _ => RequestErrorKind::Network,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<Refusal> for RequestError {
    fn from(refusal: Refusal) -> Self {
        Self {
            detail: Detail::Code(refusal.code),
            ..Self::new(RequestErrorKind::Refused, format!("OK refused: {refusal}"))
        }
    }
}
