//! [`ReturnLinks`]: the links by which OK's callbacks reach a game that has no port for them.

use odnoklassniki::FieldError;

/// Schemes that systems and browsers use themselves: their links never reach a game.
const FOREIGN: [&str; 27] = [
    "about",
    "android-app",
    "blob",
    "chrome",
    "content",
    "data",
    "edge",
    "file",
    "filesystem",
    "firefox",
    "ftp",
    "geo",
    "http",
    "https",
    "intent",
    "itms-apps",
    "javascript",
    "mailto",
    "market",
    "moz-extension",
    "sms",
    "tel",
    "urn",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// The links by which OK's pages lead the player back to the game, in place of a port of this
/// machine: for [`OkDeepLinks`](crate::OkDeepLinks) and for a [`PageHost`](crate::PageHost). See
/// [`with_return_links`](crate::OdnoklassnikiPlugin::with_return_links).
///
/// | | widgets return to | logins return to, with `state` |
/// | --- | --- | --- |
/// | `scheme("ok512000123456")` | `ok512000123456://r/<token>` | `ok512000123456://authorize` |
/// | `https("https://game.example/ok")` | `https://game.example/ok/r/<token>` | `https://game.example/ok` |
/// | `default()` | `okwidget://return/<token>` | `https://oauth.mycdn.me/blank.html` |
///
/// The login's URL must be registered in the application's settings on OK, like every redirect URI
/// ([`with_redirect_uri`](Self::with_redirect_uri) sets another). The token is a secret of the
/// request.
///
/// Every program can register a scheme, and what it catches in a login is the player's token. Nobody
/// else can have the `https` links of the game's own domain (App Links, Universal Links); with a
/// scheme, prefer the code flow ([`RequestLogin::code`](crate::RequestLogin::code)).
///
/// The default is for page hosts, which stop a navigation before anything is loaded.
///
/// Sources: `apiok.ru/en/ext/oauth/client` (the scheme `ok<id>`); OK's Android SDK (`okwidget`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnLinks {
    prefix: String,
    redirect_uri: String,
    problem: Option<&'static str>,
}

impl ReturnLinks {
    /// Returns the links of a scheme that the system hands to the game, such as `ok512000123456`,
    /// with the application's id.
    ///
    /// A request ends with [`InvalidRequest`](crate::RequestErrorKind::InvalidRequest) if the scheme
    /// has other characters than small letters, digits and `+-.`, such as `://` at its end. The same
    /// happens with a scheme of the system's or the browser's own, such as `https` or `mailto`.
    #[must_use]
    pub fn scheme(scheme: &str) -> Self {
        let problem = if !is_scheme(scheme) {
            Some(
                "has a scheme with other characters than small letters, digits and +-., or no letter first",
            )
        } else if FOREIGN.contains(&scheme) {
            Some("has a scheme that systems or browsers use themselves")
        } else {
            None
        };
        Self {
            prefix: format!("{scheme}://r/"),
            redirect_uri: format!("{scheme}://authorize"),
            problem,
        }
    }

    /// Returns the links below a URL of the game's own domain, such as `https://game.example/ok`.
    /// The system hands them to the game (App Links, Universal Links).
    #[must_use]
    pub fn https(url: &str) -> Self {
        let problem = (!url.starts_with("https://")).then_some("does not begin with https://");
        Self {
            prefix: format!("{}/r/", url.trim_end_matches('/')),
            redirect_uri: url.to_owned(),
            problem,
        }
    }

    /// Sets the URL to which logins return, exactly as it is registered with OK.
    #[must_use]
    pub fn with_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = uri.into();
        self
    }

    /// Returns the same for the listener.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the links.
    pub(crate) fn checked(&self) -> Result<callback_listener::ReturnLinks, FieldError> {
        let links = match self.problem {
            None => callback_listener::ReturnLinks::new(&self.prefix, &self.redirect_uri)
                .map_err(|error| error.to_string()),
            Some(problem) => Err(problem.to_owned()),
        };
        links.map_err(|problem| {
            let remedy = "give a scheme such as ok512000123456 (without ://), or a URL such as https://game.example/ok, and the redirect URI as it is registered with OK";
            FieldError::new("return_links", problem, remedy)
        })
    }
}

