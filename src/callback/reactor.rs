//! The one thread of the listener: sockets, slots and deadlines. All decisions are made elsewhere.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::Shutdown,
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use mio::{
    Events, Interest, Poll, Token, Waker,
    net::{TcpListener, TcpStream},
};
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    connection::{Action, Connection},
    counters::{CallbackCounters, LOG, RefusedCallback},
    decide::Context,
    response::Response,
    routes::{CallbackEvent, Report, Route, RouteId, Routes},
    site::Site,
    token::{StartToken, Target},
};

/// Connections at the same time.
const SLOTS: usize = 64;
/// Bytes read at once, and how often per turn: no client keeps the thread to itself.
const READ_SIZE: usize = 16 * 1024;
const READS_PER_TURN: usize = 4;
/// First and longest pause after a failed accept.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

const WAKE: Token = Token(0);
const ACCEPT: Token = Token(1);
const FIRST_CLIENT: usize = 2;

/// What the owner wants.
pub(super) enum Command<A> {
    Add(Route<A>),
    SetTarget(RouteId, Target, Instant),
    RenewStart(RouteId, StartToken),
    Retire(RouteId, Duration, bool),
    #[cfg(feature = "sandbox")]
    PassDeadline(RouteId),
    Stop,
}

struct Client {
    /// Its token, which no other ever has.
    key: usize,
    stream: TcpStream,
    /// Whether the socket has something to do.
    is_ready: bool,
    connection: Connection,
    /// The answer, and how much of it is written.
    answer: Option<(Response, usize)>,
}

pub(super) struct Reactor<A> {
    poll: Poll,
    waker: Arc<Waker>,
    /// One, or two for a name that both families have.
    sockets: Vec<TcpListener>,
    site: Arc<Site>,
    commands: Receiver<Command<A>>,
    report: Report<A>,
    counters: Arc<CallbackCounters>,
    routes: Routes<A>,
    /// The oldest first.
    clients: Vec<Client>,
    next_client: usize,
    accept: Accept,
    accept_warned: bool,
    buffer: Zeroizing<Vec<u8>>,
    /// How many routes were ever added, and how many of them the last `Idle` knew.
    added: u64,
    idle_at: u64,
    /// The owner wants no more.
    stop: bool,
    /// Nobody receives events any more.
    deaf: bool,
}

#[derive(Clone, Copy)]
enum Accept {
    /// Until the next event of the socket.
    Wait,
    Ready,
    /// After an error: again at this time, then with this pause.
    Pause(Instant, Duration),
}

impl<A> Reactor<A> {
    pub(super) fn new(
        mut sockets: Vec<TcpListener>,
        site: Arc<Site>,
        commands: Receiver<Command<A>>,
        report: Report<A>,
        counters: Arc<CallbackCounters>,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        for socket in &mut sockets {
            poll.registry()
                .register(socket, ACCEPT, Interest::READABLE)?;
        }
        Ok(Self {
            poll,
            waker,
            sockets,
            site,
            commands,
            report,
            counters,
            routes: Routes::default(),
            clients: Vec::new(),
            next_client: FIRST_CLIENT,
            accept: Accept::Wait,
            accept_warned: false,
            buffer: Zeroizing::new(vec![0; READ_SIZE]),
            added: 0,
            idle_at: 0,
            stop: false,
            deaf: false,
        })
    }

    pub(super) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    pub(super) fn report_lost(&mut self, why: String) {
        // Nothing is left to be done if nobody hears it.
        let _ = (self.report)(CallbackEvent::Lost(why));
    }

