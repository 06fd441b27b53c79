//! The login as the house handles it: what a request is noted as, what a button does.

use std::sync::Arc;

use super::answer::{Back, Fault, Given};
use super::ledger::{Holder, Ledger, Standing};
use super::request::{Flow, LoginRequest, Refused};
use super::rights::Rights;
use crate::app::{Application, DEMO_USER_ID};
use crate::behavior::{Behavior, RequestKind};
use crate::codes::{NO_SUCH_APP, PARAM, PARAM_PERMISSION};
use crate::house::{House, SeenRequest, push};
use crate::random;
use crate::signature;

const MAX_TICKETS: usize = 200;

/// A login that waits for a button.
pub(crate) struct LoginTicket {
    number: String,
    request: Arc<LoginRequest>,
    /// Query of the page, to show it again.
    query: String,
    logged_in: bool,
    /// Where the last button led: a second press leads there again, with the same token or code.
    answered: Option<String>,
}

/// A button of the login.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Button {
    SignIn,
    /// With the rights whose boxes are ticked.
    Allow(Rights),
    Deny,
}

/// What it leads to.
pub(crate) enum Step {
    /// No page with that number is remembered.
    Unknown,
    /// A page of the login, with its query.
    Show(Page, Arc<LoginRequest>, String),
    /// An address.
    Go(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Page {
    SignIn,
    Consent,
}

impl House {
    /// Notes a login that passed and says what is to be done with it.
    pub(crate) fn login_accepted(
        &self,
        request: &LoginRequest,
        brought: Option<Behavior>,
    ) -> Behavior {
        let flow = match request.back.flow {
            Flow::Token => "token",
            Flow::Code => "code",
        };
        let origin = super::redirect::origin(&request.back.redirect_uri);
        let detail = format!(
            "{flow} flow, asks for {}, answer goes to {origin}",
            request.rights
        );
        let mut memory = self.memory();
        memory.note(SeenRequest {
            kind: Some(RequestKind::Login),
            app_id: Some(request.app_id),
            refused: None,
            name: "",
            detail,
        });
        brought.unwrap_or_else(|| memory.behaviors.take(RequestKind::Login))
    }

    pub(crate) fn login_refused(&self, refused: &Refused) {
        let (app_id, name, detail) = match refused {
            Refused::Here(fault) => (fault.app_id, fault.name(), fault.detail()),
            Refused::There { app_id, fault, .. } => (Some(*app_id), fault.name, fault.text.clone()),
        };
        let code = match name {
            "invalid_client" => NO_SUCH_APP,
            "unauthorized_client" => PARAM_PERMISSION,
            _ => PARAM,
        };
        self.memory().note(SeenRequest {
            kind: Some(RequestKind::Login),
            app_id,
            refused: Some(code),
            name,
            detail,
        });
    }

    /// What an access token is good for, with this application.
    pub(crate) fn standing(&self, app_id: u64, token: &str) -> Standing {
        if self.tokens.iter().any(|fixed| fixed == token) {
            return Standing::Live(Holder {
                user_id: DEMO_USER_ID,
                rights: Rights::all(),
            });
        }
        self.memory().ledger.standing(app_id, token)
    }

    /// Logs in and grants all that is asked, without a person.
    pub(crate) fn grant_all(&self, request: &LoginRequest) -> Option<Given> {
        let mut memory = self.memory();
        memory
            .ledger
            .grant(request.app_id, request.rights, request.rights);
        give(&mut memory.ledger, &self.apps, request, request.rights)
    }

    pub(crate) fn is_logged_in(&self, cookie: &str) -> bool {
        self.memory().ledger.is_logged_in(cookie)
    }

    /// The value of a new login cookie.
    pub(crate) fn welcome(&self) -> String {
        self.memory().ledger.welcome()
    }

    /// The dialog opens: it closes by itself if the player is logged in and there is nothing to
    /// ask; else a page is shown, whose number comes along.
    pub(crate) fn login_opened(
        &self,
        request: LoginRequest,
        query: String,
        logged_in: bool,
    ) -> (Step, String) {
        let mut memory = self.memory();
        if logged_in && memory.ledger.has_granted(request.app_id, request.rights) {
            let given = give(&mut memory.ledger, &self.apps, &request, request.rights);
            return (told(&request.back, given), String::new());
        }
        let number = random::page_id();
        let request = Arc::new(request);
        let (page, shown) = (
            if logged_in {
                Page::Consent
            } else {
                Page::SignIn
            },
            Arc::clone(&request),
        );
        let ticket = LoginTicket {
            number: number.clone(),
            request,
            query: query.clone(),
            logged_in,
            answered: None,
        };
        push(&mut memory.logins, MAX_TICKETS, ticket);
        (Step::Show(page, shown, query), number)
    }

    /// A button of the dialog was pressed.
    pub(crate) fn login_pressed(&self, number: &str, button: Button) -> Step {
        let mut memory = self.memory();
        let memory = &mut *memory;
        let Some(ticket) = memory
            .logins
            .iter_mut()
            .find(|ticket| ticket.number == number)
        else {
            return Step::Unknown;
        };
        if let Some(address) = &ticket.answered {
            return Step::Go(address.clone());
        }
        let request = Arc::clone(&ticket.request);
        let ledger = &mut memory.ledger;
        let step = match button {
            Button::Deny => Step::Go(request.back.error(DENIED.0, DENIED.1)),
            Button::SignIn if ledger.has_granted(request.app_id, request.rights) => {
                ticket.logged_in = true;
                told(
                    &request.back,
                    give(ledger, &self.apps, &request, request.rights),
                )
            }
            Button::SignIn => {
                ticket.logged_in = true;
                Step::Show(Page::Consent, request, ticket.query.clone())
            }
            // Nobody grants anything before he has logged in.
            Button::Allow(_) if !ticket.logged_in => {
                Step::Show(Page::SignIn, request, ticket.query.clone())
            }
            Button::Allow(chosen) => {
                let chosen = chosen.and(Rights::fixed()).only(request.rights);
                ledger.grant(request.app_id, request.rights, chosen);
                told(&request.back, give(ledger, &self.apps, &request, chosen))
            }
        };
        if let Step::Go(address) = &step {
            ticket.answered = Some(address.clone());
        }
        step
    }
}

/// The error a player's "no" is told as.
pub(crate) const DENIED: (&str, &str) = ("access_denied", "The user has not allowed it");

fn give(
    ledger: &mut Ledger,
    apps: &[Application],
    request: &LoginRequest,
    rights: Rights,
) -> Option<Given> {
    let app = apps.iter().find(|app| app.id == request.app_id)?;
    Some(match request.back.flow {
        Flow::Token => {
            let fresh = ledger.give_token(app.id, rights);
            Given::Token {
                session_secret_key: signature::session_secret(&fresh.token, &app.secret_key),
                access_token: fresh.token,
                rights,
                expires_in: fresh.life.as_secs(),
            }
        }
        Flow::Code => Given::Code(ledger.give_code(app.id, rights, &request.back.redirect_uri)),
    })
}

fn told(back: &Back, given: Option<Given>) -> Step {
    match given {
        Some(given) => Step::Go(back.given(&given)),
        // Only for an application that was read from the list and is no longer in it.
        None => Step::Unknown,
    }
}

/// The fault a behavior asked for, under the name of OK's code.
pub(crate) fn scripted(code: i32) -> Fault {
    let refusal = crate::codes::Refusal::scripted(code);
    Fault::new(refusal.name(), refusal.message.trim_end())
}
