//! [`RequestError`]: why a request failed, and what to do about it.

use core::fmt;

use callback_listener::{ListenError, OneTimeLink};
use odnoklassniki::oauth::OAuthError;
use odnoklassniki::oauth::OAuthErrorCode;
use odnoklassniki::{CallbackError, ErrorCode, FieldError, Refusal, SigningError, UrlError};

use crate::opener::OpenError;
use crate::request::RequestId;

/// Why a request ended in [`Outcome::Failed`](crate::Outcome::Failed).
///
/// [`kind`](Self::kind) is for code, `Display` for the log, [`advice`](Self::advice) for the
/// developer who reads it. Printing it (also with `{:?}`) is safe: it holds no token, key or signed
/// address.
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
/// # let _ = hint;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestError {
    kind: RequestErrorKind,
    text: String,
    code: Option<ErrorCode>,
    field: Option<Box<str>>,
    link: Option<OneTimeLink>,
    pending: Option<RequestId>,
    oauth: Option<Box<OAuthErrorCode>>,
    /// More to the point than what the kind says.
    advice: Option<&'static str>,
}

/// The kinds of [`RequestError`]. More may come: match with a wildcard.
///
/// ```
/// use bevy_odnoklassniki::RequestErrorKind;
/// assert_ne!(RequestErrorKind::TooManyPending, RequestErrorKind::AlreadyPending);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestErrorKind {
    /// OK answered with an error: [`RequestError::code`] holds its number and name, at login
    /// [`RequestError::oauth_code`] its name; the text is OK's own. Without either it was the
    /// game's backend that refused to sign.
    Refused,
    /// A value of the request cannot be sent: [`RequestError::field`] names it. Nothing was opened.
    InvalidRequest,
    /// There is nothing to sign with: nobody is logged in, or the session has expired, and there is
    /// no backend.
    NotLoggedIn,
    /// The plugin's credentials cannot be used, or there are none.
    NotConfigured,
    /// OK published nothing because the application is not approved yet (topic id 0).
    NotApproved,
    /// An equal request is pending; [`RequestError::pending`] names it. Its page is opened again,
    /// unless that was done within the last second (a double click) or it is still being signed.
    AlreadyPending,
    /// Eight requests are pending already.
    TooManyPending,
    /// The signed address would be longer than 8,000 bytes.
    UrlTooLong,
    /// No browser could be started. [`RequestError::link`] can be opened by hand.
    CannotOpen,
    /// The web browser blocked the popup window (web builds).
    PopupBlocked,
    /// No port could be bound on the loopback interface. At login the text names the ports of the
    /// registered redirect addresses, and nothing was opened.
    PortUnavailable,
    /// The callback listener died while the request was pending.
    ListenerLost,
    /// The right page was called back, but its content makes no sense.
    InvalidCallback,
    /// The network, or the game's own backend, could not be reached.
    Network,
    /// This platform or this build cannot do it.
    Unsupported,
}

