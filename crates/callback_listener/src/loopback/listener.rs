//! What the owner of the listener thread holds.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use mio::Waker;
use zeroize::Zeroizing;

use super::{address::BoundAddress, bind, handler::Handler, reactor::Reactor};
use crate::{
    command::{Command, CommandQueue},
    config::{ListenError, ListenerConfig, ListenerGone},
    link::{OneTimeLink, join},
    return_links::ReturnLinks,
    table::CallbackEvent,
    token::{LinkToken, ReturnToken},
};

/// How long dropping a [`LoopbackListener`] waits for its thread.
const STOP_TIME: Duration = Duration::from_millis(200);

/// A loopback port, if the owner needs one, and its thread. Dropping it stops the thread and closes
/// the port.
pub(crate) struct LoopbackListener<Id, T> {
    address: BoundAddress,
    return_links: Option<ReturnLinks>,
    /// The thread has the queue; it is gone when the thread has ended.
    commands: Weak<CommandQueue<Id, T>>,
    waker: Arc<Waker>,
    /// Nothing is ever sent; it closes when the thread has ended. (Only the mutex makes it `Sync`.)
    ended: Mutex<Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

impl<Id: Copy + Eq + Send + 'static, T: Send + 'static> LoopbackListener<Id, T> {
    /// Binds a redirect URI, or else a free port of `127.0.0.1` (`[::1]` only where that is
    /// missing), unless the owner needs no port, and starts the thread.
    pub(crate) fn start(
        config: ListenerConfig,
        notify: Box<dyn FnMut(CallbackEvent<Id, T>) -> bool + Send>,
    ) -> Result<Self, ListenError> {
        let (sockets, address) = match (config.opens_port, config.redirect_uris.as_slice()) {
            (false, _) => (Vec::new(), BoundAddress::new(&[], None)),
            (true, uris) if config.return_links.is_none() && !uris.is_empty() => {
                bind::bind_first(uris)?
            }
            (true, _) => bind::bind_any()?,
        };
        let handler = Handler::new(address.clone(), &config, notify);
        let reactor = Reactor::new(sockets, handler).map_err(ListenError::Poll)?;
        let (commands, waker) = (reactor.commands(), reactor.waker());

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
            return_links: config.return_links,
            commands,
            waker,
            ended: Mutex::new(ended),
            thread: Some(thread),
        })
    }

    pub(crate) fn return_url(&self, token: &ReturnToken) -> Zeroizing<String> {
        match &self.return_links {
            Some(links) => links.return_url(token),
            None => join(&self.address.origin, "/r/", token.expose()),
        }
    }

    pub(crate) fn redirect_uri(&self) -> Option<&str> {
        match &self.return_links {
            Some(links) => Some(links.redirect_uri()),
            None => self.address.redirect_uri.as_deref(),
        }
    }

    pub(crate) fn one_time_link(&self, token: &LinkToken) -> OneTimeLink {
        OneTimeLink::new(&self.address.origin, token)
    }

    pub(crate) fn stop(mut self) {
        let _ = self.send(Command::Stop);
        self.thread = None;
    }
}

impl<Id, T> LoopbackListener<Id, T> {
    pub(crate) fn send(&self, command: Command<Id, T>) -> Result<(), ListenerGone> {
        self.commands.upgrade().ok_or(ListenerGone)?.push(command);
        self.waker.wake().map_err(|_| ListenerGone)
    }
}

impl<Id, T> Drop for LoopbackListener<Id, T> {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        let _ = self.send(Command::Stop);
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
