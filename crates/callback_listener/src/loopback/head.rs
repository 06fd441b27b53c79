//! One request head, read strictly: what is not plain HTTP/1.1 as browsers write it is refused.

use std::fmt;

use httparse::{EMPTY_HEADER, Status};

use crate::counters::RefusedCallback;

/// The longest request line, without its line end.
pub const MAX_LINE: usize = 16 * 1024;
/// The largest head: cookies of other programs on the same address come along.
pub const MAX_HEAD: usize = 64 * 1024;
/// The most headers.
pub const MAX_HEADERS: usize = 100;
/// The largest posted fragment.
pub const MAX_BODY: usize = 16 * 1024;

const ACCEPT_LANGUAGE: &str = "Accept-Language";

/// Headers by which prefetchers, previews and prerenderers identify themselves: the current one and
/// its predecessors.
const PURPOSES: [&str; 4] = ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"];
/// How the values of these headers begin.
const SPECULATIVE: [&str; 3] = ["prefetch", "prerender", "preview"];

/// The first two bytes of a TLS handshake: the type of the record, and the major version (RFC 8446,
/// 5.1).
const TLS_HANDSHAKE: [u8; 2] = [0x16, 3];

/// Reads a head byte by byte: finds its end, and refuses what is too large or no text. It looks at
/// single bytes, so the outcome does not depend on how the head was cut into packets.
#[derive(Debug, Default)]
pub struct HeadScanner {
    total: usize,
    line: usize,
    lines: usize,
    after_cr: bool,
    /// After the first byte of a TLS handshake.
    after_tls: bool,
}

/// What the next byte means to a [`HeadScanner`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scan {
    /// The head continues.
    More,
    /// This was its last byte.
    End,
    /// The head cannot be read.
    Bad(RefusedCallback),
}

impl HeadScanner {
    /// Takes the next byte.
    pub fn push(&mut self, byte: u8) -> Scan {
        self.total += 1;
        if self.total > MAX_HEAD {
            return Scan::Bad(RefusedCallback::HeadTooLarge);
        }
        let [tls_type, tls_version] = TLS_HANDSHAKE;
        match byte {
            _ if std::mem::take(&mut self.after_tls) => {
                let is_tls = byte == tls_version;
                return Scan::Bad(if is_tls {
                    RefusedCallback::Tls
                } else {
                    RefusedCallback::Malformed
                });
            }
            _ if self.total == 1 && byte == tls_type => {
                self.after_tls = true;
                return Scan::More;
            }
            b'\n' if self.after_cr => {
                self.after_cr = false;
                return self.line_end();
            }
            _ if self.after_cr => return Scan::Bad(RefusedCallback::Malformed),
            b'\r' => {
                self.after_cr = true;
                return Scan::More;
            }
            b'\t' if self.lines > 0 => {}
            0..=0x1f | 0x7f => return Scan::Bad(RefusedCallback::Malformed),
            0x80.. if self.lines == 0 => return Scan::Bad(RefusedCallback::Malformed),
            _ => {}
        }
        self.line += 1;
        if self.lines == 0 && self.line > MAX_LINE {
            return Scan::Bad(RefusedCallback::LineTooLong);
        }
        Scan::More
    }

    fn line_end(&mut self) -> Scan {
        let empty = self.line == 0;
        self.line = 0;
        self.lines += 1;
        match (empty, self.lines) {
            (true, 1) => Scan::Bad(RefusedCallback::Malformed),
            (true, _) => Scan::End,
            (false, lines) if lines > MAX_HEADERS + 1 => Scan::Bad(RefusedCallback::HeadTooLarge),
            (false, _) => Scan::More,
        }
    }
}

/// A parsed head.
pub struct Head<'a> {
    method: &'a str,
    target: &'a str,
    headers: Vec<httparse::Header<'a>>,
}

impl<'a> Head<'a> {
    /// Parses a complete head, from its first byte to the empty line.
    ///
    /// # Errors
    /// [`RefusedCallback::Malformed`], or [`RefusedCallback::HeadTooLarge`] for too many headers.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RefusedCallback> {
        let mut headers = vec![EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(bytes) {
            Ok(Status::Complete(length)) if length == bytes.len() => {}
            Err(httparse::Error::TooManyHeaders) => return Err(RefusedCallback::HeadTooLarge),
            _ => return Err(RefusedCallback::Malformed),
        }
        let (Some(method), Some(target)) = (request.method, request.path) else {
            return Err(RefusedCallback::Malformed);
        };
        let count = request.headers.len();
        headers.truncate(count);
        Ok(Self {
            method,
            target,
            headers,
        })
    }

