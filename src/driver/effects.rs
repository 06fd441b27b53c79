//! What the driver requests from the runtime: [`Effects`].

use std::sync::Arc;

use callback_listener::{OneTimeLink, PageUrl, ReturnToken};
use odnoklassniki::Signer;

use super::events::{Event, ListenerKind, PageNumber};
use super::listeners::CallbackCommand;
use super::sign::UnsignedPage;
use crate::request::{Finished, NoticeKind, RequestId, RequestNotice, RequestOpened};
use crate::session::{SessionChanged, StoreJob};

/// What follows from an event. `Runtime::execute` carries it out, field by field in this order.
#[derive(Default)]
pub(crate) struct Effects {
    /// Changes of the callback tables.
    pub(crate) callbacks: Vec<CallbackCommand>,
    /// Pages to open.
    pub(crate) open: Vec<OpenJob>,
    /// Pages for the game's backend to sign.
    pub(crate) sign: Vec<SignJob>,
    /// Links for which the player is asked to click, because the browser blocked the window.
    pub(crate) prompts: Vec<(RequestId, PageNumber, OneTimeLink)>,
    /// Jobs for the session store.
    pub(crate) store: Vec<StoreJob>,
    /// Messages for the game.
    pub(crate) messages: Vec<Outgoing>,
    /// Whether the page host learns that the player has logged out. After the messages, so that all
    /// pages are over.
    pub(crate) logs_out: bool,
    /// Further events.
    pub(crate) events: Vec<Event>,
}

/// A page to open, on a thread of its own.
pub(crate) struct OpenJob {
    pub(crate) id: RequestId,
    pub(crate) number: PageNumber,
    pub(crate) way: OpenWay,
    /// The listener of its callback.
    pub(crate) listener: ListenerKind,
}

/// How a page is opened.
pub(crate) enum OpenWay {
    /// An opener opens this link.
    Link(OneTimeLink),
    /// The game's page host shows this URL, and recognizes the return by the token.
    Host(Arc<PageUrl>, ReturnToken),
}

/// A page for the game's backend to sign, on a thread of its own.
pub(crate) struct SignJob {
    pub(crate) id: RequestId,
    pub(crate) page: UnsignedPage,
    pub(crate) signer: Arc<Signer>,
}

/// A message for the game.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Opened(RequestOpened),
    Notice(RequestNotice),
    Finished(Finished),
    Session(SessionChanged),
}

impl Effects {
    /// Returns whether the event changed nothing outside of the driver.
    pub(super) fn is_empty(&self) -> bool {
        self.callbacks.is_empty()
            && self.sign.is_empty()
            && self.open.is_empty()
            && self.prompts.is_empty()
            && self.store.is_empty()
            && self.messages.is_empty()
            && !self.logs_out
            && self.events.is_empty()
    }

    pub(super) fn opened(&mut self, id: RequestId, link: Option<&OneTimeLink>) {
        let link = link.cloned();
        self.messages
            .push(Outgoing::Opened(RequestOpened { id, link }));
    }

    pub(super) fn notice(&mut self, id: RequestId, kind: NoticeKind) {
        self.messages
            .push(Outgoing::Notice(RequestNotice { id, kind }));
    }

    pub(super) fn session_changed(&mut self, changed: SessionChanged) {
        self.messages.push(Outgoing::Session(changed));
    }

    pub(super) fn finished(&mut self, finished: Finished) {
        self.messages.push(Outgoing::Finished(finished));
    }
}
