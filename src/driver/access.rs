//! By which listener a request gets its callback, and how the player gets to its page.

use std::sync::Arc;

use callback_listener::{LinkToken, PageUrl, PendingCallback};

use super::context::Context;
use super::events::ListenerKind;
use super::pending::Access;
use crate::config::Config;
use crate::error::RequestError;
use crate::request::RequestId;
use crate::request::callback::ReceivedCallback;

/// Returns the listener of a new request, which `usual` is without return links.
pub(super) fn listener_of(config: &Config, usual: ListenerKind) -> ListenerKind {
    match config.return_links {
        Some(_) => ListenerKind::Links,
        None => usual,
    }
}

/// Returns how the player gets to a new page. The page has no URL yet.
pub(super) fn access(
    context: &mut Context<'_>,
    listener: ListenerKind,
    token: &LinkToken,
) -> Result<Access, RequestError> {
    if listener == ListenerKind::Links && context.config.page_host.is_some() {
        return Ok(Access::Host(None));
    }
    let link = context.listeners.one_time_link(listener, token)?;
    Ok(Access::Link(link))
}

impl Access {
    /// Sets the URL of a page whose callback is not registered yet.
    pub(super) fn set_url(
        &mut self,
        callback: &mut PendingCallback<RequestId, ReceivedCallback>,
        url: PageUrl,
    ) {
        match self {
            Self::Link(_) => callback.page = Some(url),
            Self::Host(shown) => *shown = Some(Arc::new(url)),
        }
    }
}
