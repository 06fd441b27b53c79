//! The JSON of an attachment is that of `tests/data/attachment.json`, and what OK would refuse is
//! named.

use odnoklassniki::{
    AppAction, AppCard, AppImage, Attachment, FieldError, Photo, Poll, Product, Track,
};

/// Every block, every field.
fn everything() -> Attachment {
    Attachment::new()
        .text("Я построил замок 🏰\n\"quoted\" \\ </script>")
        .link("https://game.example/run/8812?a=1&b=я")
        .photos([
            Photo::token("tok/EN+abc=="),
            Photo::id("8812"),
            Photo::existing("1234", true),
        ])
        .movies(["31", "32"])
        .movie_reshare("33")
        .music([
            Track::new("77")
                .title("Theme")
                .artist("Band")
                .album("First"),
            Track::new("78"),
        ])
        .poll(
            Poll::new("Придёте?")
                .answer("Да")
                .answer("Нет")
                .single_choice()
                .anonymous(),
        )
        .poll(Poll::new("?").answer("1").answer("2").anonymous())
        .app_card(
            AppCard::new("")
                .image(
                    AppImage::new("https://game.example/castle.png")
                        .title("Замок")
                        .mark("castle"),
                )
                .image(AppImage::new("http://game.example/b.png"))
                .action(AppAction::new("Играть").mark("from_castle_post"))
                .action(AppAction::new("Ещё")),
        )
        .topic("99", false)
        .product(
            Product::new(10)
                .currency("USD")
                .lifetime(30)
                .partner_link("https://shop.example/1"),
        )
        .publish_at("2030-05-01 12:00:00")
        .on_behalf_of_group(true)
        .disable_comments(false)
        .place_id("p1")
}

fn text() -> Attachment {
    Attachment::new().text("a")
}

#[test]
fn the_golden_json() {
    everything().validate().unwrap();
    assert_eq!(everything().to_json(), include_str!("data/attachment.json"));
}

#[test]
fn raw_json_is_sent_byte_for_byte() {
    let golden = include_str!("data/attachment.json");
    assert_eq!(Attachment::from_json(golden).unwrap().to_json(), golden);
    let odd = "\n{ \"media\" :[ {\"type\":\"news\"} ], \"x\": 1e5 }";
    assert_eq!(Attachment::from_json(odd).unwrap().to_json(), odd);
    assert!(Attachment::from_json(odd).unwrap().validate().is_ok());
}

