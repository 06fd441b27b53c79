//! Lines of a name and a value, colors, and scrolling.

use core::time::Duration;

use bevy_egui::egui::{Align, Color32, Layout, Response, ScrollArea, TextStyle, Ui, vec2};

/// The width of the column with the names.
const NAMES: f32 = 112.0;

/// Returns the color of success, readable on light and dark.
pub(crate) fn good(ui: &Ui) -> Color32 {
    if ui.visuals().dark_mode {
        Color32::from_rgb(120, 200, 120)
    } else {
        Color32::from_rgb(20, 120, 20)
    }
}

/// Returns the color of failure. egui's own red is hard to read on dark.
pub(crate) fn bad(ui: &Ui) -> Color32 {
    if ui.visuals().dark_mode {
        Color32::from_rgb(255, 120, 110)
    } else {
        Color32::from_rgb(190, 20, 20)
    }
}

/// Shows a name and a value.
pub(crate) fn value(ui: &mut Ui, name: &str, text: &str) {
    value_in(ui, name, text, ui.visuals().strong_text_color());
}

/// Shows a name and a value in a color.
pub(crate) fn value_in(ui: &mut Ui, name: &str, text: &str, color: Color32) {
    line(ui, name, "", |ui, _| {
        // As high as its name is.
        let above = ui.spacing().interact_size.y - ui.text_style_height(&TextStyle::Body);
        ui.add_space((above / 2.0).max(0.0));
        ui.colored_label(color, text);
    });
}

/// Shows a name and, beside it, whatever it names. Long text wraps inside its column.
pub(crate) fn line<R>(
    ui: &mut Ui,
    name: &str,
    help: &str,
    content: impl FnOnce(&mut Ui, Response) -> R,
) -> R {
    ui.horizontal_top(|ui| {
        let height = ui.spacing().interact_size.y;
        let name = ui.allocate_ui_with_layout(
            vec2(NAMES, height),
            Layout::left_to_right(Align::Center),
            |ui| {
                ui.set_min_size(vec2(NAMES, height));
                let name = ui.label(name);
                if help.is_empty() {
                    name
                } else {
                    name.on_hover_text(help)
                }
            },
        );
        ui.vertical(|ui| content(ui, name.inner)).inner
    })
    .inner
}

/// Scrolls what is higher than the window.
pub(crate) fn scroll(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical()
        .id_salt(name)
        .auto_shrink(false)
        .show(ui, content);
}

/// Returns minutes and seconds: `0:07`, `12:30`.
pub(crate) fn clock(time: Duration) -> String {
    let seconds = time.as_secs_f32().round() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
