//! Every callback of `tests/data/callbacks.json` is parsed as it says there, and limits hold.

use odnoklassniki::{Callback, CallbackError, CallbackResult, Published, Sent, WidgetCallback};
use odnoklassniki::{MAX_CALLBACK_BYTES, MAX_USERS};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "why")]
    _why: Option<String>,
    widget: String,
    url: Option<String>,
    message: Option<String>,
    expected: String,
}

fn describe<T>(
    callback: Result<Callback<T>, CallbackError>,
    completed: impl Fn(T) -> (String, Option<String>),
) -> String {
    let callback = match callback {
        Ok(callback) => callback,
        Err(CallbackError::Unrecognized) => return "unrecognized".to_owned(),
        Err(_) => return "invalid".to_owned(),
    };
    let mut text = match callback.result {
        CallbackResult::Completed(value) => {
            let (mut text, check_value) = completed(value);
            if let Some(value) = check_value {
                text += &format!(" check={value}");
            }
            text
        }
        CallbackResult::Cancelled => "cancelled".to_owned(),
        CallbackResult::NotApproved => "not approved".to_owned(),
        CallbackResult::Refused(refusal) => format!("refused {refusal}"),
    };
    if let Some(state) = callback.state {
        text += &format!(" state={state}");
    }
    text
}

fn parse<T: WidgetCallback>(case: &Case) -> Result<Callback<T>, CallbackError> {
    match (&case.url, &case.message) {
        (Some(url), None) => T::from_url(url),
        (None, Some(message)) => T::from_message(message),
        _ => panic!("a case has a URL or a message"),
    }
}

fn published(post: Published) -> (String, Option<String>) {
    (format!("published {}", post.topic_id), post.check_value)
}

fn sent(sent: Sent) -> (String, Option<String>) {
    let users: Vec<String> = sent.users.iter().map(ToString::to_string).collect();
    (format!("sent [{}]", users.join(",")), sent.check_value)
}

