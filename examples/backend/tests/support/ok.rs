//! A stand-in for OK that does what the token or the code itself says. It checks nothing:
//! the sandbox does that, in `tests/sandbox.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::oneshot;

pub struct FakeOk {
    pub url: String,
    calls: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeOk {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let url = format!(
            "http://{}",
            listener.local_addr().expect("a socket address")
        );
        let calls = Arc::new(AtomicUsize::new(0));
        let router = Router::new()
            .route("/fb.do", post(fb))
            .route("/oauth/token.do", post(token))
            .fallback(counted)
            .with_state(Arc::clone(&calls));
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                tokio::select! {
                    _ = axum::serve(listener, router) => (),
                    _ = stopped => (),
                }
            });
        });
        Self {
            url,
            calls,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// How many requests have come.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for FakeOk {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

type Calls = State<Arc<AtomicUsize>>;

async fn counted(State(calls): Calls) -> StatusCode {
    calls.fetch_add(1, Ordering::SeqCst);
    StatusCode::NOT_FOUND
}

/// Whose token it is: the token `user-7` is that of user 7.
async fn fb(State(calls): Calls, body: String) -> Response {
    calls.fetch_add(1, Ordering::SeqCst);
    let token = field(&body, "access_token");
    match token.strip_prefix("user-") {
        Some(user) => format!("\"{user}\"").into_response(),
        None => misbehave(&token),
    }
}

/// The code `code-7` gives the token `user-7`.
async fn token(State(calls): Calls, body: String) -> Response {
    calls.fetch_add(1, Ordering::SeqCst);
    let code = field(&body, "code");
    match code.strip_prefix("code-") {
        Some("unknown-token") => r#"{"access_token":"error-103"}"#.into_response(),
        Some("no-life") => r#"{"access_token":"user-561","expires_in":"-1"}"#.into_response(),
        Some("fraction") => r#"{"access_token":"user-561","expires_in":1799.5}"#.into_response(),
        Some(user) => format!(
            r#"{{"access_token":"user-{user}","refresh_token":"refresh-canary","token_type":"session","expires_in":"1800"}}"#
        )
        .into_response(),
        None => misbehave(&code),
    }
}

fn misbehave(how: &str) -> Response {
    if let Some(code) = how.strip_prefix("error-") {
        return format!(r#"{{"error_code":{code},"error_msg":"canary","error_data":null}}"#)
            .into_response();
    }
    if let Some(name) = how.strip_prefix("oauth-") {
        return format!(r#"{{"error":"{name}","error_description":"words"}}"#).into_response();
    }
    // A body of any kind, as OK sends with errors: base64url after `body-`.
    if let Some(body) = how.strip_prefix("body-") {
        let body = URL_SAFE_NO_PAD.decode(body).expect("base64url");
        return (StatusCode::BAD_REQUEST, body).into_response();
    }
    match how {
        "html" => "<html>canary</html>".into_response(),
        // In order, but for its length.
        "huge" => format!("\"561\"{}", " ".repeat(1024 * 1024)).into_response(),
        "status-500" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "redirect" => (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response(),
        other => panic!("the stand-in does not know the token {other}"),
    }
}

/// The code, or the token, for which the stand-in sends this body with status 400.
pub fn for_body(body: impl AsRef<[u8]>) -> String {
    format!("body-{}", URL_SAFE_NO_PAD.encode(body))
}

/// A field of a form whose values need no decoding.
fn field(body: &str, name: &str) -> String {
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .into_iter()
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
        .unwrap_or_default()
}