#[test]
fn what_is_set_beside_raw_json_is_not_dropped_silently() {
    let raw = || Attachment::from_json(r#"{"media":[{"type":"news"}]}"#).unwrap();
    for (attachment, field) in [
        (raw().text("more"), "media"),
        (raw().photos([]).place_id("5"), "media"),
        (raw().publish_at("2030-01-31 00:00:00"), "publishAt"),
        (raw().publish_at_ms(1), "publishAtMs"),
        (raw().on_behalf_of_group(false), "onBehalfOfGroup"),
        (raw().disable_comments(true), "disableComments"),
        (raw().place_id("5"), "place_id"),
    ] {
        let error = attachment.validate().unwrap_err();
        assert_eq!(error.field(), field, "{error}");
        assert!(error.problem().contains("sent as it is"), "{error}");
    }
}

#[test]
fn raw_json_must_be_an_object_with_blocks() {
    for bad in [
        "",
        "[]",
        "7",
        "{}",
        r#"{"media":null}"#,
        r#"{"media":[]}"#,
        r#"{"media":{}}"#,
        r#"{"media":["text"]}"#,
        r#"{"media":[{}]"#,
        r#"{"media":[{}],"media":[{}]}"#,
        r#"[[{"type":"text"}]]"#,
    ] {
        let error = Attachment::from_json(bad).unwrap_err();
        assert!(
            ["attachment", "media"].contains(&error.field()),
            "{bad}: {error}"
        );
    }
    let deep = format!("{{\"media\":{}", "[".repeat(100_000));
    assert!(Attachment::from_json(&deep).is_err());
}

#[test]
fn an_error_about_raw_json_does_not_quote_it() {
    let error = Attachment::from_json(r#"{"media":"canary"}"#).unwrap_err();
    assert!(!error.to_string().contains("canary"), "{error}");
}

#[test]
fn the_bad_field_is_named() {
    let poll = |answers: &[&str]| {
        let poll = Poll::new("q");
        answers
            .iter()
            .fold(poll, |poll, answer| poll.answer(*answer))
    };
    let cases: [(Attachment, &str); 34] = [
        (Attachment::new(), "media"),
        (Attachment::new().text(""), "media[0].text"),
        (text().text(" \n"), "media[1].text"),
        (text().text("b").link(""), "media[2].url"),
        (text().link("game.example/x"), "media[1].url"),
        (text().link("/x"), "media[1].url"),
        (text().link("//game.example/x"), "media[1].url"),
        (text().link("javascript:alert(1)"), "media[1].url"),
        (text().link("file:///etc/passwd"), "media[1].url"),
        (text().link("https://"), "media[1].url"),
        (text().link(" https://game.example/"), "media[1].url"),
        (text().link("https://game.example/a b"), "media[1].url"),
        (text().link("https://game.example/\n"), "media[1].url"),
        (text().photos([]), "media[1].list"),
        (text().photo(Photo::token("")), "media[1].list[0].id"),
        (text().photo(Photo::id("x")), "media[1].list[0].photoId"),
        (
            text().photos([Photo::token("t"), Photo::existing("", false)]),
            "media[1].list[1].existing_photo_id",
        ),
        (text().movie("x"), "media[1].list[0].id"),
        (text().movies([""; 0]), "media[1].list"),
        (text().movie_reshare("x"), "media[1].movieId"),
        (text().music([]), "media[1].list"),
        (text().music([Track::new("")]), "media[1].list[0].id"),
        (
            text().poll(Poll::new("").answer("1").answer("2")),
            "media[1].question",
        ),
        (text().poll(poll(&["1"])), "media[1].answers"),
        (text().poll(poll(&["1", " "])), "media[1].answers[1].text"),
        (
            text().app_card(AppCard::new("a").image(AppImage::new("b.png"))),
            "media[1].images[0].url",
        ),
        (
            text().app_card(AppCard::new("a").action(AppAction::new(""))),
            "media[1].actions[0].text",
        ),
        (text().topic("x", true), "media[1].topicId"),
        (
            text().product(Product::new(1).currency("usd")),
            "media[1].currency",
        ),
        (
            text().product(Product::new(1).partner_link("x")),
            "media[1].partner_link",
        ),
        (text().publish_at("tomorrow"), "publishAt"),
        (text().publish_at("2030-13-01 12:00:00"), "publishAt"),
        (
            text().publish_at("2030-01-01 12:00:00").publish_at_ms(1),
            "publishAt",
        ),
        (text().place_id(""), "place_id"),
    ];
    for (attachment, field) in cases {
        let error: FieldError = attachment.validate().unwrap_err();
        assert_eq!(error.field(), field, "{error}");
        assert!(!error.problem().is_empty() && !error.remedy().is_empty());
    }
}

#[test]
fn times_have_one_form() {
    for good in [
        "2030-01-31 00:00:00",
        "2030-12-01 23:59:59",
        "2028-02-29 12:00:00",
        "2000-02-29 12:00:00",
    ] {
        assert!(text().publish_at(good).validate().is_ok(), "{good}");
    }
    for bad in [
        "",
        "2030-1-31 00:00:00",
        "2030-01-31T00:00:00",
        "2030-01-31 00:00",
        "2030-00-31 00:00:00",
        "2030-01-32 00:00:00",
        "2030-01-00 00:00:00",
        "2030-01-31 24:00:00",
        "2030-01-31 00:60:00",
        "2030-01-31 00:00:60",
        "2030-01-31 00:00:00Z",
        "203я-01-31 00:00:00",
        // Days that no calendar has.
        "2030-02-30 12:00:00",
        "2030-02-29 12:00:00",
        "2100-02-29 12:00:00",
        "2030-04-31 12:00:00",
        "2030-06-31 12:00:00",
        "2030-09-31 12:00:00",
        "2030-11-31 12:00:00",
        "2028-02-30 12:00:00",
    ] {
        let built = text().publish_at(bad).validate();
        assert_eq!(
            built.err().map(|error| error.field().to_owned()).as_deref(),
            Some("publishAt"),
            "{bad}"
        );
        let raw = format!(r#"{{"media":[{{"type":"text","text":"a"}}],"publishAt":"{bad}"}}"#);
        let raw = Attachment::from_json(&raw).unwrap().validate();
        assert_eq!(
            raw.err().map(|error| error.field().to_owned()).as_deref(),
            Some("publishAt"),
            "{bad}, raw"
        );
    }
    for good in [r#""2028-02-29 12:00:00""#, "null"] {
        let raw = format!(r#"{{"media":[{{"type":"text","text":"a"}}],"publishAt":{good}}}"#);
        assert_eq!(
            Attachment::from_json(&raw).unwrap().validate(),
            Ok(()),
            "{raw}"
        );
    }
}

#[test]
fn blanks_round_json_are_those_of_rfc_8259() {
    let json = r#"{"media":[{"type":"link","url":"https://game.example/"},{"type":"text","text":"Привет"}]}"#;
    for blank in [" ", "\n", "\r\n\t "] {
        let padded = format!("{blank}{json}{blank}");
        assert_eq!(
            Attachment::from_json(&padded).unwrap().to_json(),
            padded,
            "sent as it is"
        );
    }
    for odd in ["\u{feff}", "\u{a0}", "\u{b}", "\u{2028}"] {
        assert_eq!(
            Attachment::from_json(&format!("{odd}{json}"))
                .unwrap_err()
                .field(),
            "attachment",
            "{odd:?}"
        );
    }
}
