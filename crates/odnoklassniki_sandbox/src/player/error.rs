//! Why a player does not reach the end.

use std::fmt;

/// Why a player does not reach the end. It holds no URL: widget URLs hold tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlayerError {
    /// The link leads to something else than plain HTTP on this machine.
    Elsewhere,
    /// Too many redirects, or the form came again and again.
    NoWayOut,
    /// The page has no button with this `action`.
    NoButton(&'static str),
    /// No response in time.
    TimedOut,
    /// No server listens, the connection broke, or the response is not HTTP.
    Network(String),
}

impl PlayerError {
    pub(super) fn from_network(error: ureq::Error) -> Self {
        match error {
            ureq::Error::Timeout(_) => Self::TimedOut,
            ureq::Error::Io(error) => Self::Network(error.kind().to_string()),
            ureq::Error::BadUri(_) => Self::Elsewhere,
            other => Self::Network(other.to_string()),
        }
    }
}

impl fmt::Display for PlayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere => f.write_str("the link leads away from plain HTTP on this machine"),
            Self::NoWayOut => f.write_str("redirects or forms without end"),
            Self::NoButton(action) => write!(f, "the page has no `{action}` button"),
            Self::TimedOut => f.write_str("no response in time"),
            Self::Network(why) => write!(f, "network: {why}"),
        }
    }
}

impl std::error::Error for PlayerError {}
