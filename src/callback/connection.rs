//! One connection without its socket: bytes and time go in, an action comes out.

use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::{
    counters::RefusedCallback,
    decide::{Context, Decision, Fragment},
    head::{Scan, Scanner, language_so_far},
    response::Response,
};

/// The head must be complete this long after accept, however it drips in.
pub(crate) const HEAD_TIME: Duration = Duration::from_secs(5);
/// The body must be complete this long after the head.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(5);
/// The answer must be taken this long after it is ready.
pub(crate) const WRITE_TIME: Duration = Duration::from_secs(2);
/// How long the client's last bytes are read away after the answer. Closing at once would make the
/// system send a reset, which can destroy the answer on its way.
pub(crate) const LINGER_TIME: Duration = Duration::from_secs(1);
/// No connection lives longer.
pub(crate) const TOTAL_TIME: Duration = Duration::from_secs(10);

/// First size of the buffer; it doubles when needed.
const FIRST_BUFFER: usize = 2 * 1024;

/// What the owner of the socket has to do.
pub(crate) enum Action {
    /// Nothing; go on reading.
    Continue,
    /// Write this, call [`Connection::written`], and half-close.
    Respond(Response),
    /// Close the socket.
    Close,
}

enum Phase {
    Head(Scanner),
    Body(Fragment),
    Write,
    Linger,
    Closed,
}

/// The state of one connection.
pub(crate) struct Connection {
    phase: Phase,
    buffer: Zeroizing<Vec<u8>>,
    deadline: Instant,
    /// The end of [`TOTAL_TIME`].
    last: Instant,
}

impl Connection {
    /// A connection accepted at `now`.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            phase: Phase::Head(Scanner::default()),
            buffer: Zeroizing::default(),
            deadline: now + HEAD_TIME,
            last: now + TOTAL_TIME,
        }
    }

    /// When [`Self::tick`] will close the connection.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether the request is not complete yet.
    pub(crate) fn is_reading(&self) -> bool {
        matches!(self.phase, Phase::Head(_) | Phase::Body(_))
    }

    /// Whether the whole answer was handed to the system.
    pub(crate) fn is_answered(&self) -> bool {
        matches!(self.phase, Phase::Linger)
    }

    /// Takes bytes from the client. After the answer they are read away.
    pub(crate) fn read<A>(
        &mut self,
        bytes: &[u8],
        now: Instant,
        context: &mut Context<'_, A>,
    ) -> Action {
        match &mut self.phase {
            Phase::Head(scanner) => {
                for (place, byte) in bytes.iter().enumerate() {
                    match scanner.push(*byte) {
                        Scan::More => {}
                        Scan::Bad(reason) => {
                            let (head, _) = bytes.split_at(place + 1);
                            return self.head_bad(head, reason, now, context);
                        }
                        Scan::End => {
                            let (head, rest) = bytes.split_at(place + 1);
                            return self.head_done(head, rest, now, context);
                        }
                    }
                }
                self.keep(bytes);
                Action::Continue
            }
            Phase::Body(fragment) => {
                let missing = fragment.length.saturating_sub(self.buffer.len());
                // What comes after the body would be a second request; there is none per
                // connection.
                let body = bytes.get(..missing).unwrap_or(bytes);
                self.keep(body);
                self.body_done(now, context)
            }
            Phase::Write | Phase::Linger => Action::Continue,
            Phase::Closed => Action::Close,
        }
    }

    /// The client will send no more.
    pub(crate) fn end_of_input<A>(&mut self, context: &Context<'_, A>) -> Action {
        match self.phase {
            Phase::Head(_) | Phase::Body(_) => {
                context.counters.count(RefusedCallback::HungUp);
                self.close()
            }
            Phase::Write => Action::Continue,
            Phase::Linger | Phase::Closed => self.close(),
        }
    }

    /// The whole answer was handed to the system.
    pub(crate) fn written(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Write) {
            self.phase = Phase::Linger;
            self.set_deadline(now, LINGER_TIME);
        }
    }

    /// Closes the connection if its time is over.
    pub(crate) fn tick<A>(&mut self, now: Instant, context: &Context<'_, A>) -> Action {
        if now < self.deadline {
            return Action::Continue;
        }
        if self.is_reading() {
            context.counters.count(RefusedCallback::Slow);
        }
        self.close()
    }

    fn head_bad<A>(
        &mut self,
        head: &[u8],
        reason: RefusedCallback,
        now: Instant,
        context: &Context<'_, A>,
    ) -> Action {
        self.keep(head);
        let response = context.refuse(reason, language_so_far(&self.buffer));
        self.buffer = Zeroizing::default();
        self.respond(response, now)
    }

    fn head_done<A>(
        &mut self,
        head: &[u8],
        rest: &[u8],
        now: Instant,
        context: &mut Context<'_, A>,
    ) -> Action {
        self.keep(head);
        let decision = context.head(&self.buffer, now);
        self.buffer = Zeroizing::default();
        match decision {
            Decision::Respond(response) => self.respond(response, now),
            Decision::Fragment(fragment) => {
                self.phase = Phase::Body(fragment);
                self.set_deadline(now, BODY_TIME);
                self.read(rest, now, context)
            }
        }
    }

    fn body_done<A>(&mut self, now: Instant, context: &mut Context<'_, A>) -> Action {
        let Phase::Body(fragment) = &self.phase else {
            return Action::Continue;
        };
        if self.buffer.len() < fragment.length {
            return Action::Continue;
        }
        let response = context.fragment(fragment, &self.buffer, now);
        self.buffer = Zeroizing::default();
        self.respond(response, now)
    }

    fn respond(&mut self, response: Response, now: Instant) -> Action {
        self.phase = Phase::Write;
        self.set_deadline(now, WRITE_TIME);
        Action::Respond(response)
    }

    fn close(&mut self) -> Action {
        self.phase = Phase::Closed;
        Action::Close
    }

    fn set_deadline(&mut self, now: Instant, time: Duration) {
        self.deadline = (now + time).min(self.last);
    }

    /// Appends to the buffer. Grows it by hand, so that the old one is wiped.
    fn keep(&mut self, bytes: &[u8]) {
        let needed = self.buffer.len() + bytes.len();
        if needed > self.buffer.capacity() {
            let size = needed.next_power_of_two().max(FIRST_BUFFER);
            let mut larger = Zeroizing::new(Vec::with_capacity(size));
            larger.extend_from_slice(&self.buffer);
            self.buffer = larger;
        }
        self.buffer.extend_from_slice(bytes);
    }
}
