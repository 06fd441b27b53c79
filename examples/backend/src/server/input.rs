//! Reads what a client sends, the same way at every endpoint.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use odnoklassniki::WidgetKind;
use serde::de::DeserializeOwned;

use super::error::Refusal;

/// The body of a request as JSON. Whatever the type does not name is refused.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes =
            Bytes::from_request(request, state)
                .await
                .map_err(|rejection| match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => {
                        Refusal::too_large("the body has more than 16 KiB")
                    }
                    _ => Refusal::bad_request("the body did not arrive"),
                })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            // Serde's words name the field, which helps. They may also quote a value, which does
            // not.
            let words = error.to_string();
            let about_names = ["unknown field", "missing field", "duplicate field"];
            let helpful = about_names.iter().any(|start| words.starts_with(start));
            let place = format!(
                "the body is not the JSON expected here (line {}, column {})",
                error.line(),
                error.column()
            );
            Refusal::bad_request(if helpful {
                words.chars().take(200).collect()
            } else {
                place
            })
        })
    }
}

/// The widget of a name: `post`, `invite` or `suggest`.
pub(super) fn widget_kind(name: &str) -> Result<WidgetKind, Refusal> {
    let kinds = [WidgetKind::Post, WidgetKind::Invite, WidgetKind::Suggest];
    let found = kinds.into_iter().find(|kind| kind.name() == name);
    found.ok_or_else(|| Refusal::bad_request("`widget` is none of post, invite and suggest"))
}

/// What tokens, codes and states are made of.
pub(super) fn is_visible_ascii(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}
