//! The plugin's systems run in a determined order: the plugin adds no ambiguity to any schedule of
//! an app.

use bevy::prelude::{DefaultPlugins, MinimalPlugins};
use bevy_odnoklassniki::prelude::*;
use test_support::app::{added_ambiguities, ambiguities, app};

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
            added_ambiguities(app(MinimalPlugins, ()), app(MinimalPlugins, variant())),
            NONE
        );
        assert_eq!(
            added_ambiguities(app(DefaultPlugins, ()), app(DefaultPlugins, variant())),
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
