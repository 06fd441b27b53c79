//! Apps as a game puts them together: whether one starts, and in which order its systems run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_app::{App, Plugins};
use bevy_ecs::schedule::{
    LogLevel, ScheduleBuildError, ScheduleBuildSettings, ScheduleBuildWarning, Schedules,
};

/// Returns an app with these plugins, in this order.
pub fn app<M, N>(first: impl Plugins<M>, then: impl Plugins<N>) -> App {
    let mut app = App::new();
    app.add_plugins(first).add_plugins(then);
    app
}

/// Starts an app and runs it for two frames. Returns the app, or the text of its panic.
pub fn start<M>(plugins: impl Plugins<M>) -> Result<App, String> {
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

/// Returns the pairs of systems that conflict and may run in either order, in all schedules
/// together.
pub fn ambiguities(mut app: App) -> Vec<String> {
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
pub fn added_ambiguities(base: App, with: App) -> Vec<String> {
    let base = ambiguities(base);
    ambiguities(with)
        .into_iter()
        .filter(|pair| !base.contains(pair))
        .collect()
}
