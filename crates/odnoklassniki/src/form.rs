//! Parses queries and fragments: pairs of names and values, form-encoded.

use std::borrow::Cow;

/// HTML writes the `&` between two pairs as `&amp;`. This part of it reaches the second name.
const HTML_PREFIX: &str = "amp;";

/// A decoded value. U+FFFD replaces each `%` of a bad escape and what is not UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Value<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Whether nothing was replaced.
    pub(crate) is_readable: bool,
}

/// Returns the pairs whose name is `known`, decoded.
pub(crate) fn known<'a>(
    raw: &'a str,
    known: &'static [&'static str],
) -> impl Iterator<Item = (&'static str, Value<'a>)> {
    split(raw, known).filter_map(move |pair| {
        let (name, value) = known_pair(pair, known)?;
        Some((name, decode(value)))
    })
}

/// Returns the pairs whose name is not one of `names`, still encoded. All of `names` are `known`.
pub(crate) fn without<'a>(
    raw: &'a str,
    known: &'static [&'static str],
    names: &'a [&str],
) -> impl Iterator<Item = &'a str> {
    split(raw, known).filter(move |pair| {
        let name = known_pair(pair, known).map(|(name, _)| name);
        name.is_none_or(|name| !names.contains(&name))
    })
}

/// Returns the name and the encoded value of a pair, if the name is `known`.
fn known_pair<'a>(
    pair: &'a str,
    known: &'static [&'static str],
) -> Option<(&'static str, &'a str)> {
    let (mut name, value) = pair.split_once('=').unwrap_or((pair, ""));
    // Removed before names are compared, so that no name comes a second time in this disguise.
    while let Some(rest) = name.strip_prefix(HTML_PREFIX) {
        name = rest;
    }
    let name = decode(name).text;
    let name = known.iter().find(|known| **known == name)?;
    Some((*name, value))
}

/// Returns the pairs of a query or fragment, still encoded.
fn split<'a>(raw: &'a str, known: &'static [&'static str]) -> impl Iterator<Item = &'a str> {
    let mut rest = Some(raw.strip_prefix(['?', '#']).unwrap_or(raw));
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = find_separator(text, known) else {
            rest = None;
            return Some(text);
        };
        let (pair, after) = text.split_at(end);
        rest = after.get(1..);
        Some(pair)
    })
}

/// Returns the index of the first separator. A `?` before a `known` name is one too: it is unknown
/// whether OK appends its result with `&` or with a second `?`.
fn find_separator(text: &str, known: &[&str]) -> Option<usize> {
    let is_separator = |&(at, character): &(usize, char)| match character {
        '&' => true,
        '?' => begins_with_name(text.get(at + 1..).unwrap_or_default(), known),
        _ => false,
    };
    text.char_indices().find(is_separator).map(|(at, _)| at)
}

fn begins_with_name(text: &str, known: &[&str]) -> bool {
    let mut rests = known.iter().filter_map(|name| text.strip_prefix(name));
    rests.any(|rest| rest.starts_with('='))
}

/// Decodes a form value: `+` is a space, `%XX` is a byte.
fn decode(raw: &str) -> Value<'_> {
    if !raw.contains(['%', '+']) {
        return Value {
            text: Cow::Borrowed(raw),
            is_readable: true,
        };
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let (mut rest, mut is_readable) = (raw.as_bytes(), true);
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, escaped(after)) {
            (b'+', _) => bytes.push(b' '),
            (b'%', Some(escaped)) => {
                bytes.push(escaped);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'%', None) => {
                bytes.extend_from_slice("\u{fffd}".as_bytes());
                is_readable = false;
            }
            (other, _) => bytes.push(other),
        }
    }
    // A readable text is moved, not copied: it may be a token, which its owner wipes.
    let text = String::from_utf8(bytes).unwrap_or_else(|error| {
        is_readable = false;
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    });
    Value {
        text: Cow::Owned(text),
        is_readable,
    }
}

fn escaped(digits: &[u8]) -> Option<u8> {
    let [high, low, ..] = digits else { return None };
    Some(digit(*high)? << 4 | digit(*low)?)
}

fn digit(byte: u8) -> Option<u8> {
    let value = char::from(byte).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_decoded() {
        for (raw, decoded) in [
            ("a+b%20c", "a b c"),
            ("%D1%8F", "я"),
            ("%CE%F2", "\u{fffd}\u{fffd}"),
            ("%u041E", "\u{fffd}u041E"),
            ("%D0%9E%D0", "О\u{fffd}"),
            ("%", "\u{fffd}"),
            ("%4", "\u{fffd}4"),
            ("%%41", "\u{fffd}A"),
            ("%+1", "\u{fffd} 1"),
            ("%ED%A0%80", "\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            let value = decode(raw);
            assert_eq!(
                (&*value.text, value.is_readable),
                (decoded, !decoded.contains('\u{fffd}')),
                "{raw}"
            );
        }
        assert!(decode("%EF%BF%BD").is_readable, "it may be meant");
    }

    #[test]
    fn html_between_pairs_is_no_part_of_a_name() {
        let names = |raw| {
            known(raw, &["code", "selected"])
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names("amp;code=1&amp;selected=2&amp;amp;code=3&amp=4&xamp;code=5&amp;codes=6"),
            ["code", "selected", "code"]
        );
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in "\\PC{0,16}", html: bool) {
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let separator = if html { "&amp;" } else { "&" };
            let raw = format!("x=%ff{separator}code={encoded}{separator}y");
            let pairs: Vec<_> = known(&raw, &["code"]).collect();
            prop_assert_eq!(pairs, [("code", Value { text: Cow::Owned(text), is_readable: true })]);
        }
    }
}
