#![doc = include_str!("../README.md")]

// How the crate is built: one system calls `window::show`, which draws one tab. Drawing reads the
// plugin's resources, and a click writes the message that a game would write.
//
// | file | job |
// | --- | --- |
// | `window.rs` | the window and its tabs |
// | `send_tab.rs` | chooses a form and sends it |
// | `form.rs`, `block.rs` | what was typed for a request, and the request made of it |
// | `form_ui/` | draws the forms |
// | `requests_tab.rs` | pending requests and the last results |
// | `sandbox_tab.rs` | how the sandbox behaves; `no_sandbox_tab.rs` stands in where there is none |
// | `status_tab.rs` | credentials, session, capabilities, callback listener |
// | `state.rs` | what the developer chose and typed |
// | `resources.rs` | the plugin's resources, as the panel reads them |
// | `message.rs` | writes a message |
// | `sleep.rs` | leaves a sleeping window asleep |
// | `layout.rs`, `input.rs` | lines of a name and a value; reading typed text |

mod block;
mod form;
mod form_ui;
mod input;
mod layout;
mod message;
mod requests_tab;
mod resources;
#[cfg_attr(
    any(not(feature = "sandbox"), target_family = "wasm"),
    path = "no_sandbox_tab.rs"
)]
mod sandbox_tab;
mod send_tab;
mod sleep;
mod state;
mod status_tab;
#[cfg(test)]
mod tests;
mod window;

use bevy_app::{App, Plugin, PostUpdate, PreUpdate};
use bevy_ecs::message::Messages;
use bevy_ecs::query::With;
use bevy_ecs::resource::Resource;
use bevy_ecs::schedule::IntoScheduleConfigs;
use bevy_ecs::system::{Commands, Query, Res, ResMut};
use bevy_egui::{
    EguiContext, EguiPlugin, EguiPostUpdateSet, EguiPreUpdateSet, EguiPrimaryContextPass,
    PrimaryEguiContext,
};
use bevy_odnoklassniki::{AppWaker, OkSystems};
use bevy_window::RequestRedraw;

use crate::resources::PluginResources;
use crate::sleep::FrameTimer;
use crate::state::PanelState;

/// Adds the panel: forms to send every kind of request, what is pending, and how requests ended.
///
/// The game adds `EguiPlugin` itself, before or after this plugin. `bevy_egui` needs the features
/// that draw (`render` and `default_fonts`) and, for the copy buttons, `manage_clipboard`. The
/// panel is drawn on the game's first camera. In an app without a window or a camera nothing is
/// drawn and nothing else changes.
///
/// The window shows no token, key or signed URL. It shows the one-time link of a pending request
/// only on demand. [`OkPanel::open`] opens and closes it.
///
/// # Panics
///
/// When the app starts with a window and without `EguiPlugin`.
#[derive(Clone, Copy, Debug, Default)]
pub struct OkPanelPlugin;

/// Opens and closes the panel. It is open at first; a game that wants it closed inserts the
/// resource itself.
///
/// The button in the window's corner closes it, too. A closed panel costs nothing, and keeps what
/// was typed into it.
///
/// ```
/// use bevy_app::prelude::*;
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki_panel::{OkPanel, OkPanelPlugin};
///
/// /// With Bevy's `input_just_pressed(KeyCode::F12)` as run condition, a key opens and closes it.
/// fn toggle(mut panel: ResMut<OkPanel>) {
///     panel.open = !panel.open;
/// }
///
/// let mut app = App::new();
/// app.insert_resource(OkPanel { open: false }).add_plugins(OkPanelPlugin).add_systems(Update, toggle);
/// app.update();
/// assert!(app.world().resource::<OkPanel>().open);
/// ```
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OkPanel {
    /// Whether it is drawn.
    pub open: bool,
}

impl Default for OkPanel {
    fn default() -> Self {
        Self { open: true }
    }
}

impl Plugin for OkPanelPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<OkPanel>()
            .init_resource::<PanelState>()
            .init_resource::<FrameTimer>()
            // So that a request leaves in the frame of the click: a sleeping window may not have
            // another frame for an hour.
            .configure_sets(
                PostUpdate,
                EguiPostUpdateSet::EndPass.before(OkSystems::Send),
            )
            .add_systems(
                PreUpdate,
                sleep::drop_repeated_modifiers
                    .after(EguiPreUpdateSet::ProcessInput)
                    .before(EguiPreUpdateSet::BeginPass),
            )
            .add_systems(
                EguiPrimaryContextPass,
                draw.run_if(|panel: Res<OkPanel>| panel.open),
            );
    }

    /// Checks for `EguiPlugin` once all plugins are added. The panel cannot add it itself: here it
    /// would be too late for what draws. In `build` it would be too early: the game may add it
    /// later, and Bevy allows a plugin only once.
    fn finish(&self, app: &mut App) {
        let has_window = app.world().contains_resource::<Messages<RequestRedraw>>();
        assert!(
            !has_window || app.is_plugin_added::<EguiPlugin>(),
            "OkPanelPlugin draws with bevy_egui, whose plugin is missing: write \
             app.add_plugins(EguiPlugin::default()), before or after OkPanelPlugin"
        );
    }
}

/// Draws the window, which does what was clicked in it.
fn draw(
    mut contexts: Query<&mut EguiContext, With<PrimaryEguiContext>>,
    resources: PluginResources,
    waker: Option<Res<AppWaker>>,
    mut panel: ResMut<OkPanel>,
    mut state: ResMut<PanelState>,
    timer: Res<FrameTimer>,
    mut commands: Commands,
) {
    let Ok(mut context) = contexts.single_mut() else {
        return;
    };
    let mut open = true;
    let shows_ages = window::show(
        context.get_mut(),
        &resources,
        &mut state,
        &mut open,
        &mut commands,
    );
    if !open {
        panel.open = false;
    }
    // The ages of pending requests grow.
    if shows_ages && resources.pending_count() > 0 {
        timer.schedule(waker.as_deref());
    }
}
