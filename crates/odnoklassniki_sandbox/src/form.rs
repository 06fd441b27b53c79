//! `application/x-www-form-urlencoded`: queries, fragments and the bodies of forms.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// More pairs than any widget or form of the sandbox has. A longer text is refused.
const MAX_PAIRS: usize = 1_000;

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Parses `a=1&b=2`. `+` is a space. Returns `None` for a broken escape, for text that is not
/// UTF-8, and for too many pairs.
pub(crate) fn parse(text: &[u8]) -> Option<Fields> {
    // `form_urlencoded` replaces what it cannot decode. The sandbox refuses it.
    if !escapes_are_complete(text) || percent_decode(text).decode_utf8().is_err() {
        return None;
    }
    let pairs: Vec<_> = form_urlencoded::parse(text)
        .into_owned()
        .take(MAX_PAIRS + 1)
        .collect();
    (pairs.len() <= MAX_PAIRS).then_some(Fields(pairs))
}

/// Parses the parameters of a call: those of the query, then those of the form.
pub(crate) fn parse_call(query: Option<String>, body: &[u8]) -> Option<Fields> {
    let mut fields = parse(query.unwrap_or_default().as_bytes())?;
    fields.0.extend(parse(body)?.0);
    Some(fields)
}

fn escapes_are_complete(text: &[u8]) -> bool {
    let starts_with_digits =
        |rest: &[u8]| rest.len() >= 2 && rest.iter().take(2).all(u8::is_ascii_hexdigit);
    text.split(|byte| *byte == b'%')
        .skip(1)
        .all(starts_with_digits)
}

/// Percent-encodes all but the unreserved characters. A space becomes `%20`, not `+`.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Writes `a=1&b=2`, with names and values encoded.
pub(crate) fn write<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    let encoded: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name.as_ref()), encode(value.as_ref())))
        .collect();
    encoded.join("&")
}

/// Decoded pairs, in their order.
#[derive(Default, Clone, Debug, PartialEq)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// Returns the first value with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns every value with this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns a name that is there twice, if there is one.
    pub(crate) fn doubled(&self) -> Option<&str> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
            .windows(2)
            .find(|pair| pair.first() == pair.last())
            .and_then(|pair| pair.first().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spaces_and_escapes_are_decoded() {
        let fields = parse("a=1+2%20%D1%8F&b&c=x=y&&a=z&=&d=%EF%BF%BD".as_bytes()).unwrap();
        assert_eq!(fields.get("a"), Some("1 2 я"));
        assert_eq!(fields.get("b"), Some(""));
        assert_eq!(fields.get("c"), Some("x=y"));
        assert_eq!(fields.get(""), Some(""));
        assert_eq!(fields.get("d"), Some("\u{FFFD}"));
        assert_eq!(fields.0.len(), 6);
        assert_eq!(fields.doubled(), Some("a"));
    }

    #[test]
    fn broken_escapes_and_bytes_are_refused() {
        for bad in [
            "a=%", "a=%4", "a=%zz", "a=%FF", "%E0%80=1", "a=%+1", "a=%%41", "a=%4%31",
            // The letter is not whole on either side of the separator.
            "%C3&%A9", "%C3=%A9",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(parse(&[b'a', b'=', 0xFF]), None);
        assert!(parse("a&".repeat(MAX_PAIRS).as_bytes()).is_some());
        assert_eq!(parse("a&".repeat(MAX_PAIRS + 1).as_bytes()), None);
    }

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encode("aZ09-._~ *+я"), "aZ09-._~%20%2A%2B%D1%8F");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(pairs in proptest::collection::vec((".{1,9}", ".{0,20}"), 0..8)) {
            prop_assert_eq!(parse(write(&pairs).as_bytes()).unwrap().0, pairs);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
