//! Targets that are no phones: the plugin stays as it is.

use bevy_app::App;
use bevy_odnoklassniki::OdnoklassnikiPlugin;

pub(crate) fn configure(
    plugin: OdnoklassnikiPlugin,
    _scheme: &str,
    _app: &mut App,
) -> OdnoklassnikiPlugin {
    plugin
}
