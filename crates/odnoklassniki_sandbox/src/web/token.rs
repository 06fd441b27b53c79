//! `/oauth/token.do`: where a game's server turns a code into tokens.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::{Household, call_fields, json};
use crate::oauth::exchange;

/// `POST /oauth/token.do`, with the parameters in the form, in the query, or in both: all of it is
/// in use.
pub(crate) async fn exchange(
    State(house): Household,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    match exchange::exchange(&house, call_fields(query, &body).as_ref()) {
        Ok(answer) => json(StatusCode::OK, &answer),
        Err(fault) => {
            let status = match fault.name {
                "invalid_client" => StatusCode::UNAUTHORIZED,
                _ => StatusCode::BAD_REQUEST,
            };
            json(
                status,
                &json!({ "error": fault.name, "error_description": fault.text }),
            )
        }
    }
}