    /// Returns the method, as written.
    #[must_use]
    pub fn method(&self) -> &'a str {
        self.method
    }

    /// Returns the request target, as written.
    #[must_use]
    pub fn target(&self) -> &'a str {
        self.target
    }

    /// Returns each header with its value, trimmed.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.headers
            .iter()
            .map(|header| (header.name, header.value.trim_ascii()))
    }

    /// Returns all values of a header, trimmed.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers()
            .filter(move |(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Returns whether there is such a header.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// Returns whether there is exactly one such header, with exactly this value.
    pub(super) fn is_exactly(&self, name: &str, value: &str) -> bool {
        let mut values = self.values(name);
        values.next() == Some(value.as_bytes()) && values.next().is_none()
    }

    /// Returns whether every such header has this value; true if there is none.
    pub(super) fn is_only(&self, name: &str, value: &str) -> bool {
        self.values(name)
            .all(|v| v.eq_ignore_ascii_case(value.as_bytes()))
    }

    /// Returns whether a program sends this ahead of the user, or without them.
    pub(super) fn is_speculative(&self) -> bool {
        PURPOSES
            .iter()
            .any(|name| SPECULATIVE.iter().any(|start| self.starts(name, start)))
    }

    /// Returns whether such a header has a value that begins with `start`.
    fn starts(&self, name: &str, start: &str) -> bool {
        self.values(name).any(|value| {
            value
                .get(..start.len())
                .is_some_and(|v| v.eq_ignore_ascii_case(start.as_bytes()))
        })
    }

    /// Returns path and raw query. The target must have the origin form (RFC 9112, 3.2.1), without
    /// `#` and with whole percent escapes in the path. The parser checks those of the query.
    ///
    /// # Errors
    /// [`RefusedCallback::Malformed`].
    pub fn path_and_query(&self) -> Result<(&'a str, &'a str), RefusedCallback> {
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        let good = path.starts_with('/')
            && !self.target.contains('#')
            && self.target.bytes().all(|b| b.is_ascii_graphic())
            && escapes_are_whole(path);
        if good {
            Ok((path, query))
        } else {
            Err(RefusedCallback::Malformed)
        }
    }

    /// Returns the length of the body: one `Content-Length` of digits only, or `None` without one.
    ///
    /// # Errors
    /// [`RefusedCallback::TransferEncoding`] for that header, [`RefusedCallback::Malformed`] for
    /// both headers and for any other length, [`RefusedCallback::BodyTooLarge`] over 16 KiB.
    pub fn body_length(&self) -> Result<Option<usize>, RefusedCallback> {
        let coded = self.has("Transfer-Encoding");
        let mut lengths = self.values("Content-Length");
        let length = lengths.next();
        match (coded, length) {
            (true, None) => return Err(RefusedCallback::TransferEncoding),
            (true, Some(_)) => return Err(RefusedCallback::Malformed),
            (false, None) => return Ok(None),
            (false, Some(_)) => {}
        }
        let digits = length.unwrap_or_default();
        if lengths.next().is_some() || digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(RefusedCallback::Malformed);
        }
        let digits = std::str::from_utf8(digits).unwrap_or_default();
        match digits.parse::<usize>() {
            Ok(length) if length <= MAX_BODY => Ok(Some(length)),
            // Digits only, so the other error is a number that is too large to hold.
            _ => Err(RefusedCallback::BodyTooLarge),
        }
    }

    /// Returns the values of `Accept-Language`.
    pub fn accept_language(&self) -> impl Iterator<Item = &'a [u8]> {
        self.values(ACCEPT_LANGUAGE)
    }
}

/// Shows the method alone: the target may hold a token, a header a cookie.
impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// Returns the values of `Accept-Language` in a head that was refused before its end.
pub fn accept_language_so_far(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|byte| *byte == b'\n')
        .skip(1)
        .filter_map(|line| {
            let (name, value) = line.split_at_checked(ACCEPT_LANGUAGE.len())?;
            name.eq_ignore_ascii_case(ACCEPT_LANGUAGE.as_bytes())
                .then_some(value.strip_prefix(b":")?.trim_ascii())
        })
}

fn escapes_are_whole(path: &str) -> bool {
    let mut parts = path.split('%');
    parts.next();
    parts.all(|part| {
        let mut digits = part.bytes().take(2);
        let hex = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_hexdigit());
        hex(digits.next()) && hex(digits.next())
    })
}
