//! The target of a GET: a client that knows no token causes nothing.

use std::time::Instant;

use callback_listener::CallbackEvent;

use crate::world::{ENDED, Event, HOST, Known, PENDING, REDIRECT_PATH, World, status};

/// The statuses that a target of visible ASCII gets.
const STATUSES: [u16; 8] = [200, 303, 400, 404, 405, 410, 414, 503];

/// A GET with these bytes as its target causes one event at most, and only with the token for it. The
/// same GET again causes no second.
pub fn target_query(bytes: &[u8]) {
    let mut request = b"GET ".to_vec();
    request.extend_from_slice(bytes);
    request.extend_from_slice(b" HTTP/1.1\r\nHost: ");
    request.extend_from_slice(HOST.as_bytes());
    request.extend_from_slice(b"\r\n\r\n");

    let mut world = World::new(Instant::now());
    let Some(response) = world.send([request.as_slice()]) else {
        panic!("no response")
    };
    let first = status(&response);
    if bytes.iter().all(u8::is_ascii_graphic) {
        assert!(STATUSES.contains(&first), "status {first}");
    }
    let mut events = world.take();
    assert!(events.len() <= 1, "several events: {events:?}");
    let event = events.pop();
    if let Some(event) = &event {
        check_event(event, first, bytes);
    }

    let Some(response) = world.send([request.as_slice()]) else {
        panic!("no second response")
    };
    match (event, world.take().as_slice()) {
        (Some(CallbackEvent::Visited(id)), [CallbackEvent::LinkReused(again)]) if *again == id => {
            assert_eq!(status(&response), 410);
        }
        (Some(CallbackEvent::Received(..)), []) => {
            assert_eq!(status(&response), 200, "the page that it is finished");
        }
        // No event comes twice.
        (Some(CallbackEvent::UnexpectedCallback(_)) | None, []) => {
            assert_eq!(status(&response), first);
        }
        (event, again) => panic!("{event:?}, and then {again:?}"),
    }
}

/// Checks that this target may cause the event.
fn check_event(event: &Event, status: u16, bytes: &[u8]) {
    // What follows a space is not part of the target.
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
                (format!("/go/{}", known(*id).link_token).as_str(), 303)
            );
        }
        CallbackEvent::Received(id, ()) => {
            assert!(
                names(&known(*id), path, query),
                "a callback without its token"
            );
            assert_eq!(status, 200);
        }
        CallbackEvent::UnexpectedCallback(id) => {
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

/// Returns whether a target names a request by its return token.
fn names(known: &Known, path: &str, query: &str) -> bool {
    // A query that went through HTML has `&amp;` for `&`.
    let state = |pair: &str| {
        pair.trim_start_matches("amp;").strip_prefix("state=") == Some(known.return_token)
    };
    path.strip_prefix("/r/") == Some(known.return_token)
        || (path == REDIRECT_PATH && query.split('&').any(state))
}
