//! The panel, the plugin and egui in every order: the app starts, or says which plugin is missing
//! and what to do.

use bevy::prelude::DefaultPlugins;
use bevy_app::App;
use bevy_egui::EguiPlugin;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki_panel::{OkPanel, OkPanelPlugin};
use bevy_window::WindowPlugin;
use test_support::app::start;

fn plugin() -> OdnoklassnikiPlugin {
    OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
}

fn has_panel(started: Result<App, String>) -> bool {
    started
        .unwrap_or_else(|text| panic!("{text}"))
        .world()
        .contains_resource::<OkPanel>()
}

#[test]
fn the_panel_and_egui_in_either_order() {
    let base = || (DefaultPlugins, WindowPlugin::default());
    let egui = EguiPlugin::default;
    assert!(has_panel(start((base(), plugin(), egui(), OkPanelPlugin))));
    assert!(has_panel(start((base(), plugin(), OkPanelPlugin, egui()))));
    assert!(has_panel(start((OkPanelPlugin, plugin(), base(), egui()))));
    assert!(has_panel(start((egui(), base(), OkPanelPlugin, plugin()))));
}

#[test]
fn the_panel_without_egui_says_what_to_add() {
    let base = (DefaultPlugins, WindowPlugin::default());
    let text = start((base, plugin(), OkPanelPlugin)).expect_err("it stops");
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
fn without_a_window_the_panel_does_nothing() {
    assert!(has_panel(start((plugin(), OkPanelPlugin))));
    assert!(has_panel(start((OkPanelPlugin, plugin()))));
}

#[test]
fn the_panel_without_the_plugin_starts() {
    let base = (DefaultPlugins, WindowPlugin::default());
    assert!(has_panel(start((
        base,
        EguiPlugin::default(),
        OkPanelPlugin
    ))));
}

#[test]
fn the_panel_twice_is_named() {
    let text =
        start((plugin(), OkPanelPlugin, OkPanelPlugin)).expect_err("Bevy allows a plugin once");
    assert!(
        text.contains("OkPanelPlugin") && text.contains("already added"),
        "{text}"
    );
}
