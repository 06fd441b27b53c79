//! The test kit, as a game's own tests use it, with a real listener, real sockets and the sandbox.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use bevy::prelude::*;
use bevy::time::TimeUpdateStrategy;
use bevy_odnoklassniki::protocol::{ErrorCode, UserId};
use bevy_odnoklassniki::sandbox::{Behavior, RequestKind};
use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
use bevy_odnoklassniki::{CancelledBy, Finished, MAX_PENDING, RequestErrorKind, prelude::*};
use proptest::prelude::*;
use test_support::http;

fn write<M: Message>(kit: &mut TestKit, message: M) {
    kit.app.world_mut().write_message(message);
}

/// Writes an invitation that is unlike all others.
fn invite(kit: &mut TestKit) -> RequestId {
    let request = RequestInvite::new();
    let id = request.id();
    write(kit, request.comment(id.to_string()));
    id
}

fn post(kit: &mut TestKit) -> RequestId {
    let request = RequestPost::new(Attachment::new().text("A tower!"));
    let id = request.id();
    write(kit, request);
    id
}

fn outcome(kit: &TestKit, id: RequestId) -> Option<&'static str> {
    let requests = kit.app.world().resource::<PendingRequests>();
    requests.finished(id).map(Finished::outcome_name)
}

/// Returns the text with which `run` panics.
fn complaint(run: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("a panic");
    panic.downcast_ref::<String>().cloned().expect("a text")
}

/// The game of most tests here: it counts the results it reads, and posts about its first
/// invitation.
struct CastlePlugin;

#[derive(Resource, Default)]
struct Castle {
    messages: HashMap<RequestId, usize>,
    opened: usize,
    helpers: usize,
    posted: bool,
}

impl Plugin for CastlePlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Castle>().add_systems(
            Update,
            (note_opened, receive_invites, receive_posts, receive_suggests),
        );
    }
}

fn note_opened(mut castle: ResMut<Castle>, mut opened: MessageReader<RequestOpened>) {
    castle.opened += opened.read().count();
}

fn receive_invites(
    mut castle: ResMut<Castle>,
    mut finished: MessageReader<InviteFinished>,
    mut posts: MessageWriter<RequestPost>,
) {
    for invite in finished.read() {
        *castle.messages.entry(invite.id).or_default() += 1;
        let Outcome::Completed(invited) = &invite.outcome else {
            continue;
        };
        castle.helpers += invited.users.len();
        if !std::mem::replace(&mut castle.posted, true) {
            posts.write(RequestPost::new(
                Attachment::new().text(format!("{} helpers!", invited.users.len())),
            ));
        }
    }
}

fn receive_posts(mut castle: ResMut<Castle>, mut finished: MessageReader<PostFinished>) {
    for post in finished.read() {
        *castle.messages.entry(post.id).or_default() += 1;
    }
}

fn receive_suggests(mut castle: ResMut<Castle>, mut finished: MessageReader<SuggestFinished>) {
    for suggest in finished.read() {
        *castle.messages.entry(suggest.id).or_default() += 1;
    }
}

fn castle() -> TestKit {
    let mut kit = TestKit::new();
    // The game's own choices of plugins and time; the kit has none.
    kit.app.add_plugins((MinimalPlugins, CastlePlugin));
    kit.app
        .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_millis(
            100,
        )));
    kit
}

#[test]
fn a_result_leads_to_the_next_request_and_the_kit_awaits_it_too() {
    let mut kit = castle();
    let friends = kit.friends(2);
    kit.next_invite(PlayerAction::AcceptWith(friends.clone()));
    kit.next_post(PlayerAction::Accept);
    invite(&mut kit);
    kit.run_until_settled();
    let castle = kit.app.world().resource::<Castle>();
    assert_eq!(
        (castle.helpers, castle.messages.len(), castle.opened),
        (2, 2, 2)
    );
    assert_eq!(kit.sandbox().feed()[0].text, "2 helpers!");
    for friend in friends {
        assert_eq!(kit.sandbox().inbox(friend.get()).len(), 1);
    }
    assert_eq!(kit.unused(), 0);
    let time = |kit: &TestKit| kit.app.world().resource::<Time>().elapsed();
    let before = time(&kit);
    kit.run_until_settled();
    assert_eq!(
        time(&kit) - before,
        Duration::from_millis(100),
        "when nothing is going on, one frame shows it"
    );
}

