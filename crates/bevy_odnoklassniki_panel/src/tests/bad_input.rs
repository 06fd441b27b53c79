//! What cannot be sent is reported where it was typed.

use bevy_odnoklassniki::sandbox::Behavior;

use super::forms::{bare, only, send_invite};
use super::{refuses, start};

#[test]
fn bad_input_is_shown_at_its_field_and_nothing_typed_is_lost() {
    for (line, bad, good, problem) in [
        ("target", "7,friend", "7", "`friend` is not a number"),
        ("autosel", "many", "2", "is no whole number that fits"),
        (
            "state",
            "комната",
            "room",
            "has characters outside of printable ASCII",
        ),
        ("timeout", "4", "5", "4s is out of range"),
        ("timeout", "3601", "3600", "3601s is out of range"),
        ("timeout", "-1", "", "is no whole number that fits"),
    ] {
        let mut panel = start(Behavior::Ask);
        panel.fill("custom_args", "kept");
        panel.fill(line, bad);
        refuses(&mut panel, "invite", problem);
        assert!(
            panel.now().contains("kept") && panel.now().contains(bad),
            "{}",
            panel.now()
        );
        // The field is marked until it is corrected.
        panel.fill(line, good);
        assert!(!panel.now().contains(problem), "{}", panel.now());
        let (_, parameters) = send_invite(&mut panel);
        assert_eq!(parameters.get("st.custom_args"), Some("kept"));
    }
    let mut panel = start(Behavior::Ask);
    panel.click("Add extra");
    panel.fill("value", "1");
    refuses(
        &mut panel,
        "invite",
        "extra() was given something that is not the name of a parameter",
    );
    panel.fill("name", "st.comment");
    assert_eq!(
        panel.now().matches("extra() may not set it").count(),
        2,
        "{}",
        panel.now()
    );
    // "Reset" restores the form.
    panel.click("Reset");
    assert!(
        !panel.now().contains("extra()") && panel.now().contains("Build a castle"),
        "{}",
        panel.now()
    );
}

#[test]
fn bad_input_in_a_post_is_shown_at_its_field() {
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
        ("product", "partner_link", "shop", "is not an absolute URL"),
    ] {
        let mut panel = only(block);
        panel.fill(line, bad);
        refuses(&mut panel, "post", problem);
    }
    let mut panel = only("poll");
    panel.click_nth("remove", 2);
    refuses(&mut panel, "post", "has 1 of at least 2 answers");
    let mut panel = bare("post");
    panel.click("remove");
    refuses(&mut panel, "post", "has no block");
    let mut panel = only("app_card");
    panel.click("Add image");
    panel.fill("url", "b.png");
    refuses(&mut panel, "post", "is not an absolute URL");
    let mut panel = only("music");
    panel.click_nth("remove", 1);
    refuses(&mut panel, "post", "is empty; add an entry");
    let mut panel = only("product");
    refuses(&mut panel, "post", "is for posts to a group");
}
