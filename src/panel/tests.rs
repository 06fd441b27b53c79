//! The panel under a developer's hands: every form, every button, and nothing secret on screen.

mod forms;
mod hands;

use bevy_app::App;
use bevy_ecs::message::Messages;

use self::hands::Hands;
use crate::prelude::*;
use crate::sandbox::{Behavior, RequestKind, Sandbox};
use crate::{OkPanel, OkPanelPlugin, RefusedCallback};

const LAPTOP: [f32; 2] = [960.0, 640.0];

/// A game on a sandbox whose pages nobody opens.
fn game(behavior: Behavior) -> App {
    let sandbox = Sandbox::builder()
        .behavior(behavior)
        .start()
        .expect("a sandbox on a free port");
    let opener = |_: &OneTimeLink| Ok::<(), OpenError>(());
    let mut app = App::new();
    app.add_plugins(OdnoklassnikiPlugin::with_sandbox(sandbox.into()).with_opener(opener));
    app
}

fn hands(behavior: Behavior) -> Hands {
    Hands::on(game(behavior))
}

fn pending(hands: &Hands) -> &PendingRequests {
    hands.app.world().resource()
}

/// The status, headers and all, of one request to this machine.
fn get(url: &str) -> String {
    use std::io::{Read, Write};
    let (host, path) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .expect("an address");
    let mut stream = std::net::TcpStream::connect(host).expect("somebody listens");
    let head = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it can be sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

fn location(answer: &str) -> Option<&str> {
    answer.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .starts_with("location: ")
            .then(|| &line[10..])
    })
}

/// Goes where a browser would go; says every address on the way.
fn follow(link: &str) -> Vec<String> {
    let mut seen = vec![link.to_owned()];
    while let Some(next) = seen
        .last()
        .and_then(|url| location(&get(url)).map(str::to_owned))
    {
        seen.push(next);
    }
    seen
}

#[test]
fn the_first_click_sends_and_the_outcome_is_seen() {
    let mut hands = hands(Behavior::Accept);
    for (kind, button) in [
        ("invite", "Send invite"),
        ("suggest", "Send suggest"),
        ("post", "Send post"),
    ] {
        hands.click("Send");
        hands.click(kind);
        hands.click(button);
        hands.until("the page", |hands| hands.now().contains(": page opened"));
        hands.click_requests();
        let link = pending(&hands)
            .iter()
            .next()
            .expect("pending")
            .link()
            .expose()
            .to_owned();
        follow(&link);
        hands.until("the result", |hands| {
            hands.now().contains("Pending: 0 of 8")
        });
        assert!(hands.now().contains("completed"), "{}", hands.now());
        hands.click("Send");
        assert!(hands.now().contains(": completed"), "{}", hands.now());
    }
    let sandbox = hands.app.world().resource::<OkSandbox>();
    assert_eq!(sandbox.feed().len(), 1);
    assert!(
        sandbox
            .requests()
            .iter()
            .all(|request| request.refused.is_none())
    );
    hands.click_requests();
    let text = hands.now();
    let places: Vec<_> = ["post", "suggest", "invite"]
        .iter()
        .map(|kind| text.find(&format!(": {kind}\n")))
        .collect();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "newest first: {text}"
    );
}

#[test]
fn a_click_sends_in_the_same_frame() {
    let mut hands = hands(Behavior::Ask);
    let id = hands.click_for("Send invite", RequestInvite::id);
    assert!(
        pending(&hands).contains(id),
        "it waited for another frame, which a sleeping window may not have"
    );
}

/// A click whose queue the game has removed does nothing.
#[test]
fn the_window_is_drawn_without_a_message_queue() {
    let mut hands = hands(Behavior::Ask);
    assert!(
        hands
            .app
            .world_mut()
            .remove_resource::<Messages<RequestLogout>>()
            .is_some()
    );
    hands.click("Send invite");
    assert_eq!(pending(&hands).len(), 1);
}

