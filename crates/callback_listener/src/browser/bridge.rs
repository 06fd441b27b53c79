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
    opened::is_ours,
};
use crate::{
    config::ListenError,
    exchange::{NAME, PageMessage, hello, next_link},
    time::Instant,
};

/// How long a deadline that is due waits: a message that the browser has queued counts.
const GRACE: Duration = Duration::from_millis(100);

/// Names a listener of this thread.
pub(super) type Number = u64;

/// Gives a message to the exchange, or lets it look at the clock. Returns the instruction for the
/// page, and the next deadline.
pub(super) type Deliver = Box<dyn Fn(Option<&str>) -> (Option<Zeroizing<String>>, Option<Instant>)>;

/// How long a page that has finished can be led on. It closes after two seconds.
const LEADS_ON: Duration = Duration::from_millis(1500);

/// How many greetings are remembered.
const MAX_GREETINGS: usize = 8;

thread_local! {
    /// The page that has finished last.
    static FINISHED: RefCell<Option<FinishedPage>> = const { RefCell::new(None) };
    /// The link tokens of the pages that have said hello last.
    static GREETINGS: RefCell<Vec<Zeroizing<String>>> = const { RefCell::new(Vec::new()) };
    static BRIDGES: RefCell<BTreeMap<Number, Bridge>> = const { RefCell::new(BTreeMap::new()) };
    static NEXT: Cell<Number> = const { Cell::new(0) };
}

/// A page whose request is over, and which closes soon.
struct FinishedPage {
    number: Number,
    return_token: Zeroizing<String>,
    since: Instant,
    /// The window, if the message came by this way.
    window: Option<Window>,
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
            let source: Window = source.unchecked_into();
            if let Some(instruction) = receive(number, &event.data(), Some(&source)) {
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
fn receive(number: Number, data: &JsValue, window: Option<&Window>) -> Option<Zeroizing<String>> {
    let text = Zeroizing::new(data.as_string()?);
    let instruction = deliver(number, Some(&text))?;
    match PageMessage::parse(&text)? {
        PageMessage::Hello { link_token, .. } => GREETINGS.with_borrow_mut(|greetings| {
            if greetings.len() == MAX_GREETINGS {
                greetings.remove(0);
            }
            greetings.push(Zeroizing::new(link_token.to_owned()));
        }),
        PageMessage::Callback { return_token, .. } => {
            FINISHED.with_borrow_mut(|finished| {
                let known = finished
                    .take()
                    .filter(|page| *page.return_token == return_token);
                // The message came by the other way before; a page without an opener has one only.
                let earlier = known.and_then(|page| page.window);
                *finished = Some(FinishedPage {
                    number,
                    return_token: Zeroizing::new(return_token.to_owned()),
                    since: Instant::now(),
                    window: window.cloned().or(earlier),
                });
            });
        }
    }
    Some(instruction)
}

/// Tells the page that has finished last to follow a link in its own window. Returns whether there
/// is such a page; it may be gone.
pub(super) fn lead_on(link_token: &str) -> bool {
    let Some(page) = FINISHED
        .take()
        .filter(|page| page.since.elapsed() < LEADS_ON)
    else {
        return false;
    };
    let message = JsValue::from_str(&next_link(&page.return_token, link_token));
    if let (Some(window), Some(own)) = (&page.window, web_sys::window()) {
        let origin = own.location().origin().unwrap_or_default();
        _ = window.post_message(&message, &origin);
    }
    with(page.number, |bridge| {
        let channel = bridge
            .channels
            .iter()
            .find(|(token, _)| *token == *page.return_token);
        if let Some((_, channel)) = channel {
            _ = channel.channel.post_message(&message);
        }
    });
    true
}

/// Returns whether a page has said hello with this link.
pub(super) fn has_greeted(link_token: &str) -> bool {
    GREETINGS.with_borrow(|greetings| greetings.iter().any(|token| **token == link_token))
}

/// Follows a link as its page would. Returns the instruction for the page.
pub(super) fn visit(link_token: &str) -> Option<Zeroizing<String>> {
    let hello = hello(link_token)?;
    let numbers: Vec<Number> = BRIDGES.with_borrow(|bridges| bridges.keys().copied().collect());
    numbers
        .into_iter()
        .find_map(|number| deliver(number, Some(&hello)))
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
            if let Some(instruction) = receive(number, &event.data(), None) {
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
