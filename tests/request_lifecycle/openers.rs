//! Openers that fail, panic or hang.

use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex};

use super::*;

#[test]
fn an_opener_that_fails_ends_the_request_with_a_link_that_still_works() {
    let mut game = Game::with(Behavior::Accept, |plugin| {
        plugin.with_opener(|_: &OneTimeLink| Err::<(), _>(OpenError::new("the overlay is off")))
    });
    let error = game
        .invite(RequestInvite::new())
        .error()
        .cloned()
        .expect("a failure");
    assert_eq!(error.kind(), RequestErrorKind::CannotOpen);
    assert!(error.to_string().contains("the overlay is off"));
    let link = error.link().expect("a link").expose();
    assert_eq!(http::status(&http::get(link)), 303);
    assert!(!format!("{error:?}").contains(link.rsplit('/').next().expect("a token")));
    assert!(game.messages.opened.is_empty());
    assert_eq!(game.messages.finished(), 1);
}

#[test]
fn cancelling_after_a_failed_opener_ends_the_link() {
    let mut game = Game::with(Behavior::Accept, |plugin| {
        plugin.with_opener(|_: &OneTimeLink| Err::<(), _>(OpenError::new("the overlay is off")))
    });
    let request = RequestInvite::new();
    let id = request.id();
    let error = game.invite(request).error().cloned().expect("a failure");
    game.write(CancelRequest { id });
    game.update();
    assert_ne!(
        http::status(&http::get(error.link().expect("a link").expose())),
        303
    );
    assert_eq!(game.messages.finished(), 1);
}

#[test]
fn an_opener_that_panics_is_an_opener_that_fails() {
    let mut game = Game::with(Behavior::Accept, |plugin| {
        plugin.with_opener(|_: &OneTimeLink| -> Result<(), OpenError> { panic!("bug") })
    });
    let error = game
        .invite(RequestInvite::new())
        .error()
        .cloned()
        .expect("a failure");
    assert_eq!(error.kind(), RequestErrorKind::CannotOpen);
}

#[test]
fn an_opener_that_hangs_blocks_neither_frames_nor_callbacks() {
    let (links, opened) = channel();
    let (release, hang) = sync_channel::<()>(0);
    let hang = Arc::new(Mutex::new(hang));
    let mut game = Game::with(Behavior::Accept, |plugin| {
        plugin.with_opener(move |link: &OneTimeLink| {
            _ = links.send(link.expose().to_owned());
            _ = hang.lock().map(|hang| hang.recv());
            Ok::<(), OpenError>(())
        })
    });
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    game.update();
    let link = opened.recv().expect("the opener was called");
    Player::accept().play(&link).expect("the player acts");
    assert!(game.invite_outcome(id).completed().is_some());
    assert_eq!(
        game.messages.opened.len(),
        1,
        "fetching the page counts as opened"
    );
    drop(release);
}
