//! The connection machine: cuts do not matter, time does. (Any bytes and times:
//! the fuzz target `conn_machine`.)

use super::{hostile::kinds, *};
use crate::{
    RefusedCallback,
    loopback::{BODY_TIME, HEAD_TIME, LINGER_TIME, TOTAL_TIME, WRITE_TIME},
};

/// What one connection does to a world with one pending callback: response and events.
fn outcome(
    bytes: &[u8],
    cuts: &[usize],
    secret: &Request,
    start: Instant,
) -> (Vec<u8>, Vec<Event>) {
    let mut world = World::new();
    world.now = start;
    world.handler.table().add(PendingCallback {
        id: secret.id,
        link_token: LinkToken::random(digits(&secret.link_token)).unwrap(),
        return_token: ReturnToken::random(digits(&secret.return_token)).unwrap(),
        page: Some(PageUrl::new(PAGE.to_owned()).unwrap()),
        deadline: start + MINUTE,
        parser: parser(secret.id),
    });
    let mut pieces = Vec::new();
    let mut rest = bytes;
    for cut in cuts {
        let (piece, after) = rest.split_at((*cut).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    let response = world.pieces(pieces);
    let response = response.map_or_else(Vec::new, |response| response.bytes().to_vec());
    (response, world.take())
}

/// Writes the bytes that become these digits.
fn digits(digits: &str) -> impl FnOnce(&mut [u8]) -> Result<(), std::num::ParseIntError> {
    |bytes| {
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16)?;
        }
        Ok(())
    }
}

fn secret() -> Request {
    Request {
        id: 5,
        link_token: "0123456789abcdef0123456789abcdef".to_owned(),
        return_token: "fedcba9876543210fedcba9876543210".to_owned(),
    }
}

#[test]
fn every_kind_gives_the_same_however_it_is_cut() {
    let (secret, now) = (secret(), Instant::now());
    let mut requests = kinds(HOST, &secret);
    requests.push((
        "callback",
        get(HOST, &format!("/r/{}?code=OK", secret.return_token)),
    ));
    requests.push((
        "fragment",
        post(HOST, &format!("/f/{}", secret.return_token), "code=OK"),
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
    let pending = world.add(1);
    let begin = world.now;
    let closes_at = |world: &mut World, connection: &mut Connection, time: Instant| {
        assert_eq!(connection.deadline(), time);
        let just_before = time - Duration::from_nanos(1);
        let early = connection.tick(just_before, &world.handler);
        assert!(matches!(early, Action::Continue));
        let action = connection.tick(time, &world.handler);
        assert!(matches!(action, Action::Close));
    };

    // The head counts from accept, however it drips in.
    let mut connection = Connection::new(begin);
    world.now = begin + Duration::from_secs(4);
    world.read(&mut connection, b"GET /");
    closes_at(&mut world, &mut connection, begin + HEAD_TIME);
    assert_eq!(world.counters.refused(RefusedCallback::Slow), 1);

    // The body counts from the head.
    let request = post(HOST, &format!("/f/{}", pending.return_token), "code=OK");
    let (head, body) = request.split_at(request.len() - 7);
    let mut connection = Connection::new(begin);
    world.read(&mut connection, head);
    let time = world.now + BODY_TIME;
    closes_at(&mut world, &mut connection, time);
    assert_eq!(world.counters.refused(RefusedCallback::Slow), 2);

    // The response and the last bytes have times of their own.
    let mut connection = Connection::new(begin);
    world.read(&mut connection, head);
    assert!(connection.is_reading());
    let action = world.read(&mut connection, body);
    assert!(matches!(action, Action::Respond(_)));
    assert!(!connection.is_reading() && !connection.is_responded());
    assert_eq!(connection.deadline(), world.now + WRITE_TIME);
    connection.written(world.now);
    assert!(connection.is_responded());
    let time = world.now + LINGER_TIME;
    closes_at(&mut world, &mut connection, time);
    assert_eq!(
        world.counters.refused(RefusedCallback::Slow),
        2,
        "it had its response"
    );

    // All together end after ten seconds.
    let mut connection = Connection::new(begin);
    world.now = begin + Duration::from_millis(4900);
    world.read(&mut connection, head);
    world.now = begin + Duration::from_millis(9800);
    world.read(&mut connection, body);
    closes_at(&mut world, &mut connection, begin + TOTAL_TIME);
}

#[test]
fn an_end_of_input_closes_what_is_not_complete() {
    let mut world = World::new();
    let pending = world.add(1);
    let request = get(HOST, &format!("/r/{}?code=OK", pending.return_token));
    let mut connection = Connection::new(world.now);
    world.read(&mut connection, &request[..20]);
    let action = connection.end_of_input(&world.handler);
    assert!(matches!(action, Action::Close));
    assert_eq!(world.counters.refused(RefusedCallback::HungUp), 1);

    // Half-closed after the whole request: the response is still owed.
    let mut connection = Connection::new(world.now);
    let action = world.read(&mut connection, &request);
    assert!(matches!(action, Action::Respond(_)));
    let action = connection.end_of_input(&world.handler);
    assert!(matches!(action, Action::Continue));
    connection.written(world.now);
    let action = connection.end_of_input(&world.handler);
    assert!(matches!(action, Action::Close));
}

/// The request can end while its own fragment is on the way.
#[test]
fn a_fragment_of_a_request_that_ended_is_late() {
    let mut world = World::new();
    let pending = world.add(1);
    let request = post(HOST, &format!("/f/{}", pending.return_token), "code=OK");
    let (head, body_bytes) = request.split_at(request.len() - 3);
    let mut connection = Connection::new(world.now);
    world.read(&mut connection, head);
    world.get(&format!("/r/{}?code=OK", pending.return_token));
    assert_eq!(world.take().len(), 1);
    let action = world.read(&mut connection, body_bytes);
    let Action::Respond(response) = action else {
        panic!("no response");
    };
    assert_eq!(body(response.bytes()), "already-finished");
    assert_eq!(world.take(), []);
}

#[test]
fn tokens_are_random_and_secret() {
    let token = return_token();
    assert_eq!(token.expose().len(), 32);
    let lower_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    assert!(token.expose().chars().all(lower_hex));
    assert_ne!(token.expose(), return_token().expose());
    assert!(token.matches(token.expose()));
    for other in [
        "",
        "0",
        &token.expose()[1..],
        &token.expose().to_uppercase(),
    ] {
        assert!(!token.matches(other) || other == token.expose());
    }
    let page = PageUrl::new(PAGE.to_owned()).unwrap();
    let (callback, pending) = callback(1, Instant::now());
    let printed = format!("{token:?} {page:?} {callback:?}");
    for secret in [
        token.expose(),
        &pending.link_token,
        &pending.return_token,
        "canary",
    ] {
        assert!(!printed.contains(secret), "{printed}");
    }
    for bad in ["", "a b", "a\r\nSet-Cookie: x", "a\n", "\u{fc}", "a\0"] {
        assert!(PageUrl::new(bad.to_owned()).is_err(), "{bad:?}");
    }
}
