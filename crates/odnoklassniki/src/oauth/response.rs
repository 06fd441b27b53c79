//! Parses what comes back from the login page.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{ExpiresIn, OAuthError, Scope};
use crate::error::{CallbackError, MAX_CALLBACK_BYTES};
use crate::form;
use crate::secret::{AccessToken, AuthCode, SessionSecretKey};

/// The response of the login page, with the state that came back beside it. `Debug` shows no
/// secret.
///
/// ```
/// use std::time::Duration;
/// use odnoklassniki::oauth::{AuthorizationResponse, Authorized, OAuthErrorCode, Scope};
///
/// let fragment = "access_token=t.1&session_secret_key=s1&permissions_granted=VALUABLE_ACCESS&expires_in=1800&state=z";
/// let response = AuthorizationResponse::from_pairs(&[fragment])?;
/// assert_eq!(response.state.as_deref(), Some("z"));
/// let Authorized::Token(grant) = response.authorized else { panic!() };
/// assert_eq!(grant.access_token.expose(), "t.1");
/// assert_eq!(grant.expires_in, Some(Duration::from_secs(1800)));
/// assert_eq!(grant.scopes, Some(vec![Scope::VALUABLE_ACCESS]));
///
/// // Errors of the code flow come in the fragment, beside a state in the query.
/// let response = AuthorizationResponse::from_pairs(&["state=z", "error=access_denied"])?;
/// assert!(matches!(response.authorized, Authorized::Refused(error) if error.code == OAuthErrorCode::AccessDenied));
/// # Ok::<(), odnoklassniki::CallbackError>(())
/// ```
pub struct AuthorizationResponse {
    /// What happened.
    pub authorized: Authorized,
    /// The state, if there is one. Compare it with what was sent before you believe the rest.
    pub state: Option<String>,
}

/// What happened on the login page. `Debug` shows neither token nor code.
#[derive(Debug)]
#[non_exhaustive]
pub enum Authorized {
    /// The token flow's success.
    Token(TokenGrant),
    /// The code flow's success.
    Code(AuthCode),
    /// Neither. [`AccessDenied`](super::OAuthErrorCode::AccessDenied) means that the player
    /// refused.
    Refused(OAuthError),
}

/// A token with what belongs to it. `Debug` shows neither token nor key.
///
/// ```
/// use odnoklassniki::oauth::{AuthorizationResponse, Authorized};
/// let response = AuthorizationResponse::from_pairs(&["access_token=t.1&session_secret_key=s1"]).unwrap();
/// let Authorized::Token(grant) = response.authorized else { panic!() };
/// assert_eq!((grant.expires_in, grant.scopes), (None, None));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct TokenGrant {
    /// The player's token (`access_token`).
    pub access_token: AccessToken,
    /// The key that signs for it (`session_secret_key`).
    pub session_secret_key: SessionSecretKey,
    /// How long the token lives from the response on (`expires_in`, whole seconds), if OK says so.
    pub expires_in: Option<Duration>,
    /// The scopes that the player granted (`permissions_granted`), if OK sends them in a readable
    /// form.
    pub scopes: Option<Vec<Scope>>,
}

impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.as_ref().map(|_| "[redacted]");
        f.debug_struct("AuthorizationResponse")
            .field("authorized", &self.authorized)
            .field("state", &state)
            .finish()
    }
}

const KNOWN: &[&str] = &[
    "access_token",
    "session_secret_key",
    "code",
    "error",
    "state",
    // The next ones decide nothing.
    "expires_in",
    "permissions_granted",
    "error_description",
];
/// How many of [`KNOWN`] decide what happened, and so must be readable and come once.
const DECISIVE: usize = 5;

/// The values of [`KNOWN`], in that order.
type Values = [Option<Zeroizing<String>>; KNOWN.len()];

