//! How requests end: once, and never by a wrong token. (In any order, together with the owner's
//! table: the property test of the plugin that uses this crate.)

use super::*;
use test_support::random::Random;
use test_support::reliability::{measured, scale};

#[test]
fn the_deadline_is_exact() {
    let mut world = World::new();
    let pending = world.add(1);
    let deadline = world.now + 10 * MINUTE;
    assert_eq!(world.handler.table().next_deadline(), Some(deadline));
    world.now = deadline - Duration::from_nanos(1);
    world.expire();
    assert_eq!(world.take(), []);
    world.now = deadline;
    world.expire();
    assert_eq!(world.take(), [CallbackEvent::Expired(pending.id)]);
    // The tombstone responds for a minute, then the place is empty.
    assert_eq!(
        world.handler.table().next_deadline(),
        Some(deadline + MINUTE)
    );
    let path = format!("/r/{}?code=OK", pending.return_token);
    assert_eq!(body(&world.get(&path)), html(Page::AlreadyFinished));
    world.now = deadline + MINUTE;
    world.expire();
    assert!(world.handler.table().is_empty());
    assert_eq!(status(&world.get(&path)), 404);
    assert_eq!(world.take(), []);
    measured(10, "simulated clock: to the nanosecond");
}

#[test]
fn a_deadline_that_is_made_to_pass_is_a_deadline() {
    let mut world = World::new();
    let (first, second) = (world.add(1), world.add(2));
    let now = world.now;
    world.handler.table().set_deadline(first.id, now);
    assert_eq!(world.handler.table().next_deadline(), Some(now));
    world.expire();
    assert_eq!(world.take(), [CallbackEvent::Expired(first.id)]);
    // What has ended has no deadline any more, and the other one keeps its own.
    world.handler.table().set_deadline(first.id, now);
    world.get(&format!("/r/{}?code=OK", second.return_token));
    world.handler.table().set_deadline(second.id, now);
    world.expire();
    assert_eq!(
        world.take(),
        [CallbackEvent::Received(second.id, "code=OK".to_owned())]
    );
}

#[test]
fn a_retired_request_is_silent() {
    let mut world = World::new();
    let pending = world.add(1);
    let now = world.now;
    world.handler.table().retire(pending.id, now, MINUTE, false);
    let go = world.get(&format!("/go/{}", pending.link_token));
    assert_eq!(body(&go), html(Page::AlreadyFinished));
    let back = world.get(&format!("/r/{}?code=OK", pending.return_token));
    assert_eq!(body(&back), html(Page::AlreadyFinished));
    world.now += 20 * MINUTE;
    world.expire();
    assert_eq!(world.take(), []);
    assert!(world.handler.table().is_empty());
}

#[test]
fn a_kept_link_leads_on_once() {
    let mut world = World::new();
    let pending = world.add(1);
    let now = world.now;
    world.handler.table().retire(pending.id, now, MINUTE, true);
    let path = format!("/go/{}", pending.link_token);
    assert_eq!(status(&world.get(&path)), 303);
    assert_eq!(body(&world.get(&path)), html(Page::AlreadyFinished));
    let back = world.get(&format!("/r/{}?code=OK", pending.return_token));
    assert_eq!(body(&back), html(Page::AlreadyFinished));
    assert_eq!(world.take(), []);

    // A link that was used is not kept.
    let pending = world.add(2);
    let path = format!("/go/{}", pending.link_token);
    assert_eq!(status(&world.get(&path)), 303);
    world.handler.table().retire(pending.id, now, MINUTE, true);
    assert_eq!(status(&world.get(&path)), 200);
}

#[test]
fn a_tombstone_can_be_made_shorter_but_not_longer() {
    let mut world = World::new();
    let pending = world.add(1);
    let now = world.now;
    world
        .handler
        .table()
        .retire(pending.id, now, 5 * MINUTE, true);
    world
        .handler
        .table()
        .retire(pending.id, now, 6 * MINUTE, true);
    assert_eq!(
        world.handler.table().next_deadline(),
        Some(now + 5 * MINUTE)
    );
    world.handler.table().retire(pending.id, now, MINUTE, false);
    assert_eq!(world.handler.table().next_deadline(), Some(now + MINUTE));
    // The link that was kept is dead now, and stays so.
    world.handler.table().retire(pending.id, now, MINUTE, true);
    let go = world.get(&format!("/go/{}", pending.link_token));
    assert_eq!(body(&go), html(Page::AlreadyFinished));
    world.handler.table().retire(99, now, Duration::MAX, false);
}

