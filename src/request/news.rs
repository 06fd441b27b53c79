//! What other threads tell the app: one channel, and a wake after each message.

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};

use super::RequestId;
use super::grade::Answered;
use super::sign::Signed;
use crate::callback::CallbackEvent;
use crate::error::RequestError;
use crate::opener::{OneTimeLink, OpenError};
use crate::session::StoreEvent;
use crate::wake::AppWaker;

/// News that may wait for a frame. Eight requests cause far fewer.
const WAITING: usize = 1024;

/// Something that happened off the frame. One channel carries all of it, so that it is handled in
/// the order in which it happened: an opener that fails after its page was answered must not end
/// the request.
pub(crate) enum News {
    /// From a listener; `generation` tells it from an earlier one.
    Callback {
        generation: u64,
        event: CallbackEvent<Answered>,
    },
    /// An opener has returned.
    Opened {
        id: RequestId,
        link: OneTimeLink,
        result: Result<(), OpenError>,
    },
    /// The store has found a session, or failed.
    StoreEvent(StoreEvent),
    /// It has done neither for a long time.
    StoreIsSlow,
    /// A backend has signed, or not.
    Signed {
        id: RequestId,
        result: Result<Signed, RequestError>,
    },
}

/// Both ends of the channel.
pub(crate) struct Inbox {
    sender: Sender<News>,
    receiver: Receiver<News>,
}

/// The end for other threads.
#[derive(Clone)]
pub(crate) struct Reporter {
    sender: Sender<News>,
    wake: AppWaker,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = bounded(WAITING);
        Self { sender, receiver }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.receiver.is_empty()
    }

    pub(crate) fn take(&self) -> Result<News, TryRecvError> {
        self.receiver.try_recv()
    }

    pub(crate) fn reporter(&self, wake: AppWaker) -> Reporter {
        Reporter {
            sender: self.sender.clone(),
            wake,
        }
    }
}

impl Reporter {
    /// Delivers, and then wakes: the other way round the app could look before anything is there,
    /// and sleep on. `false` if the app is gone.
    pub(crate) fn report(&self, news: News) -> bool {
        let heard = self.sender.send(news).is_ok();
        if heard {
            self.wake.wake();
        }
        heard
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn news_can_be_read_when_the_app_is_woken() {
        let inbox = Arc::new(Inbox::new());
        let seen = Arc::new(AtomicUsize::new(0));
        let (looked_into, counted) = (Arc::clone(&inbox), Arc::clone(&seen));
        let reporter = inbox.reporter(AppWaker::new(move || {
            assert!(!looked_into.is_empty(), "woken before anything was there");
            counted.fetch_add(1, Ordering::SeqCst);
        }));
        let id = RequestId::from_raw(1);
        for _ in 0..3 {
            assert!(reporter.report(News::Signed {
                id,
                result: Err(RequestError::already_pending(id))
            }));
        }
        assert_eq!(seen.load(Ordering::SeqCst), 3, "one wake for each");
    }
}