#[test]
fn a_pending_request_is_opened_again_and_cancelled() {
    let mut hands = hands(Behavior::Ask);
    hands.click("Send invite");
    hands.click_requests();
    hands.until("the page", |hands| hands.now().contains("page opened"));
    let text = hands.now();
    let has_line = |begin: &str, end: &str| {
        text.lines()
            .any(|line| line.starts_with(begin) && line.ends_with(end))
    };
    assert!(
        has_line("0:", "") && has_line("9:", " of 10:00") | has_line("10:00", " of 10:00"),
        "age and deadline: {text}"
    );
    let (id, link) = pending(&hands)
        .iter()
        .map(|request| (request.id(), request.link().clone()))
        .next()
        .expect("one");
    assert_eq!(
        hands.click_for("Open again", |reopen: &ReopenRequest| reopen.id),
        id
    );
    hands.until("a new link", |hands| {
        pending(hands)
            .get(id)
            .is_some_and(|request| request.link() != &link)
    });
    assert_eq!(
        hands.click_for("Cancel", |cancel: &CancelRequest| cancel.id),
        id
    );
    hands.frames(1);
    let text = hands.now();
    assert!(
        text.contains("cancelled by the game") && text.contains("Pending: 0 of 8"),
        "{text}"
    );
}

#[test]
fn the_link_is_shown_and_copied_on_demand_only() {
    let mut hands = hands(Behavior::Ask);
    hands.click("Send invite");
    hands.click_requests();
    let link = pending(&hands)
        .iter()
        .next()
        .expect("pending")
        .link()
        .expose()
        .to_owned();
    assert!(!hands.painted.contains(&link));
    hands.click("Copy link");
    assert_eq!(hands.copied, std::slice::from_ref(&link));
    assert!(!hands.painted.contains(&link));
    hands.click("Show link");
    assert!(hands.now().contains(&link));
    hands.click("Hide link");
    assert!(!hands.now().contains(&link));
}

#[test]
fn a_failure_is_told_with_code_field_and_advice() {
    let mut hands = hands(Behavior::Error(104));
    hands.click("Send invite");
    let link = pending(&hands)
        .iter()
        .next()
        .expect("pending")
        .link()
        .expose()
        .to_owned();
    follow(&link);
    hands.until("the result", |hands| hands.now().contains(": failed"));
    hands.click_requests();
    let text = hands.now();
    let finished = pending(&hands)
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
    // What the plugin itself finds is told with its field.
    hands
        .app
        .world_mut()
        .write_message(RequestInvite::new().return_url("https://game.example/"));
    hands.frames(3);
    assert!(
        hands.now().lines().any(|line| line == "st.return"),
        "{}",
        hands.now()
    );
}

#[test]
fn the_sandbox_is_told_what_to_do() {
    let mut hands = hands(Behavior::Ask);
    hands.click("Sandbox");
    let sandbox = hands.app.world().resource::<OkSandbox>().clone();
    assert!(hands.now().contains(sandbox.url()));
    hands.click("For all requests");
    assert_eq!(sandbox.behavior(), Behavior::Accept);
    hands.tick("behavior", 0);
    hands.click("error");
    hands.fill("code", "-7");
    hands.click("For the next post");
    hands.fill("delay, ms", "250");
    hands.click("For the next invite");
    let delayed = Behavior::Delay(
        std::time::Duration::from_millis(250),
        Box::new(Behavior::Error(-7)),
    );
    assert_eq!(
        sandbox.queued_behaviors(),
        [
            (RequestKind::Post, Behavior::Error(-7)),
            (RequestKind::Invite, delayed)
        ]
    );
    let text = hands.now();
    assert!(
        text.contains("error:-7") && text.contains("delay:250:error:-7"),
        "{text}"
    );
    // Bad input is said, keeps what was typed, and cannot be set.
    hands.fill("delay, ms", "soon");
    assert!(
        hands.now().contains("`soon` is no delay"),
        "{}",
        hands.now()
    );
    hands.click("For all requests");
    assert_eq!(sandbox.behavior(), Behavior::Accept);
    hands.fill("delay, ms", "");
    hands.fill("code", "x");
    assert!(
        hands.now().contains("`x` is no error code"),
        "{}",
        hands.now()
    );
    hands.tick("behavior", 0);
    hands.click("accept-with");
    hands.fill("friends", "7, 8");
    hands.click("For all requests");
    assert_eq!(sandbox.behavior(), Behavior::AcceptWith(vec![7, 8]));
    hands.fill("friends", "Vasya");
    assert!(
        hands.now().contains("`Vasya` are no ids"),
        "{}",
        hands.now()
    );
}

