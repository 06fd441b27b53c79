//! The plugin's own elements over the game.

use callback_listener::browser::Listening;
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, HtmlElement};

/// The style of a button.
pub(super) const BUTTON: &str =
    "padding:10px 16px;border:0;border-radius:8px;color:#fff;font:inherit;cursor:pointer";

/// Appends an element with a style to its parent.
pub(super) fn append(
    document: &Document,
    parent: &Element,
    name: &str,
    css: &str,
) -> Option<Element> {
    let element = document.create_element(name).ok()?;
    style(&element, css);
    parent.append_child(&element).ok()?;
    Some(element)
}

/// Appends a button of this color. `act` is called for a click.
pub(super) fn button(
    document: &Document,
    parent: &Element,
    id: &str,
    text: &str,
    color: &str,
    act: impl Fn() + 'static,
) -> Option<(Element, Listening)> {
    let css = [BUTTON, ";background:", color].concat();
    let button = append(document, parent, "button", &css)?;
    button.set_id(id);
    button.set_text_content(Some(text));
    // A form of the game's page must not be sent.
    button.set_attribute("type", "button").ok()?;
    let listening = Listening::start(&button, "click", move |_| act());
    Some((button, listening))
}

/// Sets the style in a way that a content policy of the game's page does not forbid.
pub(super) fn style(element: &Element, css: &str) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        element.style().set_css_text(css);
    }
}

/// What had the focus. It gets it again when this is dropped, unless something else has it: keys must
/// reach the game.
pub(super) struct EarlierFocus(Option<Element>);

impl EarlierFocus {
    pub(super) fn remember(document: &Document) -> Self {
        let focused = focused(document);
        Self(focused.or_else(|| document.query_selector("canvas").ok().flatten()))
    }
}

impl Drop for EarlierFocus {
    fn drop(&mut self) {
        if let Some(element) = &self.0
            && element
                .owner_document()
                .is_some_and(|document| focused(&document).is_none())
        {
            focus(element);
        }
    }
}

/// Returns the element with the focus. Without one, browsers name the body.
fn focused(document: &Document) -> Option<Element> {
    let body = document.body().map(Element::from);
    let focused = document.active_element();
    focused.filter(|element| Some(element) != body.as_ref())
}

/// Gives an element the focus, if it can have it.
pub(super) fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        _ = element.focus();
    }
}

/// Returns whether the player reads Russian.
pub(super) fn is_russian() -> bool {
    let languages = web_sys::window().map(|window| window.navigator().languages());
    languages
        .and_then(|languages| languages.get(0).as_string())
        .is_some_and(|language| language.to_ascii_lowercase().starts_with("ru"))
}
