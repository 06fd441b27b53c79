//! The URL to which a one-time link leads.

use std::fmt;

use zeroize::Zeroizing;

/// The URL of the service's page. It may hold secrets, so it is wiped on drop and never printed.
pub struct PageUrl(Zeroizing<String>);

impl PageUrl {
    /// Accepts a URL that may be in a `Location` header: visible ASCII only, not empty.
    ///
    /// # Errors
    /// [`InvalidPageUrl`] for anything else; a line break would let a URL write headers.
    pub fn new(url: String) -> Result<Self, InvalidPageUrl> {
        let url = Zeroizing::new(url);
        if url.is_empty() || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidPageUrl);
        }
        Ok(Self(url))
    }

    /// Returns the URL itself. Do not print it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageUrl([redacted])")
    }
}

/// The URL has a byte that may not be in a header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the URL to open must be visible ASCII; percent-encode the rest")]
pub struct InvalidPageUrl;
