//! The panel's systems run in a determined order: it adds no ambiguity to any schedule of an app.

use bevy::prelude::DefaultPlugins;
use bevy_app::{App, Plugins, PostUpdate};
use bevy_ecs::schedule::{
    IntoScheduleConfigs, LogLevel, ScheduleBuildError, ScheduleBuildSettings, ScheduleBuildWarning,
    Schedules,
};
use bevy_egui::{EguiPlugin, EguiPostUpdateSet};
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki_panel::OkPanelPlugin;
use bevy_window::WindowPlugin;

/// Returns the pairs of systems, in all schedules, that conflict and may run in either order.
fn ambiguities(mut app: App) -> Vec<String> {
    app.finish();
    app.cleanup();
    let labels: Vec<_> = app
        .world()
        .resource::<Schedules>()
        .iter()
        .map(|(_, schedule)| schedule.label())
        .collect();
    assert!(labels.len() > 3, "{labels:?}");
    let find = |label| {
        app.world_mut().schedule_scope(label, |world, schedule| {
            schedule.set_build_settings(ScheduleBuildSettings {
                ambiguity_detection: LogLevel::Error,
                use_shortnames: false,
                report_sets: false,
                ..Default::default()
            });
            match schedule.initialize(world) {
                Ok(_) => Vec::new(),
                Err(ScheduleBuildError::Elevated(ScheduleBuildWarning::Ambiguity(found))) => {
                    let pairs = found.0.to_string(schedule.graph(), world.components());
                    let pair = |(one, other, _)| {
                        let mut pair: [String; 2] = [one, other];
                        pair.sort();
                        format!("{label:?}: {}", pair.join(" and "))
                    };
                    pairs.map(pair).collect()
                }
                Err(error) => panic!("{error}"),
            }
        })
    };
    labels.into_iter().flat_map(find).collect()
}

/// Returns the pairs of the second app that the first does not have.
fn added(base: App, with: App) -> Vec<String> {
    let base = ambiguities(base);
    ambiguities(with)
        .into_iter()
        .filter(|pair| !base.contains(pair))
        .collect()
}

fn app<M, N>(first: impl Plugins<M>, then: impl Plugins<N>) -> App {
    let mut app = App::new();
    app.add_plugins(first).add_plugins(then);
    app
}

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
    assert_eq!(added(base(), app(egui(), OkPanelPlugin)), NONE);
    for plugin in [plugin, OdnoklassnikiPlugin::sandbox] {
        let both = app(egui(), (plugin(), OkPanelPlugin));
        assert_eq!(added(base(), both), NONE);
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
    assert_eq!(added(app(egui(), ()), own), NONE);
}
