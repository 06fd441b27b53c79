//! The desk: takes requests in, has their pages opened, and brings the answers back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy_ecs::resource::Resource;
use odnoklassniki::{ApplicationId, Signer};

use super::draft::Draft;
use super::grade::{self, Answered, Asked};
use super::news::{Inbox, News, Reporter};
use super::outcome::Ending;
use super::pending::{Cause, Signal, Step};
use super::sign::{Signed, ToSign};
use super::systems::{Report, Tell};
use super::view::Entry;
use super::{
    CancelledBy, Finished, NoticeKind, OkError, OkErrorKind, PendingRequests, RequestId, RequestNotice, RequestOpened,
};
use crate::callback::{CallbackEvent, Listener, ReturnToken, Route, RouteId, StartToken, TOMBSTONE};
use crate::credentials::AppCredentials;
use crate::opener::{self, OpenError, ShortLink, worker};
use crate::settings::Settings;

/// An equal request, or the same wish to open a page again, within this time is a double click: the page is on its way.
const DOUBLE_CLICK: Duration = Duration::from_secs(1);

/// Everything that outlives a frame but is no state of a request.
#[derive(Resource)]
pub(crate) struct Desk {
    pub(crate) settings: Settings,
    /// Whether the game was told something after its systems had run.
    pub(crate) told_late: bool,
    inbox: Inbox,
    listening: Option<Listening>,
    /// Counts the listeners: what an earlier one says does not count.
    generation: u64,
}

/// The listener, while there is one.
struct Listening {
    listener: Listener<Answered>,
    /// How many routes it was given.
    added: u64,
}

