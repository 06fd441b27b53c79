//! The log of the plugin's messages.

use bevy_app::App;
use bevy_ecs::message::{Message, MessageCursor, Messages};

use crate::request::kinds;
use crate::{NoticeKind, RequestId, RequestNotice, RequestOpened, SessionChanged};

/// Makes the log and its cursors from the list of kinds.
macro_rules! message_log {
    ($($module:ident: $kind:ident($request:ident => $finished:ident) [$results:ident, $next:ident],)+) => {
        $(use crate::$finished;)+

        /// Every message of the plugin so far, by kind and in order. The kit adds them after each
        /// of its frames, also those that no system reads.
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
            /// Pages that were opened, also those opened again.
            pub opened: Vec<RequestOpened>,
            /// Notices about pending requests.
            pub notices: Vec<RequestNotice>,
            $(
                #[doc = concat!("The results of each [`", stringify!($request), "`](crate::", stringify!($request), ").")]
                pub $results: Vec<$finished>,
            )+
            /// Changes of the session.
            pub session: Vec<SessionChanged>,
        }

        impl MessageLog {
            /// Returns how many results there are, of all kinds of requests.
            #[must_use]
            pub fn finished(&self) -> usize {
                0 $(+ self.$results.len())+
            }
        }

        /// The read position in each kind of message.
        #[derive(Default)]
        pub(super) struct Cursors {
            opened: MessageCursor<RequestOpened>,
            notices: MessageCursor<RequestNotice>,
            $($results: MessageCursor<$finished>,)+
            session: MessageCursor<SessionChanged>,
        }

        impl Cursors {
            pub(super) fn read(&mut self, app: &App, messages: &mut MessageLog) {
                note(&mut self.opened, app, &mut messages.opened);
                note(&mut self.notices, app, &mut messages.notices);
                $(note(&mut self.$results, app, &mut messages.$results);)+
                note(&mut self.session, app, &mut messages.session);
            }
        }
    };
}
kinds!(message_log);

impl MessageLog {
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

fn note<M: Message + Clone>(cursor: &mut MessageCursor<M>, app: &App, into: &mut Vec<M>) {
    into.extend(cursor.read(app.world().resource::<Messages<M>>()).cloned());
}
