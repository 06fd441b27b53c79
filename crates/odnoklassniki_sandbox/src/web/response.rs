//! The responses that all handlers make.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::base::Visitor;

/// Makes a page from its template.
pub(super) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Makes a page for people, or its data for a program.
pub(super) fn page_or_data(
    visitor: &Visitor,
    template: &impl Template,
    data: impl FnOnce() -> Value,
) -> Response {
    if visitor.wants_json {
        json(StatusCode::OK, &data())
    } else {
        page(template)
    }
}

/// Lets the forms of one of OK's pages lead to the game as well. Any page may hold it in a frame.
pub(super) fn with_policy(mut response: Response, form_target: &str) -> Response {
    let policy = format!(
        "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; \
         form-action 'self' {form_target}; base-uri 'none'"
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, value);
    }
    response
}

/// Makes a response for a program.
pub(super) fn json(status: StatusCode, value: &Value) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        value.to_string(),
    )
        .into_response()
}

/// Redirects (303) to a URL made of printable ASCII.
pub(super) fn see_other(url: &str) -> Response {
    match HeaderValue::from_str(url) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
