//! The MD5 signatures of OK's protocol.
//!
//! Each of them hashes `name=value` pairs without a separator, and then a key. Values are hashed
//! raw, before percent-encoding, as UTF-8. MD5 is OK's choice and has no other use here.

use std::fmt;
use std::str::FromStr;

use constant_time_eq::constant_time_eq;
use md5::{Digest, Md5};

use crate::error::FieldError;
use crate::id::UserId;
use crate::secret::{AccessToken, ApplicationSecretKey, SessionKey, SessionSecretKey, SigningKey};

/// The widget parameters that are signed, in the order in which they are hashed (code point order
/// of the names).
///
/// Everything else in a widget URL is unsigned. Source: <https://apiok.ru/en/ext/publish> for the
/// attachment and the return URL; OK's JavaScript and Android SDKs for the list of four.
pub const SIGNED_PARAMETERS: [&str; 4] =
    ["st.attachment", "st.redirect_uri", "st.return", "st.state"];

/// The parameters of a REST call that the documentation leaves out of the signature
/// (<https://apiok.ru/en/dev/methods>).
///
/// The documentation also leaves out `session_key`; OK's own SDKs sign it. See [`rest_signature`].
pub const REST_UNSIGNED_PARAMETERS: [&str; 2] = ["access_token", "sig"];

/// A signature: 32 lowercase hex digits.
///
/// It compares in constant time and does not print itself, because together with its URL it is a
/// permission.
///
/// ```
/// use odnoklassniki::Signature;
///
/// let signature: Signature = "b40d9e49ac8a9e34860019c032274e34".parse().unwrap();
/// assert_eq!(signature.as_str(), "b40d9e49ac8a9e34860019c032274e34");
/// assert_eq!(format!("{signature:?}"), "Signature([redacted])");
/// assert!("B40D".parse::<Signature>().is_err());
/// ```
#[derive(Clone)]
pub struct Signature([u8; 32]);

impl Signature {
    /// Returns the 32 digits.
    pub fn as_str(&self) -> &str {
        // Hex digits are UTF-8, so the default is never used.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature([redacted])")
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq(&self.0, &other.0)
    }
}

impl Eq for Signature {}

impl FromStr for Signature {
    type Err = FieldError;

    /// Parses exactly 32 lowercase hex digits.
    fn from_str(text: &str) -> Result<Self, FieldError> {
        let error = || {
            FieldError::new(
                "signature",
                "is not 32 lowercase hex digits",
                "give the digest as OK writes it",
            )
        };
        let digits: [u8; 32] = text.as_bytes().try_into().map_err(|_| error())?;
        let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if digits.iter().all(hex) {
            Ok(Self(digits))
        } else {
            Err(error())
        }
    }
}

/// Hashes the text of a signature while it is written.
pub(crate) struct Hasher(Md5);

impl Hasher {
    pub(crate) fn new() -> Self {
        Self(Md5::new())
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.0.update(text);
    }

    pub(crate) fn pair(&mut self, name: &str, value: &str) {
        self.0.update(name);
        self.0.update("=");
        self.0.update(value);
    }

    pub(crate) fn finish(self) -> Signature {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 32];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0.finalize()) {
            pair.copy_from_slice(&[byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
        }
        Signature(hex)
    }
}

/// Returns the signature of a widget URL (`st.signature`).
///
/// Of `parameters`, given with raw values in any order, only those of [`SIGNED_PARAMETERS`] count.
/// If the attachment is sent as base64, the base64 text is the value. The key is the session's if
/// the URL carries a token or a session key, else the application's. Source:
/// <https://apiok.ru/en/ext/publish>, <https://apiok.ru/en/ext/invite_suggest>.
///
/// A backend that signs for games checks the fields first (see
/// [`SigningBackend`](crate::SigningBackend)) and then needs only this function.
///
/// ```
/// use odnoklassniki::{ApplicationSecretKey, widget_signature};
///
/// let key = ApplicationSecretKey::new("A1B2C3D4E5F60718293A4B5C");
/// let fields = [
///     ("st.return", "https://game.example/ok"),
///     ("st.attachment", r#"{"media":[{"type":"text","text":"hello"}]}"#),
///     ("st.utext", "on"),
/// ];
/// assert_eq!(widget_signature(fields, &key).as_str(), "3376addb9cea8b34daebff00b3c26903");
/// ```
pub fn widget_signature<'a, I>(parameters: I, key: &(impl SigningKey + ?Sized)) -> Signature
where
    I: IntoIterator<Item = (&'a str, &'a str)>,
    I::IntoIter: Clone,
{
    let parameters = parameters.into_iter();
    let of_name = |signed| parameters.clone().filter(move |&(name, _)| name == signed);
    ordered_signature(SIGNED_PARAMETERS.into_iter().flat_map(of_name), key)
}

