//! The desk: takes requests in, has their pages opened, and brings the answers back.
//!
//! | file | job |
//! | --- | --- |
//! | `mod.rs` | requests of all kinds: pending, opened, answered, ended |
//! | `login.rs` | the login |
//! | `session.rs` | what becomes of the session, and of what waits for one |
//! | `listening.rs` | the listeners |

mod listening;
mod login;
mod session;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy_ecs::resource::Resource;
use odnoklassniki::{ApplicationId, Signer};

use self::listening::{Listening, Start};
use super::draft::Draft;
use super::grade::{self, Answered, Asked};
use super::news::{Inbox, News, Reporter};
use super::outcome::Ending;
use super::pending::{Cause, Signal, Step};
use super::sign::{Signed, ToSign};
use super::systems::{Frame, Report};
use super::view::{Ask, Entry};
use super::{
    CancelledBy, Finished, MAX_PENDING, MAX_TIMEOUT, NoticeKind, PendingRequests, RequestId,
    RequestKind, RequestNotice, RequestOpened,
};
use crate::callback::{CallbackEvent, ReturnToken, Route, RouteId, StartToken, TOMBSTONE};
use crate::capabilities::unsupported;
use crate::config::Config;
use crate::error::{RequestError, RequestErrorKind};
use crate::opener::{self, OneTimeLink, OpenError, worker};
use crate::session::StoreWorker;

/// An equal request, or the same wish to open a page again, within this time is a double click: the
/// page is on its way.
const DOUBLE_CLICK: Duration = Duration::from_secs(1);

/// Everything that outlives a frame but is no state of a request.
#[derive(Resource)]
pub(crate) struct Desk {
    pub(crate) config: Config,
    /// Whether the game was told something after its systems had run.
    pub(crate) told_late: bool,
    /// Whether the app exits after this frame: a page that opens now would lead to a closed port.
    pub(crate) is_exiting: bool,
    inbox: Inbox,
    widgets: Listening,
    logins: Listening,
    /// How many listeners there were.
    generations: u64,
    /// Stores sessions; there once the first frame has run.
    worker: Option<StoreWorker>,
    /// Since when the game's backend has the code of a login.
    exchanging: Option<Instant>,
}

/// What a request is signed with.
enum Signing {
    With(Arc<Signer>),
    /// There will be a session, or not.
    WhenLoggedIn,
}

