//! Plugins in every order: the app starts, or says which plugin is in the wrong place and what to
//! do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_app::{App, Plugins};
use bevy_odnoklassniki::prelude::*;

fn plugin() -> OdnoklassnikiPlugin {
    OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
}

/// Starts an app and runs it for two frames; says with which words it stops.
fn start<M>(plugins: impl Plugins<M>) -> Result<App, String> {
    let start = || {
        let mut app = App::new();
        app.add_plugins(plugins);
        app.finish();
        app.cleanup();
        app.update();
        app.update();
        app
    };
    catch_unwind(AssertUnwindSafe(start)).map_err(|panic| {
        let fixed = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        fixed
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .expect("a text")
    })
}

#[test]
fn the_plugin_twice_is_named() {
    let text = start((plugin(), plugin())).expect_err("it cannot be there twice");
    assert!(
        text.contains("OdnoklassnikiPlugin") && text.contains("already added"),
        "{text}"
    );
}

#[cfg(feature = "egui")]
mod panel {
    use bevy::prelude::DefaultPlugins;
    use bevy_egui::EguiPlugin;
    use bevy_odnoklassniki::{OkPanel, OkPanelPlugin};
    use bevy_window::WindowPlugin;

    use super::*;

    fn has_panel(started: Result<App, String>) -> bool {
        started
            .unwrap_or_else(|text| panic!("{text}"))
            .world()
            .contains_resource::<OkPanel>()
    }

    #[test]
    fn the_panel_and_egui_in_either_order() {
        let base = || (DefaultPlugins, WindowPlugin::default());
        assert!(has_panel(start((
            base(),
            plugin(),
            EguiPlugin::default(),
            OkPanelPlugin
        ))));
        assert!(has_panel(start((
            base(),
            plugin(),
            OkPanelPlugin,
            EguiPlugin::default()
        ))));
        assert!(has_panel(start((
            OkPanelPlugin,
            plugin(),
            base(),
            EguiPlugin::default()
        ))));
        assert!(has_panel(start((
            EguiPlugin::default(),
            base(),
            OkPanelPlugin,
            plugin()
        ))));
    }

    #[test]
    fn the_panel_without_egui_says_what_to_add() {
        let text = start((
            DefaultPlugins,
            WindowPlugin::default(),
            plugin(),
            OkPanelPlugin,
        ))
        .expect_err("it stops");
        for word in [
            "OkPanelPlugin",
            "add_plugins(EguiPlugin::default())",
            "before or after",
        ] {
            assert!(text.contains(word), "{word} is not in: {text}");
        }
    }

    /// A server runs the same code.
    #[test]
    fn without_a_window_the_panel_is_nothing() {
        assert!(has_panel(start((plugin(), OkPanelPlugin))));
        assert!(has_panel(start((OkPanelPlugin, plugin()))));
    }

    #[test]
    fn the_panel_without_the_plugin_starts_and_says_so() {
        assert!(has_panel(start((
            DefaultPlugins,
            WindowPlugin::default(),
            EguiPlugin::default(),
            OkPanelPlugin
        ))));
    }

    #[test]
    fn the_panel_twice_is_named() {
        let text =
            start((plugin(), OkPanelPlugin, OkPanelPlugin)).expect_err("it cannot be there twice");
        assert!(
            text.contains("OkPanelPlugin") && text.contains("already added"),
            "{text}"
        );
    }
}
