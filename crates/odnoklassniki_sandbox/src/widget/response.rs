//! The responses of widgets. Names and places of all values are OK's (apiok.ru/en/ext/publish,
//! `apiok.ru/en/ext/invite_suggest`, apiok.ru/en/dev/sdk/js-ext/widgets).

use serde_json::Value;

use super::request::{ResponseKey, ReturnMode, ReturnTo};
use crate::error_code::{CANCELLED, Refusal};
use crate::page_kind::PageKind;
use crate::signature;

/// How a request ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// The id of the topic; 0 if OK has not approved the application.
    Published(u64),
    /// The ids of the friends who got an invitation or recommendation.
    Sent(Vec<u64>),
    Refused(Refusal),
}

/// How the browser carries the response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Delivery {
    /// To this URL.
    Redirect(String),
    /// By a message to the window that opened the page: JSON.
    PostMessage(String),
}

/// Writes the response in the shape that its request asked for. A refused request has no key.
pub(crate) fn deliver(
    return_to: &ReturnTo,
    key: Option<&ResponseKey>,
    outcome: &Outcome,
) -> Delivery {
    match &return_to.mode {
        ReturnMode::Return(url) => {
            Delivery::Redirect(url.with_query(&nested(return_to, key, outcome)))
        }
        ReturnMode::Flat(url) => Delivery::Redirect(url.with_query(&flat(return_to, key, outcome))),
        ReturnMode::Message => Delivery::PostMessage(message(return_to, key, outcome)),
    }
}

/// Writes the response with a `state` that the game never sent.
pub(crate) fn wrong_state(return_to: &ReturnTo, key: &ResponseKey, outcome: &Outcome) -> Delivery {
    let state = Some("never-sent-by-the-game".to_owned());
    let other = |mode| ReturnTo {
        kind: return_to.kind,
        mode,
        state: state.clone(),
    };
    let return_to = match &return_to.mode {
        // The response of a post has no state of its own: put the wrong one beside it.
        ReturnMode::Return(url) if return_to.kind == Some(PageKind::Post) => {
            let mut pairs = nested(return_to, Some(key), outcome);
            pairs.extend(state.map(|state| ("state", state)));
            return Delivery::Redirect(url.with_query(&pairs));
        }
        ReturnMode::Return(url) => other(ReturnMode::Return(url.clone())),
        ReturnMode::Flat(url) => other(ReturnMode::Flat(url.clone())),
        ReturnMode::Message => other(ReturnMode::Message),
    };
    deliver(&return_to, Some(key), outcome)
}

/// Writes an error into the fragment, as a refused login has it.
pub(crate) fn fragment_error(return_to: &ReturnTo) -> Delivery {
    let mut pairs = vec![
        ("error", "access_denied".to_owned()),
        ("error_code", "10".to_owned()),
        ("error_msg", "PERMISSION_DENIED".to_owned()),
    ];
    pairs.extend(return_to.state.clone().map(|state| ("state", state)));
    match return_to.mode.url() {
        Some(url) => Delivery::Redirect(url.with_fragment(&pairs)),
        None => Delivery::PostMessage("{\"error\":\"access_denied\"}".to_owned()),
    }
}

/// Writes an unreadable response.
pub(crate) fn garbage(return_to: &ReturnTo) -> Delivery {
    let broken = "{\"type\":\"succ\u{1}ess\",\"id\":[[[";
    match return_to.mode.url() {
        Some(url) => Delivery::Redirect(url.with_query(&[
            ("result", broken.to_owned()),
            ("selected", "[12,,x".to_owned()),
            ("code", String::new()),
        ])),
        None => Delivery::PostMessage(broken.to_owned()),
    }
}

