//! What a game does with its frames: it pauses, reads results in a system that seldom runs, or
//! removes resources.

use bevy::time::{Time, TimePlugin, Virtual};
use bevy_app::{App, Update};
use bevy_ecs::prelude::{
    IntoScheduleConfigs, Local, Message, MessageReader, Messages, Res, ResMut, Resource, World,
};
use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::test_kit::PlayerAction;
use bevy_odnoklassniki::{RequestErrorKind, RequestId, prelude::*};
use test_support::game::Game;

/// Which results a system of the game has read.
#[derive(Resource, Default)]
struct Read(Vec<RequestId>);

fn read(mut finished: MessageReader<InviteFinished>, mut read: ResMut<Read>) {
    read.0.extend(finished.read().map(|invite| invite.id));
}

fn in_every_tenth_frame(mut frame: Local<u32>) -> bool {
    *frame += 1;
    frame.is_multiple_of(10)
}

fn ids(app: &App) -> &[RequestId] {
    &app.world().resource::<Read>().0
}

/// `Time<Virtual>` stands still, and with it `FixedUpdate`, which would let Bevy drop old messages.
#[test]
fn a_paused_game_sends_once_and_receives_once() {
    let mut game = Game::with_player(Behavior::Accept, PlayerAction::Accept);
    game.app
        .add_plugins(TimePlugin)
        .init_resource::<Read>()
        .add_systems(Update, read);
    game.app.world_mut().resource_mut::<Time<Virtual>>().pause();
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    assert!(game.invite_outcome(id).completed().is_some());
    for _ in 0..100 {
        game.update();
    }
    assert_eq!(
        game.app.world().resource::<Time<Virtual>>().elapsed(),
        std::time::Duration::ZERO
    );
    assert_eq!(game.sandbox().requests().len(), 1, "it was sent once");
    assert_eq!((ids(&game.app), game.messages.finished()), (&[id][..], 1));
}

/// Asks for an invitation that ends at once, in each of ten frames in turn, and runs ten frames
/// after each.
fn ten_results(game: &mut Game) -> Vec<RequestId> {
    let ask = |game: &mut Game| {
        let request = RequestInvite::new().target(["no id"]);
        let id = request.id();
        game.write(request);
        // One more than ten: the next one falls into the next frame of the ten.
        (0..11).for_each(|_| game.update());
        id
    };
    (0..10).map(|_| ask(game)).collect()
}

/// Bevy's promise for messages, and the plugin's for results: read at most once, and looked up at
/// any time.
#[test]
fn a_system_that_runs_in_every_tenth_frame_misses_messages_but_no_result() {
    let mut game = Game::with_sandbox(Behavior::Accept);
    game.app
        .init_resource::<Read>()
        .add_systems(Update, read.run_if(in_every_tenth_frame));
    let asked = ten_results(&mut game);
    // What ends at once is written in `PostUpdate`: systems in `Update` see it in the next frame,
    // and in that alone.
    assert_eq!(
        ids(&game.app).len(),
        1,
        "of ten, the one that was written just before the system ran"
    );
    assert!(asked.contains(&ids(&game.app)[0]));
    let requests = game.app.world().resource::<PendingRequests>();
    assert!(asked.iter().all(|&id| requests.finished(id).is_some()));
}

/// As the docs advise.
#[test]
fn a_system_that_seldom_runs_looks_results_up() {
    #[derive(Resource, Default)]
    struct Asked(Vec<RequestId>);
    fn look_up(mut asked: ResMut<Asked>, mut read: ResMut<Read>, requests: Res<PendingRequests>) {
        asked.0.retain(|&id| match requests.finished(id) {
            Some(finished) => {
                read.0.push(finished.id());
                false
            }
            None => true,
        });
    }
    let mut game = Game::with_sandbox(Behavior::Accept);
    game.app.init_resource::<Read>().init_resource::<Asked>();
    game.app
        .add_systems(Update, look_up.run_if(in_every_tenth_frame));
    let mut asked = Vec::new();
    for _ in 0..10 {
        let request = RequestInvite::new().target(["no id"]);
        asked.push(request.id());
        game.app
            .world_mut()
            .resource_mut::<Asked>()
            .0
            .push(request.id());
        game.write(request);
        (0..11).for_each(|_| game.update());
    }
    assert_eq!(ids(&game.app), asked, "each once, in order");
}

