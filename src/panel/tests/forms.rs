//! What is typed reaches the message, and what cannot be sent is said where it was typed.

use std::time::Duration;

use super::hands::Hands;
use super::{hands, pending};
use crate::prelude::*;
use crate::protocol::{AttachmentEncoding, Parameters};
use crate::sandbox::Behavior;

/// Empties the form's default text, so that a parameter that was not set is seen to be missing.
fn bare(kind: &str) -> Hands {
    let mut hands = hands(Behavior::Ask);
    hands.click(kind);
    if kind != "post" {
        hands.fill("comment", "");
    }
    hands
}

fn shared(hands: &mut Hands) {
    hands.choose("popup", "on");
    hands.choose("nohead", "off");
    hands.choose("silent", "on");
    hands.tick("nocancel", 0);
    hands.fill("state", "room-7");
    hands.fill("deadline", "90");
    hands.click("Add extra");
    hands.fill("name", "st.theme");
    hands.fill("value", "dark");
    hands.click("Add extra");
    hands.fill_nth("name", 1, "st.more");
    hands.fill_nth("value", 1, "1");
}

const SHARED: [(&str, Option<&str>); 7] = [
    ("st.popup", Some("on")),
    ("st.nohead", Some("off")),
    ("st.silent", Some("on")),
    ("st.nocancel", Some("on")),
    ("st.state", Some("room-7")),
    ("st.theme", Some("dark")),
    ("st.more", Some("1")),
];

fn compare(
    parameters: &Parameters,
    expected: impl IntoIterator<Item = (&'static str, Option<&'static str>)>,
) {
    for (name, value) in expected {
        assert_eq!(parameters.get(name), value, "{name}");
    }
}

const INVITE: [(&str, Option<&str>); 5] = [
    ("st.comment", Some("Ну что, строим?")),
    ("st.custom_args", Some("room=A1")),
    ("st.target", Some("7,8")),
    ("st.target_only", Some("on")),
    ("st.autosel", Some("3")),
];

fn fill_invite(hands: &mut Hands) {
    hands.fill("comment", "Ну что, строим?");
    hands.fill("custom_args", "room=A1");
    hands.fill("target", "7, 8,7");
    hands.choose("target_only", "on");
    hands.fill("autosel", "3");
    shared(hands);
}

#[test]
fn every_parameter_of_an_invitation_reaches_the_message() {
    let mut hands = bare("invite");
    let sent = hands.click_for("Send invite", |request: &RequestInvite| request.0.clone());
    assert_eq!((sent.parameters, sent.timeout), (Parameters::new(), None));
    fill_invite(&mut hands);
    let sent = hands.click_for("Send invite", |request: &RequestInvite| request.0.clone());
    assert_eq!(sent.timeout, Some(Duration::from_secs(90)));
    compare(&sent.parameters, INVITE.into_iter().chain(SHARED));
    assert!(
        hands.now().contains(&sent.id.to_string()),
        "{}",
        hands.now()
    );
}

#[test]
fn every_parameter_of_a_recommendation_reaches_the_message() {
    let mut hands = bare("suggest");
    let sent = hands.click_for("Send suggest", |request: &RequestSuggest| request.0.clone());
    assert_eq!((sent.parameters, sent.timeout), (Parameters::new(), None));
    fill_invite(&mut hands);
    let sent = hands.click_for("Send suggest", |request: &RequestSuggest| request.0.clone());
    assert_eq!(sent.timeout, Some(Duration::from_secs(90)));
    compare(&sent.parameters, INVITE.into_iter().chain(SHARED));
}

fn sent_post(hands: &mut Hands) -> (Parameters, Option<Duration>) {
    hands.click_for("Send post", |request: &RequestPost| {
        (request.0.parameters.clone(), request.0.timeout)
    })
}

