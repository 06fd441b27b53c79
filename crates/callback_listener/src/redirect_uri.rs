//! Redirect URIs on this machine.

use std::{borrow::Cow, fmt, str::FromStr};

use crate::ports;

/// Paths that the listener itself uses.
const OWN_PATHS: [&str; 3] = ["/go/", "/r/", "/f/"];

/// A redirect URI on this machine, as it is registered with the service.
///
/// ```
/// use callback_listener::RedirectUri;
///
/// let uri: RedirectUri = "http://127.0.0.1:17811/login".parse()?;
/// assert_eq!(uri.to_string(), "http://127.0.0.1:17811/login");
/// # Ok::<(), callback_listener::InvalidRedirectUri>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri {
    pub(crate) host: Host,
    /// 0 for any free port; only test services accept that.
    pub(crate) port: u16,
    pub(crate) path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    V4,
    V6,
    /// The name `localhost`. A browser may resolve it to either family, so the listener must have
    /// the port in both.
    Localhost,
}

impl Host {
    const ALL: [(Self, &str); 3] = [
        (Self::V4, "127.0.0.1"),
        (Self::V6, "[::1]"),
        (Self::Localhost, "localhost"),
    ];

    fn name(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find_map(|(host, name)| (host == self).then_some(name))
            .unwrap_or_default()
    }
}

/// Reads `http://127.0.0.1:<port>/<path>`; `localhost` and `[::1]` are accepted, too.
impl FromStr for RedirectUri {
    type Err = InvalidRedirectUri;

    fn from_str(text: &str) -> Result<Self, InvalidRedirectUri> {
        let wrong = |problem: &'static str| InvalidRedirectUri(problem.into());
        let rest = text
            .strip_prefix("http://")
            .ok_or(wrong("does not begin with http://"))?;
        let (authority, path) = rest.split_at(rest.find('/').ok_or(wrong("has no path"))?);
        let (host, port) = authority.rsplit_once(':').ok_or(wrong("has no port"))?;
        let (host, _) = Host::ALL
            .into_iter()
            .find(|(_, name)| *name == host)
            .ok_or(wrong("is not on 127.0.0.1, [::1] or localhost"))?;
        // Services compare characters, so what is registered must be what is bound.
        let port: u16 = port
            .parse()
            .ok()
            .filter(|number: &u16| number.to_string() == port)
            .ok_or(wrong("has no proper port"))?;
        if port == 80 {
            return Err(wrong(
                "has the port 80, which browsers leave out of what they send",
            ));
        }
        if ports::is_blocked(port) {
            return Err(InvalidRedirectUri(Cow::Owned(format!(
                "has the port {port}, which browsers block for every page (the Fetch standard)"
            ))));
        }
        if path.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(wrong(
                "has a path with . or .. in it, which browsers take out",
            ));
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        if !path.bytes().all(is_plain) || path.len() > 200 {
            return Err(wrong(
                "has a path with other characters than letters, digits and /-._~ (and no query)",
            ));
        }
        if OWN_PATHS.iter().any(|own| path.starts_with(own)) {
            return Err(wrong(
                "has a path that the listener uses itself (/go/, /r/ and /f/)",
            ));
        }
        Ok(Self {
            host,
            port,
            path: path.to_owned(),
        })
    }
}

impl RedirectUri {
    /// Writes the URI with the port that was bound for it.
    pub(crate) fn with_port(&self, port: u16) -> String {
        format!("http://{}:{port}{}", self.host.name(), self.path)
    }
}

/// As it is registered.
impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_port(self.port))
    }
}

/// The reason why a text is no [`RedirectUri`]: the rest of a sentence that begins with the text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRedirectUri(Cow<'static, str>);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<RedirectUri, InvalidRedirectUri> {
        text.parse()
    }

    #[test]
    fn registered_uris_are_kept_as_they_are() {
        for text in [
            "http://127.0.0.1:17811/login",
            "http://localhost:8080/",
            "http://[::1]:6670/a/b-c._~",
            "http://127.0.0.1:0/login",
        ] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_uris_are_refused_with_a_reason() {
        for (bad, part) in [
            ("https://127.0.0.1:8123/login", "http://"),
            ("http://127.0.0.1/login", "no port"),
            ("http://127.0.0.1:8123", "no path"),
            ("http://127.0.0.1:x/", "proper port"),
            ("http://127.0.0.1:080/", "proper port"),
            ("http://127.0.0.1:65536/", "proper port"),
            ("http://127.0.0.1:+80/", "proper port"),
            ("http://0.0.0.0:8123/", "is not on"),
            ("http://game.example:8123/", "is not on"),
            ("http://localhost.example:8123/", "is not on"),
            ("http://a@127.0.0.1:8123/", "is not on"),
            ("http://127.0.0.1:8123/?a=1", "characters"),
            ("http://127.0.0.1:8123/#a", "characters"),
            ("http://127.0.0.1:8123/%2f", "characters"),
            ("http://127.0.0.1:8123/я", "characters"),
            ("http://127.0.0.1:80/login", "80"),
            ("http://127.0.0.1:6666/login", "port 6666"),
            ("http://127.0.0.1:1720/login", "port 1720"),
            ("http://localhost:5060/login", "port 5060"),
            ("http://[::1]:6000/login", "port 6000"),
            ("http://127.0.0.1:6697/login", "browsers block"),
            ("http://127.0.0.1:10080/login", "port 10080"),
            ("http://127.0.0.1:1/login", "port 1,"),
            ("http://127.0.0.1:8123/a/../login", ".."),
            ("http://127.0.0.1:8123/./login", ".."),
            ("http://127.0.0.1:8123/go/a", "itself"),
            ("http://127.0.0.1:8123/r/", "itself"),
            ("", "http://"),
        ] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains(part), "{bad}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(text in "(http://)?(127\\.0\\.0\\.1|localhost|\\[::1\\]|\\PC{0,9})(:[0-9]{0,6})?(/\\PC{0,9})?") {
            if let Ok(redirect) = read(&text) {
                prop_assert_eq!(redirect.to_string(), text);
            }
        }
    }
}
