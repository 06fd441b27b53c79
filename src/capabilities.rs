//! [`OkCapabilities`]: what this build can do on this platform.

use bevy_ecs::resource::Resource;

/// What this build of the game can do on this platform. Ask it before a button is offered to the player.
///
/// What is `false` here ends with [`OkErrorKind::Unsupported`](crate::OkErrorKind::Unsupported) when it is tried.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::OkCapabilities;
///
/// fn show_invite_button(capabilities: Res<OkCapabilities>) -> bool {
///     capabilities.widgets
/// }
/// # let _ = show_invite_button;
/// # assert!(OkCapabilities::default().widgets);
/// ```
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OkCapabilities {
    /// Posting, inviting and recommending: the page can be shown and its answer heard.
    pub widgets: bool,
    /// Signing in: OK's page can be shown and its answer heard. (A session from elsewhere can always be given:
    /// [`OkSession::accept`](crate::OkSession::accept).)
    pub login: bool,
}

impl Default for OkCapabilities {
    fn default() -> Self {
        let can_listen = cfg!(not(target_family = "wasm"));
        Self { widgets: can_listen, login: can_listen }
    }
}
