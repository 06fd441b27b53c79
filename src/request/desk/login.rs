//! The login: one at a time, joined by those that come later.

use std::sync::Arc;
use std::time::Instant;

use odnoklassniki::CallbackError;
use odnoklassniki::oauth::{AuthorizationResponse, AuthorizeRequest, Authorized, OAuthErrorCode};
use zeroize::Zeroizing;

use super::super::grade::{self, Answered};
use super::super::login::{CODE_LIFE, LoggedIn, LoginCode, LoginDraft, LoginFinished};
use super::super::outcome::Outcome;
use super::super::pending::Cause;
use super::super::systems::{Frame, Report};
use super::super::view::{Ask, Entry};
use super::super::{
    CancelledBy, Finished, RequestError, RequestErrorKind, RequestId, RequestOpened,
};
use super::listening::Start;
use super::{Desk, ending, finish, is_known, link, no_random};
use crate::callback::{ReturnToken, Route, RouteId, StartToken, Target};
use crate::capabilities::unsupported;
use crate::session::{SessionChange, SessionData};

/// How many requests may join a pending login.
const MAX_JOINED: usize = 32;

impl Desk {
    /// Starts a login, joins the one that is pending, or ends the request at once.
    pub(crate) fn submit_login(&mut self, frame: &mut Frame<'_>, draft: &LoginDraft) {
        if is_known(frame.requests, draft.id) {
            return;
        }
        if let Err(error) = self.try_submit_login(frame, draft) {
            self.logins.stop_if_unused();
            let outcome = Outcome::Failed(error);
            finish(
                frame,
                Finished::Login(LoginFinished {
                    id: draft.id,
                    outcome: outcome.clone(),
                }),
            );
            if !frame.requests.is_logging_in() && !frame.session.is_restoring() {
                self.end_waiting(frame, &outcome);
            }
        }
    }

