//! The web's default opener: a window of its own for OK's page, or a frame over the game.

mod elements;
mod frame;
mod leave;
mod popup;
mod prompt;

pub(crate) use self::leave::{
    LEAVES, finds_return_page, forget, is_leaving, keep, leave, left_behind,
};
pub(crate) use self::prompt::{hide_prompt, show_prompt};
use super::{Page, PageEvent, WebWindow};
use crate::request::RequestId;

/// Opens a page where the game wants it, in this frame: a browser opens a window only for a click, a
/// tap or a key press.
pub(crate) fn open_by_default(page: Page, send: impl Fn(PageEvent) + Send + 'static) {
    match page.window {
        WebWindow::Frame if !frame::prefers_window() => frame::open(page, send),
        WebWindow::Popup | WebWindow::Page | WebWindow::Frame => {
            frame::end(page.id);
            popup::open(page, send);
        }
    }
}

/// Removes what belongs to a request that is over.
pub(crate) fn end(id: RequestId) {
    hide_prompt(id);
    popup::end(id);
    frame::end(id);
}

/// Does nothing, because no program was started.
pub(crate) fn reap() {}
