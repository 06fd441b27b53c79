//! The exchange of a code and the renewal of a token, for a server.

use std::fmt;
use std::time::Duration;

use super::{ExpiresIn, OAuthError};
use crate::hosts::Hosts;
use crate::id::ApplicationId;
use crate::json::{self, Object};
use crate::query;
use crate::refusal::Refusal;
use crate::secret::{AccessToken, ApplicationSecretKey, AuthCode, FormBody, RefreshToken};

/// A call of `oauth/token.do` (<https://apiok.ru/en/ext/oauth/server>). It needs the application's
/// secret key, so it belongs on a server.
///
/// `Debug` shows no secret.
///
/// ```
/// use odnoklassniki::oauth::TokenRequest;
/// use odnoklassniki::{ApplicationId, ApplicationSecretKey, AuthCode, Hosts};
///
/// let (app, key) = (ApplicationId::new(1), ApplicationSecretKey::new("S3CR3T"));
/// let request = TokenRequest::exchange(app, &key, &AuthCode::new("c0de"), "https://game.example/login");
/// assert_eq!(TokenRequest::url(&Hosts::default()), "https://api.ok.ru/oauth/token.do");
/// // To be sent as application/x-www-form-urlencoded.
/// assert_eq!(
///     request.form().expose(),
///     "grant_type=authorization_code&client_id=1&client_secret=S3CR3T&code=c0de\
///      &redirect_uri=https%3A%2F%2Fgame.example%2Flogin"
/// );
/// ```
pub struct TokenRequest(FormBody);

impl TokenRequest {
    /// Exchanges the code of the code flow: within two minutes, once, and with the redirect URI to
    /// which OK sent it.
    #[must_use]
    pub fn exchange(
        app: ApplicationId,
        key: &ApplicationSecretKey,
        code: &AuthCode,
        redirect_uri: &str,
    ) -> Self {
        let app = app.to_string();
        let pairs = [
            ("client_id", app.as_str()),
            ("client_secret", key.expose()),
            ("code", code.expose()),
            ("redirect_uri", redirect_uri),
        ];
        let form = query::write("grant_type=authorization_code", &pairs);
        Self(FormBody::new(form))
    }

    /// Renews a token. The refresh token lives 30 days and stays the same.
    #[must_use]
    pub fn refresh(app: ApplicationId, key: &ApplicationSecretKey, token: &RefreshToken) -> Self {
        let app = app.to_string();
        let pairs = [
            ("client_id", app.as_str()),
            ("client_secret", key.expose()),
            ("refresh_token", token.expose()),
        ];
        let form = query::write("grant_type=refresh_token", &pairs);
        Self(FormBody::new(form))
    }

    /// Returns the URL to which it is sent.
    #[must_use]
    pub fn url(hosts: &Hosts) -> String {
        format!("{}oauth/token.do", hosts.api())
    }

    /// Returns the body of the `POST`.
    #[must_use]
    pub fn form(&self) -> &FormBody {
        &self.0
    }
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenRequest([redacted])")
    }
}

/// What OK returns for a code or a refresh token. `Debug` shows no token.
///
/// The session's key is not in it. A server makes it with
/// [`session_secret_key`](crate::session_secret_key).
///
/// ```
/// use std::time::Duration;
/// use odnoklassniki::oauth::{OAuthErrorCode, TokenError, TokenResponse};
///
/// let body = r#"{"access_token":"t.1","refresh_token":"r","token_type":"session","expires_in":"1800"}"#;
/// let response = TokenResponse::parse(body)?;
/// assert_eq!(response.access_token.expose(), "t.1");
/// assert_eq!(response.expires_in, Some(Duration::from_secs(1800)));
///
/// let error = TokenResponse::parse(r#"{"error":"invalid_grant","error_description":"too old"}"#).unwrap_err();
/// assert!(matches!(error, TokenError::Refused(error) if error.code == OAuthErrorCode::InvalidGrant));
/// # Ok::<(), TokenError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct TokenResponse {
    /// The player's token.
    pub access_token: AccessToken,
    /// Renews the token, for 30 days. None if OK sent none.
    pub refresh_token: Option<RefreshToken>,
    /// How long the token lives from the response on (`expires_in`, whole seconds), if OK says so.
    pub expires_in: Option<Duration>,
}

const KNOWN: &[&str] = &[
    "access_token",
    "refresh_token",
    "expires_in",
    "error",
    "error_description",
    "error_code",
    "error_msg",
];

impl TokenResponse {
    /// Parses the body of a response, whatever its status is: OK has sent errors with 200 too.
    /// Limit how much you read before (a good response is shorter than 4 KiB). A value beside the
    /// token or the error that cannot be read, or comes twice, does no harm. Pass the bytes as
    /// received: they may not be UTF-8.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn parse(body: impl AsRef<[u8]>) -> Result<Self, TokenError> {
        let body = String::from_utf8_lossy(body.as_ref());
        let body = json::mend(&body);
        let decides = |name: &str| {
            matches!(
                name,
                "access_token" | "refresh_token" | "error" | "error_code"
            )
        };
        let response = Object::parse(&body, KNOWN, decides)
            .ok_or(TokenError::Unreadable("it is not a JSON object"))?;
        let decisive = |name| match response
            .get(name)
            .filter(|value| !json::is_no_error(value))
            .map(json::decisive)
        {
            None => Ok(None),
            Some(value) => {
                value.map_err(|()| TokenError::Unreadable("an error or its code cannot be read"))
            }
        };
        if let Some(error) = decisive("error")? {
            let description = response
                .get("error_description")
                .and_then(json::for_people)
                .unwrap_or_default();
            return Err(TokenError::Refused(OAuthError::new(&error, &description)));
        }
        if decisive("error_code")?.is_some() {
            let refusal = Refusal::from_object(&response);
            return Err(refusal.map_or(
                TokenError::Unreadable("error_code is not a number"),
                TokenError::Api,
            ));
        }
        let token = |name| {
            response
                .get(name)
                .and_then(json::text)
                .filter(|token| !token.is_empty())
        };
        let access_token =
            token("access_token").ok_or(TokenError::Unreadable("it has no access_token"))?;
        Ok(Self {
            access_token: AccessToken::new(access_token),
            refresh_token: token("refresh_token").map(RefreshToken::new),
            expires_in: response
                .get("expires_in")
                .and_then(|value| ExpiresIn::parse_json(value).known()),
        })
    }
}

/// Why there is no token.
///
/// ```
/// use odnoklassniki::oauth::{TokenError, TokenResponse};
/// let error = TokenResponse::parse("<html>").unwrap_err();
/// assert_eq!(error.to_string(), "OK's response is not usable: it is not a JSON object");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// OK refused.
    #[error("OK refused: {0}")]
    Refused(OAuthError),
    /// OK refused in the form of its REST methods, with a number.
    #[error("OK refused: {0}")]
    Api(Refusal),
    /// The body is not what OK documents: a malformed request gets HTML.
    #[error("OK's response is not usable: {0}")]
    Unreadable(&'static str),
}
