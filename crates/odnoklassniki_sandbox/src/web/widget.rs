//! `/dk`: the widget pages and their buttons.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::abort::AbortHandle;
use super::base::{Base, Visitor};
use super::behavior::{self, AskedBehavior};
use super::notice;
use super::response::{page_or_data, see_other, with_policy};
use crate::attachment::Attachment;
use crate::behavior::Behavior;
use crate::error_code::{CANCELLED, Refusal};
use crate::form;
use crate::language::Language;
use crate::page_kind::PageKind;
use crate::people::{self, Friend};
use crate::state::SandboxState;
use crate::widget::dialog::{Submission, WidgetStep};
use crate::widget::request::{self, Content, RefusedWidget, WidgetRequest};
use crate::widget::response::{self, Delivery, Outcome};

#[derive(Template)]
#[template(path = "widget_post.html")]
struct PostPage<'a> {
    l: Language,
    base: Base,
    page_id: &'a str,
    nocancel: bool,
    app_id: u64,
    attachment: &'a Attachment,
    ask_comment: bool,
    group: Option<String>,
    me: &'static str,
}

#[derive(Template)]
#[template(path = "widget_invitation.html")]
struct InvitationPage<'a> {
    l: Language,
    base: Base,
    page_id: &'a str,
    nocancel: bool,
    app_id: u64,
    invite: bool,
    offered: &'a [&'static Friend],
    chosen: &'a [u64],
    comment: &'a str,
    none_chosen: bool,
}

#[derive(Template)]
#[template(path = "widget_done.html")]
struct DonePage {
    l: Language,
    base: Base,
    /// JSON for the window that opened the page, if the page posts any.
    message: Option<String>,
    /// Whether the message is posted as an object.
    as_object: bool,
    /// Whether the message is posted twice.
    twice: bool,
    close: bool,
    done: bool,
    topic: Option<u64>,
    refusal: Option<Refusal>,
    hint: String,
}

/// `GET /dk`.
pub(super) async fn open(
    State(sandbox): State<Arc<SandboxState>>,
    ConnectInfo(connection): ConnectInfo<AbortHandle>,
    visitor: Visitor,
    AskedBehavior(asked): AskedBehavior,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let fields = form::parse(query.as_bytes());
    let tokens = |app_id, token: &str| sandbox.token_status(app_id, token);
    match request::parse(fields.as_ref(), &sandbox.apps, &tokens) {
        Err(refused) => {
            sandbox.widget_refused(&refused);
            refuse(&visitor, *refused)
        }
        Ok(request) => {
            let behavior = sandbox.widget_accepted(&request, asked);
            let request = Arc::new(request);
            act(&sandbox, &connection, &visitor, request, query, behavior).await
        }
    }
}

async fn act(
    sandbox: &SandboxState,
    connection: &AbortHandle,
    visitor: &Visitor,
    request: Arc<WidgetRequest>,
    query: String,
    behavior: Behavior,
) -> Response {
    let (return_to, key) = (&request.return_to, &request.key);
    let deliver = |outcome: Outcome| {
        let delivery = response::deliver(return_to, Some(key), &outcome);
        (outcome, delivery)
    };
    let behavior = behavior::after_delay(behavior).await;
    let twice = behavior == Behavior::RespondTwice;
    let (outcome, delivery) = match behavior {
        Behavior::Ask => {
            let page_id = sandbox.open_widget(Arc::clone(&request), query);
            return show(visitor, &request, &page_id, None);
        }
        Behavior::CloseConnection => {
            connection.abort();
            return StatusCode::OK.into_response();
        }
        Behavior::NeverRespond | Behavior::Delay(..) => std::future::pending().await,
        Behavior::Cancel => deliver(Outcome::Refused(Refusal::requested(CANCELLED))),
        Behavior::Error(code) => deliver(Outcome::Refused(Refusal::requested(code))),
        Behavior::NotApproved if request.kind == PageKind::Post => deliver(Outcome::Published(0)),
        Behavior::Accept | Behavior::NotApproved => deliver(sandbox.accept_widget(&request, None)),
        Behavior::AcceptWith(friends) => deliver(sandbox.accept_widget(&request, Some(friends))),
        Behavior::RespondTwice => {
            let (outcome, delivery) = deliver(sandbox.accept_widget(&request, None));
            let host = return_to.mode.url().and_then(|url| url.loopback());
            if let (Delivery::Redirect(url), Some(host)) = (&delivery, host) {
                behavior::visit(host, url).await;
            }
            (outcome, delivery)
        }
        Behavior::WrongState => {
            let outcome = sandbox.accept_widget(&request, None);
            let delivery = response::wrong_state(return_to, key, &outcome);
            (outcome, delivery)
        }
        Behavior::FragmentError | Behavior::OAuthError(_) => (
            Outcome::Refused(Refusal::requested(10)),
            response::fragment_error(return_to),
        ),
        Behavior::Garbage => (
            Outcome::Refused(Refusal::requested(5000)),
            response::garbage(return_to),
        ),
    };
    finish(visitor, &request, outcome, delivery, twice)
}

