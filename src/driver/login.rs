//! The login: one at a time. Later logins join it.

use callback_listener::{PageUrl, PendingCallback, ReturnToken};
use odnoklassniki::oauth::{AuthorizeRequest, Authorized, OAuthErrorCode};
use zeroize::Zeroizing;

use super::access::{access, listener_of};
use super::context::{Context, Driver};
use super::effects::Effects;
use super::events::{Event, ListenerKind, PageNumber};
use super::listeners::CallbackCommand;
use super::parsers;
use super::pending::{Deadline, Details, EndReason, LoginDetails, PendingRecord, RequestData};
use super::state::RequestState;
use super::submit::app_id;
use super::tokens::{link_token, return_token};
use crate::capabilities::unsupported;
use crate::config::Config;
use crate::error::{RequestError, RequestErrorKind};
use crate::platform;
use crate::request::callback::ReceivedCallback;
use crate::request::submission::{Joined, LoginPayload, Origin, Request as _, Submission};
use crate::request::{
    CODE_LIFETIME, CancelledBy, Finished, LoggedIn, LoginCode, LoginFinished, MAX_JOINED, Outcome,
    RequestId, RequestKind,
};
use crate::session::{SessionChange, SessionData};

/// A login that has passed all checks, or that an earlier run of the game has sent.
pub(super) struct NewLogin {
    pub(super) id: RequestId,
    pub(super) kind: RequestKind,
    pub(super) origin: Origin,
    pub(super) payload: LoginPayload,
    /// The listener that receives its callback.
    pub(super) listener: ListenerKind,
    pub(super) return_token: ReturnToken,
    pub(super) deadline: Deadline,
    /// The number of its page.
    pub(super) page: PageNumber,
    /// The redirect URI of its page, if that is open already.
    pub(super) opened_at: Option<String>,
}

impl Driver {
    /// Starts a login, joins the one that is pending, or ends the request at once.
    pub(super) fn submit_login(
        &mut self,
        login: Submission<LoginPayload>,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        let (id, origin) = (login.id, login.origin());
        let Err(error) = self.send_login(login, context, effects) else {
            return;
        };
        let listener = listener_of(context.config, ListenerKind::Login);
        effects
            .callbacks
            .push(CallbackCommand::StopIfUnused(listener));
        let outcome = Outcome::Failed(error);
        finish(id, origin, &outcome, effects);
        if self.requests.login().is_none() && !context.session.is_restoring() {
            effects.events.push(Event::SessionWaitEnded(outcome));
        }
    }

    /// Checks a login and sends it, or joins the pending one.
    fn send_login(
        &mut self,
        login: Submission<LoginPayload>,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) -> Result<(), RequestError> {
        if context.config.return_page.is_none() {
            let kind = RequestErrorKind::NotConfigured;
            return Err(RequestError::needs_return_page(kind, "a login"));
        }
        if !context.config.capabilities.login {
            return Err(unsupported());
        }
        let timeout = login.timeout_or(context.config.timeout)?;
        login.check_tag()?;
        app_id(context)?;
        if let Some(pending) = self.requests.login() {
            return self.join(pending, &login, context, effects);
        }
        let listener = listener_of(context.config, ListenerKind::Login);
        if listener == ListenerKind::Login {
            check_redirect_uris(context.config)?;
        }
        let new = NewLogin {
            id: login.id,
            kind: login.kind,
            origin: login.origin(),
            payload: login.payload,
            listener,
            return_token: return_token()?,
            deadline: Deadline::after(timeout, context.now),
            page: 0,
            opened_at: None,
        };
        self.begin_login(new, context, effects)
    }

    /// Sends a login, in the same order as a widget: bind, build the URL, and only then open.
    pub(super) fn begin_login(
        &mut self,
        new: NewLogin,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) -> Result<(), RequestError> {
        let NewLogin {
            id,
            payload,
            listener,
            return_token,
            deadline,
            ..
        } = new;
        let (client_id, link_token) = (app_id(context)?, link_token()?);
        let bound = context.listeners.redirect_uri(listener)?;
        let is_open = new.opened_at.is_some();
        let redirect_uri = new.opened_at.unwrap_or(bound);
        let mut access = access(context, listener, &link_token)?;
        let request = AuthorizeRequest {
            client_id,
            response_type: payload.response_type,
            scopes: &payload.scopes,
            layout: payload.layout,
            redirect_uri: &redirect_uri,
            state: return_token.expose(),
        };
        let url = request.url(&context.config.hosts)?;
        // The URL is percent-encoded, so this cannot fail.
        let page = PageUrl::new(url.expose().to_owned()).map_err(|error| {
            RequestError::new(RequestErrorKind::InvalidRequest, error.to_string())
        })?;
        let state = Zeroizing::new(return_token.expose().to_owned());
        let mut callback = PendingCallback {
            id,
            link_token,
            return_token: return_token.clone(),
            page: None,
            deadline: deadline.at,
            parser: parsers::login_parser(payload.response_type, state),
        };
        access.set_url(&mut callback, page);
        log::debug!("{id} awaits its callback at {redirect_uri}, which must be registered with OK");
        effects
            .callbacks
            .push(CallbackCommand::Register(listener, callback));
        let state = match is_open {
            true => RequestState::Open,
            false => RequestState::Opening { again: false },
        };
        let details = Details::Login(LoginDetails {
            payload,
            redirect_uri,
            joined: Vec::new(),
        });
        let page = (new.page, listener, access);
        let data = RequestData::new(
            new.kind,
            new.origin,
            page,
            return_token,
            context.now,
            deadline,
            details,
        );
        let record = PendingRecord::new(id, state, data);
        effects.open.extend(record.open_job().filter(|_| !is_open));
        let is_inserted = self.requests.insert(record);
        debug_assert!(is_inserted, "{id} would never end: the table refused it");
        context.session.set_logging_in(true);
        Ok(())
    }

