//! [`OneTimeLink`]: the only kind of URL that a browser is started with.

use std::fmt;

use zeroize::Zeroizing;

use crate::token::{DIGITS, LinkToken};

/// The page of links without a return page.
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "for browsers"))]
pub(crate) const BLANK: &str = "about:blank";

/// A link to this machine, `http://127.0.0.1:<port>/go/<32 hex digits>`, that leads once to the
/// service's page. In a browser it is `<return page>#go=<32 hex digits>`; without a return page it is
/// `about:blank#go=<32 hex digits>`, and only the program's own windows can follow it.
///
/// Other users of the machine can see the arguments of a program. So a browser is started with
/// this link and not with the page's URL, which may hold secrets.
///
/// The link can be shown, copied or drawn as a QR code for the same machine. It does not belong in a
/// log, because the first client that opens it gets the page. So `Debug` leaves its token out, and
/// only [`expose`](Self::expose) returns it.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeLink(Zeroizing<String>);

impl OneTimeLink {
    /// Builds the link at `origin`, which ends without a slash.
    pub(crate) fn new(origin: &str, token: &LinkToken) -> Self {
        Self(join(origin, "/go/", token.expose()))
    }

    /// Builds the link on a return page. The token is behind the `#`, which no server gets.
    #[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "for browsers"))]
    pub(crate) fn on_page(page: &str, token: &LinkToken) -> Self {
        Self(join(page, "#go=", token.expose()))
    }

    /// Returns whether it is on no return page: a window with it shows nothing until the program
    /// leads it on.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.without_token().strip_suffix("#go=") == Some(BLANK)
    }

    /// Accepts exactly the form of a listener's links and refuses everything else.
    #[must_use]
    pub fn parse(link: String) -> Option<Self> {
        let link = Zeroizing::new(link);
        let (address, token) = link.strip_prefix("http://")?.split_once("/go/")?;
        let (host, port) = address.rsplit_once(':')?;
        let is_loopback = matches!(host, "127.0.0.1" | "[::1]");
        let is_port = (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit());
        let is_token = token.len() == DIGITS
            && token
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (is_loopback && is_port && is_token).then_some(Self(link))
    }

    /// Returns the link as text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the link's token.
    #[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "for browsers"))]
    pub(crate) fn token(&self) -> &str {
        let start = self.0.len().saturating_sub(DIGITS);
        self.0.get(start..).unwrap_or_default()
    }

    fn without_token(&self) -> &str {
        let end = self.0.len().saturating_sub(DIGITS);
        self.0.get(..end).unwrap_or_default()
    }
}

/// Joins three parts, one of them secret. Takes the whole capacity at once: a string that grows
/// leaves copies behind.
pub(crate) fn join(first: &str, second: &str, third: &str) -> Zeroizing<String> {
    Zeroizing::new([first, second, third].concat())
}

impl fmt::Debug for OneTimeLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OneTimeLink({}[redacted])", self.without_token())
    }
}

#[cfg(test)]
mod tests;
