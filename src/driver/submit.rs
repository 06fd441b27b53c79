//! Sending a widget's page.

use std::sync::Arc;

use callback_listener::PendingCallback;
use odnoklassniki::{ApplicationId, Signer};

use super::context::{Context, Driver};
use super::effects::{Effects, SignJob};
use super::events::{Event, ListenerKind};
use super::interpret;
use super::listeners::CallbackCommand;
use super::pending::{Pending, PendingRecord};
use super::sign::{SignedPage, UnsignedPage};
use super::state::{RequestEvent, RequestState};
use super::tokens::{link_token, return_token};
use crate::capabilities::unsupported;
use crate::credentials::AppCredentials;
use crate::error::{RequestError, RequestErrorKind};
use crate::request::submission::{Payload, Submission, WidgetPayload};
use crate::request::{Ending, Finished, MAX_PENDING, RequestId};

impl Driver {
    /// Starts a request, or ends it at once.
    pub(super) fn submit(
        &mut self,
        submission: Submission,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        if self.is_known(submission.id, context) {
            return;
        }
        let (id, kind) = (submission.id, submission.kind);
        match submission.payload.clone() {
            Payload::Login(login) => self.submit_login(submission, &login, context, effects),
            Payload::Widget(widget) => {
                if let Err(error) = self.send_widget(submission, *widget, context, effects) {
                    effects
                        .callbacks
                        .push(CallbackCommand::StopIfUnused(ListenerKind::Widgets));
                    let ending = Ending::Failed(error);
                    effects.finished(Finished::without_callback(kind, id, ending));
                }
                effects.events.push(Event::LoginNeeded);
            }
        }
    }

    /// The order is the promise: check, bind, make the return URL from the bound port, sign, and
    /// only then open.
    fn send_widget(
        &mut self,
        submission: Submission,
        widget: WidgetPayload,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) -> Result<(), RequestError> {
        if !context.config.capabilities.widgets {
            return Err(unsupported());
        }
        widget.validate()?;
        let timeout = submission.timeout_or(context.config.timeout)?;
        let app_id = app_id(context)?;
        let signer = signer(context)?;
        self.refuse_a_double_click(&submission, &widget, signer.as_ref(), context, effects)?;
        self.refuse_too_many()?;

        let (link_token, return_token) = (link_token()?, return_token()?);
        let return_url = context.addresses.return_url(&return_token)?;
        let link = context
            .addresses
            .one_time_link(ListenerKind::Widgets, &link_token)?;
        let hosts = context.config.hosts.clone();
        let (id, kind) = (submission.id, widget.widget);
        let page = UnsignedPage::new(id, app_id, hosts, widget, return_url);
        let deadline = context.now + timeout;
        let mut callback = PendingCallback {
            id,
            link_token,
            return_token,
            page: None,
            deadline,
            parser: interpret::widget_parser(kind, page.state()),
        };
        let (state, signature) = match &signer {
            None => (RequestState::WaitingForSession(Box::new(page)), None),
            Some(signer) if signer.is_remote() => {
                // The listener also keeps the backend's time.
                callback.deadline = context.now + timeout.min(context.config.signing_timeout);
                let signer = Arc::clone(signer);
                effects.sign.push(SignJob { id, page, signer });
                (RequestState::WaitingForSignature, None)
            }
            Some(signer) => {
                let signed = page.sign(signer)?;
                callback.page = Some(signed.url);
                effects.open.push((id, link.clone()));
                (
                    RequestState::Opening { again: false },
                    Some(signed.signature),
                )
            }
        };
        effects
            .callbacks
            .push(CallbackCommand::Register(ListenerKind::Widgets, callback));
        if signer.is_none()
            && let Some(login) = self.requests.login()
        {
            // A later click on whatever needs a session means that the player misses the login
            // page.
            self.reopen_unless_just_opened(login, context, effects);
        }
        let mut body = Pending::new(submission, link, context.now, deadline);
        (body.signer, body.signature) = (signer, signature);
        body.session = context.session.serial();
        self.requests.insert(PendingRecord::new(id, state, body));
        Ok(())
    }

