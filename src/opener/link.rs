//! [`OneTimeLink`]: the only kind of address that ever reaches an opener.

use core::fmt;

use zeroize::Zeroizing;

/// A link to this machine, `http://127.0.0.1:<port>/go/<32 hex digits>`, that leads once to the
/// signed OK page.
///
/// It can be shown, copied or drawn as a QR code for the same machine. Who opens it first gets the
/// page, so it does not belong into a log: `Debug` leaves its token out and
/// [`expose`](Self::expose) is the only way to read it.
///
/// ```
/// # use bevy_odnoklassniki::{RequestOpened, OneTimeLink};
/// fn show(opened: &RequestOpened) -> String {
///     format!("No page? Open {}", opened.link.expose())
/// }
/// # let _ = show;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeLink(Zeroizing<String>);

impl OneTimeLink {
    /// Accepts exactly the form of our own start links; everything else is refused.
    pub(crate) fn new(link: String) -> Option<Self> {
        let (address, token) = link.strip_prefix("http://")?.split_once("/go/")?;
        let (host, port) = address.rsplit_once(':')?;
        let loopback = matches!(host, "127.0.0.1" | "[::1]");
        let port_ok = (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit());
        let token_ok = token.len() == 32
            && token
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (loopback && port_ok && token_ok).then(|| Self(Zeroizing::new(link)))
    }

    /// The link as text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn without_token(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(head, _)| head)
    }
}

impl fmt::Debug for OneTimeLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OneTimeLink({}/[redacted])", self.without_token())
    }
}

#[cfg(test)]
mod tests;
