//! The endpoints: routes, time limits, headers and log lines.

mod app;
mod error;
mod input;
mod player;
mod rewards;
mod session;
mod sign;
mod state;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::json;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::store::Store;
use app::App;
use error::{Refusal, json_response};

/// Largest body of a request.
const MAX_BODY: usize = 16 * 1024;
/// For a request as a whole: two calls to OK, and some.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long a server that stops waits for requests that are under way.
const GRACE: Duration = Duration::from_secs(5);

/// The server as a router, to be served or nested into another.
pub fn router(config: Config, store: Store) -> Router {
    let app = Arc::new(App::new(config, store));
    Router::new()
        .route("/health", get(health))
        .route("/session", post(session::create))
        .route("/sign", post(sign::sign))
        .route("/rewards", post(rewards::claim))
        .fallback(async || {
            Refusal::new(
                StatusCode::NOT_FOUND,
                "not_found",
                "there is no such endpoint",
            )
        })
        .method_not_allowed_fallback(async || {
            let message = "this endpoint has another method: GET for /health, POST for the others";
            Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                message,
            )
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(frame))
        .with_state(app)
}

/// Serves until `stop` ends, and then finishes what is under way.
///
/// # Errors
/// What the operating system says about the listener.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let stop = async move {
        stop.await;
        // Whoever waits for it may be gone.
        _ = stopping.send(());
    };
    let grace_is_over = async move {
        // An error: the server has ended before `stop`.
        if stopped.await.is_ok() {
            tokio::time::sleep(GRACE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    // Clients that never finish their request must not keep it alive.
    tokio::select! {
        served = async { axum::serve(listener, router).with_graceful_shutdown(stop).await } => served,
        () = grace_is_over => Ok(()),
    }
}

/// Around every request: the time limit, headers, and a line in the log. The line has no header, no
/// query and no body: those hold tokens and codes.
async fn frame(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let what = match (request.method().as_str(), request.uri().path()) {
        ("GET", "/health") => "GET /health",
        ("POST", "/session") => "POST /session",
        ("POST", "/sign") => "POST /sign",
        ("POST", "/rewards") => "POST /rewards",
        _ => "something else",
    };
    let mut response = match tokio::time::timeout(TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            "the server was too slow; try again",
        )
        .into_response(),
    };
    // Tokens and signatures are nothing for caches.
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    log::info!(
        "{what}: {} in {} ms",
        response.status().as_u16(),
        started.elapsed().as_millis()
    );
    response
}

/// For the balancer: whether this instance is of use.
async fn health(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    app.store.ping().await?;
    Ok(json_response(StatusCode::OK, &json!({ "status": "ok" })))
}
