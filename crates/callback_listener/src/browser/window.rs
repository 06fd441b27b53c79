//! Opens windows.

use std::{cell::RefCell, time::Duration};

use web_sys::Window;

use super::{
    bridge::{has_greeted, lead, lead_on},
    events::{Listening, Timer},
    opened,
};
use crate::link::OneTimeLink;

/// How many pages are led on at the same time.
const MAX_FOLLOWING: usize = 16;

/// How long a blocked window waits for the player to release what they press.
const ARMED: Duration = Duration::from_secs(1);

/// How long a page that is led on may take to say hello.
const FOLLOWS: Duration = Duration::from_millis(700);

/// The events in which every browser allows a window.
const RELEASES: [&str; 4] = ["pointerup", "touchend", "click", "keyup"];

thread_local! {
    static FOLLOWING: RefCell<Vec<Timer>> = const { RefCell::new(Vec::new()) };
    static WAITING: RefCell<Option<Waiting>> = const { RefCell::new(None) };
}

/// The browser opened no window: there was no click, tap or key press just before, or the program is
/// in a frame that may not open one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the browser blocked the window")]
pub struct PopupBlocked;

/// What receives the result of an opening.
type Done = Box<dyn FnOnce(Result<(), PopupBlocked>)>;

/// A link whose window was blocked, while the next release may open it.
struct Waiting {
    link: OneTimeLink,
    features: String,
    done: Done,
    _listening: Vec<Listening>,
    _timer: Option<Timer>,
}

/// Opens a link in a window of its own, in this call. `features` are those of `window.open` (HTML
/// standard, 7.2.2.1), such as `popup,width=640,height=560`; without `noopener`.
///
/// A browser allows it shortly after a click, a tap or a key press.
///
/// # Errors
/// [`PopupBlocked`] if no window was opened.
pub fn open_popup_now(link: &OneTimeLink, features: &str) -> Result<(), PopupBlocked> {
    let window = web_sys::window().ok_or(PopupBlocked)?;
    // A blank window is there at once; one with a URL, even of a blank page, may load it later.
    let url = if link.is_blank() { "" } else { link.expose() };
    let window = window
        .open_with_url_and_target_and_features(url, "_blank", features)
        .ok()
        .flatten()
        .ok_or(PopupBlocked)?;
    lead(&window, link);
    opened::remember(window);
    Ok(())
}

/// Opens a link in a window. Calls `done` once.
///
/// A window of the program that has finished its request just now is used again: a second one would
/// need a second click. Otherwise the link opens in a window of its own: at once, or within a second
/// when the user releases what they press now. No browser counts the press of a finger.
pub fn open_popup(
    link: &OneTimeLink,
    features: &str,
    done: impl FnOnce(Result<(), PopupBlocked>) + 'static,
) {
    let window = web_sys::window().filter(|_| lead_on(link.token()));
    match window {
        Some(window) => follow(&window, link, features, Box::new(done)),
        None => open_new(link, features, Box::new(done)),
    }
}

/// Waits for the page that is led on, or else opens a new window.
fn follow(window: &Window, link: &OneTimeLink, features: &str, done: Done) {
    let (link, features) = (link.clone(), features.to_owned());
    let mut done = Some(done);
    let timer = Timer::start(window, FOLLOWS, move || {
        let Some(done) = done.take() else { return };
        if has_greeted(link.token()) {
            done(Ok(()));
        } else {
            open_new(&link, &features, done);
        }
    });
    // It runs once, so it need not be kept after that; the next one replaces it.
    FOLLOWING.with_borrow_mut(|timers| {
        if timers.len() == MAX_FOLLOWING {
            timers.remove(0);
        }
        timers.extend(timer);
    });
}

fn open_new(link: &OneTimeLink, features: &str, done: Done) {
    let opened = open_popup_now(link, features);
    let Some(window) = web_sys::window().filter(|_| opened.is_err()) else {
        return done(opened);
    };
    let listening = RELEASES
        .iter()
        .map(|event| Listening::start(&window, event, |_| release()))
        .collect();
    let waiting = Waiting {
        link: link.clone(),
        features: features.to_owned(),
        done,
        _listening: listening,
        _timer: Timer::start(&window, ARMED, give_up),
    };
    // One window for one release: an earlier link is blocked.
    if let Some(earlier) = WAITING.replace(Some(waiting)) {
        (earlier.done)(Err(PopupBlocked));
    }
}

/// Tries again, in the handler of a release.
fn release() {
    let waiting = WAITING.take();
    if let Some(waiting) = waiting {
        match open_popup_now(&waiting.link, &waiting.features) {
            Ok(()) => (waiting.done)(Ok(())),
            // The release of a key that does not count, for example.
            Err(PopupBlocked) => _ = WAITING.replace(Some(waiting)),
        }
    }
}

fn give_up() {
    if let Some(waiting) = WAITING.take() {
        (waiting.done)(Err(PopupBlocked));
    }
}
