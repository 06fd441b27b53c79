//! A frame over the game for OK's page.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use callback_listener::OneTimeLink;
use callback_listener::browser::{FrameWatch, Listening, WindowEvent, watch_frame};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Document, Element, HtmlDialogElement, HtmlIFrameElement};

use super::elements::{EarlierFocus, append, button, focus, is_russian, style};
use super::popup;
use crate::opener::{OpenError, Page, PageEvent};
use crate::request::RequestId;

/// The whole page, dimmed: a style cannot reach what a browser draws behind a dialog.
const DIALOG: &str = "position:fixed;inset:0;box-sizing:border-box;width:100%;height:100%;max-width:none;\
    max-height:none;margin:0;padding:0;border:0;outline:0;display:flex;align-items:center;justify-content:center;\
    background:rgba(0,0,0,.6);color:#fff;font:16px/1.4 system-ui,sans-serif";
const BOX: &str = "display:flex;flex-direction:column;width:680px;max-width:100%;height:640px;max-height:100%;\
    background:#1b1b1b;box-shadow:0 4px 24px rgba(0,0,0,.5)";
const BAR: &str = "display:flex;align-items:center;gap:8px;padding:6px 6px 6px 12px";
const TITLE: &str = "flex:1;min-width:0;overflow:hidden;white-space:nowrap;text-overflow:ellipsis";
const CONTENT: &str = "position:relative;flex:1;min-height:0";
const FRAME: &str = "position:absolute;inset:0;width:100%;height:100%;border:0";

thread_local! {
    /// The dialog over the game. There is one: a later page replaces an earlier one.
    static SHOWN: RefCell<Option<Dialog>> = const { RefCell::new(None) };
    /// Whether the player has chosen a window in place of the frame. It holds until the game ends:
    /// a page that refuses one frame refuses the next.
    static PREFERS_WINDOW: Cell<bool> = const { Cell::new(false) };
}

/// The dialog, until it is dropped.
struct Dialog {
    element: HtmlDialogElement,
    content: Element,
    page: Option<FramedPage>,
    _listening: [Listening; 3],
    _focus: EarlierFocus,
}

/// The page of a request in its frame, until it is dropped.
struct FramedPage {
    id: RequestId,
    frame: Element,
    send: Rc<dyn Fn(PageEvent)>,
    _watch: FrameWatch,
}

impl Drop for FramedPage {
    fn drop(&mut self) {
        self.frame.remove();
    }
}

