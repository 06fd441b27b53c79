//! The change from a page host to the browser.

use callback_listener::TOMBSTONE;

use super::context::{Context, Driver};
use super::effects::Effects;
use super::events::ListenerKind;
use super::listeners::CallbackCommand;
use super::login::{NewLogin, check_redirect_uris};
use super::pending::{Details, EndReason, PendingRecord};
use super::submit::NewWidget;
use super::tokens::return_token;
use crate::error::RequestError;
use crate::request::{NoticeKind, RequestId};

impl Driver {
    /// Opens a page in the browser that the page host cannot show. The return URL is another one, so
    /// the page is built and signed again, with a new token.
    pub(super) fn open_in_browser(
        &mut self,
        id: RequestId,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        let Some(before) = self.requests.remove(id) else {
            return;
        };
        if let Err(error) = self.begin_in_browser(&before, context, effects) {
            // It ends like every other request: from the table.
            self.requests.insert(before);
            return self.end(id, EndReason::Failed(error), context, effects);
        }
        effects.callbacks.push(CallbackCommand::Retire {
            kind: before.data.listener,
            id,
            remembered: TOMBSTONE,
            keep_link: false,
        });
        if let Some(record) = self.requests.get_mut(id) {
            record.data.began = before.data.began;
            if let (Details::Login(login), Details::Login(earlier)) =
                (&mut record.data.details, before.data.details)
            {
                login.joined = earlier.joined;
            }
        }
        self.notice(id, NoticeKind::BrowserInstead, effects);
    }

    fn begin_in_browser(
        &mut self,
        before: &PendingRecord,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) -> Result<(), RequestError> {
        let data = &before.data;
        let (id, kind) = (before.id(), data.kind);
        match &data.details {
            Details::Widget(widget) => {
                let new = NewWidget {
                    id,
                    kind,
                    origin: data.origin.clone(),
                    payload: widget.payload.clone(),
                    listener: ListenerKind::Widgets,
                    return_token: return_token()?,
                    deadline: data.deadline,
                    page: data.page + 1,
                    is_open: false,
                };
                self.begin_widget(new, widget.signer.clone(), context, effects)
            }
            Details::Login(login) => {
                check_redirect_uris(context.config)?;
                let new = NewLogin {
                    id,
                    kind,
                    origin: data.origin.clone(),
                    payload: login.payload.clone(),
                    listener: ListenerKind::Login,
                    return_token: return_token()?,
                    deadline: data.deadline,
                    page: data.page + 1,
                    opened_at: None,
                };
                self.begin_login(new, context, effects)
            }
        }
    }
}
