//! What the operations take and give, whichever store does them.

use std::time::Duration;

use odnoklassniki::UserId;
use sha2::{Digest as _, Sha256};

/// How long a callback stays marked as used. It could not be used again anyway, because its state is
/// spent and its friends are rewarded; the mark gives the better message.
pub(super) const CALLBACK_TTL: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// SHA-256 of a value that is not kept itself, as hex.
///
/// ```
/// use backend_example::store::Hash;
/// assert_ne!(Hash::of(&["ab", "c"]), Hash::of(&["a", "bc"]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hash(pub(super) String);

impl Hash {
    /// The hash of some texts, each with its length, so that nothing can be moved from one to its
    /// neighbor.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        Self(
            hasher
                .finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }
}

/// What is rewarded: each friend counts once for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RewardKind {
    /// The friend was invited.
    Invite,
    /// The game was recommended to the friend.
    Suggest,
}

impl RewardKind {
    /// As it is kept.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Suggest => "suggest",
        }
    }
}

/// A callback that is to be rewarded.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The player.
    pub user: UserId,
    /// What for.
    pub kind: RewardKind,
    /// Of the state that was signed for it.
    pub state: Hash,
    /// Of what makes this callback different from all others.
    pub id: Hash,
    /// To whom the player wrote.
    pub friends: Vec<UserId>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// So many of the friends were never rewarded before.
    Granted(u64),
    /// The callback was used before.
    AlreadyUsed,
    /// The state was not signed for this player and kind, was spent, or is too old.
    UnknownState,
}

/// A counter that starts anew some time after its first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Steps so far, with this one.
    pub steps: u64,
    /// When it starts anew.
    pub reset_in: Duration,
}

/// The store did not do it. The text holds neither URLs nor values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store did not respond: {0}")]
pub struct StoreError(pub(crate) String);
