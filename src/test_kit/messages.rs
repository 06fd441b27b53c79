//! The log of the plugin's messages.

use bevy_app::App;
use bevy_ecs::message::{Message, MessageCursor, Messages};

use crate::{
    InviteFinished, LoginFinished, NoticeKind, PostFinished, RequestId, RequestNotice,
    RequestOpened, SessionChanged, SuggestFinished,
};

/// Every message of the plugin so far, by kind and in order. The kit adds them after each of its
/// frames, also those that no system reads.
///
/// ```
/// use bevy_odnoklassniki::prelude::*;
/// use bevy_odnoklassniki::test_kit::TestKit;
///
/// let mut kit = TestKit::new();
/// kit.app.world_mut().write_message(RequestInvite::new());
/// kit.run_until_settled();
/// assert_eq!((kit.messages.opened.len(), kit.messages.finished()), (1, 0));
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct MessageLog {
    /// Pages that were opened.
    pub opened: Vec<RequestOpened>,
    /// Notices.
    pub notices: Vec<RequestNotice>,
    /// Results of posts.
    pub posts: Vec<PostFinished>,
    /// Results of invitations.
    pub invites: Vec<InviteFinished>,
    /// Results of recommendations.
    pub suggests: Vec<SuggestFinished>,
    /// Results of logins.
    pub logins: Vec<LoginFinished>,
    /// Changes of the session.
    pub session: Vec<SessionChanged>,
}

impl MessageLog {
    /// Returns how many results there are, of all kinds.
    #[must_use]
    pub fn finished(&self) -> usize {
        self.posts.len() + self.invites.len() + self.suggests.len() + self.logins.len()
    }

    /// Returns how many messages there are, of all kinds.
    pub(super) fn len(&self) -> usize {
        self.opened.len() + self.notices.len() + self.session.len() + self.finished()
    }

    pub(super) fn cannot_reopen(&self, id: RequestId) -> usize {
        let notice = RequestNotice {
            id,
            kind: NoticeKind::CannotReopen,
        };
        self.notices
            .iter()
            .filter(|other| **other == notice)
            .count()
    }
}

/// The read position in each kind of message.
#[derive(Default)]
pub(super) struct Cursors {
    opened: MessageCursor<RequestOpened>,
    notices: MessageCursor<RequestNotice>,
    posts: MessageCursor<PostFinished>,
    invites: MessageCursor<InviteFinished>,
    suggests: MessageCursor<SuggestFinished>,
    logins: MessageCursor<LoginFinished>,
    session: MessageCursor<SessionChanged>,
}

impl Cursors {
    pub(super) fn read(&mut self, app: &App, messages: &mut MessageLog) {
        note(&mut self.opened, app, &mut messages.opened);
        note(&mut self.notices, app, &mut messages.notices);
        note(&mut self.posts, app, &mut messages.posts);
        note(&mut self.invites, app, &mut messages.invites);
        note(&mut self.suggests, app, &mut messages.suggests);
        note(&mut self.logins, app, &mut messages.logins);
        note(&mut self.session, app, &mut messages.session);
    }
}

fn note<M: Message + Clone>(cursor: &mut MessageCursor<M>, app: &App, into: &mut Vec<M>) {
    into.extend(cursor.read(app.world().resource::<Messages<M>>()).cloned());
}