impl Desk {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, told_late: false, inbox: Inbox::new(), listening: None, generation: 0 }
    }

    /// Starts a request, or ends it at once.
    pub(crate) fn submit(
        &mut self,
        requests: &mut PendingRequests,
        draft: &Draft,
        credentials: Option<&AppCredentials>,
        tell: Tell<'_>,
    ) {
        if requests.contains(draft.id) || requests.last_outcome(draft.id).is_some() {
            log::warn!("{} was written twice; the second time does not count", draft.id);
            return;
        }
        let was_listening = self.listening.is_some();
        if let Err(error) = self.try_submit(requests, draft, credentials, tell) {
            if !was_listening {
                self.stop_listening();
            }
            let ending = Ending::Failed(error);
            finish(requests, Finished::without_answer(draft.kind, draft.id, ending), tell);
        }
    }

    /// The order is the promise: check, bind, make the return address from the bound port, sign, and only then open.
    fn try_submit(
        &mut self,
        requests: &mut PendingRequests,
        draft: &Draft,
        credentials: Option<&AppCredentials>,
        tell: Tell<'_>,
    ) -> Result<(), OkError> {
        let allowed = draft.check(self.settings.deadline)?;
        let (app_id, signer) = self.signing(credentials)?;
        let equal = |entry: &Entry| entry.draft.equals(draft) && Arc::ptr_eq(&entry.signer, &signer);
        if let Some(other) = requests.pending.find(equal) {
            if requests.pending.get(other).is_some_and(|entry| entry.opened.elapsed() >= DOUBLE_CLICK) {
                self.reopen(requests, other, tell);
            }
            return Err(OkError::already_pending(other));
        }
        if requests.pending.is_full() {
            let text = format!(
                "{} requests are pending, that is the most; wait for one to end, or cancel one",
                requests.len()
            );
            return Err(OkError::new(OkErrorKind::TooManyPending, text));
        }

        let origin = self.listen(requests)?;
        let start = StartToken::random().map_err(no_random)?;
        let back = ReturnToken::random().map_err(no_random)?;
        let link = link(&origin, &start)?;
        let hosts = self.settings.hosts.clone();
        let to_sign = ToSign::new((app_id, Arc::clone(&signer)), hosts, draft.clone(), &origin, &back);
        let now = Instant::now();
        let mut route = Route {
            id: RouteId(draft.id.get()),
            start,
            back,
            target: None,
            deadline: now + allowed,
            judge: grade::judge(draft.kind, to_sign.state()),
        };
        let mut entry = Entry {
            draft: draft.clone(),
            link,
            began: now,
            opened: now,
            reopened: None,
            ends: route.deadline,
            signer,
            signature: None,
        };
        if entry.signer.is_remote() {
            self.add(route)?;
            self.sign_elsewhere(draft.id, to_sign);
        } else {
            let Signed { target, signature } = to_sign.sign()?;
            entry.signature = Some(signature);
            route.target = Some(target);
            self.add(route)?;
            self.open(draft.id, &entry.link);
        }
        requests.pending.insert(draft.id, entry);
        Ok(())
    }

    fn signing(&self, credentials: Option<&AppCredentials>) -> Result<(ApplicationId, Arc<Signer>), OkError> {
        let not_configured = |text: &str| OkError::new(OkErrorKind::NotConfigured, text);
        if let Some(error) = &self.settings.setup_error {
            return Err(not_configured(error));
        }
        let missing = || not_configured("there is no AppCredentials resource");
        let (app_id, signer) = credentials.ok_or_else(missing)?.signing()?;
        Ok((app_id, Arc::clone(signer)))
    }

    /// Ends a request in the game's name.
    pub(crate) fn cancel(&mut self, requests: &mut PendingRequests, id: RequestId, tell: Tell<'_>) {
        if requests.contains(id) {
            self.apply(requests, id, Signal::Cancelled, tell);
        } else {
            // It may have ended as `CannotOpen`, with a link that still works.
            self.retire(id, TOMBSTONE, false);
        }
    }

    /// Lets the deadline of a pending request pass now, on the way of a real one: the listener's thread decides.
    #[cfg(feature = "sandbox")]
    pub(crate) fn pass_deadline(&self, id: RequestId) {
        if let Some(now) = &self.listening {
            now.listener.pass_deadline(RouteId(id.get()));
        }
    }

    /// Opens the page of a pending request with a new link.
    pub(crate) fn reopen(&mut self, requests: &mut PendingRequests, id: RequestId, tell: Tell<'_>) {
        let (Some(now), Some(entry)) = (&self.listening, requests.pending.get_mut(id)) else { return };
        if entry.signature.is_none() {
            // Still with the backend: the first link is about to be opened.
            return;
        }
        if entry.reopened.is_some_and(|at| at.elapsed() < DOUBLE_CLICK) {
            return;
        }
        let renewed = StartToken::random()
            .map_err(no_random)
            .and_then(|start| link(now.listener.origin(), &start).map(|link| (start, link)));
        let Ok((start, link)) = renewed else {
            return tell(Report::Notice(RequestNotice { id, kind: NoticeKind::CannotReopen }));
        };
        entry.link = link.clone();
        entry.opened = Instant::now();
        entry.reopened = Some(entry.opened);
        now.listener.renew_start(RouteId(id.get()), start);
        _ = requests.pending.apply::<()>(id, Signal::Reopen);
        self.open(id, &link);
    }

    /// Whether something has come in since it was last asked.
    pub(crate) fn has_news(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// Handles everything that has come in, in the order in which it happened.
    pub(crate) fn receive(&mut self, requests: &mut PendingRequests, tell: Tell<'_>) {
        while let Ok(news) = self.inbox.take() {
            match news {
                News::Callback { generation, event } if generation == self.generation => {
                    self.called_back(requests, event, tell);
                }
                // A listener that was stopped has nothing to say any more.
                News::Callback { .. } => {}
                News::Opened { id, link, result } => {
                    // The opener of an earlier link has nothing to say about the present one.
                    if requests.pending.get(id).is_some_and(|entry| entry.link == link) {
                        let signal = result.map_or_else(Signal::CannotOpen, |()| Signal::Opened);
                        self.apply(requests, id, signal, tell);
                    }
                }
                News::Signed { id, result: Ok(signed) } => self.signed(requests, id, signed),
                News::Signed { id, result: Err(error) } => self.apply(requests, id, Signal::Failed(error), tell),
            }
        }
    }

    fn called_back(&mut self, requests: &mut PendingRequests, event: CallbackEvent<Answered>, tell: Tell<'_>) {
        let (route, signal) = match event {
            CallbackEvent::Visited(route) => (route, Signal::Opened),
            CallbackEvent::Answered(route, answered) => (route, Signal::Answered(answered)),
            CallbackEvent::Expired(route) => (route, Signal::Expired),
            CallbackEvent::LinkReused(route) => return notice(requests, route, NoticeKind::LinkUsedAgain, tell),
            CallbackEvent::Stranger(route) => return notice(requests, route, NoticeKind::StrangeCallback, tell),
            CallbackEvent::Idle { added } => {
                // No thread and no socket while nothing is pending and no late callback is waited for. An idle moment
                // before the latest request is over.
                if self.listening.as_ref().is_some_and(|now| now.added == added) {
                    self.stop_listening();
                }
                opener::reap();
                return;
            }
            CallbackEvent::Lost(why) => {
                self.stop_listening();
                while let Some(id) = requests.pending.first() {
                    let error = OkError::new(OkErrorKind::ListenerLost, why.as_str());
                    self.apply(requests, id, Signal::Failed(error), tell);
                }
                return;
            }
        };
        self.apply(requests, RequestId::from_raw(route.0), signal, tell);
    }

    fn signed(&mut self, requests: &mut PendingRequests, id: RequestId, signed: Signed) {
        let (Some(now), Some(entry)) = (&self.listening, requests.pending.get_mut(id)) else { return };
        entry.signature = Some(signed.signature);
        entry.opened = Instant::now();
        now.listener.set_target(RouteId(id.get()), signed.target);
        let link = entry.link.clone();
        self.open(id, &link);
    }

    /// Lets something happen to a request, and tells the game what follows.
    fn apply(&mut self, requests: &mut PendingRequests, id: RequestId, signal: Signal<Answered>, tell: Tell<'_>) {
        match requests.pending.apply(id, signal) {
            Step::Nothing | Step::Reopening => {}
            Step::CannotReopen => {
                // Trying again at once is no double click.
                if let Some(entry) = requests.pending.get_mut(id) {
                    entry.reopened = None;
                }
                tell(Report::Notice(RequestNotice { id, kind: NoticeKind::CannotReopen }));
            }
            Step::Opened => {
                if let Some(entry) = requests.pending.get(id) {
                    tell(Report::Opened(RequestOpened { id, link: entry.link.clone() }));
                }
            }
            Step::Ended(entry, cause) => {
                match &cause {
                    Cause::Cancelled | Cause::Failed(_) => self.retire(id, TOMBSTONE, false),
                    // For that time the link leads a player on who opens it by hand.
                    Cause::CannotOpen(_) => self.retire(id, TOMBSTONE, true),
                    Cause::Answered(_) | Cause::Expired => {}
                }
                finish(requests, finished(id, entry, cause), tell);
            }
        }
    }

    /// Makes sure that there is a listener, and gives its origin.
    fn listen(&mut self, requests: &PendingRequests) -> Result<String, OkError> {
        if let Some(now) = &self.listening {
            return Ok(now.listener.origin().to_owned());
        }
        let generation = self.generation + 1;
        let reporter = self.reporter();
        let report = move |event| reporter.report(News::Callback { generation, event });
        let listener = Listener::start(report, Arc::clone(&requests.counters))
            .map_err(|error| OkError::new(OkErrorKind::PortUnavailable, error.to_string()))?;
        let origin = listener.origin().to_owned();
        self.listening = Some(Listening { listener, added: 0 });
        self.generation = generation;
        Ok(origin)
    }

    /// Does not wait for the thread: this is a frame.
    fn stop_listening(&mut self) {
        if let Some(now) = self.listening.take() {
            now.listener.stop();
        }
    }

    fn add(&mut self, route: Route<Answered>) -> Result<(), OkError> {
        let lost = || OkError::new(OkErrorKind::ListenerLost, "the callback listener has died");
        let now = self.listening.as_mut().ok_or_else(lost)?;
        now.listener.add(route).map_err(|_| lost())?;
        now.added += 1;
        Ok(())
    }

    fn retire(&self, id: RequestId, tombstone: Duration, keep_link: bool) {
        if let Some(now) = &self.listening {
            now.listener.retire(RouteId(id.get()), tombstone, keep_link);
        }
    }

    fn open(&self, id: RequestId, link: &ShortLink) {
        let (opener, reporter) = (Arc::clone(&self.settings.opener), self.reporter());
        let (link, told) = (link.clone(), link.clone());
        let report = move |result| _ = reporter.report(News::Opened { id, link: told, result });
        let otherwise = || Err(OpenError::new("the opener ended without a result"));
        worker::run("ok-opener", report, otherwise, move || opener.open(&link));
    }

    fn sign_elsewhere(&self, id: RequestId, to_sign: ToSign) {
        let reporter = self.reporter();
        let report = move |result| _ = reporter.report(News::Signed { id, result });
        let otherwise = || Err(OkError::new(OkErrorKind::Network, "the signing backend ended without a result"));
        worker::run("ok-signer", report, otherwise, move || to_sign.sign());
    }

    fn reporter(&self) -> Reporter {
        self.inbox.reporter(self.settings.wake.clone().unwrap_or_default())
    }
}