    fn join(
        &mut self,
        pending: RequestId,
        login: &Submission<LoginPayload>,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) -> Result<(), RequestError> {
        let Some(record) = self.requests.get_mut(pending) else {
            return Ok(());
        };
        let was_opened = record.was_opened();
        let Some(first) = record.data.login_mut() else {
            return Ok(());
        };
        if first.payload.response_type != login.payload.response_type {
            return Err(RequestError::other_flow_pending(pending));
        }
        if first.joined.len() >= MAX_JOINED {
            let text = format!(
                "{MAX_JOINED} requests have joined the pending login, which is the maximum"
            );
            return Err(RequestError::new(RequestErrorKind::TooManyPending, text));
        }
        first.joined.push(Joined {
            id: login.id,
            tag: login.tag.clone(),
        });
        if was_opened {
            effects.opened(login.id, record.data.link());
        }
        self.reopen_unless_just_opened(pending, context, effects);
        Ok(())
    }

    /// Logs the player in for waiting requests, or ends them if automatic login is off.
    pub(super) fn log_in_for_waiting(&mut self, context: &mut Context<'_>, effects: &mut Effects) {
        let is_exchanging = self
            .exchanging
            .is_some_and(|since| context.now.saturating_duration_since(since) < CODE_LIFETIME);
        if context.session.is_restoring() || self.is_logging_in() || is_exchanging {
            return;
        }
        if self
            .requests
            .find(PendingRecord::waits_for_session)
            .is_none()
        {
            return;
        }
        effects.events.push(match &context.config.automatic_login {
            Some(login) => Event::Submitted(Box::new(login().submission())),
            None => Event::SessionWaitEnded(Outcome::Failed(context.session.not_logged_in())),
        });
    }

    pub(super) fn login_ended(
        &mut self,
        record: &PendingRecord,
        login: &LoginDetails,
        end: EndReason,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        context.session.set_logging_in(false);
        let outcome = match end {
            EndReason::Callback(callback) => logged_in(callback, &login.redirect_uri, context),
            end => {
                if matches!(end, EndReason::TimedOut) {
                    log::warn!(
                        "the login timed out. If OK's page showed an error in place of the login: {} must be registered in the application's settings, character by character",
                        login.redirect_uri
                    );
                }
                record.data.not_completed(end).of_kind()
            }
        };
        if outcome != Outcome::Completed(LoggedIn::Session) {
            context.session.changed(SessionChange::LoginEnded);
        }
        for (id, origin) in record.origins() {
            finish(id, origin, &outcome, effects);
        }
        match outcome {
            // The driver sends waiting requests when it handles the change of the session.
            Outcome::Completed(LoggedIn::Session) => {}
            // The game's backend still has to exchange the code.
            Outcome::Completed(LoggedIn::Code(_)) => self.exchanging = Some(context.now),
            // A session may still come from the store.
            _ if context.session.is_restoring() => {}
            outcome => effects.events.push(Event::SessionWaitEnded(outcome)),
        }
    }
}

/// Checks that the login has redirect URIs, where it needs some.
///
/// # Errors
///
/// Returns an error if there is none, or if one is wrong.
pub(super) fn check_redirect_uris(config: &Config) -> Result<(), RequestError> {
    match &config.redirect_uris {
        Err(error) => Err(error.clone().into()),
        Ok(uris) if uris.is_empty() && !platform::HAS_RETURN_PAGE => {
            Err(RequestError::no_redirect())
        }
        Ok(_) => Ok(()),
    }
}

/// Returns the outcome of a login. A token starts the session.
fn logged_in(
    callback: ReceivedCallback,
    redirect_uri: &str,
    context: &mut Context<'_>,
) -> Outcome<LoggedIn> {
    let ReceivedCallback::Login(parsed) = callback else {
        return Outcome::Failed(RequestError::callback_of_another_kind());
    };
    match parsed.map(|response| response.authorized) {
        Ok(Authorized::Token(grant)) => {
            context
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
        Ok(_) => Outcome::Failed(RequestError::callback_of_another_kind()),
        Err(error) => Outcome::Failed(RequestError::invalid_callback(&error)),
    }
}

fn finish(id: RequestId, origin: Origin, outcome: &Outcome<LoggedIn>, effects: &mut Effects) {
    let Origin { tag, resumed } = origin;
    effects.finished(Finished::Login(LoginFinished {
        id,
        outcome: outcome.clone(),
        tag,
        resumed,
    }));
}
