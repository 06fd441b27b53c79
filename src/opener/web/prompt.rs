//! The plugin's own button over the page, for a window that the browser blocked.

use std::cell::RefCell;
use std::rc::Rc;

use callback_listener::OneTimeLink;
use callback_listener::browser::Listening;
use wasm_bindgen::JsValue;
use web_sys::{Document, Element};

use super::elements::{EarlierFocus, append, button, focus, is_russian};
use super::popup;
use crate::opener::{OpenError, PageEvent};
use crate::request::RequestId;

/// Over everything that the game draws.
const BOX: &str = "position:fixed;left:50%;bottom:24px;transform:translateX(-50%);z-index:2147483647;\
    display:flex;gap:8px;padding:12px;border-radius:12px;background:#1b1b1b;color:#fff;\
    font:16px/1.4 system-ui,sans-serif;box-shadow:0 4px 24px rgba(0,0,0,.5);max-width:calc(100vw - 48px)";

/// Why not even a click opens a window.
const NO_POPUPS: &str =
    "the game is in a frame that opens no windows: its sandbox attribute lacks allow-popups";

thread_local! {
    static PROMPT: RefCell<Option<Prompt>> = const { RefCell::new(None) };
}

/// The prompt, until it is dropped. There is one: a later request replaces it.
struct Prompt {
    id: RequestId,
    element: Element,
    _listening: [Listening; 2],
    _focus: EarlierFocus,
}

impl Drop for Prompt {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// Shows a button that opens the link, and one that cancels. The player's click is what the browser
/// wants.
pub(crate) fn show_prompt(
    id: RequestId,
    link: &OneTimeLink,
    choose: impl Fn(PageEvent) + Send + 'static,
) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else {
        return;
    };
    let prompt = build(id, link, choose, &document);
    PROMPT.replace(prompt);
}

/// Removes the prompt of a request.
pub(crate) fn hide_prompt(id: RequestId) {
    let hidden = PROMPT.with_borrow_mut(|prompt| prompt.take_if(|prompt| prompt.id == id));
    drop(hidden);
}

fn build(
    id: RequestId,
    link: &OneTimeLink,
    choose: impl Fn(PageEvent) + Send + 'static,
    document: &Document,
) -> Option<Prompt> {
    let (open_text, cancel_text) = match is_russian() {
        true => ("Открыть Одноклассники", "Отмена"),
        false => ("Open Odnoklassniki", "Cancel"),
    };
    let choose = Rc::new(choose);
    let (send, link) = (Rc::clone(&choose), link.clone());
    let on_open = move || {
        let later = Rc::clone(&send);
        let event = match popup::open_now(id, &link, move |event| later(event)) {
            true => PageEvent::Opened,
            // A click is all that a browser asks for, so it is the frame that forbids windows.
            false if is_framed() => PageEvent::CannotOpen(OpenError::new(NO_POPUPS)),
            false => return,
        };
        hide_prompt(id);
        send(event);
    };
    let on_cancel = move || {
        hide_prompt(id);
        choose(PageEvent::Cancelled);
    };
    let body: Element = document.body()?.into();
    let element = append(document, &body, "div", BOX)?;
    element.set_attribute("role", "dialog").ok()?;
    let (open, on_open) = button(
        document,
        &element,
        "bevy-ok-open",
        open_text,
        "#ee8208",
        on_open,
    )?;
    let (_, on_cancel) = button(
        document,
        &element,
        "bevy-ok-cancel",
        cancel_text,
        "#444",
        on_cancel,
    )?;
    let focus_before = EarlierFocus::remember(document);
    focus(&open);
    Some(Prompt {
        id,
        element,
        _listening: [on_open, on_cancel],
        _focus: focus_before,
    })
}

/// Returns whether another page holds the game's page in a frame.
fn is_framed() -> bool {
    web_sys::window().is_some_and(|window| {
        let parent = window.parent().ok().flatten();
        parent.is_some_and(|parent| JsValue::from(parent) != JsValue::from(window))
    })
}
