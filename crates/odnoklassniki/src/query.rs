//! Writes the pairs of a query or of a form, percent-encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// The longest URL that is built, in bytes. OK publishes no limit, but not every browser and server
/// takes more.
pub const MAX_URL_BYTES: usize = 8000;

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Returns a value as it stands in a URL, piece by piece.
pub(crate) fn encode(value: &str) -> PercentEncode<'_> {
    utf8_percent_encode(value, RESERVED)
}

/// Returns the length of `&name=value` in bytes.
pub(crate) fn pair_length(name: &str, value: &str) -> usize {
    "&=".len() + name.len() + encode(value).map(str::len).sum::<usize>()
}

/// Returns the name of what takes the most bytes of a URL that is too long: a pair, or the host's
/// base.
pub(crate) fn longest<'a>(connect: &str, pairs: &[(&'a str, &str)]) -> &'a str {
    let mut longest = ("hosts.connect", connect.len());
    for (name, value) in pairs {
        let length = pair_length(name, value);
        if length >= longest.1 {
            longest = (name, length);
        }
    }
    longest.0
}

/// Returns `head` with the pairs behind it.
///
/// The text may hold secrets, so it gets its whole capacity at once: a text that grows leaves
/// copies behind.
pub(crate) fn write(head: &str, pairs: &[(&str, &str)]) -> String {
    let lengths = pairs.iter().map(|(name, value)| pair_length(name, value));
    let mut text = String::with_capacity(head.len() + lengths.sum::<usize>());
    text.push_str(head);
    for (name, value) in pairs {
        text.extend(["&", name, "="]);
        text.extend(encode(value));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        for (value, encoded) in [
            ("", ""),
            ("AZaz09-._~", "AZaz09-._~"),
            (
                " !\"#$%&'()*+,/:;<=>?@[\\]^`{|}",
                "%20%21%22%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%5E%60%7B%7C%7D",
            ),
            ("я🎮\n", "%D1%8F%F0%9F%8E%AE%0A"),
        ] {
            let written = write("a?b=1", &[("name", value)]);
            assert_eq!(written, format!("a?b=1&name={encoded}"));
            assert_eq!(pair_length("name", value), written.len() - "a?b=1".len());
        }
    }

    #[test]
    fn a_text_never_grows() {
        let text = write("head", &[("a", "я+"), ("b", "plain")]);
        assert_eq!(text.capacity(), text.len());
    }
}