type Pairs = Vec<(&'static str, String)>;

/// Returns the parameters for `st.return`, with the JSON in `result`.
fn nested(return_to: &ReturnTo, key: Option<&ResponseKey>, outcome: &Outcome) -> Pairs {
    match return_to.kind {
        Some(PageKind::Invite | PageKind::Suggest) => {
            let pairs = invitation(return_to, key, outcome);
            // `result` repeats the others as texts, but for the check value and the state.
            let repeated: Vec<(&str, Value)> = pairs
                .iter()
                .filter(|(name, _)| !matches!(*name, "sig" | "state"))
                .map(|(name, value)| (*name, Value::from(value.as_str())))
                .collect();
            let result = ("result", object(&repeated));
            pairs.into_iter().chain([result]).collect()
        }
        // A widget is never a login.
        Some(PageKind::Post | PageKind::Login) | None => vec![("result", post(key, outcome))],
    }
}

/// Returns `result` for a post. It is not known whether OK hands `st.state` back here; the sandbox
/// does not.
fn post(key: Option<&ResponseKey>, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused(refusal) => object(&[
            ("type", "error".into()),
            ("code", refusal.code.into()),
            ("message", refusal.message.as_str().into()),
        ]),
        Outcome::Published(id) => object(&[
            ("type", "success".into()),
            ("id", id.to_string().into()),
            ("signature", post_signature(*id, key).into()),
        ]),
        Outcome::Sent(_) => object(&[("type", "success".into())]),
    }
}

fn post_signature(id: u64, key: Option<&ResponseKey>) -> String {
    key.map_or_else(String::new, |key| {
        signature::of_post_response(&id.to_string(), &key.signature)
    })
}

/// Returns the parameters for an invitation or recommendation.
fn invitation(return_to: &ReturnTo, key: Option<&ResponseKey>, outcome: &Outcome) -> Pairs {
    let mut pairs = match outcome {
        Outcome::Sent(ids) => {
            let selected = bracketed(ids);
            let state = return_to.state.as_deref();
            let check =
                key.map(|key| signature::of_invitation_response(&selected, state, &key.secret));
            vec![
                ("code", "OK".to_owned()),
                ("selected", selected),
                ("sig", check.unwrap_or_default()),
            ]
        }
        Outcome::Refused(refusal) => {
            let code = if refusal.code == CANCELLED {
                "CANCELLED"
            } else {
                refusal.name()
            };
            vec![
                ("code", code.to_owned()),
                ("error_code", refusal.code.to_string()),
                ("error_msg", refusal.message.clone()),
                ("message", refusal.message.clone()),
            ]
        }
        Outcome::Published(_) => vec![("code", "OK".to_owned())],
    };
    pairs.extend(return_to.state.clone().map(|state| ("state", state)));
    pairs
}

/// Returns the parameters for `st.redirect_uri`: the same values without the JSON.
fn flat(return_to: &ReturnTo, key: Option<&ResponseKey>, outcome: &Outcome) -> Pairs {
    match (return_to.kind, outcome) {
        (Some(PageKind::Invite | PageKind::Suggest), _) => invitation(return_to, key, outcome),
        (_, Outcome::Published(id)) => {
            vec![
                ("id", id.to_string()),
                ("signature", post_signature(*id, key)),
            ]
        }
        (_, Outcome::Refused(refusal)) => {
            vec![
                ("error_code", refusal.code.to_string()),
                ("error_msg", refusal.message.clone()),
            ]
        }
        (_, Outcome::Sent(_)) => Vec::new(),
    }
}

fn message(return_to: &ReturnTo, key: Option<&ResponseKey>, outcome: &Outcome) -> String {
    match (return_to.kind, outcome) {
        (Some(PageKind::Invite | PageKind::Suggest), _) => {
            let pairs: Vec<(&str, Value)> = invitation(return_to, key, outcome)
                .into_iter()
                .map(|(name, value)| (name, Value::from(value)))
                .collect();
            object(&pairs)
        }
        (_, Outcome::Published(id)) => object(&[("id", id.to_string().into())]),
        _ => post(key, outcome),
    }
}

fn bracketed(ids: &[u64]) -> String {
    let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
    format!("[{}]", ids.join(","))
}

