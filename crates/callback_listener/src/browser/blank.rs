//! Windows of a program without a return page. They open blank, and the program itself leads them to
//! the service's page, whose messages are the callbacks.

use std::cell::RefCell;

use js_sys::{JSON, JsString, Object};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::Window;
use zeroize::Zeroizing;

use crate::exchange::Lead;

/// How many windows are remembered. A program has one or two.
const MAX_WINDOWS: usize = 16;

/// The longest text that is read, in UTF-16 units.
const MAX_TEXT: u32 = 64 * 1024;

thread_local! {
    static BLANKS: RefCell<Vec<Blank>> = const { RefCell::new(Vec::new()) };
}

/// A window, and the request that it is for.
#[derive(Clone)]
struct Blank {
    window: Window,
    link_token: Zeroizing<String>,
    /// Known when the window has been led to the service's page.
    return_token: Option<Zeroizing<String>>,
}

/// Adds a window, which is blank, and leads it as far as its link leads by now: `follow` follows a
/// link token. While the window waits, it shows a text.
pub(super) fn add(
    window: &Window,
    link_token: &str,
    text: &str,
    follow: impl FnOnce(&str) -> Lead,
) {
    let blank = Blank {
        window: window.clone(),
        link_token: Zeroizing::new(link_token.to_owned()),
        return_token: None,
    };
    let led = blank.led(follow(link_token));
    BLANKS.with_borrow_mut(|blanks| {
        blanks.retain(|blank| !blank.is_gone());
        if blanks.len() == MAX_WINDOWS {
            blanks.remove(0);
        }
        if let Some(blank) = led {
            if blank.return_token.is_none() {
                blank.show(text);
            }
            blanks.push(blank);
        }
    });
}

/// Leads on the windows that have waited for their page.
pub(super) fn lead_waiting(follow: impl Fn(&str) -> Lead) {
    let (waiting, mut others): (Vec<_>, Vec<_>) = BLANKS
        .take()
        .into_iter()
        .partition(|blank| blank.return_token.is_none());
    others.extend(waiting.into_iter().filter_map(|blank| {
        let lead = follow(&blank.link_token);
        blank.led(lead)
    }));
    BLANKS.set(others);
}

/// Returns the return token of the request whose window has sent a message.
///
/// WebKit does not name the window if it has closed since. Then this is the only request with a
/// closed window; `None` if there are two.
pub(super) fn return_token(source: Option<&JsValue>) -> Option<Zeroizing<String>> {
    let is_source = |blank: &&Blank| match source {
        Some(source) => Object::is(&blank.window, source),
        None => blank.is_gone(),
    };
    BLANKS.with_borrow(|blanks| {
        let mut tokens = blanks
            .iter()
            .filter(is_source)
            .filter_map(|blank| blank.return_token.as_ref());
        let token = tokens.next()?;
        tokens.all(|other| other == token).then(|| token.clone())
    })
}

/// Closes the windows of a request that is over. A frame is closed by its owner.
pub(super) fn close(return_token: &str) {
    let is_over = |blank: &Blank| {
        blank
            .return_token
            .as_ref()
            .is_some_and(|own| **own == return_token)
    };
    let (over, others) = BLANKS.take().into_iter().partition(is_over);
    BLANKS.set(others);
    let over: Vec<Blank> = over;
    over.iter().for_each(Blank::close);
}

/// Forgets all windows.
pub(super) fn clear() {
    BLANKS.take();
}

/// Returns what a service has posted: a text as it is, and anything else as JSON. `None` if it is
/// too long or cannot be written.
pub(super) fn text_of(data: &JsValue) -> Option<Zeroizing<String>> {
    let text: JsString = match data.dyn_ref::<JsString>() {
        Some(text) => text.clone(),
        // A copy that the browser has made, in which no code runs.
        None if data.is_object() => JSON::stringify(data).ok()?,
        None => return None,
    };
    if text.length() > MAX_TEXT {
        return None;
    }
    text.as_string().map(Zeroizing::new)
}

impl Blank {
    /// Leads the window there. Returns what must be remembered of it.
    fn led(mut self, lead: Lead) -> Option<Self> {
        match lead {
            Lead::Open { url, return_token } => {
                // The history keeps no blank page.
                if self.window.location().replace(&url).is_err() {
                    self.close();
                    return None;
                }
                self.return_token = Some(return_token);
            }
            Lead::Wait => {}
            Lead::Nowhere => {
                self.close();
                return None;
            }
        }
        Some(self)
    }

    fn show(&self, text: &str) {
        let body = self.window.document().and_then(|document| {
            document.set_title(text);
            document.body()
        });
        if let Some(body) = body {
            body.set_text_content(Some(text));
        }
    }

    /// Returns whether the window is closed. One that an opener policy has cut off looks the same:
    /// it can send no message.
    fn is_gone(&self) -> bool {
        self.window.closed().unwrap_or(true)
    }

    fn close(&self) {
        _ = self.window.close();
    }
}
