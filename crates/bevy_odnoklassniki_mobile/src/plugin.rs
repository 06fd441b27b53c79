//! [`OkMobilePlugin`]: the one line in the game.

use std::sync::{Mutex, PoisonError};

use bevy_app::{App, Plugin};
use bevy_odnoklassniki::OdnoklassnikiPlugin;

use crate::system;

/// Adds an [`OdnoklassnikiPlugin`] to the app. On Android and iOS it gives it a page host and return
/// links first. On other targets the plugin stays as it is.
///
/// On phones it replaces
/// [`with_page_host`](OdnoklassnikiPlugin::with_page_host) and
/// [`with_return_links`](OdnoklassnikiPlugin::with_return_links): its links are of a scheme. A game
/// that wants `https` links of its own domain does without this plugin. It gives the other one a
/// page host and [`ReturnLinks::https`](bevy_odnoklassniki::ReturnLinks::https), and hands each link
/// to [`OkDeepLinks`](bevy_odnoklassniki::OkDeepLinks).
///
/// Android may end the game while the player is on OK's page. With a pending store
/// (`OdnoklassnikiPlugin::with_pending_store`) the request survives that.
pub struct OkMobilePlugin {
    scheme: String,
    plugin: Mutex<Option<OdnoklassnikiPlugin>>,
}

impl OkMobilePlugin {
    /// Creates a plugin whose pages return to links of this scheme, such as `ok512000123456` with
    /// the application's id and without `://`.
    #[must_use]
    pub fn new(scheme: impl Into<String>, plugin: OdnoklassnikiPlugin) -> Self {
        Self {
            scheme: scheme.into(),
            plugin: Mutex::new(Some(plugin)),
        }
    }
}

impl Plugin for OkMobilePlugin {
    fn build(&self, app: &mut App) {
        let plugin = self
            .plugin
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(plugin) = plugin {
            let plugin = system::configure(plugin, &self.scheme, app);
            app.add_plugins(plugin);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use bevy_odnoklassniki::prelude::*;
    use bevy_odnoklassniki::{Delivered, OkDeepLinks};

    use super::*;
    use crate::test_host::SCHEME;

    #[test]
    fn on_a_desktop_the_plugin_stays_as_it_is() {
        let credentials = AppCredentials::new("512000000001", "CBAPUBLICKEYBABABA");
        let plugin = OdnoklassnikiPlugin::new(credentials);
        let mut app = App::new();
        app.add_plugins(OkMobilePlugin::new(SCHEME, plugin));
        app.update();
        assert!(app.is_plugin_added::<OdnoklassnikiPlugin>());
        let links = app.world().resource::<OkDeepLinks>();
        let link = format!("{SCHEME}://r/{}", "0".repeat(32));
        assert_eq!(links.deliver(&link), Delivered::NotOurs);
    }
}
