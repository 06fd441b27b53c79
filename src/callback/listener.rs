//! The owner's handle of the listener thread.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{Builder, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use mio::{Waker, net::TcpListener};

use super::{
    counters::CallbackCounters,
    reactor::{self, Command, Reactor},
    routes::{CallbackEvent, Route, RouteId},
    token::{StartToken, Target},
};

/// How long dropping a [`Listener`] waits for its thread.
const STOP_TIME: Duration = Duration::from_millis(200);

/// Why no listener could be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// No port on the loopback address.
    #[error("no port on the loopback address: {0}")]
    Bind(#[source] io::Error),
    /// The system has no poll queue left.
    #[error("no poll queue: {0}")]
    Poll(#[source] io::Error),
    /// The system has no thread left.
    #[error("no thread: {0}")]
    Thread(#[source] io::Error),
}

/// The listener's thread has ended; its `Lost` event says why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the callback listener has stopped")]
pub(crate) struct ListenerGone;

/// Delivers one event to the owner and wakes it; `false` if nobody hears any more.
pub(super) type Report<A> = Box<dyn Fn(CallbackEvent<A>) -> bool + Send>;

/// A listener on a loopback port of its own, with one thread. Dropping it stops the thread and
/// closes the port; no event is promised after that.
pub(crate) struct Listener<A> {
    origin: String,
    commands: Sender<Command<A>>,
    waker: Arc<Waker>,
    /// Nothing is ever sent; it closes when the thread has ended.
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl<A: Send + 'static> Listener<A> {
    /// Binds a free port of `127.0.0.1` (`[::1]` only where that is missing) and starts the thread.
    /// What comes in is counted in `counters`.
    ///
    /// `report` delivers one event and wakes its owner; it returns `false` if nobody hears any more, and the thread
    /// ends. It is called on the listener's thread, once per event, and before the page that belongs to the event is
    /// written to the browser.
    ///
    /// # Errors
    /// [`ListenError`] says which resource of the system was missing.
    pub(crate) fn start(
        report: impl Fn(CallbackEvent<A>) -> bool + Send + 'static,
        counters: Arc<CallbackCounters>,
    ) -> Result<Self, ListenError> {
        let socket = bind().map_err(ListenError::Bind)?;
        let host = socket.local_addr().map_err(ListenError::Bind)?.to_string();
        let (commands, orders) = crossbeam_channel::unbounded();
        let reactor =
            Reactor::new(socket, host.clone(), orders, Box::new(report), counters).map_err(ListenError::Poll)?;
        let waker = reactor.waker();

        let (alive, ended) = crossbeam_channel::bounded(0);
        let thread = Builder::new()
            .name("ok-callback".into())
            .spawn(move || {
                let _alive = alive;
                run(reactor);
            })
            .map_err(ListenError::Thread)?;
        Ok(Self { origin: format!("http://{host}"), commands, waker, ended, thread: Some(thread) })
    }

    /// The bound address: `http://127.0.0.1:49152`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Takes a request in. Never blocks. The route is known before any connection that is made after
    /// this call is answered.
    ///
    /// # Errors
    /// [`ListenerGone`] if the thread has ended.
    pub(crate) fn add(&self, route: Route<A>) -> Result<(), ListenerGone> {
        self.command(Command::Add(route))
    }

    /// Says where the link of a request leads.
    pub(crate) fn set_target(&self, id: RouteId, target: Target) {
        // If the thread has ended its `Lost` event says so; here and below.
        let _ = self.command(Command::SetTarget(id, target));
    }

    /// Makes a new link for a request; the one before is dead.
    pub(crate) fn renew_start(&self, id: RouteId, start: StartToken) {
        let _ = self.command(Command::RenewStart(id, start));
    }

    /// Ends a request without an event, and remembers it for `tombstone`: a late answer gets the
    /// "finished" page. With `keep_link` a link that was not used yet still leads on once.
    pub(crate) fn retire(&self, id: RouteId, tombstone: Duration, keep_link: bool) {
        let _ = self.command(Command::Retire(id, tombstone, keep_link));
    }

    /// Lets the deadline of a request pass now. It ends as it would at its time: an answer that came before counts.
    #[cfg(feature = "sandbox")]
    pub(crate) fn pass_deadline(&self, id: RouteId) {
        let _ = self.command(Command::PassDeadline(id));
    }

    /// Stops the thread without waiting for it, for owners that must not wait: a frame of the game.
    pub(crate) fn stop(mut self) {
        let _ = self.command(Command::Stop);
        self.thread = None;
    }

    fn command(&self, command: Command<A>) -> Result<(), ListenerGone> {
        self.commands.send(command).map_err(|_| ListenerGone)?;
        self.waker.wake().map_err(|_| ListenerGone)
    }
}

impl<A> Drop for Listener<A> {
    fn drop(&mut self) {
        if self.thread.is_none() {
            return;
        }
        let _ = self.commands.send(Command::Stop);
        let _ = self.waker.wake();
        // Bounded: a thread that hangs in the owner's `report` must not hang the end of the game.
        if self.ended.recv_timeout(STOP_TIME) == Err(RecvTimeoutError::Disconnected)
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// The thread: runs the reactor and reports how it ended, also after a panic.
fn run<A>(mut reactor: Reactor<A>) {
    let outcome = catch_unwind(AssertUnwindSafe(|| reactor.run()));
    let why = match outcome {
        Ok(Ok(())) => return,
        Ok(Err(error)) => format!("polling failed: {error}"),
        Err(_) => "the listener thread panicked".to_owned(),
    };
    log::error!(target: reactor::LOG, "callback listener lost: {why}");
    // The owner's `report` may be what panicked.
    let _ = catch_unwind(AssertUnwindSafe(|| reactor.report_lost(why)));
}

fn bind() -> io::Result<TcpListener> {
    let v4 = match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))) {
        Ok(socket) => return Ok(socket),
        Err(error) => error,
    };
    // These say that the address is there but cannot be had; all else counts as "no IPv4 here".
    if matches!(v4.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) {
        return Err(v4);
    }
    TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, 0))).map_err(|_| v4)
}
