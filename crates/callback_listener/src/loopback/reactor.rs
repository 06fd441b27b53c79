//! The one thread of the listener: sockets, clients and deadlines. [`Handler`] decides about all
//! requests.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::Shutdown,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use mio::{
    Events, Interest, Poll, Token, Waker,
    net::{TcpListener, TcpStream},
};
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    connection::{Action, Connection},
    handler::Handler,
    response::Response,
};
use crate::{
    command::{Command, CommandQueue},
    counters::RefusedCallback,
    table::CallbackEvent,
};

/// Connections at the same time.
const MAX_CLIENTS: usize = 64;
/// Bytes read at once, and how often in a row: no client keeps the thread to itself.
const READ_SIZE: usize = 16 * 1024;
const MAX_READS: usize = 4;
/// First and longest pause after a failed accept.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

const WAKE: Token = Token(0);
const ACCEPT: Token = Token(1);
const FIRST_CLIENT: usize = 2;

struct Client {
    /// Its token, which no other client ever has.
    key: usize,
    stream: TcpStream,
    /// Whether the socket has something to do.
    is_ready: bool,
    connection: Connection,
    /// The response, and how much of it is written.
    response: Option<(Response, usize)>,
}

pub(super) struct Reactor<Id, T> {
    poll: Poll,
    waker: Arc<Waker>,
    /// One, or two for a name that both families have.
    sockets: Vec<TcpListener>,
    commands: Arc<CommandQueue<Id, T>>,
    handler: Handler<Id, T>,
    /// The oldest first.
    clients: Vec<Client>,
    next_client: usize,
    accept: Accept,
    accept_warned: bool,
    buffer: Zeroizing<Vec<u8>>,
    /// How many callbacks were ever added, and how many of them the last `Idle` knew.
    added: u64,
    idle_at: u64,
    /// The owner has asked the thread to stop.
    stop: bool,
}

#[derive(Clone, Copy)]
enum Accept {
    /// Wait for the next event of the socket.
    Wait,
    Ready,
    /// After an error: try again at this time, then with this pause.
    Pause(Instant, Duration),
}

