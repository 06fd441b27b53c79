//! OK's page in place of the game, which starts anew afterwards.

use std::cell::Cell;

use callback_listener::browser::{self, CannotLeave};
use callback_listener::{OneTimeLink, ReturnToken};

pub(crate) use callback_listener::browser::{forget, is_leaving};

use crate::opener::{LeftBehind, OpenError, PageEvent};

/// Whether OK's page can open in place of the game.
pub(crate) const LEAVES: bool = true;

thread_local! {
    /// Whether the return page was there. A player would not come back without it.
    static IS_FOUND: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether the return page was found. If not, looks for it: `send` gets
/// [`PageEvent::WindowWanted`] when it is there.
pub(crate) fn finds_return_page(link: &OneTimeLink, send: impl Fn(PageEvent) + 'static) -> bool {
    if !IS_FOUND.get() {
        browser::find_return_page(link, move |is_there| {
            IS_FOUND.set(is_there);
            send(match is_there {
                true => PageEvent::WindowWanted,
                false => PageEvent::ReturnPageMissing,
            });
        });
    }
    IS_FOUND.get()
}

/// Opens a link in place of the game. What is pending must have been [kept](keep).
pub(crate) fn leave(link: &OneTimeLink) -> Result<(), OpenError> {
    browser::leave(link).map_err(cannot_leave)
}

/// Keeps the driver's text in the tab, for the next run of the game.
pub(crate) fn keep<'a>(
    return_tokens: impl IntoIterator<Item = &'a ReturnToken>,
    text: &str,
) -> Result<(), OpenError> {
    browser::keep(return_tokens, text).map_err(cannot_leave)
}

/// Returns what an earlier run of the game has kept.
pub(crate) fn left_behind() -> Option<LeftBehind> {
    let browser::LeftBehind { text, callback } = browser::left_behind()?;
    Some(LeftBehind { text, callback })
}

fn cannot_leave(error: CannotLeave) -> OpenError {
    OpenError::new(format!(
        "OK's page cannot open in place of the game: {error}"
    ))
}
