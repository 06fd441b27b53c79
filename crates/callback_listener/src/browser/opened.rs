//! The windows that the program has opened.

use std::cell::RefCell;

use js_sys::Object;
use wasm_bindgen::JsValue;
use web_sys::Window;

/// How many windows are remembered. A program has one or two.
const MAX_WINDOWS: usize = 16;

thread_local! {
    static OPENED: RefCell<Vec<Window>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn remember(window: Window) {
    OPENED.with_borrow_mut(|windows| {
        // One that an opener policy has cut off counts as closed; it can send no message.
        windows.retain(|window| !window.closed().unwrap_or(true));
        if windows.len() == MAX_WINDOWS {
            windows.remove(0);
        }
        windows.push(window);
    });
}

/// Returns whether this is a window that the program has opened.
pub(super) fn is_ours(source: &JsValue) -> bool {
    OPENED.with_borrow(|windows| windows.iter().any(|window| Object::is(window, source)))
}
