//! One line: what it is called, its value, and what is wrong with it.

use core::fmt;

use bevy_egui::egui::{Align, Color32, Layout, Response, TextEdit, TextStyle, Ui, vec2};
use odnoklassniki::FieldError;

/// Width of the column with the names.
const NAMES: f32 = 112.0;

/// Of what succeeded; readable on light and dark.
pub(super) fn good(ui: &Ui) -> Color32 {
    if ui.visuals().dark_mode {
        Color32::from_rgb(120, 200, 120)
    } else {
        Color32::from_rgb(20, 120, 20)
    }
}

/// Of what failed; egui's own red is hard to read on dark.
pub(super) fn bad(ui: &Ui) -> Color32 {
    if ui.visuals().dark_mode {
        Color32::from_rgb(255, 120, 110)
    } else {
        Color32::from_rgb(190, 20, 20)
    }
}

/// A remark of the panel's own.
pub(super) fn note(ui: &mut Ui, text: &str) {
    ui.label(text);
}

/// A value that is only shown.
pub(super) fn value(ui: &mut Ui, name: &str, text: &str) {
    value_in(ui, name, text, ui.visuals().strong_text_color());
}

pub(super) fn value_in(ui: &mut Ui, name: &str, text: &str, color: Color32) {
    line(ui, name, "", |ui, _| {
        // As high as its name is.
        let above = ui.spacing().interact_size.y - ui.text_style_height(&TextStyle::Body);
        ui.add_space((above / 2.0).max(0.0));
        ui.colored_label(color, text);
    });
}

/// A name and, beside it, whatever it names. Long text wraps inside its column.
pub(super) fn line<R>(
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

/// What stands in an empty field: its help without OK's own name of it.
fn hint(help: &str) -> &str {
    help.split_once(": ").map_or(help, |(_, hint)| hint)
}

/// What is known of a form while it is drawn.
pub(super) struct Marks {
    /// Why it could not be sent.
    problem: Option<FieldError>,
    /// Whether anything was typed or clicked.
    pub(super) changed: bool,
}

impl Marks {
    pub(super) fn new(problem: Option<FieldError>) -> Self {
        Self {
            problem,
            changed: false,
        }
    }

    /// What is wrong with this field. A list (`media[0].list[]`) stands for all that is in it.
    fn about(&self, field: fmt::Arguments<'_>) -> Option<&FieldError> {
        let problem = self.problem.as_ref()?;
        let field = field.to_string();
        let is_it = match field.strip_suffix("[]") {
            Some(list) => problem
                .field()
                .strip_prefix(list)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('[')),
            None => problem.field() == field,
        };
        is_it.then_some(problem)
    }

    /// Says under a field what is wrong with it.
    pub(super) fn complain(&self, ui: &mut Ui, field: fmt::Arguments<'_>) {
        if let Some(problem) = self.about(field) {
            let text = format!("{}; {}", problem.problem(), problem.remedy());
            ui.colored_label(bad(ui), text);
        }
    }

    /// A line of text.
    pub(super) fn text(
        &mut self,
        ui: &mut Ui,
        field: fmt::Arguments<'_>,
        name: &str,
        help: &str,
        text: &mut String,
    ) {
        self.edit(ui, field, name, help, |width| {
            TextEdit::singleline(text)
                .desired_width(width)
                .hint_text(hint(help))
        });
    }

    /// Text of several lines.
    pub(super) fn lines(
        &mut self,
        ui: &mut Ui,
        field: fmt::Arguments<'_>,
        name: &str,
        help: &str,
        text: &mut String,
    ) {
        self.edit(ui, field, name, help, |width| {
            TextEdit::multiline(text)
                .desired_width(width)
                .desired_rows(2)
                .hint_text(hint(help))
        });
    }

    fn edit<'t>(
        &mut self,
        ui: &mut Ui,
        field: fmt::Arguments<'_>,
        name: &str,
        help: &str,
        edit: impl FnOnce(f32) -> TextEdit<'t>,
    ) {
        line(ui, name, help, |ui, label| {
            self.changed |= ui.add(edit(f32::INFINITY)).labelled_by(label.id).changed();
            self.complain(ui, field);
        });
    }

    /// A parameter that is on, off or not sent.
    pub(super) fn switch(
        &mut self,
        ui: &mut Ui,
        field: fmt::Arguments<'_>,
        name: &str,
        help: &str,
        on: &mut Option<bool>,
    ) {
        line(ui, name, help, |ui, label| {
            ui.horizontal(|ui| {
                for (choice, text) in [(None, "not sent"), (Some(true), "on"), (Some(false), "off")]
                {
                    self.changed |= ui
                        .selectable_value(on, choice, text)
                        .labelled_by(label.id)
                        .changed();
                }
            });
            self.complain(ui, field);
        });
    }

    /// A parameter that is there or not.
    pub(super) fn flag(&mut self, ui: &mut Ui, name: &str, help: &str, on: &mut bool) {
        line(ui, name, help, |ui, label| {
            self.changed |= ui.checkbox(on, "").labelled_by(label.id).changed();
        });
    }

    /// One of several.
    pub(super) fn choice<T: Copy + PartialEq>(
        &mut self,
        ui: &mut Ui,
        name: &str,
        help: &str,
        choices: &[(T, &str)],
        chosen: &mut T,
    ) {
        line(ui, name, help, |ui, label| {
            ui.horizontal(|ui| {
                for &(choice, text) in choices {
                    self.changed |= ui
                        .selectable_value(chosen, choice, text)
                        .labelled_by(label.id)
                        .changed();
                }
            });
        });
    }

    /// A small button.
    pub(super) fn button(&mut self, ui: &mut Ui, text: &str, help: &str) -> bool {
        let clicked = ui.small_button(text).on_hover_text(help).clicked();
        self.changed |= clicked;
        clicked
    }
}
