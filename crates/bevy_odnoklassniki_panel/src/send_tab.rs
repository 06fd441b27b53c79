//! Chooses a form and sends it. Buttons and the last result stay in place; the form scrolls below.

use bevy_ecs::system::Commands;
use bevy_egui::egui::{RichText, Ui};
use bevy_odnoklassniki::{PendingRequests, RequestId};

use crate::form::Form;
use crate::form_ui;
use crate::layout::{bad, scroll};
use crate::state::{KINDS, PanelState};

pub(crate) fn show(
    ui: &mut Ui,
    requests: Option<&PendingRequests>,
    state: &mut PanelState,
    commands: &mut Commands,
) {
    ui.horizontal(|ui| {
        for kind in KINDS {
            ui.selectable_value(&mut state.kind, kind, kind.name());
        }
    });
    let kind = state.kind;
    let form = state.form();
    ui.horizontal(|ui| {
        let send = RichText::new(format!("Send {}", kind.name())).strong();
        if ui.button(send).clicked() {
            match form.request() {
                Ok(request) => {
                    (form.sent, form.problem) = (Some(request.id()), None);
                    request.write(commands);
                }
                Err(problem) => (form.sent, form.problem) = (None, Some(problem)),
            }
        }
        if ui
            .button("Reset")
            .on_hover_text("Fills the form as it was at first")
            .clicked()
        {
            *form = Form::new(kind);
        }
        if let Some(id) = form.sent {
            ui.label(format!("sent as {id}: {}", progress(requests, id)));
        }
    });
    if let Some(problem) = &form.problem {
        ui.colored_label(bad(ui), format!("Not sent. {problem}"));
    }
    ui.separator();
    scroll(ui, kind.name(), |ui| {
        let changed = form_ui::show(ui, form);
        if changed && form.problem.is_some() {
            // A field that was corrected is no longer marked.
            form.problem = form.request().err();
        }
    });
}

/// Returns in a few words how far a request has come.
fn progress(requests: Option<&PendingRequests>, id: RequestId) -> &'static str {
    let Some(requests) = requests else {
        return "lost, because OdnoklassnikiPlugin is not in this app";
    };
    match (requests.get(id), requests.finished(id)) {
        (_, Some(finished)) => finished.outcome_name(),
        (Some(request), None) if request.is_opened() => "page opened",
        _ => "opening",
    }
}
