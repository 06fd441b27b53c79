//! From the text of a callback to what the driver is told, on the listener's thread: is it a
//! callback at all, and is it this request's? What it means to the game is in
//! `request/callback.rs`.

use std::sync::Arc;

use callback_listener::{CallbackParser, Page, ParsedCallback};
use odnoklassniki::oauth::{AuthorizationResponse, Authorized, OAuthErrorCode, ResponseType};
use odnoklassniki::{CallbackError, CallbackResult, WidgetCallback, WidgetKind};
use zeroize::Zeroizing;

use crate::request::callback::{Parsed, ReceivedCallback};

/// Reads callbacks for one request. `state` is what was sent as `st.state`: an answer that names
/// another is not ours.
pub(crate) fn widget_parser(
    kind: WidgetKind,
    state: Option<String>,
) -> CallbackParser<ReceivedCallback> {
    match kind {
        WidgetKind::Post => parser_of(state, ReceivedCallback::Published),
        WidgetKind::Invite | WidgetKind::Suggest => parser_of(state, ReceivedCallback::Sent),
    }
}

fn parser_of<T: WidgetCallback + 'static>(
    state: Option<String>,
    wrap: fn(Parsed<T>) -> ReceivedCallback,
) -> CallbackParser<ReceivedCallback> {
    Arc::new(move |text: &str| {
        let parsed = T::from_pairs(text);
        let page = match &parsed {
            Err(CallbackError::Unrecognized) => return ParsedCallback::NotACallback,
            Err(_) => Page::Invalid,
            Ok(answer) if answer.state.is_some() && state.is_some() && answer.state != state => {
                return ParsedCallback::WrongState;
            }
            Ok(answer) => match answer.result {
                CallbackResult::Completed(_) => Page::Completed,
                CallbackResult::Cancelled => Page::Cancelled,
                CallbackResult::NotApproved => Page::NotApproved,
                CallbackResult::Refused(_) => Page::Refused,
            },
        };
        ParsedCallback::Done(wrap(parsed), page)
    })
}

/// Reads callbacks of a login. `state` is the return token: an answer that names another is not
/// ours.
pub(crate) fn login_parser(
    asked: ResponseType,
    state: Zeroizing<String>,
) -> CallbackParser<ReceivedCallback> {
    let is_ours =
        move |named: &str| constant_time_eq::constant_time_eq(named.as_bytes(), state.as_bytes());
    Arc::new(move |text: &str| {
        let parsed = AuthorizationResponse::from_pairs(&[text]);
        let (parsed, page) = match parsed {
            Err(CallbackError::Unrecognized) => return ParsedCallback::NotACallback,
            Ok(answer) if answer.state.as_deref().is_some_and(|named| !is_ours(named)) => {
                return ParsedCallback::WrongState;
            }
            Err(error) => (Err(error), Page::Invalid),
            Ok(answer) => match (&answer.authorized, asked) {
                (Authorized::Refused(error), _) if error.code == OAuthErrorCode::AccessDenied => {
                    (Ok(answer), Page::Cancelled)
                }
                (Authorized::Refused(_), _) => (Ok(answer), Page::Refused),
                (Authorized::Token(_), ResponseType::Token)
                | (Authorized::Code(_), ResponseType::Code) => (Ok(answer), Page::Completed),
                _ => (
                    Err(CallbackError::Invalid(
                        "it answers another flow than was asked for",
                    )),
                    Page::Invalid,
                ),
            },
        };
        ParsedCallback::Done(ReceivedCallback::Login(parsed), page)
    })
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
