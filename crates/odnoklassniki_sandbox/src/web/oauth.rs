//! `/oauth/authorize`: the login and its pages.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::abort::AbortHandle;
use super::base::{Base, Visitor};
use super::behavior::{self, AskedBehavior};
use super::notice;
use super::response::{page_or_data, see_other, with_policy};
use crate::behavior::Behavior;
use crate::error_code::Refusal;
use crate::form;
use crate::language::Language;
use crate::oauth::dialog::{AsksFor, Button, LoginPage, LoginStep};
use crate::oauth::page_error::PageError;
use crate::oauth::request::{self, Layout, LoginRequest, RefusedLogin};
use crate::oauth::scopes::{Scope, Scopes};
use crate::oauth::types::Flow;
use crate::people;
use crate::state::SandboxState;

#[derive(Template)]
#[template(path = "oauth_login.html")]
struct LogInPage<'a> {
    l: Language,
    base: Base,
    page_id: &'a str,
    app_id: u64,
    me: &'static str,
}

#[derive(Template)]
#[template(path = "oauth_permissions.html")]
struct PermissionsPage<'a> {
    l: Language,
    base: Base,
    page_id: &'a str,
    app_id: u64,
    me: &'static str,
    scopes: Scopes,
}

#[derive(Template)]
#[template(path = "oauth_error.html")]
struct ErrorPage<'a> {
    l: Language,
    base: Base,
    name: &'static str,
    what: String,
    remedy: &'static str,
    error: &'a PageError,
}

/// `GET /oauth/authorize`.
pub(super) async fn authorize(
    State(sandbox): State<Arc<SandboxState>>,
    ConnectInfo(connection): ConnectInfo<AbortHandle>,
    visitor: Visitor,
    AskedBehavior(asked): AskedBehavior,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let fields = form::parse(query.as_bytes());
    let request = match request::parse(fields.as_ref(), &sandbox.apps, &sandbox.tried_url()) {
        Ok(request) => request,
        Err(refused) => {
            sandbox.login_refused(&refused);
            return match refused {
                RefusedLogin::ByPage(error) => error_page(&visitor, &error),
                RefusedLogin::ByResponse { target, error, .. } => {
                    see_other(&target.error(error.name, &error.text))
                }
            };
        }
    };
    match behavior::after_delay(sandbox.login_accepted(&request, asked)).await {
        Behavior::Ask => {
            let cookie = cookie(&sandbox, &headers);
            let logged_in = cookie.is_some_and(|cookie| sandbox.data().tokens.is_logged_in(cookie));
            go(&visitor, sandbox.open_login(request, query, logged_in))
        }
        behavior => act(&sandbox, &connection, &request, behavior).await,
    }
}

/// Does what a behavior says instead of asking the player.
async fn act(
    sandbox: &SandboxState,
    connection: &AbortHandle,
    request: &LoginRequest,
    behavior: Behavior,
) -> Response {
    let target = &request.target;
    let url = match behavior {
        Behavior::CloseConnection => {
            connection.abort();
            return StatusCode::OK.into_response();
        }
        Behavior::NeverRespond | Behavior::Delay(..) => std::future::pending().await,
        Behavior::Cancel => target.denied(),
        Behavior::Error(code) => {
            let refusal = Refusal::requested(code);
            let text = refusal.message.trim_end();
            target.error(refusal.name(), text)
        }
        Behavior::OAuthError(name) => target.error(&name, "asked for by the behavior"),
        Behavior::FragmentError => target.fragment_error(),
        Behavior::Garbage => target.garbage(),
        Behavior::WrongState => target.wrong_state(&sandbox.accept_login(request)),
        Behavior::RespondTwice => {
            let url = target.granted(&sandbox.accept_login(request));
            // The token is in the fragment, which only a browser can pass on.
            if let (Flow::Code, Some(host)) = (target.flow, target.url.loopback()) {
                behavior::visit(host, &url).await;
            }
            url
        }
        Behavior::Ask | Behavior::Accept | Behavior::AcceptWith(_) | Behavior::NotApproved => {
            target.granted(&sandbox.accept_login(request))
        }
    };
    see_other(&url)
}

