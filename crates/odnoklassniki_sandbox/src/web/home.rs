//! The home page.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::base::{Base, Visitor};
use super::notice::notice;
use super::response::page;
use crate::application::{Application, DEMO_ACCESS_TOKEN, Session};
use crate::form::{self, Fields};
use crate::language::Language;
use crate::page_kind::PageKind;
use crate::records::SeenRequest;
use crate::signature;
use crate::state::SandboxState;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    l: Language,
    base: Base,
    url: &'a str,
    apps: &'a [Application],
    session: Session,
    /// Whether the page may show the session secret: only if it is made from a made-up key.
    demo: bool,
    behavior: String,
    seen: Vec<SeenRequest>,
    tries: Vec<(PageKind, String)>,
}

pub(super) async fn home(
    State(sandbox): State<Arc<SandboxState>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let l = visitor.language;
    let fields = form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    if fields.get("st.cmd") == Some(USER_MAIN) {
        return user_main(&visitor);
    }
    let (behavior, seen) = {
        let data = sandbox.data();
        let seen = data.records.requests().take(8).cloned().collect();
        (data.behaviors.usual.to_string(), seen)
    };
    // The builder never leaves the list of applications empty.
    let Some(app) = sandbox.apps.first() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    page(&HomePage {
        l,
        base: Base::new(&visitor, "home", l.say("Home", "Главная")),
        url: &sandbox.url,
        apps: &sandbox.apps,
        session: Session::new(app, DEMO_ACCESS_TOKEN),
        demo: app.is_made_up(),
        behavior,
        seen,
        tries: PageKind::ALL
            .map(|kind| (kind, try_path(&sandbox, app, kind, l)))
            .to_vec(),
    })
}

/// `st.cmd` of the page that ends a login of a player who has forgotten their password, as at OK.
const USER_MAIN: &str = "userMain";

fn user_main(visitor: &Visitor) -> Response {
    let l = visitor.language;
    notice(
        visitor,
        StatusCode::OK,
        l.say("The way out of the login", "Выход из диалога входа"),
        l.say(
            "A player who has forgotten their password leaves the dialog. They end on a page \
             with st.cmd=userMain in its URL. The game gets no callback and has to open the login \
             again.",
            "Кто забыл пароль, уходит из диалога и попадает на страницу, в адресе которой есть \
             st.cmd=userMain. Игра об этом не узнаёт и должна открыть вход ещё раз.",
        ),
    )
}

/// Returns a link with which a developer tries a request without a game. It ends at `/tried`.
fn try_path(sandbox: &SandboxState, app: &Application, kind: PageKind, l: Language) -> String {
    let Some(command) = kind.command() else {
        return login_path(sandbox, app);
    };
    let mut fields = vec![
        ("st.cmd", command.to_owned()),
        ("st.app", app.id.to_string()),
        ("st.access_token", DEMO_ACCESS_TOKEN.to_owned()),
        ("st.return", sandbox.tried_url()),
    ];
    if kind == PageKind::Post {
        fields.push(("st.attachment", l.say(SAMPLE_EN, SAMPLE_RU).to_owned()));
        fields.push(("st.utext", "on".to_owned()));
    } else {
        let comment = l.say(
            "Come and build castles with me!",
            "Пойдём строить замки вместе!",
        );
        fields.push(("st.comment", comment.to_owned()));
        fields.push(("st.custom_args", "castle=42".to_owned()));
    }
    let named = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let mut fields = Fields(named.collect());
    let key = signature::session_secret(DEMO_ACCESS_TOKEN, &app.secret_key);
    let signature = signature::of_request(&fields, &key);
    fields.0.push(("st.signature".to_owned(), signature));
    format!("/dk?{}", form::write(&fields.0))
}

/// Returns the link of a login. It asks for a code: a token would be in the fragment, which the
/// server of `/tried` does not see.
fn login_path(sandbox: &SandboxState, app: &Application) -> String {
    let pairs = [
        ("client_id", app.id.to_string()),
        ("scope", "VALUABLE_ACCESS;GET_EMAIL;PUBLISH_NOTE".to_owned()),
        ("response_type", "code".to_owned()),
        ("redirect_uri", sandbox.tried_url()),
        ("state", "tried-by-hand".to_owned()),
    ];
    format!("/oauth/authorize?{}", form::write(&pairs))
}

const SAMPLE_EN: &str = r#"{"media":[{"type":"text","text":"My castle has survived the tide!"},{"type":"app","text":"Sandcastles","images":[{"url":"https://game.example/castle.png","title":"The castle","mark":"castle=42"}],"actions":[{"text":"Build your own","mark":"castle=42"}]},{"type":"poll","question":"What shall I build next?","answers":[{"text":"A moat"},{"text":"A second tower"}],"options":"SingleChoice"}]}"#;
const SAMPLE_RU: &str = r#"{"media":[{"type":"text","text":"Мой замок пережил прилив!"},{"type":"app","text":"Песочные замки","images":[{"url":"https://game.example/castle.png","title":"Замок","mark":"castle=42"}],"actions":[{"text":"Построить свой","mark":"castle=42"}]},{"type":"poll","question":"Что построить дальше?","answers":[{"text":"Ров с водой"},{"text":"Вторую башню"}],"options":"SingleChoice"}]}"#;
