//! Numbers that nobody can guess: for pages, login cookies, codes and tokens.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

/// Hashes a counter under random keys of the process, so that the numbers seen so far do not give
/// away the next.
#[derive(Default)]
pub(crate) struct Dice {
    keys: RandomState,
    thrown: AtomicU64,
}

impl Dice {
    /// 16 hex digits: the number of a page.
    pub(crate) fn number(&self) -> String {
        format!("{:016x}", self.throw())
    }

    /// 32 hex digits: a secret.
    pub(crate) fn secret(&self) -> String {
        format!("{:016x}{:016x}", self.throw(), self.throw())
    }

    fn throw(&self) -> u64 {
        let mut hasher = self.keys.build_hasher();
        hasher.write_u64(self.thrown.fetch_add(1, Ordering::Relaxed));
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_comes_twice() {
        let (one, other) = (Dice::default(), Dice::default());
        let all: std::collections::HashSet<String> = (0..500)
            .flat_map(|_| [one.secret(), other.secret()])
            .collect();
        assert_eq!(all.len(), 1_000);
        assert!(all.iter().all(|secret| secret.len() == 32));
        assert_eq!(one.number().len(), 16);
    }
}
