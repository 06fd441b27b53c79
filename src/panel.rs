//! [`OkPanelPlugin`]: an egui window for developers (feature `egui`).
//!
//! Drawing takes data and gives back what was clicked ([`Action`]); one system carries it out with
//! the messages that a game writes.
//!
//! | file | job |
//! | --- | --- |
//! | `window.rs` | the window: tabs, and what is clicked in it |
//! | `requests.rs` | pending requests and the last results |
//! | `status.rs` | credentials, capabilities, session, listener |
//! | `behavior.rs` | what the sandbox does with requests |
//! | `form.rs`, `blocks.rs` | what can be typed for a request, and the request made of it |
//! | `draw.rs` | the forms on screen |
//! | `sleep.rs` | leaves sleeping windows asleep |
//! | `field.rs` | one line of a form: label, value, what is wrong with it |

#[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
mod behavior;
mod blocks;
mod draw;
mod field;
mod form;
mod requests;
mod sleep;
mod status;
#[cfg(test)]
mod tests;
mod window;

use bevy_app::{App, Plugin, PostUpdate, PreUpdate};
use bevy_ecs::message::{MessageWriter, Messages};
use bevy_ecs::query::With;
use bevy_ecs::resource::Resource;
use bevy_ecs::schedule::IntoScheduleConfigs;
use bevy_ecs::system::{Query, Res, ResMut, SystemParam};
use bevy_egui::{
    EguiContext, EguiPlugin, EguiPostUpdateSet, EguiPreUpdateSet, EguiPrimaryContextPass,
    PrimaryEguiContext,
};

use crate::request::{Desk, write};
use crate::{
    AppCredentials, CancelRequest, OkCapabilities, OkSession, OkSystems, PendingRequests,
    ReopenRequest, RequestId, RequestInvite, RequestLogin, RequestLogout, RequestPost,
    RequestSuggest,
};

/// A window for developers: what is pending, how requests ended, and forms to send every kind of
/// request.
///
/// It needs `bevy_egui` with what draws (its features `render` and `default_fonts`) and, for the
/// copy buttons, `manage_clipboard`. The game adds `EguiPlugin` itself; the order of the two does
/// not matter. The panel is drawn on the game's first camera. In an app without a window or camera
/// nothing is drawn and nothing else changes.
///
/// # Panics
///
/// When the app starts with a window and without `EguiPlugin`.
///
/// The window shows no token, key or signed address. The one-time link of a pending request is
/// shown on demand. [`OkPanel::open`] opens and closes it.
///
/// ```
/// use bevy_app::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
/// use bevy_odnoklassniki::OkPanelPlugin;
///
/// App::new()
///     // With DefaultPlugins and bevy_egui::EguiPlugin::default().
///     .add_plugins(OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA")))
///     .add_plugins(OkPanelPlugin);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct OkPanelPlugin;

/// Whether the developer's panel is open. It is at first; a game that wants it closed inserts the
/// resource itself.
///
/// The button in the window's corner closes it, too. A closed panel costs nothing; what was typed
/// into it is kept.
///
/// ```
/// use bevy_app::prelude::*;
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::{OkPanel, OkPanelPlugin};
///
/// /// With Bevy's `input_just_pressed(KeyCode::F12)` as run condition this is a key to open and close the panel.
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
            .init_resource::<window::State>()
            .init_resource::<sleep::Tick>()
            // So that a request leaves in the frame of the click: a sleeping window may not have
            // another for an hour.
            .configure_sets(
                PostUpdate,
                EguiPostUpdateSet::EndPass.before(OkSystems::Send),
            )
            .add_systems(
                PreUpdate,
                sleep::drop_old_news
                    .after(EguiPreUpdateSet::ProcessInput)
                    .before(EguiPreUpdateSet::BeginPass),
            )
            // For an app without OdnoklassnikiPlugin, whose requests nobody answers.
            .add_message::<RequestPost>()
            .add_message::<RequestInvite>()
            .add_message::<RequestSuggest>()
            .add_message::<RequestLogin>()
            .add_message::<RequestLogout>()
            .add_message::<ReopenRequest>()
            .add_message::<CancelRequest>()
            .add_systems(
                EguiPrimaryContextPass,
                draw.run_if(|panel: Res<OkPanel>| panel.open),
            );
    }

    /// Only now are all plugins there. To add egui here would be too late for what draws, and in
    /// `build` too early: the game may add it later, and Bevy allows it once.
    fn finish(&self, app: &mut App) {
        let has_window = app
            .world()
            .contains_resource::<Messages<bevy_window::RequestRedraw>>();
        assert!(
            !has_window || app.is_plugin_added::<EguiPlugin>(),
            "OkPanelPlugin draws with bevy_egui, whose plugin is missing: write \
             app.add_plugins(EguiPlugin::default()), before or after OkPanelPlugin"
        );
    }
}