/// Returns whether a text is a scheme (RFC 3986, section 3.1) in lower case, as browsers write it.
fn is_scheme(text: &str) -> bool {
    let is_allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.');
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(is_allowed)
}

/// Returns the links for page hosts.
impl Default for ReturnLinks {
    fn default() -> Self {
        Self {
            prefix: "okwidget://return/".to_owned(),
            redirect_uri: "https://oauth.mycdn.me/blank.html".to_owned(),
            problem: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use callback_listener::ReturnToken;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_kind_of_links_has_its_two_urls() {
        let token = ReturnToken::parse(&"a1".repeat(16)).unwrap();
        for (links, prefix, redirect_uri) in [
            (
                ReturnLinks::scheme("ok512"),
                "ok512://r/",
                "ok512://authorize",
            ),
            (
                ReturnLinks::https("https://game.example/ok"),
                "https://game.example/ok/r/",
                "https://game.example/ok",
            ),
            (
                ReturnLinks::https("https://game.example/"),
                "https://game.example/r/",
                "https://game.example/",
            ),
            (
                ReturnLinks::default(),
                "okwidget://return/",
                "https://oauth.mycdn.me/blank.html",
            ),
        ] {
            let checked = links.checked().unwrap();
            let url = format!("{prefix}{}", token.expose());
            assert_eq!(
                (checked.return_url(&token).as_str(), checked.redirect_uri()),
                (&*url, redirect_uri)
            );
        }
        let other = ReturnLinks::scheme("ok512").with_redirect_uri("okauth://ok512");
        assert_eq!(other.checked().unwrap().redirect_uri(), "okauth://ok512");
        for wrong in [
            ReturnLinks::https("http://game.example/ok"),
            ReturnLinks::https("https://game.example/ok?a=b"),
            ReturnLinks::https("https://game.example"),
            ReturnLinks::default().with_redirect_uri("blank.html"),
        ] {
            let error = wrong.checked().unwrap_err();
            assert_eq!(error.field(), "return_links", "{wrong:?}");
        }
    }

    #[test]
    fn a_wrong_scheme_is_refused_and_the_error_says_what_to_write() {
        for (scheme, problem) in [
            ("", "small letters"),
            ("OK512", "small letters"),
            ("512ok", "small letters"),
            ("a b", "small letters"),
            ("ok512:", "small letters"),
            ("ok512://", "small letters"),
            ("ok512://authorize", "small letters"),
            ("ok512/", "small letters"),
            ("ок512", "small letters"),
            ("https", "systems or browsers"),
            ("mailto", "systems or browsers"),
            ("intent", "systems or browsers"),
            ("view-source", "systems or browsers"),
        ] {
            let error = ReturnLinks::scheme(scheme).checked().unwrap_err();
            assert_eq!(error.field(), "return_links", "{scheme}");
            let text = error.to_string();
            assert!(text.contains(problem), "{scheme}: {text}");
            assert!(
                text.contains("such as ok512000123456 (without ://)"),
                "{scheme}: {text}"
            );
        }
        for scheme in ["ok512000123456", "a", "com.example.castle", "web+castle-2"] {
            assert!(ReturnLinks::scheme(scheme).checked().is_ok(), "{scheme}");
        }
    }

    proptest! {
        #[test]
        fn only_a_scheme_in_lower_case_is_taken(
            scheme in "[a-z][a-z0-9+.-]{0,40}|[a-z]{1,5}://[a-z/]{0,5}|https|mailto|\\PC{0,20}",
        ) {
            let mut characters = scheme.chars();
            let is_scheme = characters.next().is_some_and(|first| first.is_ascii_lowercase())
                && characters.all(|c| {
                    c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c)
                });
            let is_taken = ReturnLinks::scheme(&scheme).checked().is_ok();
            prop_assert_eq!(is_taken, is_scheme && !FOREIGN.contains(&&*scheme));
        }
    }
}
