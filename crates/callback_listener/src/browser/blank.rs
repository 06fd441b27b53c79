//! Windows of a program without a return page. They open blank, and the program itself leads them to
//! the service's page, whose messages are the callbacks.

use std::{cell::RefCell, time::Duration};

use js_sys::{JSON, JsString, Object, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Document, Window};
use zeroize::Zeroizing;

use crate::{exchange::Lead, time::Instant};

/// How many windows are remembered. A program has one or two.
const MAX_WINDOWS: usize = 16;

/// How long after a window was seen closed its messages may come: those that the browser has queued.
const LAST_MESSAGES: Duration = Duration::from_millis(200);

/// The longest text that is read, in UTF-16 units.
const MAX_TEXT: u32 = 64 * 1024;

thread_local! {
    static BLANKS: RefCell<Vec<Blank>> = const { RefCell::new(Vec::new()) };
}

/// A window, and the request that it is for.
struct Blank {
    window: Window,
    link_token: Zeroizing<String>,
    /// Known when the window has been led to the service's page.
    return_token: Option<Zeroizing<String>>,
    /// When the window was first seen closed, or its request was over. A window that an opener policy
    /// has cut off looks closed: it can send no message.
    closed: Option<Instant>,
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
        closed: None,
    };
    let Some(blank) = blank.led(follow(link_token)) else {
        return;
    };
    if blank.return_token.is_none() {
        blank.show(text);
    }
    note_closed();
    BLANKS.with_borrow_mut(|blanks| {
        blanks.retain(Blank::may_send);
        if blanks.len() == MAX_WINDOWS {
            blanks.remove(0);
        }
        blanks.push(blank);
    });
}

/// Notes which windows have closed: when one is opened, and once a second while one is watched.
pub(super) fn note_closed() {
    BLANKS.with_borrow_mut(|blanks| {
        for blank in blanks.iter_mut().filter(|blank| blank.is_gone()) {
            blank.closed.get_or_insert_with(Instant::now);
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
/// Firefox and WebKit may not name a window that has closed since. Then this is the only request with
/// a closed window, or else the only one whose window has closed just now.
pub(super) fn return_token(source: Option<&JsValue>) -> Option<Zeroizing<String>> {
    BLANKS.with_borrow(|blanks| match source {
        Some(source) => only_token(blanks, |blank| Object::is(&blank.window, source)),
        None => only_token(blanks, Blank::is_gone)
            .or_else(|| only_token(blanks, |blank| blank.is_gone() && blank.may_send())),
    })
}

/// Returns the return token of these windows, if they are those of one request.
fn only_token(blanks: &[Blank], filter: impl Fn(&Blank) -> bool) -> Option<Zeroizing<String>> {
    let mut tokens = blanks
        .iter()
        .filter(|blank| filter(blank))
        .filter_map(|blank| blank.return_token.as_ref());
    let token = tokens.next()?;
    tokens.all(|other| other == token).then(|| token.clone())
}

/// Closes the windows of a request that is over. They stay known for a moment: what else they have
/// sent must end no other request. A frame is closed by its owner.
pub(super) fn close(return_token: &str) {
    let is_over = |blank: &&mut Blank| {
        blank
            .return_token
            .as_ref()
            .is_some_and(|own| **own == return_token)
    };
    let over: Vec<Window> = BLANKS.with_borrow_mut(|blanks| {
        let over = blanks.iter_mut().filter(is_over);
        let note = |blank: &mut Blank| {
            blank.closed.get_or_insert_with(Instant::now);
            blank.window.clone()
        };
        over.map(note).collect()
    });
    for window in over {
        _ = window.close();
    }
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
                    _ = self.window.close();
                    return None;
                }
                self.return_token = Some(return_token);
            }
            Lead::Wait => {}
            Lead::Nowhere => {
                _ = self.window.close();
                return None;
            }
        }
        Some(self)
    }

    /// Shows a text. A window that a frame without an origin has opened has another one, and cannot be
    /// written to.
    fn show(&self, text: &str) {
        let document = Reflect::get(&self.window, &"document".into());
        let body = document.ok().filter(JsValue::is_object).and_then(|found| {
            let document: Document = found.unchecked_into();
            document.set_title(text);
            document.body()
        });
        if let Some(body) = body {
            body.set_text_content(Some(text));
        }
    }

    fn is_gone(&self) -> bool {
        self.window.closed().unwrap_or(true)
    }

    /// Returns whether a message of the window may still come.
    fn may_send(&self) -> bool {
        self.closed
            .is_none_or(|closed| closed.elapsed() < LAST_MESSAGES)
    }
}
