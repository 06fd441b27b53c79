//! Windows that the program has opened.

use std::cell::RefCell;

use js_sys::Object;
use wasm_bindgen::JsValue;
use web_sys::Window;

use crate::link::OneTimeLink;

/// How many windows are remembered. A program has one or two.
const MAX_WINDOWS: usize = 16;

thread_local! {
    static OPENED: RefCell<Vec<Window>> = const { RefCell::new(Vec::new()) };
}

/// The browser opened no window: there was no click or key press just before, or the program is in a
/// frame that may not open one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the browser blocked the window")]
pub struct PopupBlocked;

/// Opens a link in a window of its own, at once. `features` are those of `window.open` (HTML
/// standard, 7.2.2.1), such as `popup,width=640,height=560`; without `noopener`.
///
/// Call it in the frame of a click or a key press: a browser blocks it otherwise.
///
/// # Errors
/// [`PopupBlocked`] if no window was opened.
pub fn open_popup(link: &OneTimeLink, features: &str) -> Result<(), PopupBlocked> {
    let window = web_sys::window().ok_or(PopupBlocked)?;
    let opened = window
        .open_with_url_and_target_and_features(link.expose(), "_blank", features)
        .ok()
        .flatten()
        .ok_or(PopupBlocked)?;
    OPENED.with_borrow_mut(|windows| {
        if windows.len() == MAX_WINDOWS {
            windows.remove(0);
        }
        windows.push(opened);
    });
    Ok(())
}

/// Returns whether this is a window that the program has opened.
pub(super) fn is_ours(source: &JsValue) -> bool {
    OPENED.with_borrow(|windows| windows.iter().any(|window| Object::is(window, source)))
}
