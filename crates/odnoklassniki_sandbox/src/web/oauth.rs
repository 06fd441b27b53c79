//! `/oauth/authorize`: the login and its pages.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::frame::{Frame, Visit};
use super::scripted::Brought;
use super::wire::Wire;
use super::{Framed, Household, page, scripted, see_other, with_policy};
use crate::behavior::Behavior;
use crate::form;
use crate::house::House;
use crate::language::Language;
use crate::oauth::answer::Given;
use crate::oauth::desk::{Button, DENIED, Page, Step};
use crate::oauth::request::{self, Flow, Layout, LoginRequest, PageFault, Refused};
use crate::oauth::rights::Rights;
use crate::people;

#[derive(Template)]
#[template(path = "oauth_login.html")]
struct LoginPage {
    l: Language,
    frame: Frame,
    ticket: String,
    app_id: u64,
    me: &'static str,
}

#[derive(Template)]
#[template(path = "oauth_consent.html")]
struct ConsentPage {
    l: Language,
    frame: Frame,
    ticket: String,
    app_id: u64,
    me: &'static str,
    rights: Rights,
}

#[derive(Template)]
#[template(path = "oauth_error.html")]
struct ErrorPage<'a> {
    l: Language,
    frame: Frame,
    name: &'static str,
    what: String,
    remedy: &'static str,
    fault: &'a PageFault,
}

/// `GET /oauth/authorize`.
pub(crate) async fn authorize(
    State(house): Household,
    ConnectInfo(wire): ConnectInfo<Wire>,
    visit: Visit,
    Brought(brought): Brought,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let request = match request::read(
        form::read(query.as_bytes()).as_ref(),
        &house.apps,
        &house.tried(),
    ) {
        Ok(request) => request,
        Err(refused) => {
            house.login_refused(&refused);
            return match refused {
                Refused::Here(fault) => error_page(&visit, &fault),
                Refused::There { back, fault, .. } => {
                    see_other(&back.error(fault.name, &fault.text))
                }
            };
        }
    };
    let behavior = scripted::after_delay(house.login_accepted(&request, brought)).await;
    if behavior != Behavior::Ask {
        return scripted_answer(&house, &wire, &request, behavior).await;
    }
    let logged_in = cookie(&house, &headers).is_some_and(|cookie| house.is_logged_in(cookie));
    let (step, ticket) = house.login_opened(request, query, logged_in);
    go(&visit, step, ticket)
}

async fn scripted_answer(
    house: &House,
    wire: &Wire,
    request: &LoginRequest,
    behavior: Behavior,
) -> Response {
    let back = &request.back;
    let granted = |tell: fn(&crate::oauth::answer::Back, &Given) -> String| {
        house
            .grant_all(request)
            .map(|given| tell(back, &given))
            .unwrap_or_default()
    };
    let address = match behavior {
        Behavior::CloseConnection => {
            wire.cut();
            return StatusCode::OK.into_response();
        }
        Behavior::NeverRespond | Behavior::Delay(..) => std::future::pending().await,
        Behavior::Cancel => back.error(DENIED.0, DENIED.1),
        Behavior::Error(code) => {
            let fault = crate::oauth::desk::scripted(code);
            back.error(fault.name, &fault.text)
        }
        Behavior::OAuthError(name) => back.error(&name, "asked for by the behavior"),
        Behavior::FragmentError => back.fragment_error(DENIED.0),
        Behavior::Garbage => back.garbage(),
        Behavior::WrongState => granted(|back, given| back.wrong_state(given)),
        Behavior::RespondTwice => {
            let address = granted(|back, given| back.given(given));
            // The token is in the fragment, which only a browser can pass on.
            if let (Flow::Code, Some(host)) = (back.flow, back.address.loopback()) {
                scripted::visit(host, &address).await;
            }
            address
        }
        Behavior::Ask | Behavior::Accept | Behavior::AcceptWith(_) | Behavior::NotApproved => {
            granted(|back, given| back.given(given))
        }
    };
    see_other(&address)
}

/// `POST /oauth/answer`: a button was pressed.
pub(crate) async fn answer(State(house): Household, visit: Visit, body: Bytes) -> Response {
    let fields = form::read(&body).unwrap_or_default();
    let button = match fields.get("action") {
        // Any name and any password will do; neither is looked at.
        Some("log-in") => Button::SignIn,
        Some("allow") => {
            let ticked = fields.all("right").filter_map(Rights::named);
            Button::Allow(ticked.fold(Rights::default(), Rights::and))
        }
        Some("deny") => Button::Deny,
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let ticket = fields.get("ticket").unwrap_or_default();
    let step = house.login_pressed(ticket, button);
    let known = !matches!(step, Step::Unknown);
    let mut response = go(&visit, step, ticket.to_owned());
    if button == Button::SignIn && known {
        // Only the login's own pages get it: cookies do not tell one port of this machine from
        // another.
        let cookie = format!(
            "{}={}; Path=/oauth; HttpOnly; SameSite=Lax",
            cookie_name(&house),
            house.welcome()
        );
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
    }
    response
}

/// `POST /oauth/forget`: to begin anew, as somebody who has never been here.
pub(crate) async fn forget(State(house): Household) -> Response {
    house.memory().ledger.forget_player();
    see_other("/")
}

fn cookie_name(house: &House) -> String {
    format!("ok_sandbox_login_{}", house.port)
}

fn cookie<'a>(house: &House, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = cookie_name(house);
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

fn go(visit: &Visit, step: Step, ticket: String) -> Response {
    match step {
        Step::Unknown => super::pages::too_old(visit),
        Step::Go(address) => see_other(&address),
        Step::Show(which, request, query) => {
            let visit = Visit {
                language: visit.language,
                here: format!("/oauth/authorize?{query}"),
            };
            show(&visit, which, &request, ticket)
        }
    }
}

fn show(visit: &Visit, which: Page, request: &LoginRequest, ticket: String) -> Response {
    let (l, app_id, me) = (
        visit.language,
        request.app_id,
        people::PLAYER.name(visit.language),
    );
    let title = match which {
        Page::SignIn => l.say("Log in", "Вход"),
        Page::Consent => l.say("Permissions", "Разрешения"),
    };
    let mut frame = Frame::new(visit, "", title);
    frame.shape = if request.layout == Layout::Site {
        "login"
    } else {
        "login narrow"
    };
    frame.nohead = request.layout == Layout::Bare;
    let response = match which {
        Page::SignIn => page(&LoginPage {
            l,
            frame,
            ticket,
            app_id,
            me,
        }),
        Page::Consent => page(&ConsentPage {
            l,
            frame,
            ticket,
            app_id,
            me,
            rights: request.rights,
        }),
    };
    // The browser checks a form's whole way, so the redirect address must be named.
    with_policy(
        response,
        &request.back.address.policy_source(),
        Framed::Never,
    )
}

/// Where it is not sure whose address it is, nobody is sent there.
fn error_page(visit: &Visit, fault: &PageFault) -> Response {
    let l = visit.language;
    let frame = Frame::new(
        visit,
        "",
        l.say("The login cannot begin", "Вход не может начаться"),
    );
    let (name, what, remedy) = (fault.name(), fault.what(l), fault.remedy(l));
    let mut response = page(&ErrorPage {
        l,
        frame,
        name,
        what,
        remedy,
        fault,
    });
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
