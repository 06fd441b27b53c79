//! The driver's data about a pending request.

use core::time::Duration;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bevy_platform::time::Instant;
use callback_listener::{OneTimeLink, PageUrl, ReturnToken};
use odnoklassniki::{Signature, Signer};

use super::effects::{OpenJob, OpenWay};
use super::events::{ListenerKind, PageNumber};
use super::sign::UnsignedPage;
use super::state::{Record, Table};
use crate::error::RequestError;
use crate::opener::OpenError;
use crate::platform;
use crate::request::callback::ReceivedCallback;
use crate::request::submission::{Joined, LoginPayload, Origin, WidgetPayload};
use crate::request::{CancelledBy, NotCompleted, Outcome, PendingRequest, RequestId, RequestKind};

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

/// When a request ends, by two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deadline {
    pub(super) at: Instant,
    /// For another run of the game, whose monotonic clock is another: milliseconds since 1970.
    pub(super) wall: u64,
    /// The request's own timeout.
    pub(super) timeout: Duration,
}

/// The data of one pending request, without its state.
#[derive(Debug)]
pub(super) struct RequestData {
    pub(super) kind: RequestKind,
    /// The listener that receives its callback.
    pub(super) listener: ListenerKind,
    pub(super) access: Access,
    pub(super) return_token: ReturnToken,
    /// The number of its page: how often it was opened again.
    pub(super) page: PageNumber,
    pub(super) began: Instant,
    /// When the opener last received its page.
    pub(super) opened: Instant,
    /// When it was last reopened, unless that failed.
    pub(super) reopened: Option<Instant>,
    pub(super) deadline: Deadline,
    pub(super) origin: Origin,
    pub(super) details: Details,
}

/// How the player gets to the page of a request.
#[derive(Debug)]
pub(super) enum Access {
    /// By a link, which an opener opens.
    Link(OneTimeLink),
    /// In the window of the game's page host. `None` until the URL is signed.
    Host(Option<Arc<PageUrl>>),
}

/// What only a widget has, or only a login.
#[derive(Debug)]
pub(super) enum Details {
    Widget(Box<WidgetDetails>),
    Login(LoginDetails),
}

#[derive(Debug)]
pub(super) struct WidgetDetails {
    pub(super) payload: WidgetPayload,
    /// The session in which it was sent: `OkSession::serial`.
    pub(super) session: u64,
    /// `None` while it waits for a session, and if an earlier run of the game has opened its page
    /// and this one could not sign it again.
    pub(super) signer: Option<Arc<Signer>>,
    /// `None` until the page is signed.
    pub(super) signature: Option<Signature>,
}

#[derive(Debug)]
pub(super) struct LoginDetails {
    pub(super) payload: LoginPayload,
    pub(super) redirect_uri: String,
    /// Later logins that end like this one.
    pub(super) joined: Vec<Joined>,
}

impl RequestData {
    /// Creates the data of a request whose page was not opened before.
    pub(super) fn new(
        kind: RequestKind,
        origin: Origin,
        (page, listener, access): (PageNumber, ListenerKind, Access),
        return_token: ReturnToken,
        now: Instant,
        deadline: Deadline,
        details: Details,
    ) -> Self {
        Self {
            kind,
            listener,
            access,
            return_token,
            page,
            began: now,
            opened: now,
            reopened: None,
            deadline,
            origin,
            details,
        }
    }

    pub(super) fn widget(&self) -> Option<&WidgetDetails> {
        match &self.details {
            Details::Widget(widget) => Some(widget),
            Details::Login(_) => None,
        }
    }

    pub(super) fn widget_mut(&mut self) -> Option<&mut WidgetDetails> {
        match &mut self.details {
            Details::Widget(widget) => Some(widget),
            Details::Login(_) => None,
        }
    }

    pub(super) fn login_mut(&mut self) -> Option<&mut LoginDetails> {
        match &mut self.details {
            Details::Widget(_) => None,
            Details::Login(login) => Some(login),
        }
    }

    /// Returns the logins that have joined it.
    pub(super) fn joined(&self) -> &[Joined] {
        match &self.details {
            Details::Widget(_) => &[],
            Details::Login(login) => &login.joined,
        }
    }

    /// Returns the link to its page, unless a page host shows it.
    pub(super) fn link(&self) -> Option<&OneTimeLink> {
        match &self.access {
            Access::Link(link) => Some(link),
            Access::Host(_) => None,
        }
    }