impl Desk {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            told_late: false,
            is_exiting: false,
            inbox: Inbox::new(),
            widgets: Listening::default(),
            logins: Listening::default(),
            generations: 0,
            worker: None,
            exchanging: None,
        }
    }

    /// Starts a request, or ends it at once.
    pub(crate) fn submit(&mut self, frame: &mut Frame<'_>, draft: &Draft) {
        if is_known(frame.requests, draft.id) {
            return;
        }
        if let Err(error) = self.try_submit(frame, draft) {
            self.widgets.stop_if_unused();
            finish(
                frame,
                Finished::without_answer(draft.kind.into(), draft.id, Ending::Failed(error)),
            );
        }
        self.login_for_waiting(frame);
    }

    /// The order is the promise: check, bind, make the return address from the bound port, sign,
    /// and only then open.
    fn try_submit(&mut self, frame: &mut Frame<'_>, draft: &Draft) -> Result<(), RequestError> {
        if !self.config.capabilities.widgets {
            return Err(unsupported());
        }
        let allowed = draft.check(self.config.deadline)?;
        let (app_id, signing) = self.signing(frame)?;
        let signer = match &signing {
            Signing::With(signer) => Some(signer),
            Signing::WhenLoggedIn => None,
        };
        let equal = |entry: &Entry| {
            entry.is_equal(draft)
                && entry.signer.as_ref().map(Arc::as_ptr) == signer.map(Arc::as_ptr)
        };
        if let Some(other) = frame.requests.pending.find(equal) {
            self.reopen_unless_just_opened(frame, other);
            return Err(RequestError::already_pending(other));
        }
        let pending = frame
            .requests
            .iter()
            .filter(|request| !request.is_login())
            .count();
        if pending >= MAX_PENDING {
            let text = format!(
                "{pending} requests are pending, that is the most; wait for one to end, or cancel one"
            );
            return Err(RequestError::new(RequestErrorKind::TooManyPending, text));
        }

        let start_token = StartToken::random().map_err(no_random)?;
        let back = ReturnToken::random().map_err(no_random)?;
        let start = Start {
            reporter: self.reporter(),
            counters: Arc::clone(&frame.requests.counters),
            generations: &mut self.generations,
            redirects: None,
        };
        let origin = self.widgets.ensure(start)?.site().origin.clone();
        let link = link(&origin, &start_token)?;
        let to_sign = ToSign::new(
            app_id,
            self.config.hosts.clone(),
            draft.clone(),
            &origin,
            &back,
        );
        let now = Instant::now();
        let mut route = Route {
            id: RouteId(draft.id.get()),
            start: start_token,
            back,
            target: None,
            deadline: now + allowed,
            judge: grade::judge(draft.kind, to_sign.state()),
        };
        let (ends, signer, mut signature, mut unsigned) =
            (route.deadline, signer.cloned(), None, None);
        match signing {
            Signing::WhenLoggedIn => {
                unsigned = Some(Box::new(to_sign));
                self.widgets.add(route)?;
                // A later click on whatever needs a session means that the player misses the
                // login page.
                if let Some(login) = frame.requests.pending.find(Entry::is_login) {
                    self.reopen_unless_just_opened(frame, login);
                }
            }
            Signing::With(signer) if signer.is_remote() => {
                // The listener's thread also keeps the backend's time.
                route.deadline = now + allowed.min(self.config.signing_timeout);
                self.widgets.add(route)?;
                self.sign_elsewhere(draft.id, to_sign, signer);
            }
            Signing::With(signer) => {
                let signed = to_sign.sign(&signer)?;
                signature = Some(signed.signature);
                route.target = Some(signed.target);
                self.widgets.add(route)?;
                self.open(draft.id, &link);
            }
        }
        let ask = Ask::Widget {
            draft: Box::new(draft.clone()),
            unsigned,
        };
        let session = frame.session.serial();
        let entry = Entry {
            session,
            signer,
            signature,
            ..Entry::new(ask, link, now, ends)
        };
        frame.requests.pending.insert(draft.id, entry);
        Ok(())
    }

    /// Who the game is, and what signs for it now.
    fn signing(&self, frame: &Frame<'_>) -> Result<(ApplicationId, Signing), RequestError> {
        let app_id = self.app_id(frame)?;
        let session = &*frame.session;
        let may_wait = session.is_restoring() || self.config.automatic_login.is_some();
        // A signer of the game's own needs no session where there never was one: then its backend
        // knows who plays.
        let without_session = session.serial() == 0 && !may_wait;
        let signing = match signer(frame) {
            Some(signer) if session.is_logged_in() || without_session => Signing::With(signer),
            _ if may_wait && !session.is_logged_in() => Signing::WhenLoggedIn,
            _ => return Err(session.not_logged_in()),
        };
        Ok((app_id, signing))
    }

    fn app_id(&self, frame: &Frame<'_>) -> Result<ApplicationId, RequestError> {
        let not_configured = |text: &str| RequestError::new(RequestErrorKind::NotConfigured, text);
        if let Some(error) = &self.config.setup_error {
            return Err(not_configured(error).with_advice(
                "see the text: the sandbox needs a free port on 127.0.0.1 and a thread",
            ));
        }
        let missing = || {
            not_configured("there is no AppCredentials resource")
                .with_advice("insert AppCredentials again")
        };
        frame.credentials.ok_or_else(missing)?.application_id()
    }

    /// Ends a request that is cancelled in the frame in which it was written, or written in the
    /// app's last one: no page opens for it.
    pub(crate) fn call_off(&mut self, frame: &mut Frame<'_>, kind: RequestKind, id: RequestId) {
        if !is_known(frame.requests, id) {
            finish(
                frame,
                Finished::without_answer(kind, id, Ending::Cancelled(CancelledBy::Game)),
            );
        }
    }

    /// Ends a request in the game's name.
    pub(crate) fn cancel(&mut self, frame: &mut Frame<'_>, id: RequestId) {
        if let Some(id) = frame.requests.resolve(id) {
            self.apply(frame, id, Signal::Cancelled(CancelledBy::Game));
        } else {
            // It may have ended as `CannotOpen`, with a link that still works. How long it is
            // remembered stays as it is.
            for listening in [&self.widgets, &self.logins] {
                if let Some(listener) = listening.get() {
                    listener.retire(RouteId(id.get()), MAX_TIMEOUT, false);
                }
            }
        }
    }

    /// Forgets all requests: what still comes back for them reaches nobody.
    pub(crate) fn abandon(&mut self) {
        self.widgets.stop();
        self.logins.stop();
    }

    /// Lets the deadline of a pending request pass now, on the way of a real one: the listener's
    /// thread decides.
    #[cfg(feature = "sandbox")]
    pub(crate) fn pass_deadline(&self, id: RequestId) {
        for listener in [&self.widgets, &self.logins]
            .into_iter()
            .filter_map(Listening::get)
        {
            listener.pass_deadline(RouteId(id.get()));
        }
    }

    /// Opens the page of a pending request with a new link.
    pub(crate) fn reopen(&mut self, frame: &mut Frame<'_>, id: RequestId) {
        let Some(id) = page_of(frame.requests, id).filter(|_| !self.is_exiting) else {
            return;
        };
        let Some(entry) = frame.requests.pending.get_mut(id) else {
            return;
        };
        let Some(listener) = listening(&self.widgets, &self.logins, entry).get() else {
            return;
        };
        if !entry.has_page() || entry.reopened.is_some_and(|at| at.elapsed() < DOUBLE_CLICK) {
            return;
        }
        let renewed = StartToken::random()
            .map_err(no_random)
            .and_then(|start| link(&listener.site().origin, &start).map(|link| (start, link)));
        let Ok((start, link)) = renewed else {
            return (frame.tell)(Report::Notice(RequestNotice {
                id,
                kind: NoticeKind::CannotReopen,
            }));
        };
        entry.link = link.clone();
        entry.opened = Instant::now();
        entry.reopened = Some(entry.opened);
        listener.renew_start(RouteId(id.get()), start);
        _ = frame.requests.pending.apply::<()>(id, Signal::Reopen);
        self.open(id, &link);
    }

    /// A click that is not the second half of a double click means that the player misses the page.
    fn reopen_unless_just_opened(&mut self, frame: &mut Frame<'_>, id: RequestId) {
        let page = page_of(frame.requests, id).and_then(|id| frame.requests.pending.get(id));
        if page.is_some_and(|entry| entry.opened.elapsed() >= DOUBLE_CLICK) {
            self.reopen(frame, id);
        }
    }

    /// Whether something has come in since it was last asked.
    pub(crate) fn has_news(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// Handles everything that has come in, in the order in which it happened.
    pub(crate) fn receive(&mut self, frame: &mut Frame<'_>) {
        while let Ok(news) = self.inbox.take() {
            match news {
                News::Callback { generation, event } => self.called_back(frame, generation, event),
                News::Opened { id, link, result } => {
                    // The opener of an earlier link has nothing to say about the present one.
                    if frame
                        .requests
                        .pending
                        .get(id)
                        .is_some_and(|entry| entry.link == link)
                    {
                        let signal = result.map_or_else(Signal::CannotOpen, |()| Signal::Opened);
                        self.apply(frame, id, signal);
                    }
                }
                News::Signed {
                    id,
                    result: Ok(signed),
                } => self.signed(frame.requests, id, signed),
                News::Signed {
                    id,
                    result: Err(error),
                } => self.apply(frame, id, Signal::Failed(error)),
                News::StoreEvent(stored) => Self::stored(frame, stored),
                News::StoreIsSlow => Self::store_is_slow(frame),
            }
        }
    }

    fn called_back(
        &mut self,
        frame: &mut Frame<'_>,
        generation: u64,
        event: CallbackEvent<Answered>,
    ) {
        let of_logins = self.logins.is_generation(generation);
        let listening = match of_logins {
            true => &mut self.logins,
            false if self.widgets.is_generation(generation) => &mut self.widgets,
            // A listener that was stopped has nothing to say any more.
            false => return,
        };
        let (route, signal) = match event {
            CallbackEvent::Visited(route) => (route, Signal::Opened),
            CallbackEvent::Answered(route, answered) => (route, Signal::Answered(answered)),
            CallbackEvent::Expired(route) => (route, Signal::Expired),
            CallbackEvent::LinkReused(route) => {
                return notice(frame, route, NoticeKind::LinkUsedAgain);
            }
            CallbackEvent::Stranger(route) => {
                return notice(frame, route, NoticeKind::UnexpectedCallback);
            }
            CallbackEvent::Idle { added } => {
                listening.is_idle(added);
                opener::reap();
                return;
            }
            CallbackEvent::Lost(why) => {
                listening.stop();
                while let Some(id) = frame
                    .requests
                    .pending
                    .find(|entry| entry.is_login() == of_logins)
                {
                    let error = RequestError::new(RequestErrorKind::ListenerLost, why.as_str());
                    self.apply(frame, id, Signal::Failed(error));
                }
                return;
            }
        };
        self.apply(frame, RequestId::from_raw(route.0), signal);
    }

    fn signed(&mut self, requests: &mut PendingRequests, id: RequestId, signed: Signed) {
        let (Some(listener), Some(entry)) = (self.widgets.get(), requests.pending.get_mut(id))
        else {
            return;
        };
        entry.signature = Some(signed.signature);
        entry.opened = Instant::now();
        listener.set_target(RouteId(id.get()), signed.target, entry.ends);
        let link = entry.link.clone();
        self.open(id, &link);
    }

    /// Lets something happen to a request, and tells the game what follows.
    fn apply(&mut self, frame: &mut Frame<'_>, id: RequestId, signal: Signal<Answered>) {
        match frame.requests.pending.apply(id, signal) {
            Step::Nothing | Step::Reopening => {}
            Step::CannotReopen => {
                // Trying again at once is no double click.
                if let Some(entry) = frame.requests.pending.get_mut(id) {
                    entry.reopened = None;
                }
                (frame.tell)(Report::Notice(RequestNotice {
                    id,
                    kind: NoticeKind::CannotReopen,
                }));
            }
            Step::Opened => {
                if let Some(entry) = frame.requests.pending.get(id) {
                    for id in entry.ids(id) {
                        (frame.tell)(Report::Opened(RequestOpened {
                            id,
                            link: entry.link.clone(),
                        }));
                    }
                }
            }
            Step::Ended(entry, cause) => {
                if !matches!(cause, Cause::Answered(_))
                    && let Some(listener) = listening(&self.widgets, &self.logins, &entry).get()
                {
                    // For that time the link leads a player on who opens it by hand.
                    let keep = matches!(cause, Cause::CannotOpen(_)) && !entry.is_login();
                    // A late token must not fall to a stranger who has the port next.
                    let rest = entry.ends.saturating_duration_since(Instant::now());
                    let seen = entry.is_login() && !matches!(cause, Cause::CannotOpen(_));
                    let tombstone = if seen { rest.max(TOMBSTONE) } else { TOMBSTONE };
                    listener.retire(RouteId(id.get()), tombstone, keep);
                }
                match entry.ask {
                    Ask::Login { .. } => self.login_ended(frame, id, entry, cause),
                    Ask::Widget { .. } => {
                        let session = entry.session;
                        let finished = finished(id, entry, cause);
                        self.look_for_a_dead_session(frame, session, &finished);
                        finish(frame, finished);
                    }
                }
            }
        }
    }

    fn open(&self, id: RequestId, link: &OneTimeLink) {
        if self.is_exiting {
            log::debug!("{id}: no page opens, because the app exits");
            return;
        }
        let (opener, reporter) = (Arc::clone(&self.config.opener), self.reporter());
        let (link, told) = (link.clone(), link.clone());
        let report = move |result| {
            _ = reporter.report(News::Opened {
                id,
                link: told,
                result,
            });
        };
        let otherwise = || Err(OpenError::new("the opener ended without a result"));
        worker::run("ok-opener", report, otherwise, move || opener.open(&link));
    }

    fn sign_elsewhere(&self, id: RequestId, to_sign: ToSign, signer: Arc<Signer>) {
        let reporter = self.reporter();
        let report = move |result| _ = reporter.report(News::Signed { id, result });
        let otherwise = || {
            Err(RequestError::new(
                RequestErrorKind::Network,
                "the signing backend ended without a result",
            ))
        };
        worker::run("ok-signer", report, otherwise, move || {
            to_sign.sign(&signer)
        });
    }

    fn reporter(&self) -> Reporter {
        self.inbox
            .reporter(self.config.wake.clone().unwrap_or_default())
    }
}

