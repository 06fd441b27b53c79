//! Signing in, and what follows for the session, its store, and the requests that wait for it.

use std::sync::Arc;
use std::time::Instant;

use odnoklassniki::oauth::{AuthorizeAnswer, AuthorizeRequest, Authorized, OAuthErrorCode, ResponseType};
use odnoklassniki::{AnswerError, ErrorCode, Signer};
use zeroize::Zeroizing;

use super::super::grade::{self, Answered};
use super::super::login::{LoggedIn, LoginCode, LoginDraft, LoginFinished};
use super::super::news::News;
use super::super::outcome::Outcome;
use super::super::pending::{Cause, Signal};
use super::super::systems::{Frame, Report};
use super::super::view::{Ask, Entry};
use super::super::{CancelledBy, Finished, OkError, OkErrorKind, RequestId, RequestOpened};
use super::listening::Start;
use super::{Desk, ending, finish, is_known, link, no_random};
use crate::callback::{ReturnToken, Route, RouteId, StartToken, Target};
use crate::session::{Job, Keeper, SessionChange, SessionChanged, SessionData, Stored};

/// How many requests may join a pending sign-in.
const MAX_JOINED: usize = 64;

impl Desk {
    /// Starts a sign-in, joins the one that is pending, or ends the request at once.
    pub(crate) fn submit_login(&mut self, frame: &mut Frame<'_>, draft: &LoginDraft) {
        if is_known(frame.requests, draft.id) {
            return;
        }
        let was_listening = self.logins.get().is_some();
        if let Err(error) = self.try_submit_login(frame, draft) {
            if !was_listening {
                self.logins.stop();
            }
            let outcome = Outcome::Failed(error);
            finish(frame, Finished::Login(LoginFinished { id: draft.id, outcome: outcome.clone() }));
            if !frame.requests.is_signing_in() {
                self.end_waiting(frame, &outcome);
            }
        }
    }

    /// The same order as for the widgets: check, bind, make the address, and only then open.
    fn try_submit_login(&mut self, frame: &mut Frame<'_>, draft: &LoginDraft) -> Result<(), OkError> {
        let allowed = draft.check(self.settings.deadline)?;
        let client_id = self.app_id(frame)?;
        if let Some(pending) = frame.requests.pending.find(Entry::is_login) {
            return self.join(frame, pending, draft);
        }
        let redirects = self.settings.redirects.as_ref().map_err(|error| OkError::from(error.clone()))?;
        if redirects.is_empty() {
            return Err(OkError::no_redirect());
        }
        let start_token = StartToken::random().map_err(no_random)?;
        let back = ReturnToken::random().map_err(no_random)?;
        let start = Start {
            reporter: self.reporter(),
            counters: Arc::clone(&frame.requests.counters),
            generations: &mut self.generations,
            redirects: Some(redirects),
        };
        let site = self.logins.ensure(start)?.site();
        let link = link(&site.origin, &start_token)?;
        let redirect_uri = site.redirect_uri.clone().unwrap_or_default();
        let request = AuthorizeRequest {
            client_id,
            response_type: draft.response_type,
            scopes: &draft.scopes,
            layout: draft.layout,
            redirect_uri: &redirect_uri,
            state: back.expose(),
        };
        let address = request.address(&self.settings.hosts)?;
        // The address is percent-encoded, so this cannot fail.
        let target = Target::new(address.expose().to_owned())
            .map_err(|error| OkError::new(OkErrorKind::InvalidRequest, error.to_string()))?;
        let now = Instant::now();
        let ends = now + allowed;
        let state = Zeroizing::new(back.expose().to_owned());
        let judge = grade::judge_login(draft.response_type, state);
        let target = Some(target);
        self.logins.add(Route {
            id: RouteId(draft.id.get()),
            start: start_token,
            back,
            target,
            deadline: ends,
            judge,
        })?;
        log::debug!("{} awaits its answer at {redirect_uri}, which must be registered with OK", draft.id);
        self.open(draft.id, &link);
        let ask = Ask::Login { draft: draft.clone(), redirect_uri, joined: Vec::new() };
        let entry = Entry { ask, link, began: now, opened: now, reopened: None, ends, signer: None, signature: None };
        frame.requests.pending.insert(draft.id, entry);
        frame.session.set_signing_in(true);
        Ok(())
    }

