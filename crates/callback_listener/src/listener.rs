//! [`Listener`]: the same type with the same methods on every target.

use std::{fmt, sync::mpsc, time::Duration};

use zeroize::Zeroizing;

use crate::{
    TargetListener,
    command::Command,
    config::{ListenError, ListenerConfig, ListenerGone},
    link::OneTimeLink,
    page_url::PageUrl,
    return_links::ReturnLink,
    table::{CallbackEvent, PendingCallback, Receipt},
    time::Instant,
    token::{LinkToken, ReturnToken},
};

/// How long [`Listener::receive`] waits for the listener's thread.
const RECEIPT_TIME: Duration = Duration::from_secs(1);

/// Waits for callbacks, in the way of this target. Dropping it stops the waiting and frees its
/// resources; no event follows.
///
/// On a desktop it has a loopback port and one thread. Where there is no way yet, [`start`] fails
/// with [`ListenError::Unsupported`].
///
/// `Id` is how the owner names a request, `T` is what its parser makes of a callback.
///
/// [`start`]: Self::start
pub struct Listener<Id, T>(TargetListener<Id, T>);

impl<Id: Copy + Eq + Send + 'static, T: Send + 'static> Listener<Id, T> {
    /// Starts to listen.
    ///
    /// `notify` delivers one event and wakes the owner. It returns `false` if the
    /// receiver is gone, and the listener ends. It runs on the listener's thread, once per event,
    /// and before the browser gets the page that belongs to the event.
    ///
    /// # Errors
    ///
    /// Returns an error if no port can be bound, or if the system has no thread left.
    pub fn start(
        config: ListenerConfig,
        notify: impl FnMut(CallbackEvent<Id, T>) -> bool + Send + 'static,
    ) -> Result<Self, ListenError> {
        TargetListener::start(config, Box::new(notify)).map(Self)
    }

    /// Returns the URL to which the service must send the user back, with this token in it. Give
    /// it to no one but the service. With a [`service_origin`](ListenerConfig::service_origin) there
    /// is none, and this URL leads nowhere.
    #[must_use]
    pub fn return_url(&self, token: &ReturnToken) -> Zeroizing<String> {
        self.0.return_url(token)
    }

    /// Returns the registered redirect URI that is in use, with its port. The return token must go
    /// out as `state`. `None` if there are no redirect URIs in the [`ListenerConfig`].
    #[must_use]
    pub fn redirect_uri(&self) -> Option<&str> {
        self.0.redirect_uri()
    }

    /// Returns the link that leads once to the page of the request with this token.
    #[must_use]
    pub fn one_time_link(&self, token: &LinkToken) -> OneTimeLink {
        self.0.one_time_link(token)
    }

    /// Adds a request. Never blocks. Every connection that is made after this call finds it.
    ///
    /// # Errors
    /// [`ListenerGone`] if the listener has failed.
    pub fn add(&self, callback: PendingCallback<Id, T>) -> Result<(), ListenerGone> {
        self.0.send(Command::Add(callback))
    }

    /// Sets where the link of a request leads.
    pub fn set_page(&self, id: Id, page: PageUrl) {
        self.try_send(Command::SetPage(id, page));
    }

    /// Sets when a request expires. A callback that came before counts, also if the time is over
    /// already.
    pub fn set_deadline(&self, id: Id, deadline: Instant) {
        self.try_send(Command::SetDeadline(id, deadline));
    }

    /// Gives a request a new link; the one before is dead.
    pub fn renew_link(&self, id: Id, token: LinkToken) {
        self.try_send(Command::RenewLink(id, token));
    }

    /// Ends a request without an event and remembers it for `tombstone`: a late callback gets the
    /// "finished" page. With `keep_link` an unused link still leads on once.
    pub fn retire(&self, id: Id, tombstone: Duration, keep_link: bool) {
        self.try_send(Command::Retire {
            id,
            tombstone,
            keep_link,
        });
    }

    /// Ends the link of a request that was retired with `keep_link`.
    pub fn drop_link(&self, id: Id) {
        self.try_send(Command::DropLink(id));
    }

    /// Takes a callback that came to the program in another way: the same parser decides what it
    /// means. It counts before a deadline that has passed.
    pub fn deliver(&self, callback: ReturnLink) {
        self.try_send(Command::Deliver(callback, None));
    }

    /// Like [`deliver`](Self::deliver), and waits for what becomes of the callback, from any thread
    /// but the listener's own. The query comes first; the fragment counts if the query is no
    /// callback.
    ///
    /// Returns `None` if the listener does not respond within a second: the callback may still
    /// count. A listener that has failed knows no request.
    pub fn receive(&self, callback: ReturnLink) -> Option<Receipt> {
        let (sender, receipt) = mpsc::sync_channel(1);
        match self.0.send(Command::Deliver(callback, Some(sender))) {
            Err(ListenerGone) => Some(Receipt::Unknown),
            Ok(()) => match receipt.recv_timeout(RECEIPT_TIME) {
                Ok(receipt) => Some(receipt),
                // The thread has ended, and its commands with it.
                Err(mpsc::RecvTimeoutError::Disconnected) => Some(Receipt::Unknown),
                Err(mpsc::RecvTimeoutError::Timeout) => None,
            },
        }
    }

    /// Stops without waiting for the thread, for owners that must not wait. Dropping waits for up
    /// to 200 ms.
    pub fn stop(self) {
        self.0.stop();
    }

    fn try_send(&self, command: Command<Id, T>) {
        // If the listener has failed, its `Lost` event says so.
        let _ = self.0.send(command);
    }
}

impl<Id, T> fmt::Debug for Listener<Id, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}
