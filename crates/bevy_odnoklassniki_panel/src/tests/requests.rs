//! Requests are sent, opened again and cancelled; results are shown.

use bevy_ecs::message::Messages;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::{InviteWidget, Widget as _};
use bevy_odnoklassniki::sandbox::Behavior;

use super::{first_link, follow, pending, start};

#[test]
fn the_first_click_sends_and_the_result_is_shown() {
    let mut panel = start(Behavior::Accept);
    for (kind, button) in [
        ("invite", "Send invite"),
        ("suggest", "Send suggest"),
        ("post", "Send post"),
    ] {
        panel.click("Send");
        panel.click(kind);
        panel.click(button);
        panel.until("the page", |panel| panel.now().contains(": page opened"));
        panel.click_requests();
        let link = first_link(&panel);
        follow(&link);
        panel.until("the result", |panel| {
            panel.now().contains("Pending: 0 of 8")
        });
        assert!(panel.now().contains("completed"), "{}", panel.now());
        panel.click("Send");
        assert!(panel.now().contains(": completed"), "{}", panel.now());
    }
    let sandbox = panel.app.world().resource::<OkSandbox>();
    assert_eq!(sandbox.feed().len(), 1);
    assert!(
        sandbox
            .requests()
            .iter()
            .all(|request| request.refused.is_none())
    );
    panel.click_requests();
    let text = panel.now();
    let positions: Vec<_> = ["post", "suggest", "invite"]
        .iter()
        .map(|kind| text.find(&format!(": {kind}\n")))
        .collect();
    assert!(
        positions.iter().all(Option::is_some) && positions.is_sorted(),
        "newest first: {text}"
    );
}

#[test]
fn a_click_sends_in_the_same_frame() {
    let mut panel = start(Behavior::Ask);
    let id = panel.click_for("Send invite", RequestInvite::id);
    assert!(
        pending(&panel).contains(id),
        "it waited for another frame, which a sleeping window may not have"
    );
}

/// A click whose message queue the game has removed does nothing; others work.
#[test]
fn the_window_is_drawn_without_a_message_queue() {
    let mut panel = start(Behavior::Ask);
    let world = panel.app.world_mut();
    let removed = world.remove_resource::<Messages<RequestInvite>>();
    assert!(removed.is_some());
    panel.click("Send invite");
    assert_eq!(pending(&panel).len(), 0);
    panel.click("suggest");
    panel.click("Send suggest");
    assert_eq!(pending(&panel).len(), 1);
}

#[test]
fn a_pending_request_is_opened_again_and_cancelled() {
    let mut panel = start(Behavior::Ask);
    panel.click("Send invite");
    panel.click_requests();
    panel.until("the page", |panel| panel.now().contains("page opened"));
    let text = panel.now();
    let has_line = |begin: &str, end: &str| {
        text.lines()
            .any(|line| line.starts_with(begin) && line.ends_with(end))
    };
    assert!(
        has_line("0:", "") && has_line("9:", " of 10:00") | has_line("10:00", " of 10:00"),
        "age and timeout: {text}"
    );
    let request = pending(&panel).iter().next().expect("a pending request");
    let (id, link) = (request.id(), request.link().cloned());
    assert_eq!(
        panel.click_for("Open again", |reopen: &ReopenRequest| reopen.id),
        id
    );
    panel.until("a new link", |panel| {
        pending(panel)
            .get(id)
            .is_some_and(|request| request.link() != link.as_ref())
    });
    assert_eq!(
        panel.click_for("Cancel", |cancel: &CancelRequest| cancel.id),
        id
    );
    panel.frames(1);
    let text = panel.now();
    assert!(
        text.contains("cancelled by the game") && text.contains("Pending: 0 of 8"),
        "{text}"
    );
}

#[test]
fn the_link_is_shown_and_copied_on_demand_only() {
    let mut panel = start(Behavior::Ask);
    panel.click("Send invite");
    panel.click_requests();
    let link = first_link(&panel);
    assert!(!panel.painted.contains(&link));
    panel.click("Copy link");
    assert_eq!(panel.copied, std::slice::from_ref(&link));
    assert!(!panel.painted.contains(&link));
    panel.click("Show link");
    assert!(panel.now().contains(&link));
    panel.click("Hide link");
    assert!(!panel.now().contains(&link));
}

#[test]
fn a_failure_is_shown_with_code_field_and_advice() {
    let mut panel = start(Behavior::Error(104));
    panel.click("Send invite");
    let link = first_link(&panel);
    follow(&link);
    panel.until("the result", |panel| panel.now().contains(": failed"));
    panel.click_requests();
    let text = panel.now();
    let finished = pending(&panel)
        .recently_finished()
        .next()
        .expect("a result");
    let error = finished.error().expect("an error");
    let head = format!("{}: invite", finished.id());
    for line in [
        "Refused",
        "104 PARAM_SIGNATURE",
        &error.to_string(),
        error.advice(),
        &head,
    ] {
        assert!(
            text.lines().any(|seen| seen == line),
            "{line} is not a line of {text}"
        );
    }
    // An error that the plugin itself finds is shown with its field.
    let widget = InviteWidget::new().return_url("https://game.example/");
    panel
        .app
        .world_mut()
        .write_message(RequestInvite::from(widget));
    panel.frames(3);
    assert!(
        panel.now().lines().any(|line| line == "st.return"),
        "{}",
        panel.now()
    );
}