/// Plays a game with states: what `Update` requests happens in the next frame.
#[derive(Resource, Default)]
struct Wanted(bool);

#[test]
fn what_takes_a_frame_more_is_awaited_after_a_result_that_comes_late_in_its_frame() {
    let mut kit = castle();
    let want = |mut wanted: ResMut<Wanted>, mut finished: MessageReader<InviteFinished>| {
        wanted.0 |= finished.read().count() > 0;
    };
    let post = |mut wanted: ResMut<Wanted>, mut posts: MessageWriter<RequestPost>| {
        if std::mem::take(&mut wanted.0) {
            posts.write(RequestPost::new(Attachment::new().text("A tower!")));
        }
    };
    kit.app
        .init_resource::<Wanted>()
        .add_systems(Update, want)
        .add_systems(PreUpdate, post);
    write(&mut kit, RequestInvite::new().target(["no id"]));
    kit.next_post(PlayerAction::Accept);
    kit.run_until_settled();
    assert_eq!(
        (
            kit.messages.invites.len(),
            kit.messages.posts.len(),
            kit.unused()
        ),
        (1, 1, 0)
    );
}

#[test]
fn each_action_has_its_result() {
    let mut kit = castle();
    let connections = |kit: &TestKit| {
        kit.app
            .world()
            .resource::<PendingRequests>()
            .callback_counters()
            .connections()
    };
    // How often the browser came to the listener: with the link, and with the callback.
    let mut visits = Vec::new();
    let mut result = |action: PlayerAction| {
        let opens = action != PlayerAction::CannotOpen;
        let before = connections(&kit);
        kit.next_invite(action);
        let id = invite(&mut kit);
        kit.run_until_settled();
        let mut found = kit
            .messages
            .invites
            .iter()
            .filter(|finished| finished.id == id);
        let outcome = found.next().expect("a result").outcome.clone();
        assert!(found.next().is_none());
        assert_eq!(
            kit.app.world().resource::<Castle>().messages[&id],
            1,
            "a system in `Update` has read it once"
        );
        assert_eq!(
            kit.messages
                .opened
                .iter()
                .filter(|opened| opened.id == id)
                .count(),
            usize::from(opens)
        );
        visits.push(connections(&kit) - before);
        outcome
    };
    assert_eq!(
        result(PlayerAction::Accept)
            .completed()
            .expect("completed")
            .users
            .len(),
        2
    );
    assert_eq!(
        result(PlayerAction::AcceptTwice)
            .completed()
            .expect("completed")
            .users
            .len(),
        2
    );
    assert!(
        result(PlayerAction::AcceptWith(vec![]))
            .completed()
            .expect("completed")
            .users
            .is_empty()
    );
    let stranger = UserId::new(42);
    assert_eq!(
        result(PlayerAction::AcceptWith(vec![stranger]))
            .completed()
            .expect("completed")
            .users,
        [stranger]
    );
    assert_eq!(
        result(PlayerAction::Cancel),
        Outcome::Cancelled(CancelledBy::Player)
    );
    assert_eq!(result(PlayerAction::TimeOut), Outcome::TimedOut);
    let outcome = result(PlayerAction::Refuse(ErrorCode::LIMIT_REACHED));
    let error = outcome.error().expect("a failure");
    assert_eq!(
        (error.kind(), error.code()),
        (RequestErrorKind::Refused, Some(ErrorCode::LIMIT_REACHED))
    );
    assert_eq!(
        result(PlayerAction::CannotOpen)
            .error()
            .expect("a failure")
            .kind(),
        RequestErrorKind::CannotOpen
    );
    assert!(
        result(PlayerAction::NotApproved).completed().is_some(),
        "only posts need an approval"
    );
    assert_eq!(visits, [2, 3, 2, 2, 2, 0, 2, 0, 2]);
    kit.next_post(PlayerAction::NotApproved);
    post(&mut kit);
    kit.run_until_settled();
    let error = kit
        .messages
        .posts
        .last()
        .and_then(|post| post.outcome.error())
        .expect("a failure");
    assert_eq!(error.kind(), RequestErrorKind::NotApproved);
}