impl RequestError {
    pub(crate) fn new(kind: RequestErrorKind, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            kind,
            text,
            code: None,
            field: None,
            link: None,
            pending: None,
            oauth: None,
            advice: None,
        }
    }

    pub(crate) fn already_pending(other: RequestId) -> Self {
        let text = format!("an equal request, {other}, is pending already");
        Self {
            pending: Some(other),
            ..Self::new(RequestErrorKind::AlreadyPending, text)
        }
    }

    /// There is one login at a time, and it cannot end in two ways.
    pub(crate) fn other_flow_pending(other: RequestId) -> Self {
        let text = format!("a login by the other flow, {other}, is pending");
        Self {
            pending: Some(other),
            ..Self::new(RequestErrorKind::AlreadyPending, text)
        }
        .with_advice("wait for it, or cancel it; a game uses one flow")
    }

    pub(crate) fn cannot_open(why: &OpenError, link: OneTimeLink) -> Self {
        let text = format!("the page could not be opened: {why}");
        Self {
            link: Some(link),
            ..Self::new(RequestErrorKind::CannotOpen, text)
        }
    }

    /// OK refused a login.
    pub(crate) fn oauth(error: &OAuthError) -> Self {
        let text = format!("OK refused the login: {error}");
        Self {
            oauth: Some(Box::new(error.code.clone())),
            ..Self::new(RequestErrorKind::Refused, text)
        }
    }

    pub(crate) fn no_redirect() -> Self {
        Self::new(RequestErrorKind::NotConfigured, "there is no redirect address that the answer could come to").with_advice(
            "register one such as http://127.0.0.1:17811/login in the application's settings on OK, and give it to OdnoklassnikiPlugin::with_redirect_uris",
        )
    }

    pub(crate) fn no_port(error: &ListenError) -> Self {
        let new = Self::new(RequestErrorKind::PortUnavailable, error.to_string());
        match error {
            ListenError::Ports(_) => new.with_advice(
                "close the program that has the port, or register a second address with another port and give both to OdnoklassnikiPlugin::with_redirect_uris. Reserved ports: on Windows `netsh interface ipv4 show excludedportrange tcp` lists them, elsewhere take one above 1023",
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
        let text = "the callback is one of another kind of request";
        Self::new(RequestErrorKind::InvalidCallback, text)
    }

    pub(crate) fn invalid_callback(why: &CallbackError) -> Self {
        Self::new(RequestErrorKind::InvalidCallback, why.to_string())
    }

    /// What went wrong, for code to branch on.
    ///
    /// ```
    /// # use bevy_odnoklassniki::{RequestError, RequestErrorKind};
    /// fn try_later(error: &RequestError) -> bool {
    ///     error.kind() == RequestErrorKind::Network
    /// }
    /// # let _ = try_later;
    /// ```
    #[must_use]
    pub fn kind(&self) -> RequestErrorKind {
        self.kind
    }

    /// OK's error code, for [`RequestErrorKind::Refused`].
    ///
    /// ```
    /// use bevy_odnoklassniki::{RequestError, protocol::ErrorCode};
    ///
    /// fn is_limit(error: &RequestError) -> bool {
    ///     error.code() == Some(ErrorCode::LIMIT_REACHED)
    /// }
    /// # let _ = is_limit;
    /// ```
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        self.code
    }

    /// Why OK refused a login, for [`RequestErrorKind::Refused`].
    ///
    /// ```
    /// use bevy_odnoklassniki::{RequestError, protocol::oauth::OAuthErrorCode};
    ///
    /// fn client_oauth_is_off(error: &RequestError) -> bool {
    ///     error.oauth_code() == Some(&OAuthErrorCode::UnauthorizedClient)
    /// }
    /// # let _ = client_oauth_is_off;
    /// ```
    #[must_use]
    pub fn oauth_code(&self) -> Option<&OAuthErrorCode> {
        self.oauth.as_deref()
    }

    /// The name of the value at fault, for [`RequestErrorKind::InvalidRequest`]: `st.groupId`,
    /// `st.attachment.media[2].url`. For [`RequestErrorKind::UrlTooLong`] the one that takes the
    /// most of the address.
    ///
    /// ```
    /// # use bevy_odnoklassniki::RequestError;
    /// fn is_about_the_group(error: &RequestError) -> bool {
    ///     error.field() == Some("st.groupId")
    /// }
    /// # let _ = is_about_the_group;
    /// ```
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The link that could not be opened, for [`RequestErrorKind::CannotOpen`].
    ///
    /// A player may still open it by hand, once and within a minute (not that of a login): OK's
    /// page works, but the request is over and its answer is dropped.
    /// [`CancelRequest`](crate::CancelRequest) ends the link at once.
    ///
    /// ```
    /// # use bevy_odnoklassniki::RequestError;
    /// fn by_hand(error: &RequestError) -> Option<&str> {
    ///     error.link().map(|link| link.expose())
    /// }
    /// # let _ = by_hand;
    /// ```
    #[must_use]
    pub fn link(&self) -> Option<&OneTimeLink> {
        self.link.as_ref()
    }

    /// The request that is equal to this one and goes on, for [`RequestErrorKind::AlreadyPending`].
    ///
    /// ```
    /// # use bevy_odnoklassniki::{RequestError, RequestId};
    /// fn which(error: &RequestError, mine: RequestId) -> RequestId {
    ///     error.pending().unwrap_or(mine)
    /// }
    /// # let _ = which;
    /// ```
    #[must_use]
    pub fn pending(&self) -> Option<RequestId> {
        self.pending
    }

    /// Whether the same request may well succeed a little later, unchanged.
    ///
    /// ```
    /// # use bevy_odnoklassniki::RequestError;
    /// fn offer_retry(error: &RequestError) -> bool {
    ///     error.is_retryable() && !error.is_config()
    /// }
    /// # let _ = offer_retry;
    /// ```
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.kind {
            RequestErrorKind::Network
            | RequestErrorKind::ListenerLost
            | RequestErrorKind::TooManyPending
            | RequestErrorKind::PortUnavailable
            | RequestErrorKind::PopupBlocked => true,
            RequestErrorKind::Refused => {
                matches!(
                    self.code,
                    Some(ErrorCode::SERVICE | ErrorCode::FLOOD_BLOCKED | ErrorCode::LIMIT_REACHED)
                ) || matches!(
                    self.oauth_code(),
                    Some(OAuthErrorCode::ServerError | OAuthErrorCode::TemporarilyUnavailable)
                )
            }
            _ => false,
        }
    }

    /// Whether the player must log in (again) first.
    ///
    /// ```
    /// # use bevy_odnoklassniki::RequestError;
    /// fn go_to_login(error: &RequestError) -> bool {
    ///     error.needs_login()
    /// }
    /// # let _ = go_to_login;
    /// ```
    #[must_use]
    pub fn needs_login(&self) -> bool {
        self.kind == RequestErrorKind::NotLoggedIn
            || matches!(
                self.code,
                Some(ErrorCode::PARAM_SESSION_EXPIRED | ErrorCode::PARAM_SESSION_KEY)
            )
    }

    /// Whether the developer, not the player, has something to mend.
    ///
    /// ```
    /// # use bevy_odnoklassniki::RequestError;
    /// fn report(error: &RequestError) {
    ///     assert!(!error.is_config(), "{error}: {}", error.advice());
    /// }
    /// # let _ = report;
    /// ```
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
            self.code,
            Some(
                ErrorCode::PARAM_SIGNATURE
                    | ErrorCode::PARAM_API_KEY
                    | ErrorCode::NO_SUCH_APP
                    | ErrorCode::PARAM_APPLICATION_DISABLED
                    | ErrorCode::APP_NO_PLATFORM_ALLOWED
            )
        ) || self.oauth.is_some() && !self.is_retryable()
    }

    /// One line on what to do about it, for the developer.
    ///
    /// ```
    /// # use bevy_odnoklassniki::RequestError;
    /// fn log(error: &RequestError) {
    ///     eprintln!("{error}\n  {}", error.advice());
    /// }
    /// # let _ = log;
    /// ```
    #[must_use]
    pub fn advice(&self) -> &'static str {
        if let Some(advice) = self.advice {
            return advice;
        }
        if let Some(code) = self.oauth_code() {
            return oauth_advice(code);
        }
        match self.kind {
            RequestErrorKind::Refused => match self.code {
                Some(ErrorCode::PARAM_SIGNATURE) => {
                    "check that the session secret key belongs to this access token and application, and is not the public key"
                }
                Some(ErrorCode::PARAM_SESSION_EXPIRED | ErrorCode::PARAM_SESSION_KEY) => {
                    "log the player in again (RequestLogin). Soon after a login it means that the player has removed the application on OK, or that the session is another application's; soon after a start of the game, that this machine's clock was set back while the session was stored"
                }
                Some(ErrorCode::PERMISSION_DENIED | ErrorCode::PARAM_PERMISSION) => {
                    "ask for the missing right at login (RequestLogin::scopes; OkSession::scopes tells what was granted), or let OK's support give it to the application"
                }
                Some(ErrorCode::PARAM_APPLICATION_DISABLED) => {
                    "switch the application on in its settings on OK, or ask OK's support why it is off"
                }
                Some(ErrorCode::APP_NO_PLATFORM_ALLOWED) => {
                    "tick the platform EXTERNAL in the application's settings on OK"
                }
                Some(ErrorCode::FLOOD_BLOCKED | ErrorCode::LIMIT_REACHED) => {
                    "wait before the next attempt"
                }
                Some(ErrorCode::NO_SUCH_APP) => {
                    "check the application id against the application's settings on OK"
                }
                Some(ErrorCode::PARAM_API_KEY) => {
                    "check the application's public key against the application's settings on OK"
                }
                Some(ErrorCode::PARAM) => {
                    "OK's text names the parameter that it misses or does not take"
                }
                Some(ErrorCode::PARAM_USER_ID) => "check the user ids in target",
                Some(ErrorCode::PARAM_GROUP_ID) => "check group_id",
                Some(ErrorCode::CENSOR_MATCH) => "OK's filter refused the text: send another",
                Some(
                    ErrorCode::FRIEND_RESTRICTION
                    | ErrorCode::GROUP_RESTRICTION
                    | ErrorCode::PRIVACY_RESTRICTION,
                ) => "nothing to mend: that friend or group does not allow it",
                Some(_) => "look the code up in OK's list of errors, apiok.ru/en/dev/errors",
                None => "ask the game's backend why it does not sign this request",
            },
            RequestErrorKind::InvalidRequest => "correct the named value; nothing was opened",
            RequestErrorKind::NotLoggedIn => {
                "write RequestLogin first, or let the plugin do it: OdnoklassnikiPlugin::with_automatic_login"
            }
            RequestErrorKind::NotConfigured => {
                "give the plugin the application id and public key from the application's settings on OK"
            }
            RequestErrorKind::NotApproved => {
                "OK must approve the application before it can publish: write to api-support@ok.ru with its id and the address of its site"
            }
            RequestErrorKind::AlreadyPending => {
                "nothing to do: wait for the request that is pending"
            }
            RequestErrorKind::TooManyPending => {
                "wait for a pending request to end, or cancel one with CancelRequest"
            }
            RequestErrorKind::UrlTooLong => "shorten the named value, or drop attachment blocks",
            RequestErrorKind::CannotOpen => {
                "install or choose a default browser (on Linux: set BROWSER), or give the plugin an Opener"
            }
            RequestErrorKind::PopupBlocked => {
                "send the request in the same frame as the player's click"
            }
            RequestErrorKind::PortUnavailable => {
                "see whether a firewall or sandbox forbids sockets on 127.0.0.1"
            }
            RequestErrorKind::ListenerLost => "send the request again",
            RequestErrorKind::InvalidCallback => {
                "try again; if it stays, report it with the text of this error"
            }
            RequestErrorKind::Network => "check the connection and try again",
            RequestErrorKind::Unsupported => {
                "ask OkCapabilities before offering this to the player"
            }
        }
    }
}

