//! The driver's input: [`Event`], and the queue in which other threads put it.

use core::fmt;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::record::Resumed;
use super::sign::SignedPage;
use crate::error::RequestError;
use crate::opener::PageEvent;
use crate::request::callback::ReceivedCallback;
use crate::request::submission::Submission;
use crate::request::{LoggedIn, NoticeKind, Outcome, RequestId};
use crate::session::{SessionChange, StoreEvent};
use crate::wake::AppWaker;

/// Something that has happened. The driver handles events one by one.
#[derive(Debug)]
pub(crate) enum Event {
    // From the game.
    Submitted(Box<Submission>),
    /// The game cancelled the request in the frame in which it wrote it, or the app exits.
    CancelledBeforeSend(Box<Submission>),
    CancelRequested(RequestId),
    ReopenRequested(RequestId),
    LogoutRequested,

    // From a listener.
    Visited(RequestId),
    CallbackReceived(RequestId, ReceivedCallback),
    TimedOut(RequestId),
    Noticed(RequestId, NoticeKind),
    /// The listener is idle, unless it has received more than `added` callbacks.
    ListenerIdle {
        listener: ListenerId,
        added: u64,
    },
    ListenerLost(ListenerId, String),

    // From other threads.
    /// Something happened to the page of this request that was opened as the nth.
    Page(RequestId, PageNumber, PageEvent),
    Signed(RequestId, Result<SignedPage, RequestError>),
    /// The session of an earlier run can be loaded.
    FirstFrame,
    /// These requests of an earlier run go on.
    Resumed(Box<Resumed>),
    Store(StoreEvent),
    StoreTimedOut,
    /// The store has the pending requests, or has failed.
    PendingStored,

    // From other events.
    SessionChanged(SessionChange),
    /// Requests may wait for a login that has not started.
    LoginMayBeNeeded,
    /// No session will come for the requests that wait for one. They end with this outcome.
    SessionWaitEnded(Outcome<LoggedIn>),
}

/// Tells the openings of a request's page apart.
pub(crate) type PageNumber = u32;

/// One of the three listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListenerKind {
    /// On a free port, for the widgets.
    Widgets,
    /// On the login's registered redirect URI.
    Login,
    /// For all callbacks that come as links, from a page host or by deep links.
    Links,
}

impl ListenerKind {
    pub(crate) const ALL: [Self; 3] = [Self::Widgets, Self::Login, Self::Links];
}

/// One listener: `generation` distinguishes it from earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListenerId {
    pub(crate) kind: ListenerKind,
    pub(crate) generation: u64,
}

/// The events that the driver has not handled yet. All threads use one queue, so that the driver
/// handles events in order: an opener that fails after its page's callback ends nothing.
///
/// The queue has no limit, because a request causes only a few events.
#[derive(Default)]
pub(crate) struct EventQueue(Arc<Mutex<VecDeque<Event>>>);

/// Puts events into the queue, from other threads, and wakes the app.
#[derive(Clone)]
pub(crate) struct EventSender {
    queue: Weak<Mutex<VecDeque<Event>>>,
    wake: AppWaker,
}

