//! Links, dates and blanks: the sandbox and the protocol crate share no code, but have the same
//! results. Those on links are in `tests/data/links.json`.

mod common;

use common::{Game, signed, value};
use odnoklassniki_sandbox::{PageKind, Player, Sandbox};
use serde_json::{Value, json};

/// Sends a post. Returns the code and text of its refusal; 0 if the sandbox publishes it.
fn posted(sandbox: &Sandbox, game: &Game, attachment: &str) -> (i64, String) {
    let link = signed(
        sandbox,
        PageKind::Post,
        &[("st.return", &game.url), ("st.attachment", attachment)],
    );
    Player::accept()
        .play(&link)
        .expect("the player reaches the game");
    let result: Value = serde_json::from_str(value(&game.callback(), "result")).expect("JSON");
    match result["type"].as_str() {
        Some("success") => (0, String::new()),
        _ => (
            result["code"].as_i64().expect("a code"),
            result["message"].as_str().unwrap_or_default().to_owned(),
        ),
    }
}

fn block(block: &Value) -> String {
    json!({ "media": [{ "type": "text", "text": "a" }, block] }).to_string()
}

#[test]
fn a_link_has_the_same_result_in_every_field() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../../tests/data/links.json")).expect("a list");
    let (sandbox, game) = (Sandbox::start().expect("a sandbox"), Game::start());
    let mut wrong = Vec::new();
    for case in &cases {
        let (link, post) = (
            case["link"].as_str().expect("a link"),
            case["post"].as_bool().expect("a boolean"),
        );
        let good = "https://game.example/a.png";
        for (field, block_of) in [
            ("media[1].url", json!({ "type": "link", "url": link })),
            (
                "media[1].images[1].url",
                json!({ "type": "app", "text": " ", "images": [{ "url": good }, { "url": link }] }),
            ),
            (
                "media[1].partner_link",
                json!({ "type": "product", "price": 1, "partner_link": link }),
            ),
        ] {
            let (code, message) = posted(&sandbox, &game, &block(&block_of));
            let expected = if post {
                code == 0
            } else {
                code == 607 && message.contains(field)
            };
            if !expected {
                wrong.push(format!("{link:?} in {field}: {code} {message}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() > 100);
}

#[test]
fn an_empty_list_of_pictures_is_refused() {
    let (sandbox, game) = (Sandbox::start().expect("a sandbox"), Game::start());
    let card = block(&json!({ "type": "app", "text": "a", "images": [] }));
    assert_eq!(posted(&sandbox, &game, &card).0, 100);
}

#[test]
fn days_that_do_not_exist_are_refused() {
    let (sandbox, game) = (Sandbox::start().expect("a sandbox"), Game::start());
    let mut wrong = Vec::new();
    for (day, code) in [
        ("2030-02-30 12:00:00", 100),
        ("2030-02-29 12:00:00", 100),
        ("2100-02-29 12:00:00", 100),
        ("2030-04-31 12:00:00", 100),
        ("2030-13-01 12:00:00", 100),
        ("2030-00-01 12:00:00", 100),
        ("2030-01-00 12:00:00", 100),
        ("2030-01-01 24:00:00", 100),
        ("2030-01-01 00:60:00", 100),
        ("2030-01-01 00:00:60", 100),
        ("2030-1-01 00:00:00", 100),
        ("2030-01-01T00:00:00", 100),
        ("+030-01-01 00:00:00", 100),
        ("tomorrow", 100),
        ("", 100),
        ("2030-12-31 23:59:59", 0),
        ("2028-02-29 12:00:00", 0),
        ("2000-02-29 12:00:00", 0),
    ] {
        let json =
            json!({ "media": [{ "type": "text", "text": "a" }], "publishAt": day }).to_string();
        let (found, message) = posted(&sandbox, &game, &json);
        if found != code || (code != 0 && !message.contains("publishAt")) {
            wrong.push(format!("{day:?}: {found} {message}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn blanks_around_json_are_those_of_rfc_8259() {
    let (sandbox, game) = (Sandbox::start().expect("a sandbox"), Game::start());
    let json = r#"{"media":[{"type":"link","url":"https://game.example/"},{"type":"text","text":"Привет"}]}"#;
    let base64 =
        |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    for (blank, code) in [
        (" ", 0),
        ("\n", 0),
        ("\r\n\t ", 0),
        ("\u{feff}", 100),
        ("\u{a0}", 100),
        ("\u{2028}", 100),
    ] {
        let padded = format!("{blank}{json}");
        assert_eq!(posted(&sandbox, &game, &padded).0, code, "{blank:?}");
        assert_eq!(
            posted(&sandbox, &game, &base64(&padded)).0,
            code,
            "{blank:?}, in base64"
        );
    }
    // Blanks around base64 make it invalid.
    assert_eq!(
        posted(&sandbox, &game, &format!(" {}", base64(json))).0,
        100
    );
}

#[test]
fn a_picture_has_one_name() {
    let (sandbox, game) = (Sandbox::start().expect("a sandbox"), Game::start());
    for (picture, code) in [
        (json!({ "id": "tok1" }), 0),
        (json!({ "photoId": "871" }), 0),
        (json!({ "existing_photo_id": "871", "group": true }), 0),
        (json!({ "id": "tok1", "photoId": "871" }), 100),
        (json!({ "photoId": "871", "existing_photo_id": "871" }), 100),
        (json!({ "id": "tok1", "existing_photo_id": 871 }), 100),
        (json!({}), 100),
    ] {
        let (found, message) = posted(
            &sandbox,
            &game,
            &block(&json!({ "type": "photo", "list": [picture] })),
        );
        assert_eq!(found, code, "{picture}: {message}");
    }
}