/// Writes a JSON object that keeps the order of its fields.
fn object(fields: &[(&str, Value)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}:{value}", Value::from(*name)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{self, Fields};
    use crate::return_url::ReturnUrl;

    fn return_to(kind: PageKind, mode: ReturnMode) -> ReturnTo {
        ReturnTo {
            kind: Some(kind),
            mode,
            state: Some("s1".into()),
        }
    }

    fn url() -> ReturnUrl {
        ReturnUrl::parse("http://127.0.0.1:1/r").unwrap()
    }

    fn key() -> ResponseKey {
        ResponseKey {
            secret: "key".into(),
            signature: "sig".into(),
        }
    }

    fn fields(delivery: &Delivery) -> Fields {
        let Delivery::Redirect(url) = delivery else {
            panic!("{delivery:?}")
        };
        form::parse(url.split_once('?').unwrap().1.as_bytes()).unwrap()
    }

    fn list(fields: &Fields) -> Vec<(&str, &str)> {
        fields
            .0
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect()
    }

    #[test]
    fn posts() {
        let to = return_to(PageKind::Post, ReturnMode::Return(url()));
        let cancel = Outcome::Refused(Refusal::requested(12));
        assert_eq!(
            list(&fields(&deliver(&to, Some(&key()), &cancel))),
            [(
                "result",
                r#"{"type":"error","code":12,"message":"Operation was cancelled by user"}"#
            )]
        );
        let done = fields(&deliver(&to, Some(&key()), &Outcome::Published(7)));
        let check = signature::of_post_response("7", "sig");
        let expected = format!(r#"{{"type":"success","id":"7","signature":"{check}"}}"#);
        assert_eq!(list(&done), [("result", expected.as_str())]);
        let flat = return_to(PageKind::Post, ReturnMode::Flat(url()));
        let done = fields(&deliver(&flat, Some(&key()), &Outcome::Published(7)));
        assert_eq!(list(&done), [("id", "7"), ("signature", check.as_str())]);
        let message = return_to(PageKind::Post, ReturnMode::Message);
        assert_eq!(
            deliver(&message, Some(&key()), &Outcome::Published(0)),
            Delivery::PostMessage(r#"{"id":"0"}"#.into())
        );
    }

    #[test]
    fn invitations() {
        let to = return_to(PageKind::Invite, ReturnMode::Return(url()));
        let done = fields(&deliver(&to, Some(&key()), &Outcome::Sent(vec![5, 6])));
        let check = signature::of_invitation_response("[5,6]", Some("s1"), "key");
        assert_eq!(
            list(&done),
            [
                ("code", "OK"),
                ("selected", "[5,6]"),
                ("sig", check.as_str()),
                ("state", "s1"),
                ("result", r#"{"code":"OK","selected":"[5,6]"}"#),
            ]
        );
        let bad = Outcome::Refused(Refusal::new(104, "x"));
        let refused = fields(&deliver(&to, None, &bad));
        assert_eq!(
            list(&refused),
            [
                ("code", "PARAM_SIGNATURE"),
                ("error_code", "104"),
                ("error_msg", "x"),
                ("message", "x"),
                ("state", "s1"),
                (
                    "result",
                    r#"{"code":"PARAM_SIGNATURE","error_code":"104","error_msg":"x","message":"x"}"#
                ),
            ]
        );
        let message = return_to(PageKind::Suggest, ReturnMode::Message);
        let cancel = Outcome::Refused(Refusal::requested(12));
        let Delivery::PostMessage(json) = deliver(&message, Some(&key()), &cancel) else {
            panic!()
        };
        assert!(
            json.starts_with(r#"{"code":"CANCELLED","error_code":"12""#),
            "{json}"
        );
    }

    #[test]
    fn misbehavior() {
        for kind in [PageKind::Post, PageKind::Invite, PageKind::Suggest] {
            let to = return_to(kind, ReturnMode::Return(url()));
            let wrong = fields(&wrong_state(&to, &key(), &Outcome::Sent(vec![])));
            assert_eq!(
                wrong.all("state").collect::<Vec<_>>(),
                ["never-sent-by-the-game"]
            );
        }
        let to = return_to(PageKind::Invite, ReturnMode::Return(url()));
        assert_eq!(
            fragment_error(&to),
            Delivery::Redirect(
                "http://127.0.0.1:1/r#error=access_denied&error_code=10&error_msg=PERMISSION_DENIED&state=s1".into()
            )
        );
        assert!(
            serde_json::from_str::<Value>(fields(&garbage(&to)).get("result").unwrap()).is_err()
        );
    }
}
