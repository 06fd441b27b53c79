//! Percent-encoding of values.

/// What stands for a byte, and behind it how many bytes that are: itself, or `%00` to `%FF`, upper
/// case (section 2.1).
const ENCODED: [[u8; 4]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut table = [[0; 4]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match unreserved(byte as u8) {
            true => [byte as u8, 0, 0, 1],
            false => [b'%', DIGITS[byte >> 4], DIGITS[byte & 15], 3],
        };
        byte += 1;
    }
    table
};

/// As many bytes are looked at together.
const PIECE: usize = 16;
/// Where a piece is written: more than thrice its size, a power of two and four bytes.
const ROOM: usize = 64 + 4;
/// What [`push`] needs for a while beyond what it appends.
pub(crate) const SLACK: usize = ROOM;

/// Appends `value`, with everything but the unreserved characters as `%XX`.
pub(crate) fn push(out: &mut Vec<u8>, value: &str) {
    let (pieces, rest) = value.as_bytes().as_chunks::<PIECE>();
    for piece in pieces {
        // In base64 most pieces have nothing to encode.
        match all_unreserved(piece) {
            true => out.extend_from_slice(piece),
            false => push_piece(out, piece),
        }
    }
    // The rest is the end of the last sixteen.
    match value.as_bytes().last_chunk().is_some_and(all_unreserved) {
        true => out.extend_from_slice(rest),
        false => push_piece(out, rest),
    }
}

/// The compiler looks at all bytes at once.
fn all_unreserved(piece: &[u8; PIECE]) -> bool {
    piece.iter().fold(true, |all, &byte| all & unreserved(byte))
}

/// Written in place: a copy elsewhere would have to be wiped.
fn push_piece(out: &mut Vec<u8>, piece: &[u8]) {
    let start = out.len();
    out.extend_from_slice(&[0; ROOM]);
    let Some(room) = out.last_chunk_mut::<ROOM>() else {
        return;
    };
    let mut length = 0;
    for &byte in piece {
        // Four bytes in any case, of which one or three count: quicker than to decide.
        let encoded = ENCODED[usize::from(byte)];
        // It fits; the mask says so to the compiler.
        room[length & (ROOM - 5)..][..4].copy_from_slice(&encoded);
        length += usize::from(encoded[3]);
    }
    out.truncate(start + length);
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

/// How many bytes [`push`] would append.
pub(super) fn length(value: &str) -> usize {
    // In short pieces: the compiler can then count many bytes at once.
    let reserved =
        |piece: &[u8]| -> u8 { piece.iter().map(|&byte| u8::from(!unreserved(byte))).sum() };
    let pieces = value.as_bytes().chunks(usize::from(u8::MAX));
    value.len()
        + pieces
            .map(|piece| 2 * usize::from(reserved(piece)))
            .sum::<usize>()
}

/// Whether a byte stays as it is: the unreserved characters of RFC 3986, section 2.3. Without
/// branches.
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
                assert_eq!(
                    encoded(&format!("{before}+{after}")),
                    format!("{before}%2B{after}")
                );
            }
        }
    }

    #[test]
    fn the_length_of_long_text_does_not_overflow() {
        assert_eq!(length(&"я".repeat(1000)), 6000);
    }
}
