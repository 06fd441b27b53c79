//! What connects a listener with its browser: messages, channels and the clock.
//!
//! The browser's objects belong to one thread. So they stay in a table of that thread, and a
//! listener keeps only its number.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, Event, MessageEvent, Url, Window};
use zeroize::Zeroizing;

use super::{
    events::{Listening, Timer},
    window::is_ours,
};
use crate::{config::ListenError, exchange::NAME, time::Instant};

/// How long a deadline that is due waits: a message that the browser has queued counts.
const GRACE: Duration = Duration::from_millis(100);

/// Names a listener of this thread.
pub(super) type Number = u64;

/// Gives a message to the exchange, or lets it look at the clock. Returns the instruction for the
/// page, and the next deadline.
pub(super) type Deliver = Box<dyn Fn(Option<&str>) -> (Option<Zeroizing<String>>, Option<Instant>)>;

thread_local! {
    static BRIDGES: RefCell<BTreeMap<Number, Bridge>> = const { RefCell::new(BTreeMap::new()) };
    static NEXT: Cell<Number> = const { Cell::new(0) };
}

/// Everything in the browser that belongs to one listener. Dropping it removes all of it.
pub(super) struct Bridge {
    window: Window,
    deliver: Rc<Deliver>,
    channels: Vec<(String, Channel)>,
    timer: Option<Timer>,
    deadline: Option<Instant>,
    _listening: Vec<Listening>,
}

impl Bridge {
    /// Starts to listen for messages. Returns the listener's number, and the page's whole URL.
    pub(super) fn start(page: &str, deliver: Deliver) -> Result<(Number, String), ListenError> {
        let window = web_sys::window().ok_or(ListenError::Unsupported)?;
        let document = window.document().ok_or(ListenError::Unsupported)?;
        let base = document.base_uri().ok().flatten().unwrap_or_default();
        let origin = window.location().origin().unwrap_or_default();
        let url = Url::new_with_base(page, &base)
            .ok()
            .filter(|url| url.origin() == origin)
            .ok_or_else(|| ListenError::ReturnPage(page.to_owned()))?;
        let number = NEXT.replace(NEXT.get() + 1);
        let on_message = move |event: Event| {
            let event: MessageEvent = event.unchecked_into();
            let source = JsValue::from(event.source());
            if event.origin() != origin || !is_ours(&source) {
                return;
            }
            if let Some(instruction) = receive(number, &event.data()) {
                let source: Window = source.unchecked_into();
                // It fails if the window is gone.
                _ = source.post_message(&JsValue::from_str(&instruction), &origin);
            }
        };
        let on_return = move |_: Event| check_clock(number);
        let listening = vec![
            Listening::start(&window, "message", on_message),
            Listening::start(&document, "visibilitychange", on_return),
            Listening::start(&window, "pageshow", on_return),
        ];
        let bridge = Self {
            window,
            deliver: Rc::new(deliver),
            channels: Vec::new(),
            timer: None,
            deadline: None,
            _listening: listening,
        };
        BRIDGES.with_borrow_mut(|bridges| bridges.insert(number, bridge));
        Ok((number, url.href()))
    }

    pub(super) fn stop(number: Number) {
        // Dropped outside of the borrow.
        let bridge = BRIDGES.with_borrow_mut(|bridges| bridges.remove(&number));
        drop(bridge);
    }

    /// Opens the channels of these tokens, and closes those of tokens that are no longer `wanted`.
    pub(super) fn set_channels(number: Number, tokens: Vec<String>, wanted: impl Fn(&str) -> bool) {
        with(number, |bridge| {
            bridge.channels.retain(|(token, _)| wanted(token));
            for token in tokens {
                if let Some(channel) = Channel::open(number, &token) {
                    bridge.channels.push((token, channel));
                }
            }
        });
    }

    /// Sets when the exchange must look at the clock next.
    pub(super) fn set_deadline(number: Number, deadline: Option<Instant>) {
        with(number, |bridge| {
            if bridge.deadline != deadline {
                bridge.deadline = deadline;
                bridge.timer = deadline.and_then(|deadline| {
                    let wait = deadline.saturating_duration_since(Instant::now());
                    Timer::start(&bridge.window, wait + GRACE, move || expire(number))
                });
            }
        });
    }
}

fn with(number: Number, act: impl FnOnce(&mut Bridge)) {
    BRIDGES.with_borrow_mut(|bridges| bridges.get_mut(&number).map(act));
}

/// Delivers to the exchange. The table of bridges is not borrowed meanwhile: the owner may stop a
/// listener while it is notified.
fn deliver(number: Number, message: Option<&str>) -> Option<Zeroizing<String>> {
    let deliver = BRIDGES.with_borrow(|bridges| {
        let bridge = bridges.get(&number)?;
        Some(Rc::clone(&bridge.deliver))
    });
    let (instruction, deadline) = deliver?(message);
    Bridge::set_deadline(number, deadline);
    instruction
}

/// Hands a message to the exchange. Only texts are read: an object could run code when it is looked
/// at.
fn receive(number: Number, data: &JsValue) -> Option<Zeroizing<String>> {
    let text = Zeroizing::new(data.as_string()?);
    deliver(number, Some(&text))
}

fn expire(number: Number) {
    deliver(number, None);
}

/// Looks at the clock after a time in which timers may have stood still.
fn check_clock(number: Number) {
    with(number, |bridge| {
        let is_due = |deadline: Instant| deadline <= Instant::now();
        if bridge.deadline.is_some_and(is_due) {
            // What is in the queue comes first.
            bridge.timer = Timer::start(&bridge.window, GRACE, move || expire(number));
        }
    });
}

/// A channel that only those who know its token can name, until it is dropped.
struct Channel {
    channel: BroadcastChannel,
    _closure: Closure<dyn FnMut(MessageEvent)>,
}

impl Channel {
    /// Opens it. Returns `None` where the browser refuses, as for a page without an origin.
    fn open(number: Number, token: &str) -> Option<Self> {
        let channel = BroadcastChannel::new(&[NAME, "/", token].concat()).ok()?;
        let back = channel.clone();
        let closure = Closure::new(move |event: MessageEvent| {
            if let Some(instruction) = receive(number, &event.data()) {
                _ = back.post_message(&JsValue::from_str(&instruction));
            }
        });
        channel.set_onmessage(Some(closure.as_ref().unchecked_ref()));
        Some(Self {
            channel,
            _closure: closure,
        })
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.close();
    }
}