/// Renews the link of a request; all its links, the present one last.
fn renewed(world: &mut World, pending: &Request, times: usize) -> Vec<String> {
    let mut links = vec![format!("/go/{}", pending.link_token)];
    for _ in 0..times {
        let start = link_token();
        links.push(format!("/go/{}", start.expose()));
        world.handler.table().renew_link(pending.id, start);
    }
    links
}

#[test]
fn old_links_say_that_they_are_late() {
    let mut world = World::new();
    let pending = world.add(1);
    let links = renewed(&mut world, &pending, 16);
    let (present, old) = links.split_last().unwrap();
    for link in old {
        let response = world.get(link);
        assert_eq!(
            (status(&response), body(&response)),
            (410, &*html(Page::StartAgain))
        );
    }
    // The user only goes back to an older tab: no unexpected callback, and no reuse of the present
    // link.
    assert_eq!(world.take(), []);

    // The same after the end, also if the present link was kept: an old one never leads on.
    let now = world.now;
    world.handler.table().retire(pending.id, now, MINUTE, true);
    for link in old {
        let response = world.get(link);
        assert_eq!(
            (status(&response), body(&response)),
            (200, &*html(Page::AlreadyFinished))
        );
    }
    assert_eq!(status(&world.get(present)), 303);
    assert_eq!(world.take(), []);
}

#[test]
fn old_links_are_remembered_after_a_callback_and_after_the_deadline() {
    for completed in [true, false] {
        let mut world = World::new();
        let pending = world.add(1);
        let links = renewed(&mut world, &pending, 3);
        if completed {
            world.get(&format!("/r/{}?code=OK", pending.return_token));
        } else {
            world.now += 10 * MINUTE;
            world.expire();
        }
        assert_eq!(world.take().len(), 1);
        for link in &links {
            assert_eq!(body(&world.get(link)), html(Page::AlreadyFinished));
        }
        world.now += MINUTE;
        world.expire();
        assert_eq!(status(&world.get(&links[0])), 404);
        assert_eq!(world.take(), []);
    }
}

#[test]
fn a_user_who_opens_again_without_end_takes_no_memory() {
    let mut world = World::new();
    let pending = world.add(1);
    let links = renewed(&mut world, &pending, 40);
    let responses: Vec<_> = links.iter().map(|link| status(&world.get(link))).collect();
    let expected = [[404; 24].as_slice(), &[410; 16], &[303]].concat();
    assert_eq!(responses, expected);
}

#[test]
fn a_program_that_asks_without_end_takes_no_memory() {
    let mut world = World::new();
    let now = world.now;
    // One that must be remembered for longer, as a login that was cancelled.
    let long = world.add(0);
    world
        .handler
        .table()
        .retire(long.id, now, 10 * MINUTE, false);
    let several: Vec<_> = (1..=1000).map(|id| world.add(id)).collect();
    for pending in &several {
        world.now += Duration::from_millis(1);
        world.get(&format!("/r/{}?code=OK", pending.return_token));
    }
    assert_eq!(world.take().len(), several.len());
    let known = |world: &mut World, pending: &Request| {
        status(&world.get(&format!("/r/{}?code=OK", pending.return_token))) == 200
    };
    assert_eq!(
        several
            .iter()
            .filter(|pending| known(&mut world, pending))
            .count(),
        255
    );
    assert!(
        several[1000 - 255..]
            .iter()
            .all(|pending| known(&mut world, pending)),
        "the latest are remembered"
    );
    assert!(known(&mut world, &long));
    assert_eq!(world.take(), []);
}

