//! The driver's data about a pending request.

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

pub(super) type Requests = Table<RequestData, Box<UnsignedPage>>;
pub(super) type PendingRecord = Record<RequestData, Box<UnsignedPage>>;

/// Why a request is over.
#[derive(Debug)]
pub(super) enum EndReason {
    Callback(ReceivedCallback),
    CannotOpen(OpenError),
    Cancelled(CancelledBy),
    TimedOut,
    Failed(RequestError),
}

/// The data of one pending request, without its state.
#[derive(Debug)]
pub(super) struct RequestData {
    pub(super) submission: Submission,
    pub(super) link: OneTimeLink,
    pub(super) began: Instant,
    /// When the opener last got its page.
    pub(super) opened: Instant,
    /// When it was last reopened, unless that failed.
    pub(super) reopened: Option<Instant>,
    pub(super) deadline: Instant,
    /// The session in which a widget was sent: `OkSession::serial`.
    pub(super) session: u64,
    /// The signer of a widget; `None` while it waits for a session.
    pub(super) signer: Option<Arc<Signer>>,
    /// The signature of a widget's URL.
    pub(super) signature: Option<Signature>,
    /// The redirect URI of a login.
    pub(super) redirect_uri: String,
    /// Later logins that end like this one.
    pub(super) joined: Vec<RequestId>,
}

impl RequestData {
    /// Creates the data of a request that is neither signed nor opened.
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

    /// Returns its id, and those of the logins that have joined it.
    pub(super) fn ids(&self) -> impl Iterator<Item = RequestId> {
        std::iter::once(self.submission.id).chain(self.joined.iter().copied())
    }

    pub(super) fn is_login(&self) -> bool {
        matches!(self.submission.payload, Payload::Login(_))
    }

    /// Returns the listener that receives its callback.
    pub(super) fn listener(&self) -> ListenerKind {
        if self.is_login() {
            ListenerKind::Login
        } else {
            ListenerKind::Widgets
        }
    }

    /// Returns whether the game set `st.state`. The game does not get the plugin's own state.
    pub(super) fn has_own_state(&self) -> bool {
        match &self.submission.payload {
            Payload::Widget(widget) => widget.parameters.get("st.state").is_some(),
            Payload::Login(_) => false,
        }
    }

    /// Returns the ending of a request without a callback.
    pub(super) fn ending(&self, end: EndReason) -> Ending {
        match end {
            EndReason::Callback(_) => Ending::Failed(RequestError::callback_of_another_kind()),
            EndReason::Cancelled(by) => Ending::Cancelled(by),
            EndReason::TimedOut => Ending::TimedOut,
            EndReason::Failed(error) => Ending::Failed(error),
            EndReason::CannotOpen(error) => {
                Ending::Failed(RequestError::cannot_open(&error, self.link.clone()))
            }
        }
    }
}

impl PendingRecord {
    /// Returns the request as the game sees it.
    pub(super) fn view(&self) -> PendingRequest {
        let data = &self.data;
        PendingRequest {
            id: self.id(),
            kind: data.submission.kind,
            link: data.link.clone(),
            waits_for_login: self.waits_for_session(),
            opened: self.was_opened(),
            began: data.began,
            deadline: data.deadline,
            joined: data.joined.clone(),
        }
    }
}

impl Requests {
    /// Returns the pending login.
    pub(super) fn login(&self) -> Option<RequestId> {
        self.find(|record| record.data.is_login())
    }

    /// Returns the pending request with this id. For a login that has joined another, returns the
    /// other.
    pub(super) fn resolve(&self, id: RequestId) -> Option<RequestId> {
        self.find(|record| record.data.ids().any(|own| own == id))
    }
}
