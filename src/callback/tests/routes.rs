//! How requests end: once, and never by a stranger. (In any order: `fuzzing::event_schedule`.)

use super::*;
use crate::random::Random;
use crate::reliability::{measured, scale};

#[test]
fn the_deadline_is_exact() {
    let mut world = World::new();
    let ticket = world.add(1);
    let deadline = world.now + 10 * MINUTE;
    assert_eq!(world.routes.next_deadline(), Some(deadline));
    world.now = deadline - Duration::from_nanos(1);
    world.expire();
    assert_eq!(world.take(), []);
    world.now = deadline;
    world.expire();
    assert_eq!(world.take(), [CallbackEvent::Expired(ticket.id)]);
    // The tombstone answers for a minute, then the place is empty.
    assert_eq!(world.routes.next_deadline(), Some(deadline + MINUTE));
    let path = format!("/r/{}?code=OK", ticket.back);
    assert_eq!(
        body(&world.get(&path)),
        Page::AlreadyFinished.html(Default::default())
    );
    world.now = deadline + MINUTE;
    world.expire();
    assert!(world.routes.is_empty());
    assert_eq!(status(&world.get(&path)), 404);
    assert_eq!(world.take(), []);
    measured(10, "simulated clock: to the nanosecond");
}

#[cfg(feature = "sandbox")]
#[test]
fn a_deadline_that_is_made_to_pass_is_a_deadline() {
    let mut world = World::new();
    let (first, second) = (world.add(1), world.add(2));
    let now = world.now;
    world.routes.set_due(first.id, now);
    assert_eq!(world.routes.next_deadline(), Some(now));
    world.expire();
    assert_eq!(world.take(), [CallbackEvent::Expired(first.id)]);
    // What has ended has no deadline any more, and the other one keeps its own.
    world.routes.set_due(first.id, now);
    world.get(&format!("/r/{}?code=OK", second.back));
    world.routes.set_due(second.id, now);
    world.expire();
    assert_eq!(
        world.take(),
        [CallbackEvent::Answered(second.id, "code=OK".to_owned())]
    );
}

#[test]
fn a_retired_request_is_silent() {
    let mut world = World::new();
    let ticket = world.add(1);
    let now = world.now;
    world.routes.retire(ticket.id, now, MINUTE, false);
    let go = world.get(&format!("/go/{}", ticket.start));
    assert_eq!(body(&go), Page::AlreadyFinished.html(Default::default()));
    let back = world.get(&format!("/r/{}?code=OK", ticket.back));
    assert_eq!(body(&back), Page::AlreadyFinished.html(Default::default()));
    world.now += 20 * MINUTE;
    world.expire();
    assert_eq!(world.take(), []);
    assert!(world.routes.is_empty());
}

#[test]
fn a_kept_link_leads_on_once() {
    let mut world = World::new();
    let ticket = world.add(1);
    let now = world.now;
    world.routes.retire(ticket.id, now, MINUTE, true);
    let path = format!("/go/{}", ticket.start);
    assert_eq!(status(&world.get(&path)), 303);
    assert_eq!(
        body(&world.get(&path)),
        Page::AlreadyFinished.html(Default::default())
    );
    let back = world.get(&format!("/r/{}?code=OK", ticket.back));
    assert_eq!(body(&back), Page::AlreadyFinished.html(Default::default()));
    assert_eq!(world.take(), []);

    // A link that was used is not kept.
    let ticket = world.add(2);
    let path = format!("/go/{}", ticket.start);
    assert_eq!(status(&world.get(&path)), 303);
    world.routes.retire(ticket.id, now, MINUTE, true);
    assert_eq!(status(&world.get(&path)), 200);
}

#[test]
fn a_tombstone_can_be_made_shorter_but_not_longer() {
    let mut world = World::new();
    let ticket = world.add(1);
    let now = world.now;
    world.routes.retire(ticket.id, now, 5 * MINUTE, true);
    world.routes.retire(ticket.id, now, 6 * MINUTE, true);
    assert_eq!(world.routes.next_deadline(), Some(now + 5 * MINUTE));
    world.routes.retire(ticket.id, now, MINUTE, false);
    assert_eq!(world.routes.next_deadline(), Some(now + MINUTE));
    // The link that was kept is dead now, and stays so.
    world.routes.retire(ticket.id, now, MINUTE, true);
    let go = world.get(&format!("/go/{}", ticket.start));
    assert_eq!(body(&go), Page::AlreadyFinished.html(Default::default()));
    world.routes.retire(RouteId(99), now, Duration::MAX, false);
}