#[test]
fn what_is_not_scripted_stays_open_until_the_player_acts() {
    let mut kit = castle();
    let (first, second) = (invite(&mut kit), invite(&mut kit));
    kit.run_until_settled();
    assert_eq!(kit.pending(), [first, second]);
    assert_eq!(
        kit.app.world().resource::<Castle>().opened,
        2,
        "both pages are open, and the game has read so"
    );
    kit.act(second, PlayerAction::Cancel);
    kit.run_until_settled();
    assert_eq!(
        (kit.pending(), outcome(&kit, second)),
        (vec![first], Some("cancelled"))
    );
    kit.act(first, PlayerAction::TimeOut);
    kit.run_until_settled();
    assert_eq!(
        (outcome(&kit, first), kit.messages.finished()),
        (Some("timed_out"), 2)
    );

    kit.set_default_action(PlayerAction::Accept);
    let third = invite(&mut kit);
    kit.run_until_settled();
    assert_eq!(outcome(&kit, third), Some("completed"));
}

#[test]
fn friends_are_those_who_can_be_invited() {
    let kit = castle();
    let friends = kit.friends(8);
    let plays = |id: &UserId| {
        kit.sandbox()
            .friends()
            .iter()
            .any(|friend| friend.id == id.get() && friend.plays)
    };
    assert!(friends.len() == 8 && !friends.iter().any(plays));
    assert_eq!(
        complaint(|| _ = kit.friends(9)),
        "only 8 friends can be invited"
    );
}

#[test]
fn a_double_click_takes_one_action() {
    let mut kit = castle();
    kit.next_suggest(PlayerAction::Accept);
    kit.next_suggest(PlayerAction::Cancel);
    let (first, second) = (RequestSuggest::new(), RequestSuggest::new());
    let (first_id, second_id) = (first.id(), second.id());
    write(&mut kit, first);
    write(&mut kit, second);
    kit.run_until_settled();
    assert_eq!(
        (outcome(&kit, first_id), outcome(&kit, second_id)),
        (Some("completed"), Some("failed"))
    );
    assert_eq!((kit.messages.suggests.len(), kit.unused()), (2, 1));
}

#[test]
fn a_page_that_is_opened_again_takes_the_next_action() {
    let mut kit = castle();
    let id = invite(&mut kit);
    kit.run_until_settled();
    let links = |kit: &TestKit| {
        kit.messages
            .opened
            .iter()
            .filter(|opened| opened.id == id)
            .count()
    };
    // It does not appear a second time: the first goes on.
    for time in 1..=30 {
        kit.next_invite(PlayerAction::CannotOpen);
        write(&mut kit, ReopenRequest { id });
        kit.run_until_settled();
        assert_eq!(
            kit.messages.notices,
            vec![
                RequestNotice {
                    id,
                    kind: NoticeKind::CannotReopen
                };
                time
            ]
        );
        assert_eq!((kit.pending(), links(&kit)), (vec![id], 1));
    }
    kit.next_invite(PlayerAction::Accept);
    write(&mut kit, ReopenRequest { id });
    kit.run_until_settled();
    assert_eq!((outcome(&kit, id), links(&kit)), (Some("completed"), 2));
}

#[test]
fn the_game_may_cancel_before_the_player_acts() {
    let mut kit = castle();
    kit.next_invite(PlayerAction::Accept);
    let id = invite(&mut kit);
    write(&mut kit, CancelRequest { id });
    kit.run_until_settled();
    assert_eq!(
        kit.messages.invites[0].outcome,
        Outcome::Cancelled(CancelledBy::Game)
    );
    assert_eq!(
        kit.app.world().resource::<Castle>().messages[&id],
        1,
        "a result from `PostUpdate` has had its frame"
    );
}

#[test]
fn actions_go_to_their_kind_in_the_order_of_the_requests() {
    // Openers run on threads of their own; which is faster must not matter.
    for _ in 0..20 {
        let mut kit = castle();
        kit.next_invite(PlayerAction::Cancel);
        kit.next_post(PlayerAction::TimeOut);
        kit.next_invite(PlayerAction::CannotOpen);
        kit.next_invite(PlayerAction::Accept);
        kit.next_post(PlayerAction::Cancel);
        let ids = [
            invite(&mut kit),
            post(&mut kit),
            invite(&mut kit),
            invite(&mut kit),
        ];
        kit.run_until_settled();
        let outcomes = ids.map(|id| outcome(&kit, id).expect("a result"));
        assert_eq!(outcomes, ["cancelled", "timed_out", "failed", "completed"]);
        // The castle's own post took the last action.
        assert_eq!((kit.unused(), kit.messages.posts.len()), (0, 2));
    }
}

