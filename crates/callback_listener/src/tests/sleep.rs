//! The machine sleeps for a night. Afterwards the monotonic clock has gone on, as on Windows, or
//! has stood still, as on Linux: either way a request ends once.

use super::*;
use test_support::reliability::measured;

const NIGHT: Duration = Duration::from_secs(8 * 60 * 60);

/// The state of the request when the machine falls asleep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Before {
    LinkNotFetched,
    PageOpen,
    OpenedAgain,
    HalfTheHead,
    HalfTheBody,
    ResponseBeingWritten,
    Finished,
    Cancelled,
}

impl Before {
    const ALL: [Self; 8] = [
        Self::LinkNotFetched,
        Self::PageOpen,
        Self::OpenedAgain,
        Self::HalfTheHead,
        Self::HalfTheBody,
        Self::ResponseBeingWritten,
        Self::Finished,
        Self::Cancelled,
    ];

    /// Whether the request was over before the night.
    fn is_over(self) -> bool {
        matches!(
            self,
            Self::ResponseBeingWritten | Self::Finished | Self::Cancelled
        )
    }
}

/// A listener with one request, and perhaps a connection that is still open.
struct Machine {
    world: World,
    pending: Request,
    /// An open connection, with the bytes that the browser has not sent yet.
    connection: Option<(Connection, Vec<u8>)>,
}

impl Machine {
    fn new(before: Before) -> Self {
        let mut world = World::new();
        let pending = world.add(1);
        let mut machine = Self {
            world,
            pending,
            connection: None,
        };
        let query = get(HOST, &machine.back());
        let fragment = post(
            HOST,
            &format!("/f/{}", machine.pending.return_token),
            "code=OK",
        );
        match before {
            Before::LinkNotFetched => {}
            Before::PageOpen => machine.follow_link(303),
            Before::OpenedAgain => {
                machine.follow_link(303);
                let start = link_token();
                start.expose().clone_into(&mut machine.pending.link_token);
                machine
                    .world
                    .handler
                    .table()
                    .renew_link(machine.pending.id, start);
            }
            Before::HalfTheHead => machine.send_a_part(&query, query.len() / 2),
            Before::HalfTheBody => machine.send_a_part(&fragment, fragment.len() - 3),
            Before::ResponseBeingWritten => machine.send_a_part(&query, query.len()),
            Before::Finished => assert_eq!(machine.come_back(), Some(Page::Completed)),
            Before::Cancelled => {
                let now = machine.world.now;
                machine
                    .world
                    .handler
                    .table()
                    .retire(machine.pending.id, now, MINUTE, false);
            }
        }
        machine
    }

    fn back(&self) -> String {
        format!("/r/{}?code=OK", self.pending.return_token)
    }

    fn follow_link(&mut self, expected: u16) {
        assert_eq!(
            status(&self.world.get(&format!("/go/{}", self.pending.link_token))),
            expected
        );
    }

    fn send_a_part(&mut self, request: &[u8], length: usize) {
        let mut connection = Connection::new(self.world.now);
        let (part, rest) = request.split_at(length);
        let action = self.world.read(&mut connection, part);
        assert_eq!(matches!(action, Action::Respond(_)), rest.is_empty());
        self.connection = Some((connection, rest.to_vec()));
    }

    /// The browser brings its callback, on the connection that is open or else on a new one; the
    /// page it gets.
    fn come_back(&mut self) -> Option<Page> {
        let response = match &mut self.connection {
            Some((connection, rest)) if !rest.is_empty() => {
                let rest = std::mem::take(rest);
                match self.world.read(connection, &rest) {
                    Action::Respond(response) => response.bytes().to_vec(),
                    _ => panic!("no response"),
                }
            }
            _ => self.world.get(&self.back()),
        };
        let pages = [Page::Completed, Page::AlreadyFinished, Page::NotFound];
        pages
            .into_iter()
            .find(|page| [page.name(), &html(*page)].contains(&body(&response)))
    }

    /// Does what the listener's thread does when time passes.
    fn tick(&mut self) {
        if let Some((connection, _)) = &mut self.connection {
            let action = connection.tick(self.world.now, &self.world.handler);
            if matches!(action, Action::Close) {
                self.connection = None;
            }
        }
        self.world.expire();
    }

    fn ends(&mut self) -> Vec<Event> {
        let is_end = |event: &Event| {
            matches!(
                event,
                CallbackEvent::Received(..) | CallbackEvent::Expired(_)
            )
        };
        self.world.take().into_iter().filter(is_end).collect()
    }
}

/// One night. Either what the browser has sent is read in the first moment after it, or the
/// deadlines are.
fn night(before: Before, clock_runs: bool, callback_first: bool) {
    let mut machine = Machine::new(before);
    if clock_runs {
        machine.world.now += NIGHT;
    }
    if !callback_first {
        machine.tick();
        // Without a deadline that has passed there was nothing to close.
        let was_open = matches!(
            before,
            Before::HalfTheHead | Before::HalfTheBody | Before::ResponseBeingWritten
        );
        assert_eq!(machine.connection.is_some(), was_open && !clock_runs);
    }
    let timed_out = !before.is_over() && clock_runs && !callback_first;
    if matches!(before, Before::LinkNotFetched | Before::OpenedAgain) {
        machine.follow_link(if timed_out { 200 } else { 303 });
    }
    let page = machine.come_back();
    machine.tick();

    let id = machine.pending.id;
    let (end, expected) = match before {
        _ if timed_out => (Some(CallbackEvent::Expired(id)), Page::AlreadyFinished),
        Before::Cancelled => (None, Page::AlreadyFinished),
        _ if before.is_over() => (
            Some(CallbackEvent::Received(id, "code=OK".into())),
            Page::AlreadyFinished,
        ),
        _ => (
            Some(CallbackEvent::Received(id, "code=OK".into())),
            Page::Completed,
        ),
    };
    // After the night the table has forgotten what was over before it.
    let forgotten = before.is_over() && clock_runs && !callback_first;
    assert_eq!(
        page,
        Some(if forgotten { Page::NotFound } else { expected })
    );
    assert_eq!(machine.ends(), Vec::from_iter(end));

    // Nothing more comes of it, and nothing stays open.
    machine.world.now += 20 * MINUTE;
    machine.tick();
    machine.world.now += 2 * MINUTE;
    machine.tick();
    assert_eq!(machine.ends(), []);
    assert!(machine.connection.is_none() && machine.world.handler.table().is_empty());
}

#[test]
fn a_night_in_any_state_makes_one_end() {
    let mut nights = 0;
    for before in Before::ALL {
        for (clock_runs, callback_first) in
            [(true, true), (true, false), (false, true), (false, false)]
        {
            night(before, clock_runs, callback_first);
            nights += 1;
        }
    }
    measured(
        11,
        format!("{nights} simulated nights of 8 h, one end each"),
    );
}
