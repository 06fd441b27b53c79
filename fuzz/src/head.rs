//! A request head: how it ends, and what is parsed of it.

use callback_listener::loopback::{
    Head, HeadScanner, MAX_BODY, MAX_HEAD, MAX_HEADERS, MAX_LINE, Scan, accept_language_so_far,
};

/// The scanner agrees with the rules as they are written down, and what the parser accepts reads
/// the same when it is written again.
pub fn head(bytes: &[u8]) {
    // Nothing but a complete head comes to the parser, but it must not rely on that.
    _ = Head::parse(bytes);
    let Some(end) = scan(bytes) else { return };
    let (head, _) = bytes.split_at(end);
    assert!(
        Head::parse(&head[..end - 1]).is_err(),
        "a part of a head is none"
    );
    let Ok(parsed) = Head::parse(head) else {
        return;
    };
    assert!(
        parsed.accept_language().eq(accept_language_so_far(head)),
        "the same language at the end as on the way"
    );
    if let Ok((path, query)) = parsed.path_and_query() {
        assert!(path.starts_with('/') && !path.contains(['?', '#']) && !query.contains('#'));
    }
    if let Ok(Some(length)) = parsed.body_length() {
        assert!(length <= MAX_BODY && !parsed.has("Transfer-Encoding"));
    }
    again(&parsed);
}

/// Returns where the head ends, if it does.
fn scan(bytes: &[u8]) -> Option<usize> {
    let mut scanner = HeadScanner::default();
    let stop = bytes
        .iter()
        .map(|byte| scanner.push(*byte))
        .enumerate()
        .find(|(_, scan)| *scan != Scan::More);
    let read = stop.map_or(bytes.len(), |(index, _)| index + 1);
    let (seen, _) = bytes.split_at(read);
    match stop {
        Some((_, Scan::End)) => {
            assert!(is_well_formed(seen), "accepted against the rules");
            return Some(read);
        }
        Some(_) => assert!(!is_well_formed(seen), "refused against the rules"),
        None => assert!(seen.len() <= MAX_HEAD, "the head has no end"),
    }
    None
}

/// Returns whether a complete head keeps the rules.
fn is_well_formed(head: &[u8]) -> bool {
    let Some(lines) = head.strip_suffix(b"\r\n\r\n") else {
        return false;
    };
    let mut lines = lines
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.next().unwrap_or_default();
    let mut headers = 0;
    let clean = lines.all(|line| {
        headers += 1;
        !line.is_empty()
            && line
                .iter()
                .all(|byte| matches!(byte, b'\t' | 0x20..=0x7e | 0x80..))
    });
    let ends = head.iter().filter(|byte| **byte == b'\n').count();
    let pairs = head.windows(2).filter(|pair| pair == b"\r\n").count();
    clean
        && !first.is_empty()
        && first.iter().all(|byte| matches!(byte, 0x20..=0x7e))
        && first.len() <= MAX_LINE
        && head.len() <= MAX_HEAD
        && headers <= MAX_HEADERS
        && ends == pairs
}

/// Writes the head without what is optional in it, and reads that.
fn again(parsed: &Head<'_>) {
    let mut written = format!("{} {} HTTP/1.1\r\n", parsed.method(), parsed.target()).into_bytes();
    for (name, value) in parsed.headers() {
        for part in [name.as_bytes(), b":", value, b"\r\n"] {
            written.extend_from_slice(part);
        }
    }
    written.extend_from_slice(b"\r\n");
    assert_eq!(scan(&written), Some(written.len()));
    let Ok(read) = Head::parse(&written) else {
        panic!("what was written cannot be read")
    };
    assert_eq!(read.method(), parsed.method());
    assert_eq!(read.target(), parsed.target());
    assert!(read.headers().eq(parsed.headers()), "other headers");
    assert_eq!(read.path_and_query(), parsed.path_and_query());
    assert_eq!(read.body_length(), parsed.body_length());
}
