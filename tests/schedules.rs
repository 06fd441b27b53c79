//! The plugin's systems run in a determined order: the plugin adds no ambiguity to any schedule of
//! an app.

use bevy::prelude::{DefaultPlugins, MinimalPlugins};
use bevy_app::{App, Plugins};
use bevy_ecs::schedule::{
    LogLevel, ScheduleBuildError, ScheduleBuildSettings, ScheduleBuildWarning, Schedules,
};
use bevy_odnoklassniki::prelude::*;

/// Returns the pairs of systems that conflict and may run in either order, in all schedules
/// together.
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
                    let describe = |(one, other, _)| {
                        let mut pair: [String; 2] = [one, other];
                        pair.sort();
                        format!("{label:?}: {}", pair.join(" and "))
                    };
                    pairs.map(describe).collect()
                }
                Err(error) => panic!("{error}"),
            }
        })
    };
    labels.into_iter().flat_map(find).collect()
}

/// Returns the ambiguities of the second app that the first does not have.
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

#[test]
fn the_plugin_adds_no_ambiguity() {
    let variants = [
        plugin,
        || plugin().with_automatic_login(RequestLogin::new),
        OdnoklassnikiPlugin::sandbox,
    ];
    for variant in variants {
        assert_eq!(ambiguities(app((), variant())), NONE);
        assert_eq!(
            added(app(MinimalPlugins, ()), app(MinimalPlugins, variant())),
            NONE
        );
        assert_eq!(
            added(app(DefaultPlugins, ()), app(DefaultPlugins, variant())),
            NONE
        );
    }
}

/// The check itself: it finds two systems that write one resource, in no order.
#[test]
fn an_ambiguity_is_seen() {
    use bevy_app::PostUpdate;
    use bevy_ecs::prelude::{ResMut, Resource};

    #[derive(Resource, Default)]
    struct Score(u32);
    let mut app = app((), plugin());
    let first = |mut score: ResMut<Score>| score.0 += 1;
    let second = |mut score: ResMut<Score>| score.0 *= 2;
    app.init_resource::<Score>()
        .add_systems(PostUpdate, (first, second));
    assert_eq!(ambiguities(app).len(), 1);
}
