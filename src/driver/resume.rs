//! The requests that go on in the next run of the game: what is kept of them, and how they begin
//! again there.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use callback_listener::ReturnLink;

use super::access::listener_of;
use super::context::{Context, Driver};
use super::effects::Effects;
use super::events::{Event, ListenerKind};
use super::kept_store::TIMEOUT;
use super::listeners::CallbackCommand;
use super::login::NewLogin;
use super::pending::{Deadline, Details, PendingRecord, wall_clock};
use super::record::{self, KeptPage, KeptRequest, Resumed};
use super::submit::{NewWidget, signer};
use crate::error::RequestError;
use crate::opener;
use crate::platform;
use crate::request::submission::Origin;
use crate::request::{Finished, Outcome};
use crate::session::{SessionStore, StoreError, StoreErrorKind};

/// Returns what an earlier run of the game has kept. Removes what cannot be restored from the tab's
/// storage. In the game's store it is quarantined; a store that fails is not used.
pub(crate) fn load(app_id: &str, store: &mut Option<Arc<dyn SessionStore>>) -> Option<Resumed> {
    match store {
        // Builds for the web have none, and this lets the compiler leave it out.
        Some(used) if !platform::HAS_RETURN_PAGE => match load_in_time(app_id, used) {
            Ok(requests) => requests.map(|requests| Resumed::new(requests, None)),
            Err(error) => {
                log::warn!("pending requests do not outlive this run of the game: {error}");
                *store = None;
                None
            }
        },
        _ => load_from_tab(app_id),
    }
}

/// Loads on a thread, because a store may hang or panic.
fn load_in_time(
    app_id: &str,
    store: &Arc<dyn SessionStore>,
) -> Result<Option<Vec<KeptRequest>>, StoreError> {
    let failed = |text: String| Err(StoreError::new(StoreErrorKind::Failed, text));
    let (sender, loaded) = sync_channel(1);
    let send = move |result| _ = sender.send(result);
    let otherwise = move || failed("the pending store panicked, or has no thread".to_owned());
    let (app_id, store) = (app_id.to_owned(), Arc::clone(store));
    let job = move || load_from_store(&app_id, &*store);
    platform::run("ok-store", send, otherwise, job);
    let late = |_| {
        failed(format!(
            "the pending store did not respond within {TIMEOUT:?}"
        ))
    };
    loaded.recv_timeout(TIMEOUT).unwrap_or_else(late)
}

fn load_from_store(
    app_id: &str,
    store: &dyn SessionStore,
) -> Result<Option<Vec<KeptRequest>>, StoreError> {
    let Some(text) = store.load()? else {
        return Ok(None);
    };
    match record::read(app_id, &text) {
        Ok(requests) => Ok(Some(requests)),
        Err(why) => {
            let place = store.quarantine()?;
            log::warn!("the requests of an earlier run are not restored: {why}. Moved {place}");
            Ok(None)
        }
    }
}

fn load_from_tab(app_id: &str) -> Option<Resumed> {
    let Some(left) = opener::left_behind() else {
        opener::forget();
        return None;
    };
    match record::read(app_id, &left.text) {
        Ok(requests) => Some(Resumed::new(requests, left.callback)),
        Err(why) => {
            log::debug!("the requests of an earlier run are not restored: {why}");
            opener::forget();
            None
        }
    }
}

impl Driver {
    /// Returns the pending requests for the next run of the game, and which of their pages are open
    /// by then. Without `all`, returns only those that were restored themselves.
    pub(super) fn kept(
        &self,
        is_open: impl Fn(&PendingRecord) -> bool,
        all: bool,
    ) -> Vec<KeptRequest> {
        let is_kept = |record: &&PendingRecord| all || record.data.origin.resumed;
        let kept = |record: &PendingRecord| {
            let data = &record.data;
            KeptRequest {
                id: record.id(),
                kind: data.kind,
                return_token: data.return_token.clone(),
                tag: data.origin.tag.clone(),
                deadline: data.deadline.wall,
                timeout: data.deadline.timeout,
                is_open: is_open(record),
                page: match &data.details {
                    Details::Widget(widget) => KeptPage::Widget(Box::new(widget.payload.clone())),
                    Details::Login(login) => KeptPage::Login {
                        payload: login.payload.clone(),
                        redirect_uri: login.redirect_uri.clone(),
                        joined: login.joined.clone(),
                    },
                },
            }
        };
        self.requests.iter().filter(is_kept).map(kept).collect()
    }