impl AuthorizationResponse {
    /// Parses the query and the fragment of the redirect URI, without their `?` and `#`. Together
    /// they are one response. All of it is input from outside: parsing ends for every input,
    /// without panic and with bounded memory.
    ///
    /// # Errors
    /// [`CallbackError::Unrecognized`] if nothing in it looks like a response.
    /// [`CallbackError::Invalid`] for a token, key, code, error or state that comes twice or cannot
    /// be read. It is also the error for success and failure in one, for a token without its key,
    /// and for more than 16 KiB. Other values do no harm: they are not known if they cannot be read
    /// or come twice.
    ///
    /// ```
    /// use odnoklassniki::CallbackError;
    /// use odnoklassniki::oauth::AuthorizationResponse;
    ///
    /// let error = |text| AuthorizationResponse::from_pairs(&[text]).unwrap_err();
    /// assert_eq!(error("state=z"), CallbackError::Unrecognized);
    /// assert!(matches!(error("access_token=t.1"), CallbackError::Invalid(_)));
    /// assert!(matches!(error("code=c&error=access_denied"), CallbackError::Invalid(_)));
    /// ```
    pub fn from_pairs(parts: &[&str]) -> Result<Self, CallbackError> {
        let [
            token,
            key,
            code,
            error,
            state,
            expires_in,
            granted,
            description,
        ] = values(parts)?;
        // Beside a success, an error without a name does not count.
        let error = error.filter(|error| !error.is_empty() || (token.is_none() && code.is_none()));
        let authorized = match (token, code, error) {
            (None, None, None) => return Err(CallbackError::Unrecognized),
            (Some(token), None, None) => {
                let key = key.ok_or(CallbackError::Invalid("session_secret_key is missing"))?;
                Authorized::Token(TokenGrant {
                    access_token: AccessToken::new(secret(token)?),
                    session_secret_key: SessionSecretKey::new(secret(key)?),
                    expires_in: expires_in.and_then(|text| ExpiresIn::parse(&text).known()),
                    scopes: granted.and_then(|text| Scope::parse_list(&text)),
                })
            }
            (None, Some(code), None) => Authorized::Code(AuthCode::new(secret(code)?)),
            (None, None, Some(error)) => Authorized::Refused(OAuthError::new(
                &error,
                description.as_deref().map_or("", String::as_str),
            )),
            _ => return Err(CallbackError::Invalid("it has more than one outcome")),
        };
        Ok(Self {
            authorized,
            state: state.map(|mut state| std::mem::take(&mut *state)),
        })
    }
}

fn values(parts: &[&str]) -> Result<Values, CallbackError> {
    if parts.iter().map(|part| part.len()).sum::<usize>() > MAX_CALLBACK_BYTES {
        return Err(CallbackError::Invalid("it is longer than 16 KiB"));
    }
    let mut values = Values::default();
    let mut seen = [false; KNOWN.len()];
    for (name, value) in parts.iter().flat_map(|part| form::known(part, KNOWN)) {
        let Some(index) = KNOWN.iter().position(|known| *known == name) else {
            continue;
        };
        if index < DECISIVE && !value.is_readable {
            return Err(CallbackError::Invalid("a value is badly encoded"));
        }
        let text = Zeroizing::new(value.text.into_owned());
        let (Some(slot), Some(seen)) = (values.get_mut(index), seen.get_mut(index)) else {
            continue;
        };
        if !std::mem::replace(seen, true) {
            *slot = Some(text);
        } else if index < DECISIVE {
            return Err(CallbackError::Invalid("a name comes twice"));
        } else {
            *slot = None;
        }
    }
    Ok(values)
}

/// Checks a token, key or code: not empty, visible ASCII.
fn secret(mut text: Zeroizing<String>) -> Result<String, CallbackError> {
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        // Moved, not copied: the type that takes it wipes it.
        true => Ok(std::mem::take(&mut *text)),
        false => Err(CallbackError::Invalid(
            "a token, key or code is empty or not visible ASCII",
        )),
    }
}
