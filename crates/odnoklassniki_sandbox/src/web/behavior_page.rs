//! `/behavior`: what the sandbox does instead of asking a person.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::base::{Base, Visitor};
use super::response::{page, see_other};
use crate::behavior::{ACCEPT_WITH, Behavior, OAUTH_ERROR, PLAIN};
use crate::form;
use crate::language::Language;
use crate::page_kind::PageKind;
use crate::page_settings::{MessageForm, PageSettings};
use crate::state::SandboxState;

#[derive(Template)]
#[template(path = "behavior.html")]
struct BehaviorPage {
    l: Language,
    base: Base,
    usual: String,
    waiting: Vec<(PageKind, String)>,
    choices: Vec<(&'static str, &'static str)>,
    settings: PageSettings,
    forms: Vec<(MessageForm, &'static str)>,
}

pub(super) async fn show(State(sandbox): State<Arc<SandboxState>>, visitor: Visitor) -> Response {
    let l = visitor.language;
    let (usual, waiting, settings) = {
        let data = sandbox.data();
        let waiting = data
            .behaviors
            .waiting()
            .map(|(kind, behavior)| (*kind, behavior.to_string()));
        (
            data.behaviors.usual.to_string(),
            waiting.take(20).collect(),
            data.page_settings,
        )
    };
    let mut choices: Vec<_> = PLAIN
        .iter()
        .map(|(name, behavior)| (*name, explain(behavior, l)))
        .collect();
    choices.insert(
        2,
        ("accept-with", explain(&Behavior::AcceptWith(Vec::new()), l)),
    );
    choices.insert(4, ("error", explain(&Behavior::Error(0), l)));
    choices.insert(
        5,
        (
            "oauth-error",
            explain(&Behavior::OAuthError(String::new()), l),
        ),
    );
    page(&BehaviorPage {
        l,
        base: Base::new(&visitor, "behavior", l.say("Behavior", "Сценарий")),
        usual,
        waiting,
        choices,
        settings,
        forms: MessageForm::ALL
            .map(|form| (form, explain_form(form, l)))
            .to_vec(),
    })
}

fn explain(behavior: &Behavior, l: Language) -> &'static str {
    let (english, russian) = match behavior {
        Behavior::Ask => (
            "show the page and wait for a person",
            "показать страницу и ждать человека",
        ),
        Behavior::Accept => (
            "publish, send or log in at once",
            "сразу опубликовать, отправить или впустить",
        ),
        Behavior::AcceptWith(_) => (
            "the same, with the friends named below",
            "то же, с друзьями, указанными ниже",
        ),
        Behavior::Cancel => (
            "the player presses cancel (code 12, at a login access_denied)",
            "игрок нажимает «Отмена» (код 12, при входе access_denied)",
        ),
        Behavior::Error(_) => (
            "refuse with the code below",
            "отказать с кодом, указанным ниже",
        ),
        Behavior::OAuthError(_) => (
            "refuse a login with the OAuth error below",
            "отказать во входе с ошибкой OAuth, указанной ниже",
        ),
        Behavior::NotApproved => (
            "posts get topic id 0, as before approval",
            "запись получает номер 0, как до одобрения",
        ),
        Behavior::NeverRespond => (
            "keep the browser waiting forever",
            "заставить браузер ждать вечно",
        ),
        Behavior::RespondTwice => ("deliver the callback twice", "доставить ответ дважды"),
        Behavior::WrongState => ("hand back a wrong state", "вернуть чужой state"),
        Behavior::FragmentError => ("an error in the fragment", "ошибка во фрагменте адреса"),
        Behavior::Garbage => ("an unreadable callback", "нечитаемый ответ"),
        Behavior::CloseConnection => ("close the connection", "оборвать соединение"),
        Behavior::Delay(..) => ("wait first", "сначала подождать"),
    };
    l.say(english, russian)
}

fn explain_form(form: MessageForm, l: Language) -> &'static str {
    let (english, russian) = match form {
        MessageForm::Text => ("JSON as text", "JSON текстом"),
        MessageForm::Object => ("an object", "объект"),
        MessageForm::DataText => (
            "JSON as text, the result in data",
            "JSON текстом, результат в поле data",
        ),
        MessageForm::DataObject => (
            "an object, the result in data",
            "объект, результат в поле data",
        ),
    };
    l.say(english, russian)
}

/// `POST /behavior/pages`. A box that is not checked, or left out, is off.
pub(super) async fn set_pages(State(sandbox): State<Arc<SandboxState>>, body: Bytes) -> Response {
    let fields = form::parse(&body).unwrap_or_default();
    let form = match fields.get("message_form").map(str::parse) {
        None => MessageForm::default(),
        Some(Ok(form)) => form,
        Some(Err(why)) => return bad(&format!("message_form: {why}\n")),
    };
    let on = |name| fields.get(name) == Some("on");
    sandbox.data().page_settings = PageSettings::default()
        .coop(on("coop"))
        .deny_frames(on("deny_frames"))
        .message_form(form)
        .no_cancel_message(on("no_cancel_message"))
        .other_messages(on("other_messages"));
    see_other("/behavior")
}

pub(super) async fn set(State(sandbox): State<Arc<SandboxState>>, body: Bytes) -> Response {
    let fields = form::parse(&body).unwrap_or_default();
    let get = |name| fields.get(name).unwrap_or_default();
    if get("action") == "clear" {
        sandbox.data().behaviors.clear();
        return see_other("/behavior");
    }
    let named = match get("behavior") {
        "error" => format!("error:{}", get("code").trim()),
        "oauth-error" => format!("{OAUTH_ERROR}{}", get("oauth_error").trim()),
        "accept-with" => format!("{ACCEPT_WITH}{}", get("friends").replace(' ', "")),
        other => other.to_owned(),
    };
    let delay = match get("delay").trim() {
        "" => Ok(0),
        text => text.parse::<u64>(),
    };
    let text = match delay {
        Ok(0) => named,
        Ok(milliseconds) => format!("delay:{milliseconds}:{named}"),
        Err(_) => return bad("delay: a number of milliseconds\n"),
    };
    let behavior: Behavior = match text.parse() {
        Ok(behavior) => behavior,
        Err(why) => return bad(&format!("{why}\n")),
    };
    match get("for") {
        "all" => sandbox.data().behaviors.usual = behavior,
        kind => match kind.parse() {
            Ok(kind) => sandbox.data().behaviors.push(kind, behavior),
            Err(_) => return bad("for: all, post, invite, suggest or login\n"),
        },
    }
    see_other("/behavior")
}

fn bad(text: &str) -> Response {
    (StatusCode::BAD_REQUEST, text.to_owned()).into_response()
}
