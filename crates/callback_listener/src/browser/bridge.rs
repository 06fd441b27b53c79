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

use js_sys::Reflect;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, Document, Event, MessageEvent, Url, Window};
use zeroize::Zeroizing;

use super::{
    blank,
    events::{Listening, Timer},
    greetings,
    opened::is_ours,
};
use crate::{
    config::{ListenError, ListenerConfig},
    exchange::{Lead, NAME, PageMessage, hello, is_open, next_link},
    link::{BLANK, OneTimeLink},
    time::Instant,
};

/// How long what a timer has found waits for the messages that the browser has queued: WebKit runs a
/// timer that is late before those that came meanwhile.
pub(super) const GRACE: Duration = Duration::from_millis(100);

/// Names a listener of this thread.
pub(super) type Number = u64;

/// What a bridge wants of its exchange.
pub(super) trait Delivery {
    /// Gives a message of the return page to the exchange. Returns the instruction for the page.
    fn receive(&self, message: &str) -> Option<Zeroizing<String>>;

    /// Gives a message of the service to the exchange. Returns whether it has ended the request.
    fn receive_from_service(&self, return_token: &str, text: &str) -> bool;

    /// Follows a link in a window of the program's own.
    fn lead(&self, link_token: &str) -> Lead;

    /// Lets the exchange look at the clock.
    fn expire(&self);

    /// Returns when it must look at the clock next.
    fn next_deadline(&self) -> Option<Instant>;
}

/// Handles a message event.
type OnMessage = Box<dyn FnMut(Event)>;

/// How long a page that has finished can be led on. It closes after two seconds.
const LEADS_ON: Duration = Duration::from_millis(1500);

thread_local! {
    /// The page that has finished last.
    static FINISHED: RefCell<Option<FinishedPage>> = const { RefCell::new(None) };
    static BRIDGES: RefCell<BTreeMap<Number, Bridge>> = const { RefCell::new(BTreeMap::new()) };
    static NEXT: Cell<Number> = const { Cell::new(0) };
    static ENDS: Cell<bool> = const { Cell::new(false) };
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
    delivery: Rc<dyn Delivery>,
    /// Set if there is no return page: what a window shows that waits for its page.
    one_moment: Option<&'static str>,
    channels: Vec<(String, Channel)>,
    timer: Option<Timer>,
    deadline: Option<Instant>,
    _listening: Vec<Listening>,
}

