//! `POST /sign`: which fields the server signs, and which it refuses.

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use odnoklassniki::{Attachment, SIGNED_PARAMETERS, widget_signature};
use serde_json::{Value, json};
use support::{APP_ID, Backend, RETURN, STATE, post, session_key, to_sign};

const TOKEN: &str = "user-561";

/// A request with some fields of `fields` instead of the usual ones; `null` takes one out.
fn asked(widget: &str, changed: Value) -> Value {
    let mut asked = to_sign(widget, STATE);
    for (name, value) in changed.as_object().expect("an object") {
        let fields = asked["fields"].as_object_mut().expect("an object");
        match value {
            Value::Null => drop(fields.remove(name)),
            value => drop(fields.insert(name.clone(), value.clone())),
        }
    }
    asked
}

fn invite(changed: Value) -> Value {
    asked("invite", changed)
}

/// A post with this attachment.
fn post_of(attachment: impl Into<String>) -> Value {
    asked(
        "post",
        json!({ "st.state": null, "st.attachment": attachment.into() }),
    )
}

fn post_json(attachment: Value) -> Value {
    post_of(attachment.to_string())
}

/// An attachment of one block.
fn block(block: Value) -> Value {
    post_json(json!({ "media": [block] }))
}

fn card() -> Value {
    json!({ "type": "app", "text": "Play", "actions": [{ "text": "Go", "mark": "from_post" }],
        "images": [{ "url": "https://game.example/castle.png", "title": "Castle", "mark": "castle" }] })
}

