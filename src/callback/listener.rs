//! The owner's handle of the listener thread.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use mio::Waker;

use super::{
    counters::{CallbackCounters, LOG},
    reactor::{Command, Reactor},
    routes::{CallbackEvent, Report, Route, RouteId},
    site::{self, ListenError, Redirect, Site},
    token::{StartToken, Target},
};

/// How long dropping a [`Listener`] waits for its thread.
const STOP_TIME: Duration = Duration::from_millis(200);

/// The listener's thread has ended; its `Lost` event says why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the callback listener has stopped")]
pub(crate) struct ListenerGone;

/// A listener on a loopback port of its own, with one thread. Dropping it stops the thread and
/// closes the port; no event is promised after that.
pub(crate) struct Listener<A> {
    site: Arc<Site>,
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
    /// `report` delivers one event and wakes its owner; it returns `false` if nobody hears any
    /// more, and the thread ends. It is called on the listener's thread, once per event, and before
    /// the page that belongs to the event is written to the browser.
    ///
    /// # Errors
    /// [`ListenError`] says which resource of the system was missing.
    pub(crate) fn start(
        report: impl Fn(CallbackEvent<A>) -> bool + Send + 'static,
        counters: Arc<CallbackCounters>,
    ) -> Result<Self, ListenError> {
        Self::run(site::bind_any()?, Box::new(report), counters)
    }

    /// The same on the first of these redirect addresses whose port can be had.
    ///
    /// # Errors
    /// [`ListenError::Ports`] names the ports if all of them are busy.
    pub(crate) fn start_at(
        redirects: &[Redirect],
        report: impl Fn(CallbackEvent<A>) -> bool + Send + 'static,
        counters: Arc<CallbackCounters>,
    ) -> Result<Self, ListenError> {
        Self::run(site::bind_first(redirects)?, Box::new(report), counters)
    }

    fn run(
        (sockets, site): (Vec<mio::net::TcpListener>, Site),
        report: Report<A>,
        counters: Arc<CallbackCounters>,
    ) -> Result<Self, ListenError> {
        let site = Arc::new(site);
        let (commands, orders) = crossbeam_channel::unbounded();
        let reactor = Reactor::new(sockets, Arc::clone(&site), orders, report, counters)
            .map_err(ListenError::Poll)?;
        let waker = reactor.waker();

        let (alive, ended) = crossbeam_channel::bounded(0);
        let name = if site.redirect_uri.is_some() {
            "ok-login"
        } else {
            "ok-callback"
        };
        let serve = move || {
            let _alive = alive;
            run(reactor);
        };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(serve)
            .map_err(ListenError::Thread)?;
        Ok(Self {
            site,
            commands,
            waker,
            ended,
            thread: Some(thread),
        })
    }

    /// What it answers to.
    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// Takes a request in. Never blocks. The route is known before any connection that is made
    /// after this call is answered.
    ///
    /// # Errors
    /// [`ListenerGone`] if the thread has ended.
    pub(crate) fn add(&self, route: Route<A>) -> Result<(), ListenerGone> {
        self.command(Command::Add(route))
    }

    /// Says where the link of a request leads, and when it expires now.
    pub(crate) fn set_target(&self, id: RouteId, target: Target, deadline: Instant) {
        // If the thread has ended its `Lost` event says so; here and below.
        let _ = self.command(Command::SetTarget(id, target, deadline));
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

    /// Lets the deadline of a request pass now. It ends as it would at its time: an answer that
    /// came before counts.
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
    log::error!(target: LOG, "callback listener lost: {why}");
    // The owner's `report` may be what panicked.
    let _ = catch_unwind(AssertUnwindSafe(|| reactor.report_lost(why)));
}
