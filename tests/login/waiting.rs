//! Requests that wait for a login.

use super::*;

#[test]
fn requests_that_need_a_session_share_one_login() {
    let mut kit = automatic();
    kit.next_login(PlayerAction::Accept);
    kit.next_invite(PlayerAction::Accept);
    kit.next_post(PlayerAction::Accept);
    kit.app.world_mut().write_message(RequestInvite::new());
    kit.app
        .world_mut()
        .write_message(RequestPost::new(Attachment::new().text("hello")));
    kit.run_until_settled();
    assert_eq!((kit.messages.logins.len(), kit.unused()), (1, 0));
    assert!(
        kit.messages.invites[0].outcome.completed().is_some()
            && kit.messages.posts[0].outcome.completed().is_some()
    );
    // While the player is logged in, no login is needed.
    kit.next_invite(PlayerAction::Accept);
    kit.app.world_mut().write_message(RequestInvite::new());
    kit.run_until_settled();
    assert_eq!(
        (kit.messages.logins.len(), kit.messages.invites.len()),
        (1, 2)
    );
}

#[test]
fn a_player_who_does_not_log_in_is_asked_again_by_the_next_request() {
    let mut kit = automatic();
    for (action, name) in [
        (PlayerAction::Cancel, "cancelled"),
        (PlayerAction::TimeOut, "timed_out"),
    ] {
        kit.next_login(action);
        kit.app.world_mut().write_message(RequestInvite::new());
        kit.run_until_settled();
        assert_eq!(
            kit.messages
                .invites
                .last()
                .map(|invite| invite.outcome.name()),
            Some(name)
        );
    }
    kit.next_login(PlayerAction::Accept);
    kit.next_invite(PlayerAction::Accept);
    kit.app.world_mut().write_message(RequestInvite::new());
    kit.run_until_settled();
    assert_eq!(
        kit.messages
            .invites
            .last()
            .map(|invite| invite.outcome.name()),
        Some("completed")
    );
    assert_eq!(kit.messages.logins.len(), 3);
}

#[test]
fn a_request_that_waits_for_a_login_can_be_cancelled_alone() {
    let mut kit = automatic();
    let (waiting, other) = (RequestInvite::new(), RequestSuggest::new());
    let id = waiting.id();
    kit.next_suggest(PlayerAction::Accept);
    kit.app.world_mut().write_message(waiting);
    kit.app.world_mut().write_message(other);
    kit.run_until_settled();
    let pending = kit.app.world().resource::<PendingRequests>();
    assert_eq!(
        pending
            .get(id)
            .map(|request| request.is_waiting_for_login()),
        Some(true)
    );
    assert_eq!(
        pending
            .iter()
            .filter(|request| request.kind() == RequestKind::Login)
            .count(),
        1
    );
    kit.app.world_mut().write_message(CancelRequest { id });
    kit.run_until_settled();
    assert_eq!(
        kit.messages.invites[0].outcome,
        Outcome::Cancelled(CancelledBy::Game)
    );
    let login = kit.pending().into_iter().find(|&id| {
        kit.app
            .world()
            .resource::<PendingRequests>()
            .get(id)
            .is_some_and(|request| request.kind() == RequestKind::Login)
    });
    kit.act(login.expect("the login"), PlayerAction::Accept);
    kit.run_until_settled();
    assert_eq!(kit.messages.suggests[0].outcome.name(), "completed");
    assert_eq!(kit.messages.invites.len(), 1);
}
