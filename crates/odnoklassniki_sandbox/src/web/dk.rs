//! `/dk`: the widget pages and their buttons.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::frame::{Frame, Visit};
use super::scripted::Brought;
use super::wire::Wire;
use super::{Framed, Household, page, scripted, see_other, with_policy};
use crate::attachment::Attachment;
use crate::behavior::{Behavior, RequestKind};
use crate::codes::{CANCELLED, Refusal};
use crate::form;
use crate::house::{House, Press};
use crate::language::Language;
use crate::people::{self, Friend};
use crate::widget::answer::{self, Answer, Delivery};
use crate::widget::request::{self, Content, Refused, WidgetRequest};

#[derive(Template)]
#[template(path = "widget_post.html")]
struct PostPage<'a> {
    l: Language,
    frame: Frame,
    ticket: String,
    nocancel: bool,
    app_id: u64,
    attachment: &'a Attachment,
    ask_comment: bool,
    group: Option<String>,
    me: &'static str,
}

#[derive(Template)]
#[template(path = "widget_letter.html")]
struct LetterPage<'a> {
    l: Language,
    frame: Frame,
    ticket: String,
    nocancel: bool,
    app_id: u64,
    invite: bool,
    offered: &'a [&'static Friend],
    chosen: &'a [u64],
    comment: &'a str,
    nobody_chosen: bool,
}

#[derive(Template)]
#[template(path = "widget_done.html")]
struct DonePage {
    l: Language,
    frame: Frame,
    /// JSON for the window that opened the page.
    message: String,
    close: bool,
    done: bool,
    topic: Option<u64>,
    refusal: Option<Refusal>,
    hint: String,
}

/// `GET /dk`.
pub(crate) async fn open(
    State(house): Household,
    ConnectInfo(wire): ConnectInfo<Wire>,
    visit: Visit,
    Brought(brought): Brought,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let standings = |app_id, token: &str| house.standing(app_id, token);
    match request::read(
        form::parse(query.as_bytes()).as_ref(),
        &house.apps,
        &standings,
    ) {
        Err(refused) => {
            house.refused(&refused);
            refuse(&visit, *refused)
        }
        Ok(request) => {
            let behavior = house.accepted(&request, brought);
            act(&house, &wire, &visit, Arc::new(request), query, behavior).await
        }
    }
}

async fn act(
    house: &House,
    wire: &Wire,
    visit: &Visit,
    request: Arc<WidgetRequest>,
    query: String,
    behavior: Behavior,
) -> Response {
    let seal = &request.seal;
    let envelope = &request.envelope;
    let (answer, delivery) = match scripted::after_delay(behavior).await {
        Behavior::Ask => {
            let ticket = house.ticket(Arc::clone(&request), query);
            return show(visit, &request, ticket, None);
        }
        Behavior::CloseConnection => {
            wire.cut();
            return StatusCode::OK.into_response();
        }
        Behavior::NeverRespond | Behavior::Delay(..) => std::future::pending().await,
        Behavior::Cancel => told(&request, Answer::Refused(Refusal::scripted(CANCELLED))),
        Behavior::Error(code) => told(&request, Answer::Refused(Refusal::scripted(code))),
        Behavior::NotApproved if request.kind == RequestKind::Post => {
            told(&request, Answer::Published(0))
        }
        Behavior::Accept | Behavior::NotApproved => told(&request, house.accept(&request, None)),
        Behavior::AcceptWith(friends) => told(&request, house.accept(&request, Some(friends))),
        Behavior::RespondTwice => {
            let (answer, delivery) = told(&request, house.accept(&request, None));
            if let (Delivery::Go(address), Some(host)) = (
                &delivery,
                envelope.back.address().and_then(|back| back.loopback()),
            ) {
                scripted::visit(host, address).await;
            }
            (answer, delivery)
        }
        Behavior::WrongState => {
            let answer = house.accept(&request, None);
            let delivery = answer::wrong_state(envelope, seal, &answer);
            (answer, delivery)
        }
        Behavior::FragmentError | Behavior::OAuthError(_) => (
            Answer::Refused(Refusal::scripted(10)),
            answer::fragment_error(envelope),
        ),
        Behavior::Garbage => (
            Answer::Refused(Refusal::scripted(5000)),
            answer::garbage(envelope),
        ),
    };
    finish(visit, &request, answer, delivery)
}

fn told(request: &WidgetRequest, answer: Answer) -> (Answer, Delivery) {
    let delivery = answer::deliver(&request.envelope, Some(&request.seal), &answer);
    (answer, delivery)
}

