//! The tab Status.

use bevy_odnoklassniki::RefusedCallback;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::Behavior;

use super::{first_link, get, pending, start};

#[test]
fn the_status_says_who_signs_and_what_was_refused() {
    let mut panel = start(Behavior::Ask);
    panel.click("Status");
    let text = panel.now();
    let credentials = panel.app.world().resource::<AppCredentials>().clone();
    for part in [
        credentials.app_id(),
        credentials.public_key(),
        "ready",
        "logged in",
        "session's secret key",
        "widgets",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    panel.app.world_mut().write_message(RequestInvite::new());
    panel.frames(1);
    let link = first_link(&panel);
    let (before, _) = link.split_once("/go/").expect("our link");
    get(&format!("{before}/nowhere"));
    panel.until("the counter", |panel| {
        pending(panel)
            .callback_counters()
            .refused(RefusedCallback::Unknown)
            == 1
    });
    panel.frames(1);
    let text = panel.now();
    assert!(
        text.contains("unknown") && !text.contains("prefetch"),
        "only what was met: {text}"
    );
    panel.click("all reasons, also those never met");
    assert!(panel.now().contains("prefetch"), "{}", panel.now());

    panel
        .app
        .insert_resource(AppCredentials::new("my game", ""));
    panel.frames(2);
    let text = panel.now();
    assert!(
        text.contains("my game") && text.contains("(empty)") && text.contains("is not a number"),
        "{text}"
    );
    panel.app.world_mut().remove_resource::<AppCredentials>();
    panel.frames(2);
    assert!(
        panel.now().contains("There are no AppCredentials"),
        "{}",
        panel.now()
    );
}

#[test]
fn the_buttons_log_in_and_out() {
    let mut panel = start(Behavior::Ask);
    panel.click("Status");
    panel.click_for("Log out", |_: &RequestLogout| ());
    panel.frames(1);
    assert!(panel.now().contains("logged out"), "{}", panel.now());
    let id = panel.click_for("Log in", RequestLogin::id);
    assert!(pending(&panel).contains(id));
    panel.frames(1);
    assert!(panel.now().contains("logging in"), "{}", panel.now());
}
