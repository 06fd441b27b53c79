//! The shapes of answers. Names and places of every value are OK's (apiok.ru/en/ext/publish,
//! `apiok.ru/en/ext/invite_suggest`, apiok.ru/en/dev/sdk/js-ext/widgets).

use serde_json::Value;

use super::request::{Back, Envelope, Seal};
use crate::behavior::RequestKind;
use crate::codes::{CANCELLED, Refusal};
use crate::signature;

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// Id of the topic; 0 if the application is not approved.
    Published(u64),
    /// Ids of the friends a letter went to.
    Sent(Vec<u64>),
    Refused(Refusal),
}

/// How the browser carries the answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Delivery {
    /// To an address.
    Go(String),
    /// By a message to the window that opened the page: JSON.
    Message(String),
}

/// The answer in the shape its request asked for. A refused request has no seal.
pub(crate) fn deliver(envelope: &Envelope, seal: Option<&Seal>, answer: &Answer) -> Delivery {
    match &envelope.back {
        Back::Return(address) => Delivery::Go(address.with_query(&query(envelope, seal, answer))),
        Back::Flat(address) => Delivery::Go(address.with_query(&flat(envelope, seal, answer))),
        Back::Message => Delivery::Message(message(envelope, seal, answer)),
    }
}

/// The answer with a `state` nobody sent.
pub(crate) fn wrong_state(envelope: &Envelope, seal: &Seal, answer: &Answer) -> Delivery {
    let state = Some("never-sent-by-the-game".to_owned());
    let other = |back| Envelope {
        kind: envelope.kind,
        back,
        state: state.clone(),
    };
    match &envelope.back {
        // A post's answer has no state of its own: put the wrong one beside it.
        Back::Return(address) if envelope.kind == Some(RequestKind::Post) => {
            let mut pairs = query(envelope, Some(seal), answer);
            pairs.extend(state.clone().map(|state| ("state", state)));
            Delivery::Go(address.with_query(&pairs))
        }
        Back::Return(address) => deliver(&other(Back::Return(address.clone())), Some(seal), answer),
        Back::Flat(address) => deliver(&other(Back::Flat(address.clone())), Some(seal), answer),
        Back::Message => deliver(&other(Back::Message), Some(seal), answer),
    }
}

/// An answer in the fragment, as a login that was refused has it.
pub(crate) fn fragment_error(envelope: &Envelope) -> Delivery {
    let mut pairs = vec![
        ("error", "access_denied".to_owned()),
        ("error_code", "10".to_owned()),
        ("error_msg", "PERMISSION_DENIED".to_owned()),
    ];
    pairs.extend(envelope.state.clone().map(|state| ("state", state)));
    match envelope.back.address() {
        Some(address) => Delivery::Go(address.with_fragment(&pairs)),
        None => Delivery::Message("{\"error\":\"access_denied\"}".to_owned()),
    }
}

/// An answer nobody can read.
pub(crate) fn garbage(envelope: &Envelope) -> Delivery {
    let broken = "{\"type\":\"succ\u{1}ess\",\"id\":[[[";
    match envelope.back.address() {
        Some(address) => Delivery::Go(address.with_query(&[
            ("result", broken.to_owned()),
            ("selected", "[12,,x".to_owned()),
            ("code", String::new()),
        ])),
        None => Delivery::Message(broken.to_owned()),
    }
}