/// The pending request whose page a player waits for, who waits for that of `id`.
fn page_of(requests: &PendingRequests, id: RequestId) -> Option<RequestId> {
    let id = requests.resolve(id)?;
    let waits = requests
        .pending
        .get(id)
        .is_some_and(Entry::waits_for_session);
    Some(id)
        .filter(|_| !waits)
        .or_else(|| requests.pending.find(Entry::is_login))
}

/// What signs now: what the game has for it, or else the session.
fn signer(frame: &Frame<'_>) -> Option<Arc<Signer>> {
    let own = frame
        .credentials
        .and_then(|credentials| credentials.shared_signer());
    own.or_else(|| frame.session.signer()).cloned()
}

/// The listener that a request's answer comes to.
fn listening<'a>(widgets: &'a Listening, logins: &'a Listening, entry: &Entry) -> &'a Listening {
    if entry.is_login() { logins } else { widgets }
}

/// Whether a request was written before. It cannot be cloned, but a game can be wrong in other
/// ways.
fn is_known(requests: &PendingRequests, id: RequestId) -> bool {
    let known = requests.contains(id) || requests.finished(id).is_some();
    if known {
        log::warn!("{id} was written twice; the second time does not count");
    }
    known
}

fn no_random(error: getrandom::Error) -> RequestError {
    RequestError::new(
        RequestErrorKind::Unsupported,
        format!("no random numbers: {error}"),
    )
}

