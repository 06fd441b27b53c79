//! Opens windows.

use std::{
    cell::RefCell,
    fmt,
    rc::{Rc, Weak},
    time::Duration,
};

use web_sys::Window;

use super::{
    bridge::{lead, lead_on},
    events::{Listening, Timer},
    greetings::has_greeted,
    opened,
    watch::{Notify, Watch, WindowEvent},
};
use crate::{link::OneTimeLink, time::Instant};

/// How long a blocked window waits for the player to release what they press.
const ARMED: Duration = Duration::from_secs(1);

/// How long a page that is led on may take to say hello.
const FOLLOWS: Duration = Duration::from_millis(700);

/// A timer that is later than this ran in a busy program.
const LATE: Duration = Duration::from_millis(100);

/// The events in which every browser allows a window.
const RELEASES: [&str; 4] = ["pointerup", "touchend", "click", "keyup"];

thread_local! {
    /// A blank window for the link that opens next.
    static PREPARED: RefCell<Option<Prepared>> = const { RefCell::new(None) };
    /// The link that the next release opens.
    static ARMED_POPUP: RefCell<Weak<Opening>> = const { RefCell::new(Weak::new()) };
}

/// The browser opened no window: there was no click, tap or key press just before, or the program is
/// in a frame that may not open one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the browser blocked the window")]
pub struct PopupBlocked;

/// A blank window, and the timer that closes it if no link opens.
struct Prepared(Window, Option<Timer>);

/// Opens a blank window in the handler of a click, for the link that opens next. `features` are those
/// of [`open_popup_now`].
///
/// It is for a program that makes the link after the click: a browser may block a window then. The
/// window is closed if no link opens within a second.
pub fn prepare_popup(features: &str) {
    let Some(own) = web_sys::window() else { return };
    discard_prepared();
    let opened = own.open_with_url_and_target_and_features("", "_blank", features);
    if let Ok(Some(window)) = opened {
        let timer = Timer::start(&own, ARMED, discard_prepared);
        PREPARED.replace(Some(Prepared(window, timer)));
    }
}

fn discard_prepared() {
    if let Some(Prepared(window, _)) = PREPARED.take() {
        _ = window.close();
    }
}

/// A link that opens, or has opened, in a window of its own.
///
/// Dropping it ends everything that waits or watches for the window, and nothing is notified any
/// more. The window stays open.
#[must_use = "dropping it ends the watch over the window"]
pub struct Popup(Rc<Opening>);

struct Opening {
    link: OneTimeLink,
    features: String,
    notify: Notify,
    step: RefCell<Step>,
}

#[allow(dead_code, reason = "the fields act until they are dropped")]
enum Step {
    /// A page that has finished may follow the link.
    Following(Option<Timer>),
    /// The next release opens the window.
    Armed(Vec<Listening>, Option<Timer>),
    Open(Watch),
    Over,
}

/// Opens a link in a window of its own, in this call. `features` are those of `window.open` (HTML
/// standard, 7.2.2.1), such as `popup,width=640,height=560`; without `noopener`.
///
/// A browser allows it shortly after a click, a tap or a key press. `notify` gets the events that
/// follow, but not [`WindowEvent::Opened`].
///
/// # Errors
/// [`PopupBlocked`] if no window was opened.
pub fn open_popup_now(
    link: &OneTimeLink,
    features: &str,
    notify: impl Fn(WindowEvent) + 'static,
) -> Result<Popup, PopupBlocked> {
    let opening = Opening::new(link, features, notify);
    opening.try_open()?;
    Ok(Popup(opening))
}

/// Opens a link in a window. `notify` gets [`WindowEvent::Opened`] or [`WindowEvent::Blocked`] once,
/// and then what happens to the window.
///
/// A window of the program that has finished its request just now is used again: a second one would
/// need a second click. Otherwise the link opens in a window of its own: at once, or within a second
/// when the user releases what they press now. No browser counts the press of a finger.
pub fn open_popup(
    link: &OneTimeLink,
    features: &str,
    notify: impl Fn(WindowEvent) + 'static,
) -> Popup {
    let opening = Opening::new(link, features, notify);
    match lead_on(link.token()) {
        Some(window) => opening.follow(window, true),
        None => opening.open(),
    }
    Popup(opening)
}

