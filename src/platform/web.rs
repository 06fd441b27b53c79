//! A program in a browser: one thread, and the browser's clock and random numbers.

use core::time::Duration;
use std::io;
use std::sync::mpsc::Receiver;
use std::time::{SystemTime, UNIX_EPOCH};

use wasm_bindgen::JsCast as _;
use zeroize::Zeroizing;

/// Whether a callback can reach the game.
pub(crate) const HAS_CALLBACKS: bool = true;

/// Whether OK sends the player back to the game's return page, which must be registered for the
/// login.
pub(crate) const HAS_RETURN_PAGE: bool = true;

/// Whether a page opens before its URL is signed, and waits for it.
pub(crate) const OPENS_UNSIGNED: bool = true;

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

/// Returns the time of day.
pub(crate) fn wall_clock() -> Option<SystemTime> {
    let since = Duration::try_from_secs_f64(js_sys::Date::now() / 1000.0).ok()?;
    UNIX_EPOCH.checked_add(since)
}

/// Fills the bytes with random numbers from the browser.
///
/// # Errors
///
/// Returns an error if the program has no `crypto` (Web Cryptography, 10.1).
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), String> {
    let missing = |_| "the browser has no crypto.getRandomValues".to_owned();
    let crypto = js_sys::Reflect::get(&js_sys::global(), &"crypto".into()).map_err(missing)?;
    let crypto: web_sys::Crypto = crypto.dyn_into().map_err(missing)?;
    crypto
        .get_random_values_with_u8_array(bytes)
        .map(drop)
        .map_err(missing)
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
