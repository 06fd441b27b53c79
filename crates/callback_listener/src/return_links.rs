//! Return URLs that reach the program as links: a program's own scheme, a link that the system hands
//! to it, or a navigation that its own window stops.

use std::fmt;

use zeroize::Zeroizing;

use crate::token::{DIGITS, ReturnToken};

/// The longest query or fragment that is read, in bytes, as for a program in a browser.
const MAX_TEXT: usize = 64 * 1024;

/// The links by which callbacks reach a program that has no port for them.
///
/// ```
/// use callback_listener::ReturnLinks;
///
/// let links = ReturnLinks::new("my-game://r/", "my-game://login")?;
/// let token = "0123456789abcdef0123456789abcdef";
/// let callback = links.parse(&format!("my-game://r/{token}?code=OK")).unwrap();
/// assert_eq!(callback.token().expose(), token);
/// // At the redirect URI the token comes as `state`, in the query or in the fragment.
/// assert!(links.parse(&format!("my-game://login#code=7&state={token}")).is_some());
/// assert!(links.parse("my-game://level/7").is_none());
/// # Ok::<(), callback_listener::InvalidReturnLinks>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnLinks {
    prefix: String,
    redirect_uri: String,
}

/// A callback that came as a link: its return token and its texts. `Debug` shows neither.
#[derive(Clone)]
pub struct ReturnLink {
    token: ReturnToken,
    texts: [Zeroizing<String>; 2],
}

impl ReturnLinks {
    /// Makes the links from the beginning of every return URL, after which the token follows, and
    /// from the redirect URI, exactly as it is registered with the service.
    ///
    /// # Errors
    /// [`InvalidReturnLinks`] if one of them is no absolute URL as browsers write it, or has a query
    /// or a fragment. The scheme and the host must be in lower case: browsers change their case, and
    /// the listener compares characters.
    pub fn new(
        prefix: impl Into<String>,
        redirect_uri: impl Into<String>,
    ) -> Result<Self, InvalidReturnLinks> {
        let (prefix, redirect_uri) = (prefix.into(), redirect_uri.into());
        check(&prefix)?;
        check(&redirect_uri)?;
        if !prefix.ends_with('/') {
            return Err(InvalidReturnLinks("does not end with /"));
        }
        Ok(Self {
            prefix,
            redirect_uri,
        })
    }

    /// Returns the URL to which the service sends the user back, with this token in it.
    #[must_use]
    pub fn return_url(&self, token: &ReturnToken) -> Zeroizing<String> {
        crate::link::join(&self.prefix, "", token.expose())
    }

    /// Returns the registered redirect URI. The return token must go out as `state`.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Parses a link. Returns `None` for every other text: a link that is none of these URLs,
    /// character by character, one without a token, or one with two tokens. A query or a fragment of
    /// more than 64 KiB is left out.
    #[must_use]
    pub fn parse(&self, link: &str) -> Option<ReturnLink> {
        let at_redirect_uri = || {
            let rest = link.strip_prefix(&self.redirect_uri)?;
            let (query, fragment) = split(rest)?;
            Some((state(query, fragment)?, query, fragment))
        };
        let at_return_url = || {
            let rest = link.strip_prefix(&self.prefix)?;
            let (token, rest) = rest.split_at_checked(DIGITS)?;
            let (query, fragment) = split(rest)?;
            Some((token, query, fragment))
        };
        let (token, query, fragment) = at_return_url().or_else(at_redirect_uri)?;
        Some(ReturnLink {
            token: ReturnToken::parse(token)?,
            texts: [query, fragment].map(|text| {
                let text = if text.len() > MAX_TEXT { "" } else { text };
                Zeroizing::new(text.to_owned())
            }),
        })
    }
}

impl ReturnLink {
    /// Makes the callback from its token and its text, without `?` or `#`.
    #[must_use]
    pub fn new(token: ReturnToken, text: Zeroizing<String>) -> Self {
        Self {
            token,
            texts: [text, Zeroizing::default()],
        }
    }

    /// Returns the return token.
    #[must_use]
    pub fn token(&self) -> &ReturnToken {
        &self.token
    }

    /// Returns the raw query and the raw fragment, without `?` and `#`. Either may be empty.
    #[must_use]
    pub fn texts(&self) -> [&str; 2] {
        self.texts.each_ref().map(|text| text.as_str())
    }
}

impl fmt::Debug for ReturnLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReturnLink([redacted])")
    }
}

/// The reason why a text is no URL of [`ReturnLinks`]: the rest of a sentence that begins with the
/// text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct InvalidReturnLinks(&'static str);

fn check(url: &str) -> Result<(), InvalidReturnLinks> {
    let (scheme, rest) = url
        .split_once("://")
        .ok_or(InvalidReturnLinks("has no scheme with ://"))?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'));
    if !is_scheme {
        return Err(InvalidReturnLinks(
            "has a scheme with other characters than small letters, digits and +-.",
        ));
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~:".contains(&byte);
    if !rest.bytes().all(is_plain) || url.len() > 200 {
        return Err(InvalidReturnLinks(
            "has other characters than letters, digits and /-._~ (and no query), or more than 200",
        ));
    }
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(InvalidReturnLinks("has a host with capital letters"));
    }
    if path.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(InvalidReturnLinks(
            "has a path with . or .. in it, which browsers take out",
        ));
    }
    if matches!(scheme, "http" | "https") && (host.is_empty() || path.is_empty()) {
        return Err(InvalidReturnLinks("has no host or no path"));
    }
    Ok(())
}

