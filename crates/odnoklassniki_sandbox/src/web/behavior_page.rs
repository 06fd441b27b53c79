//! `/behavior`: what the sandbox does instead of asking a person.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::frame::{Frame, Visit};
use super::{Household, page, see_other};
use crate::behavior::{ACCEPT_WITH, Behavior, OAUTH_ERROR, PLAIN, RequestKind};
use crate::form;
use crate::language::Language;

#[derive(Template)]
#[template(path = "behavior.html")]
struct BehaviorPage {
    l: Language,
    frame: Frame,
    usual: String,
    waiting: Vec<(RequestKind, String)>,
    choices: Vec<(&'static str, &'static str)>,
}

pub(crate) async fn show(State(house): Household, visit: Visit) -> Response {
    let l = visit.language;
    let (usual, waiting) = {
        let memory = house.memory();
        let waiting = memory
            .behaviors
            .waiting()
            .map(|(kind, behavior)| (*kind, behavior.to_string()));
        (
            memory.behaviors.usual.to_string(),
            waiting.take(20).collect(),
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
        frame: Frame::new(&visit, "behavior", l.say("Behavior", "Сценарий")),
        usual,
        waiting,
        choices,
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
            "the player presses cancel (code 12, at the login access_denied)",
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
            "keep the browser waiting for ever",
            "заставить браузер ждать вечно",
        ),
        Behavior::RespondTwice => ("deliver the answer twice", "доставить ответ дважды"),
        Behavior::WrongState => ("hand back a wrong state", "вернуть чужой state"),
        Behavior::FragmentError => ("an error in the fragment", "ошибка во фрагменте адреса"),
        Behavior::Garbage => ("an answer nobody can read", "нечитаемый ответ"),
        Behavior::CloseConnection => ("close the connection", "оборвать соединение"),
        Behavior::Delay(..) => ("wait first", "сначала подождать"),
    };
    // Both halves live as long as the program.
    match l {
        Language::English => english,
        Language::Russian => russian,
    }
}

pub(crate) async fn set(State(house): Household, body: Bytes) -> Response {
    let fields = form::parse(&body).unwrap_or_default();
    let get = |name| fields.get(name).unwrap_or_default();
    if get("action") == "clear" {
        house.memory().behaviors.clear();
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
        "all" => house.memory().behaviors.usual = behavior,
        kind => match kind.parse() {
            Ok(kind) => house.memory().behaviors.push(kind, behavior),
            Err(_) => return bad("for: all, post, invite, suggest or login\n"),
        },
    }
    see_other("/behavior")
}

fn bad(text: &str) -> Response {
    (StatusCode::BAD_REQUEST, text.to_owned()).into_response()
}
