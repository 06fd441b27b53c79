//! A frame is never blocked: whatever an opener or a signing backend does, frames go on and other
//! requests proceed.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};

use bevy_app::{PostUpdate, Update};
use bevy_ecs::prelude::*;
use bevy_odnoklassniki::protocol::{BackendSignature, Signer, SigningError, SigningRequest};
use bevy_odnoklassniki::sandbox::{Behavior, Player};
use bevy_odnoklassniki::test_kit::TIMEOUT;
use bevy_odnoklassniki::{MAX_PENDING, RequestErrorKind, prelude::*};
use test_support::game::Game;

/// Blocks threads until it is opened.
#[derive(Clone)]
struct Gate {
    open: Arc<(Mutex<bool>, Condvar)>,
    /// Sends each thread that arrives, with its link.
    arrivals: Sender<Option<String>>,
}

impl Gate {
    fn new() -> (Self, Receiver<Option<String>>) {
        let (arrivals, seen) = channel();
        (
            Self {
                open: Arc::default(),
                arrivals,
            },
            seen,
        )
    }

    /// Blocks until the gate is open. `false` if that took too long: a frame that waits here never
    /// opens it.
    fn pass(&self, who: Option<&OneTimeLink>) -> bool {
        _ = self.arrivals.send(who.map(|link| link.expose().to_owned()));
        let (open, changed) = &*self.open;
        let Ok(guard) = open.lock() else { return false };
        changed
            .wait_timeout_while(guard, TIMEOUT, |open| !*open)
            .is_ok_and(|(open, _)| *open)
    }

    fn open(&self) {
        let (open, changed) = &*self.open;
        *open.lock().expect("no thread panics with it") = true;
        changed.notify_all();
    }
}

fn invite(number: usize) -> RequestInvite {
    RequestInvite::new().comment(number.to_string())
}

#[test]
fn openers_that_block_delay_no_frame_and_no_other_request() {
    let (gate, arrivals) = Gate::new();
    let opener = gate.clone();
    let mut game = Game::with(Behavior::Accept, |plugin| {
        plugin.with_opener(move |link: &OneTimeLink| {
            let passed = opener.pass(Some(link));
            passed
                .then_some(())
                .ok_or_else(|| OpenError::new("no frame came to open the gate"))
        })
    });
    let mut waiting = Vec::new();
    for number in 0..MAX_PENDING {
        let request = invite(number);
        let id = request.id();
        game.write(request);
        // All openers before it still block.
        game.update();
        let link = arrivals
            .recv_timeout(TIMEOUT)
            .expect("the opener was called")
            .expect("with a link");
        waiting.push((id, link));
        for _ in 0..3 {
            game.update();
        }
        assert_eq!(
            (game.messages.finished(), game.messages.opened.len()),
            (0, 0),
            "frame with {} openers",
            number + 1
        );
    }
    // The player is faster than the opener's return; the second half of the requests goes on
    // meanwhile.
    let (first, second) = waiting.split_at(MAX_PENDING / 2);
    for (id, link) in second.iter().rev() {
        Player::accept().play(link).expect("the player acts");
        assert!(game.invite_outcome(*id).completed().is_some());
    }
    game.write(CancelRequest { id: first[0].0 });
    game.update();
    assert_eq!(
        game.messages.finished(),
        second.len() + 1,
        "cancelled at once"
    );

    gate.open();
    for (id, link) in &first[1..] {
        assert_eq!(&game.link_of(*id), link, "opened in the end");
        Player::accept().play(link).expect("the player acts");
        assert!(game.invite_outcome(*id).completed().is_some());
    }
    assert_eq!(game.messages.finished(), MAX_PENDING);
}

#[test]
fn a_backend_that_blocks_delays_no_frame_and_no_other_request() {
    let (gate, arrivals) = Gate::new();
    let mut game = Game::with_sandbox(Behavior::Accept);
    let sandbox = game.sandbox().clone();
    let backend = gate.clone();
    let slow = Signer::backend(
        move |_: &SigningRequest<'_>| -> Result<BackendSignature, SigningError> {
            let passed = backend.pass(None);
            Err(if passed {
                SigningError::NotLoggedIn
            } else {
                SigningError::Unavailable("no frame came".into())
            })
        },
    );
    let app_id = sandbox.app().id.to_string();
    game.app.insert_resource(
        AppCredentials::new(app_id, sandbox.app().public_key.clone()).with_signer(slow),
    );
    let mut signing = Vec::new();
    for number in 0..MAX_PENDING - 1 {
        let request = invite(number);
        signing.push(request.id());
        game.write(request);
        game.update();
        arrivals
            .recv_timeout(TIMEOUT)
            .expect("the backend was asked");
        for _ in 0..3 {
            game.update();
        }
        assert_eq!(
            game.messages.finished(),
            0,
            "frame with {} signers",
            number + 1
        );
    }
    // The last place is for a request that is signed without the backend.
    game.app.insert_resource(sandbox.credentials());
    for number in 0..3 {
        let request = invite(number);
        let id = request.id();
        game.write(request);
        let link = game.link_of(id);
        Player::accept().play(&link).expect("the player acts");
        assert!(game.invite_outcome(id).completed().is_some());
    }
    assert_eq!(
        game.messages.finished(),
        3,
        "nothing has ended that still waits for its signature"
    );

    gate.open();
    for id in signing {
        let outcome = game.invite_outcome(id);
        assert_eq!(
            outcome.error().map(RequestError::kind),
            Some(RequestErrorKind::NotLoggedIn),
            "{outcome:?}"
        );
    }
    assert_eq!(game.messages.finished(), 3 + MAX_PENDING - 1);
}

/// Whether the game holds the plugin back, and the request that it writes in the next frame.
#[derive(Resource)]
struct Held(bool, Option<RequestInvite>);

#[test]
fn a_condition_of_the_game_on_the_systems_loses_no_request() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    let request = invite(1);
    let id = request.id();
    game.app.insert_resource(Held(true, Some(request)));
    game.app.configure_sets(
        PostUpdate,
        OkSystems::Send.run_if(|held: Res<Held>| !held.0),
    );
    game.app.add_systems(
        Update,
        |mut held: ResMut<Held>, mut invites: MessageWriter<RequestInvite>| {
            invites.write_batch(held.1.take());
        },
    );
    game.app.update();
    assert!(
        game.app
            .world()
            .resource::<PendingRequests>()
            .iter()
            .next()
            .is_none(),
        "held back by the game"
    );
    // Bevy keeps messages for two frames.
    game.app.world_mut().resource_mut::<Held>().0 = false;
    game.link_of(id);
}
