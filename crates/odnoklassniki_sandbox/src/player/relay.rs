//! In place of the script of a page that passes its fragment on.

use ureq::http::header;

use super::{Browser, MAX_PAGE, Page, PlayerError, checked, html, join};
use crate::form;

impl Browser<'_> {
    /// Sends the fragment where the page's script would, and gives status and answer. `None` if the
    /// page has no such script, or there is no fragment.
    pub(super) fn relay(&self, page: &Page) -> Result<Option<(u16, String)>, PlayerError> {
        let Some(fragment) = page.fragment.as_deref().filter(|_| page.status == 200) else {
            return Ok(None);
        };
        let Some(path) = html::relay(&page.text) else {
            return Ok(None);
        };
        let target = join(
            &page.address,
            &format!("{path}{}", form::encode(&token(&page.address, fragment))),
        )?;
        let origin = checked(&page.address)?;
        // A script reaches its own server only.
        if checked(&target)? != origin {
            return Err(PlayerError::Elsewhere);
        }
        let request = self
            .agent
            .post(&target)
            .header("Accept", "*/*")
            .header("Accept-Language", &self.player.language)
            .header("Content-Type", "text/plain; charset=utf-8")
            .header("Origin", origin)
            .header("Sec-Fetch-Site", "same-origin")
            .header("Sec-Fetch-Mode", "cors")
            .header("Sec-Fetch-Dest", "empty");
        let mut response = request.send(fragment).map_err(PlayerError::from_network)?;
        let kind = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let plain = kind
            .is_some_and(|kind| kind.split(';').next().unwrap_or_default().trim() == "text/plain");
        let title = if plain {
            let body = response
                .body_mut()
                .with_config()
                .limit(MAX_PAGE)
                .lossy_utf8(true);
            body.read_to_string()
                .map_err(PlayerError::from_network)?
                .trim()
                .to_owned()
        } else {
            html::title(&page.text)
        };
        Ok(Some((response.status().as_u16(), title)))
    }
}

/// What names the request to the game: the last segment of a path below `/r/`, else the `state`
/// that came back.
fn token(address: &str, fragment: &str) -> String {
    let origin = checked(address).map_or(0, str::len);
    let rest = address.get(origin..).unwrap_or_default();
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
    fn tokens() {
        for (address, fragment, expected) in [
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
            assert_eq!(token(address, fragment), expected, "{address}");
        }
    }

    proptest! {
        #[test]
        fn no_address_makes_it_panic(address in "(http://127.0.0.1:5|/r/|\\?|state=|\\PC){0,9}", fragment in "\\PC{0,20}") {
            let _ = token(&address, &fragment);
        }
    }
}
