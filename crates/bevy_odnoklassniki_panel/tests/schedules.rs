//! The panel's systems run in a determined order: it adds no ambiguity to any schedule of an app.

use bevy::prelude::DefaultPlugins;
use bevy_app::PostUpdate;
use bevy_ecs::schedule::IntoScheduleConfigs;
use bevy_egui::{EguiPlugin, EguiPostUpdateSet};
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki_panel::OkPanelPlugin;
use bevy_window::WindowPlugin;
use test_support::app::{added_ambiguities, ambiguities, app};

fn plugin() -> OdnoklassnikiPlugin {
    OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
}

const NONE: [&str; 0] = [];

fn egui() -> (DefaultPlugins, WindowPlugin, EguiPlugin) {
    (
        DefaultPlugins,
        WindowPlugin::default(),
        EguiPlugin::default(),
    )
}

#[test]
fn the_panel_adds_no_ambiguity() {
    let base = || app(egui(), ());
    assert_eq!(added_ambiguities(base(), app(egui(), OkPanelPlugin)), NONE);
    for plugin in [plugin, OdnoklassnikiPlugin::sandbox] {
        let both = app(egui(), (plugin(), OkPanelPlugin));
        assert_eq!(added_ambiguities(base(), both), NONE);
    }
    let without_window = app(plugin(), OkPanelPlugin);
    assert_eq!(ambiguities(without_window), NONE);
}

/// The line that the docs of `OkSystems` give to a game that draws with egui itself.
#[test]
fn the_plugin_and_egui_without_the_panel_have_no_ambiguity() {
    let mut own = app(egui(), plugin());
    own.configure_sets(
        PostUpdate,
        EguiPostUpdateSet::EndPass.before(OkSystems::Send),
    );
    assert_eq!(added_ambiguities(app(egui(), ()), own), NONE);
}
