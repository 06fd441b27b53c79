//! The desk of a web build: there are no sockets, so for now every request ends with a clear error.

use bevy_ecs::resource::Resource;

use super::draft::Draft;
use super::login::LoginDraft;
use super::outcome::Ending;
use super::systems::{Frame, Report};
use super::{Finished, RequestId, RequestKind};
use crate::config::Config;
use crate::session::{SessionChange, SessionChanged};

#[derive(Resource)]
pub(crate) struct Desk {
    pub(crate) config: Config,
    /// Whether the game was told something after its systems had run.
    pub(crate) told_late: bool,
    /// Whether the app exits after this frame.
    pub(crate) is_exiting: bool,
}

impl Desk {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            told_late: false,
            is_exiting: false,
        }
    }

    pub(crate) fn submit(&mut self, frame: &mut Frame<'_>, draft: &Draft) {
        unsupported(frame, draft.kind.into(), draft.id);
    }

    pub(crate) fn submit_login(&mut self, frame: &mut Frame<'_>, draft: &LoginDraft) {
        unsupported(frame, RequestKind::Login, draft.id);
    }

    pub(crate) fn call_off(&mut self, frame: &mut Frame<'_>, kind: RequestKind, id: RequestId) {
        unsupported(frame, kind, id);
    }

    pub(crate) fn cancel(&mut self, _: &mut Frame<'_>, _: RequestId) {}

    pub(crate) fn reopen(&mut self, _: &mut Frame<'_>, _: RequestId) {}

    pub(crate) fn abandon(&mut self) {}

    pub(crate) fn has_news(&self) -> bool {
        false
    }

    pub(crate) fn receive(&mut self, _: &mut Frame<'_>) {}

    /// There is no store here yet.
    pub(crate) fn restore(&mut self, _: &mut Frame<'_>) {
        self.config.store = None;
    }

    pub(crate) fn logout(&mut self, frame: &mut Frame<'_>) {
        frame.session.end(SessionChange::LoggedOut);
    }

    /// Tells what has become of a session that the game has given.
    pub(crate) fn settle(&mut self, frame: &mut Frame<'_>) {
        if frame.session.is_due() {
            frame.session.end(SessionChange::Expired);
        }
        while let Some(reason) = frame.session.next_change() {
            (frame.tell)(Report::Session(SessionChanged {
                status: frame.session.status(),
                reason,
            }));
        }
    }
}

fn unsupported(frame: &mut Frame<'_>, kind: RequestKind, id: RequestId) {
    let finished =
        Finished::without_answer(kind, id, Ending::Failed(crate::capabilities::unsupported()));
    frame.requests.remember(finished.clone());
    (frame.tell)(Report::Finished(finished));
}
