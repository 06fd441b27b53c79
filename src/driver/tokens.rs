//! The two secret tokens of a request.

use callback_listener::{LinkToken, ReturnToken, Token};

use crate::error::{RequestError, RequestErrorKind};
use crate::platform;

pub(super) fn link_token() -> Result<LinkToken, RequestError> {
    Token::random(platform::random).map_err(no_random)
}

pub(super) fn return_token() -> Result<ReturnToken, RequestError> {
    Token::random(platform::random).map_err(no_random)
}

fn no_random(error: impl core::fmt::Display) -> RequestError {
    let text = format!("no random numbers: {error}");
    RequestError::new(RequestErrorKind::Unsupported, text)
}