/// `POST /dk/submit`: the player has pressed a button.
pub(super) async fn submit(
    State(sandbox): State<Arc<SandboxState>>,
    visitor: Visitor,
    body: Bytes,
) -> Response {
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
    let submission = Submission {
        page_id: fields.get("page").unwrap_or_default(),
        publish,
        comment: fields.get("comment").unwrap_or_default(),
        friends: &friends,
    };
    match sandbox.submit_widget(&submission) {
        WidgetStep::UnknownPage => notice::too_old(&visitor),
        WidgetStep::ShowAgain(request, query) => {
            let visitor = Visitor {
                path: format!("/dk?{query}"),
                ..visitor
            };
            let typed = Some(submission.comment);
            show(&visitor, &request, submission.page_id, typed)
        }
        WidgetStep::Finish(request, outcome, delivery) => {
            finish(&visitor, &request, outcome, delivery, false)
        }
    }
}

/// Shows the page with the buttons. `typed` is the comment of a player who has chosen no friend and
/// gets the page again.
fn show(
    visitor: &Visitor,
    request: &WidgetRequest,
    page_id: &str,
    typed: Option<&str>,
) -> Response {
    let l = visitor.language;
    let title = match request.kind {
        PageKind::Post => l.say("New post", "Новая запись"),
        PageKind::Invite => l.say("Invite friends", "Пригласить друзей"),
        PageKind::Suggest => l.say("Tell friends", "Рассказать друзьям"),
        PageKind::Login => l.say("Log in", "Вход"),
    };
    let base = widget_base(visitor, title, request);
    let title = base.window_title.clone();
    let data = || json!({ "title": title, "form": form_data(request, page_id, typed, l) });
    let (nocancel, app_id) = (request.options.nocancel, request.app_id);
    let response = match &request.content {
        Content::Post {
            attachment,
            ask_comment,
            group,
        } => {
            let page = PostPage {
                l,
                base,
                page_id,
                nocancel,
                app_id,
                attachment,
                ask_comment: *ask_comment,
                group: group.map(|id| people::group_name(id, l)),
                me: people::PLAYER.name(l),
            };
            page_or_data(visitor, &page, data)
        }
        Content::Invitation {
            offered,
            chosen,
            comment,
            ..
        } => {
            let page = InvitationPage {
                l,
                base,
                page_id,
                nocancel,
                app_id,
                invite: request.kind == PageKind::Invite,
                offered,
                chosen,
                comment: typed.unwrap_or(comment),
                none_chosen: typed.is_some(),
            };
            page_or_data(visitor, &page, data)
        }
    };
    // The browser checks the redirects of a form, too, so the policy must name the return URL.
    let target = request.return_to.mode.url().map(|url| url.policy_source());
    with_policy(response, &target.unwrap_or_default())
}

