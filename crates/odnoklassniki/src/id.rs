//! The numbers OK gives to applications, users, groups and topics.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::error::FieldError;
use crate::text::quote;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// Wraps a number. OK gives out none that is 0, but none is refused here.
            pub const fn new(id: u64) -> Self {
                Self(id)
            }

            /// Returns the number.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = FieldError;

            /// Parses decimal digits: no sign, no space, at most `u64::MAX`.
            fn from_str(text: &str) -> Result<Self, FieldError> {
                parse($field, text).map(Self)
            }
        }

        impl Serialize for $name {
            /// Writes a decimal string: ids do not fit into a number of JavaScript.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            /// Reads a decimal string or a number: OK sends both (`docs/protocol.md`, 5.1).
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(IdVisitor).map(Self)
            }
        }
    };
}

id!(
    /// The number of an application (`st.app`, `client_id`), from its settings on OK. It is public.
    /// Source: <https://apiok.ru/en/ext/publish>, <https://apiok.ru/en/ext/oauth/client>.
    ApplicationId,
    "application id"
);
id!(
    /// The number of a user (`uid`; `selected` in callbacks). Source:
    /// <https://apiok.ru/en/ext/invite_suggest>.
    ///
    /// ```
    /// use odnoklassniki::UserId;
    /// assert_eq!(serde_json::to_string(&UserId::new(561)).unwrap(), "\"561\"");
    /// assert_eq!(serde_json::from_str::<UserId>("561").unwrap(), UserId::new(561));
    /// ```
    UserId,
    "user id"
);
id!(
    /// The number of a group (`st.groupId`). Source: <https://apiok.ru/en/ext/publish>.
    GroupId,
    "group id"
);
id!(
    /// The number of a published topic (`id` in the callback of a post). Source:
    /// <https://apiok.ru/en/ext/publish>.
    TopicId,
    "topic id"
);

/// Parses decimal digits; the error names `field`.
pub(crate) fn parse(field: &'static str, text: &str) -> Result<u64, FieldError> {
    const REMEDY: &str = "give the decimal id, digits only";
    if text.is_empty() {
        return Err(FieldError::new(field, "is empty", REMEDY));
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let problem = format!("{} is not a number", quote(text));
        return Err(FieldError::new(field, problem, REMEDY));
    }
    text.parse().map_err(|_| {
        let problem = format!("{} is above the limit of {}", quote(text), u64::MAX);
        FieldError::new(field, problem, "give an id that OK has given out")
    })
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id: a whole number, or a string of decimal digits")
    }

    fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<u64, E> {
        Ok(id)
    }

    fn visit_i64<E: serde::de::Error>(self, id: i64) -> Result<u64, E> {
        u64::try_from(id).map_err(|_| E::invalid_value(Unexpected::Signed(id), &self))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<u64, E> {
        parse("id", text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_digits_are_an_id() {
        for bad in [
            "",
            " 1",
            "1 ",
            "+1",
            "-1",
            "1.0",
            "1e3",
            "0x1",
            "١",
            "18446744073709551616",
        ] {
            assert!(bad.parse::<UserId>().is_err(), "{bad:?}");
        }
        assert_eq!(
            "18446744073709551615".parse::<UserId>().unwrap().get(),
            u64::MAX
        );
    }

    #[test]
    fn json_takes_text_and_numbers_and_nothing_else() {
        assert_eq!(
            serde_json::from_str::<TopicId>("\"7\"").unwrap(),
            TopicId::new(7)
        );
        for bad in ["-7", "7.5", "\"x\"", "null", "true", "[7]"] {
            assert!(serde_json::from_str::<TopicId>(bad).is_err(), "{bad}");
        }
    }
}
