//! Ports that browsers refuse to connect to.

use std::{io, net::SocketAddr};

/// The "bad ports" of the Fetch standard (section "Port blocking"), in ascending order. 0 is left
/// out: to bind it means any port.
const BLOCKED: &[u16] = &[
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
];

/// Returns whether browsers refuse to connect to this port.
pub(crate) fn is_blocked(port: u16) -> bool {
    BLOCKED.binary_search(&port).is_ok()
}

/// Binds any port, by `bind`, until browsers connect to the one that the system has handed out.
///
/// # Errors
/// That of `bind`; `AddrInUse` if the system hands out nothing else.
pub(crate) fn bind_usable<S>(
    mut bind: impl FnMut() -> io::Result<(S, SocketAddr)>,
) -> io::Result<(S, SocketAddr)> {
    // Kept until the end, or the system could hand out the same port again.
    let mut refused = Vec::new();
    while refused.len() <= BLOCKED.len() {
        let bound = bind()?;
        if !is_blocked(bound.1.port()) {
            return Ok(bound);
        }
        refused.push(bound);
    }
    Err(io::ErrorKind::AddrInUse.into())
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::BTreeSet, net::Ipv4Addr, rc::Rc};

    use super::*;

    #[test]
    fn the_list_is_sorted_and_has_no_port_that_games_use() {
        assert!(BLOCKED.is_sorted_by(|a, b| a < b));
        for port in [1, 22, 993, 1720, 5060, 6000, 6666, 6697, 10080] {
            assert!(is_blocked(port), "{port}");
        }
        for port in [0, 80, 443, 6670, 8080, 17811, 28411, 31811, 38411, 65535] {
            assert!(!is_blocked(port), "{port}");
        }
        // The ports that a system may hand out for port 0, depending on its settings.
        assert_eq!(BLOCKED.iter().filter(|port| **port >= 1024).count(), 19);
    }

    /// A socket of a system that hands out the lowest free port.
    struct Socket(Rc<RefCell<BTreeSet<u16>>>, u16);

    impl Drop for Socket {
        fn drop(&mut self) {
            self.0.borrow_mut().insert(self.1);
        }
    }

    fn system(ports: &[u16]) -> impl FnMut() -> io::Result<(Socket, SocketAddr)> {
        let free = Rc::new(RefCell::new(
            ports.iter().copied().collect::<BTreeSet<u16>>(),
        ));
        move || {
            let port = free
                .borrow_mut()
                .pop_first()
                .ok_or(io::ErrorKind::AddrNotAvailable)?;
            Ok((
                Socket(Rc::clone(&free), port),
                (Ipv4Addr::LOCALHOST, port).into(),
            ))
        }
    }

    #[test]
    fn a_blocked_port_that_the_system_hands_out_is_given_back() {
        let mut bind = system(&[6000, 6665, 6666, 6667, 6670, 6671]);
        let (_first, bound) = bind_usable(&mut bind).unwrap();
        assert_eq!(bound.port(), 6670);
        let (_second, bound) = bind_usable(&mut bind).unwrap();
        assert_eq!(bound.port(), 6671);
        let error = bind_usable(&mut bind).err().unwrap();
        assert_eq!(
            error.kind(),
            io::ErrorKind::AddrNotAvailable,
            "as the system says it"
        );
        assert_eq!(bind().unwrap().1.port(), 6000, "the others are free again");
    }

    #[test]
    fn a_system_that_hands_out_only_blocked_ports_is_an_error() {
        let error = bind_usable(|| Ok(((), (Ipv4Addr::LOCALHOST, 6666).into())))
            .err()
            .unwrap();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
