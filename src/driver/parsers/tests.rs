use odnoklassniki::{AccessToken, Authenticity, SessionSecretKey, Signer};

use super::*;
use crate::error::{RequestError, RequestErrorKind};
use crate::request::callback::CallbackFacts;
use crate::request::{Finished, InviteFinished, Outcome, PostFinished, RequestId, RequestKind};

const KINDS: [WidgetKind; 3] = [WidgetKind::Post, WidgetKind::Invite, WidgetKind::Suggest];

fn page(kind: WidgetKind, state: Option<&str>, text: &str) -> Option<Page> {
    match widget_parser(kind, state.map(ToOwned::to_owned))(text) {
        ParsedCallback::Done(_, page) => Some(page),
        ParsedCallback::NotACallback | ParsedCallback::StateMismatch => None,
    }
}

fn has_wrong_state(kind: WidgetKind, state: Option<&str>, text: &str) -> bool {
    matches!(
        widget_parser(kind, state.map(ToOwned::to_owned))(text),
        ParsedCallback::StateMismatch
    )
}

fn finished(kind: WidgetKind, text: &str) -> Finished {
    let ParsedCallback::Done(callback, _) = widget_parser(kind, None)(text) else {
        panic!("not a callback: {text}");
    };
    let signer = Signer::session(AccessToken::new("token"), SessionSecretKey::new("key"));
    let facts = CallbackFacts {
        id: RequestId::from_raw(1),
        signer: Some(&signer),
        signature: None,
        own_state: true,
    };
    let kind = match kind {
        WidgetKind::Post => RequestKind::Post,
        WidgetKind::Invite => RequestKind::Invite,
        WidgetKind::Suggest => RequestKind::Suggest,
    };
    Finished::from_callback(kind, callback, &facts)
}

