//! Where a listener is reached: any free port, or one of the redirect addresses that the game has
//! registered with OK.

use std::{
    borrow::Cow,
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use mio::net::TcpListener;
use odnoklassniki::FieldError;

use super::ports;

/// Paths that the listener has for itself.
const OWN_PATHS: [&str; 3] = ["/go/", "/r/", "/f/"];

/// Why no listener could be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// No port on the loopback address.
    #[error("no port on the loopback address: {0}")]
    Bind(#[source] io::Error),
    /// None of the ports of the registered redirect addresses.
    #[error("none of the redirect addresses' ports can be had: {0}")]
    Ports(String),
    /// The system has no poll queue left.
    #[error("no poll queue: {0}")]
    Poll(#[source] io::Error),
    /// The system has no thread left.
    #[error("no thread: {0}")]
    Thread(#[source] io::Error),
}

/// A redirect address on this machine, as it is registered in the application's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    host: Host,
    /// 0 for any free one; only a sandbox takes that.
    port: u16,
    path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    V4,
    V6,
    /// The name: whatever it means to the browser, the port must be ours in both families.
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

impl Redirect {
    /// Reads `http://127.0.0.1:<port>/<path>`; `localhost` and `[::1]` will do, too.
    ///
    /// # Errors
    /// It is anything else.
    pub(crate) fn read(text: &str) -> Result<Self, FieldError> {
        Self::try_read(text).map_err(|problem| {
            let remedy = "give an address as it is registered with OK, of the form http://127.0.0.1:17811/login";
            FieldError::new("redirect_uri", problem, remedy)
        })
    }

    fn try_read(text: &str) -> Result<Self, Cow<'static, str>> {
        let rest = text
            .strip_prefix("http://")
            .ok_or("does not begin with http://")?;
        let (authority, path) = rest.split_at(rest.find('/').ok_or("has no path")?);
        let (host, port) = authority.rsplit_once(':').ok_or("has no port")?;
        let named = Host::ALL.into_iter().find(|(_, name)| *name == host);
        let (host, _) = named.ok_or("is not on 127.0.0.1, [::1] or localhost")?;
        // OK compares characters, so what is registered must be what is bound.
        let port: u16 = port
            .parse()
            .ok()
            .filter(|number: &u16| number.to_string() == port)
            .ok_or("has no proper port")?;
        if port == 80 {
            return Err("has the port 80, which browsers leave out of what they send".into());
        }
        if ports::is_blocked(port) {
            return Err(format!(
                "has the port {port}, which browsers block for every page (the Fetch standard)"
            )
            .into());
        }
        if path.split('/').any(|part| matches!(part, "." | "..")) {
            return Err("has a path with . or .. in it, which browsers take out".into());
        }
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        if !path.bytes().all(good) || path.len() > 200 {
            return Err(
                "has a path with other characters than letters, digits and /-._~ (and no query)"
                    .into(),
            );
        }
        if OWN_PATHS.iter().any(|own| path.starts_with(own)) {
            return Err("has a path that the plugin uses itself (/go/, /r/ and /f/)".into());
        }
        Ok(Self {
            host,
            port,
            path: path.to_owned(),
        })
    }

    fn uri(&self, port: u16) -> String {
        format!("http://{}:{port}{}", self.host.name(), self.path)
    }
}

/// As it is registered.
impl fmt::Display for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri(self.port))
    }
}

/// What a bound listener answers to.
#[derive(Debug)]
pub(crate) struct Site {
    /// Without a slash at the end: `http://127.0.0.1:49152`.
    pub(crate) origin: String,
    /// What may stand in `Host`: `127.0.0.1:49152`.
    pub(crate) hosts: Vec<String>,
    /// The path that redirect answers come to, whose token is in `state`.
    pub(crate) redirect_path: Option<String>,
    /// The redirect address with the port that was bound.
    pub(crate) redirect_uri: Option<String>,
}

/// The sockets and what they answer to.
type Bound = (Vec<TcpListener>, Site);

/// Binds a free port of `127.0.0.1`, or of `[::1]` where that is missing.
pub(super) fn bind_any() -> Result<Bound, ListenError> {
    let v4 = match bind(Ipv4Addr::LOCALHOST, 0) {
        Ok(bound) => return Ok(site(vec![bound], None)),
        Err(error) => error,
    };
    // These say that the address is there but cannot be had; all else counts as "no IPv4 here".
    if matches!(
        v4.kind(),
        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied
    ) {
        return Err(ListenError::Bind(v4));
    }
    let v6 = bind(Ipv6Addr::LOCALHOST, 0).map_err(|_| ListenError::Bind(v4))?;
    Ok(site(vec![v6], None))
}