/// Returns the signature of a widget URL from its signed parameters, in their order.
pub(crate) fn ordered_signature<'a>(
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
    key: &(impl SigningKey + ?Sized),
) -> Signature {
    let mut hasher = Hasher::new();
    parameters.for_each(|(name, value)| hasher.pair(name, value));
    hasher.text(key.text());
    hasher.finish()
}

/// Returns the signature of a REST call (`sig`): of all `parameters` except `excluded` ones, sorted
/// by name in code point order.
///
/// `excluded` is usually [`REST_UNSIGNED_PARAMETERS`]. The documentation also excludes
/// `session_key`, while OK's own JavaScript SDKs sign it. A game that logs in with a token never
/// sends one. `sig` itself is always left out. Without a session the key is the application's.
/// Source: <https://apiok.ru/en/dev/methods>.
///
/// ```
/// use odnoklassniki::{REST_UNSIGNED_PARAMETERS, SessionSecretKey, rest_signature};
///
/// let parameters = [
///     ("method", "users.getCurrentUser"),
///     ("application_key", "CBAPUBLICKEYBABABA"),
///     ("format", "json"),
///     ("fields", "uid,first_name,pic128x128"),
///     ("access_token", "tkn1ZxYwVu-TsRqPo_NmLkJi.HgFe"),
/// ];
/// let key = SessionSecretKey::new("6d0b9c5598febb3653f523a2c951704a");
/// let signature = rest_signature(parameters, &REST_UNSIGNED_PARAMETERS, &key);
/// assert_eq!(signature.as_str(), "ba284694ec2b24e41a40805012fb0094");
/// ```
pub fn rest_signature<'a>(
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    excluded: &[&str],
    key: &(impl SigningKey + ?Sized),
) -> Signature {
    let is_signed = |name| name != "sig" && !excluded.contains(&name);
    let mut pairs: Vec<_> = parameters
        .into_iter()
        .filter(|&(name, _)| is_signed(name))
        .collect();
    // A name that comes twice keeps its order.
    pairs.sort_by_key(|&(name, _)| name);
    ordered_signature(pairs.into_iter(), key)
}

/// Returns the key of a session, made from its token: MD5 of the token and the application's secret
/// key.
///
/// Only a server can do this. Source: <https://apiok.ru/en/dev/methods>.
///
/// ```
/// use odnoklassniki::{AccessToken, ApplicationSecretKey, session_secret_key};
///
/// let token = AccessToken::new("tkn1aBcDeF");
/// let application = ApplicationSecretKey::new("A1B2C3D4E5F60718293A4B5C");
/// let key = session_secret_key(&token, &application);
/// assert_eq!(key.expose(), "7c43b97a09016d3ff323764891ed47ad");
/// ```
pub fn session_secret_key(
    token: &AccessToken,
    application: &ApplicationSecretKey,
) -> SessionSecretKey {
    let mut hasher = Hasher::new();
    hasher.text(token.expose());
    hasher.text(application.expose());
    SessionSecretKey::new(hasher.finish().as_str())
}

/// Returns the signature of OK's payment window (`sig` of `show_payment`): as a REST call in a
/// session. Source: OK's JavaScript SDK.
///
/// ```
/// use odnoklassniki::{SessionSecretKey, payment_signature};
///
/// let parameters = [
///     ("name", "Zombie Leg"),
///     ("price", "1"),
///     ("code", "zombie-leg-1"),
///     ("application_key", "CBAJTESTKEYBABABA"),
///     ("access_token", "tkn1-Q9f3aZ_7ueXw2LhBcR.s0V4"),
/// ];
/// let key = SessionSecretKey::new("9f86d081884c7d659a2feaa0c55ad015");
/// assert_eq!(payment_signature(parameters, &key).as_str(), "c23460b29cef99da390a138a30e53c17");
/// ```
pub fn payment_signature<'a>(
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    key: &SessionSecretKey,
) -> Signature {
    rest_signature(parameters, &REST_UNSIGNED_PARAMETERS, key)
}

