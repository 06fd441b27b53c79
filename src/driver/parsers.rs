//! Parses the text of a callback, on the listener's thread: is it a callback, and is it this
//! request's? `request/callback.rs` turns it into an outcome.

use std::sync::Arc;

use callback_listener::{CallbackParser, Page, ParsedCallback};
use odnoklassniki::oauth::{AuthorizationResponse, Authorized, OAuthErrorCode, ResponseType};
use odnoklassniki::{CallbackError, CallbackResult, ErrorCode, WidgetCallback, WidgetKind};
use zeroize::Zeroizing;

use crate::request::callback::{Parsed, ReceivedCallback};

/// Returns the parser for a widget's callbacks. `state` is the `st.state` that was sent: a callback
/// with another state belongs to another request.
pub(crate) fn widget_parser(
    kind: WidgetKind,
    state: Option<String>,
) -> CallbackParser<ReceivedCallback> {
    match kind {
        WidgetKind::Post => parser_of(
            state,
            WidgetCallback::from_pairs,
            ReceivedCallback::Published,
        ),
        WidgetKind::Invite | WidgetKind::Suggest => {
            parser_of(state, WidgetCallback::from_pairs, ReceivedCallback::Sent)
        }
    }
}

/// Returns the parser for a widget's messages, without a return page. Other scripts of OK post
/// messages, too, so what is no clear result ends nothing.
pub(crate) fn message_parser(
    kind: WidgetKind,
    state: Option<String>,
) -> CallbackParser<ReceivedCallback> {
    match kind {
        WidgetKind::Post => parser_of(state, from_message, ReceivedCallback::Published),
        WidgetKind::Invite | WidgetKind::Suggest => {
            parser_of(state, from_message, ReceivedCallback::Sent)
        }
    }
}

/// Parses a message, of which only a clear result counts.
fn from_message<T: WidgetCallback>(text: &str) -> Parsed<T> {
    let callback = T::from_message(text).map_err(|_| CallbackError::Unrecognized)?;
    if is_some_name(&callback.result) {
        return Err(CallbackError::Unrecognized);
    }
    Ok(callback)
}

/// Returns whether a refusal consists of a name that is none of OK's errors, such as `READY`.
fn is_some_name<T>(result: &CallbackResult<T>) -> bool {
    matches!(result, CallbackResult::Refused(refusal)
        if refusal.code == ErrorCode::UNKNOWN
            && refusal.unknown_name.is_some()
            && refusal.message.is_empty())
}

fn parser_of<T: WidgetCallback + 'static>(
    state: Option<String>,
    parse: fn(&str) -> Parsed<T>,
    wrap: fn(Parsed<T>) -> ReceivedCallback,
) -> CallbackParser<ReceivedCallback> {
    Arc::new(move |text: &str| {
        let parsed = parse(text);
        let page = match &parsed {
            Err(CallbackError::Unrecognized) => return ParsedCallback::NotACallback,
            Err(_) => Page::Invalid,
            Ok(callback)
                if callback.state.is_some() && state.is_some() && callback.state != state =>
            {
                return ParsedCallback::StateMismatch;
            }
            Ok(callback) => match callback.result {
                CallbackResult::Completed(_) => Page::Completed,
                CallbackResult::Cancelled => Page::Cancelled,
                CallbackResult::NotApproved => Page::NotApproved,
                CallbackResult::Refused(_) => Page::Refused,
            },
        };
        ParsedCallback::Done(wrap(parsed), page)
    })
}

/// Returns the parser for a login's callbacks. `state` is the return token: a callback with another
/// state belongs to another login.
pub(crate) fn login_parser(
    requested: ResponseType,
    state: Zeroizing<String>,
) -> CallbackParser<ReceivedCallback> {
    let is_ours =
        move |named: &str| constant_time_eq::constant_time_eq(named.as_bytes(), state.as_bytes());
    Arc::new(move |text: &str| {
        let parsed = AuthorizationResponse::from_pairs(&[text]);
        let (parsed, page) = match parsed {
            Err(CallbackError::Unrecognized) => return ParsedCallback::NotACallback,
            Ok(response)
                if response
                    .state
                    .as_deref()
                    .is_some_and(|named| !is_ours(named)) =>
            {
                return ParsedCallback::StateMismatch;
            }
            Err(error) => (Err(error), Page::Invalid),
            Ok(response) => match (&response.authorized, requested) {
                (Authorized::Refused(error), _) if error.code == OAuthErrorCode::AccessDenied => {
                    (Ok(response), Page::Cancelled)
                }
                (Authorized::Refused(_), _) => (Ok(response), Page::Refused),
                (Authorized::Token(_), ResponseType::Token)
                | (Authorized::Code(_), ResponseType::Code) => (Ok(response), Page::Completed),
                _ => (
                    Err(CallbackError::Invalid(
                        "it belongs to another flow than the requested one",
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