#[test]
fn unexpected_callbacks_are_notified_once_and_only_where_they_belong() {
    let mut world = World::new();
    world.get("/r/0?code=OK");
    assert_eq!(world.take(), [], "no request waits");
    let pending = world.add(1);
    for _ in 0..3 {
        world.get("/r/0?code=OK");
        world.get("/go/0");
        world.get("/favicon.ico");
    }
    assert_eq!(
        world.take(),
        [CallbackEvent::UnexpectedCallback(pending.id)]
    );
    world.add(2);
    world.add(3);
    world.get("/r/0?code=OK");
    assert_eq!(world.take(), [], "it is not clear whose it was");
}

#[test]
fn a_favicon_is_no_unexpected_callback() {
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

/// Eight requests wait; their callbacks come in any order, and each is also sent to the return URL
/// of another request.
#[test]
fn crossed_callbacks_never_reach_the_wrong_request() {
    let mut random = Random(0x0d0c_1a5e);
    let mut world = World::new();
    let rounds = scale(2_000, 10_000);
    for round in 0..rounds {
        let several: Vec<_> = (0..8).map(|place| world.add(round * 8 + place)).collect();
        let mut waiting: Vec<_> = several.iter().collect();
        while !waiting.is_empty() {
            let right = waiting.swap_remove(random.below(waiting.len()));
            let wrong = &several[random.below(8)];
            if wrong.id != right.id {
                let path = format!("/r/{}?code=OK&state={}", wrong.return_token, right.id);
                let response = world.get(&path);
                assert!(matches!(status(&response), 404 | 200));
                let events = world.take();
                assert!(
                    events.is_empty() || events == [CallbackEvent::UnexpectedCallback(wrong.id)],
                    "{events:?}"
                );
            }
            let raw = format!("code=OK&state={}", right.id);
            let response = world.get(&format!("/r/{}?{raw}", right.return_token));
            assert_eq!(status(&response), 200);
            assert_eq!(world.take(), [CallbackEvent::Received(right.id, raw)]);
        }
        world.now += 2 * MINUTE;
        world.expire();
        assert!(world.handler.table().is_empty());
    }
    measured(
        7,
        format!("{rounds} rounds of 8 without sockets: none crossed"),
    );
}

#[test]
fn a_hundred_callbacks_replayed_a_thousand_times_give_one_event_each() {
    let mut world = World::new();
    let pages = |page: Page| (html(page), page.name());
    let (completed, finished) = (pages(Page::Completed), pages(Page::AlreadyFinished));
    for round in 0..100_u64 {
        let pending = world.add(round);
        let raw = format!("code=OK&state={round}");
        let query = get(HOST, &format!("/r/{}?{raw}", pending.return_token));
        let fragment = post(HOST, &format!("/f/{}", pending.return_token), &raw);
        for replay in 0..1000 {
            let expected = if replay == 0 { &completed } else { &finished };
            // By turns, so that each of the two also comes first and follows the other.
            let (request, text) = if (round + replay) % 2 == 0 {
                (&query, &*expected.0)
            } else {
                (&fragment, expected.1)
            };
            let response = world.send(request);
            assert_eq!(
                (status(&response), body(&response)),
                (200, text),
                "round {round}, replay {replay}"
            );
        }
        assert_eq!(world.take(), [CallbackEvent::Received(pending.id, raw)]);
        world.now += 2 * MINUTE;
        world.expire();
    }
    assert_eq!(world.counters.completed(), 100);
    assert_eq!(world.take(), []);
}

#[test]
fn every_pair_of_token_and_state_that_does_not_fit_is_refused() {
    let mut world = World::new();
    let several: Vec<_> = (0..8).map(|id| world.add(id)).collect();
    for token in &several {
        for state in several.iter().filter(|state| state.id != token.id) {
            let raw = format!("code=OK&state={}", state.id);
            assert_eq!(
                status(&world.get(&format!("/r/{}?{raw}", token.return_token))),
                404
            );
            let response = world.send(&post(HOST, &format!("/f/{}", token.return_token), &raw));
            assert_eq!((status(&response), body(&response)), (404, "not-found"));
        }
    }
    let events = world.take();
    assert_eq!(events.len(), 8, "once per request: {events:?}");
    for pending in &several {
        let raw = format!("code=OK&state={}", pending.id);
        world.get(&format!("/r/{}?{raw}", pending.return_token));
        assert_eq!(world.take(), [CallbackEvent::Received(pending.id, raw)]);
    }
}
