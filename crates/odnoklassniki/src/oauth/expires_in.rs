//! How long a token lives.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::json;

/// How long a token lives (`expires_in`), in whole seconds. It may be a number or a text, in a
/// fragment, in JSON, in a stored session. The default is "not known".
///
/// No value makes a usable token useless. What is missing, empty, negative or not a number is not
/// known. A fraction is cut, but a life of less than a second is one second. A number that is too
/// large counts as the largest. `0` means that the token has ended. Parse it from JSON with
/// `#[serde(default)]`; it is made for `serde_json` alone.
///
/// ```
/// use std::time::Duration;
/// use odnoklassniki::oauth::ExpiresIn;
///
/// assert_eq!(ExpiresIn::parse("1799.5").known(), Some(Duration::from_secs(1799)));
/// assert_eq!(ExpiresIn::parse("-1").known(), None);
/// let read: ExpiresIn = serde_json::from_str(r#""1800""#).unwrap();
/// assert_eq!(read.known(), Some(Duration::from_secs(1800)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpiresIn(Option<Duration>);

impl ExpiresIn {
    /// Parses the decoded text of a fragment.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(seconds(text.trim()).map(Duration::from_secs))
    }

    /// Parses a value of JSON.
    pub(crate) fn parse_json(value: &RawValue) -> Self {
        match value.get().as_bytes().first() {
            Some(b'"') => json::text(value).map_or(Self(None), |text| Self::parse(&text)),
            _ => Self::parse(value.get()),
        }
    }

    /// Returns the time, if it is known.
    #[must_use]
    pub const fn known(self) -> Option<Duration> {
        self.0
    }
}

fn seconds(text: &str) -> Option<u64> {
    // Neither a sign nor a word such as `infinity`.
    if !text.starts_with(|c: char| c.is_ascii_digit())
        || !text.ends_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    text.parse().ok().or_else(|| {
        let seconds = text.parse().ok()?;
        let whole = Duration::try_from_secs_f64(seconds).map_or(u64::MAX, |time| time.as_secs());
        // By its digits: the smallest numbers are 0 as `f64`.
        let is_positive = text
            .split(['e', 'E'])
            .next()?
            .contains(|c: char| matches!(c, '1'..='9'));
        Some(whole.max(u64::from(is_positive)))
    })
}

impl<'de> Deserialize<'de> for ExpiresIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As it is written: a number may be larger than any type.
        let value = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self::parse_json(&value))
    }
}
