//! The server.

mod abort;
mod base;
mod behavior;
mod behavior_page;
mod guard;
mod home;
mod notice;
mod oauth;
mod ok_pages;
mod pages;
mod response;
mod rest;
mod token;
mod widget;

use std::net::TcpListener;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use self::response::see_other;
use crate::state::SandboxState;

/// The largest form that a page may send.
const MAX_BODY: usize = 64 * 1024;

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, sandbox: Arc<SandboxState>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let ok_pages = Router::new()
        .route("/dk", get(widget::open))
        // The URL of a page that came in response to a form: going back to it leads home.
        .route(
            "/dk/submit",
            post(widget::submit).get(async || see_other("/")),
        )
        .route("/oauth/authorize", get(oauth::authorize))
        .route(
            "/oauth/submit",
            post(oauth::submit).get(async || see_other("/")),
        )
        .layer(from_fn_with_state(
            Arc::clone(&sandbox),
            ok_pages::apply_settings,
        ));
    let rest = Router::new()
        .route(
            "/fb.do",
            get(rest::call).post(rest::call).options(rest::preflight),
        )
        .route(
            "/api/{group}/{name}",
            get(rest::call_by_path)
                .post(rest::call_by_path)
                .options(rest::preflight),
        )
        .layer(from_fn(rest::allow_pages));
    let router = Router::new()
        .route("/", get(home::home))
        .route("/oauth/forget", post(oauth::forget))
        .route("/oauth/token.do", post(token::redeem))
        .route("/feed", get(pages::feed))
        .route("/friends", get(pages::friends))
        .route("/friends/{id}", get(pages::friend))
        .route("/launch", get(pages::launch))
        .route("/tried", get(pages::tried))
        .route(
            "/behavior",
            get(behavior_page::show).post(behavior_page::set),
        )
        .route("/behavior/pages", post(behavior_page::set_pages))
        .route("/language/{code}", get(pages::choose_language))
        .route(
            "/static/style.css",
            get(|| asset("text/css", include_str!("../../static/style.css"))),
        )
        .route(
            "/static/widget.js",
            get(|| asset("text/javascript", include_str!("../../static/widget.js"))),
        )
        .route(
            "/static/other_messages.js",
            get(|| {
                asset(
                    "text/javascript",
                    include_str!("../../static/other_messages.js"),
                )
            }),
        )
        .route(
            "/static/icon.svg",
            get(|| asset("image/svg+xml", include_str!("../../static/icon.svg"))),
        )
        .merge(ok_pages)
        .fallback(notice::not_found)
        .layer(from_fn_with_state(Arc::clone(&sandbox), guard::own_forms))
        .merge(rest)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(Arc::clone(&sandbox), guard::guard))
        .with_state(sandbox);
    let service = router.into_make_service_with_connect_info::<abort::AbortHandle>();
    // It only ends with the runtime.
    let _ = axum::serve(abort::AbortableListener(listener), service).await;
}

async fn asset(kind: &str, text: &'static str) -> Response {
    (
        [(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))],
        text,
    )
        .into_response()
}
