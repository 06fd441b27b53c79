//! Ports that browsers refuse to connect to.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// The "bad ports" of the Fetch standard, section "Port blocking", but for 0: binding it means any
/// port.
#[rustfmt::skip]
const BLOCKED: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
];

/// Listens on this port of 127.0.0.1; 0 takes a free one.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] for a port that browsers refuse, or the error of the operating
/// system.
pub(crate) fn listen(port: u16) -> io::Result<TcpListener> {
    if BLOCKED.contains(&port) {
        let text = format!(
            "browsers refuse to connect to port {port} (Fetch standard, port blocking): \
             choose another"
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    // These stay bound until the loop ends, or the system could choose the same port again.
    let mut refused = Vec::new();
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        if !BLOCKED.contains(&listener.local_addr()?.port()) {
            return Ok(listener);
        }
        refused.push(listener);
    }
}
