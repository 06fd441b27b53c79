//! Parses JSON from outside, of which a few names matter.
//!
//! A text for people never makes the rest unreadable: U+FFFD replaces what cannot be read in it. A
//! value that decides something must not contain U+FFFD.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The white space that may stand around a value (RFC 8259, section 2).
const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Returns whether the first character behind white space is this one.
pub(crate) fn begins_with(json: &str, first: char) -> bool {
    json.trim_start_matches(WHITE_SPACE).starts_with(first)
}

/// Replaces what has no meaning inside of strings: half a surrogate pair, an unknown or cut escape,
/// a control character.
pub(crate) fn mend(json: &str) -> Cow<'_, str> {
    if !json.bytes().any(|byte| byte == b'\\' || byte < b' ') {
        return Cow::Borrowed(json);
    }
    let mut mended = String::with_capacity(json.len());
    let (mut rest, mut in_string) = (json, false);
    while let Some(character) = rest.chars().next() {
        let (length, has_meaning) = match character {
            '\\' if in_string => escape(rest),
            other => (other.len_utf8(), !in_string || other >= ' '),
        };
        in_string ^= character == '"';
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if has_meaning {
            mended.push_str(part);
        } else {
            mended.push(char::REPLACEMENT_CHARACTER);
        }
        rest = after;
    }
    Cow::Owned(mended)
}

/// Returns the length of the escape with which the text begins, and whether it has a meaning.
fn escape(text: &str) -> (usize, bool) {
    let unit = |from: usize| {
        let digits = text
            .get(from..from + 4)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        u16::from_str_radix(digits, 16).ok()
    };
    match text.as_bytes().get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => (2, true),
        Some(b'u') => match unit(2) {
            None => (2, false),
            Some(0xd800..0xdc00)
                if text.get(6..8) == Some("\\u") && matches!(unit(8), Some(0xdc00..0xe000)) =>
            {
                (12, true)
            }
            Some(0xd800..0xe000) => (6, false),
            Some(_) => (6, true),
        },
        _ => (1, false),
    }
}

/// Returns a text, or a number as it is written. None for null.
///
/// # Errors
/// The value is something else or cannot be read.
pub(crate) fn decisive(value: &RawValue) -> Result<Option<String>, ()> {
    match value.get().as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'-' | b'0'..=b'9') => Ok(Some(value.get().to_owned())),
        _ => text(value).map(Some).ok_or(()),
    }
}

/// Returns whether a value beside an error's name means that there is no error.
pub(crate) fn is_no_error(value: &RawValue) -> bool {
    matches!(
        value.get(),
        "null" | "false" | "0" | "\"\"" | "\"0\"" | "\"false\""
    )
}

/// Returns a text that can be read.
pub(crate) fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get())
        .ok()
        .filter(|text: &String| !text.contains(char::REPLACEMENT_CHARACTER))
}

/// Returns a value for people, whatever it is.
pub(crate) fn for_people(value: &RawValue) -> Option<String> {
    match value.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str(value.get()).ok(),
        Some(b'n') => None,
        _ => Some(value.get().to_owned()),
    }
}

/// The values of known names, as they are written: other values need no meaning. A name that
/// decides nothing and comes twice has no value.
pub(crate) struct Object<'a>(Vec<(&'static str, Option<&'a RawValue>)>);

impl<'a> Object<'a> {
    /// Parses an object. None if it is not one, or if a known name that `decides` comes twice.
    pub(crate) fn parse(
        json: &'a str,
        known: &'static [&'static str],
        decides: fn(&str) -> bool,
    ) -> Option<Self> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let object = Known { known, decides }.deserialize(&mut reader).ok()?;
        reader.end().ok().map(|()| object)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .and_then(|(_, value)| *value)
    }

    /// Returns each name once, without a value if it came twice.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, Option<&'a RawValue>)> {
        self.0.iter().copied()
    }
}

/// Written by hand: derived code parses a value for each field anew, which is 30 KiB of program.
struct Known {
    known: &'static [&'static str],
    decides: fn(&str) -> bool,
}

impl<'de> DeserializeSeed<'de> for Known {
    type Value = Object<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Object<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Known {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object<'de>, M::Error> {
        let mut object = Object(Vec::new());
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let Some(known) = self.known.iter().find(|known| **known == name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value()?;
            match object.0.iter_mut().find(|(seen, _)| seen == known) {
                None => object.0.push((known, Some(value))),
                Some(_) if (self.decides)(known) => {
                    return Err(M::Error::custom("a name comes twice"));
                }
                Some((_, first)) => *first = None,
            }
        }
        Ok(object)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_has_no_meaning_is_replaced() {
        for (json, mended) in [
            (r#"{"a":"b"}"#, r#"{"a":"b"}"#),
            (
                r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#,
                r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#,
            ),
            (r#""\ud83d""#, "\"\u{fffd}\""),
            (r#""\ude00\ud83d""#, "\"\u{fffd}\u{fffd}\""),
            (r#""\ud83d\u0041""#, "\"\u{fffd}\\u0041\""),
            (r#""\ud83d\ud83d\ude00""#, "\"\u{fffd}\\ud83d\\ude00\""),
            (r#""\u12""#, "\"\u{fffd}12\""),
            (r#""\u+123""#, "\"\u{fffd}+123\""),
            (r#""\x41""#, "\"\u{fffd}x41\""),
            ("\"a\nb\u{0}\"", "\"a\u{fffd}b\u{fffd}\""),
            ("\n{\t\"a\"\r: 1 }", "\n{\t\"a\"\r: 1 }"),
            ("\"\\я\"", "\"\u{fffd}я\""),
            ("\"\\u1я\"", "\"\u{fffd}1я\""),
            ("\\ud83d", "\\ud83d"),
            ("\"\\", "\"\u{fffd}"),
            ("\"\\ud83d\\", "\"\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(mend(json), mended, "{json}");
        }
    }

    proptest! {
        #[test]
        fn json_stays_as_it_is(text in "\\PC{0,20}", blank in "[ \t\r\n]{0,3}") {
            let json = format!("{blank}{{\"a\":{}}}{blank}", serde_json::to_string(&text).unwrap());
            prop_assert_eq!(mend(&json), json.as_str());
        }

        #[test]
        fn any_text_is_mended_once(json in r#"([{}:,\\"udx0-9a-f \n]|\\u[0-9a-f]{0,4}|я){0,24}"#) {
            let mended = mend(&json);
            prop_assert_eq!(mend(&mended), mended.as_ref());
            // A string of anything is a string then.
            let string = format!("\"{}\"", json.replace('"', "").trim_end_matches('\\'));
            prop_assert!(serde_json::from_str::<String>(&mend(&string)).is_ok(), "{string}");
        }
    }
}
