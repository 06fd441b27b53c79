//! A small finished game that shows the plugin where it lives: in a window, with a player in front
//! of it.
//!
//! The player stacks a castle block by block, invites friends to it, recommends it, and posts it.
//! It runs on the sandbox; with `OK_APP_ID`, `OK_APP_KEY` and `OK_REDIRECT_URIS` set, on the real
//! OK.
//!
//! `social.rs` is all that talks to the plugin: the file to copy. `cargo run -p social_game --
//! --help` lists the options. `scripts/web` shows the game in a browser; `desktop.rs` and `web.rs`
//! are all that differs there.

mod art;
mod castle;
#[cfg(not(target_family = "wasm"))]
mod desktop;
mod field;
mod hud;
mod options;
mod people;
mod report;
mod social;
#[cfg(target_family = "wasm")]
mod web;
mod words;

use std::process::ExitCode;

use bevy::diagnostic::FrameCount;
use bevy::input::common_conditions::input_just_pressed;
use bevy::prelude::*;
use bevy::render::RenderPlugin;
use bevy::window::{PresentMode, RequestRedraw, WindowResolution};
use bevy::winit::WinitSettings;
use bevy_egui::EguiPlugin;
use bevy_odnoklassniki_panel::{OkPanel, OkPanelPlugin};

#[cfg(not(target_family = "wasm"))]
use desktop as platform;
use options::Start;
use report::Report;
#[cfg(target_family = "wasm")]
use web as platform;

fn main() -> ExitCode {
    let Start {
        options,
        plugin,
        report,
    } = match platform::start() {
        Ok(start) => start,
        Err(code) => return code,
    };
    // A sleeping window must not miss its first frames because the renderer is not ready for them.
    let renderer = RenderPlugin {
        synchronous_pipeline_compilation: options.reactive,
        ..default()
    };
    let mut app = App::new();
    app.add_plugins(
        DefaultPlugins
            .set(WindowPlugin {
                primary_window: Some(window()),
                ..default()
            })
            .set(renderer),
    )
    .add_plugins(plugin)
    .add_plugins((EguiPlugin::default(), OkPanelPlugin))
    .insert_resource(OkPanel {
        open: options.panel,
    })
    .add_systems(
        Update,
        toggle_panel.run_if(input_just_pressed(KeyCode::F12)),
    )
    .add_plugins((
        art::plugin,
        castle::plugin,
        field::plugin,
        hud::plugin,
        social::plugin,
    ))
    .insert_resource(options.language)
    .insert_resource(social::Club(options.group));
    let names = platform::names(&app);
    app.insert_resource(names);
    if options.reactive {
        app.insert_resource(WinitSettings::desktop_app())
            .add_systems(Last, stay_awake_at_first);
    }
    if let Some(report) = report {
        app.insert_resource(Report::new(report))
            .add_plugins(report::plugin);
    }
    match app.run() {
        AppExit::Success => ExitCode::SUCCESS,
        AppExit::Error(code) => ExitCode::from(code.get()),
    }
}

fn toggle_panel(mut panel: ResMut<OkPanel>) {
    panel.open = !panel.open;
}

/// A window that sleeps from the start would stay black until it is touched: the renderer is a few
/// frames behind.
fn stay_awake_at_first(frames: Res<FrameCount>, mut redraw: MessageWriter<RequestRedraw>) {
    if frames.0 < 20 {
        redraw.write(RequestRedraw);
    }
}

fn window() -> Window {
    Window {
        title: "Castle with friends".into(),
        name: Some("social_game".into()),
        resolution: WindowResolution::new(1000, 680),
        resize_constraints: platform::smallest_window(),
        present_mode: PresentMode::AutoVsync,
        // In a browser.
        canvas: Some("#game".into()),
        fit_canvas_to_parent: true,
        ..default()
    }
}
