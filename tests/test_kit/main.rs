//! The test kit, as a game's own tests use it, with a real listener, real sockets and the sandbox.

mod deadlines;
mod scripted;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bevy::prelude::*;
use bevy::time::TimeUpdateStrategy;
use bevy_odnoklassniki::protocol::{ErrorCode, UserId};
use bevy_odnoklassniki::sandbox::{Behavior, PageKind};
use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
use bevy_odnoklassniki::{CancelledBy, Finished, MAX_PENDING, RequestErrorKind, prelude::*};
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
            (
                note_opened,
                receive_invites,
                receive_posts,
                receive_suggests,
            ),
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
        .queue_behavior(PageKind::Invite, Behavior::WrongState);
    let id = invite(&mut kit);
    let said = complaint(|| kit.run_until_settled());
    let start = format!(
        "{id} (invite): the player has acted (Accept), but the request goes on. They saw: 404 "
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
