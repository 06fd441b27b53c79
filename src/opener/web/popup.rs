//! A window of its own for OK's page.

use std::cell::RefCell;
use std::collections::BTreeMap;

use callback_listener::OneTimeLink;
use callback_listener::browser::{
    Popup, PopupBlocked, WindowEvent, open_popup, open_popup_now, prepare_popup,
};

use crate::opener::{OpenError, Page, PageEvent};
use crate::request::RequestId;

/// The window's features. OK's pages fit into it without scrolling.
const FEATURES: &str = "popup,width=680,height=600";

thread_local! {
    /// The windows of pending requests, which are watched.
    static POPUPS: RefCell<BTreeMap<RequestId, Popup>> = const { RefCell::new(BTreeMap::new()) };
}

/// Opens a page in a window: at once, or within a second in which the player releases what they
/// press.
pub(super) fn open(page: Page, send: impl Fn(PageEvent) + 'static) {
    let popup = open_popup(&page.link, FEATURES, move |event| {
        send_event(event, &send);
    });
    keep(page.id, popup);
}

/// Opens a blank window in the handler of the player's click, for the page that opens next.
pub(super) fn prepare() {
    prepare_popup(FEATURES);
}

/// Opens a page in a window, in the handler of the player's click. Returns whether it did.
pub(super) fn open_now(
    id: RequestId,
    link: &OneTimeLink,
    send: impl Fn(PageEvent) + 'static,
) -> bool {
    let popup = open_popup_now(link, FEATURES, move |event| send_event(event, &send));
    popup.map(|popup| keep(id, popup)).is_ok()
}

/// Ends the watch over a request's window.
pub(super) fn end(id: RequestId) {
    let popup = POPUPS.with_borrow_mut(|popups| popups.remove(&id));
    drop(popup);
}

fn keep(id: RequestId, popup: Popup) {
    let earlier = POPUPS.with_borrow_mut(|popups| popups.insert(id, popup));
    drop(earlier);
}

/// Sends an event of a window as that of its page.
pub(super) fn send_event(event: WindowEvent, send: &impl Fn(PageEvent)) {
    send(match event {
        WindowEvent::Opened => PageEvent::Opened,
        WindowEvent::Blocked => {
            PageEvent::CannotOpen(OpenError::popup_blocked(PopupBlocked.to_string()))
        }
        WindowEvent::Closed => PageEvent::Closed,
        WindowEvent::ReturnPageMissing => PageEvent::ReturnPageMissing,
        _ => return,
    });
}
