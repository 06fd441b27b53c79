//! Return URLs: which ones the sandbox sends a browser to, and how it appends the response.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::form;

/// Schemes that run or show something instead of leading somewhere.
const REFUSED: [&str; 9] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "blob",
    "about",
    "view-source",
    "filesystem",
    "chrome",
];

/// What a `Location` header cannot carry. Letters beyond ASCII are encoded in any case.
const NOT_GRAPHIC: &AsciiSet = &CONTROLS.add(b' ');

/// A URL to which the sandbox may send the browser with a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnUrl {
    text: String,
    scheme: String,
    authority: String,
}

impl ReturnUrl {
    /// Checks the value of `st.return` or of a redirect URI. The error is a text for the developer.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            return Err("has a space, a control character or a backslash in it");
        }
        let (scheme, rest) = text.split_once(':').ok_or("is not an absolute URL")?;
        let scheme = scheme.to_ascii_lowercase();
        let first_is_letter = scheme.starts_with(|c: char| c.is_ascii_lowercase());
        let all_are_known = scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        if !first_is_letter || !all_are_known {
            return Err("is not an absolute URL");
        }
        if REFUSED.contains(&scheme.as_str()) {
            return Err("has a scheme that leads nowhere");
        }
        let authority = rest
            .strip_prefix("//")
            .and_then(|after| after.split(['/', '?', '#']).next())
            .unwrap_or_default();
        if authority.contains('@') {
            return Err("has a user name in it");
        }
        if matches!(scheme.as_str(), "http" | "https") {
            let known = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
            if authority.is_empty() || !authority.chars().all(known) {
                return Err("has no proper host");
            }
        }
        Ok(Self {
            authority: authority.to_owned(),
            text: text.to_owned(),
            scheme,
        })
    }

    /// Returns the URL with the response in its query. It keeps the query that it has, and its
    /// fragment stays last.
    pub(crate) fn with_query(&self, pairs: &[(&str, String)]) -> String {
        let (before, fragment) = match self.text.split_once('#') {
            Some((before, fragment)) => (before, Some(fragment)),
            None => (self.text.as_str(), None),
        };
        let separator = match before.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        let mut url = format!("{before}{separator}{}", form::write(pairs));
        if let Some(fragment) = fragment {
            url.push('#');
            url.push_str(fragment);
        }
        ascii(&url)
    }

    /// Returns the URL with the response in its fragment.
    pub(crate) fn with_fragment(&self, pairs: &[(&str, String)]) -> String {
        let before = self.text.split('#').next().unwrap_or_default();
        ascii(&format!("{before}#{}", form::write(pairs)))
    }

    /// Returns the URL with one part of the response in its query and one in its fragment.
    pub(crate) fn with_both(
        &self,
        query: &[(&str, String)],
        fragment: &[(&str, String)],
    ) -> String {
        let url = self.with_query(query);
        let before = url.split('#').next().unwrap_or_default();
        format!("{before}#{}", form::write(fragment))
    }

    /// Returns how a `form-action` policy names this URL. A policy cannot name IPv6 hosts.
    pub(crate) fn policy_source(&self) -> String {
        let web = matches!(self.scheme.as_str(), "http" | "https");
        if web && !self.authority.contains('[') {
            format!("{}://{}", self.scheme, self.authority)
        } else {
            format!("{}:", self.scheme)
        }
    }

    /// Returns host and port, if the URL is plain HTTP on this machine.
    pub(crate) fn loopback(&self) -> Option<&str> {
        let by_number = self
            .authority
            .parse()
            .is_ok_and(|address: std::net::SocketAddr| address.ip().is_loopback());
        let by_name = self
            .authority
            .strip_prefix("localhost:")
            .is_some_and(|port| port.parse::<u16>().is_ok());
        (self.scheme == "http" && (by_number || by_name)).then_some(self.authority.as_str())
    }
}

fn ascii(url: &str) -> String {
    utf8_percent_encode(url, NOT_GRAPHIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with(url: &str) -> String {
        ReturnUrl::parse(url)
            .unwrap()
            .with_query(&[("result", "{\"a b\"}".into()), ("z", "я&".into())])
    }

    #[test]
    fn the_response_is_appended() {
        let response = "result=%7B%22a%20b%22%7D&z=%D1%8F%26";
        for (url, expected) in [
            ("http://127.0.0.1:1/r/ab", "http://127.0.0.1:1/r/ab?"),
            ("https://game.example/?k=1", "https://game.example/?k=1&"),
            ("https://game.example/?", "https://game.example/?"),
            ("okwidget://widgetinvite", "okwidget://widgetinvite?"),
            ("ok512://a", "ok512://a?"),
            ("okgame:post", "okgame:post?"),
            ("https://game.example/я", "https://game.example/%D1%8F?"),
        ] {
            assert_eq!(with(url), format!("{expected}{response}"));
        }
        assert_eq!(with("http://a/#f"), format!("http://a/?{response}#f"));
    }

    #[test]
    fn a_fragment_replaces_a_fragment() {
        let url = ReturnUrl::parse("http://a/b#old").unwrap();
        assert_eq!(
            url.with_fragment(&[("error", "x y".into())]),
            "http://a/b#error=x%20y"
        );
    }

    #[test]
    fn urls_that_lead_nowhere_are_refused() {
        for bad in [
            "",
            "undefined",
            "/r/ab",
            "//host/x",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "java\nscript:x",
            " http://a/",
            "http://a b/",
            "http://",
            "http:///x",
            "http://user@host/",
            "http://a;b/",
            "http:\\\\evil",
            "1http://a/",
            "ht_tp://a",
            "file:///etc",
            "vbscript:x",
            ":x",
        ] {
            assert!(ReturnUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn policy_sources() {
        let source = |text| ReturnUrl::parse(text).unwrap().policy_source();
        assert_eq!(source("http://127.0.0.1:81/r?x"), "http://127.0.0.1:81");
        assert_eq!(source("http://[::1]:81/r"), "http:");
        assert_eq!(source("okwidget://x;y"), "okwidget:");
    }

    #[test]
    fn loopback() {
        let loopback = |text| ReturnUrl::parse(text).unwrap().loopback().is_some();
        assert!(loopback("http://127.0.0.1:81/r"));
        assert!(loopback("http://[::1]:81/r"));
        assert!(loopback("http://localhost:81/r"));
        assert!(!loopback("http://localhost/r"));
        assert!(!loopback("https://127.0.0.1:81/r"));
        assert!(!loopback("http://10.0.0.1:81/r"));
        assert!(!loopback("http://localhost.example:81/r"));
    }

    proptest! {
        #[test]
        fn nothing_breaks_the_location_header(text in "\\PC{0,60}") {
            if let Ok(url) = ReturnUrl::parse(&text) {
                let response = url.with_query(&[("a", text.clone())]);
                prop_assert!(response.bytes().all(|byte| byte.is_ascii_graphic()));
                let source = url.policy_source();
                prop_assert!(!source.contains([';', ',', ' ', '\'']));
            }
        }
    }
}
