//! A sleeping app has the frames that it needs: to read a result, and to act on it.

use std::sync::mpsc;

use bevy_app::App;
use bevy_odnoklassniki::AppWaker;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::{Behavior, Player};
use test_support::game::Game;

#[test]
fn a_result_that_comes_at_once_wakes_a_sleeping_app() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    game.update();
    assert!(!game.was_woken(), "an idle frame");
    game.write(RequestInvite::new().target(["Vasya"]));
    game.update();
    assert!(game.was_woken(), "a bad request");
    // The game reads it now.
    game.update();
    assert!(
        game.was_woken(),
        "what the game does with the result may take one more frame"
    );
    game.update();
    assert!(!game.was_woken(), "and then it sleeps");
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    game.link_of(id);
    while game.was_woken() {}
    game.write(CancelRequest { id });
    game.update();
    assert!(game.was_woken(), "a cancelled request");
}

#[test]
fn a_sleeping_app_gets_a_frame_after_the_one_that_reads_a_result() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    let link = game.link_of(id);
    Player::accept()
        .play(&link)
        .expect("the player gets their page");
    // The result is in the app by now, and woke it.
    while game.was_woken() {}
    game.update();
    assert_eq!(game.messages.invites.len(), 1);
    assert!(
        game.was_woken(),
        "what the game does with the result may take one more frame"
    );
    game.update();
    assert!(!game.was_woken(), "and then it sleeps");
}

#[test]
fn other_threads_wake_the_app_by_a_resource() {
    let plugin =
        || OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"));
    let (sender, woken) = mpsc::channel();
    let mut app = App::new();
    app.add_plugins(plugin().with_wake(move || _ = sender.send(())));
    app.finish();
    app.cleanup();
    let waker = app.world().resource::<AppWaker>().clone();
    let thread = std::thread::spawn(move || waker.wake());
    thread.join().expect("it ends");
    assert_eq!(woken.try_iter().count(), 1);

    let mut app = App::new();
    app.add_plugins(plugin());
    app.finish();
    assert!(
        !app.world().contains_resource::<AppWaker>(),
        "there is nothing to wake"
    );
}
