//! What the driver keeps of a pending request.

use std::sync::Arc;

use bevy_platform::time::Instant;
use callback_listener::OneTimeLink;
use odnoklassniki::{Signature, Signer};

use super::events::ListenerKind;
use super::sign::UnsignedPage;
use super::state::{Record, Table};
use crate::error::RequestError;
use crate::opener::OpenError;
use crate::request::callback::ReceivedCallback;
use crate::request::submission::{Payload, Submission};
use crate::request::{CancelledBy, Ending, PendingRequest, RequestId};

pub(super) type Requests = Table<Pending, Box<UnsignedPage>>;
pub(super) type PendingRecord = Record<Pending, Box<UnsignedPage>>;

/// Why a request is over.
#[derive(Debug)]
pub(super) enum End {
    Callback(ReceivedCallback),
    CannotOpen(OpenError),
    Cancelled(CancelledBy),
    TimedOut,
    Failed(RequestError),
}

/// Everything about one pending request, but for its state.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) submission: Submission,
    pub(super) link: OneTimeLink,
    pub(super) began: Instant,
    /// When its page was last handed to the opener.
    pub(super) opened: Instant,
    /// When it was last opened again, unless that failed.
    pub(super) reopened: Option<Instant>,
    pub(super) deadline: Instant,
    /// Which session a widget was sent in: `OkSession::serial`.
    pub(super) session: u64,
    /// What signs a widget; none while it waits for a session.
    pub(super) signer: Option<Arc<Signer>>,
    /// The signature of a widget's URL.
    pub(super) signature: Option<Signature>,
    /// Where a login comes back to.
    pub(super) redirect_uri: String,
    /// Later logins that end like this one.
    pub(super) joined: Vec<RequestId>,
}

impl Pending {
    /// Begins with a request that is not signed, and has opened nothing.
    pub(super) fn new(
        submission: Submission,
        link: OneTimeLink,
        now: Instant,
        deadline: Instant,
    ) -> Self {
        Self {
            submission,
            link,
            began: now,
            opened: now,
            reopened: None,
            deadline,
            session: 0,
            signer: None,
            signature: None,
            redirect_uri: String::new(),
            joined: Vec::new(),
        }
    }

    /// Returns its own id, and those of the logins that have joined it.
    pub(super) fn ids(&self) -> impl Iterator<Item = RequestId> {
        std::iter::once(self.submission.id).chain(self.joined.iter().copied())
    }

    pub(super) fn is_login(&self) -> bool {
        matches!(self.submission.payload, Payload::Login(_))
    }

    /// Returns the listener that its callback comes to.
    pub(super) fn listener(&self) -> ListenerKind {
        if self.is_login() {
            ListenerKind::Login
        } else {
            ListenerKind::Widgets
        }
    }

    /// Returns whether `st.state` is the game's own; the plugin's is not handed to the game.
    pub(super) fn has_own_state(&self) -> bool {
        match &self.submission.payload {
            Payload::Widget(widget) => widget.parameters.get("st.state").is_some(),
            Payload::Login(_) => false,
        }
    }
}

impl Pending {
    /// Returns the ending that all kinds share.
    pub(super) fn ending(&self, end: End) -> Ending {
        match end {
            End::Callback(_) => Ending::Failed(RequestError::callback_of_another_kind()),
            End::Cancelled(by) => Ending::Cancelled(by),
            End::TimedOut => Ending::TimedOut,
            End::Failed(error) => Ending::Failed(error),
            End::CannotOpen(error) => {
                Ending::Failed(RequestError::cannot_open(&error, self.link.clone()))
            }
        }
    }
}

impl PendingRecord {
    /// Returns what a game can look up about it.
    pub(super) fn view(&self) -> PendingRequest {
        let body = &self.body;
        PendingRequest {
            id: self.id(),
            kind: body.submission.kind,
            link: body.link.clone(),
            waits_for_login: self.waits_for_session(),
            opened: self.was_opened(),
            began: body.began,
            deadline: body.deadline,
            joined: body.joined.clone(),
        }
    }
}

impl Requests {
    /// Returns the pending login.
    pub(super) fn login(&self) -> Option<RequestId> {
        self.find(|record| record.body.is_login())
    }

    /// Returns the pending request with this id; for a login that has joined another, that one.
    pub(super) fn resolve(&self, id: RequestId) -> Option<RequestId> {
        self.find(|record| record.body.ids().any(|own| own == id))
    }
}
