//! Random numbers of the operating system, for pages, login cookies, codes and tokens.

use std::io;

/// Returns an error if the operating system has no random numbers. One that had them once always
/// has them.
pub(crate) fn check() -> io::Result<()> {
    getrandom::fill(&mut [0])
        .map_err(|error| io::Error::other(format!("no random numbers: {error}")))
}

/// Returns 16 hex digits: the id of a page.
pub(crate) fn page_id() -> String {
    format!("{:016x}", u64::from_ne_bytes(bytes()))
}

/// Returns 32 hex digits: a secret.
pub(crate) fn secret() -> String {
    format!("{:032x}", u128::from_ne_bytes(bytes()))
}

fn bytes<const COUNT: usize>() -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    // `check` has passed: the sandbox does not start without it.
    getrandom::fill(&mut bytes).expect("a source of random numbers that worked before");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_comes_twice() {
        assert!(check().is_ok());
        let all: std::collections::HashSet<String> = (0..1_000).map(|_| secret()).collect();
        assert_eq!(all.len(), 1_000);
        assert!(all.iter().all(|secret| secret.len() == 32));
        assert_eq!(page_id().len(), 16);
    }
}
