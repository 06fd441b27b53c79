//! Edits one field of a form, and shows under it why it could not be sent.

use bevy_egui::egui::{Response, TextEdit, Ui};
use bevy_odnoklassniki::protocol::FieldError;

use crate::layout::{bad, line};

/// What the fields of a form share while they are drawn.
///
/// `field` is the name that an error of the field has, `name` the one on screen. `help` may begin
/// with OK's name, as in `st.state: …`.
pub(super) struct Editor {
    /// Why the form could not be sent.
    problem: Option<FieldError>,
    /// Whether anything was typed or clicked.
    pub(super) changed: bool,
}

impl Editor {
    pub(super) fn new(problem: Option<FieldError>) -> Self {
        Self {
            problem,
            changed: false,
        }
    }

    /// Shows the problem, if it is that of this field. A list (`media[0].list[]`) stands for all
    /// that is in it.
    pub(super) fn problem(&self, ui: &mut Ui, field: &str) {
        let Some(problem) = &self.problem else { return };
        let is_here = match field.strip_suffix("[]") {
            Some(list) => problem
                .field()
                .strip_prefix(list)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('[')),
            None => problem.field() == field,
        };
        if is_here {
            let text = format!("{}; {}", problem.problem(), problem.remedy());
            ui.colored_label(bad(ui), text);
        }
    }

    /// Edits one line of text.
    pub(super) fn text(
        &mut self,
        ui: &mut Ui,
        field: &str,
        name: &str,
        help: &str,
        text: &mut String,
    ) {
        self.edit(ui, field, name, help, TextEdit::singleline(text));
    }

    /// Edits text of several lines.
    pub(super) fn lines(
        &mut self,
        ui: &mut Ui,
        field: &str,
        name: &str,
        help: &str,
        text: &mut String,
    ) {
        let edit = TextEdit::multiline(text).desired_rows(2);
        self.edit(ui, field, name, help, edit);
    }

    fn edit(&mut self, ui: &mut Ui, field: &str, name: &str, help: &str, edit: TextEdit) {
        line(ui, name, help, |ui, label| {
            let edit = edit.desired_width(f32::INFINITY).hint_text(hint(help));
            self.changed |= ui.add(edit).labelled_by(label.id).changed();
            self.problem(ui, field);
        });
    }

    /// Chooses whether a parameter is on, off or not sent.
    pub(super) fn switch(
        &mut self,
        ui: &mut Ui,
        field: &str,
        name: &str,
        help: &str,
        on: &mut Option<bool>,
    ) {
        let choices = [(None, "not sent"), (Some(true), "on"), (Some(false), "off")];
        line(ui, name, help, |ui, label| {
            self.choices(ui, &label, &choices, on);
            self.problem(ui, field);
        });
    }

    /// Chooses whether a parameter is sent at all.
    pub(super) fn flag(&mut self, ui: &mut Ui, name: &str, help: &str, on: &mut bool) {
        line(ui, name, help, |ui, label| {
            self.changed |= ui.checkbox(on, "").labelled_by(label.id).changed();
        });
    }

    /// Chooses one of several.
    pub(super) fn choice<T: Copy + PartialEq>(
        &mut self,
        ui: &mut Ui,
        name: &str,
        help: &str,
        choices: &[(T, &str)],
        chosen: &mut T,
    ) {
        line(ui, name, help, |ui, label| {
            self.choices(ui, &label, choices, chosen);
        });
    }

    fn choices<T: Copy + PartialEq>(
        &mut self,
        ui: &mut Ui,
        label: &Response,
        choices: &[(T, &str)],
        chosen: &mut T,
    ) {
        ui.horizontal(|ui| {
            for &(choice, text) in choices {
                self.changed |= ui
                    .selectable_value(chosen, choice, text)
                    .labelled_by(label.id)
                    .changed();
            }
        });
    }

    /// Shows a small button. Returns whether it was clicked.
    pub(super) fn button(&mut self, ui: &mut Ui, text: &str, help: &str) -> bool {
        let clicked = ui.small_button(text).on_hover_text(help).clicked();
        self.changed |= clicked;
        clicked
    }

    /// Edits entries that can be added and removed.
    pub(super) fn list<T>(
        &mut self,
        ui: &mut Ui,
        what: &str,
        entries: &mut Vec<T>,
        new: impl FnOnce() -> T,
        mut edit: impl FnMut(&mut Self, &mut Ui, usize, &mut T),
    ) {
        let mut removed = None;
        for (index, entry) in entries.iter_mut().enumerate() {
            ui.push_id((what, index), |ui| {
                ui.horizontal(|ui| {
                    ui.label(format!("{what} {}", index + 1));
                    if self.button(ui, "remove", "Removes it") {
                        removed = Some(index);
                    }
                });
                edit(self, ui, index, entry);
            });
        }
        if let Some(index) = removed {
            entries.remove(index);
        }
        if self.button(ui, &format!("Add {what}"), "Adds one more") {
            entries.push(new());
        }
    }
}

/// Returns what an empty field shows: its help without OK's name.
fn hint(help: &str) -> &str {
    help.split_once(": ").map_or(help, |(_, hint)| hint)
}
