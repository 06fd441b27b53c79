//! `/oauth/token.do`: a game's server redeems a code.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::response::json;
use crate::form;
use crate::oauth::token_endpoint;
use crate::state::SandboxState;

/// `POST /oauth/token.do`. The parameters are in the form, in the query, or in both: programs do
/// all of it.
pub(super) async fn redeem(
    State(sandbox): State<Arc<SandboxState>>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    match token_endpoint::redeem(&sandbox, form::parse_call(query, &body).as_ref()) {
        Ok(response) => json(StatusCode::OK, &response),
        Err(error) => {
            let status = match error.name {
                "invalid_client" => StatusCode::UNAUTHORIZED,
                _ => StatusCode::BAD_REQUEST,
            };
            json(
                status,
                &json!({ "error": error.name, "error_description": error.text }),
            )
        }
    }
}
