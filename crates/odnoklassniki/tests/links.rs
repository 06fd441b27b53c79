//! Every link of `tests/data/links.json` is accepted or refused as it says, wherever a post may
//! have one. The sandbox and the example backend read the same file.

use odnoklassniki::{AppCard, AppImage, Attachment, FieldError, Product};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Case {
    link: String,
    post: bool,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../../tests/data/links.json")).expect("a list of links")
}

/// The link in every place there is, with the name of the field.
fn places(link: &str) -> Vec<(&'static str, Result<(), FieldError>)> {
    let raw = |block: Value| {
        let json = json!({ "media": [{ "type": "text", "text": "a" }, block] }).to_string();
        Attachment::from_json(&json).and_then(|attachment| attachment.validate())
    };
    let text = Attachment::new().text("a");
    let image = |link| AppImage::new("https://game.example/a.png").pair_with(AppImage::new(link));
    vec![
        ("media[1].url", text.clone().link(link).validate()),
        (
            "media[1].images[1].url",
            text.clone().app_card(image(link)).validate(),
        ),
        ("media[1].url", raw(json!({ "type": "link", "url": link }))),
        (
            "media[1].images[1].url",
            raw(
                json!({ "type": "app", "text": " ", "images": [{ "url": "https://game.example/a.png" }, { "url": link }] }),
            ),
        ),
        (
            "media[1].partner_link",
            raw(json!({ "type": "product", "price": 1, "partner_link": link })),
        ),
        (
            "media[1].partner_link",
            text.product(Product::new(1).partner_link(link)).validate(),
        ),
    ]
}

trait PairWith {
    fn pair_with(self, other: AppImage) -> AppCard;
}

impl PairWith for AppImage {
    fn pair_with(self, other: AppImage) -> AppCard {
        AppCard::new("").image(self).image(other)
    }
}

#[test]
fn a_link_has_the_same_result_in_every_place() {
    let mut wrong = Vec::new();
    for Case { link, post } in cases() {
        for (index, (field, result)) in places(&link).into_iter().enumerate() {
            // The builder leaves an empty one out.
            let left_out = link.is_empty() && index == 5;
            match result {
                Ok(()) if post || left_out => {}
                Err(error) if !post && error.field() == field => {}
                other => wrong.push(format!("{link:?} in place {index}: {other:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases().len() > 100);
}

#[test]
fn a_block_that_needs_a_link_has_one() {
    for (block, field) in [
        (json!({ "type": "link" }), "media[0].url"),
        (json!({ "type": "link", "url": 7 }), "media[0].url"),
        (json!({ "type": "link", "url": null }), "media[0].url"),
        (
            json!({ "type": "app", "text": " ", "images": [{}] }),
            "media[0].images[0].url",
        ),
        (
            json!({ "type": "app", "text": " ", "images": ["https://game.example/"] }),
            "media[0].images[0].url",
        ),
        (
            json!({ "type": "app", "text": " ", "images": "https://game.example/" }),
            "media[0].images",
        ),
        (
            json!({ "type": "app", "text": " ", "images": [] }),
            "media[0].images",
        ),
        (
            json!({ "type": "product", "partner_link": 7 }),
            "media[0].partner_link",
        ),
    ] {
        let attachment =
            Attachment::from_json(&json!({ "media": [block] }).to_string()).expect("blocks");
        let error = attachment.validate().expect_err("refused");
        assert_eq!(error.field(), field, "{block}");
    }
    // Unknown blocks are sent as they are.
    let other = json!({ "media": [{ "type": "news", "url": "https:/x" }, { "url": "x" }, { "type": "product" }] });
    assert_eq!(
        Attachment::from_json(&other.to_string())
            .expect("blocks")
            .validate(),
        Ok(())
    );
}

#[test]
fn an_error_about_a_link_does_not_quote_it() {
    let json = r#"{"media":[{"type":"link","url":"https:/canary"}]}"#;
    let error = Attachment::from_json(json)
        .expect("a block")
        .validate()
        .expect_err("refused");
    assert!(!error.to_string().contains("canary"), "{error}");
}
