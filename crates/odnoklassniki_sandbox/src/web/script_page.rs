//! `/script`: what the sandbox does instead of asking a person.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::frame::{Frame, Visit};
use super::{Household, page, see_other};
use crate::form;
use crate::language::Language;
use crate::script::{ACCEPT_WITH, Kind, OAUTH_ERROR, PLAIN, Script};

#[derive(Template)]
#[template(path = "script.html")]
struct ScriptPage {
    l: Language,
    frame: Frame,
    usual: String,
    waiting: Vec<(Kind, String)>,
    choices: Vec<(&'static str, &'static str)>,
}

pub(crate) async fn show(State(house): Household, visit: Visit) -> Response {
    let l = visit.language;
    let (usual, waiting) = {
        let memory = house.memory();
        let waiting = memory
            .scripts
            .waiting()
            .map(|(kind, script)| (*kind, script.to_string()));
        (memory.scripts.usual.to_string(), waiting.take(20).collect())
    };
    let mut choices: Vec<_> = PLAIN
        .iter()
        .map(|(name, script)| (*name, explain(script, l)))
        .collect();
    choices.insert(
        2,
        ("accept-with", explain(&Script::AcceptWith(Vec::new()), l)),
    );
    choices.insert(4, ("error", explain(&Script::Error(0), l)));
    choices.insert(
        5,
        (
            "oauth-error",
            explain(&Script::OAuthError(String::new()), l),
        ),
    );
    page(&ScriptPage {
        l,
        frame: Frame::new(&visit, "script", l.say("Script", "Сценарий")),
        usual,
        waiting,
        choices,
    })
}

fn explain(script: &Script, l: Language) -> &'static str {
    let (english, russian) = match script {
        Script::Ask => (
            "show the page and wait for a person",
            "показать страницу и ждать человека",
        ),
        Script::Accept => (
            "publish, send or sign in at once",
            "сразу опубликовать, отправить или впустить",
        ),
        Script::AcceptWith(_) => (
            "the same, with the friends named below",
            "то же, с друзьями, указанными ниже",
        ),
        Script::Cancel => (
            "the player presses cancel (code 12, at the sign-in access_denied)",
            "игрок нажимает «Отмена» (код 12, при входе access_denied)",
        ),
        Script::Error(_) => (
            "refuse with the code below",
            "отказать с кодом, указанным ниже",
        ),
        Script::OAuthError(_) => (
            "refuse a sign-in with the OAuth error below",
            "отказать во входе с ошибкой OAuth, указанной ниже",
        ),
        Script::NotApproved => (
            "posts get topic id 0, as before approval",
            "запись получает номер 0, как до одобрения",
        ),
        Script::NeverAnswer => (
            "keep the browser waiting for ever",
            "заставить браузер ждать вечно",
        ),
        Script::AnswerTwice => ("deliver the answer twice", "доставить ответ дважды"),
        Script::WrongState => ("hand back a wrong state", "вернуть чужой state"),
        Script::FragmentError => ("an error in the fragment", "ошибка во фрагменте адреса"),
        Script::Garbage => ("an answer nobody can read", "нечитаемый ответ"),
        Script::CloseConnection => ("close the connection", "оборвать соединение"),
        Script::Delay(..) => ("wait first", "сначала подождать"),
    };
    // Both halves live as long as the program.
    match l {
        Language::English => english,
        Language::Russian => russian,
    }
}

pub(crate) async fn set(State(house): Household, body: Bytes) -> Response {
    let fields = form::read(&body).unwrap_or_default();
    let get = |name| fields.get(name).unwrap_or_default();
    if get("action") == "clear" {
        house.memory().scripts.clear();
        return see_other("/script");
    }
    let named = match get("script") {
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
    let script: Script = match text.parse() {
        Ok(script) => script,
        Err(why) => return bad(&format!("{why}\n")),
    };
    match get("for") {
        "all" => house.memory().scripts.usual = script,
        kind => match kind.parse() {
            Ok(kind) => house.memory().scripts.push(kind, script),
            Err(_) => return bad("for: all, post, invite, suggest or login\n"),
        },
    }
    see_other("/script")
}

fn bad(text: &str) -> Response {
    (StatusCode::BAD_REQUEST, text.to_owned()).into_response()
}
