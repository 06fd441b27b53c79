//! The web's default opener: a window of its own for OK's page.

mod leave;
mod prompt;

use callback_listener::browser::open_popup;

pub(crate) use self::leave::{LEAVES, forget, is_leaving, keep, leave, left_behind};
pub(crate) use self::prompt::{hide_prompt, show_prompt};
use super::{OpenError, Page, PageEvent};
use crate::request::RequestId;

/// The window's features. OK's pages fit into it without scrolling.
const FEATURES: &str = "popup,width=680,height=600";

/// Opens a link in a window of its own, in this frame: a browser opens one only for a click, a tap
/// or a key press. Calls `send` once: at once, or after a second in which the player did not release
/// what they press.
pub(crate) fn open_by_default(page: Page, send: impl Fn(PageEvent) + Send + 'static) {
    open_popup(&page.link, FEATURES, move |result| {
        send(match result {
            Ok(()) => PageEvent::Opened,
            Err(error) => PageEvent::CannotOpen(OpenError::popup_blocked(error.to_string())),
        });
    });
}

/// Removes what belongs to a request that is over.
pub(crate) fn end(id: RequestId) {
    hide_prompt(id);
}

/// Does nothing, because no program was started.
pub(crate) fn reap() {}
