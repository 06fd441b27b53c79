//! The responses: only constants, except for the redirect to the service's page.

use std::{fmt, io::Write as _};

use zeroize::Zeroizing;

use crate::{counters::RefusedCallback, page::Page, page_url::PageUrl, texts::Texts};

/// The headers that never change. `Connection: close` because each connection serves one request.
const HEADERS: &str = "Cache-Control: no-store\r\n\
    Referrer-Policy: no-referrer\r\n\
    X-Content-Type-Options: nosniff\r\n\
    Cross-Origin-Opener-Policy: same-origin\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\n\
    Connection: close\r\n";

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// A complete response. Wiped on drop, because the URL of a redirect may hold secrets.
pub struct Response {
    bytes: Zeroizing<Vec<u8>>,
}

impl Response {
    /// Responds with a page for the user.
    pub(crate) fn page(status: u16, page: Page, texts: &Texts) -> Self {
        Self::build(status, page, HTML, "", &page.html(texts))
    }

    /// Responds with the name of a page, for the script of the relay page.
    pub(crate) fn name(status: u16, page: Page) -> Self {
        Self::build(status, page, TEXT, "", page.name())
    }

    /// Redirects to the service's page.
    pub(crate) fn redirect(page: &PageUrl) -> Self {
        let parts = ["Location: ", page.expose(), "\r\n"];
        // Reserve all of the room at once, here and in `build`: a buffer that grows leaves copies
        // of a secret behind. (`concat` takes the whole capacity first.)
        let location = Zeroizing::new(parts.concat());
        Self::build(303, Page::StartAgain, HTML, &location, "")
    }

    /// Responds to a request that is refused.
    pub(crate) fn refused(reason: RefusedCallback, texts: &Texts) -> Self {
        let (status, page) = match reason {
            RefusedCallback::LineTooLong => (414, Page::BadRequest),
            RefusedCallback::HeadTooLarge => (431, Page::TooLarge),
            RefusedCallback::BodyTooLarge => (413, Page::BadRequest),
            RefusedCallback::NoLength => (411, Page::BadRequest),
            RefusedCallback::WrongHost => (421, Page::BadRequest),
            RefusedCallback::TransferEncoding => (501, Page::BadRequest),
            RefusedCallback::Expectation => (417, Page::BadRequest),
            RefusedCallback::NotNavigation | RefusedCallback::WrongOrigin => {
                (403, Page::BadRequest)
            }
            RefusedCallback::Prefetch => (503, Page::BadRequest),
            RefusedCallback::NotReady => (503, Page::StartAgain),
            RefusedCallback::LinkUsed => (410, Page::StartAgain),
            RefusedCallback::Finished => (200, Page::AlreadyFinished),
            RefusedCallback::Unknown | RefusedCallback::StateMismatch => (404, Page::NotFound),
            RefusedCallback::Nothing => (200, Page::Relay),
            RefusedCallback::NoState => (200, Page::LoginFailed),
            RefusedCallback::Malformed
            | RefusedCallback::Tls
            | RefusedCallback::Method
            | RefusedCallback::Slow
            | RefusedCallback::Evicted
            | RefusedCallback::HungUp => (400, Page::BadRequest),
        };
        Self::page(status, page, texts)
    }

    /// Responds 405, with the methods that would do. A response to `HEAD` has no body (RFC 9110,
    /// 9.3.2).
    pub(crate) fn method(method: &str, allow: &str, texts: &Texts) -> Self {
        let allow = format!("Allow: {allow}\r\n");
        let html = Page::BadRequest.html(texts);
        let mut response = Self::build(405, Page::BadRequest, HTML, &allow, &html);
        if method == "HEAD" {
            let head = response.bytes.len() - html.len();
            response.bytes.truncate(head);
        }
        response
    }

    fn build(status: u16, page: Page, kind: &str, extra: &str, body: &str) -> Self {
        let reason = match status {
            200 => "OK",
            303 => "See Other",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            410 => "Gone",
            411 => "Length Required",
            413 => "Content Too Large",
            414 => "URI Too Long",
            417 => "Expectation Failed",
            421 => "Misdirected Request",
            431 => "Request Header Fields Too Large",
            501 => "Not Implemented",
            503 => "Service Unavailable",
            _ => "Bad Request",
        };
        let policy = page.policy();
        // The rest is the status line, two headers and the numbers: less than 256 bytes.
        let room = 256 + HEADERS.len() + kind.len() + policy.len() + extra.len() + body.len();
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        // Writing into a vector cannot fail.
        let _ = write!(
            bytes,
            "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             {HEADERS}Content-Security-Policy: {policy}\r\n{extra}\r\n{body}",
            body.len()
        );
        debug_assert!(
            bytes.len() <= room,
            "the response has grown in several steps"
        );
        Self { bytes }
    }

    /// Returns head and body as they go over the wire. Do not print them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Response([redacted])")
    }
}
