//! The tab Sandbox.

use std::time::Duration;

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::{Behavior, PageKind};

use super::start;

#[test]
fn the_sandbox_behaves_as_chosen() {
    let mut panel = start(Behavior::Ask);
    panel.click("Sandbox");
    let sandbox = panel.app.world().resource::<OkSandbox>().clone();
    assert!(panel.now().contains(sandbox.url()));
    panel.click("For all requests");
    assert_eq!(sandbox.behavior(), Behavior::Accept);
    panel.tick("behavior", 0);
    panel.click("error");
    panel.fill("code", "-7");
    panel.click("For the next post");
    panel.fill("delay, ms", "250");
    panel.click("For the next invite");
    let delayed = Behavior::Delay(Duration::from_millis(250), Box::new(Behavior::Error(-7)));
    assert_eq!(
        sandbox.queued_behaviors(),
        [
            (PageKind::Post, Behavior::Error(-7)),
            (PageKind::Invite, delayed)
        ]
    );
    let text = panel.now();
    assert!(
        text.contains("error:-7") && text.contains("delay:250:error:-7"),
        "{text}"
    );
    // Bad input is reported, stays in its field, and cannot be set.
    panel.fill("delay, ms", "soon");
    assert!(
        panel.now().contains("`soon` is no delay"),
        "{}",
        panel.now()
    );
    panel.click("For all requests");
    assert_eq!(sandbox.behavior(), Behavior::Accept);
    panel.fill("delay, ms", "");
    panel.fill("code", "x");
    assert!(
        panel.now().contains("`x` is no error code"),
        "{}",
        panel.now()
    );
    panel.tick("behavior", 0);
    panel.click("accept-with");
    panel.fill("friends", "7, 8");
    panel.click("For all requests");
    assert_eq!(sandbox.behavior(), Behavior::AcceptWith(vec![7, 8]));
    panel.fill("friends", "Vasya");
    assert!(
        panel.now().contains("`Vasya` are no ids"),
        "{}",
        panel.now()
    );
}
