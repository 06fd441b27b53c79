//! Programs that stay beside OK's page: nothing is kept for another run.

use callback_listener::{OneTimeLink, ReturnToken};

use super::{LeftBehind, OpenError, PageEvent};

/// Whether OK's page can open in place of the game.
pub(crate) const LEAVES: bool = false;

/// Returns `true`: there is none to find.
pub(crate) fn finds_return_page(_: &OneTimeLink, _: impl Fn(PageEvent) + 'static) -> bool {
    true
}

/// Fails: the program cannot leave.
pub(crate) fn leave(_: &OneTimeLink) -> Result<(), OpenError> {
    Err(OpenError::new("only a page in a browser can leave"))
}

/// Returns `false`.
pub(crate) fn is_leaving() -> bool {
    false
}

/// Keeps nothing.
pub(crate) fn keep<'a>(
    _: impl IntoIterator<Item = &'a ReturnToken>,
    _: &str,
) -> Result<(), OpenError> {
    Ok(())
}

/// Returns nothing.
pub(crate) fn left_behind() -> Option<LeftBehind> {
    None
}

/// Does nothing.
pub(crate) fn forget() {}
