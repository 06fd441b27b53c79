//! What the server says when it does not do something.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use crate::ok::RequestError;
use crate::store::StoreError;

/// A refusal: `{"error": …, "message": …}`. `error` is for programs and never changes, `message` is
/// for developers.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    message: Cow<'static, str>,
    retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn new(
        status: StatusCode,
        error: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            error,
            message: message.into(),
            retry_after: None,
        }
    }

    /// 400: the request itself is not in order.
    pub(super) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// 401: the player has to log in.
    pub(super) fn log_in(error: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, error, message)
    }

    /// 403: in order, but not allowed.
    pub(super) fn forbidden(error: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, error, message)
    }

    /// 413: longer than this server reads.
    pub(super) fn too_large(message: &'static str) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// 422: in order and allowed, but not true or not usable.
    pub(super) fn unprocessable(
        error: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error, message)
    }

    /// Adds after how many seconds the client may try again.
    pub(super) fn retry_after(self, seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        log::error!("{error}");
        let message = "the server cannot reach its store; whether the last request was carried out is not known, try again";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store_unreachable",
            message,
        )
        .retry_after(2)
    }
}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::LogInAgain(why) => Self::log_in("log_in_again", why),
            RequestError::Later(why) => {
                log::warn!("OK asks for a pause: {why}");
                let message = "OK is busy; try again later";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "ok_busy", message).retry_after(5)
            }
            // What the operator has to repair is for the log; players get only that it is not their
            // fault.
            RequestError::Refused(_) => {
                log::error!(
                    "{error}; look at OK_APP_ID, OK_APP_KEY, OK_APP_SECRET and the application's settings"
                );
                Self::new(
                    StatusCode::BAD_GATEWAY,
                    "ok_refused",
                    "OK refused this server; its log says why",
                )
            }
            RequestError::Unreachable(_) => {
                log::error!("{error}");
                Self::new(
                    StatusCode::BAD_GATEWAY,
                    "ok_unreachable",
                    "OK did not respond; try again",
                )
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = json_response(
            self.status,
            &json!({ "error": self.error, "message": self.message }),
        );
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Returns JSON with a status.
pub(super) fn json_response(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => (status, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
