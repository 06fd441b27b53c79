//! `application/x-www-form-urlencoded`: reading queries and form bodies, writing answers.

use std::fmt::Write as _;

/// More pairs than any widget or form of ours has; beyond it the text is refused.
const MAX_PAIRS: usize = 1_000;

/// Reads `a=1&b=2`. `+` is a space. `None` for a broken escape, text that is not UTF-8, or too many
/// pairs.
pub(crate) fn read(text: &[u8]) -> Option<Fields> {
    let mut pairs = Vec::new();
    for piece in text.split(|byte| *byte == b'&').filter(|p| !p.is_empty()) {
        if pairs.len() == MAX_PAIRS {
            return None;
        }
        let mut halves = piece.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default())?;
        let value = decode(halves.next().unwrap_or_default())?;
        pairs.push((name, value));
    }
    Some(Fields(pairs))
}

fn decode(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(*rest.next()?)? << 4 | hex_digit(*rest.next()?)?,
            other => *other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

/// Percent-encodes everything but the unreserved characters of RFC 3986, section 2.3.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Writes `a=1&b=2`, names and values encoded.
pub(crate) fn write<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    let encoded: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name.as_ref()), encode(value.as_ref())))
        .collect();
    encoded.join("&")
}

/// Decoded pairs in the order they came.
#[derive(Default, Clone, Debug, PartialEq)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// The first value of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every value of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// A name that is there twice, if there is one.
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
    fn reads_spaces_and_escapes() {
        let fields = read("a=1+2%20%D1%8F&b&c=x=y&&a=z".as_bytes()).unwrap();
        assert_eq!(fields.get("a"), Some("1 2 я"));
        assert_eq!(fields.get("b"), Some(""));
        assert_eq!(fields.get("c"), Some("x=y"));
        assert_eq!(fields.doubled(), Some("a"));
    }

    #[test]
    fn refuses_broken_escapes_and_bytes() {
        for bad in ["a=%", "a=%4", "a=%zz", "a=%FF", "%E0%80=1", "a=%+1"] {
            assert_eq!(read(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(read(&[b'a', b'=', 0xFF]), None);
        assert_eq!(read("a&".repeat(MAX_PAIRS + 1).as_bytes()), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(pairs in proptest::collection::vec((".{1,9}", ".{0,20}"), 0..8)) {
            prop_assert_eq!(read(write(&pairs).as_bytes()).unwrap().0, pairs);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