/// Returns the signature with which OK notifies a server of a payment (`sig` of
/// `callbacks.payment`): of every parameter received except `sig`. Source: OK's example
/// `apiok/html_app_example`.
///
/// ```
/// use odnoklassniki::{ApplicationSecretKey, payment_callback_signature};
///
/// let key = ApplicationSecretKey::new("A1B2C3D4E5F60718293A4B5C");
/// let sent = [("uid", "561"), ("amount", "1"), ("sig", "?")];
/// let without = [("amount", "1"), ("uid", "561")];
/// assert_eq!(payment_callback_signature(sent, &key), payment_callback_signature(without, &key));
/// ```
pub fn payment_callback_signature<'a>(
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    key: &ApplicationSecretKey,
) -> Signature {
    rest_signature(parameters, &[], key)
}

/// Returns the signature of the parameters with which the portal starts a game (`sig`), for a
/// server to check: of every parameter except `sig`. Source: <https://apiok.ru/en/dev/app>; that
/// nothing else is left out is inferred.
///
/// ```
/// use odnoklassniki::{ApplicationSecretKey, launch_signature};
///
/// let key = ApplicationSecretKey::new("A1B2C3D4E5F60718293A4B5C");
/// let honest = launch_signature([("logged_user_id", "1"), ("custom_args", "room=A1")], &key);
/// let forged = launch_signature([("logged_user_id", "2"), ("custom_args", "room=A1")], &key);
/// assert_ne!(honest, forged);
/// ```
pub fn launch_signature<'a>(
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    key: &ApplicationSecretKey,
) -> Signature {
    rest_signature(parameters, &[], key)
}

/// Returns the signature of the user who started a game in the portal (`auth_sig`), for a server to
/// check. Source: <https://apiok.ru/en/dev/app>.
///
/// ```
/// use odnoklassniki::{ApplicationSecretKey, SessionKey, UserId, launch_auth_signature};
///
/// let session = SessionKey::new("-s-abc");
/// let key = ApplicationSecretKey::new("A1B2C3D4E5F60718293A4B5C");
/// let signature = launch_auth_signature(UserId::new(561_348_705_024), &session, &key);
/// assert_eq!(signature.as_str(), "7258d60de7f8a089abc62a25666026a1");
/// ```
pub fn launch_auth_signature(
    user: UserId,
    session: &SessionKey,
    key: &ApplicationSecretKey,
) -> Signature {
    let mut hasher = Hasher::new();
    hasher.text(&user.to_string());
    hasher.text(session.expose());
    hasher.text(key.expose());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SessionSecretKey {
        SessionSecretKey::new("k")
    }

    #[test]
    fn nothing_signed_is_the_digest_of_the_key_alone() {
        let key = ApplicationSecretKey::new("A1B2C3D4E5F60718293A4B5C");
        let unsigned = [
            ("st.comment", "x"),
            ("st.groupId", "1"),
            ("st.custom_args", "a"),
        ];
        assert_eq!(
            widget_signature(unsigned, &key).as_str(),
            "4847d5dc56ee4e348cf63aec85eed41a"
        );
    }

    #[test]
    fn the_order_of_parameters_does_not_matter() {
        let one = [
            ("st.state", "s"),
            ("st.return", "r"),
            ("st.redirect_uri", "u"),
        ];
        let two = [
            ("st.redirect_uri", "u"),
            ("st.state", "s"),
            ("st.return", "r"),
        ];
        assert_eq!(widget_signature(one, &key()), widget_signature(two, &key()));
        assert_eq!(
            rest_signature(one, &[], &key()),
            rest_signature(two, &[], &key())
        );
    }

    #[test]
    fn names_are_compared_whole_and_by_letter_case() {
        let none = widget_signature([], &key());
        for name in ["st.Return", "st.return2", "return", "st.retur"] {
            assert_eq!(widget_signature([(name, "r")], &key()), none, "{name}");
        }
    }

    #[test]
    fn sig_is_never_signed() {
        let with = [("a", "1"), ("sig", "x")];
        assert_eq!(
            rest_signature(with, &[], &key()),
            rest_signature([("a", "1")], &[], &key())
        );
    }

    #[test]
    fn a_signature_is_read_only_as_ok_writes_it() {
        for bad in [
            "",
            "0",
            "B40D9E49AC8A9E34860019C032274E34",
            "g40d9e49ac8a9e34860019c032274e34",
            "b40d9e49ac8a9e34860019c032274e34 ",
        ] {
            assert!(bad.parse::<Signature>().is_err(), "{bad}");
        }
    }
}
