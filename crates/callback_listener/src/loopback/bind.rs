//! The sockets of a listener.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use mio::net::TcpListener;

use super::address::BoundAddress;
use crate::{
    config::ListenError,
    ports,
    redirect_uri::{Host, RedirectUri},
};

/// The sockets and the names under which they can be reached.
pub(super) type Bound = (Vec<TcpListener>, BoundAddress);

/// Binds a free port of `127.0.0.1`, or of `[::1]` where that is missing.
pub(super) fn bind_any() -> Result<Bound, ListenError> {
    let v4 = match bind(Ipv4Addr::LOCALHOST, 0) {
        Ok(bound) => return Ok(split(vec![bound], None)),
        Err(error) => error,
    };
    // These mean that the address exists but cannot be bound; all else counts as "no IPv4 here".
    if matches!(
        v4.kind(),
        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied
    ) {
        return Err(ListenError::Bind(v4));
    }
    let v6 = bind(Ipv6Addr::LOCALHOST, 0).map_err(|_| ListenError::Bind(v4))?;
    Ok(split(vec![v6], None))
}

/// Binds the first of these URIs whose port is free.
pub(super) fn bind_first(redirects: &[RedirectUri]) -> Result<Bound, ListenError> {
    let mut failed = Vec::new();
    for redirect in redirects {
        match bind_redirect(redirect) {
            Ok(sockets) => return Ok(split(sockets, Some(redirect))),
            Err(error) => failed.push(format!("{} ({})", redirect.port, why(&error))),
        }
    }
    Err(ListenError::Ports(failed.join(", ")))
}

fn bind_redirect(redirect: &RedirectUri) -> io::Result<Vec<(TcpListener, SocketAddr)>> {
    match redirect.host {
        Host::V4 => Ok(vec![bind(Ipv4Addr::LOCALHOST, redirect.port)?]),
        Host::V6 => Ok(vec![bind(Ipv6Addr::LOCALHOST, redirect.port)?]),
        // In both families: else another program could get the callback in the one left out.
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

/// Returns whether the machine has no such family.
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
        // On Windows, ranges of ports are reserved for other programs: `netsh interface ipv4 show
        // excludedportrange tcp`.
        io::ErrorKind::PermissionDenied => "reserved by the system or forbidden".to_owned(),
        _ => error.to_string(),
    }
}

fn split(sockets: Vec<(TcpListener, SocketAddr)>, redirect: Option<&RedirectUri>) -> Bound {
    let (sockets, addresses): (Vec<_>, Vec<_>) = sockets.into_iter().unzip();
    (sockets, BoundAddress::new(&addresses, redirect))
}
