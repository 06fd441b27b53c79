//! [`OkCapabilities`]: what this build can do on this platform.

use bevy_ecs::resource::Resource;

use crate::error::{RequestError, RequestErrorKind};
use crate::platform;

/// What this build of the game can do on this platform. Check it before you offer a button to the
/// player.
///
/// A request for a page that is `false` here ends at once with [`RequestErrorKind::Unsupported`]. On
/// Android and iOS everything is `false`, unless the plugin has
/// [return links](crate::OdnoklassnikiPlugin::with_return_links) or a
/// [page host](crate::OdnoklassnikiPlugin::with_page_host): no port lives in the background there. On
/// the web without a return page a login ends with [`RequestErrorKind::NotConfigured`].
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::OkCapabilities;
///
/// fn show_invite_button(capabilities: Res<OkCapabilities>) -> bool {
///     capabilities.widgets
/// }
/// # assert!(OkCapabilities::default().widgets);
/// ```
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OkCapabilities {
    /// Posting, inviting and recommending: the plugin can show OK's page and receive its callback.
    pub widgets: bool,
    /// Logging in: the plugin can show OK's page and receive its callback. (A game can always give
    /// a session: [`OkSession::accept`](crate::OkSession::accept).)
    pub login: bool,
    /// A post that the player cancels on OK's page ends as cancelled. `false` on the web
    /// [without a return page](crate::OdnoklassnikiPlugin::without_return_page): OK documents no
    /// message for it there, so the request may wait until its timeout. Show the player a button that
    /// cancels ([`CancelRequest`](crate::CancelRequest)).
    pub cancelled_posts: bool,
}

impl OkCapabilities {
    /// Returns what can be done where callbacks come in some way, with a return page or without one.
    pub(crate) fn new(has_callbacks: bool, has_return_page: bool) -> Self {
        Self {
            widgets: has_callbacks,
            login: has_callbacks && has_return_page,
            cancelled_posts: has_callbacks && has_return_page,
        }
    }
}

impl Default for OkCapabilities {
    fn default() -> Self {
        Self::new(platform::HAS_CALLBACKS, true)
    }
}

/// Returns the error of a request that this build cannot carry out.
pub(crate) fn unsupported() -> RequestError {
    RequestError::new(
        RequestErrorKind::Unsupported,
        "OK's callback cannot reach the game on this platform without return links or a page host",
    )
}

#[cfg(test)]
mod tests {
    use bevy_app::App;

    use super::*;
    use crate::config::Config;
    use crate::driver::Runtime;
    use crate::prelude::*;
    use crate::return_links::ReturnLinks;

    #[test]
    fn without_a_way_for_callbacks_nothing_can_be_done() {
        let all = |can| OkCapabilities {
            widgets: can,
            login: can,
            cancelled_posts: can,
        };
        for has_return_page in [false, true] {
            assert_eq!(OkCapabilities::new(false, has_return_page), all(false));
        }
        // Links are a way, also on phones.
        let mut config = Config {
            capabilities: all(false),
            ..Config::default()
        };
        config.set_return_links(ReturnLinks::scheme("ok512"));
        // The web ignores them, and keeps what it has.
        assert_eq!(config.capabilities, all(!platform::HAS_RETURN_PAGE));
    }

    /// As in a build for Android or iOS: each request ends in its frame, and no page opens.
    #[test]
    fn what_is_false_ends_as_unsupported_at_once() {
        let opener = |_: &OneTimeLink| -> Result<(), OpenError> { panic!("a page was opened") };
        let session = SessionData::new(AccessToken::new("token"), SessionSecretKey::new("key"));
        let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA");
        let plugin = OdnoklassnikiPlugin::new(credentials)
            .with_session(session)
            .with_opener(opener);
        let mut app = App::new();
        app.add_plugins(
            plugin
                .with_redirect_uris(["http://127.0.0.1:0/login"])
                .with_automatic_login(RequestLogin::new),
        );
        app.world_mut()
            .resource_mut::<Runtime>()
            .config
            .capabilities = OkCapabilities {
            widgets: false,
            login: false,
            cancelled_posts: false,
        };
        app.update();
        let world = app.world_mut();
        world.write_message(RequestInvite::new());
        world.write_message(RequestSuggest::new());
        world.write_message(RequestPost::new(Attachment::new().text("x")));
        world.write_message(RequestLogin::new());
        app.update();
        let requests = app.world().resource::<PendingRequests>();
        assert!(requests.is_empty());
        let ended: Vec<_> = requests.recently_finished().collect();
        assert_eq!(ended.len(), 4);
        for finished in ended {
            assert_eq!(
                finished.error().map(RequestError::kind),
                Some(RequestErrorKind::Unsupported),
                "{finished:?}"
            );
            assert!(
                finished
                    .error()
                    .is_some_and(|error| error.advice().contains("OkCapabilities"))
            );
        }
        let can = cfg!(not(any(target_os = "android", target_os = "ios")));
        assert_eq!(
            OkCapabilities::default(),
            OkCapabilities {
                widgets: can,
                login: can,
                cancelled_posts: can,
            }
        );
    }
}