fn remove<R: Resource>(world: &mut World) {
    assert!(world.remove_resource::<R>().is_some());
}

/// Returns an app without the kit, because the kit needs these resources.
fn app() -> App {
    let plugin =
        OdnoklassnikiPlugin::sandbox().with_opener(|_: &OneTimeLink| Ok::<(), OpenError>(()));
    let mut app = App::new();
    app.add_plugins(plugin)
        .init_resource::<Read>()
        .add_systems(Update, read);
    app.finish();
    app.cleanup();
    app.update();
    app
}

/// Writes an invitation and runs frames until it has ended, at most ten.
fn invite(app: &mut App, request: RequestInvite) -> Option<RequestErrorKind> {
    let id = request.id();
    app.world_mut().write_message(request);
    (0..10).for_each(|_| app.update());
    let requests = app.world().resource::<PendingRequests>();
    assert_eq!(requests.contains(id), requests.finished(id).is_none());
    requests
        .finished(id)
        .map(|finished| finished.error().expect("a failure").kind())
}

/// Plays a game that clears its world between two levels. (In Bevy 0.19 resources are entities: to
/// despawn them stops Bevy itself.)
#[test]
fn what_the_game_removes_is_put_back_and_what_is_pending_goes_on() {
    let mut app = app();
    assert_eq!(
        invite(&mut app, RequestInvite::new()),
        None,
        "it is pending"
    );
    let first = app
        .world()
        .resource::<PendingRequests>()
        .iter()
        .next()
        .expect("one")
        .id();
    remove::<PendingRequests>(app.world_mut());
    assert_eq!(
        invite(&mut app, RequestInvite::new().comment("later")),
        None,
        "the plugin works on"
    );
    assert_eq!(ids(&app), [], "the first goes on, too");
    let requests = app.world().resource::<PendingRequests>();
    assert!(requests.contains(first) && requests.len() == 2);
    app.world_mut().write_message(CancelRequest { id: first });
    (0..10).for_each(|_| app.update());
    assert_eq!(ids(&app), [first], "it ends once");

    remove::<OkSession>(app.world_mut());
    let (kind, status) = (
        invite(&mut app, RequestInvite::new()),
        app.world().resource::<OkSession>().status(),
    );
    assert_eq!(
        (kind, status),
        (
            Some(RequestErrorKind::NotLoggedIn),
            SessionStatus::LoggedOut
        )
    );
    assert_eq!(
        app.world().resource::<PendingRequests>().len(),
        1,
        "what was sent goes on"
    );
    remove::<AppCredentials>(app.world_mut());
    assert_eq!(
        invite(&mut app, RequestInvite::new()),
        Some(RequestErrorKind::NotConfigured)
    );
    remove::<OkCapabilities>(app.world_mut());
    assert_eq!(
        invite(&mut app, RequestInvite::new()),
        Some(RequestErrorKind::NotConfigured),
        "and no panic"
    );
}

/// A login goes on, whatever the game removes.
#[test]
fn a_login_outlives_what_the_game_removes() {
    let status = |app: &App| app.world().resource::<OkSession>().status();
    let plugin = OdnoklassnikiPlugin::sandbox()
        .without_session()
        .with_opener(|_: &OneTimeLink| Ok::<(), OpenError>(()));
    let mut app = App::new();
    app.add_plugins(plugin);
    app.update();
    let request = RequestLogin::new();
    let id = request.id();
    app.world_mut().write_message(request);
    app.update();
    assert_eq!(status(&app), SessionStatus::LoggingIn);
    remove::<OkSession>(app.world_mut());
    app.update();
    assert_eq!(status(&app), SessionStatus::LoggingIn);
    assert!(app.world().resource::<PendingRequests>().contains(id));
    remove::<PendingRequests>(app.world_mut());
    app.update();
    assert_eq!(status(&app), SessionStatus::LoggingIn);
    assert!(app.world().resource::<PendingRequests>().contains(id));
}

