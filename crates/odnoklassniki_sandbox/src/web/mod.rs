//! The server: routes, the guard at the door, and what all pages have in common.

mod behavior_page;
mod dk;
mod frame;
mod oauth;
mod pages;
mod rest;
mod scripted;
mod token;
mod wire;

use std::net::TcpListener;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::form::{self, Fields};
use crate::house::House;

/// Largest form a page may send.
const MAX_BODY: usize = 64 * 1024;

/// Everything comes from the sandbox itself, and no other page may frame it. The widget pages,
/// which games do frame, have a policy of their own.
const POLICY: &str = "default-src 'none'; img-src 'self' data:; style-src 'self'; behavior-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

type Household = State<Arc<House>>;

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, house: Arc<House>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let router = Router::new()
        .route("/", get(pages::home))
        .route("/dk", get(dk::open))
        // A page that answers a form has this address: going back to it leads home.
        .route("/dk/answer", post(dk::answer).get(async || see_other("/")))
        .route("/oauth/authorize", get(oauth::authorize))
        .route(
            "/oauth/answer",
            post(oauth::answer).get(async || see_other("/")),
        )
        .route("/oauth/forget", post(oauth::forget))
        .route("/oauth/token.do", post(token::exchange))
        .route("/fb.do", get(rest::call).post(rest::call))
        .route(
            "/api/{group}/{name}",
            get(rest::call_by_path).post(rest::call_by_path),
        )
        .route("/feed", get(pages::feed))
        .route("/friends", get(pages::friends))
        .route("/friends/{id}", get(pages::friend))
        .route("/launch", get(pages::launch))
        .route("/tried", get(pages::tried))
        .route(
            "/behavior",
            get(behavior_page::show).post(behavior_page::set),
        )
        .route("/language/{code}", get(frame::choose_language))
        .route(
            "/static/style.css",
            get(|| asset("text/css", include_str!("../../static/style.css"))),
        )
        .route(
            "/static/widget.js",
            get(|| asset("text/javascript", include_str!("../../static/widget.js"))),
        )
        .route(
            "/static/icon.svg",
            get(|| asset("image/svg+xml", include_str!("../../static/icon.svg"))),
        )
        .fallback(pages::not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&house), guard))
        .with_state(house);
    let service = router.into_make_service_with_connect_info::<wire::Wire>();
    // It only ends with the runtime.
    let _ = axum::serve(wire::Door(listener), service).await;
}

async fn asset(kind: &str, text: &'static str) -> Response {
    (
        [(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))],
        text,
    )
        .into_response()
}

/// Only requests that name this server by its own address get in: a foreign name that was rebound
/// to 127.0.0.1 does not. Forms must come from our own pages.
async fn guard(State(house): Household, request: Request<Body>, next: Next) -> Response {
    let port = house.port;
    let headers = request.headers();
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let mut response = if hosts.next().is_some() || !own.iter().any(|name| host == Some(name)) {
        (
            StatusCode::MISDIRECTED_REQUEST,
            "421: this is not the address of the sandbox\n",
        )
            .into_response()
    } else if request.method() == axum::http::Method::POST && !from_own_page(headers, &own) {
        (
            StatusCode::FORBIDDEN,
            "403: forms come from the sandbox's own pages\n",
        )
            .into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: forms would then be sent with `Origin: null`.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

fn from_own_page(headers: &HeaderMap, own: &[String]) -> bool {
    let text = |name: HeaderName| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let origin_is_right = text(header::ORIGIN).is_none_or(|origin| {
        own.iter()
            .any(|host| origin.strip_prefix("http://") == Some(host))
    });
    let site = text(HeaderName::from_static("sec-fetch-site"));
    origin_is_right && site.is_none_or(|site| site == "same-origin")
}

/// A page from its template.
fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether pages of games may hold a page in a frame.
#[derive(Clone, Copy, PartialEq)]
enum Framed {
    ByGames,
    Never,
}

/// Lets the forms of a page lead to the game as well.
fn with_policy(mut response: Response, form_target: &str, framed: Framed) -> Response {
    let mut policy = format!(
        "default-src 'none'; img-src 'self' data:; style-src 'self'; behavior-src 'self'; \
         form-action 'self' {form_target}; base-uri 'none'"
    );
    if framed == Framed::Never {
        policy += "; frame-ancestors 'none'";
    }
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, value);
    }
    response
}

/// JSON as an answer to a program.
fn json(status: StatusCode, value: &serde_json::Value) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        value.to_string(),
    )
        .into_response()
}

/// The parameters of a call: those of the query, then those of the form. `None`: they could not be
/// decoded.
fn call_fields(query: Option<String>, body: &[u8]) -> Option<Fields> {
    let mut fields = form::parse(query.unwrap_or_default().as_bytes())?;
    fields.0.extend(form::parse(body)?.0);
    Some(fields)
}

/// 303 to an address made of printable ASCII.
fn see_other(address: &str) -> Response {
    match HeaderValue::from_str(address) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
