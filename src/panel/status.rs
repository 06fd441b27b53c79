//! Credentials, capabilities, session and the callback listener.

use bevy_egui::egui::Ui;
use odnoklassniki::SignerKind;

use super::Facts;
use super::field::{bad, good, note, value, value_in};

pub(super) fn show(ui: &mut Ui, facts: &Facts, all_reasons: &mut bool) {
    ui.strong("Application");
    match &facts.credentials {
        None => note(ui, "There are no AppCredentials: OdnoklassnikiPlugin is not in this app."),
        Some(credentials) => {
            value(ui, "application id", or_empty(credentials.app_id()));
            value(ui, "public key", or_empty(credentials.public_key()));
            match credentials.check() {
                Ok(()) => value_in(ui, "state", "ready to send", good(ui)),
                Err(error) => {
                    value_in(ui, "state", &error.to_string(), bad(ui));
                    value(ui, "advice", error.advice());
                }
            }
        }
    }
    ui.add_space(8.0);
    ui.strong("Session");
    let signer = facts.credentials.as_ref().and_then(|credentials| credentials.signer());
    let (session, signs) = match signer.map(odnoklassniki::Signer::kind) {
        None => ("none", "nothing, so every request fails as NotLoggedIn"),
        Some(SignerKind::Backend) => ("the backend's affair", "what the game's backend holds"),
        Some(SignerKind::Application) => ("none", "the application's secret key, which a game must not ship"),
        Some(SignerKind::PortalSession) => {
            ("from the portal's launch parameters", "the session's secret key, in the game")
        }
        Some(_) => ("access token and secret key are there", "the session's secret key, in the game"),
    };
    value(ui, "session", session);
    value(ui, "signed with", signs);
    ui.add_space(8.0);
    ui.strong("Capabilities of this build");
    match &facts.capabilities {
        None => note(ui, "There is no OkCapabilities."),
        Some(capabilities) => value(ui, "widgets", if capabilities.widgets { "yes" } else { "no" }),
    }
    #[cfg(not(target_family = "wasm"))]
    if let Some(requests) = &facts.requests {
        ui.add_space(8.0);
        listener(ui, requests.callback_counters(), all_reasons);
    }
    #[cfg(target_family = "wasm")]
    let _ = all_reasons;
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
    let refused: u64 = RefusedCallback::ALL.into_iter().map(|reason| counters.refused(reason)).sum();
    value(ui, "refused", &refused.to_string());
    for reason in RefusedCallback::ALL {
        let count = counters.refused(reason);
        if count > 0 || *all_reasons {
            value(ui, &format!("    {}", reason.as_str()), &count.to_string());
        }
    }
    ui.checkbox(all_reasons, "all reasons, also those never met");
}
