//! What OK's pages have in common: the widgets and the login.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::response::with_policy;
use crate::state::SandboxState;

/// Gives the handlers the settings of the pages, and the responses the headers that follow from
/// them. Pages of games may hold OK's pages in a frame.
pub(super) async fn apply_settings(
    State(sandbox): State<Arc<SandboxState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let settings = sandbox.data().page_settings;
    request.extensions_mut().insert(settings);
    let mut response = next.run(request).await;
    if !response
        .headers()
        .contains_key(header::CONTENT_SECURITY_POLICY)
    {
        response = with_policy(response, "");
    }
    let headers = response.headers_mut();
    if settings.coop {
        // Redirects have it, too: a server adds it to every response.
        headers.insert(
            "cross-origin-opener-policy",
            HeaderValue::from_static("same-origin"),
        );
    }
    if settings.deny_frames {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    response
}
