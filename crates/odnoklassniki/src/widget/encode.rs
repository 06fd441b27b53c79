//! Percent-encoding of values.

/// Bytes that stay as they are: the unreserved characters of RFC 3986, section 2.3.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let character = byte as u8;
        table[byte] =
            character.is_ascii_alphanumeric() || matches!(character, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    table
};

fn is_unreserved(byte: u8) -> bool {
    UNRESERVED[usize::from(byte)]
}

/// Appends `value`, with everything but the unreserved characters as `%XX` (upper case, section 2.1).
pub(super) fn push(out: &mut String, value: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut rest = value.as_bytes();
    loop {
        let run = rest.iter().take_while(|&&byte| is_unreserved(byte)).count();
        let (kept, after) = rest.split_at(run);
        // A run of unreserved characters is ASCII, so nothing is lost here.
        out.push_str(std::str::from_utf8(kept).unwrap_or_default());
        let Some((&byte, after)) = after.split_first() else {
            return;
        };
        out.push('%');
        for digit in [byte >> 4, byte & 15] {
            out.push(char::from(DIGITS[usize::from(digit)]));
        }
        rest = after;
    }
}

/// How many bytes [`push`] would append.
pub(super) fn length(value: &str) -> usize {
    value
        .bytes()
        .map(|byte| if is_unreserved(byte) { 1 } else { 3 })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: &str) -> String {
        let mut out = String::new();
        push(&mut out, value);
        assert_eq!(out.len(), length(value));
        out
    }

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encoded("AZaz09-._~"), "AZaz09-._~");
        assert_eq!(
            encoded(" !\"#$%&'()*+,/:;<=>?@[\\]^`{|}"),
            "%20%21%22%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%5E%60%7B%7C%7D"
        );
        assert_eq!(encoded("я🎮\n"), "%D1%8F%F0%9F%8E%AE%0A");
        assert_eq!(encoded(""), "");
    }
}