    /// Returns the outcome of a request that ended without a callback.
    pub(super) fn not_completed(&self, end: EndReason) -> NotCompleted {
        match end {
            EndReason::Callback(_) => Outcome::Failed(RequestError::callback_of_another_kind()),
            EndReason::Cancelled(by) => Outcome::Cancelled(by),
            EndReason::TimedOut => Outcome::TimedOut,
            EndReason::Failed(error) => Outcome::Failed(error),
            EndReason::CannotOpen(error) => {
                Outcome::Failed(RequestError::cannot_open(&error, self.link().cloned()))
            }
        }
    }
}

impl Deadline {
    /// Returns the deadline of a request that begins now.
    pub(super) fn after(timeout: Duration, now: Instant) -> Self {
        Self {
            at: now + timeout,
            wall: wall_clock().saturating_add(milliseconds(timeout)),
            timeout,
        }
    }

    /// Returns the deadline of a request of an earlier run. A clock that was set back makes no
    /// request live longer than its own timeout.
    pub(super) fn resumed(wall: u64, timeout: Duration, now: Instant) -> Self {
        let rest = Duration::from_millis(wall.saturating_sub(wall_clock()));
        Self {
            at: now + rest.min(timeout),
            wall,
            timeout,
        }
    }
}

/// Returns the time of day in milliseconds since 1970, or 0 if it is unknown.
pub(super) fn wall_clock() -> u64 {
    let now = platform::wall_clock().and_then(|now| now.duration_since(UNIX_EPOCH).ok());
    now.map_or(0, milliseconds)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl WidgetDetails {
    /// Returns whether the game set `st.state`. The game does not get the plugin's own state.
    pub(super) fn has_own_state(&self) -> bool {
        self.payload.parameters.get("st.state").is_some()
    }
}

impl PendingRecord {
    pub(super) fn is_login(&self) -> bool {
        matches!(self.data.details, Details::Login(_))
    }

    /// Returns its id, and those of the logins that have joined it.
    pub(super) fn ids(&self) -> impl Iterator<Item = RequestId> {
        let joined = self.data.joined().iter().map(|login| login.id);
        std::iter::once(self.id()).chain(joined)
    }

    /// Returns the same ids, each with what its result says about the request.
    pub(super) fn origins(&self) -> impl Iterator<Item = (RequestId, Origin)> {
        let origin = &self.data.origin;
        let joined = self.data.joined().iter().map(|login| {
            let (tag, resumed) = (login.tag.clone(), origin.resumed);
            (login.id, Origin { tag, resumed })
        });
        std::iter::once((self.id(), origin.clone())).chain(joined)
    }

    /// Returns whether its page can be opened again: only a signed one can, or the login's.
    pub(super) fn can_reopen(&self) -> bool {
        let widget = self.data.widget();
        self.has_page() && widget.is_none_or(|widget| widget.signer.is_some())
    }

    /// Returns what opens its page. `None` for a page host while the URL is not signed.
    pub(super) fn open_job(&self) -> Option<OpenJob> {
        let data = &self.data;
        Some(OpenJob {
            id: self.id(),
            number: data.page,
            way: match &data.access {
                Access::Link(link) => OpenWay::Link(link.clone()),
                Access::Host(url) => OpenWay::Host(url.clone()?, data.return_token.clone()),
            },
            listener: data.listener,
        })
    }

    /// Returns the request as the game sees it.
    pub(super) fn view(&self) -> PendingRequest {
        let data = &self.data;
        PendingRequest {
            id: self.id(),
            kind: data.kind,
            link: data.link().cloned(),
            waits_for_login: self.waits_for_session(),
            opened: self.was_opened(),
            began: data.began,
            deadline: data.deadline.at,
            joined: data.joined().iter().map(|login| login.id).collect(),
            origin: data.origin.clone(),
        }
    }
}

impl Requests {
    /// Returns the pending login.
    pub(super) fn login(&self) -> Option<RequestId> {
        self.find(PendingRecord::is_login)
    }

    /// Returns the pending request with this id. For a login that has joined another, returns the
    /// other.
    pub(super) fn resolve(&self, id: RequestId) -> Option<RequestId> {
        self.find(|record| record.ids().any(|own| own == id))
    }
}