impl Drop for Dialog {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// Returns whether the player has chosen a window in place of the frame.
pub(super) fn prefers_window() -> bool {
    PREFERS_WINDOW.get()
}

/// Shows a page in a frame. An earlier page is closed.
pub(super) fn open(page: Page, send: impl Fn(PageEvent) + 'static) {
    let send: Rc<dyn Fn(PageEvent)> = Rc::new(send);
    // The dialog of a login stays for the page that has waited for it.
    let dialog = SHOWN.take().or_else(Dialog::show);
    let Some(mut dialog) = dialog else {
        let error = OpenError::new("this browser shows no dialog");
        return send(PageEvent::CannotOpen(error));
    };
    let earlier = dialog.page.take();
    dialog.page = FramedPage::load(&dialog.content, &page, Rc::clone(&send));
    let is_shown = dialog.page.is_some();
    SHOWN.replace(Some(dialog).filter(|_| is_shown));
    if let Some(earlier) = earlier.filter(|earlier| earlier.id != page.id) {
        (earlier.send)(PageEvent::Closed);
    }
    send(match is_shown {
        true => PageEvent::Opened,
        false => PageEvent::CannotOpen(OpenError::new("this browser shows no frame")),
    });
}

/// Removes the page of a request that is over. The dialog stays until the end of this task: the
/// request that has waited for a login may show its page in it.
pub(super) fn end(id: RequestId) {
    let ended = SHOWN.with_borrow_mut(|dialog| {
        let page = &mut dialog.as_mut()?.page;
        page.take_if(|page| page.id == id)
    });
    if ended.is_some()
        && let Some(window) = web_sys::window()
    {
        let later = Closure::once_into_js(|| drop(take_if(|dialog| dialog.page.is_none())));
        window.queue_microtask(later.unchecked_ref());
    }
}

/// Takes the dialog, which leaves the page when it is dropped.
fn take_if(condition: impl FnOnce(&mut Dialog) -> bool) -> Option<Dialog> {
    SHOWN.with_borrow_mut(|dialog| dialog.take_if(condition))
}

/// Removes the dialog because the player closed it. The request goes on.
fn close() {
    let page = take_if(|_| true).and_then(|mut dialog| dialog.page.take());
    if let Some(page) = page {
        (page.send)(PageEvent::Closed);
    }
}

/// Requests the page anew, in a window: its link was used. The dialog stays until then. WebKit opens
/// no window when the new link is there, so the window opens now.
fn open_in_window() {
    PREFERS_WINDOW.set(true);
    let send = SHOWN.with_borrow(|dialog| {
        let page = dialog.as_ref()?.page.as_ref()?;
        Some(Rc::clone(&page.send))
    });
    if let Some(send) = send {
        popup::prepare();
        send(PageEvent::WindowWanted);
    }
}

impl Dialog {
    fn show() -> Option<Self> {
        let document = web_sys::window()?.document()?;
        let (title, window_text, window_label, close_label) = match is_russian() {
            true => ("Одноклассники", "В окне", "Открыть в окне", "Закрыть"),
            false => ("Odnoklassniki", "In a window", "Open in a window", "Close"),
        };
        let body: Element = document.body()?.into();
        let focus_before = EarlierFocus::remember(&document);
        let element = document.create_element("dialog").ok()?;
        let element: HtmlDialogElement = element.dyn_into().ok()?;
        style(&element, DIALOG);
        element.set_id("bevy-ok-dialog");
        element.set_attribute("aria-label", title).ok()?;
        // The dialog itself has the focus: a key of the game must press none of its buttons.
        element.set_attribute("tabindex", "-1").ok()?;
        let area = append(&document, &element, "div", BOX)?;
        let bar = append(&document, &area, "div", BAR)?;
        append(&document, &bar, "span", TITLE)?.set_text_content(Some(title));
        let (window, on_window) = button(
            &document,
            &bar,
            "bevy-ok-window",
            window_text,
            "#444",
            open_in_window,
        )?;
        let (x, on_x) = button(&document, &bar, "bevy-ok-close", "✕", "#444", close)?;
        for (button, label) in [(window, window_label), (x, close_label)] {
            button.set_attribute("aria-label", label).ok()?;
            button.set_attribute("title", label).ok()?;
        }
        let content = append(&document, &area, "div", CONTENT)?;
        // Escape closes it, too.
        let on_close = Listening::start(&element, "close", |_| close());
        body.append_child(&element).ok()?;
        let dialog = Self {
            element,
            content,
            page: None,
            _listening: [on_window, on_x, on_close],
            _focus: focus_before,
        };
        dialog.element.show_modal().ok()?;
        focus(&dialog.element);
        Some(dialog)
    }
}

impl FramedPage {
    fn load(content: &Element, page: &Page, send: Rc<dyn Fn(PageEvent)>) -> Option<Self> {
        let document = content.owner_document()?;
        let frame = frame(&document, &page.link)?;
        content.append_child(&frame).ok()?;
        let (id, notified) = (page.id, Rc::clone(&send));
        let watch = watch_frame(frame.content_window()?, &page.link, move |event| {
            let is_shown =
                |dialog: &mut Dialog| dialog.page.as_ref().is_some_and(|page| page.id == id);
            if event == WindowEvent::ReturnPageMissing {
                drop(take_if(is_shown));
                notified(PageEvent::ReturnPageMissing);
            }
        });
        Some(Self {
            id,
            frame: frame.into(),
            send,
            _watch: watch,
        })
    }
}

/// Returns a frame with this link. It is not sandboxed: OK's login needs a site's own rights.
fn frame(document: &Document, link: &OneTimeLink) -> Option<HtmlIFrameElement> {
    let frame = document.create_element("iframe").ok()?;
    let frame: HtmlIFrameElement = frame.dyn_into().ok()?;
    style(&frame, FRAME);
    let src = Some(("src", link.expose())).filter(|_| !link.is_blank());
    for (name, value) in [
        ("title", "Odnoklassniki"),
        ("referrerpolicy", "no-referrer"),
        ("allow", ""),
    ]
    .into_iter()
    .chain(src)
    {
        frame.set_attribute(name, value).ok()?;
    }
    Some(frame)
}
