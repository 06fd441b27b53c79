//! The window: its size, how it is opened and closed, and apps that lack something.

use bevy_app::App;
use bevy_ecs::message::Messages;
use bevy_egui::EguiPlugin;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::Behavior;

use super::harness::Harness;
use super::{game, start};
use crate::{OkPanel, OkPanelPlugin};

const LAPTOP: [f32; 2] = [960.0, 640.0];

#[test]
fn it_fits_into_a_small_window() {
    let mut panel = Harness::on_screen(game(Behavior::Ask), LAPTOP);
    for click in ["invite", "suggest", "post", "Requests", "Sandbox", "Status"] {
        panel.click(click);
        let (left, right) = panel.width();
        // Content that is too wide would widen the window.
        assert!(
            left >= 12.0 && right <= 440.0,
            "{click}: from {left} to {right}"
        );
    }
}

#[test]
fn a_closed_panel_paints_nothing_and_keeps_what_was_typed() {
    let mut panel = start(Behavior::Ask);
    panel.fill("comment", "kept");
    panel.app.world_mut().resource_mut::<OkPanel>().open = false;
    panel.frames(2);
    assert_eq!(panel.now(), "");
    assert!(!panel.wants_frames());
    panel.app.world_mut().resource_mut::<OkPanel>().open = true;
    panel.frames(3);
    assert!(panel.now().contains("kept"), "{}", panel.now());
}

#[test]
fn the_button_in_the_corner_closes_it() {
    let mut panel = start(Behavior::Ask);
    panel.click("Close window");
    assert!(!panel.app.world().resource::<OkPanel>().open);
    assert_eq!(panel.now(), "");
}

#[test]
fn a_game_may_begin_with_a_closed_panel() {
    let mut app = game(Behavior::Ask);
    app.insert_resource(OkPanel { open: false });
    assert_eq!(Harness::on(app).now(), "");
}

#[test]
fn an_app_without_a_window_or_the_plugin_is_left_alone() {
    let mut app = App::new();
    app.add_plugins(OkPanelPlugin);
    app.finish();
    app.cleanup();
    app.update();
    assert!(!app.is_plugin_added::<EguiPlugin>());

    // Drawn without OdnoklassnikiPlugin, it says so.
    let mut panel = Harness::on(App::new());
    panel.click("Send invite");
    assert!(
        panel
            .now()
            .contains("OdnoklassnikiPlugin is not in this app"),
        "{}",
        panel.now()
    );
    panel.click_requests();
    panel.click("Status");
    assert!(
        !panel
            .app
            .world()
            .contains_resource::<Messages<InviteFinished>>()
    );
}