#[test]
fn what_is_in_order_gets_the_signature_that_ok_expects() {
    let backend = Backend::start();
    let text = Attachment::new()
        .text("Уровень 12!")
        .link("https://game.example/run/8812?from=post#top");
    let good = [
        invite(json!({})),
        asked("suggest", json!({ "st.state": "another-state-1234" })),
        invite(json!({ "st.return": "http://127.0.0.1:1/r/0123456789abcdef0123456789abcdef" })),
        invite(json!({ "st.return": "http://127.0.0.1:65535/r/ffffffffffffffffffffffffffffffff" })),
        invite(json!({ "st.return": "http://[::1]:40123/r/0123456789abcdef0123456789abcdef" })),
        invite(json!({ "st.return": "https://game.example/ok" })),
        invite(json!({ "st.state": "0123456789abcde~" })),
        invite(json!({ "st.state": "!".repeat(64) })),
        invite(json!({ "st.attachment": null })),
        post_of(text.to_base64()),
        post_of(text.to_json()),
        post_of(format!(" \n{}\t", text.to_json())),
        asked("post", json!({ "st.attachment": text.to_base64() })),
        block(card()),
        block(json!({ "type": "app", "text": " " })),
        block(json!({ "type": "text", "text": "я".repeat(1000) })),
        post_json(json!({ "media": vec![json!({ "type": "text", "text": "a" }); 8] })),
    ];
    for request in good {
        let response = backend.post("/sign", Some(TOKEN), &request);
        assert_eq!(response.status, 200, "{request}: {}", response.text);
        let fields = request["fields"].as_object().expect("an object");
        let sent = fields
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let expected = widget_signature(sent, &session_key(TOKEN));
        assert_eq!(
            response.body,
            json!({ "signature": expected.as_str() }),
            "{request}"
        );
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
}

#[test]
fn what_the_game_would_not_ask_for_is_refused() {
    let backend = Backend::start();
    let token = "0123456789abcdef0123456789abcdef";
    let back = |url: &str| invite(json!({ "st.return": url }));
    let state = |state: &str| invite(json!({ "st.state": state }));
    let link = |url: &str| block(json!({ "type": "link", "url": url }));
    let mut other_app = to_sign("invite", STATE);
    other_app["app_id"] = "5".into();
    let mut number = to_sign("invite", STATE);
    number["app_id"] = APP_ID.into();
    let mut more = to_sign("invite", STATE);
    more["signature_of"] = "st.return=x".into();
    let mut card_with_more = card();
    card_with_more["images"][0]["extra"] = "x".into();
    let mut card_elsewhere = card();
    card_elsewhere["images"][0]["url"] = "https://evil.example/a.png".into();

    let bad = [
        // The application and the widget.
        (403, "wrong_app", other_app),
        (400, "bad_request", number),
        (400, "bad_request", to_sign("WidgetInvite", STATE)),
        (400, "bad_request", to_sign("Invite", STATE)),
        (400, "bad_request", to_sign("", STATE)),
        (400, "bad_request", more),
        // Names.
        (
            403,
            "redirect_uri_refused",
            invite(json!({ "st.redirect_uri": RETURN })),
        ),
        (400, "bad_request", invite(json!({ "st.comment": "hello" }))),
        (400, "bad_request", invite(json!({ "st.signature": "0" }))),
        (400, "bad_request", invite(json!({ "ST.RETURN": RETURN }))),
        (
            400,
            "bad_request",
            invite(json!({ "st.state": ["0123456789abcdef"] })),
        ),
        (
            400,
            "bad_request",
            invite(json!({ "st.state": 1234567890123456_u64 })),
        ),
        // The return URL.
        (400, "bad_request", invite(json!({ "st.return": null }))),
        (403, "return_refused", back("")),
        (403, "return_refused", back("https://evil.example/ok")),
        (403, "return_refused", back("https://game.example/ok/")),
        (
            403,
            "return_refused",
            back("https://game.example/ok?next=1"),
        ),
        (403, "return_refused", back("http://game.example/ok")),
        (403, "return_refused", back("okgame://invited")),
        (
            403,
            "return_refused",
            back(&format!("https://127.0.0.1:40123/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://localhost:40123/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.2:40123/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:0/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:080/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:65536/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:+80/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:1@evil.example/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:80.evil.example/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:80/x/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:80/r/{token}/")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:80/r/{token}?a=b")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:80/r/{token}0")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:80/r/{}", &token[1..])),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:80/r/{}", token.to_uppercase())),
        ),
        (
            403,
            "return_refused",
            back(&format!("HTTP://127.0.0.1:80/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!(" http://127.0.0.1:80/r/{token}")),
        ),
        (
            403,
            "return_refused",
            back(&format!("http://127.0.0.1:80/r/{token}\n")),
        ),
        // The text of one field must not pass for another.
        (
            403,
            "return_refused",
            back(&format!("{RETURN}st.state={STATE}")),
        ),
        // The state.
        (400, "bad_request", invite(json!({ "st.state": null }))),
        (422, "state_refused", state("")),
        (422, "state_refused", state("0123456789abcde")),
        (422, "state_refused", state(&"a".repeat(65))),
        (422, "state_refused", state("0123456789 abcdef")),
        (422, "state_refused", state("комната-номер-семь")),
        (422, "state_refused", state("0123456789abcde\n")),
        // The attachment.
        (400, "bad_request", asked("post", json!({}))),
        (
            400,
            "bad_request",
            invite(json!({ "st.attachment": Attachment::new().text("a").to_base64() })),
        ),
        (403, "attachment_refused", post_of("")),
        (403, "attachment_refused", post_of("{")),
        (403, "attachment_refused", post_of("[]")),
        (403, "attachment_refused", post_of("not base64")),
        (
            403,
            "attachment_refused",
            post_of(STANDARD.encode("{\"media\":[]}")),
        ),
        (
            403,
            "attachment_refused",
            post_of(STANDARD.encode([0xff, 0xfe])),
        ),
        (
            403,
            "attachment_refused",
            post_of(
                STANDARD
                    .encode("{\"media\":[{\"type\":\"text\",\"text\":\"a\"}]}")
                    .replace('=', ""),
            ),
        ),
        (
            403,
            "attachment_refused",
            post_of("\u{feff}{\"media\":[{\"type\":\"text\",\"text\":\"a\"}]}"),
        ),
        (
            403,
            "attachment_refused",
            post_of("{\"media\":[{\"type\":\"text\",\"text\":\"a\",\"text\":\"b\"}]}"),
        ),
        (
            403,
            "attachment_refused",
            post_of("{\"media\":[{\"type\":\"text\",\"text\":\"a\"}],\"media\":[]}"),
        ),
        (403, "attachment_refused", post_json(json!({}))),
        (403, "attachment_refused", post_json(json!({ "media": [] }))),
        (
            403,
            "attachment_refused",
            post_json(
                json!({ "media": [{ "type": "text", "text": "a" }], "onBehalfOfGroup": "true" }),
            ),
        ),
        (
            403,
            "attachment_refused",
            post_json(json!({ "media": vec![json!({ "type": "text", "text": "a" }); 9] })),
        ),
        (
            403,
            "attachment_refused",
            block(json!({ "type": "photo", "list": [{ "id": "x" }] })),
        ),
        (
            403,
            "attachment_refused",
            block(json!({ "type": "movie", "list": [{ "id": "1" }] })),
        ),
        (
            403,
            "attachment_refused",
            block(json!({ "type": "Text", "text": "a" })),
        ),
        (403, "attachment_refused", block(json!({ "text": "a" }))),
        (
            403,
            "attachment_refused",
            block(json!({ "type": "text", "text": "a", "url": "https://evil.example/" })),
        ),
        (
            403,
            "attachment_refused",
            block(json!({ "type": "text", "text": "я".repeat(1001) })),
        ),
        (403, "attachment_refused", block(card_with_more)),
        (403, "attachment_refused", block(card_elsewhere)),
        (403, "attachment_refused", link("https://evil.example/")),
        (403, "attachment_refused", link("http://game.example/")),
        (
            403,
            "attachment_refused",
            link("https://game.example.evil.example/"),
        ),
        (
            403,
            "attachment_refused",
            link("https://evil-game.example/"),
        ),
        (
            403,
            "attachment_refused",
            link("https://game.example@evil.example/"),
        ),
        (403, "attachment_refused", link("https://game.example:444/")),
        (
            403,
            "attachment_refused",
            link("https://user@game.example/"),
        ),
        (
            403,
            "attachment_refused",
            link("https://evil.example\\@game.example/"),
        ),
        (403, "attachment_refused", link("https://GAME.example/")),
        (403, "attachment_refused", link("https:game.example/")),
        (403, "attachment_refused", link("javascript:alert(1)")),
        // Sizes.
        (413, "too_large", post_of("a".repeat(8 * 1024))),
        (413, "too_large", post_of("a".repeat(17 * 1024))),
    ];
    for (status, error, request) in &bad {
        let response = backend.post("/sign", Some(TOKEN), request);
        assert_eq!(
            response.refusal(),
            (*status, *error),
            "{request}: {}",
            response.text
        );
        assert!(
            response.body["message"]
                .as_str()
                .is_some_and(|message| message.len() > 20),
            "{}",
            response.text
        );
        assert!(!response.text.contains("signature\":"), "{}", response.text);
    }
    assert!(bad.len() >= 80);
}

#[test]
fn bodies_that_are_not_quite_json() {
    let backend = Backend::start();
    let url = backend.instance.url();
    let twice = to_sign("invite", STATE).to_string().replacen(
        "{\"st",
        "{\"st.state\":\"0123456789abcdef\",\"st",
        1,
    );
    for body in [
        "",
        "{",
        "null",
        "[]",
        "\"x\"",
        "{}",
        &twice,
        "{\"widget\":\"invite\"}",
        "\u{feff}{}",
    ] {
        assert_eq!(
            post(&url, "/sign", Some(TOKEN), body.as_bytes()).refusal(),
            (400, "bad_request"),
            "{body}"
        );
    }
    let response = post(&url, "/sign", Some(TOKEN), twice.as_bytes());
    assert!(
        response.text.contains("duplicate field `st.state`"),
        "{}",
        response.text
    );
    assert_eq!(
        post(&url, "/sign", Some(TOKEN), &[0xff, 0xfe]).refusal(),
        (400, "bad_request")
    );
    let deep = "[".repeat(15_000);
    assert_eq!(
        post(&url, "/sign", Some(TOKEN), deep.as_bytes()).refusal(),
        (400, "bad_request")
    );
    // A value of the wrong kind is not quoted: it may be a secret in the wrong place.
    let response = backend.post(
        "/sign",
        Some(TOKEN),
        &json!({ "widget": 1, "app_id": ["canary"], "fields": "canary" }),
    );
    assert!(!response.text.contains("canary"), "{}", response.text);
}

#[test]
fn the_names_are_those_that_ok_signs() {
    // Should OK sign another name one day, this server has to think about it.
    assert_eq!(
        SIGNED_PARAMETERS,
        ["st.attachment", "st.redirect_uri", "st.return", "st.state"]
    );
}
