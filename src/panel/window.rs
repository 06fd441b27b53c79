//! The window: a line on top, tabs, and what is in them.

use bevy_ecs::resource::Resource;
use bevy_egui::egui::{Context, RichText, ScrollArea, Ui, Window, style::ScrollStyle, vec2};
use odnoklassniki::WidgetKind;

use super::field::bad;
use super::form::{Form, Ready};
use super::{Action, Facts, draw, requests, status};
use crate::{PendingRequests, RequestId};

/// Room between the window and the screen's edge.
const MARGIN: f32 = 12.0;

/// What the developer chose and typed.
#[derive(Resource)]
pub(super) struct State {
    tab: Tab,
    kind: WidgetKind,
    /// In the order of [`KINDS`].
    forms: [Form; 3],
    /// The request whose link is shown: one at a time, on demand.
    pub(super) shown_link: Option<RequestId>,
    /// Whether the listener's reasons are shown that were never counted.
    pub(super) all_reasons: bool,
    #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
    pub(super) behavior: super::behavior::Editor,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Send,
    Requests,
    #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
    Sandbox,
    Status,
}

const KINDS: [WidgetKind; 3] = [WidgetKind::Invite, WidgetKind::Suggest, WidgetKind::Post];

impl Default for State {
    fn default() -> Self {
        Self {
            tab: Tab::Send,
            kind: WidgetKind::Invite,
            forms: KINDS.map(Form::new),
            shown_link: None,
            all_reasons: false,
            #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
            behavior: super::behavior::Editor::default(),
        }
    }
}

/// Draws the window; says whether ages are seen in it.
pub(super) fn show(
    context: &Context,
    facts: &Facts,
    state: &mut State,
    open: &mut bool,
    actions: &mut Vec<Action>,
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
        .show(context, |ui| inside(ui, facts, state, actions));
    state.tab == Tab::Requests && shown.is_some_and(|window| window.inner.is_some())
}

fn inside(ui: &mut Ui, facts: &Facts, state: &mut State, actions: &mut Vec<Action>) {
    look(ui);
    // A blinking cursor asks for a later frame, which bevy_egui takes for the next one: see
    // `sleep.rs`.
    ui.visuals_mut().text_cursor.blink = false;
    let pending = facts.requests.as_ref().map_or(0, |requests| requests.len());
    ui.horizontal(|ui| {
        ui.selectable_value(&mut state.tab, Tab::Send, "Send");
        let text = if pending == 0 {
            "Requests".into()
        } else {
            format!("Requests ({pending})")
        };
        ui.selectable_value(&mut state.tab, Tab::Requests, text);
        #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
        if facts.sandbox.is_some() {
            ui.selectable_value(&mut state.tab, Tab::Sandbox, "Sandbox");
        }
        ui.selectable_value(&mut state.tab, Tab::Status, "Status");
    });
    ui.separator();
    match state.tab {
        Tab::Send => send(ui, facts, state, actions),
        Tab::Requests => scroll(ui, "requests", |ui| {
            requests::show(ui, facts.requests.as_deref(), state, actions);
        }),
        #[cfg(all(feature = "sandbox", not(target_family = "wasm")))]
        Tab::Sandbox => match &facts.sandbox {
            Some(sandbox) => scroll(ui, "sandbox", |ui| {
                super::behavior::show(ui, sandbox, &mut state.behavior, actions);
            }),
            None => state.tab = Tab::Send,
        },
        Tab::Status => scroll(ui, "status", |ui| {
            status::show(ui, facts, &mut state.all_reasons, actions);
        }),
    }
}

/// A little more room to aim at than egui gives, and a bar that says that there is more below.
fn look(ui: &mut Ui) {
    let spacing = ui.spacing_mut();
    spacing.button_padding = vec2(8.0, 2.0);
    spacing.item_spacing = vec2(6.0, 5.0);
    spacing.scroll = ScrollStyle::solid();
}

fn scroll(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical()
        .id_salt(name)
        .auto_shrink(false)
        .show(ui, content);
}

/// Kind, button and what became of it stay in place; the form scrolls below.
fn send(ui: &mut Ui, facts: &Facts, state: &mut State, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        for kind in KINDS {
            ui.selectable_value(&mut state.kind, kind, kind.name());
        }
    });
    let kind = state.kind;
    let form = &mut state.forms[KINDS.iter().position(|known| *known == kind).unwrap_or(0)];
    ui.horizontal(|ui| {
        if ui
            .button(RichText::new(format!("Send {}", kind.name())).strong())
            .clicked()
        {
            match form.ready() {
                Ok(ready) => {
                    let (id, action) = write(ready);
                    (form.sent, form.problem) = (Some(id), None);
                    actions.push(action);
                }
                Err(problem) => (form.sent, form.problem) = (None, Some(problem)),
            }
        }
        if ui
            .button("Reset")
            .on_hover_text("Fill the form as it was at first")
            .clicked()
        {
            *form = Form::new(kind);
        }
        if let Some(id) = form.sent {
            ui.label(format!(
                "sent as {id}: {}",
                state_of(facts.requests.as_deref(), id)
            ));
        }
    });
    if let Some(problem) = &form.problem {
        ui.colored_label(bad(ui), format!("Not sent. {problem}"));
    }
    ui.separator();
    scroll(ui, kind.name(), |ui| {
        if draw::form(ui, form) && form.problem.is_some() {
            // What is mended is not complained about any longer.
            form.problem = form.ready().err();
        }
    });
}

fn write(ready: Ready) -> (RequestId, Action) {
    match ready {
        Ready::Post(request) => (request.id(), Action::Post(request)),
        Ready::Invite(request) => (request.id(), Action::Invite(request)),
        Ready::Suggest(request) => (request.id(), Action::Suggest(request)),
    }
}

/// One word on where a request is.
fn state_of(requests: Option<&PendingRequests>, id: RequestId) -> &'static str {
    let Some(requests) = requests else {
        return "nobody takes it: OdnoklassnikiPlugin is not there";
    };
    match (requests.get(id), requests.finished(id)) {
        (_, Some(finished)) => finished.outcome_name(),
        (Some(request), None) if request.is_opened() => "page opened",
        _ => "opening",
    }
}
