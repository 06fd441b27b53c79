//! A program in a browser: one thread, and no clock for the standard library.

use core::time::Duration;
use std::io;
use std::sync::mpsc::Receiver;
use std::time::SystemTime;

use zeroize::Zeroizing;

/// No callback can reach a game in a browser yet.
pub(crate) const HAS_CALLBACKS: bool = false;

/// Runs the job at once.
///
/// # Errors
///
/// Never, unlike on native targets.
pub(crate) fn start(name: &str, job: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    _ = name;
    job();
    Ok(())
}

/// Does nothing: jobs run at once, so none is late.
pub(crate) fn call_unless_dropped_within(
    timeout: Duration,
    until: Receiver<()>,
    late: impl FnOnce() + Send + 'static,
) {
    _ = (timeout, until, late);
}

/// Returns `None`: there is no such clock.
pub(crate) fn wall_clock() -> Option<SystemTime> {
    None
}

/// Returns an error: no request needs a token yet.
///
/// # Errors
///
/// Always.
pub(crate) fn random(_: &mut [u8]) -> Result<(), String> {
    Err("not on the web yet".to_owned())
}

/// Returns the query of the page's address, with its `?`. `None` in a worker, which has no page.
pub(crate) fn launch_query() -> Option<Zeroizing<String>> {
    let query = web_sys::window()?.location().search().ok()?;
    Some(Zeroizing::new(query))
}

/// Changes the query of the page's address without loading the page, and returns whether that
/// worked. The browser's error is not returned: its text may have the whole address.
pub(crate) fn change_query(change: impl FnOnce(&str) -> String) -> bool {
    let replace = || {
        let window = web_sys::window()?;
        let (location, history) = (window.location(), window.history().ok()?);
        let query = launch_query()?;
        let changed = change(&query);
        if *query == changed {
            return Some(());
        }
        // A whole URL, because a relative one would follow the page's `<base>`.
        let address = Zeroizing::new(location.href().ok()?);
        let before = address.split(['?', '#']).next()?;
        let url = format!("{before}{changed}{}", location.hash().ok()?);
        let state = history.state().ok()?;
        history.replace_state_with_url(&state, "", Some(&url)).ok()
    };
    replace().is_some()
}
