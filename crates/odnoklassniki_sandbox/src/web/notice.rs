//! Pages with one text.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::base::{Base, Visitor};
use super::response::page_or_data;
use crate::language::Language;

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    l: Language,
    base: Base,
    text: String,
}

pub(super) fn notice(visitor: &Visitor, status: StatusCode, title: &str, text: &str) -> Response {
    let notice = NoticePage {
        l: visitor.language,
        base: Base::new(visitor, "", title),
        text: text.to_owned(),
    };
    let mut response = page_or_data(
        visitor,
        &notice,
        || json!({ "title": notice.base.window_title, "text": text }),
    );
    *response.status_mut() = status;
    response
}

pub(super) async fn not_found(visitor: Visitor) -> Response {
    let l = visitor.language;
    notice(
        &visitor,
        StatusCode::NOT_FOUND,
        l.say("No such page", "Нет такой страницы"),
        l.say(
            "There is no page at this URL.",
            "По этому адресу ничего нет.",
        ),
    )
}

/// The response to a button of a page that the sandbox does not know.
pub(super) fn too_old(visitor: &Visitor) -> Response {
    let l = visitor.language;
    notice(
        &Visitor {
            path: "/".to_owned(),
            ..*visitor
        },
        StatusCode::GONE,
        l.say("This page is too old", "Страница устарела"),
        l.say(
            "The sandbox was restarted or has forgotten it. Open it again from the game.",
            "Песочница перезапущена или уже забыла её. Откройте страницу из игры ещё раз.",
        ),
    )
}
