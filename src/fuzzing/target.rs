//! The target of a GET: who does not know a token does nothing.

use std::time::Instant;

use odnoklassniki::oauth::AuthorizationResponse;

use super::world::{
    ENDED, Event, HOST, INVITE_STATE, Known, LOGIN, PENDING, REDIRECT_PATH, World, status,
};
use crate::callback::CallbackEvent;
use crate::request::grade::{Answered, WidgetAnswered};

/// What a target of visible ASCII is answered with.
const STATUSES: [u16; 8] = [200, 303, 400, 404, 405, 410, 414, 503];

/// A GET with these bytes as its target causes one event at most, and only with the token for it; a
/// second one like it causes no second.
pub fn target_query(bytes: &[u8]) {
    let mut request = b"GET ".to_vec();
    request.extend_from_slice(bytes);
    request.extend_from_slice(b" HTTP/1.1\r\nHost: ");
    request.extend_from_slice(HOST.as_bytes());
    request.extend_from_slice(b"\r\n\r\n");

    let mut world = World::new(Instant::now());
    let Some(answer) = world.send([request.as_slice()]) else {
        panic!("no answer")
    };
    let first = status(&answer);
    if bytes.iter().all(u8::is_ascii_graphic) {
        assert!(STATUSES.contains(&first), "status {first}");
    }
    assert!(
        world.events.len() <= 1,
        "several events: {:?}",
        world.events
    );
    let event = world.events.pop();
    if let Some(event) = &event {
        check_event(event, first, bytes);
    }

    let Some(answer) = world.send([request.as_slice()]) else {
        panic!("no second answer")
    };
    match (event, world.events.as_slice()) {
        (Some(CallbackEvent::Visited(id)), [CallbackEvent::LinkReused(again)]) if *again == id => {
            assert_eq!(status(&answer), 410);
        }
        (Some(CallbackEvent::Answered(..)), []) => {
            assert_eq!(status(&answer), 200, "the page that it is finished");
        }
        // Nobody is told twice.
        (Some(CallbackEvent::Stranger(_)) | None, []) => assert_eq!(status(&answer), first),
        (event, again) => panic!("{event:?}, and then {again:?}"),
    }
}

/// Whether who sent this target may cause the event.
fn check_event(event: &Event, status: u16, bytes: &[u8]) {
    // What follows a space is no target any more.
    let target = bytes.split(|byte| *byte == b' ').next().unwrap_or_default();
    let target = std::str::from_utf8(target).expect("a target that is obeyed is ASCII");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let known = |id| {
        PENDING
            .into_iter()
            .find(|known| known.id == id)
            .expect("an event of no pending request")
    };
    match event {
        CallbackEvent::Visited(id) => {
            assert_eq!(
                (path, status),
                (format!("/go/{}", known(*id).start).as_str(), 303)
            );
        }
        CallbackEvent::Answered(id, answered) => {
            assert!(
                names(&known(*id), path, query),
                "an answer without its token"
            );
            assert_eq!(status, 200);
            check_answer(answered);
        }
        CallbackEvent::Stranger(id) => {
            assert!(
                names(&known(*id), path, query),
                "a notice without its token"
            );
            assert_eq!(status, 404);
        }
        other => panic!("{other:?} by a single GET"),
    }
    assert!(!names(&ENDED, path, query), "what is over causes no event");
}

/// Whether a target names a request by its return token.
fn names(known: &Known, path: &str, query: &str) -> bool {
    let state = |pair: &str| pair.strip_prefix("state=") == Some(known.back);
    path.strip_prefix("/r/") == Some(known.back)
        || (path == REDIRECT_PATH && query.split('&').any(state))
}

/// An answer that names another request never arrives as one to this.
fn check_answer(answered: &Answered) {
    match answered {
        Answered::Widget(WidgetAnswered::Invite(Ok(answer))) => {
            assert!(
                answer
                    .state
                    .as_deref()
                    .is_none_or(|state| state == INVITE_STATE)
            );
        }
        Answered::Login(Ok(AuthorizationResponse { state, .. })) => {
            assert!(state.as_deref().is_none_or(|state| state == LOGIN.back));
        }
        _ => {}
    }
}