    /// Serves until it is stopped or nobody receives the events.
    ///
    /// # Errors
    /// When polling fails for good.
    pub(super) fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(2 * SLOTS);
        loop {
            let asked = Instant::now();
            match self.poll.poll(&mut events, self.timeout(asked)) {
                // As after a standstill.
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            }
            // After every wake, because the machine may have slept in between.
            let now = Instant::now();
            self.commands(now);
            for event in &events {
                match event.token() {
                    ACCEPT if matches!(self.accept, Accept::Wait) => self.accept = Accept::Ready,
                    ACCEPT | WAKE => {}
                    Token(key) => {
                        if let Some(client) = find(&mut self.clients, key) {
                            client.is_ready = true;
                        }
                    }
                }
            }
            self.accept(now);
            let mut ready = Vec::new();
            for client in &mut self.clients {
                if std::mem::take(&mut client.is_ready) {
                    ready.push(client.key);
                }
            }
            for key in ready {
                self.turn(key, now);
            }
            // What has come until then is read. Since then the process may have stood still, and
            // the answer that came meanwhile is to be seen before its deadline is.
            self.close_late(asked);
            self.routes
                .expire(asked, &mut |event| self.deaf |= !(self.report)(event));
            self.tell_idle();
            if self.stop || self.deaf {
                return Ok(());
            }
        }
    }

    /// How long there is nothing to do but wait for sockets; `None` is for ever.
    fn timeout(&self, now: Instant) -> Option<Duration> {
        if self.clients.iter().any(|client| client.is_ready) {
            return Some(Duration::ZERO);
        }
        let accept = match self.accept {
            Accept::Wait => None,
            Accept::Ready => return Some(Duration::ZERO),
            Accept::Pause(until, _) => Some(until),
        };
        let clients = self
            .clients
            .iter()
            .map(|client| client.connection.deadline());
        let nearest = clients
            .chain(accept)
            .chain(self.routes.next_deadline())
            .min()?;
        Some(nearest.saturating_duration_since(now))
    }

    /// Does what the owner asked for.
    fn commands(&mut self, now: Instant) {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Add(route) => {
                    self.routes.add(route);
                    self.added += 1;
                }
                Command::SetTarget(id, target, deadline) => {
                    self.routes.set_target(id, target, deadline);
                }
                Command::RenewStart(id, start) => self.routes.renew_start(id, start),
                Command::Retire(id, time, keep) => self.routes.retire(id, now, time, keep),
                #[cfg(feature = "sandbox")]
                Command::PassDeadline(id) => self.routes.set_due(id, now),
                Command::Stop => self.stop = true,
            }
        }
    }

    fn accept(&mut self, now: Instant) {
        let pause = match self.accept {
            Accept::Wait => return,
            Accept::Ready => FIRST_PAUSE,
            Accept::Pause(until, _) if now < until => return,
            Accept::Pause(_, pause) => pause,
        };
        self.accept = Accept::Wait;
        let mut failed = false;
        for socket in 0..self.sockets.len() {
            match self.accept_from(socket, now) {
                Ok(true) => {}
                Ok(false) => self.accept = Accept::Ready,
                Err(error) => {
                    if !self.accept_warned {
                        self.accept_warned = true;
                        log::warn!(target: LOG, "callback listener cannot accept: {error}");
                    }
                    // After the others: each has its own clients.
                    failed = true;
                }
            }
        }
        if failed {
            self.accept = Accept::Pause(now + pause, (pause * 2).min(LONGEST_PAUSE));
        }
    }

    /// Takes the connections that wait at one socket; `true` if there are no more.
    fn accept_from(&mut self, socket: usize, now: Instant) -> io::Result<bool> {
        for _ in 0..SLOTS {
            let Some(socket) = self.sockets.get(socket) else {
                return Ok(true);
            };
            match socket.accept() {
                Ok((stream, _)) => self.welcome(stream, now),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Ok(true),
                    // That one client is gone; the next may be there.
                    ErrorKind::Interrupted
                    | ErrorKind::ConnectionAborted
                    | ErrorKind::ConnectionReset => {}
                    _ => return Err(error),
                },
            }
        }
        Ok(false)
    }

    fn welcome(&mut self, mut stream: TcpStream, now: Instant) {
        self.counters.count_connection();
        if self.clients.len() >= SLOTS {
            self.make_place();
        }
        let key = self.next_client;
        self.next_client += 1;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        if registry
            .register(&mut stream, Token(key), interest)
            .is_err()
        {
            return;
        }
        // Without this the last part of an answer can wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let client = Client {
            key,
            stream,
            is_ready: false,
            connection: Connection::new(now),
            answer: None,
        };
        self.clients.push(client);
        // Its request is often there already: read it before the next one can take the place.
        self.turn(key, now);
    }

    /// Closes the oldest client that has its answer, or else the oldest that has not finished its
    /// request: a browser sends it at once, so the slow one loses.
    fn make_place(&mut self) {
        let oldest = |wanted: fn(&Connection) -> bool| {
            self.clients
                .iter()
                .position(|client| wanted(&client.connection))
        };
        let place = oldest(Connection::is_answered)
            .or_else(|| oldest(Connection::is_reading))
            .unwrap_or(0);
        if self.clients.remove(place).connection.is_reading() {
            self.counters.count(RefusedCallback::Evicted);
        }
    }

    /// Writes and reads for one client, until its socket has nothing more or others must come
    /// first.
    fn turn(&mut self, key: usize, now: Instant) {
        for _ in 0..READS_PER_TURN {
            let Some(client) = find(&mut self.clients, key) else {
                return;
            };
            let read = match client.write(now) {
                Ok(true) => client.stream.read(&mut self.buffer),
                Ok(false) => return,
                Err(error) => Err(error),
            };
            // Whatever the owner did before these bytes were sent must be known before they are
            // looked at: a link may be followed right after it was made.
            self.commands(now);
            let over = match read {
                Ok(length) => self.take_in(key, length, now),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => false,
                Err(_) => {
                    self.take_in(key, 0, now);
                    true
                }
            };
            if over {
                self.clients.retain(|client| client.key != key);
                return;
            }
        }
        if let Some(client) = find(&mut self.clients, key) {
            client.is_ready = true;
        }
    }

    /// Hands what was read to the connection, 0 bytes being the end; `true` to close it.
    fn take_in(&mut self, key: usize, length: usize, now: Instant) -> bool {
        let Some(client) = find(&mut self.clients, key) else {
            return true;
        };
        let mut context = Context {
            routes: &mut self.routes,
            counters: &self.counters,
            site: &self.site,
            emit: &mut |event| self.deaf |= !(self.report)(event),
        };
        let bytes = self.buffer.get_mut(..length).unwrap_or_default();
        let action = if bytes.is_empty() {
            client.connection.end_of_input(&context)
        } else {
            client.connection.read(bytes, now, &mut context)
        };
        bytes.zeroize();
        match action {
            Action::Continue => {}
            Action::Respond(response) => client.answer = Some((response, 0)),
            Action::Close => return true,
        }
        false
    }

    fn close_late(&mut self, now: Instant) {
        let context = Context {
            routes: &mut self.routes,
            counters: &self.counters,
            site: &self.site,
            emit: &mut |_| {},
        };
        self.clients
            .retain_mut(|client| !matches!(client.connection.tick(now, &context), Action::Close));
    }

    fn tell_idle(&mut self) {
        if self.idle_at != self.added && self.routes.is_empty() {
            self.idle_at = self.added;
            self.deaf |= !(self.report)(CallbackEvent::Idle { added: self.added });
        }
    }
}

/// One that is still there.
fn find(clients: &mut [Client], key: usize) -> Option<&mut Client> {
    clients.iter_mut().find(|client| client.key == key)
}

impl Client {
    /// Writes what the system takes; `true` when all of it is written and our side closed.
    fn write(&mut self, now: Instant) -> io::Result<bool> {
        let Some((response, done)) = &mut self.answer else {
            return Ok(true);
        };
        while let Some(rest) = response
            .bytes()
            .get(*done..)
            .filter(|rest| !rest.is_empty())
        {
            match self.stream.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(length) => *done += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.answer = None;
        self.connection.written(now);
        self.stream.shutdown(Shutdown::Write)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
