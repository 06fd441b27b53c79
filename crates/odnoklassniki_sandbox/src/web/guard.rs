//! What every request must pass, and the headers of every response.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::state::SandboxState;

/// Everything comes from the sandbox itself, and no other page may frame it. OK's pages, which
/// games do frame, have their own policy.
const POLICY: &str = "default-src 'none'; img-src 'self' data:; style-src 'self'; \
    script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Refuses requests that do not name this server: a foreign name may be rebound to 127.0.0.1.
pub(super) async fn guard(
    State(sandbox): State<Arc<SandboxState>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let own = own_hosts(&sandbox);
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    let mut response = if hosts.next().is_some() || !own.iter().any(|name| host == Some(name)) {
        (
            StatusCode::MISDIRECTED_REQUEST,
            "421: this is not the address of the sandbox\n",
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
        // Not `no-referrer`: browsers would then send forms with `Origin: null`.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Refuses forms of other pages.
pub(super) async fn own_forms(
    State(sandbox): State<Arc<SandboxState>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let own = own_hosts(&sandbox);
    if request.method() == Method::POST && !from_own_page(request.headers(), &own) {
        return (
            StatusCode::FORBIDDEN,
            "403: forms come from the sandbox's own pages\n",
        )
            .into_response();
    }
    next.run(request).await
}

/// Returns the values of `Host` that name this server.
fn own_hosts(sandbox: &SandboxState) -> [String; 2] {
    let port = sandbox.port;
    [format!("127.0.0.1:{port}"), format!("localhost:{port}")]
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