#[test]
fn every_parameter_of_a_post_reaches_the_message() {
    let mut hands = bare("post");
    let (sent, _) = sent_post(&mut hands);
    let json = r#"{"media":[{"type":"text","text":"I have built a castle of 12 blocks!"}]}"#;
    assert_eq!(
        sent,
        *RequestPost::new(Attachment::from_json(json).expect("JSON")).parameters()
    );

    hands.fill("group_id", "53038939046008");
    hands.choose("user_text", "on");
    hands.choose("encoding", "plain");
    hands.fill("text", "News");
    hands.fill("publish_at", "2030-05-01 12:00:00");
    hands.choose("as the group", "on");
    hands.choose("no comments", "off");
    hands.fill("place_id", "5");
    shared(&mut hands);
    let (sent, deadline) = sent_post(&mut hands);
    assert_eq!(deadline, Some(Duration::from_secs(90)));
    assert_eq!(sent.attachment_encoding(), AttachmentEncoding::Plain);
    let attachment = concat!(
        r#"{"media":[{"type":"text","text":"News"}],"publishAt":"2030-05-01 12:00:00","#,
        r#""onBehalfOfGroup":"true","disableComments":"false","place_id":"5"}"#,
    );
    let own = [
        ("st.attachment", Some(attachment)),
        ("st.groupId", Some("53038939046008")),
        ("st.utext", Some("on")),
    ];
    compare(&sent, own.into_iter().chain(SHARED));

    hands.fill("publish_at", "");
    hands.fill("publish_at_ms", "1900000000000");
    let (sent, _) = sent_post(&mut hands);
    assert!(
        sent.get("st.attachment")
            .is_some_and(|json| json.contains(r#""publishAtMs":1900000000000"#))
    );
}

fn media(hands: &mut Hands) -> String {
    sent_post(hands)
        .0
        .get("st.attachment")
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn every_block_is_sent_as_it_is_added() {
    let mut hands = bare("post");
    hands.fill("group_id", "1");
    for block in [
        "text",
        "link",
        "photos",
        "movies",
        "movie_reshare",
        "music",
        "poll",
        "app_card",
        "topic",
        "product",
    ] {
        // The last of that name is the button: blocks before it may have lines of that name.
        hands.click_last(block);
    }
    let expected = concat!(
        r#"{"media":[{"type":"text","text":"I have built a castle of 12 blocks!"},"#,
        r#"{"type":"text","text":"Come and see"},{"type":"link","url":"https://game.example/"},"#,
        r#"{"type":"photo","list":[{"photoId":"1"}]},{"type":"movie","list":[{"id":"1"}]},"#,
        r#"{"type":"movie-reshare","movieId":"1"},{"type":"music","list":[{"id":"1"}]},"#,
        r#"{"type":"poll","question":"Which tower is higher?","answers":[{"text":"Left"},{"text":"Right"}]},"#,
        r#"{"type":"app","text":"Build with me","actions":[{"text":"Play"}]},"#,
        r#"{"type":"topic","topicId":"1","group":false},{"type":"product","price":100,"currency":"RUB"}]}"#,
    );
    assert_eq!(media(&mut hands), expected);
    // The sandbox takes it, too.
    let link = pending(&hands)
        .iter()
        .next()
        .expect("pending")
        .link()
        .expose()
        .to_owned();
    super::follow(&link);
    let sandbox = hands.app.world().resource::<OkSandbox>();
    assert!(
        sandbox
            .requests()
            .iter()
            .all(|request| request.refused.is_none()),
        "{:?}",
        sandbox.requests()
    );
}

/// A post of one block.
fn only(block: &str) -> Hands {
    let mut hands = bare("post");
    hands.click("remove");
    hands.click_last(block);
    hands
}

#[test]
fn what_is_in_a_block_reaches_the_message() {
    let mut hands = only("link");
    hands.fill("url", "https://ok.ru/");
    assert_eq!(
        media(&mut hands),
        r#"{"media":[{"type":"link","url":"https://ok.ru/"}]}"#
    );

    let mut hands = only("photos");
    hands.choose("source", "upload token");
    hands.fill("id", "upl0ad");
    hands.click("Add photo");
    hands.fill_nth("id", 1, "22");
    hands.click("Add photo");
    hands.click_nth("existing", 2);
    hands.fill_nth("id", 2, "33");
    hands.tick("group", 0);
    let list = r#"{"id":"upl0ad"},{"photoId":"22"},{"existing_photo_id":"33","group":true}"#;
    assert_eq!(
        media(&mut hands),
        format!(r#"{{"media":[{{"type":"photo","list":[{list}]}}]}}"#)
    );
    // The first "remove" is the block's.
    hands.click_nth("remove", 2);
    assert!(!media(&mut hands).contains("22"));

    let mut hands = only("movies");
    hands.fill("ids", "31, 32");
    assert_eq!(
        media(&mut hands),
        r#"{"media":[{"type":"movie","list":[{"id":"31"},{"id":"32"}]}]}"#
    );

    let mut hands = only("movie_reshare");
    hands.fill("id", "33");
    assert_eq!(
        media(&mut hands),
        r#"{"media":[{"type":"movie-reshare","movieId":"33"}]}"#
    );

    let mut hands = only("music");
    for (line, text) in [
        ("id", "77"),
        ("title", "Theme"),
        ("artist", "Band"),
        ("album", "First"),
    ] {
        hands.fill(line, text);
    }
    let track = r#"{"id":"77","title":"Theme","artistName":"Band","albumName":"First"}"#;
    assert_eq!(
        media(&mut hands),
        format!(r#"{{"media":[{{"type":"music","list":[{track}]}}]}}"#)
    );

    let mut hands = only("poll");
    hands.fill("question", "Again?");
    hands.fill_nth("text", 0, "Yes");
    hands.fill_nth("text", 1, "No");
    hands.click("Add answer");
    hands.tick("single_choice", 0);
    hands.tick("anonymous", 0);
    let poll = concat!(
        r#"{"media":[{"type":"poll","question":"Again?","answers":[{"text":"Yes"},{"text":"No"},{"text":"Maybe"}],"#,
        r#""options":"SingleChoice,AnonymousVoting"}]}"#,
    );
    assert_eq!(media(&mut hands), poll);

    let mut hands = only("app_card");
    hands.fill("text", "Card");
    hands.fill_nth("text", 1, "Go");
    hands.fill("mark", "a");
    hands.click("Add image");
    hands.fill("url", "https://game.example/b.png");
    hands.fill("title", "B");
    hands.fill("mark", "b");
    let card = concat!(
        r#"{"media":[{"type":"app","text":"Card","images":[{"url":"https://game.example/b.png","title":"B","mark":"b"}],"#,
        r#""actions":[{"text":"Go","mark":"a"}]}]}"#,
    );
    assert_eq!(media(&mut hands), card);

    let mut hands = only("topic");
    hands.fill("id", "99");
    hands.tick("group", 0);
    assert_eq!(
        media(&mut hands),
        r#"{"media":[{"type":"topic","topicId":"99","group":true}]}"#
    );

    let mut hands = only("product");
    hands.fill("group_id", "1");
    for (line, text) in [
        ("price", "7"),
        ("currency", "USD"),
        ("lifetime", "30"),
        ("partner_link", "https://shop.example/"),
    ] {
        hands.fill(line, text);
    }
    let product = r#"{"type":"product","price":7,"currency":"USD","lifetime":30,"partner_link":"https://shop.example/"}"#;
    assert_eq!(media(&mut hands), format!(r#"{{"media":[{product}]}}"#));
}

#[test]
fn blocks_are_moved_and_json_is_sent_as_it_is() {
    let mut hands = bare("post");
    hands.click_last("link");
    hands.click("up");
    assert!(media(&mut hands).starts_with(r#"{"media":[{"type":"link""#));
    // It begins as what the blocks are.
    hands.choose("content", "JSON of your own");
    assert!(media(&mut hands).starts_with(r#"{"media":[{"type":"link""#));
    hands.fill("JSON", r#"{"media": [{"type":"news"}]}"#);
    assert_eq!(media(&mut hands), r#"{"media": [{"type":"news"}]}"#);
    hands.fill("JSON", "{}");
    refused(
        &mut hands,
        "post",
        "media has no block; add a text, a link or a photo",
    );
    hands.choose("content", "blocks");
    assert!(media(&mut hands).contains(r#""type":"link""#));
}

/// Sends in vain; what is wrong is said twice, beside the button and at the field.
fn refused(hands: &mut Hands, kind: &str, problem: &str) {
    let before = pending(hands).len();
    hands.click(&format!("Send {kind}"));
    let text = hands.now();
    assert_eq!(
        text.matches(problem).count(),
        2,
        "{problem} is not twice in {text}"
    );
    assert!(text.contains("Not sent."), "{text}");
    assert_eq!(pending(hands).len(), before);
}

#[test]
fn bad_input_is_said_at_its_field_and_nothing_typed_is_lost() {
    for (line, bad, good, problem) in [
        ("target", "7,friend", "7", "`friend` is not a number"),
        ("autosel", "many", "2", "is no whole number that fits"),
        (
            "state",
            "комната",
            "room",
            "has characters outside of printable ASCII",
        ),
        ("deadline", "4", "5", "4s is out of range"),
        ("deadline", "3601", "3600", "3601s is out of range"),
        ("deadline", "-1", "", "is no whole number that fits"),
    ] {
        let mut hands = hands(Behavior::Ask);
        hands.fill("custom_args", "kept");
        hands.fill(line, bad);
        refused(&mut hands, "invite", problem);
        assert!(
            hands.now().contains("kept") && hands.now().contains(bad),
            "{}",
            hands.now()
        );
        // Mended, it is not complained about any longer.
        hands.fill(line, good);
        assert!(!hands.now().contains(problem), "{}", hands.now());
        let sent = hands.click_for("Send invite", |request: &RequestInvite| request.0.clone());
        assert_eq!(sent.parameters.get("st.custom_args"), Some("kept"));
    }
    let mut hands = hands(Behavior::Ask);
    hands.click("Add extra");
    hands.fill("value", "1");
    refused(
        &mut hands,
        "invite",
        "extra() was given something that is not the name of a parameter",
    );
    hands.fill("name", "st.comment");
    assert_eq!(
        hands.now().matches("extra() may not set it").count(),
        2,
        "{}",
        hands.now()
    );
    // "Reset" begins again.
    hands.click("Reset");
    assert!(
        !hands.now().contains("extra()") && hands.now().contains("Build a castle"),
        "{}",
        hands.now()
    );
}

#[test]
fn bad_input_in_a_post_is_said_at_its_field() {
    for (block, line, bad, problem) in [
        ("text", "group_id", "club", "`club` is not a number"),
        ("text", "publish_at", "tomorrow", "`tomorrow` is not a time"),
        (
            "text",
            "publish_at_ms",
            "soon",
            "is no whole number that fits",
        ),
        ("text", "publish_at_ms", "1", "is for posts to a group"),
        ("text", "text", " ", "is empty; fill it"),
        ("link", "url", "game.example", "is not an absolute URL"),
        ("photos", "id", "x", "`x` is not a number"),
        ("movies", "ids", "1,y", "`y` is not a number"),
        ("movies", "ids", "", "is empty; add an entry"),
        ("movie_reshare", "id", "z", "`z` is not a number"),
        ("music", "id", "", "is empty; fill it"),
        ("poll", "question", "", "is empty; fill it"),
        ("poll", "text", "", "is empty; fill it"),
        ("topic", "id", "t", "`t` is not a number"),
        ("product", "price", "", "is empty; write the price"),
        ("product", "lifetime", "-1", "is no whole number that fits"),
        ("product", "currency", "rub", "`rub` is not a currency code"),
        (
            "product",
            "partner_link",
            "shop",
            "is not an absolute URL",
        ),
    ] {
        let mut hands = only(block);
        hands.fill(line, bad);
        refused(&mut hands, "post", problem);
    }
    let mut hands = only("poll");
    hands.click_nth("remove", 2);
    refused(&mut hands, "post", "has 1 of at least 2 answers");
    let mut hands = bare("post");
    hands.click("remove");
    refused(&mut hands, "post", "has no block");
    let mut hands = only("app_card");
    hands.click("Add image");
    hands.fill("url", "b.png");
    refused(&mut hands, "post", "is not an absolute URL");
    let mut hands = only("music");
    hands.click_nth("remove", 1);
    refused(&mut hands, "post", "is empty; add an entry");
    let mut hands = only("product");
    refused(&mut hands, "post", "is for posts to a group");
}
