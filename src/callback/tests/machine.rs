//! The connection machine: cuts do not matter, time does. (Any bytes and times:
//! `fuzzing::conn_machine`.)

use super::{hostile::kinds, *};
use crate::callback::{
    RefusedCallback,
    connection::{BODY_TIME, HEAD_TIME, LINGER_TIME, TOTAL_TIME, WRITE_TIME},
};

/// What one connection does to a world with one live route: answer and events.
fn outcome(bytes: &[u8], cuts: &[usize], secret: &Ticket, start: Instant) -> (Vec<u8>, Vec<Event>) {
    let mut world = World::new();
    world.now = start;
    world.routes.add(Route {
        id: secret.id,
        start: StartToken::from_digits(&secret.start),
        back: ReturnToken::from_digits(&secret.back),
        target: Some(Target::new(TARGET.to_owned()).unwrap()),
        deadline: start + MINUTE,
        judge: judge(secret.id.0),
    });
    let mut pieces = Vec::new();
    let mut rest = bytes;
    for cut in cuts {
        let (piece, after) = rest.split_at((*cut).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    let answer = world.pieces(pieces);
    let answer = answer.map_or_else(Vec::new, |answer| answer.bytes().to_vec());
    (answer, world.events)
}

fn secret() -> Ticket {
    Ticket {
        id: RouteId(5),
        start: "0123456789abcdef0123456789abcdef".to_owned(),
        back: "fedcba9876543210fedcba9876543210".to_owned(),
    }
}

#[test]
fn every_kind_gives_the_same_however_it_is_cut() {
    let (secret, now) = (secret(), Instant::now());
    let mut requests = kinds(HOST, &secret);
    requests.push((
        "callback",
        get(HOST, &format!("/r/{}?code=OK", secret.back)),
    ));
    requests.push((
        "fragment",
        post(HOST, &format!("/f/{}", secret.back), "code=OK"),
    ));
    for (name, bytes) in requests {
        let whole = outcome(&bytes, &[], &secret, now);
        assert!(
            whole == outcome(&bytes, &vec![1; bytes.len()], &secret, now),
            "{name}, bytes"
        );
        // Long ones are alike in the middle.
        for cut in (1..bytes.len().min(70_000)).filter(|cut| *cut < 1024 || cut % 251 == 0) {
            assert!(
                whole == outcome(&bytes, &[cut], &secret, now),
                "{name}, cut at {cut}"
            );
        }
    }
}

#[test]
fn the_clock_of_a_connection() {
    let mut world = World::new();
    let ticket = world.add(1);
    let begin = world.now;
    let closes_at = |world: &mut World, connection: &mut Connection, time: Instant| {
        assert_eq!(connection.deadline(), time);
        let just_before = time - Duration::from_nanos(1);
        let early = world.with(|context, _| connection.tick(just_before, context));
        assert!(matches!(early, Action::Continue));
        let action = world.with(|context, _| connection.tick(time, context));
        assert!(matches!(action, Action::Close));
    };

    // The head counts from accept, however it drips in.
    let mut connection = Connection::new(begin);
    world.now = begin + Duration::from_secs(4);
    world.with(|context, now| connection.read(b"GET /", now, context));
    closes_at(&mut world, &mut connection, begin + HEAD_TIME);
    assert_eq!(world.counters.refused(RefusedCallback::Slow), 1);

    // The body counts from the head.
    let request = post(HOST, &format!("/f/{}", ticket.back), "code=OK");
    let (head, body) = request.split_at(request.len() - 7);
    let mut connection = Connection::new(begin);
    world.with(|context, now| connection.read(head, now, context));
    let time = world.now + BODY_TIME;
    closes_at(&mut world, &mut connection, time);
    assert_eq!(world.counters.refused(RefusedCallback::Slow), 2);

    // The answer and the last bytes have times of their own.
    let mut connection = Connection::new(begin);
    world.with(|context, now| connection.read(head, now, context));
    assert!(connection.is_reading());
    let action = world.with(|context, now| connection.read(body, now, context));
    assert!(matches!(action, Action::Respond(_)));
    assert!(!connection.is_reading() && !connection.is_answered());
    assert_eq!(connection.deadline(), world.now + WRITE_TIME);
    connection.written(world.now);
    assert!(connection.is_answered());
    let time = world.now + LINGER_TIME;
    closes_at(&mut world, &mut connection, time);
    assert_eq!(
        world.counters.refused(RefusedCallback::Slow),
        2,
        "it had its answer"
    );

    // All together end after ten seconds.
    let mut connection = Connection::new(begin);
    world.now = begin + Duration::from_millis(4900);
    world.with(|context, now| connection.read(head, now, context));
    world.now = begin + Duration::from_millis(9800);
    world.with(|context, now| connection.read(body, now, context));
    closes_at(&mut world, &mut connection, begin + TOTAL_TIME);
}

#[test]
fn an_end_of_input_closes_what_is_not_complete() {
    let mut world = World::new();
    let ticket = world.add(1);
    let request = get(HOST, &format!("/r/{}?code=OK", ticket.back));
    let mut connection = Connection::new(world.now);
    world.with(|context, now| connection.read(&request[..20], now, context));
    let action = world.with(|context, _| connection.end_of_input(context));
    assert!(matches!(action, Action::Close));
    assert_eq!(world.counters.refused(RefusedCallback::HungUp), 1);

    // Half-closed after the whole request: the answer is still owed.
    let mut connection = Connection::new(world.now);
    let action = world.with(|context, now| connection.read(&request, now, context));
    assert!(matches!(action, Action::Respond(_)));
    let action = world.with(|context, _| connection.end_of_input(context));
    assert!(matches!(action, Action::Continue));
    connection.written(world.now);
    let action = world.with(|context, _| connection.end_of_input(context));
    assert!(matches!(action, Action::Close));
}

/// The request can end while its own fragment is on the way.
#[test]
fn a_fragment_of_a_request_that_ended_is_late() {
    let mut world = World::new();
    let ticket = world.add(1);
    let request = post(HOST, &format!("/f/{}", ticket.back), "code=OK");
    let (head, body_bytes) = request.split_at(request.len() - 3);
    let mut connection = Connection::new(world.now);
    world.with(|context, now| connection.read(head, now, context));
    world.get(&format!("/r/{}?code=OK", ticket.back));
    assert_eq!(world.take().len(), 1);
    let action = world.with(|context, now| connection.read(body_bytes, now, context));
    let Action::Respond(response) = action else {
        panic!("no answer");
    };
    assert_eq!(body(response.bytes()), "already-finished");
    assert_eq!(world.take(), []);
}

#[test]
fn tokens_are_random_and_secret() {
    let token = ReturnToken::random().unwrap();
    assert_eq!(token.expose().len(), 32);
    let lower_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    assert!(token.expose().chars().all(lower_hex));
    assert_ne!(token.expose(), ReturnToken::random().unwrap().expose());
    assert!(token.matches(token.expose()));
    for other in [
        "",
        "0",
        &token.expose()[1..],
        &token.expose().to_uppercase(),
    ] {
        assert!(!token.matches(other) || other == token.expose());
    }
    let target = Target::new(TARGET.to_owned()).unwrap();
    let (route, ticket) = route(1, Instant::now());
    let printed = format!("{token:?} {target:?} {route:?}");
    for secret in [token.expose(), &ticket.start, &ticket.back, "canary"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    for bad in ["", "a b", "a\r\nSet-Cookie: x", "a\n", "\u{fc}", "a\0"] {
        assert!(Target::new(bad.to_owned()).is_err(), "{bad:?}");
    }
}