fn oauth_advice(code: &OAuthErrorCode) -> &'static str {
    match code {
        OAuthErrorCode::UnauthorizedClient => {
            "switch on \"Client OAUTH\" and tick the platform EXTERNAL in the application's settings on OK, or use RequestLogin::code() with a backend"
        }
        OAuthErrorCode::InvalidScope => {
            "ask only for rights that the application has; LONG_ACCESS_TOKEN and others are given by OK's support, api-support@ok.ru"
        }
        OAuthErrorCode::InvalidClient => {
            "check the application id (not the public key), and that the application is switched on and has the platform EXTERNAL"
        }
        OAuthErrorCode::UnsupportedResponseType => {
            "OK does not offer this flow to the application: check \"Client OAUTH\", or use the other flow"
        }
        OAuthErrorCode::InvalidRequest => {
            "check that the redirect address is registered in the application's settings on OK, character by character"
        }
        OAuthErrorCode::ServerError | OAuthErrorCode::TemporarilyUnavailable => "try again later",
        _ => "see docs/troubleshooting.md; what OK says is in the text of this error",
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
            field: Some(error.field().into()),
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
                field: Some(longest.as_str().into()),
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
                    "the game's backend knows no session of this player: write RequestLogin::code() and give it the new code",
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
        let code = Some(refusal.code);
        Self {
            code,
            ..Self::new(RequestErrorKind::Refused, format!("OK refused: {refusal}"))
        }
    }
}
