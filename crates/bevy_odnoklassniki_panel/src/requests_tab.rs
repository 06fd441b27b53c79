//! Pending requests and the last results.

use bevy_ecs::system::Commands;
use bevy_egui::egui::{RichText, Ui};
use bevy_odnoklassniki::protocol::{Authenticity, UserId};
use bevy_odnoklassniki::{
    CancelRequest, CancelledBy, Finished, LoggedIn, MAX_PENDING, OneTimeLink, Outcome,
    PendingRequest, PendingRequests, ReopenRequest, RequestError, RequestId, RequestKind,
};

use crate::layout::{bad, clock, good, value};
use crate::message::write;
use crate::state::PanelState;

pub(crate) fn show(
    ui: &mut Ui,
    requests: Option<&PendingRequests>,
    state: &mut PanelState,
    commands: &mut Commands,
) {
    let Some(requests) = requests else {
        ui.label("OdnoklassnikiPlugin is not in this app.");
        return;
    };
    let shown_link = &mut state.shown_link;
    ui.strong(format!("Pending: {} of {MAX_PENDING}", requests.len()));
    if requests.is_empty() {
        ui.label("No request is pending.");
    }
    for request in requests.iter() {
        ui.group(|ui| pending(ui, request, shown_link, commands));
    }
    ui.add_space(8.0);
    ui.strong("Last results, newest first");
    let mut results = requests.recently_finished().peekable();
    if results.peek().is_none() {
        ui.label("No request has ended yet.");
    }
    for result in results {
        ui.group(|ui| finished(ui, result, shown_link));
    }
}

fn pending(
    ui: &mut Ui,
    request: &PendingRequest,
    shown_link: &mut Option<RequestId>,
    commands: &mut Commands,
) {
    ui.set_width(ui.available_width());
    let id = request.id();
    ui.horizontal(|ui| {
        ui.strong(format!("{id}: {}", request.kind().name()));
        ui.label(if request.is_opened() {
            "page opened"
        } else if request.is_waiting_for_login() {
            "waits for a login"
        } else {
            "opening"
        });
    });
    let (age, left) = (request.age(), request.time_left());
    value(ui, "age", &clock(age));
    let left = format!("{} of {}", clock(left), clock(age + left));
    value(ui, "time left", &left);
    ui.horizontal_wrapped(|ui| {
        if ui
            .button("Open again")
            .on_hover_text("Opens the page with a new link; the old one stops working")
            .clicked()
        {
            write(commands, ReopenRequest { id });
        }
        if ui
            .button("Cancel")
            .on_hover_text("Ends the request as cancelled by the game")
            .clicked()
        {
            write(commands, CancelRequest { id });
        }
        if let Some(link) = request.link() {
            link_buttons(ui, id, link, shown_link);
        }
    });
    if let Some(link) = request.link() {
        show_link(ui, id, link, *shown_link);
    }
}

/// Draws buttons that copy and show a link. It works once, for whoever opens it first: it is shown
/// only on demand.
fn link_buttons(
    ui: &mut Ui,
    id: RequestId,
    link: &OneTimeLink,
    shown_link: &mut Option<RequestId>,
) {
    if ui
        .button("Copy link")
        .on_hover_text("It works once. Needs bevy_egui's feature manage_clipboard")
        .clicked()
    {
        ui.copy_text(link.expose().to_owned());
    }
    let is_shown = *shown_link == Some(id);
    let text = if is_shown { "Hide link" } else { "Show link" };
    if ui.button(text).clicked() {
        *shown_link = (!is_shown).then_some(id);
    }
}

fn show_link(ui: &mut Ui, id: RequestId, link: &OneTimeLink, shown_link: Option<RequestId>) {
    if shown_link == Some(id) {
        ui.monospace(link.expose());
    }
}

fn finished(ui: &mut Ui, finished: &Finished, shown_link: &mut Option<RequestId>) {
    ui.set_width(ui.available_width());
    let id = finished.id();
    match finished {
        Finished::Post(post) => {
            if let Some(posted) = ending(ui, id, RequestKind::Post, &post.outcome) {
                value(ui, "topic", &posted.topic_id.to_string());
                callback(ui, posted.authenticity, posted.state.as_deref());
            }
        }
        Finished::Invite(invite) => {
            if let Some(invited) = ending(ui, id, RequestKind::Invite, &invite.outcome) {
                value(ui, "friends", &friends(&invited.users));
                callback(ui, invited.authenticity, invited.state.as_deref());
            }
        }
        Finished::Suggest(suggest) => {
            if let Some(suggested) = ending(ui, id, RequestKind::Suggest, &suggest.outcome) {
                value(ui, "friends", &friends(&suggested.users));
                callback(ui, suggested.authenticity, suggested.state.as_deref());
            }
        }
        Finished::Login(login) => match ending(ui, id, RequestKind::Login, &login.outcome) {
            Some(LoggedIn::Session) => value(ui, "session", "see the tab Status"),
            Some(LoggedIn::Code(_)) => value(ui, "code", "for the game's backend"),
            _ => {}
        },
        // A kind that this version of the panel does not know.
        _ => _ = ui.strong(format!("{id}: {}", finished.outcome_name())),
    }
    if let Some(error) = finished.error() {
        failed(ui, error);
        if let Some(link) = error.link() {
            ui.horizontal_wrapped(|ui| link_buttons(ui, id, link, shown_link));
            show_link(ui, id, link, *shown_link);
        }
    }
}

/// Draws which request ended and how. Returns the result of a completed one.
fn ending<'a, T>(
    ui: &mut Ui,
    id: RequestId,
    kind: RequestKind,
    outcome: &'a Outcome<T>,
) -> Option<&'a T> {
    ui.horizontal(|ui| {
        ui.strong(format!("{id}: {}", kind.name()));
        ui.label(match outcome {
            Outcome::Completed(_) => RichText::new("completed").color(good(ui)),
            Outcome::Cancelled(CancelledBy::Player) => RichText::new("cancelled by the player"),
            Outcome::Cancelled(CancelledBy::Game) => RichText::new("cancelled by the game"),
            Outcome::TimedOut => RichText::new("timed out").color(ui.visuals().warn_fg_color),
            Outcome::Failed(_) => RichText::new("failed").color(bad(ui)),
        });
    });
    outcome.completed()
}

fn callback(ui: &mut Ui, authenticity: Authenticity, state: Option<&str>) {
    let check_value = match authenticity {
        Authenticity::Matched => "matches",
        Authenticity::NotMatched => "matches no known formula",
        Authenticity::Unsigned => "none came",
    };
    value(ui, "check value", check_value);
    // Only its length: a game may have put the player's data into it.
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
    if users.is_empty() {
        return "none".to_owned();
    }
    let users: Vec<_> = users.iter().map(UserId::to_string).collect();
    users.join(", ")
}