fn query(envelope: &Envelope, seal: Option<&Seal>, answer: &Answer) -> Vec<(&'static str, String)> {
    match envelope.kind {
        Some(RequestKind::Invite | RequestKind::Suggest) => {
            let pairs = letter(envelope, seal, answer);
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
        Some(RequestKind::Post | RequestKind::Login) | None => vec![("result", post(seal, answer))],
    }
}

/// `result` of a post's answer. Whether OK hands `st.state` back here is not known; the sandbox
/// does not.
fn post(seal: Option<&Seal>, answer: &Answer) -> String {
    match answer {
        Answer::Refused(refusal) => object(&[
            ("type", "error".into()),
            ("code", refusal.code.into()),
            ("message", refusal.message.as_str().into()),
        ]),
        Answer::Published(id) => object(&[
            ("type", "success".into()),
            ("id", id.to_string().into()),
            ("signature", post_signature(*id, seal).into()),
        ]),
        Answer::Sent(_) => object(&[("type", "success".into())]),
    }
}

fn post_signature(id: u64, seal: Option<&Seal>) -> String {
    seal.map_or_else(String::new, |seal| {
        signature::of_post_answer(&id.to_string(), &seal.signature)
    })
}

/// Parameters of an invite's or suggest's answer.
fn letter(
    envelope: &Envelope,
    seal: Option<&Seal>,
    answer: &Answer,
) -> Vec<(&'static str, String)> {
    let mut pairs = match answer {
        Answer::Sent(ids) => {
            let selected = bracketed(ids);
            let check = seal.map(|seal| {
                signature::of_letter_answer(&selected, envelope.state.as_deref(), &seal.key)
            });
            vec![
                ("code", "OK".to_owned()),
                ("selected", selected),
                ("sig", check.unwrap_or_default()),
            ]
        }
        Answer::Refused(refusal) => {
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
        Answer::Published(_) => vec![("code", "OK".to_owned())],
    };
    pairs.extend(envelope.state.clone().map(|state| ("state", state)));
    pairs
}

/// Answer for `st.redirect_uri`: the same values without the JSON.
fn flat(envelope: &Envelope, seal: Option<&Seal>, answer: &Answer) -> Vec<(&'static str, String)> {
    match (envelope.kind, answer) {
        (Some(RequestKind::Invite | RequestKind::Suggest), _) => letter(envelope, seal, answer),
        (_, Answer::Published(id)) => {
            vec![
                ("id", id.to_string()),
                ("signature", post_signature(*id, seal)),
            ]
        }
        (_, Answer::Refused(refusal)) => {
            vec![
                ("error_code", refusal.code.to_string()),
                ("error_msg", refusal.message.clone()),
            ]
        }
        (_, Answer::Sent(_)) => Vec::new(),
    }
}

fn message(envelope: &Envelope, seal: Option<&Seal>, answer: &Answer) -> String {
    match (envelope.kind, answer) {
        (Some(RequestKind::Invite | RequestKind::Suggest), _) => {
            let pairs: Vec<(&str, Value)> = letter(envelope, seal, answer)
                .into_iter()
                .map(|(name, value)| (name, Value::from(value)))
                .collect();
            object(&pairs)
        }
        (_, Answer::Published(id)) => object(&[("id", id.to_string().into())]),
        _ => post(seal, answer),
    }
}

fn bracketed(ids: &[u64]) -> String {
    let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
    format!("[{}]", ids.join(","))
}

/// A JSON object that keeps the order of its fields.
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
    use crate::address::ReturnAddress;
    use crate::form::{self, Fields};

    fn envelope(kind: RequestKind, back: Back) -> Envelope {
        Envelope {
            kind: Some(kind),
            back,
            state: Some("s1".into()),
        }
    }

    fn address() -> ReturnAddress {
        ReturnAddress::read("http://127.0.0.1:1/r").unwrap()
    }

    fn seal() -> Seal {
        Seal {
            key: "key".into(),
            signature: "sig".into(),
        }
    }

    fn fields(delivery: &Delivery) -> Fields {
        let Delivery::Go(address) = delivery else {
            panic!("{delivery:?}")
        };
        form::parse(address.split_once('?').unwrap().1.as_bytes()).unwrap()
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
        let to = envelope(RequestKind::Post, Back::Return(address()));
        let cancel = Answer::Refused(Refusal::scripted(12));
        assert_eq!(
            list(&fields(&deliver(&to, Some(&seal()), &cancel))),
            [(
                "result",
                r#"{"type":"error","code":12,"message":"Operation was cancelled by user"}"#
            )]
        );
        let done = fields(&deliver(&to, Some(&seal()), &Answer::Published(7)));
        let check = signature::of_post_answer("7", "sig");
        let expected = format!(r#"{{"type":"success","id":"7","signature":"{check}"}}"#);
        assert_eq!(list(&done), [("result", expected.as_str())]);
        let flat = envelope(RequestKind::Post, Back::Flat(address()));
        let done = fields(&deliver(&flat, Some(&seal()), &Answer::Published(7)));
        assert_eq!(list(&done), [("id", "7"), ("signature", check.as_str())]);
        let message = envelope(RequestKind::Post, Back::Message);
        assert_eq!(
            deliver(&message, Some(&seal()), &Answer::Published(0)),
            Delivery::Message(r#"{"id":"0"}"#.into())
        );
    }

    #[test]
    fn letters() {
        let to = envelope(RequestKind::Invite, Back::Return(address()));
        let done = fields(&deliver(&to, Some(&seal()), &Answer::Sent(vec![5, 6])));
        let check = signature::of_letter_answer("[5,6]", Some("s1"), "key");
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
        let bad = Answer::Refused(Refusal::new(104, "x"));
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
        let message = envelope(RequestKind::Suggest, Back::Message);
        let cancel = Answer::Refused(Refusal::scripted(12));
        let Delivery::Message(json) = deliver(&message, Some(&seal()), &cancel) else {
            panic!()
        };
        assert!(
            json.starts_with(r#"{"code":"CANCELLED","error_code":"12""#),
            "{json}"
        );
    }

    #[test]
    fn misbehavior() {
        for kind in [RequestKind::Post, RequestKind::Invite, RequestKind::Suggest] {
            let to = envelope(kind, Back::Return(address()));
            let wrong = fields(&wrong_state(&to, &seal(), &Answer::Sent(vec![])));
            assert_eq!(
                wrong.all("state").collect::<Vec<_>>(),
                ["never-sent-by-the-game"]
            );
        }
        let to = envelope(RequestKind::Invite, Back::Return(address()));
        assert_eq!(
            fragment_error(&to),
            Delivery::Go(
                "http://127.0.0.1:1/r#error=access_denied&error_code=10&error_msg=PERMISSION_DENIED&state=s1".into()
            )
        );
        assert!(
            serde_json::from_str::<Value>(fields(&garbage(&to)).get("result").unwrap()).is_err()
        );
    }
}