    /// Opens the page of an equal request again that is pending, unless it was just opened.
    ///
    /// # Errors
    ///
    /// There is such a request; the new one ends as `AlreadyPending`.
    fn refuse_a_double_click(
        &mut self,
        submission: &Submission,
        widget: &WidgetPayload,
        signer: Option<&Arc<Signer>>,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) -> Result<(), RequestError> {
        let is_equal = |record: &PendingRecord| {
            let shows_the_same = matches!(
                &record.body.submission.payload,
                Payload::Widget(other) if **other == *widget
            );
            // Another player's request is another request.
            let own_signer = record.body.signer.as_ref().map(Arc::as_ptr);
            record.body.submission.kind == submission.kind
                && shows_the_same
                && own_signer == signer.map(Arc::as_ptr)
        };
        let Some(other) = self.requests.find(is_equal) else {
            return Ok(());
        };
        self.reopen_unless_just_opened(other, context, effects);
        Err(RequestError::already_pending(other))
    }

    fn refuse_too_many(&self) -> Result<(), RequestError> {
        let pending = self
            .requests
            .iter()
            .filter(|record| !record.body.is_login())
            .count();
        if pending < MAX_PENDING {
            return Ok(());
        }
        let text = format!(
            "{pending} requests are pending, that is the most; wait for one to end, or cancel one"
        );
        Err(RequestError::new(RequestErrorKind::TooManyPending, text))
    }

    /// Opens a page whose URL is signed now.
    pub(super) fn signed(
        &mut self,
        id: RequestId,
        page: SignedPage,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        let Some(record) = self
            .requests
            .get_mut(id)
            .filter(|record| record.waits_for_signature())
        else {
            return;
        };
        record.body.opened = context.now;
        record.body.signature = Some(page.signature);
        let (deadline, link) = (record.body.deadline, record.body.link.clone());
        effects
            .callbacks
            .push(CallbackCommand::SetPage(id, page.url, deadline));
        effects.open.push((id, link));
        self.requests.apply(id, RequestEvent::Signed);
    }
}

/// Returns what signs a request now: the game's own signer, or the session's. `None` if the request
/// is to wait for a session.
fn signer(context: &Context<'_>) -> Result<Option<Arc<Signer>>, RequestError> {
    let session = &*context.session;
    let may_wait = session.is_restoring() || context.config.automatic_login.is_some();
    // A signer of the game's own needs no session where there never was one: then its backend knows
    // who plays.
    let needs_no_session = session.serial() == 0 && !may_wait;
    match current_signer(context) {
        Some(signer) if session.is_logged_in() || needs_no_session => Ok(Some(signer)),
        _ if may_wait && !session.is_logged_in() => Ok(None),
        _ => Err(session.not_logged_in()),
    }
}

/// Returns what the game has to sign with, or else what the session has.
pub(super) fn current_signer(context: &Context<'_>) -> Option<Arc<Signer>> {
    let own = context.credentials.and_then(AppCredentials::shared_signer);
    own.or_else(|| context.session.signer()).cloned()
}

/// Returns who the game is.
pub(super) fn app_id(context: &Context<'_>) -> Result<ApplicationId, RequestError> {
    let not_configured = |text: &str| RequestError::new(RequestErrorKind::NotConfigured, text);
    if let Some(error) = &context.config.setup_error {
        let advice = "see the text: the sandbox needs a free port on 127.0.0.1 and a thread";
        return Err(not_configured(error).with_advice(advice));
    }
    let credentials = context.credentials.ok_or_else(|| {
        not_configured("there is no AppCredentials resource")
            .with_advice("insert AppCredentials again")
    })?;
    credentials.application_id()
}
