//! The window: tabs, and the one that is chosen.

use bevy_ecs::system::Commands;
use bevy_egui::egui::{Context, Ui, Window, style::ScrollStyle, vec2};

use crate::layout::scroll;
use crate::resources::PluginResources;
use crate::state::{PanelState, Tab};
use crate::{requests_tab, sandbox_tab, send_tab, status_tab};

/// The space between the window and the edge of the screen.
const MARGIN: f32 = 12.0;

/// Draws the window. Returns whether it shows the ages of pending requests.
pub(crate) fn show(
    context: &Context,
    resources: &PluginResources,
    state: &mut PanelState,
    open: &mut bool,
    commands: &mut Commands,
) -> bool {
    let screen = context.content_rect();
    // As high as the screen allows.
    let size = vec2(
        420.0_f32.min(screen.width() - 2.0 * MARGIN),
        screen.height() - 6.0 * MARGIN,
    );
    let shown = Window::new("Odnoklassniki")
        .open(open)
        .default_pos(screen.left_top() + vec2(MARGIN, MARGIN))
        .default_size(size)
        .min_size([300.0, 160.0])
        .show(context, |ui| content(ui, resources, state, commands));
    state.tab == Tab::Requests && shown.is_some_and(|window| window.inner.is_some())
}

fn content(
    ui: &mut Ui,
    resources: &PluginResources,
    state: &mut PanelState,
    commands: &mut Commands,
) {
    set_style(ui);
    ui.horizontal(|ui| tabs(ui, resources, &mut state.tab));
    ui.separator();
    match state.tab {
        Tab::Send => send_tab::show(ui, resources.requests.as_deref(), state, commands),
        Tab::Requests => scroll(ui, "requests", |ui| {
            requests_tab::show(ui, resources.requests.as_deref(), state, commands);
        }),
        Tab::Sandbox => scroll(ui, "sandbox", |ui| {
            sandbox_tab::show(ui, &resources.sandbox, &mut state.behavior);
        }),
        Tab::Status => scroll(ui, "status", |ui| {
            status_tab::show(ui, resources, &mut state.all_reasons, commands);
        }),
    }
}

fn tabs(ui: &mut Ui, resources: &PluginResources, tab: &mut Tab) {
    ui.selectable_value(tab, Tab::Send, "Send");
    let requests = match resources.pending_count() {
        0 => "Requests".to_owned(),
        pending => format!("Requests ({pending})"),
    };
    ui.selectable_value(tab, Tab::Requests, requests);
    if resources.sandbox.is_running() {
        ui.selectable_value(tab, Tab::Sandbox, "Sandbox");
    } else if *tab == Tab::Sandbox {
        *tab = Tab::Send;
    }
    ui.selectable_value(tab, Tab::Status, "Status");
}

/// Gives buttons a little more room than egui does, and a scroll bar that is always visible.
fn set_style(ui: &mut Ui) {
    let spacing = ui.spacing_mut();
    spacing.button_padding = vec2(8.0, 2.0);
    spacing.item_spacing = vec2(6.0, 5.0);
    spacing.scroll = ScrollStyle::solid();
    // A blinking cursor asks for a later frame, which bevy_egui takes for the next one: see
    // `sleep.rs`.
    ui.visuals_mut().text_cursor.blink = false;
}
