//! The plugin's own button over the page, for a window that the browser blocked.

use std::cell::RefCell;
use std::rc::Rc;

use callback_listener::OneTimeLink;
use callback_listener::browser::Listening;
use js_sys::Reflect;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Document, Element, HtmlDialogElement};

use super::elements::{EarlierFocus, append, button, focus, is_russian};
use super::popup;
use crate::opener::{OpenError, PageEvent};
use crate::request::RequestId;

/// Over everything that the game draws.
const BOX: &str = "position:fixed;inset:auto auto 24px 50%;transform:translateX(-50%);z-index:2147483647;\
    display:flex;gap:8px;width:auto;height:auto;margin:0;padding:12px;border:0;border-radius:12px;background:#1b1b1b;color:#fff;\
    font:16px/1.4 system-ui,sans-serif;box-shadow:0 4px 24px rgba(0,0,0,.5);max-width:calc(100vw - 48px)";

/// Why not even a click opens a window.
const NO_POPUPS: &str =
    "the game is in a frame that opens no windows: its sandbox attribute lacks allow-popups";

thread_local! {
    static WANTED: RefCell<Vec<Wanted>> = const { RefCell::new(Vec::new()) };
    static SHOWN: RefCell<Option<Prompt>> = const { RefCell::new(None) };
}

/// A prompt that is wanted. The player sees the latest, and then the one before it.
#[derive(Clone)]
struct Wanted {
    id: RequestId,
    link: OneTimeLink,
    choose: Rc<dyn Fn(PageEvent)>,
}

/// A prompt on the page, until it is dropped.
struct Prompt {
    element: Element,
    _listening: [Listening; 4],
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
    let wanted = Wanted {
        id,
        link: link.clone(),
        choose: Rc::new(choose),
    };
    WANTED.with_borrow_mut(|all| {
        all.retain(|other| other.id != id);
        all.push(wanted);
    });
    show_latest();
}

/// Removes the prompt of a request.
pub(crate) fn hide_prompt(id: RequestId) {
    let is_hidden = WANTED.with_borrow_mut(|all| {
        let count = all.len();
        all.retain(|wanted| wanted.id != id);
        all.len() < count
    });
    if is_hidden {
        show_latest();
    }
}

fn show_latest() {
    // Dropped first: what had the focus before gets it again.
    drop(SHOWN.take());
    let latest = WANTED.with_borrow(|all| all.last().cloned());
    let document = web_sys::window().and_then(|window| window.document());
    SHOWN.set(
        latest
            .zip(document)
            .and_then(|(wanted, document)| build(wanted, &document)),
    );
}

fn build(wanted: Wanted, document: &Document) -> Option<Prompt> {
    let Wanted { id, link, choose } = wanted;
    let (open_text, cancel_text) = match is_russian() {
        true => ("Открыть Одноклассники", "Отмена"),
        false => ("Open Odnoklassniki", "Cancel"),
    };
    let send = Rc::clone(&choose);
    let on_open = move || {
        let later = Rc::clone(&send);
        let is_click_used = is_click_used();
        let event = match popup::open_now(id, &link, move |event| later(event)) {
            true => PageEvent::Opened,
            // A click is all that a browser asks for, so it is the frame that forbids windows.
            false if is_framed() && !is_click_used => {
                PageEvent::CannotOpen(OpenError::new(NO_POPUPS))
            }
            false => return,
        };
        hide_prompt(id);
        send(event);
    };
    let on_cancel = move || {
        hide_prompt(id);
        choose(PageEvent::Cancelled);
    };
    let focus_before = EarlierFocus::remember(document);
    let body: Element = document.body()?.into();
    let element = append(document, &body, "dialog", BOX)?;
    element.set_attribute("aria-label", open_text).ok()?;
    let dialog: HtmlDialogElement = element.clone().dyn_into().ok()?;
    show(&dialog);
    // Escape must not hide it while its request is pending.
    let on_escape = Listening::start(&dialog, "cancel", |event| event.prevent_default());
    let on_full_screen = Listening::start(document, "fullscreenchange", move |_| show(&dialog));
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
    focus(&open);
    Some(Prompt {
        element,
        _listening: [on_open, on_cancel, on_escape, on_full_screen],
        _focus: focus_before,
    })
}

/// Shows the dialog. Over a game that fills the screen only a modal one can be seen and clicked (HTML
/// Standard, 6.3.1). It keeps the game from input, so elsewhere it is not modal.
fn show(dialog: &HtmlDialogElement) {
    dialog.close();
    let document = dialog.owner_document();
    match document.and_then(|document| document.fullscreen_element()) {
        Some(_) => _ = dialog.show_modal(),
        None => dialog.show(),
    }
}

/// Returns whether the player's click has been used already, as by another window (HTML Standard,
/// 6.4.1). `false` where the browser does not tell.
fn is_click_used() -> bool {
    let activation = web_sys::window().and_then(|window| {
        let activation = Reflect::get(&window.navigator(), &"userActivation".into()).ok()?;
        Reflect::get(&activation, &"isActive".into()).ok()
    });
    activation.is_some_and(|is_active| is_active == false)
}

/// Returns whether another page holds the game's page in a frame.
fn is_framed() -> bool {
    web_sys::window().is_some_and(|window| {
        let parent = window.parent().ok().flatten();
        parent.is_some_and(|parent| JsValue::from(parent) != JsValue::from(window))
    })
}