impl Bridge {
    /// Starts to listen for messages. Returns the listener's number, and the whole URL of the page
    /// of its links.
    pub(super) fn start(
        config: &ListenerConfig,
        delivery: Rc<dyn Delivery>,
    ) -> Result<(Number, String), ListenError> {
        let window = web_sys::window().ok_or(ListenError::Unsupported)?;
        let document = window.document().ok_or(ListenError::Unsupported)?;
        let number = NEXT.replace(NEXT.get() + 1);
        let (page, one_moment, on_message) = match &config.service_origin {
            None => {
                let page = return_page(&window, &document, &config.return_page)?;
                (page, None, on_page_message(number, &window))
            }
            Some(_) if is_isolated() => return Err(ListenError::Isolated),
            Some(origin) => {
                let languages = window.navigator().languages().join(",");
                let languages = languages.as_string().unwrap_or_default();
                let texts = config.pages.preferred([languages.as_bytes()].into_iter());
                let on_message = on_service_message(number, origin.clone());
                (BLANK.to_owned(), Some(texts.one_moment), on_message)
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
            delivery,
            one_moment,
            channels: Vec::new(),
            timer: None,
            deadline: None,
            _listening: listening,
        };
        BRIDGES.with_borrow_mut(|bridges| bridges.insert(number, bridge));
        Ok((number, page))
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
                    Timer::start(&bridge.window, wait, move || expire_soon(number))
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
    deliver_to(number, |delivery| match message {
        Some(message) => delivery.receive(message),
        None => {
            delivery.expire();
            None
        }
    })?
}

/// Delivers nothing any more: the browser loads the program again. Whatever ended in this run would be
/// lost; the next one finds what was kept.
pub(super) fn stop_delivering() {
    ENDS.set(true);
}

fn deliver_to<R>(number: Number, act: impl FnOnce(&dyn Delivery) -> R) -> Option<R> {
    if ENDS.get() {
        return None;
    }
    let delivery = BRIDGES.with_borrow(|bridges| {
        let bridge = bridges.get(&number)?;
        Some(Rc::clone(&bridge.delivery))
    })?;
    let result = act(&*delivery);
    Bridge::set_deadline(number, delivery.next_deadline());
    Some(result)
}

/// Returns the whole URL of the return page.
fn return_page(window: &Window, document: &Document, page: &str) -> Result<String, ListenError> {
    let base = document.base_uri().ok().flatten().unwrap_or_default();
    let origin = window.location().origin().unwrap_or_default();
    Url::new_with_base(page, &base)
        .ok()
        .filter(|url| url.origin() == origin)
        .map(|url| url.href())
        .ok_or_else(|| ListenError::ReturnPage(page.to_owned()))
}

/// Returns whether no other window can reach the program's own, and none can be reached.
fn is_isolated() -> bool {
    Reflect::get(&js_sys::global(), &"crossOriginIsolated".into()).is_ok_and(|is| is.is_truthy())
}

/// Returns what handles the messages of the return page.
fn on_page_message(number: Number, window: &Window) -> OnMessage {
    let origin = window.location().origin().unwrap_or_default();
    Box::new(move |event| {
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
    })
}

/// Returns what handles the messages of the service: of this very origin, and of a window that the
/// program has led there.
fn on_service_message(number: Number, origin: String) -> OnMessage {
    Box::new(move |event| {
        let event: MessageEvent = event.unchecked_into();
        if event.origin() != origin {
            return;
        }
        let Some(return_token) = blank::return_token(event.source().as_deref()) else {
            return;
        };
        // Counted as no callback if it cannot be read.
        let text = blank::text_of(&event.data()).unwrap_or_default();
        let is_over = deliver_to(number, |delivery| {
            delivery.receive_from_service(&return_token, &text)
        });
        if is_over == Some(true) {
            blank::close(&return_token);
        }
    })
}

/// Leads a window or frame of the program's own to the service's page, if the link is that of a
/// program without a return page. Does nothing for any other link: the window follows it by itself.
///
/// The window must be blank. If the page is not known yet, the window waits for it. It is closed if
/// the request ends before that.
pub(super) fn lead(window: &Window, link: &OneTimeLink) {
    if link.is_blank() {
        let text = without_return_page().next().map(|(_, text)| text);
        blank::add(window, link.token(), text.unwrap_or_default(), follow);
    }
}

/// Leads on the windows that have waited for their page.
pub(super) fn lead_waiting() {
    blank::lead_waiting(follow);
}

/// Follows a link without a return page, in a window of the program's own.
fn follow(link_token: &str) -> Lead {
    without_return_page()
        .filter_map(|(number, _)| deliver_to(number, |delivery| delivery.lead(link_token)))
        .find(|lead| !matches!(lead, Lead::Nowhere))
        .unwrap_or(Lead::Nowhere)
}

/// Returns the listeners without a return page, and the text for their windows that wait.
fn without_return_page() -> impl Iterator<Item = (Number, &'static str)> {
    let found: Vec<_> = BRIDGES.with_borrow(|bridges| {
        let text = |(number, bridge): (&Number, &Bridge)| Some((*number, bridge.one_moment?));
        bridges.iter().filter_map(text).collect()
    });
    found.into_iter()
}

/// Hands a message to the exchange. Only texts are read: an object could run code when it is looked
/// at.
fn receive(number: Number, data: &JsValue, window: Option<&Window>) -> Option<Zeroizing<String>> {
    let text = Zeroizing::new(data.as_string()?);
    let instruction = deliver(number, Some(&text))?;
    match PageMessage::parse(&text)? {
        PageMessage::Hello { link_token, .. } => {
            greetings::remember(link_token, is_open(&instruction));
        }
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

/// Tells the page that has finished last to follow a link in its own window. Returns `None` if there
/// is no such page, or else its window, where that is known. The page may be gone.
pub(super) fn lead_on(link_token: &str) -> Option<Option<Window>> {
    let page = FINISHED
        .take()
        .filter(|page| page.since.elapsed() < LEADS_ON)?;
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
    Some(page.window)
}

/// Follows a link as its page would. Returns the instruction for the page.
pub(super) fn visit(link_token: &str) -> Option<Zeroizing<String>> {
    let hello = hello(link_token)?;
    let numbers: Vec<Number> = BRIDGES.with_borrow(|bridges| bridges.keys().copied().collect());
    numbers
        .into_iter()
        .find_map(|number| deliver(number, Some(&hello)))
}

/// Lets what the browser has queued come first.
fn expire_soon(number: Number) {
    with(number, |bridge| {
        bridge.timer = Timer::start(&bridge.window, GRACE, move || expire(number));
    });
}

fn expire(number: Number) {
    // The same deadline needs a new timer if this one was early.
    with(number, |bridge| bridge.deadline = None);
    deliver(number, None);
}

/// Looks at the clock after a time in which timers may have stood still.
fn check_clock(number: Number) {
    let now = Instant::now();
    let deadline = BRIDGES.with_borrow(|bridges| bridges.get(&number)?.deadline);
    if deadline.is_some_and(|deadline| deadline <= now) {
        expire_soon(number);
    }
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
