//! Requests of all kinds, with any actions of the player.

use proptest::prelude::*;

use super::*;

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

    /// Up to eight requests of any kinds, written in one frame or in several. Each ends once, by
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