#[test]
fn each_callback_gets_the_page_of_its_outcome() {
    let post = |json: &str| format!("result={json}");
    for (kind, text, expected) in [
        (
            WidgetKind::Post,
            post(r#"{"type":"success","id":"77"}"#),
            Page::Completed,
        ),
        (
            WidgetKind::Post,
            post(r#"{"type":"success","id":0}"#),
            Page::NotApproved,
        ),
        (
            WidgetKind::Post,
            post(r#"{"type":"error","code":12,"message":"x"}"#),
            Page::Cancelled,
        ),
        (
            WidgetKind::Post,
            post(r#"{"type":"error","code":104,"message":"x"}"#),
            Page::Refused,
        ),
        (WidgetKind::Post, post("{{{"), Page::Invalid),
        (
            WidgetKind::Invite,
            "code=OK&selected=[1,2]".to_owned(),
            Page::Completed,
        ),
        (
            WidgetKind::Invite,
            "code=CANCELLED&error_code=12".to_owned(),
            Page::Cancelled,
        ),
        (
            WidgetKind::Suggest,
            "code=PARAM_SIGNATURE&error_code=104".to_owned(),
            Page::Refused,
        ),
        (
            WidgetKind::Suggest,
            "code=OK&selected=[x]".to_owned(),
            Page::Invalid,
        ),
    ] {
        assert_eq!(page(kind, None, &text), Some(expected), "{text}");
    }
}

#[test]
fn text_that_is_no_callback_ends_nothing() {
    for kind in KINDS {
        for text in ["", "utm_source=x", "foo&bar", "state=r1", "%%%"] {
            let parsed = widget_parser(kind, None)(text);
            assert!(
                matches!(parsed, ParsedCallback::NotACallback),
                "{kind:?} {text}: {parsed:?}"
            );
        }
    }
}

#[test]
fn a_callback_with_another_requests_state_is_refused() {
    let callbacks = [
        "code=OK&selected=[1]&state=2",
        "code=CANCELLED&error_code=12&state=2",
    ];
    for text in callbacks {
        for kind in [WidgetKind::Invite, WidgetKind::Suggest] {
            assert!(has_wrong_state(kind, Some("1"), text), "{text}");
            assert!(!has_wrong_state(kind, Some("2"), text), "{text}");
            // No state was sent, so the token in the URL decides alone.
            assert!(!has_wrong_state(kind, None, text), "{text}");
        }
    }
    assert!(
        !has_wrong_state(WidgetKind::Invite, Some("1"), "code=OK&selected=[1]"),
        "a state that does not come back"
    );
}

#[test]
fn the_outcome_follows_the_callback() {
    let name = |kind, text| finished(kind, text).outcome_name();
    assert_eq!(name(WidgetKind::Invite, "code=OK&selected=[]"), "completed");
    assert_eq!(
        name(WidgetKind::Invite, "code=CANCELLED&error_code=12"),
        "cancelled"
    );
    assert_eq!(
        name(WidgetKind::Post, r#"result={"type":"error","code":12}"#),
        "cancelled"
    );
    for (kind, text, error) in [
        (
            WidgetKind::Post,
            r#"result={"type":"success","id":"0"}"#,
            RequestErrorKind::NotApproved,
        ),
        (
            WidgetKind::Post,
            r#"result={"type":"error","code":7}"#,
            RequestErrorKind::Refused,
        ),
        (
            WidgetKind::Suggest,
            "code=OK&selected=[x]",
            RequestErrorKind::InvalidCallback,
        ),
    ] {
        assert_eq!(
            finished(kind, text).error().map(RequestError::kind),
            Some(error),
            "{text}"
        );
    }
}

#[test]
fn a_check_value_never_changes_the_outcome() {
    let Finished::Invite(InviteFinished {
        outcome: Outcome::Completed(invited),
        ..
    }) = finished(
        WidgetKind::Invite,
        "code=OK&selected=[1]&sig=00000000000000000000000000000000",
    )
    else {
        panic!("not completed");
    };
    assert_eq!(invited.authenticity, Authenticity::NotMatched);
    let Finished::Post(PostFinished {
        outcome: Outcome::Completed(posted),
        ..
    }) = finished(WidgetKind::Post, r#"result={"type":"success","id":"77"}"#)
    else {
        panic!("not completed");
    };
    assert_eq!(posted.authenticity, Authenticity::Unsigned);
}

fn message_page(kind: WidgetKind, text: &str) -> Option<Page> {
    match message_parser(kind, Some("n1".to_owned()))(text) {
        ParsedCallback::Done(_, page) => Some(page),
        ParsedCallback::NotACallback | ParsedCallback::StateMismatch => None,
    }
}

#[test]
fn a_message_of_a_widget_is_its_callback() {
    use WidgetKind::{Invite, Post};
    for (kind, text, expected) in [
        (Post, r#"{"id":"67601133491473"}"#, Page::Completed),
        (Post, r#"{"id":7}"#, Page::Completed),
        (Post, r#"{"data":{"id":7}}"#, Page::Completed),
        (Post, r#""{\"id\":\"7\"}""#, Page::Completed),
        (Post, r#"{"id":"0"}"#, Page::NotApproved),
        (Post, r#"{"type":"error","code":12}"#, Page::Cancelled),
        (Post, r#"{"type":"error","code":104}"#, Page::Refused),
        (
            Invite,
            r#"{"code":"OK","selected":"[1,2]"}"#,
            Page::Completed,
        ),
        (
            Invite,
            r#"{"code":"OK","selected":[1,"2"]}"#,
            Page::Completed,
        ),
        (
            Invite,
            r#"{"code":"OK","selected":[],"state":"n1"}"#,
            Page::Completed,
        ),
        (Invite, r#"{"code":"CANCELLED"}"#, Page::Cancelled),
        (Invite, r#"{"code":"FLOOD_BLOCKED"}"#, Page::Refused),
        (Invite, r#"{"code":"NEW","error_msg":"x"}"#, Page::Refused),
    ] {
        assert_eq!(message_page(kind, text), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_clear_result_ends_nothing() {
    let long = format!(r#"{{"id":"7","x":"{}"}}"#, "y".repeat(1 << 20));
    for text in [
        "",
        "hideWidgetIframe",
        "payment=ok",
        "id=7",
        "result={\"id\":7}",
        "__FAPI__postMediatopic$ok$null",
        "postMediatopic$ok$%7B%22id%22%3A5%7D",
        "ok_setStyle$ok_widget_1$width:600px",
        r#"{"call":{"method":"prepare"},"result":{"status":"ok","code":"READY"}}"#,
        r#"{"code":"READY"}"#,
        r#"{"error":"x"}"#,
        r#"{"id":"x"}"#,
        r#"{"id":7,"id":8}"#,
        r#"{"id":{}}"#,
        r#"{"id":-1}"#,
        r#"{"type":"resize","id":7}"#,
        r#"{"code":"OK"}"#,
        r#"{"code":"OK","selected":"[x]"}"#,
        r#"{"code":"OK","selected":[1],"state":"another request's"}"#,
        r#"{"result":"x"}"#,
        r#"{"data":{"data":{"id":7}}}"#,
        "[]",
        "null",
        "7",
        &"[".repeat(100_000),
        &"{\"data\":".repeat(10_000),
        &long,
    ] {
        for kind in [WidgetKind::Invite, WidgetKind::Suggest] {
            assert_eq!(message_page(kind, text), None, "{kind:?} {text:.60}");
        }
        if !text.contains("selected") {
            assert_eq!(message_page(WidgetKind::Post, text), None, "{text:.60}");
        }
    }
    assert_eq!(message_page(WidgetKind::Post, r#"{"code":"OK"}"#), None);
    let other = r#"{"code":"OK","selected":[1]}"#;
    assert_eq!(message_page(WidgetKind::Post, other), None);
    assert_eq!(message_page(WidgetKind::Invite, r#"{"id":"7"}"#), None);
}