impl Opening {
    fn new(link: &OneTimeLink, features: &str, notify: impl Fn(WindowEvent) + 'static) -> Rc<Self> {
        Rc::new(Self {
            link: link.clone(),
            features: features.to_owned(),
            notify: Rc::new(notify),
            step: RefCell::new(Step::Over),
        })
    }

    fn set_step(&self, step: Step) {
        // The earlier one is dropped outside of the borrow.
        let earlier = self.step.replace(step);
        drop(earlier);
    }

    fn watch(&self, window: Window) {
        let watch = Watch::start(window, &self.link, false, Rc::clone(&self.notify));
        self.set_step(Step::Open(watch));
    }

    fn try_open(&self) -> Result<(), PopupBlocked> {
        let window = self.open_window().ok_or(PopupBlocked)?;
        self.watch(window);
        Ok(())
    }

    fn open_window(&self) -> Option<Window> {
        // A blank window is there at once; one with a URL, even of a blank page, may load it later.
        let url = match self.link.is_blank() {
            true => "",
            false => self.link.expose(),
        };
        let window = match PREPARED.take() {
            Some(Prepared(window, _)) if !window.closed().unwrap_or(true) => {
                if !url.is_empty() {
                    window.location().replace(url).ok()?;
                }
                window
            }
            _ => web_sys::window()?
                .open_with_url_and_target_and_features(url, "_blank", &self.features)
                .ok()??,
        };
        opened::remember(window.clone());
        lead(&window, &self.link);
        Some(window)
    }

    /// Waits for the page that is led on, or else opens a new window. A timer that is late waits once
    /// more: browsers run it before the messages that came while the program was busy.
    fn follow(self: &Rc<Self>, led_on: Option<Window>, may_be_late: bool) {
        let opening = Rc::downgrade(self);
        let due = Instant::now() + FOLLOWS + LATE;
        let on_time = move || {
            let Some(opening) = opening.upgrade() else {
                return;
            };
            if !has_greeted(opening.link.token()) {
                return match may_be_late && Instant::now() > due {
                    true => opening.follow(led_on.clone(), false),
                    false => opening.open(),
                };
            }
            match &led_on {
                Some(window) => opening.watch(window.clone()),
                None => opening.set_step(Step::Over),
            }
            (opening.notify)(WindowEvent::Opened);
        };
        let timer = web_sys::window().and_then(|window| Timer::start(&window, FOLLOWS, on_time));
        self.set_step(Step::Following(timer));
    }

    fn open(self: &Rc<Self>) {
        if self.try_open().is_ok() {
            return (self.notify)(WindowEvent::Opened);
        }
        let Some(window) = web_sys::window() else {
            return self.block();
        };
        let listening = RELEASES
            .iter()
            .map(|event| Listening::start(&window, event, |_| release()))
            .collect();
        let timer = Timer::start(&window, ARMED, give_up);
        self.set_step(Step::Armed(listening, timer));
        // One window for one release: an earlier link is blocked.
        let earlier = ARMED_POPUP.replace(Rc::downgrade(self));
        if let Some(earlier) = earlier.upgrade() {
            earlier.block();
        }
    }

    fn block(&self) {
        self.set_step(Step::Over);
        (self.notify)(WindowEvent::Blocked);
    }
}

impl Drop for Popup {
    fn drop(&mut self) {
        self.0.set_step(Step::Over);
    }
}

impl fmt::Debug for Popup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Popup").finish_non_exhaustive()
    }
}

/// Tries again, in the handler of a release.
fn release() {
    let opening = ARMED_POPUP.with_borrow(Weak::upgrade);
    // It is blocked for the release of a key that does not count, for example.
    if let Some(opening) = opening
        && opening.try_open().is_ok()
    {
        ARMED_POPUP.take();
        (opening.notify)(WindowEvent::Opened);
    }
}

fn give_up() {
    if let Some(opening) = ARMED_POPUP.take().upgrade() {
        opening.block();
    }
}
