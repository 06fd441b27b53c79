//! The URLs that a player visits.

use super::error::PlayerError;
use crate::form;

/// Returns the origin of a URL that the player may visit.
pub(super) fn origin(url: &str) -> Result<&str, PlayerError> {
    const SCHEME: &str = "http://";
    let rest = url.strip_prefix(SCHEME).ok_or(PlayerError::Elsewhere)?;
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest.get(..host_end).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !matches!(name, "127.0.0.1" | "localhost" | "[::1]") {
        return Err(PlayerError::Elsewhere);
    }
    url.get(..SCHEME.len() + host_end)
        .ok_or(PlayerError::Elsewhere)
}

/// Resolves a link of a page: an absolute URL, or a path on the same server.
pub(super) fn join(page: &str, link: &str) -> Result<String, PlayerError> {
    if link.starts_with('/') && !link.starts_with("//") {
        return Ok(format!("{}{link}", origin(page)?));
    }
    origin(link).map(|_| link.to_owned())
}

/// Returns what names the request to the game: the last segment of a path below `/r/`, or else the
/// `state` of the callback.
pub(super) fn return_token(url: &str, fragment: &str) -> String {
    let origin = origin(url).map_or(0, str::len);
    let rest = url.get(origin..).unwrap_or_default();
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if let Some(below) = path.strip_prefix("/r/") {
        return below.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let state = |text: &str| {
        form::parse(text.as_bytes())?
            .get("state")
            .map(str::to_owned)
    };
    state(fragment).or_else(|| state(query)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_this_machine() {
        for good in [
            "http://127.0.0.1:5/a",
            "http://localhost",
            "http://[::1]:5?x",
        ] {
            assert!(origin(good).is_ok(), "{good}");
        }
        for bad in [
            "https://127.0.0.1/",
            "http://127.0.0.1.example/",
            "http://a@127.0.0.1/",
            "file:///x",
            "",
            "http://",
        ] {
            assert_eq!(origin(bad), Err(PlayerError::Elsewhere), "{bad}");
        }
    }

    #[test]
    fn links() {
        assert_eq!(
            join("http://127.0.0.1:5/a?b", "/c").unwrap(),
            "http://127.0.0.1:5/c"
        );
        assert_eq!(
            join("http://127.0.0.1:5/", "http://127.0.0.1:6/d").unwrap(),
            "http://127.0.0.1:6/d"
        );
        assert!(join("http://127.0.0.1:5/", "//evil/d").is_err());
        assert!(join("http://127.0.0.1:5/", "okgame://d").is_err());
    }

    #[test]
    fn return_tokens() {
        for (url, fragment, expected) in [
            ("http://127.0.0.1:5/r/ab12?x=1", "state=z", "ab12"),
            ("http://127.0.0.1:5/r/a/b", "", "b"),
            (
                "http://127.0.0.1:5/login",
                "access_token=t&state=z%20y",
                "z y",
            ),
            (
                "http://127.0.0.1:5/login?state=q",
                "error=access_denied",
                "q",
            ),
            ("http://127.0.0.1:5/login?state=q", "state=f", "f"),
            ("http://127.0.0.1:5/rest/x", "%", ""),
        ] {
            assert_eq!(return_token(url, fragment), expected, "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_url_makes_it_panic(
            url in "(http://127.0.0.1:5|/r/|\\?|state=|\\PC){0,9}",
            fragment in "\\PC{0,20}",
        ) {
            let _ = return_token(&url, &fragment);
            let _ = join(&url, &fragment);
        }
    }
}
