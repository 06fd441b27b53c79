//! The default opener of a build without a browser: the game must open pages itself.

use callback_listener::OneTimeLink;

use super::{OpenError, Page, PageEvent};
use crate::request::RequestId;

/// Fails and names what is missing.
pub(crate) fn open_by_default(_: Page, send: impl Fn(PageEvent) + Send + 'static) {
    send(PageEvent::CannotOpen(OpenError::new(
        "this build has neither the feature `browser` nor an opener of the game",
    )));
}

/// Does nothing: only a browser blocks windows.
pub(crate) fn show_prompt(_: RequestId, _: &OneTimeLink, _: impl Fn(PageEvent) + Send + 'static) {}

/// Does nothing.
pub(crate) fn hide_prompt(_: RequestId) {}

/// Does nothing: no page was opened.
pub(crate) fn end(_: RequestId) {}

/// Does nothing, because no browser was started.
pub(crate) fn reap() {}