    /// Takes over the requests of an earlier run. Those whose page was open are pending again,
    /// without opening it. The others are sent, or wait for a session. Those whose deadline has
    /// passed end.
    pub(super) fn resume(
        &mut self,
        resumed: Resumed,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) {
        let Resumed { requests, callback } = resumed;
        let token = callback.as_ref().map(|(token, _)| token.clone());
        let callback = callback.and_then(|(token, text)| {
            let request = requests.iter().find(|request| request.is_for(&token))?;
            let usual = match request.page {
                KeptPage::Widget(_) => ListenerKind::Widgets,
                KeptPage::Login { .. } => ListenerKind::Login,
            };
            let kind = listener_of(context.config, usual);
            Some(CallbackCommand::Deliver(kind, ReturnLink::new(token, text)))
        });
        for request in requests {
            if request.ids().any(|id| self.is_known(id, context)) {
                continue;
            }
            let (kind, origins): (_, Vec<_>) = (request.kind, request.origins().collect());
            // A callback that has come meanwhile may have come in time.
            let has_come = token.as_ref().is_some_and(|token| request.is_for(token));
            let resumed = match request.is_over(wall_clock()) && !has_come {
                true => Err(Outcome::TimedOut),
                false => (self.resume_one(request, context, effects)).map_err(Outcome::Failed),
            };
            if let Err(outcome) = resumed {
                for (id, origin) in origins {
                    let finished = Finished::not_completed(kind, id, outcome.clone());
                    effects.finished(finished.with_origin(origin));
                }
            }
        }
        // After the callbacks are registered; the listener decides what it means.
        effects.callbacks.extend(callback);
        for kind in ListenerKind::ALL {
            effects.callbacks.push(CallbackCommand::StopIfUnused(kind));
        }
        let waits = self.requests.find(PendingRecord::waits_for_session);
        if waits.is_some() {
            effects.events.push(Event::LoginMayBeNeeded);
        }
    }

    fn resume_one(
        &mut self,
        request: KeptRequest,
        context: &mut Context<'_>,
        effects: &mut Effects,
    ) -> Result<(), RequestError> {
        let deadline = Deadline::resumed(request.deadline, request.timeout, context.now);
        let origin = Origin {
            tag: request.tag.clone(),
            resumed: true,
        };
        let KeptRequest {
            id,
            kind,
            return_token,
            is_open,
            ..
        } = request;
        match request.page {
            KeptPage::Widget(payload) => {
                let signer = match signer(context) {
                    // Its page is open already.
                    Err(_) if is_open => None,
                    signer => signer?,
                };
                let widget = NewWidget {
                    id,
                    kind,
                    origin,
                    payload: *payload,
                    listener: listener_of(context.config, ListenerKind::Widgets),
                    return_token,
                    deadline,
                    page: 0,
                    is_open,
                };
                self.begin_widget(widget, signer, context, effects)?;
            }
            KeptPage::Login {
                payload,
                redirect_uri,
                joined,
            } => {
                let login = NewLogin {
                    id,
                    kind,
                    origin,
                    payload,
                    listener: listener_of(context.config, ListenerKind::Login),
                    return_token,
                    deadline,
                    page: 0,
                    opened_at: is_open.then_some(redirect_uri),
                };
                self.begin_login(login, context, effects)?;
                if let Some(record) = self.requests.get_mut(id)
                    && let Some(login) = record.data.login_mut()
                {
                    login.joined = joined;
                }
            }
        }
        Ok(())
    }
}
