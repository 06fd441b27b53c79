//! The scopes that a player grants.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::error::FieldError;
use crate::text::quote;

/// The most scopes that are parsed from a response.
const MAX_SCOPES: usize = 64;
/// The longest name of a scope, in bytes.
const MAX_NAME: usize = 64;

/// A permission that a player grants to a game (`scope`;
/// <https://apiok.ru/en/ext/oauth/permissions>).
///
/// The widgets need none, as the player confirms each of them. OK's REST methods need some.
///
/// ```
/// use odnoklassniki::oauth::Scope;
///
/// assert_eq!(Scope::GROUP_CONTENT.as_str(), "GROUP_CONTENT");
/// assert_eq!("VALUABLE_ACCESS".parse(), Ok(Scope::VALUABLE_ACCESS));
/// assert!("valuable access".parse::<Scope>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Cow<'static, str>);

macro_rules! scopes {
    ($($name:ident $meaning:literal)*) => {
        impl Scope {
            $(
                #[doc = concat!($meaning, ".")]
                pub const $name: Self = Self(Cow::Borrowed(stringify!($name)));
            )*
        }
    };
}

scopes! {
    VALUABLE_ACCESS "Needed by most REST methods"
    LONG_ACCESS_TOKEN "A token lives 30 days instead of 30 minutes. OK's support gives it to an application on request"
    PHOTO_CONTENT "Photos, and uploading them"
    GROUP_CONTENT "Groups, and posting to one through REST"
    VIDEO_CONTENT "Videos"
    APP_INVITE "The REST method `friends.appInvite`"
    GET_EMAIL "The player's e-mail address"
    SET_STATUS "Setting the player's status"
    PUBLISH_NOTE "The REST method `mediatopic.post` with the type `USER_NOTE`"
    PUBLISH_TO_STREAM "An older permission to publish, seen in third-party programs only"
    MESSAGING "Seen in OK's Unity kit only"
}

impl Scope {
    /// Returns OK's name of it, as it stands in a URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses the list of granted scopes. The separator is not documented, so all forms that were
    /// seen are accepted: `;`, `,`, spaces, and a JSON list.
    ///
    /// None if there is no name, a name that cannot be read, or too many: the granted scopes are
    /// not known then. To leave out a name would mean that the player did not grant it.
    pub(super) fn parse_list(text: &str) -> Option<Vec<Self>> {
        let names = text
            .split([';', ',', ' ', '[', ']', '"'])
            .filter(|name| !name.is_empty());
        let scopes: Vec<Self> = names
            .take(MAX_SCOPES + 1)
            .map(|name| name.parse().ok())
            .collect::<Option<_>>()?;
        (1..=MAX_SCOPES).contains(&scopes.len()).then_some(scopes)
    }

    /// Writes a list as it stands in a URL, with `;` between the names.
    pub(super) fn join(scopes: &[Self]) -> String {
        let names: Vec<&str> = scopes.iter().map(Self::as_str).collect();
        names.join(";")
    }
}

impl FromStr for Scope {
    type Err = FieldError;

    /// Parses a name, also one without a constant: capital letters, digits and `_`, at most 64.
    fn from_str(text: &str) -> Result<Self, FieldError> {
        let good = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if text.is_empty() || text.len() > MAX_NAME || !text.bytes().all(good) {
            let problem = format!("{} is not a scope", quote(text));
            return Err(FieldError::new(
                "scope",
                problem,
                "write it as OK does, for example VALUABLE_ACCESS",
            ));
        }
        Ok(Self(Cow::Owned(text.to_owned())))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn granted_scopes_are_parsed_with_every_separator() {
        let both = [Scope::VALUABLE_ACCESS, Scope::GET_EMAIL];
        for text in [
            "VALUABLE_ACCESS;GET_EMAIL",
            "VALUABLE_ACCESS,GET_EMAIL",
            "VALUABLE_ACCESS GET_EMAIL",
            r#"["VALUABLE_ACCESS","GET_EMAIL"]"#,
            ";VALUABLE_ACCESS;;GET_EMAIL;",
        ] {
            assert_eq!(
                Scope::parse_list(text).as_deref(),
                Some(&both[..]),
                "{text}"
            );
        }
        assert_eq!(Scope::join(&both), "VALUABLE_ACCESS;GET_EMAIL");
        assert_eq!(
            Scope::parse_list(&"A;".repeat(MAX_SCOPES)).map(|scopes| scopes.len()),
            Some(MAX_SCOPES)
        );
    }

    #[test]
    fn scopes_that_cannot_be_read_are_not_known() {
        let many = "A;".repeat(MAX_SCOPES + 1);
        for text in [
            "",
            ";",
            "[]",
            "lower",
            "VALUABLE_ACCESS;lower",
            "VALUABLE_ACCESS%3BGET_EMAIL",
            "\u{fffd}",
            &many,
        ] {
            assert_eq!(Scope::parse_list(text), None, "{text}");
        }
    }

    #[test]
    fn a_bad_name_is_refused() {
        for bad in ["", "a", "VALUABLE ACCESS", "A;B", "Ж", &"A".repeat(65)] {
            assert!(bad.parse::<Scope>().is_err(), "{bad}");
        }
    }
}
