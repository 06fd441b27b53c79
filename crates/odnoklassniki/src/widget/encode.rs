//! Percent-encoding of values.

/// Bytes that stay as they are: the unreserved characters of RFC 3986, section 2.3.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = unreserved(byte as u8);
        byte += 1;
    }
    table
};

/// `%00` to `%FF`, upper case (section 2.1).
const ESCAPES: [[u8; 3]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut table = [[b'%'; 3]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte][1] = DIGITS[byte >> 4];
        table[byte][2] = DIGITS[byte & 15];
        byte += 1;
    }
    table
};

/// Appends `value`, with everything but the unreserved characters as `%XX`.
pub(crate) fn push(out: &mut Vec<u8>, value: &str) {
    let mut rest = value.as_bytes();
    loop {
        let (kept, after) = rest.split_at(run(rest));
        out.extend_from_slice(kept);
        let Some((&byte, after)) = after.split_first() else {
            return;
        };
        out.extend_from_slice(&ESCAPES[usize::from(byte)]);
        rest = after;
    }
}

/// Appends `&name=value`. Names are ours or checked, so only the value is encoded.
pub(crate) fn push_pair(out: &mut Vec<u8>, (name, value): (&str, &str)) {
    out.push(b'&');
    out.extend_from_slice(name.as_bytes());
    out.push(b'=');
    push(out, value);
}

/// The most that [`push_pair`] could append.
pub(crate) fn most((name, value): (&str, &str)) -> usize {
    "&=".len() + name.len() + 3 * value.len()
}

/// How many bytes at the beginning stay as they are.
fn run(bytes: &[u8]) -> usize {
    let kept = |byte: &u8| UNRESERVED[usize::from(*byte)];
    if !bytes.first().is_some_and(kept) {
        return 0;
    }
    // Whole blocks first: the compiler looks at all bytes of one at once. In base64 most blocks have nothing to encode.
    let (blocks, _) = bytes.as_chunks::<16>();
    let all_kept = |block: &&[u8; 16]| block.iter().fold(true, |all, &byte| all & unreserved(byte));
    let whole = 16 * blocks.iter().take_while(all_kept).count();
    let rest = bytes.get(whole..).unwrap_or_default();
    whole + rest.iter().take_while(|byte| kept(byte)).count()
}

/// How many bytes [`push`] would append.
pub(super) fn length(value: &str) -> usize {
    // By comparisons and in short pieces instead of by the table: the compiler can then count many bytes at once.
    let reserved = |piece: &[u8]| -> u8 { piece.iter().map(|&byte| u8::from(!unreserved(byte))).sum() };
    let pieces = value.as_bytes().chunks(usize::from(u8::MAX));
    value.len() + pieces.map(|piece| 2 * usize::from(reserved(piece))).sum::<usize>()
}

/// The rule of [`UNRESERVED`], without branches.
const fn unreserved(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter | digit | (byte == b'-') | (byte == b'.') | (byte == b'_') | (byte == b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: &str) -> String {
        let mut out = Vec::new();
        push(&mut out, value);
        assert_eq!(out.len(), length(value));
        String::from_utf8(out).unwrap()
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

    #[test]
    fn one_reserved_byte_is_found_wherever_it_stands() {
        for length in 0..50 {
            for at in 0..length {
                let (before, after) = ("a".repeat(at), "b".repeat(length - at - 1));
                assert_eq!(encoded(&format!("{before}+{after}")), format!("{before}%2B{after}"));
            }
        }
    }

    #[test]
    fn the_length_of_long_text_does_not_overflow() {
        assert_eq!(length(&"я".repeat(1000)), 6000);
    }
}
