//! The messages between a game in a browser and its return page, without the browser: texts in,
//! texts out, time is passed in.
//!
//! | from the page | to the page |
//! | --- | --- |
//! | `hello`, link token, nonce | `open`, `wait` or `show` |
//! | `callback`, return token, nonce, text | `show` or `wait` |
//! | nothing, after `show` | `next`: another link, in the same window |
//!
//! The last line of each response is the nonce of its message: two tabs may have one token.
//!
//! Every message is lines of text, of which the first is [`NAME`]. An object is never read: it could
//! run code when it is looked at.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use crate::{
    command::Command,
    config::ListenerConfig,
    counters::{CallbackCounters, RefusedCallback},
    page::Page,
    return_links::ReturnLink,
    table::{CallbackEvent, CallbackTable, Receipt, Visit},
    time::Instant,
    token::DIGITS,
};

/// The first line of every message, and the beginning of every channel's name.
pub(crate) const NAME: &str = "callback_listener";

/// The longest message that is read, in bytes.
const MAX_MESSAGE: usize = 64 * 1024;

/// Digits of a nonce.
const NONCE: usize = 8;

/// A message of the return page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PageMessage<'a> {
    /// The page was opened by a one-time link and asks where to go.
    Hello {
        /// The link's token.
        link_token: &'a str,
        /// What tells this exchange from others.
        nonce: &'a str,
    },
    /// The service sent the user to the page.
    Callback {
        /// The return token.
        return_token: &'a str,
        /// What tells this exchange from others.
        nonce: &'a str,
        /// The raw query or fragment, without `?` or `#`.
        text: &'a str,
    },
}

impl<'a> PageMessage<'a> {
    /// Parses a message. Returns `None` for every other text: other scripts use the same ways.
    #[must_use]
    pub fn parse(message: &'a str) -> Option<Self> {
        if message.len() > MAX_MESSAGE {
            return None;
        }
        let mut lines = message.split('\n');
        let (name, kind) = (lines.next()?, lines.next()?);
        let (token, nonce, text) = (lines.next()?, lines.next()?, lines.next());
        let is_whole = name == NAME && is_hex(token, DIGITS) && is_hex(nonce, NONCE);
        if !is_whole || lines.next().is_some() {
            return None;
        }
        match (kind, text) {
            ("hello", None) => Some(Self::Hello {
                link_token: token,
                nonce,
            }),
            ("callback", Some(text)) => Some(Self::Callback {
                return_token: token,
                nonce,
                text,
            }),
            _ => None,
        }
    }

    /// Returns the token that it names.
    #[must_use]
    pub fn token(self) -> &'a str {
        match self {
            Self::Hello { link_token, .. } => link_token,
            Self::Callback { return_token, .. } => return_token,
        }
    }

    fn nonce(self) -> &'a str {
        match self {
            Self::Hello { nonce, .. } | Self::Callback { nonce, .. } => nonce,
        }
    }
}

/// Omits token and text.
impl fmt::Debug for PageMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hello { .. } => "Hello",
            Self::Callback { .. } => "Callback",
        })
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What the page must do.
#[derive(Clone, PartialEq, Eq)]
enum Instruction {
    Open {
        url: Zeroizing<String>,
        return_token: Zeroizing<String>,
    },
    Wait,
    Show(Page),
}

/// Where a link leads a window of the program's own.
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "for browsers"))]
pub(crate) enum Lead {
    /// To the service's page.
    Open {
        url: Zeroizing<String>,
        return_token: Zeroizing<String>,
    },
    /// Nowhere yet.
    Wait,
    /// Nowhere: the request is over, or the link was used.
    Nowhere,
}

/// Returns the instruction for a page that has finished to follow another link.
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "for browsers"))]
pub(crate) fn next_link(return_token: &str, link_token: &str) -> Zeroizing<String> {
    Zeroizing::new([NAME, "next", return_token, link_token].join("\n"))
}

/// Returns whether an instruction sends the page on to the service.
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "for browsers"))]
pub(crate) fn is_open(instruction: &str) -> bool {
    to_open(instruction).is_some()
}

/// Returns the message of a page that was opened by this link.
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "for browsers"))]
pub(crate) fn hello(link_token: &str) -> Option<Zeroizing<String>> {
    // No page has this link, so no page uses these digits as its nonce.
    let nonce = link_token.get(..NONCE)?;
    Some(Zeroizing::new(
        [NAME, "hello", link_token, nonce].join("\n"),
    ))
}

