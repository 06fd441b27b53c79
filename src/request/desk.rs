//! The desk: takes requests in, has their pages opened, and brings the answers back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy_ecs::resource::Resource;
use crossbeam_channel::{Receiver, Sender, bounded};
use odnoklassniki::{AddressBuilder, ApplicationId, Reply, Signature, Signer, WidgetKind};

use super::draft::Draft;
use super::grade::{self, Answered, Asked};
use super::outcome::Ending;
use super::pending::{End, Signal, Step};
use super::systems::Report;
use super::view::Entry;
use super::{
    CancelledBy, Finished, NoticeKind, OkError, OkErrorKind, PendingRequests, RequestId, RequestNotice, RequestOpened,
};
use crate::callback::{CallbackEvent, Listener, ReturnToken, Route, RouteId, StartToken, TOMBSTONE, Target};
use crate::credentials::AppCredentials;
use crate::opener::{OpenError, ShortLink, worker};
use crate::plugin::Settings;
use crate::wake::Wake;

/// Events that may wait for a frame. Eight requests cause far fewer.
const WAITING: usize = 1024;

/// Everything that outlives a frame but is no state of a request.
#[derive(Resource)]
pub(crate) struct Desk {
    pub(crate) settings: Settings,
    listener: Option<Listener<Answered>>,
    callbacks: (Sender<CallbackEvent<Answered>>, Receiver<CallbackEvent<Answered>>),
    jobs: (Sender<Job>, Receiver<Job>),
}

/// What comes back from a worker thread.
enum Job {
    Signed { id: RequestId, address: Result<Signed, OkError> },
    Opened { id: RequestId, link: ShortLink, result: Result<(), OpenError> },
}

struct Signed {
    target: Target,
    signature: Signature,
}

type Tell<'a> = &'a mut dyn FnMut(Report);

