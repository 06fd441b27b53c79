//! Pending requests and the last results.

use core::time::Duration;

use bevy_egui::egui::{RichText, Ui};
use odnoklassniki::{Authenticity, UserId};

use super::Action;
use super::field::{bad, good, note, value};
use super::window::State;
use crate::opener::OneTimeLink;
use crate::{
    CancelledBy, Finished, LoggedIn, MAX_PENDING, Outcome, PendingRequest, PendingRequests,
    RequestError, RequestId,
};

pub(super) fn show(
    ui: &mut Ui,
    requests: Option<&PendingRequests>,
    state: &mut State,
    actions: &mut Vec<Action>,
) {
    let Some(requests) = requests else {
        return note(ui, "OdnoklassnikiPlugin is not in this app.");
    };
    ui.strong(format!("Pending: {} of {MAX_PENDING}", requests.len()));
    if requests.is_empty() {
        note(ui, "Nothing waits for the player.");
    }
    for request in requests.iter() {
        ui.group(|ui| pending(ui, request, state, actions));
    }
    ui.add_space(8.0);
    ui.strong("Last results, newest first");
    let mut none = true;
    for finished in requests.recently_finished() {
        none = false;
        ui.group(|ui| ended(ui, finished, state));
    }
    if none {
        note(ui, "No request has ended yet.");
    }
}

fn pending(ui: &mut Ui, request: PendingRequest<'_>, state: &mut State, actions: &mut Vec<Action>) {
    ui.set_width(ui.available_width());
    let id = request.id();
    ui.horizontal(|ui| {
        ui.strong(format!("{id}: {}", request.kind().name()));
        ui.label(
            match (request.is_opened(), request.is_waiting_for_login()) {
                (true, _) => "page opened",
                (false, true) => "waits for a login",
                (false, false) => "opening",
            },
        );
    });
    let (age, left) = (request.age(), request.time_left());
    value(ui, "age", &clock(age));
    value(
        ui,
        "time left",
        &format!("{} of {}", clock(left), clock(age + left)),
    );
    ui.horizontal_wrapped(|ui| {
        if ui
            .button("Open again")
            .on_hover_text("Opens the page with a new link; the old one is dead then")
            .clicked()
        {
            actions.push(Action::Reopen(id));
        }
        if ui
            .button("Cancel")
            .on_hover_text("Ends the request as cancelled by the game")
            .clicked()
        {
            actions.push(Action::Cancel(id));
        }
        link_buttons(ui, id, request.link(), state);
    });
    shown_link(ui, id, request.link(), state);
}

/// The link works once and for whoever comes first: it is on the screen only when somebody asks for
/// it.
fn link_buttons(ui: &mut Ui, id: RequestId, link: &OneTimeLink, state: &mut State) {
    if ui
        .button("Copy link")
        .on_hover_text("It works once. Needs bevy_egui's feature manage_clipboard")
        .clicked()
    {
        ui.copy_text(link.expose().to_owned());
    }
    let is_shown = state.shown_link == Some(id);
    if ui
        .button(if is_shown { "Hide link" } else { "Show link" })
        .clicked()
    {
        state.shown_link = if is_shown { None } else { Some(id) };
    }
}

fn shown_link(ui: &mut Ui, id: RequestId, link: &OneTimeLink, state: &State) {
    if state.shown_link == Some(id) {
        ui.monospace(link.expose());
    }
}

fn ended(ui: &mut Ui, finished: &Finished, state: &mut State) {
    ui.set_width(ui.available_width());
    match finished {
        Finished::Post(post) => {
            head(ui, finished, "post", &post.outcome);
            if let Outcome::Completed(posted) = &post.outcome {
                value(ui, "topic", &posted.topic_id.to_string());
                answered(ui, posted.authenticity, posted.state.as_deref());
            }
        }
        Finished::Invite(invite) => {
            head(ui, finished, "invite", &invite.outcome);
            if let Outcome::Completed(invited) = &invite.outcome {
                value(ui, "friends", &friends(&invited.users));
                answered(ui, invited.authenticity, invited.state.as_deref());
            }
        }
        Finished::Suggest(suggest) => {
            head(ui, finished, "suggest", &suggest.outcome);
            if let Outcome::Completed(suggested) = &suggest.outcome {
                value(ui, "friends", &friends(&suggested.users));
                answered(ui, suggested.authenticity, suggested.state.as_deref());
            }
        }
        Finished::Login(login) => {
            head(ui, finished, "login", &login.outcome);
            match &login.outcome {
                Outcome::Completed(LoggedIn::Session) => value(ui, "session", "see the tab Status"),
                Outcome::Completed(LoggedIn::Code(_)) => {
                    value(ui, "code", "for the game's backend");
                }
                _ => {}
            }
        }
    }
    if let Some(error) = finished.error() {
        failed(ui, error);
        if let Some(link) = error.link() {
            ui.horizontal_wrapped(|ui| link_buttons(ui, finished.id(), link, state));
            shown_link(ui, finished.id(), link, state);
        }
    }
}

fn head<T>(ui: &mut Ui, finished: &Finished, kind: &str, outcome: &Outcome<T>) {
    ui.horizontal(|ui| {
        ui.strong(format!("{}: {kind}", finished.id()));
        match outcome {
            Outcome::Completed(_) => ui.label(RichText::new("completed").color(good(ui))),
            Outcome::Cancelled(CancelledBy::Player) => ui.label("cancelled by the player"),
            Outcome::Cancelled(CancelledBy::Game) => ui.label("cancelled by the game"),
            Outcome::TimedOut => {
                ui.label(RichText::new("timed out").color(ui.visuals().warn_fg_color))
            }
            Outcome::Failed(_) => ui.label(RichText::new("failed").color(bad(ui))),
        };
    });
}

fn answered(ui: &mut Ui, authenticity: Authenticity, state: Option<&str>) {
    let word = match authenticity {
        Authenticity::Matched => "its check value matches",
        Authenticity::NotMatched => "its check value matches no known formula",
        Authenticity::Unsigned => "it has no check value",
    };
    value(ui, "answer", word);
    // Only its length: a game may have put something of a player's into it.
    if let Some(state) = state {
        value(ui, "state", &format!("{} bytes came back", state.len()));
    }
}

fn failed(ui: &mut Ui, error: &RequestError) {
    value(ui, "kind", &format!("{:?}", error.kind()));
    if let Some(code) = error.code() {
        value(ui, "code", &code.to_string());
    }
    if let Some(field) = error.field() {
        value(ui, "field", field);
    }
    if let Some(id) = error.pending() {
        value(ui, "pending", &id.to_string());
    }
    value(ui, "error", &error.to_string());
    value(ui, "advice", error.advice());
}

fn friends(users: &[UserId]) -> String {
    match users {
        [] => "none".to_owned(),
        users => users
            .iter()
            .map(UserId::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// `0:07`, `12:30`.
pub(super) fn clock(time: Duration) -> String {
    let seconds = time.as_secs_f32().round() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