/// Returns what the form of the page has, for a program.
fn form_data(request: &WidgetRequest, page_id: &str, typed: Option<&str>, l: Language) -> Value {
    let mut fields = json!({ "page": page_id });
    let boxes = match &request.content {
        Content::Post { ask_comment, .. } => {
            if *ask_comment {
                fields["comment"] = "".into();
            }
            Vec::new()
        }
        Content::Invitation {
            offered,
            chosen,
            comment,
            ..
        } => {
            fields["comment"] = typed.unwrap_or(comment).into();
            let box_of = |friend: &&Friend| {
                json!({
                    "name": "friend",
                    "value": friend.id.to_string(),
                    "label": friend.name(l),
                    "checked": chosen.contains(&friend.id),
                })
            };
            offered.iter().map(box_of).collect()
        }
    };
    let buttons: &[&str] = if request.options.nocancel {
        &["publish"]
    } else {
        &["publish", "cancel"]
    };
    json!({
        "id": "widget",
        "action": "/dk/submit",
        "fields": fields,
        "boxes": boxes,
        "buttons": buttons,
    })
}

fn widget_base(visitor: &Visitor, title: &str, request: &WidgetRequest) -> Base {
    let mut base = Base::new(visitor, "", title);
    base.nohead = request.options.nohead;
    base.shape = if request.options.popup {
        "popup"
    } else {
        "widget"
    };
    base
}

/// Sends the browser to the return URL, or shows the page that notifies the opening window.
fn finish(
    visitor: &Visitor,
    request: &WidgetRequest,
    outcome: Outcome,
    delivery: Delivery,
    twice: bool,
) -> Response {
    let message = match delivery {
        Delivery::Redirect(url) => return see_other(&url),
        Delivery::PostMessage(message) => message,
    };
    let (l, settings) = (visitor.language, visitor.settings);
    let cancelled = matches!(&outcome, Outcome::Refused(refusal) if refusal.code == CANCELLED);
    let message = (!cancelled || !settings.no_cancel_message).then_some(message);
    let (title, topic, refusal) = match outcome {
        Outcome::Published(0) => (l.say("Not published", "Не опубликовано"), Some(0), None),
        Outcome::Published(id) => (l.say("Published", "Опубликовано"), Some(id), None),
        Outcome::Sent(_) => (l.say("Sent", "Отправлено"), None, None),
        Outcome::Refused(refusal) if cancelled => {
            (l.say("Cancelled", "Отменено"), None, Some(refusal))
        }
        Outcome::Refused(refusal) => (l.say("Refused", "Отказано"), None, Some(refusal)),
    };
    let done = DonePage {
        l,
        base: widget_base(visitor, title, request),
        message: message.map(|result| settings.message_form.wrap(result)),
        as_object: settings.message_form.is_object(),
        twice,
        close: request.options.silent,
        done: refusal.is_none() && topic != Some(0),
        topic,
        refusal,
        hint: String::new(),
    };
    show_done(visitor, &done)
}

/// Sends the error of a refused request to its return URL, or shows a page that says it.
fn refuse(visitor: &Visitor, refused: RefusedWidget) -> Response {
    let outcome = Outcome::Refused(refused.refusal.clone());
    let message = match response::deliver(&refused.return_to, None, &outcome) {
        Delivery::Redirect(url) => return see_other(&url),
        Delivery::PostMessage(message) => message,
    };
    let (l, form) = (visitor.language, visitor.settings.message_form);
    let mut base = Base::new(visitor, "", l.say("Refused", "Отказано"));
    base.shape = "widget";
    let done = DonePage {
        l,
        base,
        message: Some(form.wrap(message)),
        as_object: form.is_object(),
        twice: false,
        close: false,
        done: false,
        topic: None,
        refusal: Some(refused.refusal),
        hint: refused.hint,
    };
    show_done(visitor, &done)
}

fn show_done(visitor: &Visitor, done: &DonePage) -> Response {
    page_or_data(visitor, done, || {
        json!({
            "title": done.base.window_title,
            "message": done.message,
            "refusal": done.refusal.as_ref().map(|refusal| json!({
                "code": refusal.code,
                "name": refusal.name(),
                "message": refusal.message,
                "hint": done.hint,
            })),
        })
    })
}
