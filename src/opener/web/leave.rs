//! OK's page in place of the game, which starts anew afterwards.

use std::cell::RefCell;

use callback_listener::browser::{self, CannotLeave};
use callback_listener::{OneTimeLink, ReturnToken};

pub(crate) use callback_listener::browser::{forget, is_leaving};

use crate::opener::{LeftBehind, OpenError, PageEvent};

/// Whether OK's page can open in place of the game.
pub(crate) const LEAVES: bool = true;

thread_local! {
    static RETURN_PAGE: RefCell<ReturnPage> = const { RefCell::new(ReturnPage::Unknown) };
}

/// Whether the return page is there. Without it a player would not come back.
enum ReturnPage {
    Unknown,
    /// It is being fetched for these pages.
    Wanted(Vec<Box<dyn Fn(PageEvent)>>),
    Found,
}

/// Returns whether the return page was found. If not, looks for it: `send` gets
/// [`PageEvent::WindowWanted`] when it is there, in the order of the calls.
pub(crate) fn finds_return_page(link: &OneTimeLink, send: impl Fn(PageEvent) + 'static) -> bool {
    RETURN_PAGE.with_borrow_mut(|page| {
        if matches!(page, ReturnPage::Unknown) {
            // It calls back later, never here.
            browser::find_return_page(link, on_found);
            *page = ReturnPage::Wanted(Vec::new());
        }
        if let ReturnPage::Wanted(all) = page {
            all.push(Box::new(send));
        }
        matches!(page, ReturnPage::Found)
    })
}

fn on_found(is_there: bool) {
    let (next, event) = match is_there {
        true => (ReturnPage::Found, PageEvent::WindowWanted),
        false => (ReturnPage::Unknown, PageEvent::ReturnPageMissing),
    };
    if let ReturnPage::Wanted(all) = RETURN_PAGE.replace(next) {
        all.iter().for_each(|send| send(event.clone()));
    }
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