    fn join(&mut self, frame: &mut Frame<'_>, pending: RequestId, draft: &LoginDraft) -> Result<(), OkError> {
        let is_open = frame.requests.pending.is_open(pending);
        let Some(entry) = frame.requests.pending.get_mut(pending) else { return Ok(()) };
        let Ask::Login { draft: first, joined, .. } = &mut entry.ask else { return Ok(()) };
        if first.response_type != draft.response_type {
            return Err(OkError::other_flow_pending(pending));
        }
        if joined.len() >= MAX_JOINED {
            let text = format!("{MAX_JOINED} requests have joined the pending sign-in, that is the most");
            return Err(OkError::new(OkErrorKind::TooManyPending, text));
        }
        joined.push(draft.id);
        if is_open {
            (frame.tell)(Report::Opened(RequestOpened { id: draft.id, link: entry.link.clone() }));
        }
        self.reopen_unless_just_opened(frame, pending);
        Ok(())
    }

    /// Signs the player in for requests that wait, if the plugin is to do that.
    pub(super) fn login_for_waiting(&mut self, frame: &mut Frame<'_>) {
        let idle = !frame.session.is_restoring() && !frame.requests.is_signing_in();
        if idle && frame.requests.pending.find(Entry::waits_for_session).is_some() {
            match self.settings.automatic_login.clone() {
                Some(login) => self.submit_login(frame, &login().0),
                None => self.end_waiting(frame, &Outcome::Failed(frame.session.not_logged_in())),
            }
        }
    }

    /// The player signs out: nothing of the session is left.
    pub(crate) fn logout(&mut self, frame: &mut Frame<'_>) {
        let signer = frame.session.signer().cloned();
        frame.session.end(SessionChange::SignedOut);
        let ends = |entry: &Entry| {
            let own = matches!((&entry.signer, &signer), (Some(a), Some(b)) if Arc::ptr_eq(a, b));
            own || entry.is_login() || entry.waits_for_session()
        };
        while let Some(id) = frame.requests.pending.find(ends) {
            self.apply(frame, id, Signal::Cancelled);
        }
    }

    pub(super) fn login_ended(&mut self, frame: &mut Frame<'_>, id: RequestId, entry: Entry, cause: Cause<Answered>) {
        let Ask::Login { redirect_uri, joined, draft } = entry.ask else { return };
        frame.session.set_signing_in(false);
        let outcome = match cause {
            Cause::Answered(Answered::Login(parsed)) => self.login_answered(frame, parsed, &redirect_uri),
            cause => {
                if matches!(cause, Cause::Expired) {
                    log::warn!(
                        "the sign-in timed out. If OK's page showed an error in place of the sign-in: {redirect_uri} must be \
                         registered in the application's settings, character by character"
                    );
                }
                ending(cause, entry.link).into()
            }
        };
        if outcome != Outcome::Completed(LoggedIn::Session) {
            frame.session.sign_in_ended();
        }
        for id in std::iter::once(id).chain(joined) {
            finish(frame, Finished::Login(LoginFinished { id, outcome: outcome.clone() }));
        }
        // After the code flow the game still has to give what its backend made of the code.
        if draft.response_type == ResponseType::Token || outcome.completed().is_none() {
            self.end_waiting(frame, &outcome);
        }
    }

    fn login_answered(
        &mut self,
        frame: &mut Frame<'_>,
        parsed: Result<AuthorizeAnswer, AnswerError>,
        redirect_uri: &str,
    ) -> Outcome<LoggedIn> {
        match parsed.map(|answer| answer.authorized) {
            Ok(Authorized::Token(grant)) => {
                frame.session.begin(SessionData::from(grant), SessionChange::SignedIn);
                self.send_waiting(frame);
                Outcome::Completed(LoggedIn::Session)
            }
            Ok(Authorized::Code(code)) => Outcome::Completed(LoggedIn::Code(LoginCode::new(code, redirect_uri))),
            Ok(Authorized::Refused(error)) if error.code == OAuthErrorCode::AccessDenied => {
                Outcome::Cancelled(CancelledBy::Player)
            }
            Ok(Authorized::Refused(error)) => Outcome::Failed(OkError::oauth(&error)),
            Err(error) => Outcome::Failed(OkError::invalid_answer(&error)),
        }
    }

    /// Signs and opens what has waited for a session.
    fn send_waiting(&mut self, frame: &mut Frame<'_>) {
        let Some(signer) = frame.session.signer().cloned() else { return };
        while let Some(id) = frame.requests.pending.find(Entry::waits_for_session) {
            let Some(entry) = frame.requests.pending.get_mut(id) else { return };
            let Ask::Widget { unsigned, .. } = &mut entry.ask else { return };
            let Some(to_sign) = unsigned.take() else { return };
            entry.signer = Some(Arc::clone(&signer));
            match to_sign.sign(&signer) {
                Ok(signed) => self.signed(frame.requests, id, signed),
                Err(error) => self.apply(frame, id, Signal::Failed(error)),
            }
        }
    }

