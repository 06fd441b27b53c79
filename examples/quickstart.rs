//! Everything in one file: invites friends, recommends the game, posts, and prints the results. No
//! window.
//!
//! It runs on a sandbox that stands in for OK: no account, no network. `main` sets up, `invite`
//! sends the first request, `receive` reads the results and sends the next.
//!
//! `cargo run --example quickstart` opens your browser three times. `-- --auto` lets a built-in
//! player act instead, `-- --json` prints one JSON object per line.
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
use serde_json::{Value, json};

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
    App::new()
        .add_plugins(LogPlugin::default())
        .add_plugins(ScheduleRunnerPlugin::run_loop(Duration::from_millis(10)))
        .add_plugins(OdnoklassnikiPlugin::sandbox().with_opener(open))
        .add_systems(Startup, invite)
        .add_systems(Update, receive)
        .run()
}

fn invite(mut invites: MessageWriter<RequestInvite>) {
    invites.write(
        RequestInvite::new()
            .comment("Build a castle with me!")
            .autosel(2),
    );
}

/// Prints each result and goes on to the next request; leaves after the last.
fn receive(
    mut invited: MessageReader<InviteFinished>,
    mut suggested: MessageReader<SuggestFinished>,
    mut posted: MessageReader<PostFinished>,
    mut suggests: MessageWriter<RequestSuggest>,
    mut posts: MessageWriter<RequestPost>,
    requests: Res<PendingRequests>,
    mut exit: MessageWriter<AppExit>,
) {
    for InviteFinished { id, outcome, .. } in invited.read() {
        print("invite", *id, outcome, |done| ("users", json!(done.users)));
        suggests.write(RequestSuggest::new().comment("You will like the new level."));
    }
    for SuggestFinished { id, outcome, .. } in suggested.read() {
        print("suggest", *id, outcome, |done| ("users", json!(done.users)));
        posts.write(
            RequestPost::new(Attachment::new().text("I have built a castle!")).user_text(true),
        );
    }
    for PostFinished { id, outcome, .. } in posted.read() {
        print("post", *id, outcome, |done| {
            ("topic_id", json!(done.topic_id))
        });
        let all_completed = requests
            .recently_finished()
            .all(|finished| finished.outcome_name() == "completed");
        exit.write(if all_completed {
            AppExit::Success
        } else {
            AppExit::error()
        });
    }
}

fn print<T>(
    kind: &str,
    id: RequestId,
    outcome: &Outcome<T>,
    ids: impl Fn(&T) -> (&'static str, Value),
) {
    let mut line = json!({ "kind": kind, "id": id.get(), "outcome": outcome.name() });
    if let Some((name, ids)) = outcome.completed().map(ids) {
        line[name] = ids;
    }
    if flag("--json") {
        println!("{line}");
    } else {
        println!("{kind} {}: {line}", outcome.name());
    }
    if let Some(error) = outcome.error() {
        eprintln!("{error}; {}", error.advice());
    }
}

fn flag(name: &str) -> bool {
    env::args().any(|argument| argument == name)
}
