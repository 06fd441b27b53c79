//! Tokens and keys that do not print themselves.
//!
//! Each type is wiped from memory when dropped, prints only its name, compares in constant time,
//! and can neither be cloned nor serialized. [`expose`](AccessToken::expose) is the only way to the
//! text, so a search for `expose` finds every place that reads a secret.

use std::fmt;

use constant_time_eq::constant_time_eq;
use zeroize::Zeroizing;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// It cannot be cloned,
        /// ```compile_fail
        #[doc = concat!("let secret = odnoklassniki::", stringify!($name), "::new(\"s\");")]
        /// let copy = secret.clone();
        /// ```
        /// displayed,
        /// ```compile_fail
        #[doc = concat!("let secret = odnoklassniki::", stringify!($name), "::new(\"s\");")]
        /// println!("{secret}");
        /// ```
        /// or serialized,
        /// ```compile_fail
        #[doc = concat!("let secret = odnoklassniki::", stringify!($name), "::new(\"s\");")]
        /// serde_json::to_string(&secret);
        /// ```
        /// and `Debug` leaves it out:
        /// ```
        #[doc = concat!("let secret = odnoklassniki::", stringify!($name), "::new(\"s3cr3t\");")]
        #[doc = concat!("assert_eq!(format!(\"{secret:?}\"), \"", stringify!($name), "([redacted])\");")]
        /// assert_eq!(secret.expose(), "s3cr3t");
        /// ```
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// Takes the text as it is; letter case counts.
            pub fn new(secret: impl Into<String>) -> Self {
                Self(Zeroizing::new(secret.into()))
            }

            /// Returns the secret. Do not log, print or store it.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }

        impl PartialEq for $name {
            /// Takes constant time for texts of equal length.
            fn eq(&self, other: &Self) -> bool {
                constant_time_eq(self.expose().as_bytes(), other.expose().as_bytes())
            }
        }

        impl Eq for $name {}
    };
}

secret!(
    /// The token of a logged-in user (`access_token`; <https://apiok.ru/en/ext/oauth/client>).
    /// Anyone who has it can act as the user.
    AccessToken
);
secret!(
    /// The key that signs for one session (`session_secret_key`). OK sends it with the token, or a
    /// server makes it from the token with [`session_secret_key`](crate::session_secret_key).
    SessionSecretKey
);
impl SessionSecretKey {
    /// Returns whether it has the form of such a key: 32 lowercase hex digits. The public key and
    /// the application's secret key, which are easily taken for it, do not have it. Nothing is
    /// refused because of this.
    ///
    /// ```
    /// use odnoklassniki::SessionSecretKey;
    ///
    /// assert!(SessionSecretKey::new("7c43b97a09016d3ff323764891ed47ad").is_well_formed());
    /// assert!(!SessionSecretKey::new("CBAPUBLICKEYBABABA").is_well_formed());
    /// assert!(!SessionSecretKey::new("A1B2C3D4E5F60718293A4B5C").is_well_formed());
    /// ```
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.expose().len() == 32
            && self
                .expose()
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }
}

secret!(
    /// The session of a game that was started inside the portal (`session_key` of the launch
    /// parameters; <https://apiok.ru/en/dev/app>).
    SessionKey
);
secret!(
    /// The application's secret key, from OK's letter to the developer. It can sign anything as the
    /// game. It belongs on a server, never in a binary that players have.
    ApplicationSecretKey
);

secret!(
    /// The code of the code flow. A server exchanges it for a token, once and within two minutes
    /// (<https://apiok.ru/en/ext/oauth/server>).
    AuthCode
);
secret!(
    /// Renews a token for 30 days (<https://apiok.ru/en/ext/oauth/server>). It belongs on a server.
    RefreshToken
);
secret!(
    /// The body of a request that holds secrets, as `application/x-www-form-urlencoded`.
    FormBody
);

/// A key that ends the text of a signature: [`SessionSecretKey`] or [`ApplicationSecretKey`].
///
/// No other type implements it, so a token cannot be taken for a key.
///
/// ```compile_fail
/// let token = odnoklassniki::AccessToken::new("t");
/// odnoklassniki::widget_signature([], &token);
/// ```
pub trait SigningKey: sealed::Key {}

impl SigningKey for SessionSecretKey {}
impl SigningKey for ApplicationSecretKey {}

mod sealed {
    pub trait Key {
        fn text(&self) -> &str;
    }

    impl Key for super::SessionSecretKey {
        fn text(&self) -> &str {
            self.expose()
        }
    }

    impl Key for super::ApplicationSecretKey {
        fn text(&self) -> &str {
            self.expose()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_means_equal_text() {
        assert_eq!(AccessToken::new("abc"), AccessToken::new("abc"));
        assert_ne!(AccessToken::new("abc"), AccessToken::new("abd"));
        assert_ne!(AccessToken::new("abc"), AccessToken::new("ab"));
    }

    #[test]
    fn debug_never_shows_the_text() {
        assert_eq!(
            format!("{:?}", SessionKey::new("canary")),
            "SessionKey([redacted])"
        );
        assert_eq!(
            format!("{:#?}", ApplicationSecretKey::new("canary")),
            "ApplicationSecretKey([redacted])"
        );
    }
}