/// Both happen in the frame in which a request is written.
#[test]
fn a_request_in_the_frame_of_the_removal_has_a_result() {
    let mut app = app();
    remove::<PendingRequests>(app.world_mut());
    remove::<OkSession>(app.world_mut());
    assert_eq!(
        invite(&mut app, RequestInvite::new()),
        Some(RequestErrorKind::NotLoggedIn)
    );
    assert_eq!(ids(&app).len(), 1);
}

/// A removed queue holds nothing; the others keep working.
#[test]
fn without_its_message_queues_the_plugin_works_on() {
    type Remove = fn(&mut World);
    let removals: [Remove; 6] = [
        remove::<Messages<RequestPost>>,
        remove::<Messages<RequestSuggest>>,
        remove::<Messages<RequestLogin>>,
        remove::<Messages<RequestLogout>>,
        remove::<Messages<CancelRequest>>,
        remove::<Messages<ReopenRequest>>,
    ];
    for remove in removals {
        let mut app = app();
        remove(app.world_mut());
        app.update();
        let request = RequestInvite::new().target(["no id"]);
        let id = request.id();
        assert_eq!(
            invite(&mut app, request),
            Some(RequestErrorKind::InvalidRequest)
        );
        assert_eq!(ids(&app), [id], "received once");
    }
}

/// The game can send no request; a pending one still ends, once.
#[test]
fn without_the_queue_of_its_kind_a_pending_request_still_ends() {
    let mut app = app();
    assert_eq!(
        invite(&mut app, RequestInvite::new()),
        None,
        "it is pending"
    );
    let id = app
        .world()
        .resource::<PendingRequests>()
        .iter()
        .next()
        .expect("one")
        .id();
    remove::<Messages<RequestInvite>>(app.world_mut());
    app.update();
    app.world_mut().write_message(CancelRequest { id });
    app.update();
    app.update();
    assert_eq!(ids(&app), [id]);
}

/// The game cannot read the result as a message, but can look it up.
#[test]
fn without_a_queue_for_results_they_are_looked_up() {
    fn is_received<M: Message>(app: &App) -> bool {
        app.world().contains_resource::<Messages<M>>()
    }
    let plugin =
        OdnoklassnikiPlugin::sandbox().with_opener(|_: &OneTimeLink| Ok::<(), OpenError>(()));
    let mut app = App::new();
    app.add_plugins(plugin);
    app.update();
    remove::<Messages<InviteFinished>>(app.world_mut());
    remove::<Messages<RequestOpened>>(app.world_mut());
    remove::<Messages<RequestNotice>>(app.world_mut());
    remove::<Messages<SessionChanged>>(app.world_mut());
    assert_eq!(invite(&mut app, RequestInvite::new()), None, "it is sent");
    assert_eq!(app.world().resource::<PendingRequests>().len(), 1);
    let failed = invite(&mut app, RequestInvite::new().target(["no id"]));
    assert_eq!(failed, Some(RequestErrorKind::InvalidRequest));
    app.world_mut().write_message(RequestLogout);
    app.update();
    app.update();
    assert_eq!(
        app.world().resource::<OkSession>().status(),
        SessionStatus::LoggedOut
    );
    assert!(
        app.world().resource::<PendingRequests>().is_empty(),
        "a log-out ends what is pending"
    );
    assert!(
        !is_received::<InviteFinished>(&app) && is_received::<PostFinished>(&app),
        "nothing is put back"
    );
}
