//! What the player sees, one JSON object per line, for tests that play the game from outside:
//! `--report FILE`, or `report=1` in the page's query.

use std::io;

use bevy::ecs::system::SystemParam;
use bevy::picking::hover::PickingInteraction;
use bevy::prelude::*;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::UserId;
use bevy_odnoklassniki_panel::OkPanel;
use serde_json::{Map, Value, json};

use crate::castle::Castle;
use crate::field::{FACE, Guest};
use crate::hud::Button;
use crate::people::{self, Names};
use crate::social::{Friends, Pressed};
use crate::words::{Feedback, Language};

pub fn plugin(app: &mut App) {
    app.add_systems(Last, write);
}

/// Takes a line.
pub type Sink = Box<dyn FnMut(&str) -> io::Result<()> + Send + Sync>;

/// Where the lines go, and the last of them.
#[derive(Resource)]
pub struct Report {
    sink: Sink,
    last: Value,
    frame: u64,
}

impl Report {
    pub fn new(sink: Sink) -> Self {
        Self {
            sink,
            last: Value::Null,
            frame: 0,
        }
    }
}

/// Where something is in the window, in physical pixels: left, top, width, height.
type Place = Value;

/// The places of what can be clicked or looked at.
#[derive(SystemParam)]
struct Places<'w, 's> {
    buttons: Query<'w, 's, (&'static Button, &'static PickingInteraction, NodePlace)>,
    areas: Query<'w, 's, (&'static Name, NodePlace)>,
    guests: Query<'w, 's, (&'static Guest, &'static GlobalTransform)>,
    camera: Single<'w, 's, (&'static Camera, &'static GlobalTransform)>,
    window: Single<'w, 's, &'static Window>,
}

type NodePlace = (&'static ComputedNode, &'static UiGlobalTransform);

fn place(size: Vec2, middle: Vec2) -> Place {
    let corner = middle - size / 2.0;
    json!([corner.x, corner.y, size.x, size.y].map(f32::round))
}

impl Places<'_, '_> {
    fn buttons(&self) -> Map<String, Place> {
        let laid_out = self
            .buttons
            .iter()
            .filter(|(_, _, (node, _))| !node.is_empty());
        laid_out
            .map(|(button, _, (node, middle))| {
                (name(*button), place(node.size(), middle.translation))
            })
            .collect()
    }

    fn areas(&self) -> Map<String, Place> {
        let nodes = self.areas.iter();
        nodes
            .map(|(name, (node, middle))| {
                (name.to_string(), place(node.size(), middle.translation))
            })
            .collect()
    }

    fn face(&self, id: UserId) -> Option<Place> {
        let (_, at) = self.guests.iter().find(|(guest, _)| guest.0 == id)?;
        let (camera, eye) = *self.camera;
        let scale = self.window.scale_factor();
        let middle = camera.world_to_viewport(eye, at.translation()).ok()?;
        Some(place(Vec2::splat(FACE * scale), middle * scale))
    }

    fn button_that_is(&self, wanted: PickingInteraction) -> Option<String> {
        self.buttons
            .iter()
            .find(|(_, interaction, _)| **interaction == wanted)
            .map(|(button, ..)| name(*button))
    }
}

/// Writes a line when it says something new. No link is in it: links are secrets of the player.
fn write(
    mut report: ResMut<Report>,
    (language, castle, friends, feedback): (
        Res<Language>,
        Res<Castle>,
        Res<Friends>,
        Res<Feedback>,
    ),
    requests: Res<PendingRequests>,
    names: Res<Names>,
    panel: Res<OkPanel>,
    places: Places,
) {
    report.frame += 1;
    // The pipelined renderer is one frame behind, and the first frames have no layout.
    if report.frame < 4 {
        return;
    }
    let pending: Vec<Value> = requests
        .iter()
        .map(
            |request| json!({ "id": request.id().get(), "kind": request.kind().name(), "opened": request.is_opened() }),
        )
        .collect();
    let guests: Vec<Value> = friends
        .guests
        .iter()
        .map(|&id| {
            let name = people::name(id, &names, *language);
            json!({ "id": id.to_string(), "name": name, "face": places.face(id) })
        })
        .collect();
    let now = json!({
        "event": "state",
        "language": language.code(),
        "blocks": castle.height(),
        "finished": castle.finished,
        "buttons": places.buttons(),
        "areas": places.areas(),
        "hovered": places.button_that_is(PickingInteraction::Hovered),
        "pressed": places.button_that_is(PickingInteraction::Pressed),
        "focused": places.window.focused,
        "pending": pending,
        "guests": guests,
        "said": format!("{:?}", feedback.0),
        "message": feedback.0.text(*language),
        "posted": friends.posts,
        "panel": panel.open,
    });
    if now == report.last {
        return;
    }
    let mut line = now.clone();
    line["frame"] = report.frame.into();
    report.last = now;
    if let Err(error) = (report.sink)(&line.to_string()) {
        error!("report: {error}");
    }
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