impl<Id: Copy + Eq, T> Reactor<Id, T> {
    pub(super) fn new(mut sockets: Vec<TcpListener>, handler: Handler<Id, T>) -> io::Result<Self> {
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
            commands: Arc::default(),
            handler,
            clients: Vec::new(),
            next_client: FIRST_CLIENT,
            accept: Accept::Wait,
            accept_warned: false,
            buffer: Zeroizing::new(vec![0; READ_SIZE]),
            added: 0,
            idle_at: 0,
            stop: false,
        })
    }

    /// Returns the queue for the owner's commands.
    pub(super) fn commands(&self) -> Weak<CommandQueue<Id, T>> {
        Arc::downgrade(&self.commands)
    }

    pub(super) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    /// Notifies the owner of why the thread ends.
    pub(super) fn notify_lost(&mut self, why: String) {
        self.handler.notify(CallbackEvent::Lost(why));
    }

    /// Serves until it is stopped or the receiver of the events is gone.
    ///
    /// # Errors
    /// When polling fails for good.
    pub(super) fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(2 * MAX_CLIENTS);
        loop {
            let asked = Instant::now();
            match self.poll.poll(&mut events, self.timeout(asked)) {
                // Treated as if the process had been stopped.
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            }
            // Read the clock after every wake, because the machine may have slept meanwhile.
            let now = Instant::now();
            self.run_commands(now);
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
                self.service(key, now);
            }
            // Everything that arrived before `asked` is read. The process may have stood still
            // since then, and a callback that came meanwhile must be seen before its deadline is.
            self.close_late(asked);
            self.handler.expire(asked);
            self.notify_idle();
            if self.stop || self.handler.is_receiver_gone() {
                // The owner may stop at the event of a callback, whose page comes after it.
                for client in &mut self.clients {
                    let _ = client.write(now);
                }
                return Ok(());
            }
        }
    }

    /// Returns how long there is nothing to do but wait for sockets; `None` if
    /// only a socket or a command ends the wait.
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
            .chain(self.handler.next_deadline())
            .min()?;
        Some(nearest.saturating_duration_since(now))
    }

    /// Carries out the owner's commands.
    fn run_commands(&mut self, now: Instant) {
        for command in self.commands.take() {
            let table = self.handler.table();
            match command {
                Command::Add(callback) => {
                    table.add(callback);
                    self.added += 1;
                }
                Command::SetPage(id, page) => table.set_page(id, page),
                Command::SetDeadline(id, deadline) => {
                    table.set_deadline(id, deadline);
                }
                Command::RenewLink(id, token) => table.renew_link(id, token),
                Command::Retire {
                    id,
                    tombstone,
                    keep_link,
                } => table.retire(id, now, tombstone, keep_link),
                Command::DropLink(id) => table.drop_link(id),
                Command::Deliver(callback, reply) => {
                    let receipt = self.handler.deliver(&callback, now);
                    if let Some(reply) = reply {
                        let _ = reply.try_send(receipt);
                    }
                }
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
                        log::warn!(target: self.handler.log_target, "callback listener cannot accept: {error}");
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

    /// Accepts the connections that wait at one socket. Returns whether there are no more.
    fn accept_from(&mut self, socket: usize, now: Instant) -> io::Result<bool> {
        for _ in 0..MAX_CLIENTS {
            let Some(socket) = self.sockets.get(socket) else {
                return Ok(true);
            };
            match socket.accept() {
                Ok((stream, _)) => self.accept_client(stream, now),
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

    fn accept_client(&mut self, mut stream: TcpStream, now: Instant) {
        self.handler.counters.count_connection();
        if self.clients.len() >= MAX_CLIENTS {
            self.evict_client();
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
        // Without this the last part of a response can wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let client = Client {
            key,
            stream,
            is_ready: false,
            connection: Connection::new(now),
            response: None,
        };
        self.clients.push(client);
        // Its request is often there already: read it before the next client can evict it.
        self.service(key, now);
    }

    /// Closes the oldest client that has its response. If there is none, closes the oldest that has
    /// not finished its request: a browser sends it at once.
    fn evict_client(&mut self) {
        let oldest = |wanted: fn(&Connection) -> bool| {
            self.clients
                .iter()
                .position(|client| wanted(&client.connection))
        };
        let index = oldest(Connection::is_responded)
            .or_else(|| oldest(Connection::is_reading))
            .unwrap_or(0);
        if self.clients.remove(index).connection.is_reading() {
            self.handler.count(RefusedCallback::Evicted);
        }
    }

    /// Writes and reads for one client, until its socket has nothing more or others must come
    /// first.
    fn service(&mut self, key: usize, now: Instant) {
        for _ in 0..MAX_READS {
            let Some(client) = find(&mut self.clients, key) else {
                return;
            };
            let read = match client.write(now) {
                Ok(true) => client.stream.read(&mut self.buffer),
                Ok(false) => return,
                Err(error) => Err(error),
            };
            // First what the owner did before these bytes were sent: a link may be followed right
            // after it was made.
            self.run_commands(now);
            let is_over = match read {
                Ok(length) => self.feed(key, length, now),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => false,
                Err(_) => {
                    self.feed(key, 0, now);
                    true
                }
            };
            if is_over {
                self.clients.retain(|client| client.key != key);
                return;
            }
        }
        if let Some(client) = find(&mut self.clients, key) {
            client.is_ready = true;
        }
    }

    /// Passes what was read to the connection, 0 bytes being the end. Returns whether to close it.
    fn feed(&mut self, key: usize, length: usize, now: Instant) -> bool {
        let Some(client) = find(&mut self.clients, key) else {
            return true;
        };
        let bytes = self.buffer.get_mut(..length).unwrap_or_default();
        let action = if bytes.is_empty() {
            client.connection.end_of_input(&self.handler)
        } else {
            client.connection.read(bytes, now, &mut self.handler)
        };
        bytes.zeroize();
        match action {
            Action::Continue => {}
            Action::Respond(response) => client.response = Some((response, 0)),
            Action::Close => return true,
        }
        false
    }

    fn close_late(&mut self, now: Instant) {
        self.clients.retain_mut(|client| {
            !matches!(client.connection.tick(now, &self.handler), Action::Close)
        });
    }

    fn notify_idle(&mut self) {
        if self.idle_at != self.added && self.handler.table().is_empty() {
            self.idle_at = self.added;
            self.handler
                .notify(CallbackEvent::Idle { added: self.added });
        }
    }
}

/// Finds a client that is still there.
fn find(clients: &mut [Client], key: usize) -> Option<&mut Client> {
    clients.iter_mut().find(|client| client.key == key)
}

impl Client {
    /// Writes what the system takes. Returns whether all of it is written and our side closed.
    fn write(&mut self, now: Instant) -> io::Result<bool> {
        let Some((response, done)) = &mut self.response else {
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
        self.response = None;
        self.connection.written(now);
        self.stream.shutdown(Shutdown::Write)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