/// The deadline passes while a callback is on its way: one result, and the page shows the player
/// which one.
#[test]
fn a_deadline_and_a_callback_at_once_make_one_result() {
    for round in 0..100 {
        let mut kit = castle();
        kit.sandbox().set_behavior(Behavior::Cancel);
        let id = invite(&mut kit);
        kit.run_until_settled();
        let back = way_back(&kit);
        kit.act(id, PlayerAction::TimeOut);
        let start = Barrier::new(2);
        let page = thread::scope(|scope| {
            let callback = scope.spawn(|| {
                start.wait();
                http::get(&back)
            });
            start.wait();
            kit.run_until_settled();
            callback.join().expect("a response")
        });
        kit.run_until_settled();
        assert_eq!(kit.messages.invites.len(), 1, "round {round}");
        let was_late = page.contains("Already finished");
        match &kit.messages.invites[0].outcome {
            Outcome::Cancelled(CancelledBy::Player) => assert!(!was_late, "{page}"),
            Outcome::TimedOut => {
                assert!(was_late, "{page}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_deadline_ends_a_request_and_comes_too_late_after_a_callback() {
    for callback_first in [true, false] {
        let mut kit = castle();
        kit.sandbox().set_behavior(Behavior::Cancel);
        let id = invite(&mut kit);
        kit.run_until_settled();
        let back = way_back(&kit);
        kit.act(id, PlayerAction::TimeOut);
        if callback_first {
            http::get(&back);
            kit.run_until_settled();
        } else {
            kit.run_until_settled();
            assert!(http::get(&back).contains("Already finished"));
            kit.run_until_settled();
        }
        assert_eq!(
            outcome(&kit, id),
            Some(if callback_first {
                "cancelled"
            } else {
                "timed_out"
            })
        );
        assert_eq!(kit.messages.finished(), 1);
    }
}

/// Returns the return URL with the sandbox's callback, for the page that was opened last.
fn way_back(kit: &TestKit) -> String {
    let link = kit
        .messages
        .opened
        .last()
        .expect("an open page")
        .link
        .expose();
    let page = http::get(link);
    let response = http::get(http::header(&page, "location").expect("the signed URL"));
    http::header(&response, "location")
        .expect("the way back")
        .to_owned()
}

#[test]
fn a_player_who_cannot_act_is_named() {
    let mut kit = castle();
    kit.next_invite(PlayerAction::Cancel);
    let request = RequestInvite::new().nocancel(true);
    let id = request.id();
    write(&mut kit, request);
    let said = complaint(|| kit.run_until_settled());
    assert_eq!(
        said,
        format!("{id} (invite): the player cannot act (Cancel): the page has no `cancel` button")
    );
}

#[test]
fn a_request_that_goes_on_after_its_player_has_acted_is_named() {
    let mut kit = castle();
    kit.next_invite(PlayerAction::Accept);
    kit.sandbox()
        .queue_behavior(RequestKind::Invite, Behavior::WrongState);
    let id = invite(&mut kit);
    let said = complaint(|| kit.run_until_settled());
    let start = format!(
        "{id} (invite): the player has acted (Accept), but the request goes on. He saw: 404 "
    );
    assert!(said.starts_with(&start), "{said}");
    kit.act(id, PlayerAction::TimeOut);
    kit.run_until_settled();
    assert_eq!(outcome(&kit, id), Some("timed_out"));
    assert!(
        complaint(|| kit.act(RequestInvite::new().id(), PlayerAction::Accept))
            .contains("was not pending")
    );
}

/// What a test may script for a request, how it ends, and whether it ends at all.
fn actions() -> impl Strategy<Value = PlayerAction> {
    prop_oneof![
        Just(PlayerAction::DoNothing),
        Just(PlayerAction::Accept),
        prop::collection::vec(any::<u64>().prop_map(UserId::new), 0..4)
            .prop_map(PlayerAction::AcceptWith),
        Just(PlayerAction::AcceptTwice),
        Just(PlayerAction::Cancel),
        prop::sample::select(vec![
            ErrorCode::LIMIT_REACHED,
            ErrorCode::PARAM_SIGNATURE,
            ErrorCode(-7)
        ])
        .prop_map(PlayerAction::Refuse),
        Just(PlayerAction::NotApproved),
        Just(PlayerAction::TimeOut),
        Just(PlayerAction::CannotOpen),
    ]
}

/// Returns whether a request of this kind ends like this by this action.
fn fits(action: &PlayerAction, finished: &Finished) -> bool {
    let users = match finished {
        Finished::Invite(invite) => invite.outcome.completed().map(|invited| &invited.users),
        Finished::Suggest(suggest) => suggest
            .outcome
            .completed()
            .map(|suggested| &suggested.users),
        _ => None,
    };
    let is_post = matches!(finished, Finished::Post(_));
    let (word, error) = (finished.outcome_name(), finished.error());
    let failed = |kind| error.is_some_and(|error| error.kind() == kind);
    match action {
        PlayerAction::Accept | PlayerAction::AcceptTwice => {
            word == "completed" && (is_post || users.is_some_and(|users| users.len() == 2))
        }
        PlayerAction::AcceptWith(friends) => {
            word == "completed" && (is_post || users == Some(friends))
        }
        PlayerAction::Cancel => word == "cancelled",
        PlayerAction::Refuse(code) => {
            failed(RequestErrorKind::Refused)
                && error.is_some_and(|error| error.code() == Some(*code))
        }
        PlayerAction::NotApproved if is_post => failed(RequestErrorKind::NotApproved),
        PlayerAction::NotApproved => word == "completed",
        PlayerAction::TimeOut => word == "timed_out",
        PlayerAction::CannotOpen => failed(RequestErrorKind::CannotOpen),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    /// Up to eight requests of any kinds, written in one frame or in several: each ends once, by
    /// its own action; or, when the player does nothing, later by what they do then.
    #[test]
    fn every_request_ends_once_and_as_scripted(
        plan in prop::collection::vec((0..3_u8, actions(), any::<bool>()), 1..=MAX_PENDING),
        afterwards in actions().prop_filter("it opens", |action| *action != PlayerAction::CannotOpen),
    ) {
        let mut kit = TestKit::new();
        kit.app.add_plugins(CastlePlugin);
        // Its own post would take an action.
        kit.app.world_mut().resource_mut::<Castle>().posted = true;
        for (kind, action, _) in &plan {
            match kind {
                0 => kit.next_post(action.clone()),
                1 => kit.next_invite(action.clone()),
                _ => kit.next_suggest(action.clone()),
            }
        }
        let mut scripted = HashMap::new();
        for (number, (kind, action, frame)) in plan.iter().enumerate() {
            let text = number.to_string();
            let id = match kind {
                0 => {
                    let request = RequestPost::new(Attachment::new().text(text));
                    (request.id(), write(&mut kit, request)).0
                }
                1 => {
                    let request = RequestInvite::new().comment(text);
                    (request.id(), write(&mut kit, request)).0
                }
                _ => {
                    let request = RequestSuggest::new().comment(text);
                    (request.id(), write(&mut kit, request)).0
                }
            };
            scripted.insert(id, action.clone());
            if *frame {
                kit.update();
            }
        }
        kit.run_until_settled();
        let waiting = kit.pending();
        for (id, action) in &scripted {
            prop_assert_eq!(waiting.contains(id), *action == PlayerAction::DoNothing);
        }
        for &id in &waiting {
            kit.act(id, afterwards.clone());
            scripted.insert(id, afterwards.clone());
        }
        kit.run_until_settled();
        let still = kit.pending();
        prop_assert_eq!(&still, &if afterwards == PlayerAction::DoNothing { waiting } else { vec![] });
        kit.run_until_settled();
        prop_assert_eq!((kit.messages.finished(), kit.unused()), (plan.len() - still.len(), 0));
        let (requests, castle) = (kit.app.world().resource::<PendingRequests>(), kit.app.world().resource::<Castle>());
        for (id, action) in scripted.iter().filter(|(id, _)| !still.contains(id)) {
            let opened = kit.messages.opened.iter().filter(|opened| opened.id == *id).count();
            prop_assert_eq!(opened, usize::from(*action != PlayerAction::CannotOpen), "{:?}", action);
            let finished = requests.finished(*id).expect("a result");
            prop_assert!(fits(action, finished), "{:?}: {:?}", action, finished);
            prop_assert_eq!(castle.messages.get(id), Some(&1), "{:?}", action);
        }
    }
}