/// `POST /oauth/submit`: the player has pressed a button.
pub(super) async fn submit(
    State(sandbox): State<Arc<SandboxState>>,
    visitor: Visitor,
    body: Bytes,
) -> Response {
    let fields = form::parse(&body).unwrap_or_default();
    let button = match fields.get("action") {
        // Any name and any password will do; the sandbox looks at neither.
        Some("log-in") => Button::LogIn,
        Some("allow") => {
            let checked = fields.all("scope").filter_map(Scopes::named);
            Button::Allow(checked.fold(Scopes::default(), Scopes::union))
        }
        Some("deny") => Button::Deny,
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let step = sandbox.press_login(fields.get("page").unwrap_or_default(), button);
    let known = !matches!(step, LoginStep::UnknownPage);
    let mut response = go(&visitor, step);
    if button == Button::LogIn && known {
        // Only for the pages of the login: cookies do not tell one port of this machine from
        // another.
        let cookie = format!(
            "{}={}; Path=/oauth; HttpOnly; SameSite=Lax",
            cookie_name(&sandbox),
            sandbox.data().tokens.log_in()
        );
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
    }
    response
}

/// `POST /oauth/forget`: the next login is the player's first.
pub(super) async fn forget(State(sandbox): State<Arc<SandboxState>>) -> Response {
    sandbox.data().tokens.forget_player();
    see_other("/")
}

fn cookie_name(sandbox: &SandboxState) -> String {
    format!("ok_sandbox_login_{}", sandbox.port)
}

fn cookie<'a>(sandbox: &SandboxState, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = cookie_name(sandbox);
    let pairs = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = pairs
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

fn go(visitor: &Visitor, step: LoginStep) -> Response {
    match step {
        LoginStep::UnknownPage => notice::too_old(visitor),
        LoginStep::Redirect(url) => see_other(&url),
        LoginStep::Show(login) => show(visitor, login),
    }
}

fn show(visitor: &Visitor, login: LoginPage) -> Response {
    let l = visitor.language;
    let visitor = Visitor {
        path: format!("/oauth/authorize?{}", login.query),
        ..*visitor
    };
    let request = &login.request;
    let (app_id, me) = (request.app.id, people::PLAYER.name(l));
    let title = match login.asks_for {
        AsksFor::Login => l.say("Log in", "Вход"),
        AsksFor::Permissions => l.say("Permissions", "Разрешения"),
    };
    let mut base = Base::new(&visitor, "", title);
    base.shape = if request.layout == Layout::Site {
        "login"
    } else {
        "login narrow"
    };
    base.nohead = request.layout == Layout::Bare;
    let title = base.window_title.clone();
    let data = || json!({ "title": title, "form": form_data(&login, l) });
    let page_id = &login.id;
    let response = match login.asks_for {
        AsksFor::Login => {
            let page = LogInPage {
                l,
                base,
                page_id,
                app_id,
                me,
            };
            page_or_data(&visitor, &page, data)
        }
        AsksFor::Permissions => {
            let page = PermissionsPage {
                l,
                base,
                page_id,
                app_id,
                me,
                scopes: request.scopes,
            };
            page_or_data(&visitor, &page, data)
        }
    };
    // The browser checks the redirects of a form, too, so the policy must name the redirect URI.
    let target = request.target.url.policy_source();
    with_policy(response, &target)
}

/// Returns what the form of the page has, for a program.
fn form_data(login: &LoginPage, l: Language) -> Value {
    let scopes = login.request.scopes;
    let (fields, boxes, buttons) = match login.asks_for {
        AsksFor::Login => {
            let fields = json!({
                "page": login.id,
                "login": people::PLAYER.name(l),
                "password": "",
            });
            (fields, Vec::new(), ["log-in", "deny"])
        }
        AsksFor::Permissions => {
            let boxes = scopes.iter().filter(|scope| !scope.is_fixed());
            let box_of = |scope: &Scope| {
                json!({
                    "name": "scope",
                    "value": scope.name,
                    "label": scope.words(l),
                    "checked": true,
                })
            };
            let fields = json!({ "page": login.id });
            (fields, boxes.map(box_of).collect(), ["allow", "deny"])
        }
    };
    json!({
        "id": "oauth",
        "action": "/oauth/submit",
        "fields": fields,
        "boxes": boxes,
        "buttons": buttons,
    })
}

/// Shows the error to the developer: it is not sure whose redirect URI it is.
fn error_page(visitor: &Visitor, error: &PageError) -> Response {
    let l = visitor.language;
    let title = l.say("The login cannot begin", "Вход не может начаться");
    let page = ErrorPage {
        l,
        base: Base::new(visitor, "", title),
        name: error.name(),
        what: error.what(l),
        remedy: error.remedy(l),
        error,
    };
    let mut response = page_or_data(visitor, &page, || {
        json!({
            "title": page.base.window_title,
            "error": page.name,
            "error_description": format!("{} {}", page.what, page.remedy),
        })
    });
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
