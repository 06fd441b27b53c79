//! The desk of a web build: there are no sockets, so for now every request ends with a clear error.

use bevy_ecs::resource::Resource;

use super::draft::Draft;
use super::outcome::Ending;
use super::systems::{Report, Tell};
use super::{Finished, OkError, OkErrorKind, PendingRequests, RequestId};
use crate::credentials::AppCredentials;
use crate::settings::Settings;

#[derive(Resource)]
pub(crate) struct Desk {
    pub(crate) settings: Settings,
    /// Whether the game was told something after its systems had run.
    pub(crate) told_late: bool,
}

impl Desk {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, told_late: false }
    }

    pub(crate) fn submit(
        &mut self,
        requests: &mut PendingRequests,
        draft: &Draft,
        _: Option<&AppCredentials>,
        tell: Tell<'_>,
    ) {
        let error = OkError::new(OkErrorKind::Unsupported, "web builds cannot hear OK's answer yet");
        let finished = Finished::without_answer(draft.kind, draft.id, Ending::Failed(error));
        requests.remember(finished.clone());
        tell(Report::Finished(finished));
    }

    pub(crate) fn cancel(&mut self, _: &mut PendingRequests, _: RequestId, _: Tell<'_>) {}

    pub(crate) fn reopen(&mut self, _: &mut PendingRequests, _: RequestId, _: Tell<'_>) {}

    pub(crate) fn has_news(&self) -> bool {
        false
    }

    pub(crate) fn receive(&mut self, _: &mut PendingRequests, _: Tell<'_>) {}
}
