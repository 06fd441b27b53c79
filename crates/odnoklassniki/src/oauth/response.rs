//! What comes back from the login page.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{ExpiresIn, OAuthError, Scope};
use crate::error::{CallbackError, MAX_CALLBACK_BYTES};
use crate::form;
use crate::secret::{AccessToken, AuthCode, SessionSecretKey};

/// An answer of the login page, with the state that came back beside it.
///
/// ```
/// use std::time::Duration;
/// use odnoklassniki::oauth::{AuthorizationResponse, Authorized, OAuthErrorCode, Scope};
///
/// let fragment = "access_token=t.1&session_secret_key=s1&permissions_granted=VALUABLE_ACCESS&expires_in=1800&state=z";
/// let answer = AuthorizationResponse::from_pairs(&[fragment])?;
/// assert_eq!(answer.state.as_deref(), Some("z"));
/// let Authorized::Token(grant) = answer.authorized else { panic!() };
/// assert_eq!(grant.access_token.expose(), "t.1");
/// assert_eq!(grant.expires_in, Some(Duration::from_secs(1800)));
/// assert_eq!(grant.scopes, Some(vec![Scope::VALUABLE_ACCESS]));
///
/// // Errors of the code flow come in the fragment, beside a state in the query.
/// let answer = AuthorizationResponse::from_pairs(&["state=z", "error=access_denied"])?;
/// assert!(matches!(answer.authorized, Authorized::Refused(error) if error.code == OAuthErrorCode::AccessDenied));
/// # Ok::<(), odnoklassniki::CallbackError>(())
/// ```
pub struct AuthorizationResponse {
    /// What happened.
    pub authorized: Authorized,
    /// The state, if there is one. Compare it with what was sent before believing the rest.
    pub state: Option<String>,
}

/// What happened on the login page. `Debug` shows neither token nor code.
///
/// ```
/// use odnoklassniki::oauth::{AuthorizationResponse, Authorized};
/// let answer = AuthorizationResponse::from_pairs(&["code=c0de&state=z"]).unwrap();
/// assert!(matches!(answer.authorized, Authorized::Code(code) if code.expose() == "c0de"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Authorized {
    /// The token flow's success.
    Token(TokenGrant),
    /// The code flow's success.
    Code(AuthCode),
    /// There is neither. [`AccessDenied`](super::OAuthErrorCode::AccessDenied) is the player's own
    /// word.
    Refused(OAuthError),
}

/// A token with what belongs to it. `Debug` shows neither token nor key.
///
/// ```
/// use odnoklassniki::oauth::{AuthorizationResponse, Authorized};
/// let answer = AuthorizationResponse::from_pairs(&["access_token=t.1&session_secret_key=s1"]).unwrap();
/// let Authorized::Token(grant) = answer.authorized else { panic!() };
/// assert_eq!((grant.expires_in, grant.scopes), (None, None));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct TokenGrant {
    /// The player's token.
    pub access_token: AccessToken,
    /// The key that signs for it.
    pub session_secret_key: SessionSecretKey,
    /// How long the token lives from now, if OK says so.
    pub expires_in: Option<Duration>,
    /// The rights really granted (`permissions_granted`), if OK says so in a form that can be read.
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
    // What follows decides nothing.
    "expires_in",
    "permissions_granted",
    "error_description",
];
/// How many of [`KNOWN`] decide what happened, and so must be readable and come once.
const DECISIVE: usize = 5;

/// The values of [`KNOWN`], in that order.
type Values = [Option<Zeroizing<String>>; KNOWN.len()];

impl AuthorizationResponse {
    /// Reads the query and the fragment of the redirect address, without their `?` and `#`;
    /// together they are one answer. All of it is input from outside: it ends for every input,
    /// without panic and with bounded memory.
    ///
    /// # Errors
    /// [`CallbackError::Unrecognized`] if there is nothing of an answer in it;
    /// [`CallbackError::Invalid`] for a token, key, code, error or state that comes twice or cannot
    /// be read, for success and failure in one, for a token without its key, and for more than 16
    /// KiB. What else cannot be read does no harm: OK's description is cut, life and rights are not
    /// known. What else comes twice is left out.
    ///
    /// ```
    /// use odnoklassniki::CallbackError;
    /// use odnoklassniki::oauth::AuthorizationResponse;
    ///
    /// let read = |text| AuthorizationResponse::from_pairs(&[text]).unwrap_err();
    /// assert_eq!(read("state=z"), CallbackError::Unrecognized);
    /// assert!(matches!(read("access_token=t.1"), CallbackError::Invalid(_)));
    /// assert!(matches!(read("code=c&error=access_denied"), CallbackError::Invalid(_)));
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
        // Beside a success, an error without a name is none.
        let error = error.filter(|error| !error.is_empty() || (token.is_none() && code.is_none()));
        let authorized = match (token, code, error) {
            (None, None, None) => return Err(CallbackError::Unrecognized),
            (Some(token), None, None) => {
                let key = key.ok_or(CallbackError::Invalid("session_secret_key is missing"))?;
                Authorized::Token(TokenGrant {
                    access_token: AccessToken::new(secret(token)?),
                    session_secret_key: SessionSecretKey::new(secret(key)?),
                    expires_in: expires_in.and_then(|text| ExpiresIn::parse(&text).known()),
                    scopes: granted.and_then(|text| Scope::read_list(&text)),
                })
            }
            (None, Some(code), None) => Authorized::Code(AuthCode::new(secret(code)?)),
            (None, None, Some(error)) => Authorized::Refused(OAuthError::new(
                &error,
                description.as_deref().map_or("", String::as_str),
            )),
            _ => return Err(CallbackError::Invalid("it says several things at once")),
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
        let Some(place) = KNOWN.iter().position(|known| *known == name) else {
            continue;
        };
        if place < DECISIVE && !value.is_readable {
            return Err(CallbackError::Invalid("a value is badly encoded"));
        }
        let text = Zeroizing::new(value.text.into_owned());
        let (Some(slot), Some(seen)) = (values.get_mut(place), seen.get_mut(place)) else {
            continue;
        };
        if !std::mem::replace(seen, true) {
            *slot = Some(text);
        } else if place < DECISIVE {
            return Err(CallbackError::Invalid("a name comes twice"));
        } else {
            *slot = None;
        }
    }
    Ok(values)
}

/// A token, key or code: not empty, nothing in it that is not written.
fn secret(mut text: Zeroizing<String>) -> Result<String, CallbackError> {
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        // Moved, not copied: the type that takes it wipes it.
        true => Ok(std::mem::take(&mut *text)),
        false => Err(CallbackError::Invalid(
            "a token, key or code is empty or not visible ASCII",
        )),
    }
}
