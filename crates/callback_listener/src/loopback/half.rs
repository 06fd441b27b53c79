//! The owner's end of the listener thread.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use mio::Waker;
use zeroize::Zeroizing;

use super::{
    bind::{self, BoundAddress},
    handler::Handler,
    reactor::{Order, Reactor},
};
use crate::{
    command::Command,
    config::{ListenError, ListenerConfig, ListenerGone},
    link::{OneTimeLink, join},
    table::CallbackEvent,
    token::{LinkToken, ReturnToken},
};

/// How long dropping a [`Half`] waits for its thread.
const STOP_TIME: Duration = Duration::from_millis(200);

/// A loopback port and its thread. Dropping it stops the thread and closes the port.
pub(crate) struct Half<Id, T> {
    address: BoundAddress,
    orders: Sender<Order<Id, T>>,
    waker: Arc<Waker>,
    /// Nothing is ever sent; it closes when the thread has ended. (Only the mutex makes it `Sync`.)
    ended: Mutex<Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

impl<Id: Copy + Eq + Send + 'static, T: Send + 'static> Half<Id, T> {
    /// Binds a redirect URI, or else a free port of `127.0.0.1` (`[::1]` only where that is
    /// missing), and starts the thread.
    pub(crate) fn start(
        config: ListenerConfig,
        notify: Box<dyn FnMut(CallbackEvent<Id, T>) -> bool + Send>,
    ) -> Result<Self, ListenError> {
        let (sockets, address) = match config.redirect_uris.as_slice() {
            [] => bind::bind_any()?,
            uris => bind::bind_first(uris)?,
        };
        let (sender, orders) = mpsc::channel();
        let handler = Handler::new(address.clone(), &config, notify);
        let reactor = Reactor::new(sockets, orders, handler).map_err(ListenError::Poll)?;
        let waker = reactor.waker();

        let (alive, ended) = mpsc::sync_channel(0);
        let run = move || {
            let _alive: mpsc::SyncSender<()> = alive;
            run(reactor, config.log_target);
        };
        let thread = thread::Builder::new()
            .name(config.thread_name.to_owned())
            .spawn(run)
            .map_err(ListenError::Thread)?;
        Ok(Self {
            address,
            orders: sender,
            waker,
            ended: Mutex::new(ended),
            thread: Some(thread),
        })
    }

    pub(crate) fn return_url(&self, token: &ReturnToken) -> Zeroizing<String> {
        join(&self.address.origin, "/r/", token.expose())
    }

    pub(crate) fn redirect_uri(&self) -> Option<&str> {
        self.address.redirect_uri.as_deref()
    }

    pub(crate) fn one_time_link(&self, token: &LinkToken) -> OneTimeLink {
        OneTimeLink::new(&self.address.origin, token)
    }

    pub(crate) fn send(&self, command: Command<Id, T>) -> Result<(), ListenerGone> {
        self.order(Order::Command(command))
    }

    pub(crate) fn stop(mut self) {
        let _ = self.order(Order::Stop);
        self.thread = None;
    }
}

impl<Id, T> Half<Id, T> {
    fn order(&self, order: Order<Id, T>) -> Result<(), ListenerGone> {
        self.orders.send(order).map_err(|_| ListenerGone)?;
        self.waker.wake().map_err(|_| ListenerGone)
    }
}

impl<Id, T> Drop for Half<Id, T> {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        let _ = self.order(Order::Stop);
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Bounded: a thread that hangs in the owner's `notify` must not hang the end of the
        // program.
        if ended.recv_timeout(STOP_TIME) == Err(RecvTimeoutError::Disconnected) {
            let _ = thread.join();
        }
    }
}

/// Runs the reactor and notifies the owner of how it ended, also after a panic.
fn run<Id: Copy + Eq, T>(mut reactor: Reactor<Id, T>, log_target: &'static str) {
    let outcome = catch_unwind(AssertUnwindSafe(|| reactor.run()));
    let why = match outcome {
        Ok(Ok(())) => return,
        Ok(Err(error)) => format!("polling failed: {error}"),
        Err(_) => "the listener thread panicked".to_owned(),
    };
    log::error!(target: log_target, "callback listener lost: {why}");
    // The owner's `notify` may be what panicked.
    let _ = catch_unwind(AssertUnwindSafe(|| reactor.notify_lost(why)));
}
