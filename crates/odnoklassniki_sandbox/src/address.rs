//! Return addresses: which ones the sandbox sends a browser to, and how the answer is appended.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::form;

/// Schemes that run or show something instead of going somewhere.
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

/// An address the browser may be sent to with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnAddress {
    text: String,
    scheme: String,
    authority: String,
}

impl ReturnAddress {
    /// Checks the value of `st.return` or `st.redirect_uri`. The error is a text for the developer.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        if text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            return Err("has a space, a control character or a backslash in it");
        }
        let (scheme, rest) = text.split_once(':').ok_or("is not an absolute address")?;
        let scheme = scheme.to_ascii_lowercase();
        let first_is_letter = scheme.starts_with(|c: char| c.is_ascii_lowercase());
        let rest_is_right = scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        if !first_is_letter || !rest_is_right {
            return Err("is not an absolute address");
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

    /// The address with the answer in its query. An existing query is kept and a fragment stays
    /// last.
    pub(crate) fn with_query(&self, pairs: &[(&str, String)]) -> String {
        let (before, fragment) = match self.text.split_once('#') {
            Some((before, fragment)) => (before, Some(fragment)),
            None => (self.text.as_str(), None),
        };
        let glue = match before.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        let mut address = format!("{before}{glue}{}", form::write(pairs));
        if let Some(fragment) = fragment {
            address.push('#');
            address.push_str(fragment);
        }
        ascii(&address)
    }

    /// The address with the answer in its fragment.
    pub(crate) fn with_fragment(&self, pairs: &[(&str, String)]) -> String {
        let before = self.text.split('#').next().unwrap_or_default();
        ascii(&format!("{before}#{}", form::write(pairs)))
    }

    /// The address with one part of the answer in its query and the other in its fragment.
    pub(crate) fn with_both(
        &self,
        query: &[(&str, String)],
        fragment: &[(&str, String)],
    ) -> String {
        let address = self.with_query(query);
        let before = address.split('#').next().unwrap_or_default();
        format!("{before}#{}", form::write(fragment))
    }

    /// How a `form-action` policy names this address. IPv6 hosts cannot be named there.
    pub(crate) fn policy_source(&self) -> String {
        let web = matches!(self.scheme.as_str(), "http" | "https");
        if web && !self.authority.contains('[') {
            format!("{}://{}", self.scheme, self.authority)
        } else {
            format!("{}:", self.scheme)
        }
    }

    /// Host and port, if it is plain HTTP on this machine.
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

/// What a `Location` header cannot carry. Letters beyond ASCII are encoded in any case.
const NOT_GRAPHIC: &AsciiSet = &CONTROLS.add(b' ');

fn ascii(address: &str) -> String {
    utf8_percent_encode(address, NOT_GRAPHIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with(address: &str) -> String {
        ReturnAddress::read(address)
            .unwrap()
            .with_query(&[("result", "{\"a b\"}".into()), ("z", "я&".into())])
    }

    #[test]
    fn the_answer_is_appended() {
        let answer = "result=%7B%22a%20b%22%7D&z=%D1%8F%26";
        for (address, expected) in [
            ("http://127.0.0.1:1/r/ab", "http://127.0.0.1:1/r/ab?"),
            ("https://game.example/?k=1", "https://game.example/?k=1&"),
            ("https://game.example/?", "https://game.example/?"),
            ("okwidget://widgetinvite", "okwidget://widgetinvite?"),
            ("ok512://a", "ok512://a?"),
            ("okgame:post", "okgame:post?"),
            ("https://game.example/я", "https://game.example/%D1%8F?"),
        ] {
            assert_eq!(with(address), format!("{expected}{answer}"));
        }
        assert_eq!(with("http://a/#f"), format!("http://a/?{answer}#f"));
    }

    #[test]
    fn a_fragment_replaces_a_fragment() {
        let address = ReturnAddress::read("http://a/b#old").unwrap();
        assert_eq!(
            address.with_fragment(&[("error", "x y".into())]),
            "http://a/b#error=x%20y"
        );
    }

    #[test]
    fn addresses_that_are_no_way_back() {
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
            assert!(ReturnAddress::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn policy_sources() {
        let source = |text| ReturnAddress::read(text).unwrap().policy_source();
        assert_eq!(source("http://127.0.0.1:81/r?x"), "http://127.0.0.1:81");
        assert_eq!(source("http://[::1]:81/r"), "http:");
        assert_eq!(source("okwidget://x;y"), "okwidget:");
    }

    #[test]
    fn loopback() {
        let loopback = |text| ReturnAddress::read(text).unwrap().loopback().is_some();
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
            if let Ok(address) = ReturnAddress::read(&text) {
                let answer = address.with_query(&[("a", text.clone())]);
                prop_assert!(answer.bytes().all(|byte| byte.is_ascii_graphic()));
                let source = address.policy_source();
                prop_assert!(!source.contains([';', ',', ' ', '\'']));
            }
        }
    }
}
