//! Credentials, capabilities, session and the callback listener.

use bevy_egui::egui::Ui;
use odnoklassniki::SignerKind;
use odnoklassniki::oauth::Scope;

use super::field::{bad, good, note, value, value_in};
use super::requests::clock;
use super::{Action, Facts};
use crate::{OkSession, SessionStatus};

pub(super) fn show(ui: &mut Ui, facts: &Facts, all_reasons: &mut bool, actions: &mut Vec<Action>) {
    ui.strong("Application");
    match &facts.credentials {
        None => note(
            ui,
            "There are no AppCredentials: OdnoklassnikiPlugin is not in this app.",
        ),
        Some(credentials) => {
            value(ui, "application id", or_empty(credentials.app_id()));
            value(ui, "public key", or_empty(credentials.public_key()));
            match credentials.check() {
                Ok(()) => value_in(ui, "state", "ready", good(ui)),
                Err(error) => {
                    value_in(ui, "state", &error.to_string(), bad(ui));
                    value(ui, "advice", error.advice());
                }
            }
        }
    }
    ui.add_space(8.0);
    ui.strong("Session");
    if let Some(known) = &facts.session {
        session(ui, known, actions);
    }
    let signer = facts
        .credentials
        .as_ref()
        .and_then(|credentials| credentials.signer());
    let has_key = facts
        .session
        .as_ref()
        .is_some_and(|session| session.signer().is_some());
    let signs = match signer.map(odnoklassniki::Signer::kind) {
        Some(SignerKind::Backend) => "what the game's backend holds",
        Some(SignerKind::Application) => "the application's secret key, which a game must not ship",
        Some(_) => "the session's secret key, in the game",
        None if has_key => "the session's secret key, in the game",
        None => "nothing: requests fail as NotLoggedIn, or wait for a login",
    };
    value(ui, "signed with", signs);
    ui.add_space(8.0);
    ui.strong("Capabilities of this build");
    match &facts.capabilities {
        None => note(ui, "There is no OkCapabilities."),
        Some(capabilities) => {
            let word = |can| if can { "yes" } else { "no" };
            value(ui, "widgets", word(capabilities.widgets));
            value(ui, "login", word(capabilities.login));
        }
    }
    #[cfg(not(target_family = "wasm"))]
    if let Some(requests) = &facts.requests {
        ui.add_space(8.0);
        listener(ui, requests.callback_counters(), all_reasons);
    }
    #[cfg(target_family = "wasm")]
    let _ = all_reasons;
}

fn session(ui: &mut Ui, session: &OkSession, actions: &mut Vec<Action>) {
    let (text, colour) = match session.status() {
        SessionStatus::LoggedIn => ("logged in", good(ui)),
        SessionStatus::LoggingIn => ("logging in", ui.visuals().text_color()),
        SessionStatus::Restoring => ("being restored", ui.visuals().text_color()),
        SessionStatus::Expired => ("expired", bad(ui)),
        SessionStatus::LoggedOut => ("logged out", ui.visuals().text_color()),
    };
    value_in(ui, "session", text, colour);
    if let Some(user) = session.user_id() {
        value(ui, "user id", &user.to_string());
    }
    if let Some(scopes) = session.scopes() {
        let names: Vec<&str> = scopes.iter().map(Scope::as_str).collect();
        value(ui, "rights granted", &names.join(", "));
    }
    if let Some(left) = session.expires_in() {
        value(ui, "lives on for", &clock(left));
    }
    if let Some(error) = session.store_error() {
        value_in(ui, "store", &error.to_string(), bad(ui));
        value(ui, "advice", error.advice());
    }
    ui.horizontal(|ui| {
        if ui
            .button("Log in")
            .on_hover_text("Writes RequestLogin")
            .clicked()
        {
            actions.push(Action::Login);
        }
        if ui
            .button("Log out")
            .on_hover_text("Writes RequestLogout")
            .clicked()
        {
            actions.push(Action::Logout);
        }
    });
}

fn or_empty(text: &str) -> &str {
    if text.is_empty() { "(empty)" } else { text }
}

#[cfg(not(target_family = "wasm"))]
fn listener(ui: &mut Ui, counters: &crate::CallbackCounters, all_reasons: &mut bool) {
    use crate::RefusedCallback;

    ui.strong("Callback listener");
    value(ui, "connections", &counters.connections().to_string());
    value(ui, "answered", &counters.answered().to_string());
    let refused: u64 = RefusedCallback::ALL
        .into_iter()
        .map(|reason| counters.refused(reason))
        .sum();
    value(ui, "refused", &refused.to_string());
    for reason in RefusedCallback::ALL {
        let count = counters.refused(reason);
        if count > 0 || *all_reasons {
            value(ui, &format!("    {}", reason.as_str()), &count.to_string());
        }
    }
    ui.checkbox(all_reasons, "all reasons, also those never met");
}
