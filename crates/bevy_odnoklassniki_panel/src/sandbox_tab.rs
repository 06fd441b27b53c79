//! How the sandbox behaves.

use bevy_ecs::change_detection::Res;
use bevy_ecs::system::SystemParam;
use bevy_egui::egui::{ComboBox, TextEdit, Ui};
use bevy_odnoklassniki::OkSandbox;
use bevy_odnoklassniki::sandbox::{Behavior, PageKind};

use crate::input::split;
use crate::layout::{bad, line, value};

/// The sandbox, if the game runs on one.
#[derive(SystemParam)]
pub(crate) struct SandboxParam<'w>(Option<Res<'w, OkSandbox>>);

impl SandboxParam<'_> {
    pub(crate) fn is_running(&self) -> bool {
        self.0.is_some()
    }
}

/// A behavior as it is being typed.
pub(crate) struct BehaviorEditor {
    name: &'static str,
    code: String,
    /// Ids, separated by commas or spaces.
    friends: String,
    /// The OAuth error of a refused login.
    oauth_error: String,
    /// In milliseconds.
    delay: String,
}

impl Default for BehaviorEditor {
    fn default() -> Self {
        Self {
            name: "accept",
            code: "104".to_owned(),
            friends: String::new(),
            oauth_error: "unauthorized_client".to_owned(),
            delay: String::new(),
        }
    }
}

const ERROR: &str = "error";
const ACCEPT_WITH: &str = "accept-with";
const OAUTH_ERROR: &str = "oauth-error";

/// Every behavior by its name on the sandbox's page, and what the sandbox does.
const BEHAVIORS: [(&str, &str); 13] = [
    ("ask", "show the page; a person decides"),
    (
        "accept",
        "publish, or send to the targeted or first friends",
    ),
    (ACCEPT_WITH, "publish, or send to the friends named below"),
    ("cancel", "the player presses cancel"),
    (ERROR, "refuse with a code"),
    (
        "not-approved",
        "a post gets topic 0, as for an application that OK has not approved",
    ),
    ("never-respond", "keep the connection open and send nothing"),
    ("respond-twice", "accept, and send the callback twice"),
    (
        "wrong-state",
        "accept, and return a state that was never sent",
    ),
    ("fragment-error", "send an error behind the # of the URL"),
    (OAUTH_ERROR, "refuse a login with an OAuth error"),
    ("garbage", "send a callback that cannot be read"),
    ("close-connection", "close the connection without a byte"),
];

impl BehaviorEditor {
    /// Makes a behavior of what was typed, or says which text is wrong.
    fn behavior(&self) -> Result<Behavior, String> {
        let parse = |text: &str| text.parse::<Behavior>();
        let (text, wrong) = match self.name {
            ERROR => (
                format!("{ERROR}:{}", self.code.trim()),
                format!("`{}` is no error code: write a whole number", self.code),
            ),
            ACCEPT_WITH => (
                format!(
                    "accept:{}",
                    split(&self.friends).collect::<Vec<_>>().join(",")
                ),
                format!(
                    "`{}` are no ids: write numbers with commas between",
                    self.friends
                ),
            ),
            OAUTH_ERROR => (
                format!("{OAUTH_ERROR}:{}", self.oauth_error.trim()),
                format!(
                    "`{}` is no OAuth error: write lower-case letters and _",
                    self.oauth_error
                ),
            ),
            name => (name.to_owned(), format!("`{name}` is no behavior")),
        };
        let behavior = parse(&text).map_err(|_| wrong)?;
        let delay = self.delay.trim();
        if delay.is_empty() {
            return Ok(behavior);
        }
        parse(&format!("delay:{delay}:{text}")).map_err(|_| {
            format!(
                "`{}` is no delay: write 0 to 600000 milliseconds",
                self.delay
            )
        })
    }
}

pub(crate) fn show(ui: &mut Ui, sandbox: &SandboxParam, editor: &mut BehaviorEditor) {
    let Some(sandbox) = &sandbox.0 else { return };
    value(ui, "URL", sandbox.url());
    value(ui, "all requests", &sandbox.behavior().to_string());
    let queued = sandbox.queued_behaviors();
    if queued.is_empty() {
        value(ui, "queued", "nothing");
    }
    for (kind, behavior) in &queued {
        value(ui, &format!("next {kind}"), &behavior.to_string());
    }
    ui.add_space(8.0);
    ui.strong("Another behavior");
    edit(ui, editor);
    let behavior = editor.behavior();
    if let Err(problem) = &behavior {
        ui.colored_label(bad(ui), problem);
    }
    ui.add_enabled_ui(behavior.is_ok(), |ui| {
        let behavior = behavior.unwrap_or_default();
        if ui.button("For all requests").clicked() {
            sandbox.set_behavior(behavior.clone());
        }
        ui.horizontal_wrapped(|ui| {
            for kind in PageKind::ALL {
                if ui.button(format!("For the next {kind}")).clicked() {
                    sandbox.queue_behavior(kind, behavior.clone());
                }
            }
        });
    });
}

fn edit(ui: &mut Ui, editor: &mut BehaviorEditor) {
    let help = "What the sandbox does with a request";
    line(ui, "behavior", help, |ui, label| {
        let combo = ComboBox::from_id_salt("behavior")
            .selected_text(editor.name)
            .width(160.0)
            .show_ui(ui, |ui| {
                for (name, meaning) in BEHAVIORS {
                    ui.selectable_value(&mut editor.name, name, name)
                        .on_hover_text(meaning);
                }
            });
        combo.response.labelled_by(label.id);
        if let Some((_, meaning)) = BEHAVIORS.iter().find(|(name, _)| *name == editor.name) {
            ui.label(*meaning);
        }
    });
    if editor.name == ERROR {
        text(ui, "code", "OK's error code, such as 104", &mut editor.code);
    }
    if editor.name == ACCEPT_WITH {
        let help = "Their OK user ids, with commas between. Empty: no friend";
        text(ui, "friends", help, &mut editor.friends);
    }
    if editor.name == OAUTH_ERROR {
        let help = "For a login, such as invalid_scope";
        text(ui, "error", help, &mut editor.oauth_error);
    }
    let help = "How long to wait first, up to 600000. Empty: not at all";
    text(ui, "delay, ms", help, &mut editor.delay);
}

fn text(ui: &mut Ui, name: &str, help: &str, text: &mut String) {
    line(ui, name, help, |ui, label| {
        ui.add(TextEdit::singleline(text).desired_width(160.0))
            .labelled_by(label.id)
    });
}