/// `POST /dk/answer`: a button was pressed.
pub(crate) async fn answer(State(house): Household, visit: Visit, body: Bytes) -> Response {
    let fields = form::parse(&body).unwrap_or_default();
    let friends: Vec<u64> = fields
        .all("friend")
        .filter_map(|id| id.parse().ok())
        .collect();
    let publish = match fields.get("action") {
        Some("publish") => true,
        Some("cancel") => false,
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let ticket = fields.get("ticket").unwrap_or_default();
    let comment = fields.get("comment").unwrap_or_default();
    match house.press(ticket, publish, comment, &friends) {
        Press::Unknown => super::pages::too_old(&visit),
        Press::NobodyChosen(request, query, ticket) => {
            let visit = Visit {
                language: visit.language,
                here: format!("/dk?{query}"),
            };
            show(&visit, &request, ticket, Some(comment))
        }
        Press::Answered(request, answer, delivery) => finish(&visit, &request, answer, delivery),
    }
}

/// The page with the buttons. `typed` is the comment of a player who chose nobody and is asked
/// again.
fn show(visit: &Visit, request: &WidgetRequest, ticket: String, typed: Option<&str>) -> Response {
    let l = visit.language;
    let title = match request.kind {
        RequestKind::Post => l.say("New post", "Новая запись"),
        RequestKind::Invite => l.say("Invite friends", "Пригласить друзей"),
        RequestKind::Suggest => l.say("Tell friends", "Рассказать друзьям"),
        RequestKind::Login => l.say("Log in", "Вход"),
    };
    let frame = widget_frame(visit, title, request);
    let (nocancel, app_id) = (request.look.nocancel, request.app_id);
    let response = match &request.content {
        Content::Post {
            attachment,
            ask_comment,
            group,
        } => page(&PostPage {
            l,
            frame,
            ticket,
            nocancel,
            app_id,
            attachment,
            ask_comment: *ask_comment,
            group: group.map(|id| people::group_name(id, l)),
            me: people::PLAYER.name(l),
        }),
        Content::Letter {
            offered,
            chosen,
            comment,
            ..
        } => page(&LetterPage {
            l,
            frame,
            ticket,
            nocancel,
            app_id,
            invite: request.kind == RequestKind::Invite,
            offered,
            chosen,
            comment: typed.unwrap_or(comment),
            nobody_chosen: typed.is_some(),
        }),
    };
    // The browser checks a form's whole way, so the return address must be named.
    let target = request
        .envelope
        .back
        .address()
        .map(|back| back.policy_source());
    with_policy(response, &target.unwrap_or_default(), Framed::ByGames)
}

fn widget_frame(visit: &Visit, title: &str, request: &WidgetRequest) -> Frame {
    let mut frame = Frame::new(visit, "", title);
    frame.nohead = request.look.nohead;
    frame.shape = if request.look.popup {
        "popup"
    } else {
        "widget"
    };
    frame
}

/// To the return address, or the page that tells the opening window.
fn finish(visit: &Visit, request: &WidgetRequest, answer: Answer, delivery: Delivery) -> Response {
    let message = match delivery {
        Delivery::Go(address) => return see_other(&address),
        Delivery::Message(message) => message,
    };
    let l = visit.language;
    let (title, topic, refusal) = match answer {
        Answer::Published(0) => (l.say("Not published", "Не опубликовано"), Some(0), None),
        Answer::Published(id) => (l.say("Published", "Опубликовано"), Some(id), None),
        Answer::Sent(_) => (l.say("Sent", "Отправлено"), None, None),
        Answer::Refused(refusal) if refusal.code == CANCELLED => {
            (l.say("Cancelled", "Отменено"), None, Some(refusal))
        }
        Answer::Refused(refusal) => (l.say("Refused", "Отказано"), None, Some(refusal)),
    };
    let done = DonePage {
        l,
        frame: widget_frame(visit, title, request),
        message,
        close: request.look.silent,
        done: refusal.is_none() && topic != Some(0),
        topic,
        refusal,
        hint: String::new(),
    };
    with_policy(page(&done), "", Framed::ByGames)
}

/// A request that failed a check: an error answer if there is a way back, else a page that says so.
fn refuse(visit: &Visit, refused: Refused) -> Response {
    let told = Answer::Refused(refused.refusal.clone());
    let message = match answer::deliver(&refused.envelope, None, &told) {
        Delivery::Go(address) => return see_other(&address),
        Delivery::Message(message) => message,
    };
    let l = visit.language;
    let mut frame = Frame::new(visit, "", l.say("Refused", "Отказано"));
    frame.shape = "widget";
    let done = DonePage {
        l,
        frame,
        message,
        close: false,
        done: false,
        topic: None,
        refusal: Some(refused.refusal),
        hint: refused.hint,
    };
    with_policy(page(&done), "", Framed::ByGames)
}