fn no_random(error: getrandom::Error) -> OkError {
    OkError::new(OkErrorKind::Unsupported, format!("no random numbers: {error}"))
}

fn link(origin: &str, start: &StartToken) -> Result<ShortLink, OkError> {
    ShortLink::new(format!("{origin}/go/{}", start.expose()))
        .ok_or_else(|| OkError::new(OkErrorKind::Unsupported, "the listener has no loopback address"))
}

fn finished(id: RequestId, entry: Entry, cause: Cause<Answered>) -> Finished {
    let ending = match cause {
        Cause::Answered(answered) => {
            let asked = Asked {
                id,
                signer: &entry.signer,
                signature: entry.signature.as_ref(),
                own_state: entry.draft.parameters.get("st.state").is_some(),
            };
            return grade::grade(&asked, answered);
        }
        Cause::Cancelled => Ending::Cancelled(CancelledBy::Game),
        Cause::Expired => Ending::TimedOut,
        Cause::Failed(error) => Ending::Failed(error),
        Cause::CannotOpen(error) => Ending::Failed(OkError::cannot_open(&error, entry.link)),
    };
    Finished::without_answer(entry.draft.kind, id, ending)
}

fn finish(requests: &mut PendingRequests, finished: Finished, tell: Tell<'_>) {
    log::debug!("{} ended: {}", finished.id(), finished.outcome_name());
    opener::reap();
    requests.remember(finished.clone());
    tell(Report::Finished(finished));
}

fn notice(requests: &PendingRequests, route: RouteId, kind: NoticeKind, tell: Tell<'_>) {
    let id = RequestId::from_raw(route.0);
    if requests.contains(id) {
        tell(Report::Notice(RequestNotice { id, kind }));
    }
}

#[cfg(test)]
mod tests;