impl Desk {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, listener: None, callbacks: bounded(WAITING), jobs: bounded(WAITING) }
    }

    /// Starts a request, or ends it at once.
    pub(crate) fn submit(
        &mut self,
        requests: &mut PendingRequests,
        draft: &Draft,
        credentials: Option<&AppCredentials>,
        tell: Tell<'_>,
    ) {
        let was_listening = self.listener.is_some();
        if let Err(error) = self.try_submit(requests, draft, credentials) {
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
    ) -> Result<(), OkError> {
        let allowed = draft.check(self.settings.deadline)?;
        if let Some(other) = requests.pending.find(|entry| entry.draft.equals(draft)) {
            self.reopen(requests, other);
            return Err(OkError::already_pending(other));
        }
        if requests.pending.is_full() {
            let text = format!("{} requests are pending, that is the most", requests.len());
            return Err(OkError::new(OkErrorKind::TooManyPending, text));
        }
        let (app_id, signer) = self.signing(credentials)?;

        let origin = self.listen(requests)?.origin().to_owned();
        let start = StartToken::random().map_err(no_random)?;
        let back = ReturnToken::random().map_err(no_random)?;
        let mut paper = Paper {
            builder: AddressBuilder::new(app_id).with_hosts(self.settings.hosts.clone()),
            return_url: format!("{origin}/r/{}", back.expose()),
            // OK hands `st.state` back for these two; for posts nothing says so.
            state: (draft.kind != WidgetKind::Post).then(|| draft.id.get().to_string()),
            signer: Arc::clone(&signer),
        };
        let own_state = draft.parameters.get("st.state").map(ToOwned::to_owned);
        let now = Instant::now();
        let mut entry = Entry {
            draft: draft.clone(),
            link: link(&origin, &start)?,
            began: now,
            ends: now + allowed,
            signer,
            signature: None,
        };
        let mut route = Route {
            id: RouteId(draft.id.get()),
            start,
            back,
            target: None,
            deadline: entry.ends,
            judge: grade::judge(draft.kind, own_state.or_else(|| paper.state.clone())),
        };
        if paper.signer.is_remote() {
            self.add(route)?;
            self.sign_elsewhere(draft, paper);
        } else {
            let signed = paper.sign(draft)?;
            entry.signature = Some(signed.signature);
            route.target = Some(signed.target);
            self.add(route)?;
            self.open(draft.id, entry.link.clone());
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

    /// Opens the page of a pending request with a new link.
    pub(crate) fn reopen(&mut self, requests: &mut PendingRequests, id: RequestId) {
        let Some(listener) = &self.listener else {
            return;
        };
        let Some(entry) = requests.pending.get_mut(id) else {
            return;
        };
        if entry.signature.is_none() {
            // Still with the backend: the first link is about to be opened.
            return;
        }
        let Ok(start) = StartToken::random() else {
            return;
        };
        let Ok(link) = link(listener.origin(), &start) else {
            return;
        };
        entry.link = link.clone();
        listener.renew_start(RouteId(id.get()), start);
        _ = requests.pending.apply::<()>(id, Signal::Reopen);
        self.open(id, link);
    }

    /// Whether something has come in since the last frame.
    pub(crate) fn has_news(&self) -> bool {
        !self.callbacks.1.is_empty() || !self.jobs.1.is_empty()
    }

    /// Handles everything that has come in since the last frame.
    pub(crate) fn receive(&mut self, requests: &mut PendingRequests, tell: Tell<'_>) {
        while let Ok(job) = self.jobs.1.try_recv() {
            self.job_done(requests, job, tell);
        }
        while let Ok(event) = self.callbacks.1.try_recv() {
            self.called_back(requests, event, tell);
        }
    }

    fn called_back(&mut self, requests: &mut PendingRequests, event: CallbackEvent<Answered>, tell: Tell<'_>) {
        let (route, signal) = match event {
            CallbackEvent::Visited(route) => (route, Signal::Opened),
            CallbackEvent::Answered(route, answered) => (route, Signal::Answered(answered)),
            CallbackEvent::Expired(route) => (route, Signal::Expired),
            CallbackEvent::LinkReused(route) => {
                return notice(requests, route, NoticeKind::LinkUsedAgain, tell);
            }
            CallbackEvent::Stranger(route) => {
                return notice(requests, route, NoticeKind::StrangeCallback, tell);
            }
            CallbackEvent::Idle { .. } => {
                // No thread and no socket while nothing is pending and no late callback is waited for.
                if requests.is_empty() {
                    self.stop_listening();
                }
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

    fn job_done(&mut self, requests: &mut PendingRequests, job: Job, tell: Tell<'_>) {
        match job {
            Job::Opened { id, link, result } => {
                // The opener of an earlier link has nothing to say about the present one.
                if requests.pending.get(id).is_none_or(|entry| entry.link != link) {
                    return;
                }
                let signal = match result {
                    Ok(()) => Signal::Opened,
                    Err(error) => Signal::CannotOpen(error),
                };
                self.apply(requests, id, signal, tell);
            }
            Job::Signed { id, address: Ok(signed) } => {
                let (Some(entry), Some(listener)) = (requests.pending.get_mut(id), &self.listener) else {
                    return;
                };
                entry.signature = Some(signed.signature);
                let link = entry.link.clone();
                listener.set_target(RouteId(id.get()), signed.target);
                self.open(id, link);
            }
            Job::Signed { id, address: Err(error) } => self.apply(requests, id, Signal::Failed(error), tell),
        }
    }

    fn apply(&mut self, requests: &mut PendingRequests, id: RequestId, signal: Signal<Answered>, tell: Tell<'_>) {
        match requests.pending.apply(id, signal) {
            Step::Nothing | Step::Reopening => {}
            Step::CannotReopen => tell(Report::Notice(RequestNotice { id, kind: NoticeKind::CannotReopen })),
            Step::Opened => {
                if let Some(entry) = requests.pending.get(id) {
                    tell(Report::Opened(RequestOpened { id, link: entry.link.clone() }));
                }
            }
            Step::Ended(entry, end) => {
                match &end {
                    End::Cancelled | End::Failed(_) => self.retire(id, TOMBSTONE, false),
                    // The link goes on working for a player who opens it by hand.
                    End::CannotOpen(_) => {
                        let left = entry.ends.saturating_duration_since(Instant::now());
                        self.retire(id, left, true);
                    }
                    End::Answered(_) | End::Expired => {}
                }
                finish(requests, finished(id, entry, end), tell);
            }
        }
    }

    fn listen(&mut self, requests: &PendingRequests) -> Result<&Listener<Answered>, OkError> {
        let listener = match self.listener.take() {
            Some(listener) => listener,
            None => {
                let (events, wake) = (self.callbacks.0.clone(), self.wake());
                let report = move |event| events.send(event).map(|()| wake.call()).is_ok();
                Listener::start(report, Arc::clone(&requests.counters))
                    .map_err(|error| OkError::new(OkErrorKind::PortUnavailable, error.to_string()))?
            }
        };
        Ok(self.listener.insert(listener))
    }

    /// Does not wait for the thread: this is a frame.
    fn stop_listening(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.stop();
        }
    }

    fn wake(&self) -> Wake {
        self.settings.wake.clone().unwrap_or_default()
    }

    fn add(&mut self, route: Route<Answered>) -> Result<(), OkError> {
        let added = self.listener.as_ref().is_some_and(|listener| listener.add(route).is_ok());
        let lost = || OkError::new(OkErrorKind::ListenerLost, "the callback listener has died");
        added.then_some(()).ok_or_else(lost)
    }

    fn retire(&self, id: RequestId, tombstone: Duration, keep_link: bool) {
        if let Some(listener) = &self.listener {
            listener.retire(RouteId(id.get()), tombstone, keep_link);
        }
    }

    fn open(&self, id: RequestId, link: ShortLink) {
        let opener = Arc::clone(&self.settings.opener);
        let finished = {
            let link = link.clone();
            move |result| Job::Opened { id, link: link.clone(), result }
        };
        worker::open(opener, link, self.jobs.0.clone(), self.wake(), finished);
    }

    fn sign_elsewhere(&self, draft: &Draft, mut paper: Paper) {
        let (id, draft) = (draft.id, draft.clone());
        let otherwise = move || {
            let error = OkError::new(OkErrorKind::Network, "the signing backend ended without a result");
            Job::Signed { id, address: Err(error) }
        };
        let job = move || Job::Signed { id, address: paper.sign(&draft) };
        worker::run("ok-signer", self.jobs.0.clone(), self.wake(), otherwise, job);
    }
}

/// What goes to the signer.
struct Paper {
    builder: AddressBuilder,
    return_url: String,
    state: Option<String>,
    signer: Arc<Signer>,
}

impl Paper {
    fn sign(&mut self, draft: &Draft) -> Result<Signed, OkError> {
        let reply = Reply { return_url: Some(&self.return_url), state: self.state.as_deref() };
        let address = self.builder.build_parameters(draft.kind, &draft.parameters, reply, &self.signer)?;
        let signature = address.signature().clone();
        // The builder percent-encodes everything, so this cannot fail.
        let target = Target::new(address.expose().to_owned())
            .map_err(|error| OkError::new(OkErrorKind::InvalidRequest, error.to_string()))?;
        Ok(Signed { target, signature })
    }
}

fn no_random(error: getrandom::Error) -> OkError {
    OkError::new(OkErrorKind::Unsupported, format!("no random numbers: {error}"))
}

fn link(origin: &str, start: &StartToken) -> Result<ShortLink, OkError> {
    ShortLink::new(format!("{origin}/go/{}", start.expose()))
        .ok_or_else(|| OkError::new(OkErrorKind::Unsupported, "the listener has no loopback address"))
}

fn finished(id: RequestId, entry: Entry, end: End<Answered>) -> Finished {
    let ending = match end {
        End::Answered(answered) => {
            let asked = Asked {
                id,
                signer: &entry.signer,
                signature: entry.signature.as_ref(),
                own_state: entry.draft.parameters.get("st.state").is_some(),
            };
            return grade::grade(&asked, answered);
        }
        End::Cancelled => Ending::Cancelled(CancelledBy::Game),
        End::Expired => Ending::TimedOut,
        End::Failed(error) => Ending::Failed(error),
        End::CannotOpen(error) => Ending::Failed(OkError::cannot_open(&error, entry.link)),
    };
    Finished::without_answer(entry.draft.kind, id, ending)
}

fn finish(requests: &mut PendingRequests, finished: Finished, tell: Tell<'_>) {
    log::debug!("{} ended: {}", finished.id(), finished.outcome_name());
    requests.remember(finished.clone());
    tell(Report::Finished(finished));
}

fn notice(requests: &PendingRequests, route: RouteId, kind: NoticeKind, tell: Tell<'_>) {
    let id = RequestId::from_raw(route.0);
    if requests.contains(id) {
        tell(Report::Notice(RequestNotice { id, kind }));
    }
}
