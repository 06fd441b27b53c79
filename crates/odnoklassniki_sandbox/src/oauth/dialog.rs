//! The pages of the login dialog that wait for a button.

use std::collections::VecDeque;
use std::sync::Arc;

use super::request::LoginRequest;
use super::response::Grant;
use super::scopes::Scopes;
use super::tokens::TokenStore;
use super::types::Flow;
use crate::bounded::push;
use crate::{random, signature};

const MAX_PAGES: usize = 200;

/// A login that waits for a button.
struct OpenLogin {
    page_id: String,
    request: Arc<LoginRequest>,
    /// The query of the page, to show it again.
    query: String,
    logged_in: bool,
    /// Where the last button led. A second press leads there again, with the same token or code.
    redirect: Option<String>,
}

/// A button of the dialog.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Button {
    LogIn,
    /// With the scopes whose boxes are checked.
    Allow(Scopes),
    Deny,
}

/// What the dialog does next.
pub(crate) enum LoginStep {
    /// The sandbox does not know the page.
    UnknownPage,
    Show(LoginPage),
    /// Sends the browser to this URL.
    Redirect(String),
}

/// A page of the dialog.
pub(crate) struct LoginPage {
    pub(crate) id: String,
    pub(crate) asks_for: AsksFor,
    pub(crate) request: Arc<LoginRequest>,
    pub(crate) query: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum AsksFor {
    Login,
    Permissions,
}

#[derive(Default)]
pub(crate) struct LoginDialog {
    pages: VecDeque<OpenLogin>,
}

impl LoginDialog {
    /// Opens the dialog. It ends at once if the player is logged in and has granted everything
    /// before.
    pub(crate) fn open(
        &mut self,
        tokens: &mut TokenStore,
        request: LoginRequest,
        query: String,
        logged_in: bool,
    ) -> LoginStep {
        if logged_in && tokens.has_granted(request.app.id, request.scopes) {
            let grant = issue(tokens, &request, request.scopes);
            return LoginStep::Redirect(request.target.granted(&grant));
        }
        let page = OpenLogin {
            page_id: random::page_id(),
            request: Arc::new(request),
            query,
            logged_in,
            redirect: None,
        };
        let step = page.show();
        push(&mut self.pages, MAX_PAGES, page);
        step
    }

    /// Acts on a button.
    pub(crate) fn press(
        &mut self,
        tokens: &mut TokenStore,
        page_id: &str,
        button: Button,
    ) -> LoginStep {
        let page = self.pages.iter_mut().find(|page| page.page_id == page_id);
        let Some(page) = page else {
            return LoginStep::UnknownPage;
        };
        if let Some(url) = &page.redirect {
            return LoginStep::Redirect(url.clone());
        }
        let request = Arc::clone(&page.request);
        page.logged_in |= button == Button::LogIn;
        let url = match button {
            Button::Deny => request.target.denied(),
            Button::LogIn if tokens.has_granted(request.app.id, request.scopes) => {
                let grant = issue(tokens, &request, request.scopes);
                request.target.granted(&grant)
            }
            Button::Allow(checked) if page.logged_in => {
                let chosen = checked.union(Scopes::fixed()).intersection(request.scopes);
                tokens.grant(request.app.id, request.scopes, chosen);
                let grant = issue(tokens, &request, chosen);
                request.target.granted(&grant)
            }
            // The player allows nothing before they have logged in.
            Button::LogIn | Button::Allow(_) => return page.show(),
        };
        page.redirect = Some(url.clone());
        LoginStep::Redirect(url)
    }
}

impl OpenLogin {
    fn show(&self) -> LoginStep {
        LoginStep::Show(LoginPage {
            id: self.page_id.clone(),
            asks_for: if self.logged_in {
                AsksFor::Permissions
            } else {
                AsksFor::Login
            },
            request: Arc::clone(&self.request),
            query: self.query.clone(),
        })
    }
}

/// Issues what the flow of the request ends with: a token or a code.
pub(crate) fn issue(tokens: &mut TokenStore, request: &LoginRequest, scopes: Scopes) -> Grant {
    match request.target.flow {
        Flow::Token => {
            let issued = tokens.issue_token(request.app.id, scopes);
            Grant::Token {
                session_secret_key: signature::session_secret(
                    &issued.text,
                    &request.app.secret_key,
                ),
                access_token: issued.text,
                scopes,
                expires_in: issued.life.as_secs(),
            }
        }
        Flow::Code => {
            Grant::Code(tokens.issue_code(request.app.id, scopes, &request.target.redirect_uri))
        }
    }
}
