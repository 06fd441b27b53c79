//! What the sandbox does with requests.

use bevy_egui::egui::{ComboBox, TextEdit, Ui};

use super::Action;
use super::field::{bad, line, note, value};
use super::form::split;
use crate::OkSandbox;
use crate::sandbox::{Behavior, RequestKind};

/// A behavior that is being chosen.
pub(super) struct Editor {
    name: &'static str,
    code: String,
    /// Ids, separated by commas or spaces.
    friends: String,
    /// OAuth's word for why a login is refused.
    oauth: String,
    /// In milliseconds.
    delay: String,
}

impl Default for Editor {
    fn default() -> Self {
        let oauth = "unauthorized_client".into();
        Self {
            name: "accept",
            code: "104".into(),
            friends: String::new(),
            oauth,
            delay: String::new(),
        }
    }
}

const ERROR: &str = "error";
const ACCEPT_WITH: &str = "accept-with";
const OAUTH_ERROR: &str = "oauth-error";

/// Every behavior by its name on the sandbox's page, and what it does.
const SCRIPTS: [(&str, &str); 13] = [
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
    ("never-respond", "keep the connection open and say nothing"),
    ("respond-twice", "accept, and answer twice"),
    (
        "wrong-state",
        "accept, and hand back a state that was never sent",
    ),
    ("fragment-error", "answer behind the #, with an error"),
    (OAUTH_ERROR, "refuse a login with an error of OAuth's"),
    ("garbage", "answer with what nobody can read"),
    ("close-connection", "close the connection without a byte"),
];

impl Editor {
    fn behavior(&self) -> Result<Behavior, String> {
        let mut text = self.name.to_owned();
        if self.name == ERROR {
            text = format!("{ERROR}:{}", self.code.trim());
            text.parse::<Behavior>()
                .map_err(|_| format!("`{}` is no error code: write a whole number", self.code))?;
        }
        if self.name == ACCEPT_WITH {
            text = format!(
                "accept:{}",
                split(&self.friends).collect::<Vec<_>>().join(",")
            );
            text.parse::<Behavior>().map_err(|_| {
                format!(
                    "`{}` are no ids: write numbers with commas between",
                    self.friends
                )
            })?;
        }
        if self.name == OAUTH_ERROR {
            text = format!("{OAUTH_ERROR}:{}", self.oauth.trim());
            text.parse::<Behavior>().map_err(|_| {
                format!(
                    "`{}` is no such error: write small letters and _",
                    self.oauth
                )
            })?;
        }
        if !self.delay.trim().is_empty() {
            text = format!("delay:{}:{text}", self.delay.trim());
        }
        text.parse().map_err(|_| {
            format!(
                "`{}` is no delay: write 0 to 600000 milliseconds",
                self.delay
            )
        })
    }
}

pub(super) fn show(
    ui: &mut Ui,
    sandbox: &OkSandbox,
    editor: &mut Editor,
    actions: &mut Vec<Action>,
) {
    value(ui, "address", sandbox.url());
    value(ui, "all requests", &sandbox.behavior().to_string());
    let waiting = sandbox.queued_behaviors();
    if waiting.is_empty() {
        value(ui, "set aside", "nothing");
    }
    for (kind, behavior) in &waiting {
        value(ui, &format!("next {kind}"), &behavior.to_string());
    }
    ui.add_space(8.0);
    ui.strong("Another behavior");
    line(
        ui,
        "behavior",
        "What the sandbox does with a request",
        |ui, label| {
            let combo = ComboBox::from_id_salt("behavior")
                .selected_text(editor.name)
                .width(160.0)
                .show_ui(ui, |ui| {
                    for (name, meaning) in SCRIPTS {
                        ui.selectable_value(&mut editor.name, name, name)
                            .on_hover_text(meaning);
                    }
                });
            combo.response.labelled_by(label.id);
            note(
                ui,
                SCRIPTS
                    .iter()
                    .find(|(name, _)| *name == editor.name)
                    .map_or("", |(_, meaning)| meaning),
            );
        },
    );
    if editor.name == ERROR {
        number(ui, "code", "OK's error code, such as 104", &mut editor.code);
    }
    if editor.name == ACCEPT_WITH {
        number(
            ui,
            "friends",
            "Their OK user ids, with commas between. Empty: nobody",
            &mut editor.friends,
        );
    }
    if editor.name == OAUTH_ERROR {
        number(
            ui,
            "error",
            "For a login, such as invalid_scope",
            &mut editor.oauth,
        );
    }
    number(
        ui,
        "delay, ms",
        "How long to wait first, up to 600000. Empty: not at all",
        &mut editor.delay,
    );
    let behavior = editor.behavior();
    if let Err(problem) = &behavior {
        ui.colored_label(bad(ui), problem);
    }
    ui.add_enabled_ui(behavior.is_ok(), |ui| {
        let behavior = behavior.unwrap_or_default();
        if ui.button("For all requests").clicked() {
            actions.push(Action::Behavior(behavior.clone()));
        }
        ui.horizontal_wrapped(|ui| {
            for kind in RequestKind::ALL {
                if ui.button(format!("For the next {kind}")).clicked() {
                    actions.push(Action::BehaviorNext(kind, behavior.clone()));
                }
            }
        });
    });
}

fn number(ui: &mut Ui, name: &str, help: &str, text: &mut String) {
    line(ui, name, help, |ui, label| {
        ui.add(TextEdit::singleline(text).desired_width(160.0))
            .labelled_by(label.id)
    });
}