/// Returns the URL that an instruction opens, and the return token that the page must keep.
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "for browsers"))]
pub(crate) fn to_open(instruction: &str) -> Option<(&str, &str)> {
    let mut lines = instruction.split('\n');
    let is_open = lines.next() == Some(NAME) && lines.next() == Some("open");
    let (url, return_token) = (lines.nth(1)?, lines.next()?);
    is_open.then_some((url, return_token))
}

impl Instruction {
    /// Writes the response to a message.
    fn write(&self, message: PageMessage<'_>) -> Zeroizing<String> {
        let (token, nonce) = (message.token(), message.nonce());
        Zeroizing::new(match self {
            Self::Open { url, return_token } => {
                [NAME, "open", token, url, return_token, nonce].join("\n")
            }
            Self::Wait => [NAME, "wait", token, nonce].join("\n"),
            Self::Show(page) => [NAME, "show", token, page.name(), nonce].join("\n"),
        })
    }
}

/// The pending callbacks of a program in a browser, and the instructions for the return page.
///
/// It is [`CallbackTable`] with messages in place of HTTP. It knows no window, channel or timer.
pub struct Exchange<Id, T> {
    table: CallbackTable<Id, T>,
    notify: Box<dyn FnMut(CallbackEvent<Id, T>) -> bool + Send>,
    counters: Arc<CallbackCounters>,
    log_target: &'static str,
    /// The last instructions, by nonce: a page sends each message by two ways, and repeats it.
    sent: Vec<(String, Instruction)>,
    /// How many callbacks were ever added, and how many of them the last `Idle` knew.
    added: u64,
    idle_at: u64,
}

/// How many instructions are remembered. Each pending request has a page or two.
const MAX_SENT: usize = 32;

impl<Id: Copy + Eq, T> Exchange<Id, T> {
    /// Creates an exchange without pending callbacks. `notify` is the same as for
    /// [`Listener::start`](crate::Listener::start).
    pub fn new(
        config: &ListenerConfig,
        notify: impl FnMut(CallbackEvent<Id, T>) -> bool + Send + 'static,
    ) -> Self {
        Self {
            table: CallbackTable::default(),
            notify: Box::new(notify),
            counters: Arc::clone(&config.counters),
            log_target: config.log_target,
            sent: Vec::new(),
            added: 0,
            idle_at: 0,
        }
    }

    /// Carries out a command of the owner.
    #[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "for browsers"))]
    pub(crate) fn run(&mut self, command: Command<Id, T>, now: Instant) {
        match command {
            Command::Add(callback) => {
                self.table.add(callback);
                self.added += 1;
            }
            Command::SetPage(id, page) => self.table.set_page(id, page),
            Command::SetDeadline(id, deadline) => self.table.set_deadline(id, deadline),
            Command::RenewLink(id, token) => self.table.renew_link(id, token),
            Command::Retire {
                id,
                tombstone,
                keep_link,
            } => self.table.retire(id, now, tombstone, keep_link),
            Command::DropLink(id) => self.table.drop_link(id),
            Command::Deliver(callback, reply) => {
                let receipt = self.deliver(&callback, now);
                if let Some(reply) = reply {
                    let _ = reply.try_send(receipt);
                }
            }
            // Dropping the listener stops it.
            Command::Stop => {}
        }
    }

    /// Returns the table of pending callbacks.
    pub fn table(&mut self) -> &mut CallbackTable<Id, T> {
        &mut self.table
    }

    /// Handles a message of the page, and returns the message with its instruction. Returns `None`
    /// for a text that no return page sends, and for an unknown token: it may be another tab's.
    pub fn receive(&mut self, message: &str, now: Instant) -> Option<Zeroizing<String>> {
        let message = PageMessage::parse(message)?;
        let known = self.sent.iter().find(|(nonce, _)| nonce == message.nonce());
        if let Some((_, instruction)) = known {
            return Some(instruction.write(message));
        }
        let instruction = match message {
            PageMessage::Hello { link_token, .. } => self.visit(link_token),
            PageMessage::Callback {
                return_token, text, ..
            } => self.callback(return_token, text, now),
        }?;
        if instruction != Instruction::Wait {
            if self.sent.len() == MAX_SENT {
                self.sent.remove(0);
            }
            self.sent
                .push((message.nonce().to_owned(), instruction.clone()));
        }
        Some(instruction.write(message))
    }

