//! Sending a widget's page.

use std::sync::Arc;

use callback_listener::{PendingCallback, ReturnToken};
use odnoklassniki::{ApplicationId, Signer};

use super::access::{access, listener_of};
use super::context::{Context, Driver};
use super::effects::{Effects, SignJob};
use super::events::{Event, ListenerKind, PageNumber};
use super::listeners::CallbackCommand;
use super::parsers;
use super::pending::{Access, Deadline, Details, PendingRecord, RequestData, WidgetDetails};
use super::sign::{SignedPage, UnsignedPage};
use super::state::{RequestEvent, RequestState};
use super::tokens::{link_token, return_token};
use crate::capabilities::unsupported;
use crate::config::Config;
use crate::credentials::AppCredentials;
use crate::error::{RequestError, RequestErrorKind};
use crate::opener::WebWindow;
use crate::request::submission::{Origin, Payload, Submission, WidgetPayload};
use crate::request::{Finished, MAX_PENDING, Outcome, RequestId, RequestKind};

/// A widget's request that has passed all checks, or that an earlier run of the game has sent.
pub(super) struct NewWidget {
    pub(super) id: RequestId,
    pub(super) kind: RequestKind,
    pub(super) origin: Origin,
    pub(super) payload: WidgetPayload,
    /// The listener that receives its callback.
    pub(super) listener: ListenerKind,
    pub(super) return_token: ReturnToken,
    pub(super) deadline: Deadline,
    /// The number of its page.
    pub(super) page: PageNumber,
    /// Whether its page is open already.
    pub(super) is_open: bool,
}

impl Driver {
    /// Sends a request, or ends it at once.
    pub(super) fn submit(
        &mut self,
        submission: Submission,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        if self.is_known(submission.id, context) {
            return;
        }
        let (id, kind, origin) = (submission.id, submission.kind, submission.origin());
        let (submission, payload) = submission.take_payload();
        match payload {
            Payload::Login(login) => {
                self.submit_login(submission.with_payload(login), context, effects);
            }
            Payload::Widget(widget) => {
                let widget = submission.with_payload(*widget);
                if let Err(error) = self.send_widget(widget, context, effects) {
                    let listener = listener_of(context.config, ListenerKind::Widgets);
                    effects
                        .callbacks
                        .push(CallbackCommand::StopIfUnused(listener));
                    let outcome = Outcome::Failed(error);
                    let finished = Finished::not_completed(kind, id, outcome);
                    effects.finished(finished.with_origin(origin));
                }
                if self
                    .requests
                    .find(PendingRecord::waits_for_session)
                    .is_some()
                {
                    effects.events.push(Event::LoginMayBeNeeded);
                }
            }
        }
    }

    /// Checks a widget's request and sends it.
    fn send_widget(
        &mut self,
        widget: Submission<WidgetPayload>,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) -> Result<(), RequestError> {
        if !context.config.capabilities.widgets {
            return Err(unsupported());
        }
        refuse_without_return_page(context.config)?;
        widget.payload.validate()?;
        let timeout = widget.timeout_or(context.config.timeout)?;
        widget.check_tag()?;
        app_id(context)?;
        let signer = signer(context)?;
        self.refuse_a_double_click(&widget, signer.as_ref(), context, effects)?;
        self.refuse_too_many()?;

        let waits = signer.is_none();
        let new = NewWidget {
            id: widget.id,
            kind: widget.kind,
            origin: widget.origin(),
            payload: widget.payload,
            listener: listener_of(context.config, ListenerKind::Widgets),
            return_token: return_token()?,
            deadline: Deadline::after(timeout, context.now),
            page: 0,
            is_open: false,
        };
        self.begin_widget(new, signer, context, effects)?;
        if waits && let Some(login) = self.requests.login() {
            // A later click on anything that needs a session means that the player has lost the
            // login page.
            self.reopen_unless_just_opened(login, context, effects);
        }
        Ok(())
    }

