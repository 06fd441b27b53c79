//! The names under which a listener can be reached.

use std::net::SocketAddr;

use crate::redirect_uri::{Host, RedirectUri};

/// The names under which a bound listener can be reached.
#[derive(Clone, Debug)]
pub struct BoundAddress {
    /// Without a slash at the end: `http://127.0.0.1:49152`.
    pub(super) origin: String,
    /// What `Host` may be: `127.0.0.1:49152`.
    pub(super) hosts: Vec<String>,
    /// The path of the redirect URI, where the return token comes as `state`.
    pub(super) redirect_path: Option<String>,
    /// The redirect URI with the port that was bound.
    pub(super) redirect_uri: Option<String>,
}

impl BoundAddress {
    /// Describes sockets that are bound to these addresses, for a redirect URI if there is one.
    #[must_use]
    pub fn new(addresses: &[SocketAddr], redirect: Option<&RedirectUri>) -> Self {
        let mut hosts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let port = addresses.first().map_or(0, SocketAddr::port);
        let origin = hosts
            .first()
            .map(|host| format!("http://{host}"))
            .unwrap_or_default();
        if redirect.is_some_and(|redirect| redirect.host == Host::Localhost) {
            hosts.push(format!("localhost:{port}"));
        }
        Self {
            origin,
            hosts,
            redirect_path: redirect.map(|redirect| redirect.path.clone()),
            redirect_uri: redirect.map(|redirect| redirect.with_port(port)),
        }
    }
}
