//! What the developer chose and typed.

use bevy_ecs::resource::Resource;
use bevy_odnoklassniki::RequestId;
use bevy_odnoklassniki::protocol::WidgetKind;

use crate::form::Form;
use crate::sandbox_tab::BehaviorEditor;

#[derive(Resource)]
pub(crate) struct PanelState {
    pub(crate) tab: Tab,
    /// The kind whose form is shown.
    pub(crate) kind: WidgetKind,
    /// One for each of [`KINDS`], in that order.
    forms: [Form; KINDS.len()],
    /// The request whose link is shown: one at a time, on demand.
    pub(crate) shown_link: Option<RequestId>,
    /// Whether the counters are shown that are still zero.
    pub(crate) all_reasons: bool,
    pub(crate) behavior: BehaviorEditor,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Send,
    Requests,
    Sandbox,
    Status,
}

/// The kinds that have a form, in the order of the buttons.
pub(crate) const KINDS: [WidgetKind; 3] =
    [WidgetKind::Invite, WidgetKind::Suggest, WidgetKind::Post];

impl Default for PanelState {
    fn default() -> Self {
        Self {
            tab: Tab::Send,
            kind: KINDS[0],
            forms: KINDS.map(Form::new),
            shown_link: None,
            all_reasons: false,
            behavior: BehaviorEditor::default(),
        }
    }
}

impl PanelState {
    /// Returns the form of the chosen kind.
    pub(crate) fn form(&mut self) -> &mut Form {
        let index = KINDS.iter().position(|kind| *kind == self.kind);
        &mut self.forms[index.unwrap_or(0)]
    }
}