    /// Handles a message that the service's page has posted to the program, in a window that was led
    /// there by the request with this return token. Returns whether it has ended the request. What
    /// is no callback ends nothing.
    pub fn receive_from_service(&mut self, return_token: &str, text: &str, now: Instant) -> bool {
        if text.len() > MAX_MESSAGE {
            self.count(RefusedCallback::Nothing);
            return false;
        }
        matches!(self.receipt(return_token, text, now), Receipt::Done(_))
    }

    /// Follows a link in a window of the program's own.
    #[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "for browsers"))]
    pub(crate) fn lead(&mut self, link_token: &str) -> Lead {
        match self.visit(link_token) {
            Some(Instruction::Open { url, return_token }) => Lead::Open { url, return_token },
            Some(Instruction::Wait) => Lead::Wait,
            Some(Instruction::Show(_)) | None => Lead::Nowhere,
        }
    }

    /// Ends what is over at `now`, and notifies the owner when nothing is left.
    pub fn expire(&mut self, now: Instant) {
        let Self { table, notify, .. } = self;
        table.expire(now, &mut |event| _ = notify(event));
        if self.table.is_empty() && self.idle_at != self.added {
            self.idle_at = self.added;
            self.sent.clear();
            (self.notify)(CallbackEvent::Idle { added: self.added });
        }
    }

    /// Returns the nearest time at which [`Self::expire`] has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.table.next_deadline()
    }

    fn visit(&mut self, link_token: &str) -> Option<Instruction> {
        let Self { table, notify, .. } = self;
        let return_token = table.return_token(link_token);
        let url = match table.visit(link_token, &mut |event| _ = notify(event)) {
            Visit::Open(page) => Ok(page.expose().to_owned()),
            Visit::OpenLast(page) => Ok(page.expose().to_owned()),
            Visit::NotReady => return Some(Instruction::Wait),
            Visit::Used => Err((RefusedCallback::LinkUsed, Page::StartAgain)),
            Visit::Finished => Err((RefusedCallback::Finished, Page::AlreadyFinished)),
            // Another listener's of this program, or another tab's.
            Visit::Unknown => return None,
        };
        Some(match (url, return_token) {
            (Ok(url), Some(return_token)) => Instruction::Open {
                url: Zeroizing::new(url),
                return_token,
            },
            (Ok(_), None) => Instruction::Show(Page::StartAgain),
            (Err((reason, page)), _) => {
                self.count(reason);
                Instruction::Show(page)
            }
        })
    }

    fn callback(&mut self, return_token: &str, text: &str, now: Instant) -> Option<Instruction> {
        Some(Instruction::Show(
            match self.receipt(return_token, text, now) {
                Receipt::Done(page) => page,
                Receipt::NotACallback => Page::Nothing,
                Receipt::Finished => Page::AlreadyFinished,
                Receipt::StateMismatch => Page::NotFound,
                Receipt::Unknown => return None,
            },
        ))
    }

    /// Receives a callback that came to the owner in another way.
    fn deliver(&mut self, callback: &ReturnLink, now: Instant) -> Receipt {
        let mut receipt = Receipt::NotACallback;
        for text in callback.texts() {
            if receipt == Receipt::NotACallback {
                receipt = self.receipt(callback.token().expose(), text, now);
            }
        }
        receipt
    }

    /// Gives a callback to the table, and counts what became of it.
    fn receipt(&mut self, return_token: &str, text: &str, now: Instant) -> Receipt {
        let Self { table, notify, .. } = self;
        let mut send = |event| _ = notify(event);
        let receipt = table.receive(return_token, text, now, &mut send);
        match receipt {
            Receipt::Done(_) => self.counters.count_completed(),
            Receipt::NotACallback => self.count(RefusedCallback::Nothing),
            Receipt::Finished => self.count(RefusedCallback::Finished),
            Receipt::StateMismatch => self.count(RefusedCallback::StateMismatch),
            Receipt::Unknown => {}
        }
        receipt
    }

    fn count(&self, reason: RefusedCallback) {
        log::debug!(
            target: self.log_target,
            "the callback listener refused a message: {}",
            reason.as_str()
        );
        self.counters.count(reason);
    }
}

impl<Id, T> fmt::Debug for Exchange<Id, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}
