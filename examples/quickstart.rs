//! The whole way in one file: invite friends, recommend the game, post, and print what came of it. No window.
//!
//! It runs on a sandbox that stands in for OK: no account, no network. Look at `main` for the set-up, at `ask` for the
//! requests, at `answer` for the results.
//!
//! `cargo run --example quickstart` opens your browser three times. `-- --auto` lets a built-in player act instead,
//! `-- --json` prints one JSON object a line.

use std::{env, time::Duration};

use bevy::app::ScheduleRunnerPlugin;
use bevy::prelude::*;
use bevy_odnoklassniki::{BrowserOpener, OpenError, Opener, ShortLink, prelude::*, sandbox::Player};
use serde_json::json;

fn main() -> AppExit {
    // Without --auto your own browser is tried first.
    let open = |link: &ShortLink| {
        if !flag("--auto") && BrowserOpener::is_available() && BrowserOpener.open(link).is_ok() {
            eprintln!("The sandbox's page is open in your browser: you are the player.");
            return Ok(());
        }
        eprintln!("A built-in player acts on the sandbox's page, in place of you and a browser.");
        Player::accept().play(link.expose()).map(drop).map_err(|error| OpenError::new(error.to_string()))
    };
    let ten_ms = Duration::from_millis(10);
    App::new()
        .add_plugins((ScheduleRunnerPlugin::run_loop(ten_ms), OdnoklassnikiPlugin::sandbox().with_opener(open)))
        .add_systems(Startup, invite)
        .add_systems(Update, answer)
        .run()
}

fn invite(mut invites: MessageWriter<RequestInvite>) {
    invites.write(RequestInvite::new().comment("Build a castle with me!").autosel(2));
}

/// Prints each result and goes on to the next request; leaves after the last.
fn answer(
    (mut invited, mut suggested, mut posted): (
        MessageReader<InviteFinished>,
        MessageReader<SuggestFinished>,
        MessageReader<PostFinished>,
    ),
    (mut suggests, mut posts): (MessageWriter<RequestSuggest>, MessageWriter<RequestPost>),
    mut exit: MessageWriter<AppExit>,
    mut all_completed: Local<Option<bool>>,
) {
    let mut print = |kind: &str, id: RequestId, outcome: &str, ids: serde_json::Value| {
        all_completed.get_or_insert(true);
        *all_completed = all_completed.map(|all| all && outcome == "completed");
        let line = match flag("--json") {
            true => json!({ "kind": kind, "id": id.get(), "outcome": outcome, "ids": ids }).to_string(),
            false => format!("{kind}: {outcome} {ids}"),
        };
        println!("{line}");
    };
    for InviteFinished { id, outcome } in invited.read() {
        print("invite", *id, outcome.name(), json!(outcome.completed().map(|done| &done.users)));
        suggests.write(RequestSuggest::new().comment("You will like the new level."));
    }
    for SuggestFinished { id, outcome } in suggested.read() {
        print("suggest", *id, outcome.name(), json!(outcome.completed().map(|done| &done.users)));
        posts.write(RequestPost::new(Attachment::new().text("I have built a castle!")).user_text(true));
    }
    for PostFinished { id, outcome } in posted.read() {
        print("post", *id, outcome.name(), json!(outcome.completed().map(|done| done.topic_id)));
        exit.write(if *all_completed == Some(true) { AppExit::Success } else { AppExit::error() });
    }
}

fn flag(name: &str) -> bool {
    env::args().any(|argument| argument == name)
}