/// What was clicked.
#[derive(Debug)]
enum Action {
    Post(RequestPost),
    Invite(RequestInvite),
    Suggest(RequestSuggest),
    Login,
    Logout,
    Reopen(RequestId),
    Cancel(RequestId),
    #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
    Behavior(crate::sandbox::Behavior),
    #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
    BehaviorNext(crate::sandbox::RequestKind, crate::sandbox::Behavior),
}

/// What the panel shows. A game may lack any of it.
#[derive(SystemParam)]
struct Facts<'w> {
    credentials: Option<Res<'w, AppCredentials>>,
    capabilities: Option<Res<'w, OkCapabilities>>,
    requests: Option<Res<'w, PendingRequests>>,
    session: Option<Res<'w, OkSession>>,
    #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
    sandbox: Option<Res<'w, crate::OkSandbox>>,
}

/// Where the actions go.
#[derive(SystemParam)]
struct Outbox<'w> {
    posts: Option<MessageWriter<'w, RequestPost>>,
    invites: Option<MessageWriter<'w, RequestInvite>>,
    suggests: Option<MessageWriter<'w, RequestSuggest>>,
    logins: Option<MessageWriter<'w, RequestLogin>>,
    logouts: Option<MessageWriter<'w, RequestLogout>>,
    reopen: Option<MessageWriter<'w, ReopenRequest>>,
    cancel: Option<MessageWriter<'w, CancelRequest>>,
}

/// Draws the window and does what was clicked in it.
fn draw(
    mut contexts: Query<&mut EguiContext, With<PrimaryEguiContext>>,
    facts: Facts,
    desk: Option<Res<Desk>>,
    mut panel: ResMut<OkPanel>,
    mut state: ResMut<window::State>,
    tick: Res<sleep::Tick>,
    mut outbox: Outbox,
) {
    let Ok(mut context) = contexts.single_mut() else {
        return;
    };
    let (mut open, mut actions) = (true, Vec::new());
    let shows_ages = window::show(
        context.get_mut(),
        &facts,
        &mut state,
        &mut open,
        &mut actions,
    );
    if !open {
        panel.open = false;
    }
    // Ages run on.
    if shows_ages
        && facts
            .requests
            .as_ref()
            .is_some_and(|requests| !requests.is_empty())
    {
        tick.start(desk.as_ref().and_then(|desk| desk.config.wake.as_ref()));
    }
    for action in actions {
        match action {
            Action::Post(request) => write(&mut outbox.posts, request),
            Action::Invite(request) => write(&mut outbox.invites, request),
            Action::Suggest(request) => write(&mut outbox.suggests, request),
            Action::Login => write(&mut outbox.logins, RequestLogin::new()),
            Action::Logout => write(&mut outbox.logouts, RequestLogout),
            Action::Reopen(id) => write(&mut outbox.reopen, ReopenRequest { id }),
            Action::Cancel(id) => write(&mut outbox.cancel, CancelRequest { id }),
            #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
            Action::Behavior(behavior) => {
                if let Some(sandbox) = &facts.sandbox {
                    sandbox.set_behavior(behavior);
                }
            }
            #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
            Action::BehaviorNext(kind, behavior) => {
                if let Some(sandbox) = &facts.sandbox {
                    sandbox.queue_behavior(kind, behavior);
                }
            }
        }
    }
}
