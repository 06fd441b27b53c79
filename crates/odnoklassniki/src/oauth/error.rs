//! Why OK gave no token.

use std::fmt;

use crate::text::clean;

const MAX_NAME_CHARS: usize = 64;
const MAX_DESCRIPTION_CHARS: usize = 512;

macro_rules! codes {
    ($($variant:ident $name:literal $meaning:literal)*) => {
        /// The `error` of a refused login or exchange (RFC 6749, 4.1.2.1, 4.2.2.1 and 5.2).
        ///
        /// ```
        /// use odnoklassniki::oauth::OAuthErrorCode;
        ///
        /// assert_eq!(OAuthErrorCode::from_name("access_denied"), OAuthErrorCode::AccessDenied);
        /// assert_eq!(OAuthErrorCode::from_name("no_idea").to_string(), "no_idea");
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum OAuthErrorCode {
            $(
                #[doc = concat!("`", $name, "`: ", $meaning, ".")]
                $variant,
            )*
            /// Any other: no control characters, at most 64 characters.
            Other(String),
        }

        impl OAuthErrorCode {
            /// Returns the code of a name, as it stands in the response.
            #[must_use]
            pub fn from_name(name: &str) -> Self {
                // Cleaned first, so that what prints as `access_denied` is that code.
                let name = clean(name, MAX_NAME_CHARS);
                match name.as_str() {
                    $($name => Self::$variant,)*
                    _ => Self::Other(name),
                }
            }

            /// Returns its name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }
        }
    };
}

codes! {
    AccessDenied "access_denied" "the player refused"
    InvalidClient "invalid_client" "unknown application, or a wrong secret key"
    InvalidGrant "invalid_grant" "the code is wrong, used, or older than two minutes"
    InvalidRequest "invalid_request" "a parameter is missing or wrong; for a good code, the redirect URI is not the one it came to"
    InvalidScope "invalid_scope" "a scope that does not exist, or that the application may not ask for"
    InvalidToken "invalid_token" "the refresh token is dead"
    ServerError "server_error" "something broke at OK"
    TemporarilyUnavailable "temporarily_unavailable" "OK cannot do it at the moment"
    UnauthorizedClient "unauthorized_client" "the application may not use this flow: client OAuth is off"
    UnsupportedGrantType "unsupported_grant_type" "the exchange does not know this grant"
    UnsupportedResponseType "unsupported_response_type" "OK does not know this flow"
}

impl fmt::Display for OAuthErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal of a login or of an exchange, with OK's explanation (RFC 6749, sections 4.1.2.1,
/// 4.2.2.1 and 5.2).
///
/// ```
/// use odnoklassniki::oauth::{OAuthError, OAuthErrorCode};
///
/// let error = OAuthError::new("invalid_scope", "no such scope\n");
/// assert_eq!(error.code, OAuthErrorCode::InvalidScope);
/// assert_eq!(error.to_string(), "invalid_scope: no such scope");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OAuthError {
    /// What went wrong (`error`).
    pub code: OAuthErrorCode,
    /// `error_description`: no control characters, at most 512 characters, perhaps empty.
    pub description: String,
}

impl OAuthError {
    /// Makes a refusal from `error` and `error_description`. Control characters go, and the texts
    /// are cut at 64 and 512 characters.
    #[must_use]
    pub fn new(error: &str, description: &str) -> Self {
        Self {
            code: OAuthErrorCode::from_name(error),
            description: clean(description, MAX_DESCRIPTION_CHARS),
        }
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.description.as_str() {
            "" => self.code.fmt(f),
            description => write!(f, "{}: {description}", self.code),
        }
    }
}

impl std::error::Error for OAuthError {}