#[test]
fn the_table() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("data/callbacks.json")).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let outcome = match case.widget.as_str() {
            "post" => describe(parse(case), published),
            "sent" => describe(parse(case), sent),
            other => panic!("no widget {other}"),
        };
        if outcome != case.expected {
            let input = case.url.as_ref().or(case.message.as_ref());
            wrong.push(format!(
                "{input:?}\n  expected {}\n  parsed   {outcome}",
                case.expected
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() > 80);
}

#[test]
fn query_and_fragment_may_be_read_alone() {
    let query = Sent::from_pairs("code=OK&selected=[1]");
    assert_eq!(query, Sent::from_pairs("?code=OK&selected=[1]"));
    assert_eq!(query, Sent::from_pairs("#code=OK&selected=[1]"));
    assert!(query.is_ok());
}

#[test]
fn sixteen_kibibytes_are_the_limit() {
    let filled = |bytes: usize| {
        let start = "code=OK&selected=[1]&x=";
        format!("{start}{}", "y".repeat(bytes - start.len()))
    };
    assert!(Sent::from_pairs(&filled(MAX_CALLBACK_BYTES)).is_ok());
    let long = Sent::from_pairs(&filled(MAX_CALLBACK_BYTES + 1));
    assert!(matches!(long, Err(CallbackError::Invalid(_))));
    let message = format!("{{\"id\":5,\"x\":\"{}\"}}", "y".repeat(MAX_CALLBACK_BYTES));
    assert!(matches!(
        Published::from_message(&message),
        Err(CallbackError::Invalid(_))
    ));
}

#[test]
fn so_many_users_are_the_limit() {
    let users = |count: usize| format!("code=OK&selected=[{}]", vec!["1"; count].join(","));
    let CallbackResult::Completed(full) = Sent::from_pairs(&users(MAX_USERS)).unwrap().result
    else {
        panic!("the full list is taken");
    };
    assert_eq!(full.users.len(), MAX_USERS);
    assert!(Sent::from_pairs(&users(MAX_USERS + 1)).is_err());
}

#[test]
fn a_message_is_cut_at_512_characters() {
    let raw = format!("code=SERVICE&error_msg={}", "%D1%8F".repeat(600));
    let CallbackResult::Refused(refusal) = Sent::from_pairs(&raw).unwrap().result else {
        panic!("it is a refusal");
    };
    assert_eq!(refusal.message, "я".repeat(512));
}

#[test]
fn the_name_of_a_refusal_is_ok_s_own() {
    for (raw, name, shown) in [
        (
            "code=PARAM_SIGNATURE&error_msg=x",
            Some("PARAM_SIGNATURE"),
            "104 PARAM_SIGNATURE: x",
        ),
        (
            "error_code=104",
            Some("PARAM_SIGNATURE"),
            "104 PARAM_SIGNATURE",
        ),
        (
            "error_code=104&error=oauth",
            Some("PARAM_SIGNATURE"),
            "104 PARAM_SIGNATURE",
        ),
        (
            "code=NEW_TROUBLE&error_msg=x",
            Some("NEW_TROUBLE"),
            "NEW_TROUBLE: x",
        ),
        (
            "code=NEW_TROUBLE&error_code=31337",
            Some("NEW_TROUBLE"),
            "31337 NEW_TROUBLE",
        ),
        ("error_code=31337", None, "31337"),
        ("error_code=31337&code=%01", None, "31337"),
        ("type=error", Some("UNKNOWN"), "1 UNKNOWN"),
    ] {
        let CallbackResult::Refused(refusal) = Sent::from_pairs(raw).unwrap().result else {
            panic!("{raw} is a refusal");
        };
        assert_eq!(refusal.code_name(), name, "{raw}");
        assert_eq!(refusal.to_string(), shown, "{raw}");
    }
}

#[test]
fn debug_shows_no_state() {
    let callback = Sent::from_pairs("code=OK&selected=[561]&state=canary").unwrap();
    let text = format!("{callback:?}");
    assert!(!text.contains("canary") && text.contains("561"), "{text}");
    assert!(format!("{:?}", Sent::from_pairs("code=OK&selected=[561]")).contains("state: None"));
}

#[test]
fn deep_json_is_refused_and_does_not_overflow() {
    let deep = format!("{{\"id\":{}", "[".repeat(10_000));
    assert!(matches!(
        Published::from_pairs(&format!("result={deep}")),
        Err(CallbackError::Invalid(_))
    ));
    assert_eq!(
        Published::from_message(&deep),
        Err(CallbackError::Unrecognized)
    );
}

/// A number that is too large to hold, under a name that means nothing.
#[test]
fn unknown_values_do_no_harm_in_any_place() {
    let json = r#"{"id":7,"x":1e999}"#;
    let callback = Published::from_message(json);
    assert!(callback.is_ok());
    assert_eq!(Published::from_pairs(&format!("result={json}")), callback);
    let quoted = serde_json::to_string(json).unwrap();
    for message in [
        quoted.clone(),
        format!(r#"{{"result":{json}}}"#),
        format!(r#"{{"result":{quoted}}}"#),
    ] {
        assert_eq!(Published::from_message(&message), callback, "{message}");
    }
    // A name that comes twice is refused in an inner object as well.
    let twice = Published::from_message(r#"{"result":{"id":7,"id":8}}"#);
    assert!(matches!(twice, Err(CallbackError::Invalid(_))), "{twice:?}");
}

#[test]
fn a_known_value_is_taken_as_it_is_written() {
    let text = |id: &str| Published::from_message(&format!(r#"{{"type":"success","id":{id}}}"#));
    assert_eq!(
        text("61234567890123").unwrap(),
        text(r#""\u0036\u0031234567890123""#).unwrap()
    );
    // No number that could be a topic, however large; and no text at all.
    for bad in [
        "1e999",
        "6.5",
        "-7",
        "18446744073709551616",
        "[7]",
        "{}",
        "true",
        r#""\ud800""#,
    ] {
        assert!(matches!(text(bad), Err(CallbackError::Invalid(_))), "{bad}");
    }
    let sent = |list: &str| Sent::from_message(&format!(r#"{{"code":"OK","selected":{list}}}"#));
    assert_eq!(
        sent(r#"[561, "562"]"#).unwrap(),
        sent(r#""561,562""#).unwrap()
    );
}

#[test]
fn the_worst_query_is_read_quickly() {
    // Each `?` asks whether a known name begins there; that must not scan the rest.
    let raw = "?".repeat(MAX_CALLBACK_BYTES);
    assert_eq!(Sent::from_pairs(&raw), Err(CallbackError::Unrecognized));
}
