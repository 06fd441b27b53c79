//! One connection without its socket: bytes and time go in, an action comes out.

use std::{fmt, time::Duration};

use zeroize::Zeroizing;

use super::{
    handler::{Decision, Fragment, Handler},
    head::{HeadScanner, Scan, accept_language_so_far},
    response::Response,
};
use crate::{counters::RefusedCallback, time::Instant};

/// The head must be complete this long after accept, however it drips in.
pub const HEAD_TIME: Duration = Duration::from_secs(5);
/// The body must be complete this long after the head.
pub const BODY_TIME: Duration = Duration::from_secs(5);
/// The response must be taken this long after it is ready.
pub const WRITE_TIME: Duration = Duration::from_secs(2);
/// How long the client's last bytes are read away after the response. Closing at once would make
/// the system send a reset, which can destroy the response on its way.
pub const LINGER_TIME: Duration = Duration::from_secs(1);
/// No connection lives longer.
pub const TOTAL_TIME: Duration = Duration::from_secs(10);

/// The first size of the buffer; it doubles when needed.
const FIRST_BUFFER: usize = 2 * 1024;

/// What the owner of the socket has to do.
#[derive(Debug)]
pub enum Action {
    /// Nothing; go on reading.
    Continue,
    /// Write this, call [`Connection::written`], and shut the socket down for writing.
    Respond(Response),
    /// Close the socket.
    Close,
}

enum Phase {
    Head(HeadScanner),
    Body(Fragment),
    Write,
    Linger,
    Closed,
}

/// The state of one connection, which serves one request.
pub struct Connection {
    phase: Phase,
    buffer: Zeroizing<Vec<u8>>,
    deadline: Instant,
    /// The end of [`TOTAL_TIME`].
    last: Instant,
}

impl Connection {
    /// Begins with a connection that was accepted at `now`.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            phase: Phase::Head(HeadScanner::default()),
            buffer: Zeroizing::default(),
            deadline: now + HEAD_TIME,
            last: now + TOTAL_TIME,
        }
    }

    /// Returns when [`Self::tick`] will close the connection.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns whether the request is not complete yet.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        matches!(self.phase, Phase::Head(_) | Phase::Body(_))
    }

    /// Returns whether the whole response was handed to the system.
    #[must_use]
    pub fn is_responded(&self) -> bool {
        matches!(self.phase, Phase::Linger)
    }

    /// Takes bytes from the client. After the response they are read away.
    pub fn read<Id: Copy + Eq, T>(
        &mut self,
        bytes: &[u8],
        now: Instant,
        handler: &mut Handler<Id, T>,
    ) -> Action {
        match &mut self.phase {
            Phase::Head(scanner) => {
                for (index, byte) in bytes.iter().enumerate() {
                    match scanner.push(*byte) {
                        Scan::More => {}
                        Scan::Bad(reason) => {
                            let (head, _) = bytes.split_at(index + 1);
                            return self.head_bad(head, reason, now, handler);
                        }
                        Scan::End => {
                            let (head, rest) = bytes.split_at(index + 1);
                            return self.head_done(head, rest, now, handler);
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
                self.body_done(now, handler)
            }
            Phase::Write | Phase::Linger => Action::Continue,
            Phase::Closed => Action::Close,
        }
    }

    /// Takes note that the client will send no more.
    pub fn end_of_input<Id: Copy + Eq, T>(&mut self, handler: &Handler<Id, T>) -> Action {
        match self.phase {
            Phase::Head(_) | Phase::Body(_) => {
                handler.count(RefusedCallback::HungUp);
                self.close()
            }
            Phase::Write => Action::Continue,
            Phase::Linger | Phase::Closed => self.close(),
        }
    }

    /// Takes note that the whole response was handed to the system.
    pub fn written(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Write) {
            self.phase = Phase::Linger;
            self.set_deadline(now, LINGER_TIME);
        }
    }

    /// Closes the connection if its time is over.
    pub fn tick<Id: Copy + Eq, T>(&mut self, now: Instant, handler: &Handler<Id, T>) -> Action {
        if now < self.deadline {
            return Action::Continue;
        }
        if self.is_reading() {
            handler.count(RefusedCallback::Slow);
        }
        self.close()
    }

    fn head_bad<Id: Copy + Eq, T>(
        &mut self,
        head: &[u8],
        reason: RefusedCallback,
        now: Instant,
        handler: &Handler<Id, T>,
    ) -> Action {
        self.keep(head);
        let texts = handler.preferred(accept_language_so_far(&self.buffer));
        let response = handler.refuse(reason, texts);
        self.buffer = Zeroizing::default();
        self.respond(response, now)
    }

    fn head_done<Id: Copy + Eq, T>(
        &mut self,
        head: &[u8],
        rest: &[u8],
        now: Instant,
        handler: &mut Handler<Id, T>,
    ) -> Action {
        self.keep(head);
        let decision = handler.head(&self.buffer, now);
        self.buffer = Zeroizing::default();
        match decision {
            Decision::Respond(response) => self.respond(response, now),
            Decision::Fragment(fragment) => {
                self.phase = Phase::Body(fragment);
                self.set_deadline(now, BODY_TIME);
                self.read(rest, now, handler)
            }
        }
    }

    fn body_done<Id: Copy + Eq, T>(
        &mut self,
        now: Instant,
        handler: &mut Handler<Id, T>,
    ) -> Action {
        let Phase::Body(fragment) = &self.phase else {
            return Action::Continue;
        };
        if self.buffer.len() < fragment.length {
            return Action::Continue;
        }
        let response = handler.fragment(fragment, &self.buffer, now);
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

/// Shows no byte that the client sent.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