    /// Ends what has waited in vain, as the sign-in ended.
    fn end_waiting(&mut self, frame: &mut Frame<'_>, outcome: &Outcome<LoggedIn>) {
        while let Some(id) = frame.requests.pending.find(Entry::waits_for_session) {
            let signal = match outcome {
                Outcome::Cancelled(CancelledBy::Player) => Signal::CancelledByPlayer,
                Outcome::Cancelled(CancelledBy::Game) => Signal::Cancelled,
                Outcome::TimedOut => Signal::Expired,
                Outcome::Failed(error) => Signal::Failed(error.clone()),
                Outcome::Completed(_) => Signal::Failed(frame.session.not_logged_in()),
            };
            self.apply(frame, id, signal);
        }
    }

    /// OK knows better than any clock whether a session lives.
    pub(super) fn look_for_a_dead_session(
        &self,
        frame: &mut Frame<'_>,
        signer: Option<&Arc<Signer>>,
        finished: &Finished,
    ) {
        let code = finished.error().and_then(OkError::code);
        let is_dead = matches!(code, Some(ErrorCode::PARAM_SESSION_EXPIRED | ErrorCode::PARAM_SESSION_KEY));
        let is_ours = matches!((frame.session.signer(), signer), (Some(a), Some(b)) if Arc::ptr_eq(a, b));
        if is_dead && is_ours {
            frame.session.end(SessionChange::Refused);
        }
    }

    /// Fetches the session of an earlier run. Called in every frame; it works once.
    pub(crate) fn restore(&mut self, frame: &mut Frame<'_>) {
        let Some(store) = self.settings.store.take() else { return };
        let keeper = self.keeper.insert(Keeper::new(store));
        // A session that the game gave before the first frame is newer.
        if let Some(credentials) = frame.credentials.filter(|_| frame.session.data().is_none()) {
            let reporter = self.inbox.reporter(self.settings.wake.clone().unwrap_or_default());
            let report = move |stored| _ = reporter.report(News::Stored(stored));
            keeper.order(Job::Load { app_id: credentials.app_id().to_owned() }, Box::new(report));
            frame.session.set_restoring(true);
        }
    }

    pub(super) fn stored(&mut self, frame: &mut Frame<'_>, stored: Stored) {
        match stored {
            Stored::Failed(error) => frame.session.store_failed(error),
            // Somebody has signed in, or out, meanwhile.
            Stored::Loaded(_) if !frame.session.is_restoring() => {}
            Stored::Loaded(Ok(Some(data))) => frame.session.begin(data, SessionChange::Restored),
            Stored::Loaded(none) => {
                frame.session.set_restoring(false);
                if let Err(error) = none {
                    frame.session.store_failed(error);
                }
                self.login_for_waiting(frame);
            }
        }
    }

    /// Does what follows from changes of the session, whoever made them, and tells the game.
    pub(crate) fn settle(&mut self, frame: &mut Frame<'_>) {
        if frame.session.is_due() {
            frame.session.end(SessionChange::Expired);
        }
        while let Some(reason) = frame.session.next_change() {
            match &reason {
                SessionChange::SignedIn | SessionChange::Accepted | SessionChange::Restored => {
                    if reason != SessionChange::Restored {
                        self.keep(frame);
                    }
                    self.send_waiting(frame);
                    if frame.session.is_signed_in() {
                        // It has come without its key.
                        self.end_waiting(frame, &Outcome::Failed(frame.session.not_logged_in()));
                    } else {
                        // Its time is over already.
                        self.login_for_waiting(frame);
                    }
                }
                SessionChange::SignedOut | SessionChange::Refused => self.order(Job::Clear),
                _ => {}
            }
            (frame.tell)(Report::Session(SessionChanged { status: frame.session.status(), reason }));
        }
    }

    fn keep(&self, frame: &Frame<'_>) {
        if let (Some(credentials), Some(data)) = (frame.credentials, frame.session.data()) {
            self.order(Job::save(credentials.app_id(), data));
        }
    }

    fn order(&self, job: Job) {
        if let Some(keeper) = &self.keeper {
            let reporter = self.reporter();
            keeper.order(job, Box::new(move |stored| _ = reporter.report(News::Stored(stored))));
        }
    }
}
