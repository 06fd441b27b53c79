//! Draws the forms.

mod block;
mod editor;
mod post;

use bevy_egui::egui::Ui;

use self::editor::Editor;
use crate::form::{Fields, Form, InviteFields, SharedFields};

/// Draws a form. Returns whether anything in it was changed.
pub(crate) fn show(ui: &mut Ui, form: &mut Form) -> bool {
    let mut editor = Editor::new(form.problem.clone());
    match &mut form.fields {
        Fields::Post(fields) => post::show(ui, &mut editor, fields),
        Fields::Invite(fields) | Fields::Suggest(fields) => invite(ui, &mut editor, fields),
    }
    ui.add_space(8.0);
    ui.strong("Every request");
    shared(ui, &mut editor, &mut form.shared);
    editor.changed
}

fn invite(ui: &mut Ui, editor: &mut Editor, fields: &mut InviteFields) {
    editor.lines(
        ui,
        "st.comment",
        "comment",
        "st.comment: stands in the message field at first",
        &mut fields.comment,
    );
    editor.text(
        ui,
        "st.custom_args",
        "custom_args",
        "st.custom_args: passed to the game that a friend starts",
        &mut fields.custom_args,
    );
    editor.text(
        ui,
        "st.target",
        "target",
        "st.target: ids selected at first, with commas between",
        &mut fields.target,
    );
    editor.switch(
        ui,
        "st.target_only",
        "target_only",
        "st.target_only: show only these friends",
        &mut fields.target_only,
    );
    editor.text(
        ui,
        "st.autosel",
        "autosel",
        "st.autosel: how many friends OK selects by itself",
        &mut fields.autosel,
    );
}

fn shared(ui: &mut Ui, editor: &mut Editor, fields: &mut SharedFields) {
    editor.switch(
        ui,
        "st.popup",
        "popup",
        "st.popup: center and fit the window",
        &mut fields.popup,
    );
    editor.switch(
        ui,
        "st.nohead",
        "nohead",
        "st.nohead: hide OK's page header",
        &mut fields.nohead,
    );
    editor.switch(
        ui,
        "st.silent",
        "silent",
        "st.silent: close the window when done; ignored, because there is a return URL",
        &mut fields.silent,
    );
    editor.flag(
        ui,
        "nocancel",
        "st.nocancel: hide the page's cancel button (undocumented)",
        &mut fields.nocancel,
    );
    editor.text(
        ui,
        "st.state",
        "state",
        "st.state: printable ASCII that comes back with the result",
        &mut fields.state,
    );
    editor.text(
        ui,
        "timeout",
        "timeout",
        "seconds, 5 to 3600; if empty, that of the plugin",
        &mut fields.timeout,
    );
    editor.list(
        ui,
        "extra",
        &mut fields.extras,
        Default::default,
        |editor, ui, index, (name, value)| {
            editor.text(
                ui,
                &format!("extra {}", index + 1),
                "name",
                "Of a parameter without a setter: st.theme",
                name,
            );
            editor.text(ui, "", "value", "Not signed", value);
        },
    );
    ui.label("The plugin sets return_url and redirect_uri, to receive the callback.");
}
