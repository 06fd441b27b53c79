//! Percent escapes by lines of their own, so that a mistake of the product cannot hide here, too.

use std::fmt::Write as _;

/// Returns every byte as an escape.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(3 * text.len());
    for byte in text.bytes() {
        // Writing into a string cannot fail.
        _ = write!(escaped, "%{byte:02X}");
    }
    escaped
}

/// Returns the text of a value in a URL that the protocol crate has built.
pub(crate) fn unescape(value: &str) -> String {
    let mut parts = value.split('%');
    let mut bytes = parts
        .next()
        .unwrap_or_default()
        .replace('+', " ")
        .into_bytes();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).expect("an escape has two digits");
        bytes.push(u8::from_str_radix(digits, 16).expect("an escape is hexadecimal"));
        bytes.extend_from_slice(rest.replace('+', " ").as_bytes());
    }
    String::from_utf8(bytes).expect("a URL of ours is UTF-8")
}