#[test]
fn the_status_says_who_signs_and_what_was_refused() {
    let mut hands = hands(Behavior::Ask);
    hands.click("Status");
    let text = hands.now();
    let credentials = hands.app.world().resource::<AppCredentials>().clone();
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
    hands.app.world_mut().write_message(RequestInvite::new());
    hands.frames(1);
    let link = pending(&hands)
        .iter()
        .next()
        .expect("pending")
        .link()
        .expose()
        .to_owned();
    let (before, _) = link.split_once("/go/").expect("our link");
    get(&format!("{before}/nowhere"));
    hands.until("the counter", |hands| {
        pending(hands)
            .callback_counters()
            .refused(RefusedCallback::Unknown)
            == 1
    });
    hands.frames(1);
    let text = hands.now();
    assert!(
        text.contains("unknown") && !text.contains("prefetch"),
        "only what was met: {text}"
    );
    hands.click("all reasons, also those never met");
    assert!(hands.now().contains("prefetch"), "{}", hands.now());

    hands
        .app
        .insert_resource(AppCredentials::new("my game", ""));
    hands.frames(2);
    let text = hands.now();
    assert!(
        text.contains("my game") && text.contains("(empty)") && text.contains("is not a number"),
        "{text}"
    );
    hands.app.world_mut().remove_resource::<AppCredentials>();
    hands.frames(2);
    assert!(
        hands.now().contains("There are no AppCredentials"),
        "{}",
        hands.now()
    );
}

