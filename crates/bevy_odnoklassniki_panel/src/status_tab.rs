//! Credentials, session, capabilities and the callback listener.

use bevy_ecs::system::Commands;
use bevy_egui::egui::Ui;
use bevy_odnoklassniki::protocol::oauth::Scope;
use bevy_odnoklassniki::protocol::{Signer, SignerKind};
use bevy_odnoklassniki::{AppCredentials, OkSession, RequestLogin, RequestLogout, SessionStatus};

use crate::layout::{bad, clock, good, value, value_in};
use crate::message::write;
use crate::resources::PluginResources;

pub(crate) fn show(
    ui: &mut Ui,
    resources: &PluginResources,
    all_reasons: &mut bool,
    commands: &mut Commands,
) {
    ui.strong("Application");
    application(ui, resources.credentials.as_deref());
    ui.add_space(8.0);
    ui.strong("Session");
    if let Some(known) = &resources.session {
        session(ui, known, commands);
    }
    let signer = signer(
        resources.credentials.as_deref(),
        resources.session.as_deref(),
    );
    value(ui, "signed with", signer);
    ui.add_space(8.0);
    ui.strong("Capabilities of this build");
    match &resources.capabilities {
        None => _ = ui.label("There is no OkCapabilities."),
        Some(capabilities) => {
            let word = |can| if can { "yes" } else { "no" };
            value(ui, "widgets", word(capabilities.widgets));
            value(ui, "login", word(capabilities.login));
        }
    }
    #[cfg(not(target_family = "wasm"))]
    if let Some(requests) = &resources.requests {
        ui.add_space(8.0);
        listener(ui, requests.callback_counters(), all_reasons);
    }
    #[cfg(target_family = "wasm")]
    let _ = all_reasons;
}

fn application(ui: &mut Ui, credentials: Option<&AppCredentials>) {
    let Some(credentials) = credentials else {
        ui.label("There are no AppCredentials: OdnoklassnikiPlugin is not in this app.");
        return;
    };
    value(ui, "application id", or_empty(credentials.app_id()));
    value(ui, "public key", or_empty(credentials.public_key()));
    match credentials.validate() {
        Ok(()) => value_in(ui, "state", "ready", good(ui)),
        Err(error) => {
            value_in(ui, "state", &error.to_string(), bad(ui));
            value(ui, "advice", error.advice());
        }
    }
}

fn or_empty(text: &str) -> &str {
    if text.is_empty() { "(empty)" } else { text }
}

fn session(ui: &mut Ui, session: &OkSession, commands: &mut Commands) {
    let normal = ui.visuals().text_color();
    let (text, color) = match session.status() {
        SessionStatus::LoggedIn => ("logged in", good(ui)),
        SessionStatus::LoggingIn => ("logging in", normal),
        SessionStatus::Restoring => ("being restored", normal),
        SessionStatus::Expired => ("expired", bad(ui)),
        SessionStatus::LoggedOut => ("logged out", normal),
        // A status that this version of the panel does not know.
        _ => ("see the log", normal),
    };
    value_in(ui, "session", text, color);
    if let Some(user) = session.user_id() {
        value(ui, "user id", &user.to_string());
    }
    if let Some(scopes) = session.scopes() {
        let names: Vec<_> = scopes.iter().map(Scope::as_str).collect();
        value(ui, "scopes", &names.join(", "));
    }
    if let Some(left) = session.expires_in() {
        value(ui, "expires in", &clock(left));
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
            write(commands, RequestLogin::new());
        }
        if ui
            .button("Log out")
            .on_hover_text("Writes RequestLogout")
            .clicked()
        {
            write(commands, RequestLogout);
        }
    });
}

/// Returns what signs requests.
fn signer(credentials: Option<&AppCredentials>, session: Option<&OkSession>) -> &'static str {
    let has_key = session
        .and_then(OkSession::expose_secrets)
        .is_some_and(|(_, key)| key.is_some());
    match credentials
        .and_then(AppCredentials::signer)
        .map(Signer::kind)
    {
        Some(SignerKind::Backend) => "the key that the game's backend holds",
        Some(SignerKind::Application) => "the application's secret key, which a game must not ship",
        Some(_) => "the session's secret key, in the game",
        None if has_key => "the session's secret key, in the game",
        None => "nothing: requests fail as NotLoggedIn, or wait for a login",
    }
}

#[cfg(not(target_family = "wasm"))]
fn listener(ui: &mut Ui, counters: &bevy_odnoklassniki::CallbackCounters, all_reasons: &mut bool) {
    use bevy_odnoklassniki::RefusedCallback;

    ui.strong("Callback listener");
    value(ui, "connections", &counters.connections().to_string());
    value(ui, "completed", &counters.completed().to_string());
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