/// Renews the link of a request; all its links, the present one last.
fn renewed(world: &mut World, ticket: &Ticket, times: usize) -> Vec<String> {
    let mut links = vec![format!("/go/{}", ticket.start)];
    for _ in 0..times {
        let start = StartToken::random().unwrap();
        links.push(format!("/go/{}", start.expose()));
        world.routes.renew_start(ticket.id, start);
    }
    links
}

#[test]
fn old_links_say_that_they_are_late() {
    let mut world = World::new();
    let ticket = world.add(1);
    let links = renewed(&mut world, &ticket, 16);
    let (present, old) = links.split_last().unwrap();
    for link in old {
        let answer = world.get(link);
        assert_eq!(
            (status(&answer), body(&answer)),
            (410, &*Page::StartAgain.html(Default::default()))
        );
    }
    // The player only goes back to an older tab: no stranger, and no reuse of the present link.
    assert_eq!(world.take(), []);

    // The same after the end, also if the present link was kept: an old one never leads on.
    let now = world.now;
    world.routes.retire(ticket.id, now, MINUTE, true);
    for link in old {
        let answer = world.get(link);
        assert_eq!(
            (status(&answer), body(&answer)),
            (200, &*Page::AlreadyFinished.html(Default::default()))
        );
    }
    assert_eq!(status(&world.get(present)), 303);
    assert_eq!(world.take(), []);
}

#[test]
fn old_links_are_remembered_after_an_answer_and_after_the_deadline() {
    for answered in [true, false] {
        let mut world = World::new();
        let ticket = world.add(1);
        let links = renewed(&mut world, &ticket, 3);
        if answered {
            world.get(&format!("/r/{}?code=OK", ticket.back));
        } else {
            world.now += 10 * MINUTE;
            world.expire();
        }
        assert_eq!(world.take().len(), 1);
        for link in &links {
            assert_eq!(
                body(&world.get(link)),
                Page::AlreadyFinished.html(Default::default())
            );
        }
        world.now += MINUTE;
        world.expire();
        assert_eq!(status(&world.get(&links[0])), 404);
        assert_eq!(world.take(), []);
    }
}

#[test]
fn a_player_who_opens_again_for_ever_takes_no_memory() {
    let mut world = World::new();
    let ticket = world.add(1);
    let links = renewed(&mut world, &ticket, 40);
    let answers: Vec<_> = links.iter().map(|link| status(&world.get(link))).collect();
    let expected = [[404; 24].as_slice(), &[410; 16], &[303]].concat();
    assert_eq!(answers, expected);
}

#[test]
fn a_game_that_asks_for_ever_takes_no_memory() {
    let mut world = World::new();
    let now = world.now;
    // One that must be remembered for longer, as a login that was cancelled.
    let long = world.add(0);
    world.routes.retire(long.id, now, 10 * MINUTE, false);
    let tickets: Vec<_> = (1..=1000).map(|id| world.add(id)).collect();
    for ticket in &tickets {
        world.now += Duration::from_millis(1);
        world.get(&format!("/r/{}?code=OK", ticket.back));
    }
    assert_eq!(world.take().len(), tickets.len());
    let known = |world: &mut World, ticket: &Ticket| {
        status(&world.get(&format!("/r/{}?code=OK", ticket.back))) == 200
    };
    assert_eq!(
        tickets
            .iter()
            .filter(|ticket| known(&mut world, ticket))
            .count(),
        255
    );
    assert!(
        tickets[1000 - 255..]
            .iter()
            .all(|ticket| known(&mut world, ticket)),
        "the latest are remembered"
    );
    assert!(known(&mut world, &long));
    assert_eq!(world.take(), []);
}

#[test]
fn strangers_are_told_once_and_only_where_they_belong() {
    let mut world = World::new();
    world.get("/r/0?code=OK");
    assert_eq!(world.take(), [], "nobody waits");
    let ticket = world.add(1);
    for _ in 0..3 {
        world.get("/r/0?code=OK");
        world.get("/go/0");
        world.get("/favicon.ico");
    }
    assert_eq!(world.take(), [CallbackEvent::Stranger(ticket.id)]);
    world.add(2);
    world.add(3);
    world.get("/r/0?code=OK");
    assert_eq!(world.take(), [], "it cannot be said whose it was");
}