/// Splits what follows the path of a URL into its query and its fragment. Returns `None` if the
/// path goes on.
fn split(rest: &str) -> Option<(&str, &str)> {
    let (before, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let query = match before.strip_prefix('?') {
        Some(query) => query,
        None if before.is_empty() => "",
        None => return None,
    };
    Some((query, fragment))
}

/// Returns the only token that came back as `state`. A URL that went through HTML has `&amp;` for
/// `&`.
fn state<'a>(query: &'a str, fragment: &'a str) -> Option<&'a str> {
    let pairs = query.split('&').chain(fragment.split('&'));
    let mut states = pairs.filter_map(|pair| {
        let pair = pair.trim_start_matches("amp;");
        pair.strip_prefix("state=")
    });
    let first = states.next()?;
    states.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn links() -> ReturnLinks {
        ReturnLinks::new("okwidget://return/", "https://oauth.example/blank.html").unwrap()
    }

    fn parsed(link: &str) -> Option<[String; 3]> {
        let link = links().parse(link)?;
        let [query, fragment] = link.texts.map(|text| text.to_string());
        Some([link.token.expose().to_owned(), query, fragment])
    }

    #[test]
    fn a_link_is_exactly_one_of_the_two_urls() {
        let redirect = "https://oauth.example/blank.html";
        let other = "f".repeat(32);
        for (link, query, fragment) in [
            (format!("okwidget://return/{TOKEN}"), "", ""),
            (format!("okwidget://return/{TOKEN}?a=b"), "a=b", ""),
            (format!("okwidget://return/{TOKEN}#c=d?e"), "", "c=d?e"),
            (
                format!("okwidget://return/{TOKEN}?a=b#c=d#e"),
                "a=b",
                "c=d#e",
            ),
            (
                format!("okwidget://return/{TOKEN}?{}#c=d", "a".repeat(MAX_TEXT + 1)),
                "",
                "c=d",
            ),
        ] {
            let expected = [TOKEN, query, fragment].map(ToOwned::to_owned);
            assert_eq!(parsed(&link), Some(expected), "{link:.99}");
        }
        for rest in [
            format!("?code=a&state={TOKEN}"),
            format!("#access_token=a&state={TOKEN}"),
            format!("?state={TOKEN}#error=a&amp;state={TOKEN}"),
        ] {
            let link = format!("{redirect}{rest}");
            assert_eq!(
                parsed(&link).map(|[token, ..]| token).as_deref(),
                Some(TOKEN),
                "{link}"
            );
        }
        for foreign in [
            String::new(),
            "okwidget://return/".to_owned(),
            "okwidget://return/?code=OK".to_owned(),
            format!("okwidget://return/{}", &TOKEN[1..]),
            format!("okwidget://return/{TOKEN}0"),
            format!("okwidget://return/{TOKEN}/"),
            format!("okwidget://return/{}", TOKEN.to_uppercase()),
            format!("okwidget://return/{}я", &TOKEN[1..]),
            format!("okwidget://Return/{TOKEN}"),
            format!("okwidget:return/{TOKEN}"),
            format!(" okwidget://return/{TOKEN}"),
            format!("https://okwidget://return/{TOKEN}"),
            redirect.to_owned(),
            format!("{redirect}?code=a"),
            format!("{redirect}?xstate={TOKEN}"),
            format!("{redirect}?state={TOKEN}&state={other}"),
            format!("{redirect}?state={TOKEN}#state={other}"),
            format!("{redirect}/?state={TOKEN}"),
            format!("{redirect}.example/?state={TOKEN}"),
            format!("https://oauth.example:443/blank.html?state={TOKEN}"),
        ] {
            assert_eq!(parsed(&foreign), None, "{foreign}");
        }
    }

    #[test]
    fn urls_that_browsers_would_change_are_refused() {
        for (prefix, redirect, part) in [
            ("okwidget://return", "a://b", "does not end"),
            ("return/", "a://b", "no scheme"),
            ("Ok1://r/", "a://b", "scheme"),
            ("1ok://r/", "a://b", "scheme"),
            ("://r/", "a://b", "scheme"),
            ("ok1://R/", "a://b", "capital"),
            ("ok1://r/?a=/", "a://b", "characters"),
            ("ok1://r/../", "a://b", ".."),
            ("ok1://r/%20/", "a://b", "characters"),
            ("ok1://r/", "https://game.example", "no path"),
            ("ok1://r/", "https:///ok", "no host"),
            ("ok1://r/", "https://game.example/ok#a", "characters"),
        ] {
            let error = ReturnLinks::new(prefix, redirect).unwrap_err().to_string();
            assert!(error.contains(part), "{prefix} {redirect}: {error}");
        }
        assert!(ReturnLinks::new("ok512://r/", "ok512://").is_ok());
        assert!(ReturnLinks::new("https://game.example/ok/r/", "https://game.example/ok").is_ok());
    }

    proptest! {
        #[test]
        fn no_text_panics_and_only_whole_tokens_are_taken(
            text in "(okwidget://return/|https://oauth.example/blank.html)?\\PC{0,40}",
        ) {
            if let Some(link) = links().parse(&text) {
                prop_assert!(text.contains(link.token().expose()));
                let shown = format!("{link:?}");
                prop_assert!(!shown.contains(link.token().expose()));
            }
        }
    }
}
