use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::*;
use crate::driver::Runtime;
use crate::prelude::*;

/// Returns the text of the kit's panic.
fn panic_text(kit: &mut TestKit, run: impl FnOnce(&mut TestKit)) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| run(kit))).expect_err("it does not give up");
    let fixed = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    fixed
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .expect("a text")
}

#[test]
fn a_panic_names_what_the_kit_waited_for() {
    let (release, hang) = sync_channel::<()>(0);
    let hang = Mutex::new(hang);
    let mut kit = TestKit::with(|plugin| {
        plugin.with_opener(move |_: &OneTimeLink| {
            _ = hang.lock().map(|hang| hang.recv());
            Ok::<(), OpenError>(())
        })
    });
    kit.timeout = Duration::from_millis(50);
    kit.next_invite(PlayerAction::Accept);
    let (invite, suggest) = (RequestInvite::new(), RequestSuggest::new());
    let (first, second) = (invite.id(), suggest.id());
    kit.app.world_mut().write_message(invite);
    kit.app.world_mut().write_message(suggest);
    let text = panic_text(&mut kit, TestKit::run_until_settled);
    let opened = "its page to be opened";
    assert_eq!(
        text,
        format!(
            "timed out while waiting for {first} (invite): {opened}; {second} (suggest): {opened}"
        )
    );
    let text = panic_text(&mut kit, |kit| kit.run_until("rain", |_| None));
    assert_eq!(text, "timed out while waiting for rain");
    drop(release);
}

#[test]
fn a_game_that_never_settles_makes_the_kit_panic() {
    use bevy_ecs::message::MessageWriter;
    let mut kit = TestKit::new();
    kit.timeout = Duration::from_millis(50);
    kit.app.add_systems(
        bevy_app::Update,
        |mut invites: MessageWriter<RequestInvite>| {
            invites.write(RequestInvite::new().target(["no id"]));
        },
    );
    let text = panic_text(&mut kit, TestKit::run_until_settled);
    assert_eq!(
        text,
        "timed out while waiting for a frame in which nothing happens"
    );
}

/// A test that ends while an opener waits leaves no thread behind.
#[test]
fn dropping_the_gate_releases_openers() {
    let gate = OpenerGate::new();
    let opener = gate.opener();
    let waiting = thread::spawn(move || {
        opener(
            &OneTimeLink::parse("http://127.0.0.1:1/go/00000000000000000000000000000000".into())
                .unwrap(),
        )
    });
    drop(gate);
    assert!(waiting.join().unwrap().is_err());
}

/// A hidden window gets no frames. A callback that came in time counts when frames run again, and
/// the request does not time out.
#[test]
fn a_result_waits_for_the_next_frame_however_late_that_is() {
    use std::io::{Read as _, Write as _};

    use crate::sandbox::Player;

    let mut kit = TestKit::new();
    let request = RequestInvite::new();
    let id = request.id();
    kit.app.world_mut().write_message(request);
    let link = kit.run_until("the page", |kit| {
        kit.messages
            .opened
            .first()
            .and_then(|opened| opened.link.clone())
    });
    // No frame from here on. The listener sends the callback on before the browser gets its page.
    Player::accept()
        .play(link.expose())
        .expect("the player accepts");
    kit.app.world().resource::<Runtime>().pass_timeout(id);
    // The listener has handled that command when it responds to the next visit.
    let host = link.expose().split('/').nth(2).expect("a host");
    let mut visit = std::net::TcpStream::connect(host).expect("the listener is there");
    visit
        .write_all(
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes(),
        )
        .expect("sent");
    visit
        .read_to_string(&mut String::new())
        .expect("a response");
    for _ in 0..3 {
        kit.update();
    }
    assert_eq!(kit.messages.invites.len(), 1);
    assert!(
        kit.messages.invites[0].outcome.completed().is_some(),
        "{:?}",
        kit.messages.invites[0].outcome
    );
}
