//! Opens the service's page in place of the program, and keeps in the storage of the tab what the
//! program needs when it starts anew.

use std::{
    cell::{Cell, RefCell},
    fmt,
    time::Duration,
};

use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{
    BroadcastChannel, Element, Event, HtmlElement, PageTransitionEvent, Storage, Window,
};
use zeroize::Zeroizing;

use super::{
    bridge::{stop_delivering, visit},
    events::Listening,
};
use crate::{
    exchange::{NAME, to_open},
    kept::Kept,
    link::OneTimeLink,
    time::Instant,
    token::ReturnToken,
};

/// The entry's name in the tab's storage; `pages/return.js` has the same.
const ENTRY: &str = "callback_listener.page";

/// Where `pages/return.js` finds the return token of a callback without `state`.
const BACK: &str = "callback_listener.back";

/// How long the program waits for the page that it has asked for. Another page that it asks for
/// meanwhile would replace the first.
const LEAVING: Duration = Duration::from_secs(2);

thread_local! {
    static LEFT: Cell<Option<Instant>> = const { Cell::new(None) };
    static RETURNING: RefCell<Option<Listening>> = const { RefCell::new(None) };
}

/// Why a page cannot open in place of the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotLeave {
    /// Without storage the program would not know what it has asked for.
    #[error("the browser lets the page store nothing, or its storage is full")]
    Storage,
    /// The link is unknown, or was followed before.
    #[error("the link leads nowhere any more")]
    Link,
    /// The program has no page, as in a worker.
    #[error("the program has no page of its own")]
    NoPage,
}

/// What an earlier run of the program has left in the tab.
pub struct LeftBehind {
    /// The owner's text.
    pub text: Zeroizing<String>,
    /// The callback that has come since, with its return token.
    pub callback: Option<(ReturnToken, Zeroizing<String>)>,
}

impl fmt::Debug for LeftBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeftBehind").finish_non_exhaustive()
    }
}

/// Follows a link in place of the program, which ends by that. The owner must have [kept](keep)
/// what is pending; the return page leads back to the program's own URL.
///
/// The browser needs no click for it, and learns no URL but the service's.
///
/// # Errors
/// Returns why the program stays. What was kept stays, too.
pub fn leave(link: &OneTimeLink) -> Result<(), CannotLeave> {
    let window = web_sys::window().ok_or(CannotLeave::NoPage)?;
    let instruction = visit(link.token()).ok_or(CannotLeave::Link)?;
    let (url, return_token) = to_open(&instruction).ok_or(CannotLeave::Link)?;
    let storage = storage().ok_or(CannotLeave::Storage)?;
    storage
        .set_item(BACK, return_token)
        .map_err(|_| CannotLeave::Storage)?;
    navigate(&window, url).ok_or(CannotLeave::NoPage)?;
    LEFT.set(Some(Instant::now()));
    let on_return = |event: Event| {
        // Browsers keep a page that was left, and show it again as it was.
        let event: PageTransitionEvent = event.unchecked_into();
        if event.persisted() {
            start_anew();
        }
    };
    RETURNING.replace(Some(Listening::start(&window, "pageshow", on_return)));
    Ok(())
}

/// Returns whether the program has left for another page just now.
#[must_use]
pub fn is_leaving() -> bool {
    LEFT.get().is_some_and(|since| since.elapsed() < LEAVING)
}

/// Keeps the owner's text in the tab for the next run of the program, in place of an earlier one.
/// `return_tokens` are those of what is pending. A callback that was there is gone.
///
/// # Errors
/// Returns [`CannotLeave::Storage`] if the browser refuses. Then the earlier text stays.
pub fn keep<'a>(
    return_tokens: impl IntoIterator<Item = &'a ReturnToken>,
    text: &str,
) -> Result<(), CannotLeave> {
    let window = web_sys::window().ok_or(CannotLeave::NoPage)?;
    let return_tokens: Vec<_> = return_tokens.into_iter().map(ReturnToken::expose).collect();
    let kept = Kept {
        address: window.location().href().map_err(|_| CannotLeave::NoPage)?,
        return_tokens: Zeroizing::new(return_tokens.join(" ")),
        callback: Zeroizing::default(),
        text: Zeroizing::new(text.to_owned()),
    };
    let entry = kept.write();
    let storage = storage().ok_or(CannotLeave::Storage)?;
    storage
        .set_item(ENTRY, &entry)
        .map_err(|_| CannotLeave::Storage)
}

/// Returns what an earlier run of the program has kept. It stays there.
#[must_use]
pub fn left_behind() -> Option<LeftBehind> {
    let kept = Kept::parse(&read()?)?;
    kept.return_tokens.split(' ').for_each(take_over);
    Some(LeftBehind {
        callback: kept.callback(),
        text: kept.text,
    })
}

/// Removes what was kept.
pub fn forget() {
    if let Some(storage) = storage() {
        _ = storage.remove_item(ENTRY);
    }
}

/// Opens a URL in place of the program, and sends it no `Referer`.
fn navigate(window: &Window, url: &str) -> Option<()> {
    let link: Element = window.document()?.create_element("a").ok()?;
    link.set_attribute("href", url).ok()?;
    // The page may have another default target.
    link.set_attribute("target", "_self").ok()?;
    link.set_attribute("referrerpolicy", "no-referrer").ok()?;
    // It is in no document, so that no script of the page handles the click.
    link.dyn_ref::<HtmlElement>()?.click();
    Some(())
}

/// Makes the browser drop the page of an earlier run, which it may have kept to show it again: a
/// message for such a page ends it. In that page the storage would still be that of before.
fn take_over(return_token: &str) {
    if let Ok(channel) = BroadcastChannel::new(&[NAME, "/", return_token].concat()) {
        _ = channel.post_message(&JsValue::from_str(NAME));
        channel.close();
    }
}

/// Loads the program again: it goes on as any other run that finds what was kept.
fn start_anew() {
    stop_delivering();
    if let Some(window) = web_sys::window() {
        _ = window.location().reload();
    }
}

fn read() -> Option<Zeroizing<String>> {
    let entry = storage()?.get_item(ENTRY).ok()??;
    Some(Zeroizing::new(entry))
}

fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}