/// Binds the first of these addresses whose port can be had.
pub(super) fn bind_first(redirects: &[Redirect]) -> Result<Bound, ListenError> {
    let mut failed = Vec::new();
    for redirect in redirects {
        match bind_redirect(redirect) {
            Ok(sockets) => return Ok(site(sockets, Some(redirect))),
            Err(error) => failed.push(format!("{} ({})", redirect.port, why(&error))),
        }
    }
    Err(ListenError::Ports(failed.join(", ")))
}

fn bind_redirect(redirect: &Redirect) -> io::Result<Vec<(TcpListener, SocketAddr)>> {
    match redirect.host {
        Host::V4 => Ok(vec![bind(Ipv4Addr::LOCALHOST, redirect.port)?]),
        Host::V6 => Ok(vec![bind(Ipv6Addr::LOCALHOST, redirect.port)?]),
        // In both families, or somebody else could have the player's token in the one that we leave
        // out.
        Host::Localhost => {
            let mut port = redirect.port;
            let mut sockets = Vec::new();
            for address in [
                IpAddr::from(Ipv4Addr::LOCALHOST),
                Ipv6Addr::LOCALHOST.into(),
            ] {
                match bind(address, port) {
                    Ok(bound) => {
                        port = bound.1.port();
                        sockets.push(bound);
                    }
                    Err(error) if is_missing(&error) => {}
                    Err(error) => return Err(error),
                }
            }
            if sockets.is_empty() {
                Err(io::ErrorKind::AddrNotAvailable.into())
            } else {
                Ok(sockets)
            }
        }
    }
}

fn bind(address: impl Into<IpAddr>, port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let address = SocketAddr::new(address.into(), port);
    let bind = || {
        let socket = TcpListener::bind(address)?;
        let bound = socket.local_addr()?;
        Ok((socket, bound))
    };
    if port == 0 {
        ports::bind_usable(bind)
    } else {
        bind()
    }
}

/// Whether the machine has no such family.
fn is_missing(error: &io::Error) -> bool {
    // EAFNOSUPPORT has no kind of its own; on Linux it is 97, on macOS 47, on Windows 10047.
    matches!(
        error.kind(),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported
    ) || matches!(error.raw_os_error(), Some(97 | 47 | 10047))
}

fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "in use".to_owned(),
        // On Windows ranges of ports are reserved for others: `netsh interface ipv4 show
        // excludedportrange tcp`.
        io::ErrorKind::PermissionDenied => "reserved by the system or forbidden".to_owned(),
        _ => error.to_string(),
    }
}

fn site(sockets: Vec<(TcpListener, SocketAddr)>, redirect: Option<&Redirect>) -> Bound {
    let (sockets, addresses): (Vec<_>, Vec<_>) = sockets.into_iter().unzip();
    let mut hosts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let port = addresses.first().map_or(0, SocketAddr::port);
    let origin = hosts
        .first()
        .map(|host| format!("http://{host}"))
        .unwrap_or_default();
    if redirect.is_some_and(|redirect| redirect.host == Host::Localhost) {
        hosts.push(format!("localhost:{port}"));
    }
    let site = Site {
        origin,
        hosts,
        redirect_path: redirect.map(|redirect| redirect.path.clone()),
        redirect_uri: redirect.map(|redirect| redirect.uri(port)),
    };
    (sockets, site)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn registered_addresses_are_kept_as_they_are() {
        for text in [
            "http://127.0.0.1:17811/login",
            "http://localhost:8080/",
            "http://[::1]:6670/a/b-c._~",
            "http://127.0.0.1:0/login",
        ] {
            assert_eq!(Redirect::read(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_addresses_are_refused_with_a_reason() {
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
            let error = Redirect::read(bad).unwrap_err();
            assert!(error.problem().contains(part), "{bad}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(text in "(http://)?(127\\.0\\.0\\.1|localhost|\\[::1\\]|\\PC{0,9})(:[0-9]{0,6})?(/\\PC{0,9})?") {
            if let Ok(redirect) = Redirect::read(&text) {
                prop_assert_eq!(redirect.to_string(), text);
            }
        }
    }
}
