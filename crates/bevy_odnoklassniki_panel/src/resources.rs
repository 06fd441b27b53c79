//! The plugin's resources, as the panel reads them.

use bevy_ecs::change_detection::Res;
use bevy_ecs::system::SystemParam;
use bevy_odnoklassniki::{AppCredentials, OkCapabilities, OkSession, PendingRequests};

use crate::sandbox_tab::SandboxParam;

/// What the panel shows. A game may lack any of it.
#[derive(SystemParam)]
pub(crate) struct PluginResources<'w> {
    pub(crate) credentials: Option<Res<'w, AppCredentials>>,
    pub(crate) capabilities: Option<Res<'w, OkCapabilities>>,
    pub(crate) requests: Option<Res<'w, PendingRequests>>,
    pub(crate) session: Option<Res<'w, OkSession>>,
    pub(crate) sandbox: SandboxParam<'w>,
}

impl PluginResources<'_> {
    pub(crate) fn pending_count(&self) -> usize {
        self.requests.as_ref().map_or(0, |requests| requests.len())
    }
}
