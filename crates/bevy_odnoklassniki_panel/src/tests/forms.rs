//! What is typed reaches the message.

use bevy_odnoklassniki::DEFAULT_TIMEOUT;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::{AttachmentEncoding, Parameters};
use bevy_odnoklassniki::sandbox::Behavior;

use super::harness::Harness;
use super::{first_link, follow, pending, refuses, start};

/// Returns a form without its default text, so that a test sees which parameters are not set.
pub(super) fn bare(kind: &str) -> Harness {
    let mut panel = start(Behavior::Ask);
    panel.click(kind);
    if kind != "post" {
        panel.fill("comment", "");
    }
    panel
}

/// Returns the form of a post of one block.
pub(super) fn only(block: &str) -> Harness {
    let mut panel = bare("post");
    panel.click("remove");
    panel.click_last(block);
    panel
}

fn shared(panel: &mut Harness) {
    panel.choose("popup", "on");
    panel.choose("nohead", "off");
    panel.choose("silent", "on");
    panel.tick("nocancel", 0);
    panel.fill("state", "room-7");
    panel.fill("timeout", "90");
    panel.click("Add extra");
    panel.fill("name", "st.theme");
    panel.fill("value", "dark");
    panel.click("Add extra");
    panel.fill_nth("name", 1, "st.more");
    panel.fill_nth("value", 1, "1");
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

fn fill_invite(panel: &mut Harness) {
    panel.fill("comment", "Ну что, строим?");
    panel.fill("custom_args", "room=A1");
    panel.fill("target", "7, 8,7");
    panel.choose("target_only", "on");
    panel.fill("autosel", "3");
    shared(panel);
}

type Sent = (RequestId, Parameters);

pub(super) fn send_invite(panel: &mut Harness) -> Sent {
    panel.click_for("Send invite", |request: &RequestInvite| {
        (request.id(), request.parameters().clone())
    })
}

fn send_suggest(panel: &mut Harness) -> Sent {
    panel.click_for("Send suggest", |request: &RequestSuggest| {
        (request.id(), request.parameters().clone())
    })
}

fn send_post(panel: &mut Harness) -> Sent {
    panel.click_for("Send post", |request: &RequestPost| {
        (request.id(), request.parameters().clone())
    })
}

/// Returns the timeout of a pending request, in seconds.
fn timeout(panel: &Harness, id: RequestId) -> u64 {
    let request = pending(panel).get(id).expect("a pending request");
    let timeout = request.age() + request.time_left();
    timeout.as_secs_f64().round() as u64
}

#[test]
fn every_parameter_of_an_invitation_reaches_the_message() {
    let mut panel = bare("invite");
    let (id, parameters) = send_invite(&mut panel);
    assert_eq!(parameters, Parameters::new());
    assert_eq!(timeout(&panel, id), DEFAULT_TIMEOUT.as_secs());
    fill_invite(&mut panel);
    let (id, parameters) = send_invite(&mut panel);
    compare(&parameters, INVITE.into_iter().chain(SHARED));
    assert_eq!(timeout(&panel, id), 90);
    assert!(panel.now().contains(&id.to_string()), "{}", panel.now());
}

#[test]
fn every_parameter_of_a_recommendation_reaches_the_message() {
    let mut panel = bare("suggest");
    let (id, parameters) = send_suggest(&mut panel);
    assert_eq!(parameters, Parameters::new());
    assert_eq!(timeout(&panel, id), DEFAULT_TIMEOUT.as_secs());
    fill_invite(&mut panel);
    let (id, parameters) = send_suggest(&mut panel);
    compare(&parameters, INVITE.into_iter().chain(SHARED));
    assert_eq!(timeout(&panel, id), 90);
}

#[test]
fn every_parameter_of_a_post_reaches_the_message() {
    let mut panel = bare("post");
    let (id, sent) = send_post(&mut panel);
    assert_eq!(timeout(&panel, id), DEFAULT_TIMEOUT.as_secs());
    let json = r#"{"media":[{"type":"text","text":"I have built a castle of 12 blocks!"}]}"#;
    assert_eq!(
        sent,
        *RequestPost::new(Attachment::from_json(json).expect("JSON")).parameters()
    );

    panel.fill("group_id", "53038939046008");
    panel.choose("user_text", "on");
    panel.choose("encoding", "plain");
    panel.fill("text", "News");
    panel.fill("publish_at", "2030-05-01 12:00:00");
    panel.choose("as the group", "on");
    panel.choose("no comments", "off");
    panel.fill("place_id", "5");
    shared(&mut panel);
    let (id, sent) = send_post(&mut panel);
    assert_eq!(timeout(&panel, id), 90);
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

    panel.fill("publish_at", "");
    panel.fill("publish_at_ms", "1900000000000");
    let (_, sent) = send_post(&mut panel);
    assert!(
        sent.get("st.attachment")
            .is_some_and(|json| json.contains(r#""publishAtMs":1900000000000"#))
    );
}

fn media(panel: &mut Harness) -> String {
    let (_, parameters) = send_post(panel);
    let attachment = parameters.get("st.attachment");
    attachment.unwrap_or_default().to_owned()
}

#[test]
fn every_block_is_sent_as_it_is_added() {
    let mut panel = bare("post");
    panel.fill("group_id", "1");
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
        panel.click_last(block);
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
    assert_eq!(media(&mut panel), expected);
    // The sandbox accepts it, too.
    let link = first_link(&panel);
    follow(&link);
    let sandbox = panel.app.world().resource::<OkSandbox>();
    assert!(
        sandbox
            .requests()
            .iter()
            .all(|request| request.refused.is_none()),
        "{:?}",
        sandbox.requests()
    );
}

#[test]
fn what_is_in_a_block_reaches_the_message() {
    let mut panel = only("link");
    panel.fill("url", "https://ok.ru/");
    assert_eq!(
        media(&mut panel),
        r#"{"media":[{"type":"link","url":"https://ok.ru/"}]}"#
    );

    let mut panel = only("photos");
    panel.choose("source", "upload token");
    panel.fill("id", "upl0ad");
    panel.click("Add photo");
    panel.fill_nth("id", 1, "22");
    panel.click("Add photo");
    panel.click_nth("existing", 2);
    panel.fill_nth("id", 2, "33");
    panel.tick("group", 0);
    let list = r#"{"id":"upl0ad"},{"photoId":"22"},{"existing_photo_id":"33","group":true}"#;
    assert_eq!(
        media(&mut panel),
        format!(r#"{{"media":[{{"type":"photo","list":[{list}]}}]}}"#)
    );
    // The first "remove" is the block's.
    panel.click_nth("remove", 2);
    assert!(!media(&mut panel).contains("22"));

    let mut panel = only("movies");
    panel.fill("ids", "31, 32");
    assert_eq!(
        media(&mut panel),
        r#"{"media":[{"type":"movie","list":[{"id":"31"},{"id":"32"}]}]}"#
    );

    let mut panel = only("movie_reshare");
    panel.fill("id", "33");
    assert_eq!(
        media(&mut panel),
        r#"{"media":[{"type":"movie-reshare","movieId":"33"}]}"#
    );

    let mut panel = only("music");
    for (line, text) in [
        ("id", "77"),
        ("title", "Theme"),
        ("artist", "Band"),
        ("album", "First"),
    ] {
        panel.fill(line, text);
    }
    let track = r#"{"id":"77","title":"Theme","artistName":"Band","albumName":"First"}"#;
    assert_eq!(
        media(&mut panel),
        format!(r#"{{"media":[{{"type":"music","list":[{track}]}}]}}"#)
    );

    let mut panel = only("poll");
    panel.fill("question", "Again?");
    panel.fill_nth("text", 0, "Yes");
    panel.fill_nth("text", 1, "No");
    panel.click("Add answer");
    panel.tick("single_choice", 0);
    panel.tick("anonymous", 0);
    let poll = concat!(
        r#"{"media":[{"type":"poll","question":"Again?","answers":[{"text":"Yes"},{"text":"No"},{"text":"Maybe"}],"#,
        r#""options":"SingleChoice,AnonymousVoting"}]}"#,
    );
    assert_eq!(media(&mut panel), poll);

    let mut panel = only("app_card");
    panel.fill("text", "Card");
    panel.fill_nth("text", 1, "Go");
    panel.fill("mark", "a");
    panel.click("Add image");
    panel.fill("url", "https://game.example/b.png");
    panel.fill("title", "B");
    panel.fill("mark", "b");
    let card = concat!(
        r#"{"media":[{"type":"app","text":"Card","images":[{"url":"https://game.example/b.png","title":"B","mark":"b"}],"#,
        r#""actions":[{"text":"Go","mark":"a"}]}]}"#,
    );
    assert_eq!(media(&mut panel), card);

    let mut panel = only("topic");
    panel.fill("id", "99");
    panel.tick("group", 0);
    assert_eq!(
        media(&mut panel),
        r#"{"media":[{"type":"topic","topicId":"99","group":true}]}"#
    );

    let mut panel = only("product");
    panel.fill("group_id", "1");
    for (line, text) in [
        ("price", "7"),
        ("currency", "USD"),
        ("lifetime", "30"),
        ("partner_link", "https://shop.example/"),
    ] {
        panel.fill(line, text);
    }
    let product = r#"{"type":"product","price":7,"currency":"USD","lifetime":30,"partner_link":"https://shop.example/"}"#;
    assert_eq!(media(&mut panel), format!(r#"{{"media":[{product}]}}"#));
}

#[test]
fn blocks_are_moved_and_json_is_sent_as_it_is() {
    let mut panel = bare("post");
    panel.click_last("link");
    panel.click("up");
    assert!(media(&mut panel).starts_with(r#"{"media":[{"type":"link""#));
    // The JSON is at first that of the blocks.
    panel.choose("content", "JSON of your own");
    assert!(media(&mut panel).starts_with(r#"{"media":[{"type":"link""#));
    panel.fill("JSON", r#"{"media": [{"type":"news"}]}"#);
    assert_eq!(media(&mut panel), r#"{"media": [{"type":"news"}]}"#);
    panel.fill("JSON", "{}");
    refuses(
        &mut panel,
        "post",
        "media has no block; add a text, a link or a photo",
    );
    panel.choose("content", "blocks");
    assert!(media(&mut panel).contains(r#""type":"link""#));
}
