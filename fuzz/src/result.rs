//! The callbacks of the widgets, as pairs and as JSON.

use std::fmt::Debug;

use odnoklassniki::{
    Callback, CallbackError, CallbackResult, ErrorCode, Published, Sent, WidgetCallback,
};
use odnoklassniki::{MAX_CALLBACK_BYTES, MAX_USERS};
use serde::de::IgnoredAny;

use crate::escapes::escape;

/// Reads the input as pairs and as the JSON of `result`: within the limits, and alike in every
/// place.
pub fn result_json(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    everywhere::<Published>(&text, |post| {
        assert_ne!(post.topic_id.get(), 0, "nothing was published");
        pairs(&[
            ("id", Some(post.topic_id.to_string())),
            ("signature", post.check_value.clone()),
        ])
    });
    everywhere::<Sent>(&text, |sent| {
        assert!(sent.users.len() <= MAX_USERS);
        let users: Vec<_> = sent.users.iter().map(ToString::to_string).collect();
        let selected = Some(format!("[{}]", users.join(",")));
        pairs(&[("selected", selected), ("sig", sent.check_value.clone())])
    });
}

/// One kind of callback; `write` writes what was done, as pairs.
fn everywhere<T: WidgetCallback + Clone + Debug + PartialEq>(
    text: &str,
    write: impl Fn(&T) -> String,
) {
    let alone = T::from_pairs(text);
    check(&alone, &write);
    assert_eq!(
        T::from_url(&format!("http://h/#{text}")),
        alone,
        "in the fragment"
    );
    if !text.contains('#') {
        assert_eq!(
            T::from_url(&format!("http://h/?{text}")),
            alone,
            "in the query"
        );
    }
    let message = T::from_message(text);
    check(&message, &write);
    let result = format!("result={}", escape(text));
    // A message may be more than `result`: a text that holds the JSON, or JSON with a `result` or
    // `data` of its own.
    let is_alone = text.trim_start().starts_with('{')
        && !["result", "data", "\\u"]
            .iter()
            .any(|part| text.contains(part));
    if is_alone && result.len() <= MAX_CALLBACK_BYTES {
        assert_eq!(
            T::from_pairs(&result).ok(),
            message.clone().ok(),
            "in `result`"
        );
        // What is no JSON alone may be a part of some.
        if serde_json::from_str::<IgnoredAny>(text).is_ok() {
            let inner = T::from_message(&format!("{{\"result\":{text}}}"));
            assert_eq!(inner.ok(), message.clone().ok(), "in an inner `result`");
            let wrapped = format!("{{\"data\":{text},\"x\":0}}");
            if wrapped.len() <= MAX_CALLBACK_BYTES {
                assert_eq!(T::from_message(&wrapped), message, "in `data`");
            }
        }
    }
}

/// The limits of what was read; and what was done reads the same when it is written again.
fn check<T: WidgetCallback + Debug + PartialEq>(
    read: &Result<Callback<T>, CallbackError>,
    write: impl Fn(&T) -> String,
) {
    let Ok(callback) = read else { return };
    match &callback.result {
        CallbackResult::Completed(done) => {
            let state = pairs(&[("state", callback.state.clone())]);
            let written = format!("{}{state}", write(done));
            if written.len() <= MAX_CALLBACK_BYTES {
                assert_eq!(&T::from_pairs(&written), read, "written again");
            }
        }
        CallbackResult::Refused(refusal) => {
            assert_ne!(
                refusal.code,
                ErrorCode::CANCELLED,
                "that is an outcome of its own"
            );
            assert!(refusal.message.chars().count() <= 512);
            assert!(!refusal.to_string().chars().any(char::is_control));
        }
        CallbackResult::Cancelled | CallbackResult::NotApproved => {}
    }
}

fn pairs(pairs: &[(&str, Option<String>)]) -> String {
    let there = pairs
        .iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| (name, value)));
    there
        .map(|(name, value)| format!("{name}={}&", escape(value)))
        .collect()
}
