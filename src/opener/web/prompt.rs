//! The plugin's own button over the page, for a window that the browser blocked.

use std::cell::RefCell;

use callback_listener::OneTimeLink;
use callback_listener::browser::{Listening, open_popup_now};
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, HtmlElement};

use super::FEATURES;
use crate::opener::PageEvent;
use crate::request::RequestId;

/// Over everything that the game draws.
const BOX: &str = "position:fixed;left:50%;bottom:24px;transform:translateX(-50%);z-index:2147483647;\
    display:flex;gap:8px;padding:12px;border-radius:12px;background:#1b1b1b;color:#fff;\
    font:16px/1.4 system-ui,sans-serif;box-shadow:0 4px 24px rgba(0,0,0,.5);max-width:calc(100vw - 48px)";
const OPEN: &str = "padding:10px 16px;border:0;border-radius:8px;background:#ee8208;color:#fff;font:inherit;cursor:pointer";
const CANCEL: &str = "padding:10px 16px;border:0;border-radius:8px;background:#444;color:#fff;font:inherit;cursor:pointer";

thread_local! {
    static PROMPT: RefCell<Option<Prompt>> = const { RefCell::new(None) };
}

/// The prompt, until it is dropped. There is one: a later request replaces it.
struct Prompt {
    id: RequestId,
    element: Element,
    _listening: [Listening; 2],
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
    let (open_text, cancel_text) = texts();
    let element = document.create_element("div").ok()?;
    style(&element, BOX);
    element.set_attribute("role", "dialog").ok()?;
    let open = button(document, &element, "bevy-ok-open", open_text, OPEN)?;
    let cancel = button(document, &element, "bevy-ok-cancel", cancel_text, CANCEL)?;
    document.body()?.append_child(&element).ok()?;
    if let Some(open) = open.dyn_ref::<HtmlElement>() {
        _ = open.focus();
    }
    let choose = std::rc::Rc::new(choose);
    let (chosen, link) = (std::rc::Rc::clone(&choose), link.clone());
    let on_open = move |_| {
        if open_popup_now(&link, FEATURES).is_ok() {
            hide_prompt(id);
            chosen(PageEvent::Opened);
        }
    };
    let on_cancel = move |_| {
        hide_prompt(id);
        choose(PageEvent::Cancelled);
    };
    let listening = [
        Listening::start(&open, "click", on_open),
        Listening::start(&cancel, "click", on_cancel),
    ];
    Some(Prompt {
        id,
        element,
        _listening: listening,
    })
}

fn button(
    document: &Document,
    parent: &Element,
    id: &str,
    text: &str,
    css: &str,
) -> Option<Element> {
    let button = document.create_element("button").ok()?;
    button.set_id(id);
    button.set_text_content(Some(text));
    style(&button, css);
    parent.append_child(&button).ok()?;
    Some(button)
}

/// Sets the style in a way that a content policy of the game's page does not forbid.
fn style(element: &Element, css: &str) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        element.style().set_css_text(css);
    }
}

/// Returns the texts of both buttons in the player's language.
fn texts() -> (&'static str, &'static str) {
    let languages = web_sys::window().map(|window| window.navigator().languages());
    let is_russian = languages
        .and_then(|languages| languages.get(0).as_string())
        .is_some_and(|language| language.to_ascii_lowercase().starts_with("ru"));
    if is_russian {
        ("Открыть Одноклассники", "Отмена")
    } else {
        ("Open Odnoklassniki", "Cancel")
    }
}
