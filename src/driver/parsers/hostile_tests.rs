//! Texts that try the parsers. Only OK's page knows the token: a text that looks like a callback but
//! cannot be read ends the request as unusable, and never as done.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const STATE: &str = "fedcba9876543210fedcba9876543210";

#[test]
fn texts_that_try_the_parser_are_never_completed() {
    let deep =
        |open: &str, close: &str| open.repeat(7000 / open.len()) + &close.repeat(7000 / open.len());
    let texts = [
        format!("result={}", deep("[", "]")),
        format!("result={}", "[".repeat(10_000)),
        format!("result={}", deep("{\"id\":", "}")),
        format!("result={{\"id\":{}}}", deep("[", "]")),
        format!("code=OK&selected={}", deep("[", "]")),
        format!("code=OK&selected={}", "[".repeat(10_000)),
        "result={\"id\":1e999}".into(),
        "result={\"id\":-1e999}".into(),
        "result={\"id\":1e-999}".into(),
        "result={\"type\":\"error\",\"code\":1e999}".into(),
        "id=1e999".into(),
        "code=OK&selected=[1e999]".into(),
        "code=OK&selected=[99999999999999999999999]".into(),
        format!("code=OK&selected=[{}1]", "1,".repeat(5000)),
        format!("a=b{}", "&a=b".repeat(4000)),
        format!("{}code=OK", "code=OK&".repeat(1500)),
        "id=7&id=8".into(),
        "id=%zz".into(),
        "code=OK&selected=%5B1%5D&selected=%5B2%5D".into(),
        "code=%ff&selected=[1]".into(),
        "result=%7B%22id%22%3A%22%ED%A0%80%22%7D".into(),
    ];
    for kind in [WidgetKind::Post, WidgetKind::Invite, WidgetKind::Suggest] {
        for text in &texts {
            let parsed = widget_parser(kind, Some("1".to_owned()))(text);
            assert!(
                !matches!(parsed, ParsedCallback::Done(_, Page::Completed)),
                "{kind:?} {}",
                &text[..text.len().min(40)]
            );
        }
    }
}

/// Queries made of what logins bring.
fn responses() -> impl Strategy<Value = String> {
    let pairs = select(vec![
        "access_token=tkn1",
        "session_secret_key=9f86d081884c7d659a2feaa0c55ad015",
        "expires_in=1800",
        "code=c1",
        "error=access_denied",
        "error=invalid_scope",
        "error=",
        "state=fedcba9876543210fedcba9876543210",
        "state=%66edcba9876543210fedcba9876543210",
        "state=FEDCBA9876543210fedcba9876543210",
        "state=fedcba9876543210fedcba987654321",
        "state=",
        "state=1",
        "permissions_granted=VALUABLE_ACCESS",
        "%zz",
        "&",
    ]);
    prop::collection::vec(pairs, 0..6).prop_map(|pairs| pairs.join("&"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// A response never arrives at a login that it does not name, and the page says what it brings.
    #[test]
    fn a_response_to_another_login_ends_nothing(text in responses()) {
        for asked in [ResponseType::Token, ResponseType::Code] {
            let parser = login_parser(asked, Zeroizing::new(STATE.to_owned()));
            let ParsedCallback::Done(ReceivedCallback::Login(parsed), page) = parser(&text) else {
                continue;
            };
            let Ok(response) = parsed else {
                prop_assert_eq!(page, Page::Invalid);
                continue;
            };
            prop_assert!(response.state.as_deref().is_none_or(|state| state == STATE));
            let is_refused = matches!(response.authorized, Authorized::Refused(_));
            prop_assert_eq!(page == Page::Completed, !is_refused);
        }
    }

    /// Whatever another script posts: nothing but a clear result counts.
    #[test]
    fn a_message_that_cannot_be_read_ends_nothing(text in messages()) {
        for kind in [WidgetKind::Post, WidgetKind::Invite, WidgetKind::Suggest] {
            let parsed = message_parser(kind, Some("1".to_owned()))(&text);
            prop_assert!(!matches!(parsed, ParsedCallback::Done(_, Page::Invalid)), "{}", text);
        }
    }
}

/// JSON and what is nearly some, with the names of results.
fn messages() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\\"",
        "\"id\"",
        "\"data\"",
        "\"result\"",
        "\"code\"",
        "\"type\"",
        "\"selected\"",
        "\"state\"",
        "\"error_code\"",
        "\"OK\"",
        "\"CANCELLED\"",
        "\"success\"",
        "\"error\"",
        "\"1\"",
        "7",
        "0",
        "-1",
        "1e999",
        "null",
        "true",
        "x",
        "я",
        "\u{0}",
        "$",
        "__FAPI__",
        "{\"id\":7}",
        "{\"code\":\"OK\",\"selected\":[1]}",
    ]);
    let pieces = prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat());
    let object = prop::collection::vec(
        (
            select(vec![
                "id", "data", "result", "code", "type", "selected", "state", "error",
            ]),
            select(vec![
                "7",
                "\"7\"",
                "\"OK\"",
                "\"X\"",
                "[1]",
                "{}",
                "{\"id\":7}",
                "null",
                "12",
            ]),
        ),
        0..4,
    );
    let object = object.prop_map(|fields| {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", fields.join(","))
    });
    prop_oneof![pieces, object, ".*"]
}