#[test]
fn a_favicon_is_no_stranger() {
    let mut world = World::new();
    world.add(1);
    for path in [
        "/favicon.ico",
        "/",
        "/robots.txt",
        "/r",
        "/apple-touch-icon.png",
    ] {
        world.get(path);
    }
    assert_eq!(world.take(), []);
}

/// Eight requests wait; their answers come in any order, and each is also tried at the wrong door.
#[test]
fn crossed_answers_never_reach_the_wrong_request() {
    let mut random = Random(0x0d0c_1a5e);
    let mut world = World::new();
    let rounds = scale(2_000, 10_000);
    for round in 0..rounds {
        let tickets: Vec<_> = (0..8).map(|place| world.add(round * 8 + place)).collect();
        let mut waiting: Vec<_> = tickets.iter().collect();
        while !waiting.is_empty() {
            let right = waiting.swap_remove(random.below(waiting.len()));
            let wrong = &tickets[random.below(8)];
            if wrong.id != right.id {
                let path = format!("/r/{}?code=OK&state={}", wrong.back, right.id.0);
                let answer = world.get(&path);
                assert!(matches!(status(&answer), 404 | 200));
                let events = world.take();
                assert!(
                    events.is_empty() || events == [CallbackEvent::Stranger(wrong.id)],
                    "{events:?}"
                );
            }
            let raw = format!("code=OK&state={}", right.id.0);
            let answer = world.get(&format!("/r/{}?{raw}", right.back));
            assert_eq!(status(&answer), 200);
            assert_eq!(world.take(), [CallbackEvent::Answered(right.id, raw)]);
        }
        world.now += 2 * MINUTE;
        world.expire();
        assert!(world.routes.is_empty());
    }
    measured(
        7,
        format!("{rounds} rounds of 8 without sockets: none crossed"),
    );
}

#[test]
fn a_hundred_answers_replayed_a_thousand_times_give_one_event_each() {
    let mut world = World::new();
    let pages = |page: Page| (page.html(Default::default()), page.name());
    let (completed, finished) = (pages(Page::Completed), pages(Page::AlreadyFinished));
    for round in 0..100_u64 {
        let ticket = world.add(round);
        let raw = format!("code=OK&state={round}");
        let query = get(HOST, &format!("/r/{}?{raw}", ticket.back));
        let fragment = post(HOST, &format!("/f/{}", ticket.back), &raw);
        for replay in 0..1000 {
            let expected = if replay == 0 { &completed } else { &finished };
            // By turns, so that each of the two also comes first and follows the other.
            let (request, text) = if (round + replay) % 2 == 0 {
                (&query, &*expected.0)
            } else {
                (&fragment, expected.1)
            };
            let answer = world.send(request);
            assert_eq!(
                (status(&answer), body(&answer)),
                (200, text),
                "round {round}, replay {replay}"
            );
        }
        assert_eq!(world.take(), [CallbackEvent::Answered(ticket.id, raw)]);
        world.now += 2 * MINUTE;
        world.expire();
    }
    assert_eq!(world.counters.answered(), 100);
    assert_eq!(world.take(), []);
}

#[test]
fn every_pair_of_token_and_state_that_does_not_fit_is_refused() {
    let mut world = World::new();
    let tickets: Vec<_> = (0..8).map(|id| world.add(id)).collect();
    for token in &tickets {
        for state in tickets.iter().filter(|state| state.id != token.id) {
            let raw = format!("code=OK&state={}", state.id.0);
            assert_eq!(status(&world.get(&format!("/r/{}?{raw}", token.back))), 404);
            let answer = world.send(&post(HOST, &format!("/f/{}", token.back), &raw));
            assert_eq!((status(&answer), body(&answer)), (404, "not-found"));
        }
    }
    let told = world.take();
    assert_eq!(told.len(), 8, "once per request: {told:?}");
    for ticket in &tickets {
        let raw = format!("code=OK&state={}", ticket.id.0);
        world.get(&format!("/r/{}?{raw}", ticket.back));
        assert_eq!(world.take(), [CallbackEvent::Answered(ticket.id, raw)]);
    }
}
