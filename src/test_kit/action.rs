//! The player's actions, and the queue of those that a test has scripted.

use std::collections::VecDeque;

use odnoklassniki::{ErrorCode, UserId};
use odnoklassniki_sandbox::{Behavior, Player};

use crate::RequestKind;

/// An action of the player, or of OK, with a page.
///
/// ```
/// use bevy_odnoklassniki::prelude::*;
/// use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
///
/// let mut kit = TestKit::new();
/// let friends = kit.friends(2);
/// kit.next_invite(PlayerAction::AcceptWith(friends.clone()));
/// kit.app.world_mut().write_message(RequestInvite::new());
/// kit.run_until_settled();
/// assert_eq!(kit.messages.invites[0].outcome.completed().unwrap().users, friends);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlayerAction {
    /// Does nothing: the page stays open and the request pending. The default for pages without a
    /// script.
    #[default]
    DoNothing,
    /// Presses "publish" or "send", or logs in and grants everything. An invitation or
    /// recommendation goes to the friends that it names (`target`, `autosel`), or else to the first
    /// two. If the sandbox has a [`Behavior`], that decides.
    Accept,
    /// Sends to these friends, in this order. The kit does not check the ids, and the list may be
    /// empty. With more than about 800 ids the callback is longer than the listener reads. A post
    /// or a login is accepted.
    AcceptWith(Vec<UserId>),
    /// Presses the button twice. OK's callback comes twice; the game must get one result.
    AcceptTwice,
    /// Presses "cancel", or "deny". The result is [`Cancelled`](crate::Outcome::Cancelled) by the
    /// player.
    Cancel,
    /// OK refuses with this code. The result is [`Refused`](crate::RequestErrorKind::Refused).
    Refuse(ErrorCode),
    /// OK "publishes" a post with topic id 0. The result is
    /// [`NotApproved`](crate::RequestErrorKind::NotApproved). Other requests are accepted.
    NotApproved,
    /// Does nothing, and the timeout passes right after the page was opened. The result is
    /// [`TimedOut`](crate::Outcome::TimedOut).
    TimeOut,
    /// No page appears. The result is [`CannotOpen`](crate::RequestErrorKind::CannotOpen); if the
    /// page was open before and is opened again, a notice
    /// [`CannotReopen`](crate::NoticeKind::CannotReopen).
    CannotOpen,
}

impl PlayerAction {
    /// Returns the player who does it on the sandbox's page, or `None` for an action without one.
    pub(super) fn player(&self) -> Option<Player> {
        let by = |behavior| Player::accept().behavior(behavior);
        Some(match self {
            Self::DoNothing | Self::TimeOut | Self::CannotOpen => return None,
            Self::Accept => Player::accept(),
            Self::Cancel => Player::cancel(),
            Self::AcceptWith(friends) => by(Behavior::AcceptWith(
                friends.iter().map(|friend| friend.get()).collect(),
            )),
            Self::AcceptTwice => by(Behavior::RespondTwice),
            Self::Refuse(code) => by(Behavior::Error(code.0)),
            Self::NotApproved => by(Behavior::NotApproved),
        })
    }
}

/// The scripted actions of pages that have not opened yet.
#[derive(Default)]
pub(super) struct ActionQueue {
    next: VecDeque<(RequestKind, PlayerAction)>,
    pub(super) otherwise: PlayerAction,
}

impl ActionQueue {
    pub(super) fn push(&mut self, kind: RequestKind, action: PlayerAction) {
        self.next.push_back((kind, action));
    }

    /// Takes the first action for a page of this kind, or the default one.
    pub(super) fn take(&mut self, kind: RequestKind) -> PlayerAction {
        let index = self.next.iter().position(|(waiting, _)| *waiting == kind);
        index
            .and_then(|index| self.next.remove(index))
            .map_or_else(|| self.otherwise.clone(), |(_, action)| action)
    }

    pub(super) fn len(&self) -> usize {
        self.next.len()
    }
}
