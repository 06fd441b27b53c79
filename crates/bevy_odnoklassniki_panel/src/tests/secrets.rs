//! Nothing secret is on screen.

use bevy_app::App;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::Behavior;

use super::harness::Harness;
use super::{follow, pending, start};

#[test]
fn nothing_secret_is_ever_painted() {
    const STATE: &str = "CANARY-state-51aa";
    let mut panel = start(Behavior::Accept);
    let sandbox = panel.app.world().resource::<OkSandbox>().clone();
    let session = sandbox.session();
    let mut canaries = vec![
        STATE.to_owned(),
        session.access_token.clone(),
        session.session_secret_key.clone(),
        sandbox.app().secret_key.clone(),
    ];
    let tabs = |panel: &mut Harness| {
        for tab in ["Send", "Sandbox", "Status"] {
            panel.click(tab);
        }
        panel.click_requests();
    };
    for behavior in [
        Behavior::Accept,
        Behavior::Error(104),
        Behavior::Garbage,
        Behavior::Cancel,
        Behavior::WrongState,
    ] {
        sandbox.set_behavior(behavior);
        panel
            .app
            .world_mut()
            .write_message(RequestInvite::new().state(STATE).extra("st.x", STATE));
        panel
            .app
            .world_mut()
            .write_message(RequestPost::new(Attachment::new().text("a")).state(STATE));
        panel.frames(1);
        tabs(&mut panel);
        let links: Vec<_> = pending(&panel)
            .iter()
            .filter_map(|request| Some(request.link()?.expose().to_owned()))
            .collect();
        for link in links {
            for url in follow(&link) {
                let token = url.split("/r/").nth(1).and_then(|rest| rest.get(..32));
                let signature = url
                    .split("st.signature=")
                    .nth(1)
                    .and_then(|rest| rest.get(..32));
                canaries.extend([token, signature].into_iter().flatten().map(str::to_owned));
                canaries.push(url);
            }
            canaries.push(link.rsplit('/').next().expect("a token").to_owned());
        }
        tabs(&mut panel);
    }
    // The link of a page that could not be opened is kept with the result.
    let failing = |_: &OneTimeLink| Err(OpenError::new("no browser"));
    let mut app = App::new();
    app.add_plugins(OdnoklassnikiPlugin::with_sandbox(sandbox).with_opener(failing));
    let mut failed = Harness::on(app);
    failed.app.world_mut().write_message(RequestInvite::new());
    failed.until("the failure", |panel| {
        pending(panel).recently_finished().next().is_some()
    });
    failed.click_requests();
    assert!(failed.now().contains("CannotOpen"), "{}", failed.now());
    let link = pending(&failed)
        .recently_finished()
        .next()
        .and_then(|finished| finished.error()?.link().cloned());
    let link = link.expect("the link that could not be opened");
    assert!(!failed.painted.contains(link.expose()));
    failed.click("Show link");
    assert!(failed.now().contains(link.expose()));

    assert!(
        canaries.len() > 40 && panel.painted.len() > 10_000,
        "hardly anything was painted"
    );
    for canary in &canaries {
        assert!(canary.len() >= 8, "too short to search for: {canary}");
        assert!(
            !panel.painted.contains(canary.as_str()),
            "{canary} was painted"
        );
    }
}
