//! The state of a running sandbox. One lock for all that changes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::application::Application;
use crate::behavior::{Behavior, BehaviorQueue};
use crate::error_code::{NO_SUCH_APP, PARAM, PARAM_PERMISSION};
use crate::oauth::dialog::{self, Button, LoginDialog, LoginStep};
use crate::oauth::redirect_uri;
use crate::oauth::request::{LoginRequest, RefusedLogin};
use crate::oauth::response::Grant;
use crate::oauth::scopes::Scopes;
use crate::oauth::tokens::{TokenOwner, TokenStatus, TokenStore};
use crate::oauth::types::Flow;
use crate::page_kind::PageKind;
use crate::page_settings::PageSettings;
use crate::people::DEMO_USER_ID;
use crate::records::{Records, SeenRequest};
use crate::widget::dialog::{Submission, WidgetDialog, WidgetStep, accept};
use crate::widget::request::{RefusedWidget, WidgetRequest};
use crate::widget::response::Outcome;

pub(crate) struct SandboxState {
    pub(crate) apps: Vec<Application>,
    /// Access tokens of the player that never expire.
    tokens: Vec<String>,
    /// Without a slash at the end.
    pub(crate) url: String,
    pub(crate) port: u16,
    data: Mutex<Data>,
}

/// What changes while the sandbox runs.
#[derive(Default)]
pub(crate) struct Data {
    pub(crate) behaviors: BehaviorQueue,
    pub(crate) page_settings: PageSettings,
    pub(crate) records: Records,
    pub(crate) tokens: TokenStore,
    logins: LoginDialog,
    widgets: WidgetDialog,
}

impl SandboxState {
    pub(crate) fn new(apps: Vec<Application>, tokens: Vec<String>, port: u16) -> Self {
        Self {
            apps,
            tokens,
            url: format!("http://127.0.0.1:{port}"),
            port,
            data: Mutex::default(),
        }
    }

    /// Returns the sandbox's own return URL, where a developer who tries a widget by hand ends.
    pub(crate) fn tried_url(&self) -> String {
        format!("{}/tried", self.url)
    }

    pub(crate) fn data(&self) -> MutexGuard<'_, Data> {
        // The data is valid after a panic elsewhere: no change here is made in two steps.
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the status of an access token, for the application with this id.
    pub(crate) fn token_status(&self, app_id: u64, token: &str) -> TokenStatus {
        if self.tokens.iter().any(|known| known == token) {
            return TokenStatus::Valid(TokenOwner {
                user_id: DEMO_USER_ID,
                scopes: Scopes::all(),
            });
        }
        self.data().tokens.status(app_id, token)
    }
}

/// Widgets.
impl SandboxState {
    /// Records a request that passed all checks. Returns what to do with it: the behavior that the
    /// visit asks for, or else the one that waits.
    pub(crate) fn widget_accepted(
        &self,
        request: &WidgetRequest,
        asked: Option<Behavior>,
    ) -> Behavior {
        let mut data = self.data();
        data.records.add_request(SeenRequest {
            kind: Some(request.kind),
            app_id: Some(request.app_id),
            refused: None,
            name: "",
            detail: String::new(),
        });
        asked.unwrap_or_else(|| data.behaviors.take(request.kind))
    }

    pub(crate) fn widget_refused(&self, refused: &RefusedWidget) {
        let message = refused.refusal.message.trim_end();
        self.data().records.add_request(SeenRequest {
            kind: refused.return_to.kind,
            app_id: refused.app_id,
            refused: Some(refused.refusal.code),
            name: refused.refusal.name(),
            detail: match refused.hint.as_str() {
                "" => message.to_owned(),
                hint => format!("{message}. {hint}"),
            },
        });
    }

    /// Remembers a page that the player is about to see. Returns its id.
    pub(crate) fn open_widget(&self, request: Arc<WidgetRequest>, query: String) -> String {
        self.data().widgets.open(request, query)
    }

    pub(crate) fn submit_widget(&self, submission: &Submission<'_>) -> WidgetStep {
        let data = &mut *self.data();
        data.widgets.submit(&mut data.records, submission)
    }

    /// Completes a request without a page: see [`accept`].
    pub(crate) fn accept_widget(
        &self,
        request: &WidgetRequest,
        friends: Option<Vec<u64>>,
    ) -> Outcome {
        accept(&mut self.data().records, request, friends)
    }
}

/// Logins.
impl SandboxState {
    /// Records a login that passed all checks. Returns what to do with it, as for a widget.
    pub(crate) fn login_accepted(
        &self,
        request: &LoginRequest,
        asked: Option<Behavior>,
    ) -> Behavior {
        let flow = match request.target.flow {
            Flow::Token => "token",
            Flow::Code => "code",
        };
        let origin = redirect_uri::origin(&request.target.redirect_uri);
        let mut data = self.data();
        data.records.add_request(SeenRequest {
            kind: Some(PageKind::Login),
            app_id: Some(request.app.id),
            refused: None,
            name: "",
            detail: format!(
                "{flow} flow, asks for {}, response goes to {origin}",
                request.scopes
            ),
        });
        asked.unwrap_or_else(|| data.behaviors.take(PageKind::Login))
    }

    pub(crate) fn login_refused(&self, refused: &RefusedLogin) {
        let (app_id, name, detail) = match refused {
            RefusedLogin::ByPage(error) => (error.app_id, error.name(), error.detail()),
            RefusedLogin::ByResponse { app_id, error, .. } => {
                (Some(*app_id), error.name, error.text.clone())
            }
        };
        let code = match name {
            "invalid_client" => NO_SUCH_APP,
            "unauthorized_client" => PARAM_PERMISSION,
            _ => PARAM,
        };
        self.data().records.add_request(SeenRequest {
            kind: Some(PageKind::Login),
            app_id,
            refused: Some(code),
            name,
            detail,
        });
    }

    /// Opens the login dialog: see [`LoginDialog::open`].
    pub(crate) fn open_login(
        &self,
        request: LoginRequest,
        query: String,
        logged_in: bool,
    ) -> LoginStep {
        let data = &mut *self.data();
        data.logins
            .open(&mut data.tokens, request, query, logged_in)
    }

    pub(crate) fn press_login(&self, page_id: &str, button: Button) -> LoginStep {
        let data = &mut *self.data();
        data.logins.press(&mut data.tokens, page_id, button)
    }

    /// Logs the player in without a page, and grants all that the application asks for.
    pub(crate) fn accept_login(&self, request: &LoginRequest) -> Grant {
        let tokens = &mut self.data().tokens;
        tokens.grant(request.app.id, request.scopes, request.scopes);
        dialog::issue(tokens, request, request.scopes)
    }
}