    /// Sends a widget's request, always in this order: bind, build the return URL from the bound
    /// port, sign, and only then open.
    pub(super) fn begin_widget(
        &mut self,
        new: NewWidget,
        signer: Option<Arc<Signer>>,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) -> Result<(), RequestError> {
        let (app_id, link_token, listener) = (app_id(context)?, link_token()?, new.listener);
        let return_url = match context.config.return_page {
            Some(_) => Some(context.listeners.return_url(listener, &new.return_token)?),
            None => None,
        };
        let parser = match &return_url {
            Some(_) => parsers::widget_parser,
            None => parsers::message_parser,
        };
        let mut access = access(context, listener, &link_token)?;
        let mut opens = false;
        let hosts = context.config.hosts.clone();
        let (id, payload, deadline) = (new.id, new.payload, new.deadline);
        let page = UnsignedPage::new(id, app_id, hosts, payload.clone(), return_url);
        let mut callback = PendingCallback {
            id,
            link_token,
            return_token: new.return_token.clone(),
            page: None,
            deadline: deadline.at,
            parser: parser(payload.widget, page.state()),
        };
        // A page that is open is signed only so that it can be opened again.
        let signer = signer.filter(|signer| !(new.is_open && signer.is_remote()));
        let (state, signature) = match &signer {
            None if new.is_open => (RequestState::Open, None),
            None => (RequestState::WaitingForSession(Box::new(page)), None),
            Some(signer) if signer.is_remote() => {
                // The listener watches the signing timeout, too.
                let timeout = context.now + context.config.signing_timeout;
                callback.deadline = deadline.at.min(timeout);
                let signer = Arc::clone(signer);
                effects.sign.push(SignJob { id, page, signer });
                opens = context.config.opens_unsigned();
                (RequestState::WaitingForSignature, None)
            }
            Some(signer) => {
                let signed = page.sign(signer)?;
                access.set_url(&mut callback, signed.url);
                opens = !new.is_open;
                let state = match new.is_open {
                    true => RequestState::Open,
                    false => RequestState::Opening { again: false },
                };
                (state, Some(signed.signature))
            }
        };
        effects
            .callbacks
            .push(CallbackCommand::Register(listener, callback));
        let details = WidgetDetails {
            payload,
            session: context.session.serial(),
            signer,
            signature,
        };
        let details = Details::Widget(Box::new(details));
        let page = (new.page, listener, access);
        let data = RequestData::new(
            new.kind,
            new.origin,
            page,
            new.return_token,
            context.now,
            deadline,
            details,
        );
        let record = PendingRecord::new(id, state, data);
        effects.open.extend(record.open_job().filter(|_| opens));
        let is_inserted = self.requests.insert(record);
        debug_assert!(is_inserted, "{id} would never end: the table refused it");
        Ok(())
    }

    /// Refuses a request that equals a pending one, and opens the page of that one again unless it
    /// was just opened.
    ///
    /// # Errors
    ///
    /// Returns `AlreadyPending` if there is such a request.
    fn refuse_a_double_click(
        &mut self,
        widget: &Submission<WidgetPayload>,
        signer: Option<&Arc<Signer>>,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) -> Result<(), RequestError> {
        let is_equal = |record: &PendingRecord| {
            // The plugin cannot show a page again that only an earlier run could sign.
            let can_be_shown = record.can_reopen() || !record.has_page();
            can_be_shown
                && record.data.kind == widget.kind
                && record.data.widget().is_some_and(|other| {
                    // Another session's signer means that this is another player's request.
                    other.payload == widget.payload
                        && other.signer.as_ref().map(Arc::as_ptr) == signer.map(Arc::as_ptr)
                })
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
            .filter(|record| !record.is_login())
            .count();
        if pending < MAX_PENDING {
            return Ok(());
        }
        let text = format!(
            "{pending} requests are pending, which is the maximum; wait for one to end, or cancel one"
        );
        Err(RequestError::new(RequestErrorKind::TooManyPending, text))
    }

    /// Opens a page that has just been signed.
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
        let mut is_remote = false;
        if let Some(widget) = record.data.widget_mut() {
            widget.signature = Some(page.signature);
            is_remote = widget
                .signer
                .as_ref()
                .is_some_and(|signer| signer.is_remote());
        }
        let (listener, deadline) = (record.data.listener, record.data.deadline.at);
        effects.callbacks.push(match &mut record.data.access {
            Access::Link(_) => CallbackCommand::SetPage(listener, id, page.url, deadline),
            Access::Host(url) => {
                *url = Some(Arc::new(page.url));
                CallbackCommand::SetDeadline(listener, id, deadline)
            }
        });
        // Otherwise a window is open already, and its page asks for the URL again and again.
        if !(is_remote && context.config.opens_unsigned()) {
            record.data.opened = context.now;
            effects.open.extend(record.open_job());
        }
        self.requests.apply(id, RequestEvent::Signed);
    }
}

/// Refuses a request whose page cannot be opened without a return page.
fn refuse_without_return_page(config: &Config) -> Result<(), RequestError> {
    let what = match config {
        Config {
            return_page: Some(_),
            ..
        } => return Ok(()),
        Config {
            opener: Some(_), ..
        } => "an opener of the game",
        Config {
            web_window: WebWindow::Page,
            ..
        } => "WebWindow::Page",
        _ => return Ok(()),
    };
    let kind = RequestErrorKind::CannotOpen;
    Err(RequestError::needs_return_page(kind, what))
}

/// Returns the signer for a new request: the game's, or the session's. Returns `None` if the
/// request must wait for a session.
pub(super) fn signer(context: &Context<'_>) -> Result<Option<Arc<Signer>>, RequestError> {
    let session = &*context.session;
    let may_wait = session.is_restoring() || context.config.automatic_login.is_some();
    // The game's signer needs no session if there never was one, unless its backend may get to know
    // the player by a login.
    let needs_no_session =
        |signer: &Signer| session.serial() == 0 && !(may_wait && signer.is_remote());
    match current_signer(context) {
        Some(signer) if session.is_logged_in() || needs_no_session(&signer) => Ok(Some(signer)),
        _ if may_wait && !session.is_logged_in() => Ok(None),
        _ => Err(session.not_logged_in()),
    }
}

/// Returns the game's signer, or else the session's.
pub(super) fn current_signer(context: &Context<'_>) -> Option<Arc<Signer>> {
    let own = context.credentials.and_then(AppCredentials::shared_signer);
    own.or_else(|| context.session.signer()).cloned()
}

/// Returns the application id.
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
