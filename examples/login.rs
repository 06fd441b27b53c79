//! Logs a player in by the token flow, then sends an invitation signed with the new session.
//!
//! It runs on a sandbox that stands in for OK: no account, no network. `main` sets up, `log_in`
//! opens the login page, `invite` follows once the player is logged in, `print_results` prints both
//! results.
//!
//! `cargo run --example login` opens your browser twice: log in with any password. `-- --auto` lets
//! a built-in player act instead, `-- --json` prints one JSON object per line.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example may print"
)]

use std::{env, time::Duration};

use bevy::app::ScheduleRunnerPlugin;
use bevy::log::LogPlugin;
use bevy::prelude::*;
use bevy_odnoklassniki::{BrowserOpener, prelude::*, sandbox::Player};
use serde_json::json;

fn main() -> AppExit {
    let open = |link: &OneTimeLink| {
        if !flag("--auto") && BrowserOpener::is_available() && BrowserOpener.open(link).is_ok() {
            eprintln!(
                "Your browser opens the sandbox's page: you are the player. No page? {}",
                link.expose()
            );
            return Ok(());
        }
        eprintln!("A built-in player acts on the sandbox's page, in place of you and a browser.");
        Player::accept()
            .play(link.expose())
            .map(drop)
            .map_err(|error| OpenError::new(error.to_string()))
    };
    // With a real application: `OdnoklassnikiPlugin::new(AppCredentials::new(id, public_key))`, and
    // its registered redirect URIs by `with_redirect_uris`. To remember the player:
    // `with_session_store`; then log in only when `SessionChanged` says `NothingStored` or
    // `Expired`, or leave it to `with_automatic_login`.
    let plugin = OdnoklassnikiPlugin::sandbox().without_session();
    App::new()
        .add_plugins(LogPlugin::default())
        .add_plugins(ScheduleRunnerPlugin::run_loop(Duration::from_millis(10)))
        .add_plugins(plugin.with_opener(open))
        .add_systems(Startup, log_in)
        .add_systems(
            Update,
            (print_results, invite.run_if(logged_in.and_then(run_once))).chain(),
        )
        .run()
}

fn log_in(mut logins: MessageWriter<RequestLogin>) {
    logins.write(RequestLogin::new().scopes([Scope::VALUABLE_ACCESS, Scope::GET_EMAIL]));
}

fn invite(mut invites: MessageWriter<RequestInvite>) {
    invites.write(
        RequestInvite::new()
            .comment("Build a castle with me!")
            .autosel(2),
    );
}

fn print_results(
    mut logins: MessageReader<LoginFinished>,
    mut invited: MessageReader<InviteFinished>,
    session: Res<OkSession>,
    mut exit: MessageWriter<AppExit>,
) {
    for LoginFinished { outcome, .. } in logins.read() {
        let scopes = session
            .scopes()
            .map(|scopes| scopes.iter().map(Scope::as_str).collect::<Vec<_>>());
        let seconds = session.expires_in().map(|left| left.as_secs());
        print(
            json!({ "kind": "login", "outcome": outcome.name(), "scopes": scopes, "expires_in": seconds }),
        );
        if let Some(error) = outcome.error() {
            eprintln!("{error}; {}", error.advice());
        }
        if outcome.completed().is_none() {
            exit.write(AppExit::error());
        }
    }
    for InviteFinished { outcome, .. } in invited.read() {
        let users = outcome.completed().map(|invited| &invited.users);
        print(json!({ "kind": "invite", "outcome": outcome.name(), "users": users }));
        if let Some(error) = outcome.error() {
            eprintln!("{error}; {}", error.advice());
        }
        exit.write(if outcome.completed().is_some() {
            AppExit::Success
        } else {
            AppExit::error()
        });
    }
}

fn print(line: serde_json::Value) {
    if flag("--json") {
        println!("{line}");
    } else {
        println!(
            "{} {}: {line}",
            line["kind"].as_str().unwrap_or_default(),
            line["outcome"].as_str().unwrap_or_default()
        );
    }
}

fn flag(name: &str) -> bool {
    env::args().any(|argument| argument == name)
}