#[test]
fn nothing_secret_is_ever_painted() {
    const STATE: &str = "CANARY-state-51aa";
    let mut hands = hands(Behavior::Accept);
    let sandbox = hands.app.world().resource::<OkSandbox>().clone();
    let session = sandbox.session();
    let mut canaries = vec![
        STATE.to_owned(),
        session.access_token.clone(),
        session.session_secret_key.clone(),
        sandbox.app().secret_key.clone(),
    ];
    let tabs = |hands: &mut Hands| {
        for tab in ["Send", "Sandbox", "Status"] {
            hands.click(tab);
        }
        hands.click_requests();
    };
    for behavior in [
        Behavior::Accept,
        Behavior::Error(104),
        Behavior::Garbage,
        Behavior::Cancel,
        Behavior::WrongState,
    ] {
        sandbox.set_behavior(behavior);
        hands
            .app
            .world_mut()
            .write_message(RequestInvite::new().state(STATE).extra("st.x", STATE));
        hands
            .app
            .world_mut()
            .write_message(RequestPost::new(Attachment::new().text("a")).state(STATE));
        hands.frames(1);
        tabs(&mut hands);
        let links: Vec<_> = pending(&hands)
            .iter()
            .map(|request| request.link().expose().to_owned())
            .collect();
        for link in links {
            for address in follow(&link) {
                let token = address.split("/r/").nth(1).and_then(|rest| rest.get(..32));
                let signature = address
                    .split("st.signature=")
                    .nth(1)
                    .and_then(|rest| rest.get(..32));
                canaries.extend([token, signature].into_iter().flatten().map(str::to_owned));
                canaries.push(address);
            }
            canaries.push(link.rsplit('/').next().expect("a token").to_owned());
        }
        tabs(&mut hands);
    }
    // A link that could not be opened stays in the log.
    let failing = |_: &OneTimeLink| Err(OpenError::new("no browser"));
    let mut app = App::new();
    app.add_plugins(OdnoklassnikiPlugin::with_sandbox(sandbox).with_opener(failing));
    let mut failed = Hands::on(app);
    failed.app.world_mut().write_message(RequestInvite::new());
    failed.until("the failure", |hands| {
        pending(hands).recently_finished().next().is_some()
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
        canaries.len() > 40 && hands.painted.len() > 10_000,
        "hardly anything was painted"
    );
    for canary in &canaries {
        assert!(canary.len() >= 8, "too short to search for: {canary}");
        assert!(
            !hands.painted.contains(canary.as_str()),
            "{canary} was painted"
        );
    }
}

#[test]
fn it_fits_into_a_small_window() {
    let mut hands = Hands::on_screen(game(Behavior::Ask), LAPTOP);
    for click in ["invite", "suggest", "post", "Requests", "Sandbox", "Status"] {
        hands.click(click);
        let (left, right) = hands.width();
        // Content that is too wide would widen the window.
        assert!(
            left >= 12.0 && right <= 440.0,
            "{click}: from {left} to {right}"
        );
    }
}

#[test]
fn a_closed_panel_paints_nothing_and_keeps_what_was_typed() {
    let mut hands = hands(Behavior::Ask);
    hands.fill("comment", "kept");
    hands.app.world_mut().resource_mut::<OkPanel>().open = false;
    hands.frames(2);
    assert_eq!(hands.now(), "");
    assert!(!hands.wants_frames());
    hands.app.world_mut().resource_mut::<OkPanel>().open = true;
    hands.frames(3);
    assert!(hands.now().contains("kept"), "{}", hands.now());
}

#[test]
fn the_button_in_the_corner_closes_it() {
    let mut hands = hands(Behavior::Ask);
    hands.click("Close window");
    assert!(!hands.app.world().resource::<OkPanel>().open);
    assert_eq!(hands.now(), "");
}

#[test]
fn nothing_is_asked_of_a_sleeping_window() {
    let mut hands = hands(Behavior::Ask);
    hands.click("Send invite");
    // A cursor in a text field would blink.
    hands.fill("comment", "a");
    hands.frames(20);
    assert!(!hands.wants_frames(), "bevy_egui would draw every frame");
}

#[test]
fn modifier_keys_are_told_when_they_change() {
    use bevy_egui::EguiInput;
    use bevy_egui::egui::{Event, Modifiers};

    let mut app = App::new();
    app.add_plugins(OkPanelPlugin);
    let context = app
        .world_mut()
        .spawn(bevy_egui::EguiContext::default())
        .id();
    let (none, shift) = (
        Event::ModifiersChanged(Modifiers::NONE),
        Event::ModifiersChanged(Modifiers::SHIFT),
    );
    let typed = Event::Text("a".into());
    for (said, left) in [
        (vec![none.clone()], vec![]),
        (
            vec![typed.clone(), shift.clone(), shift.clone()],
            vec![typed.clone(), shift.clone()],
        ),
        (vec![shift.clone(), none.clone()], vec![shift, none]),
    ] {
        app.world_mut()
            .get_mut::<EguiInput>(context)
            .expect("it is there")
            .events = said;
        app.update();
        assert_eq!(
            app.world()
                .get::<EguiInput>(context)
                .expect("it is there")
                .events,
            left
        );
    }
}

#[test]
fn an_age_gets_one_frame_a_second_however_often_it_is_drawn() {
    let (sender, woken) = std::sync::mpsc::channel();
    let tick = super::sleep::Tick::default();
    let wake = crate::wake::Wake::new(move || _ = sender.send(()));
    for _ in 0..1000 {
        tick.start(Some(&wake));
    }
    let patience = std::time::Duration::from_secs(30);
    woken.recv_timeout(patience).expect("a frame");
    tick.start(None);
    drop(wake);
    // The one sleeper is gone, and with it the last wake: had there been others, they would still
    // hold theirs.
    let second = woken.recv_timeout(patience);
    assert_eq!(second, Err(std::sync::mpsc::RecvTimeoutError::Disconnected));
}

#[test]
fn frames_are_ordered_only_where_ages_are_seen() {
    let sandbox = OkSandbox::start().expect("a sandbox on a free port");
    let mut app = App::new();
    let plugin = OdnoklassnikiPlugin::with_sandbox(sandbox)
        .with_opener(|_: &OneTimeLink| Ok::<(), OpenError>(()));
    app.add_plugins(plugin.with_wake(|| ()));
    let mut hands = Hands::on(app);
    let ordered = |hands: &Hands| {
        hands
            .app
            .world()
            .resource::<super::sleep::Tick>()
            .is_ordered()
    };
    hands.click_requests();
    assert!(!ordered(&hands), "nothing is pending");
    hands.click("Send");
    hands.click("Send invite");
    assert!(
        pending(&hands).len() == 1 && !ordered(&hands),
        "no age is seen"
    );
    hands.click_requests();
    hands.until("an order", |hands| ordered(hands));
}

#[test]
fn an_app_without_a_window_or_the_plugin_is_left_alone() {
    let mut app = App::new();
    app.add_plugins(OkPanelPlugin);
    app.finish();
    app.cleanup();
    app.update();
    assert!(!app.is_plugin_added::<bevy_egui::EguiPlugin>());

    // Drawn without OdnoklassnikiPlugin, it says so.
    let mut hands = Hands::on(App::new());
    hands.click("Send invite");
    assert!(
        hands.now().contains("OdnoklassnikiPlugin is not there"),
        "{}",
        hands.now()
    );
    hands.click_requests();
    hands.click("Status");
    assert!(
        !hands
            .app
            .world()
            .contains_resource::<Messages<InviteFinished>>()
    );
}

#[test]
fn a_game_may_begin_with_a_closed_panel() {
    let mut app = game(Behavior::Ask);
    app.insert_resource(OkPanel { open: false });
    assert_eq!(Hands::on(app).now(), "");
}
