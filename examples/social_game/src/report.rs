//! `--report FILE`: what the player sees, one JSON object a line, for tests that play the game from outside.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use bevy::prelude::*;
use bevy_odnoklassniki::prelude::*;
use serde_json::{Map, Value, json};

use crate::castle::Castle;
use crate::hud::Button;
use crate::people;
use crate::social::{Friends, Pressed};
use crate::words::{Feedback, Language};

pub fn plugin(app: &mut App) {
    app.add_systems(Last, write);
}

/// The file, and the last line in it.
#[derive(Resource)]
pub struct Report {
    file: File,
    last: Value,
    frame: u64,
}

impl Report {
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(path)?, last: Value::Null, frame: 0 })
    }
}

/// Writes a line when it says something new. No link is in it: links are secrets of the player.
fn write(
    mut report: ResMut<Report>,
    (language, castle, friends, feedback): (Res<Language>, Res<Castle>, Res<Friends>, Res<Feedback>),
    requests: Res<PendingRequests>,
    sandbox: Option<Res<OkSandbox>>,
    buttons: Query<(&Button, &ComputedNode, &UiGlobalTransform)>,
) -> Result {
    report.frame += 1;
    // The pipelined renderer is one frame behind, and the first frames have no layout.
    if report.frame < 4 {
        return Ok(());
    }
    let places: Map<String, Value> = buttons
        .iter()
        .filter(|(_, node, _)| !node.is_empty())
        .map(|(button, node, transform)| {
            let (corner, size) = (transform.translation - node.size() / 2.0, node.size());
            (name(*button), json!([corner.x, corner.y, size.x, size.y].map(f32::round)))
        })
        .collect();
    let pending: Vec<Value> = requests
        .iter()
        .map(|request| json!({ "id": request.id().get(), "kind": format!("{:?}", request.kind()).to_lowercase(), "opened": request.is_opened() }))
        .collect();
    let guests: Vec<Value> = friends
        .guests
        .iter()
        .map(|&id| json!({ "id": id.to_string(), "name": people::name(id, sandbox.as_deref(), *language) }))
        .collect();
    let now = json!({
        "event": "state",
        "language": language.code(),
        "blocks": castle.height(),
        "finished": castle.finished,
        "buttons": places,
        "pending": pending,
        "guests": guests,
        "message": feedback.0.text(*language),
        "posted": friends.posts,
    });
    if now == report.last {
        return Ok(());
    }
    let mut line = now.clone();
    line["frame"] = report.frame.into();
    report.last = now;
    writeln!(report.file, "{line}")?;
    Ok(())
}

fn name(button: Button) -> String {
    match button {
        Button::Language => "language".into(),
        Button::Social(press) => match press {
            Pressed::Invite => "invite".into(),
            Pressed::Suggest => "suggest".into(),
            Pressed::Post => "post".into(),
            Pressed::PostToGroup => "post_group".into(),
            Pressed::OpenAgain(id) => format!("request-{}-reopen", id.get()),
            Pressed::CopyLink(id) => format!("request-{}-copy", id.get()),
            Pressed::Cancel(id) => format!("request-{}-cancel", id.get()),
        },
    }
}
