//! Base URLs of services.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::host;
use crate::link;

/// The base URL of a service as a browser writes it: without a usual port, with a slash at its end.
///
/// What a browser would repair is refused, but for the letter case of scheme and host, the usual
/// port, a missing slash and letters beyond ASCII in the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    is_https: bool,
    host: String,
    port: Option<u16>,
    path: String,
}

impl BaseUrl {
    /// Parses a base URL.
    ///
    /// # Errors
    /// What is wrong with it, as a part of a sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        link::validate(text)?;
        if text.contains(['?', '#']) {
            return Err("has a query or fragment");
        }
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err("has a user name or password");
        }
        if !path.split('/').all(is_segment) {
            return Err("has a path that browsers rewrite");
        }
        let (host, port) = split_port(authority);
        let is_https = scheme.eq_ignore_ascii_case("https");
        let usual_port = if is_https { 443 } else { 80 };
        Ok(Self {
            is_https,
            host: host::to_ascii(host).ok_or(link::NO_HOST)?,
            port: port.filter(|port| *port != usual_port),
            path: match path {
                "" => "/".to_owned(),
                path => format!("/{}/", path.strip_suffix('/').unwrap_or(path)),
            },
        })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.is_https
    }

    pub(crate) fn has_usual_port(&self) -> bool {
        self.port.is_none()
    }

    /// Returns the host in lower case; an IPv6 address is in brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn is_loopback(&self) -> bool {
        let ipv6 = self
            .host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        match ipv6 {
            Some(address) => address.parse().is_ok_and(|ip: Ipv6Addr| ip.is_loopback()),
            None => {
                self.host == "localhost"
                    || self.host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
            }
        }
    }

    /// Returns the URL; it ends with a slash.
    pub(crate) fn url(&self) -> String {
        self.origin() + &self.path
    }

    /// Returns its origin. Source: HTML standard, 7.1.1.
    pub(crate) fn origin(&self) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        match self.port {
            Some(port) => format!("{scheme}://{}:{port}", self.host),
            None => format!("{scheme}://{}", self.host),
        }
    }
}

/// Splits host and port. The colons of an IPv6 address are inside of its brackets.
fn split_port(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
        _ => (authority, None),
    }
}

/// Returns whether a browser keeps a segment of a path as it is (URL standard, 4.4).
fn is_segment(segment: &str) -> bool {
    let dots = segment.replace("%2e", ".").replace("%2E", ".");
    let is_kept = |byte: u8| byte.is_ascii_graphic() && !b"\"<>^`{|}".contains(&byte);
    !matches!(dots.as_str(), "." | "..") && segment.bytes().all(is_kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    proptest! {
        #[test]
        fn a_browser_reads_it_as_it_is_written(text in "(?i:https?)://[a-z0-9.:я\\[\\]-]{1,12}(:[0-9]{1,3})?(/[!-~]{0,8})?(/[.%2e]{0,3})?/?") {
            if let Ok(base) = BaseUrl::parse(&text) {
                let read = Url::parse(&base.url()).expect("a URL");
                prop_assert_eq!(read.as_str(), base.url());
                prop_assert_eq!(read.origin().ascii_serialization(), base.origin());
                prop_assert_eq!(BaseUrl::parse(&base.url()), Ok(base.clone()));
                let written = Url::parse(&text).expect("a URL");
                prop_assert_eq!(written.origin(), read.origin());
                prop_assert_eq!(written.path().trim_end_matches('/'), read.path().trim_end_matches('/'));
            }
        }
    }
}