    /// The same order as for the widgets: check, bind, make the address, and only then open.
    fn try_submit_login(
        &mut self,
        frame: &mut Frame<'_>,
        draft: &LoginDraft,
    ) -> Result<(), RequestError> {
        if !self.settings.capabilities.login {
            return Err(unsupported());
        }
        let allowed = draft.check(self.settings.deadline)?;
        let client_id = self.app_id(frame)?;
        if let Some(pending) = frame.requests.pending.find(Entry::is_login) {
            return self.join(frame, pending, draft);
        }
        let redirects = self
            .settings
            .redirects
            .as_ref()
            .map_err(|error| RequestError::from(error.clone()))?;
        if redirects.is_empty() {
            return Err(RequestError::no_redirect());
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
        let address = request.url(&self.settings.hosts)?;
        // The address is percent-encoded, so this cannot fail.
        let target = Target::new(address.expose().to_owned()).map_err(|error| {
            RequestError::new(RequestErrorKind::InvalidRequest, error.to_string())
        })?;
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
        log::debug!(
            "{} awaits its answer at {redirect_uri}, which must be registered with OK",
            draft.id
        );
        self.open(draft.id, &link);
        let ask = Ask::Login {
            draft: draft.clone(),
            redirect_uri,
            joined: Vec::new(),
        };
        frame
            .requests
            .pending
            .insert(draft.id, Entry::new(ask, link, now, ends));
        frame.session.set_logging_in(true);
        Ok(())
    }

    fn join(
        &mut self,
        frame: &mut Frame<'_>,
        pending: RequestId,
        draft: &LoginDraft,
    ) -> Result<(), RequestError> {
        let is_open = frame.requests.pending.is_open(pending);
        let Some(entry) = frame.requests.pending.get_mut(pending) else {
            return Ok(());
        };
        let Ask::Login {
            draft: first,
            joined,
            ..
        } = &mut entry.ask
        else {
            return Ok(());
        };
        if first.response_type != draft.response_type {
            return Err(RequestError::other_flow_pending(pending));
        }
        if joined.len() >= MAX_JOINED {
            let text =
                format!("{MAX_JOINED} requests have joined the pending login, that is the most");
            return Err(RequestError::new(RequestErrorKind::TooManyPending, text));
        }
        joined.push(draft.id);
        if is_open {
            (frame.tell)(Report::Opened(RequestOpened {
                id: draft.id,
                link: entry.link.clone(),
            }));
        }
        self.reopen_unless_just_opened(frame, pending);
        Ok(())
    }

    /// Logs the player in for requests that wait, if the plugin is to do that.
    pub(super) fn login_for_waiting(&mut self, frame: &mut Frame<'_>) {
        let exchanging = self
            .exchanging
            .is_some_and(|since| since.elapsed() < CODE_LIFE);
        let idle = !frame.session.is_restoring() && !frame.requests.is_logging_in() && !exchanging;
        if idle
            && frame
                .requests
                .pending
                .find(Entry::waits_for_session)
                .is_some()
        {
            match self.settings.automatic_login.clone() {
                Some(login) => self.submit_login(frame, &login().0),
                None => self.end_waiting(frame, &Outcome::Failed(frame.session.not_logged_in())),
            }
        }
    }

    pub(super) fn login_ended(
        &mut self,
        frame: &mut Frame<'_>,
        id: RequestId,
        entry: Entry,
        cause: Cause<Answered>,
    ) {
        let Ask::Login {
            redirect_uri,
            joined,
            ..
        } = entry.ask
        else {
            return;
        };
        frame.session.set_logging_in(false);
        let outcome = match cause {
            Cause::Answered(Answered::Login(parsed)) => {
                self.login_answered(frame, parsed, &redirect_uri)
            }
            cause => {
                if matches!(cause, Cause::Expired) {
                    log::warn!(
                        "the login timed out. If OK's page showed an error in place of the login: {redirect_uri} must be \
                         registered in the application's settings, character by character"
                    );
                }
                ending(cause, entry.link).into()
            }
        };
        if outcome != Outcome::Completed(LoggedIn::Session) {
            frame.session.tell(SessionChange::LoginEnded);
        }
        for id in std::iter::once(id).chain(joined) {
            finish(
                frame,
                Finished::Login(LoginFinished {
                    id,
                    outcome: outcome.clone(),
                }),
            );
        }
        match outcome {
            // What waits is sent when the change of the session is looked at.
            Outcome::Completed(LoggedIn::Session) => {}
            // The game still has to give what its backend makes of the code.
            Outcome::Completed(LoggedIn::Code(_)) => self.exchanging = Some(Instant::now()),
            // A session may still come from the store.
            _ if frame.session.is_restoring() => {}
            outcome => self.end_waiting(frame, &outcome),
        }
    }

    fn login_answered(
        &self,
        frame: &mut Frame<'_>,
        parsed: Result<AuthorizationResponse, CallbackError>,
        redirect_uri: &str,
    ) -> Outcome<LoggedIn> {
        match parsed.map(|answer| answer.authorized) {
            Ok(Authorized::Token(grant)) => {
                frame
                    .session
                    .begin(SessionData::from(grant), SessionChange::LoggedIn);
                Outcome::Completed(LoggedIn::Session)
            }
            Ok(Authorized::Code(code)) => {
                Outcome::Completed(LoggedIn::Code(LoginCode::new(code, redirect_uri)))
            }
            Ok(Authorized::Refused(error)) if error.code == OAuthErrorCode::AccessDenied => {
                Outcome::Cancelled(CancelledBy::Player)
            }
            Ok(Authorized::Refused(error)) => Outcome::Failed(RequestError::oauth(&error)),
            Ok(_) => Outcome::Failed(RequestError::new(
                RequestErrorKind::InvalidCallback,
                "OK answered what was not asked",
            )),
            Err(error) => Outcome::Failed(RequestError::invalid_callback(&error)),
        }
    }
}