/// Shows the event's request and what happened, for the log. It contains no secret.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Submitted(request) => write!(f, "{}: submitted, {:?}", request.id, request.kind),
            Self::CancelledBeforeSend(request) => {
                write!(f, "{}: cancelled before it was sent", request.id)
            }
            Self::CancelRequested(id) => write!(f, "{id}: cancel requested"),
            Self::ReopenRequested(id) => write!(f, "{id}: reopen requested"),
            Self::LogoutRequested => f.write_str("logout requested"),
            Self::Visited(id) => write!(f, "{id}: link visited"),
            Self::CallbackReceived(id, _) => write!(f, "{id}: callback received"),
            Self::TimedOut(id) => write!(f, "{id}: timed out"),
            Self::Noticed(id, NoticeKind::LinkUsedAgain) => write!(f, "{id}: link used again"),
            Self::Noticed(id, NoticeKind::UnexpectedCallback) => {
                write!(f, "{id}: unexpected callback")
            }
            Self::Noticed(id, NoticeKind::CannotReopen) => write!(f, "{id}: cannot reopen"),
            Self::Noticed(id, NoticeKind::BrowserInstead) => write!(f, "{id}: browser instead"),
            Self::Noticed(id, NoticeKind::PopupBlocked) => write!(f, "{id}: window blocked"),
            Self::Noticed(id, NoticeKind::WindowClosed) => write!(f, "{id}: window closed"),
            Self::ListenerIdle { .. } => f.write_str("listener idle"),
            Self::ListenerLost(_, why) => write!(f, "listener lost: {why}"),
            Self::Page(id, _, PageEvent::Opened) => write!(f, "{id}: page handed to the opener"),
            Self::Page(id, _, PageEvent::CannotOpen(_)) => {
                write!(f, "{id}: page could not be opened")
            }
            Self::Page(id, _, PageEvent::Closed) => write!(f, "{id}: page closed by the player"),
            Self::Page(id, _, PageEvent::ReturnPageMissing) => write!(f, "{id}: no return page"),
            Self::Page(id, _, PageEvent::WindowWanted) => write!(f, "{id}: window wanted"),
            Self::Page(id, _, PageEvent::Lost(_)) => write!(f, "{id}: page lost"),
            Self::Page(id, _, PageEvent::Cancelled) => write!(f, "{id}: cancelled by the player"),
            Self::Signed(id, Ok(_)) => write!(f, "{id}: signed by the backend"),
            Self::Signed(id, Err(_)) => write!(f, "{id}: not signed by the backend"),
            Self::FirstFrame => f.write_str("first frame"),
            Self::Resumed(resumed) => write!(f, "{} requests resumed", resumed.requests.len()),
            Self::Store(StoreEvent::Loaded(Ok(Some(_)))) => f.write_str("session loaded"),
            Self::Store(StoreEvent::Loaded(Ok(None))) => f.write_str("no session stored"),
            Self::Store(StoreEvent::Loaded(Err(_)) | StoreEvent::Failed(_)) => {
                f.write_str("session store failed")
            }
            Self::PendingStored => f.write_str("pending requests stored"),
            Self::StoreTimedOut => f.write_str("session store is slow"),
            Self::SessionChanged(change) => f.write_str(change.name()),
            Self::LoginMayBeNeeded => f.write_str("login may be needed"),
            Self::SessionWaitEnded(outcome) => {
                write!(
                    f,
                    "no session for waiting requests: login {}",
                    outcome.name()
                )
            }
        }
    }
}

impl EventQueue {
    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }

    /// Takes the oldest event.
    pub(crate) fn take(&self) -> Option<Event> {
        lock(&self.0).pop_front()
    }

    pub(crate) fn sender(&self, wake: AppWaker) -> EventSender {
        let queue = Arc::downgrade(&self.0);
        EventSender { queue, wake }
    }
}

impl EventSender {
    /// Sends an event, and then wakes the app: in the other order the app could find an empty queue
    /// and sleep on. Returns `false` if the app is gone.
    pub(crate) fn send(&self, event: Event) -> bool {
        let queue = self.queue.upgrade();
        if let Some(queue) = &queue {
            lock(queue).push_back(event);
            self.wake.wake();
        }
        queue.is_some()
    }
}

fn lock(queue: &Mutex<VecDeque<Event>>) -> MutexGuard<'_, VecDeque<Event>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn an_event_can_be_read_when_the_app_is_woken() {
        let events = Arc::new(EventQueue::default());
        let seen = Arc::new(AtomicUsize::new(0));
        let (in_wake, counted) = (Arc::clone(&events), Arc::clone(&seen));
        let sender = events.sender(AppWaker::new(move || {
            assert!(
                !in_wake.is_empty(),
                "woken before the event was in the queue"
            );
            counted.fetch_add(1, Ordering::SeqCst);
        }));
        for _ in 0..3 {
            assert!(sender.send(Event::StoreTimedOut));
        }
        assert_eq!(seen.load(Ordering::SeqCst), 3, "one wake for each");
    }
}