fn link(origin: &str, start: &StartToken) -> Result<OneTimeLink, RequestError> {
    OneTimeLink::new(format!("{origin}/go/{}", start.expose())).ok_or_else(|| {
        RequestError::new(
            RequestErrorKind::Unsupported,
            "the listener has no loopback address",
        )
    })
}

/// How a widget's request has ended.
fn finished(id: RequestId, entry: Entry, cause: Cause<Answered>) -> Finished {
    let kind = entry.kind();
    let ending = match (cause, &entry.signer) {
        (Cause::Answered(Answered::Widget(answered)), Some(signer)) => {
            let (signature, own_state) = (entry.signature.as_ref(), entry.has_own_state());
            return grade::grade(
                &Asked {
                    id,
                    signer,
                    signature,
                    own_state,
                },
                answered,
            );
        }
        (Cause::Expired, _) if entry.waits_for_backend() => Ending::Failed(RequestError::new(
            RequestErrorKind::Network,
            "the signing backend did not answer in time",
        )),
        (cause, _) => ending(cause, entry.link),
    };
    Finished::without_answer(kind, id, ending)
}

/// What is told of an end that no answer of the request's own kind has brought.
fn ending(cause: Cause<Answered>, link: OneTimeLink) -> Ending {
    match cause {
        Cause::Answered(_) => Ending::Failed(RequestError::new(
            RequestErrorKind::InvalidCallback,
            "the answer is one to another kind of request",
        )),
        Cause::Cancelled(by) => Ending::Cancelled(by),
        Cause::Expired => Ending::TimedOut,
        Cause::Failed(error) => Ending::Failed(error),
        Cause::CannotOpen(error) => Ending::Failed(RequestError::cannot_open(&error, link)),
    }
}

fn finish(frame: &mut Frame<'_>, finished: Finished) {
    log::debug!("{} ended: {}", finished.id(), finished.outcome_name());
    opener::reap();
    frame.requests.remember(finished.clone());
    (frame.tell)(Report::Finished(finished));
}

fn notice(frame: &mut Frame<'_>, route: RouteId, kind: NoticeKind) {
    let id = RequestId::from_raw(route.0);
    if let Some(entry) = frame.requests.pending.get(id) {
        for id in entry.ids(id) {
            (frame.tell)(Report::Notice(RequestNotice { id, kind }));
        }
    }
}

#[cfg(test)]
mod tests;
