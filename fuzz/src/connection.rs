//! A connection under bytes and time.

use std::time::{Duration, Instant};

use callback_listener::CallbackEvent;
use callback_listener::loopback::{Action, Connection, TOTAL_TIME};

use crate::world::{Event, INVITE, PENDING, World};

/// Bytes that are no text mean steps; all others are sent.
const CUT: u8 = 0xf8;
const WAIT: u8 = 0xf9;
const LONG_WAIT: u8 = 0xfa;
const WRITTEN: u8 = 0xfb;
const END_OF_INPUT: u8 = 0xfc;
const TICK: u8 = 0xfd;
const OWNER_CANCELS: u8 = 0xfe;

enum Step<'a> {
    Send(&'a [u8]),
    Wait(Duration),
    Written,
    EndOfInput,
    Tick,
    OwnerCancels,
}

/// Cuts change nothing; and whatever happens when, a connection responds once at most and is closed
/// in time.
pub fn conn_machine(bytes: &[u8]) {
    let (steps, now) = (steps(bytes), Instant::now());
    let pieces: Vec<_> = steps.iter().filter_map(Step::piece).collect();
    let whole = pieces.concat();

    let (response, events) = at_once(now, [whole.as_slice()]);
    let (response_to_pieces, events_of_pieces) = at_once(now, pieces.iter().copied());
    assert!(
        response == response_to_pieces,
        "the response depends on the cuts"
    );
    assert_eq!(
        format!("{events:?}"),
        format!("{events_of_pieces:?}"),
        "the events depend on the cuts"
    );
    check_events(&events, &whole);
    if steps.len() > pieces.len() {
        check_events(&in_time(now, &steps), &whole);
    }
}

fn steps(bytes: &[u8]) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let text = rest
            .iter()
            .position(|byte| (CUT..=OWNER_CANCELS).contains(byte))
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(text);
        if !piece.is_empty() {
            steps.push(Step::Send(piece));
        }
        let Some((kind, after)) = after.split_first() else {
            break;
        };
        let time = after.first().copied().unwrap_or_default();
        rest = after;
        steps.push(match *kind {
            WAIT | LONG_WAIT => {
                rest = after.get(1..).unwrap_or_default();
                Step::Wait(Duration::from_millis(
                    u64::from(time) * if *kind == WAIT { 1 } else { 50 },
                ))
            }
            WRITTEN => Step::Written,
            END_OF_INPUT => Step::EndOfInput,
            TICK => Step::Tick,
            OWNER_CANCELS => Step::OwnerCancels,
            _ => continue,
        });
    }
    steps
}

impl<'a> Step<'a> {
    fn piece(&self) -> Option<&'a [u8]> {
        if let Self::Send(piece) = self {
            Some(piece)
        } else {
            None
        }
    }
}

/// Returns the response and events of a connection for which no time passes.
fn at_once<'a>(now: Instant, pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Vec<Event>) {
    let mut world = World::new(now);
    let response = world.send(pieces).map(|response| response.bytes().to_vec());
    (response.unwrap_or_default(), world.take())
}

/// Returns the events of a connection for which time passes.
fn in_time(begin: Instant, steps: &[Step<'_>]) -> Vec<Event> {
    let mut world = World::new(begin);
    let mut connection = Connection::new(begin);
    let (mut responded, mut closed) = (false, false);
    for step in steps {
        let action = match step {
            Step::Send(piece) => connection.read(piece, world.now, &mut world.handler),
            Step::EndOfInput => connection.end_of_input(&world.handler),
            Step::Tick => tick(&mut world, &mut connection),
            Step::Written => {
                connection.written(world.now);
                Action::Continue
            }
            Step::Wait(time) => {
                world.now += *time;
                Action::Continue
            }
            Step::OwnerCancels => {
                let now = world.now;
                world
                    .handler
                    .table()
                    .retire(INVITE.id, now, TOTAL_TIME, false);
                Action::Continue
            }
        };
        match action {
            Action::Respond(_) => {
                assert!(
                    !responded && !closed,
                    "a second response, or one after the end"
                );
                responded = true;
            }
            Action::Close => closed = true,
            Action::Continue => assert!(
                !closed || step.piece().is_none(),
                "a closed connection reads on"
            ),
        }
        assert!(connection.deadline() <= begin + TOTAL_TIME);
        assert!(
            !(responded && connection.is_reading()),
            "it reads a second request"
        );
        assert!(
            responded || closed || connection.is_reading(),
            "it neither reads nor responds"
        );
    }
    world.now = world.now.max(connection.deadline());
    assert!(
        matches!(tick(&mut world, &mut connection), Action::Close),
        "not closed in time"
    );
    world.take()
}

/// Lets the connection look at the clock: closed exactly from its deadline on.
fn tick(world: &mut World, connection: &mut Connection) -> Action {
    let is_over = world.now >= connection.deadline();
    let action = connection.tick(world.now, &world.handler);
    assert_eq!(is_over, matches!(action, Action::Close));
    action
}

/// Checks that there is one event at most, and none without its token.
fn check_events(events: &[Event], sent: &[u8]) {
    assert!(events.len() <= 1, "several events: {events:?}");
    let holds = |token: &str| {
        sent.windows(token.len())
            .any(|part| part == token.as_bytes())
    };
    for event in events {
        let (CallbackEvent::Visited(id)
        | CallbackEvent::Received(id, _)
        | CallbackEvent::UnexpectedCallback(id)) = event
        else {
            panic!("{event:?} by one connection");
        };
        let known = PENDING
            .into_iter()
            .find(|known| known.id == *id)
            .expect("an event of no pending request");
        let token = if matches!(event, CallbackEvent::Visited(_)) {
            known.link_token
        } else {
            known.return_token
        };
        assert!(holds(token), "{event:?} without the token");
    }
}
