//! Which token belongs to which request, and how a request ends.
//!
//! A callback is *pending* until it arrives, expires or is retired. Then it is a *tombstone* for a
//! while: a late or repeated callback gets the "finished" page and no event. Every way out of
//! `pending` goes through [`CallbackTable::end`], so a request ends once. Time is passed in.

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use zeroize::Zeroizing;

use crate::{
    page::Page,
    page_url::PageUrl,
    time::Instant,
    token::{LinkToken, ReturnToken},
};

/// How long a request is remembered after its callback or its deadline.
pub const TOMBSTONE: Duration = Duration::from_secs(60);

/// How many of the links before the present one are remembered per request. A user who opens the
/// page again more often than this gets a 404 only in the very first tabs.
const OLD_LINKS: usize = 16;

/// How many ended requests are remembered; beyond that, the one that would be forgotten first is
/// dropped. No user makes so many in a minute, but a program that sends and cancels requests in a
/// loop does. Every callback is compared with all of them.
const TOMBSTONES: usize = 256;

/// What a callback means to the program that waits for it.
#[derive(Debug)]
pub enum ParsedCallback<T> {
    /// This ends the request. The user sees the page.
    Done(T, Page),
    /// The text is no callback; the request goes on.
    NotACallback,
    /// The callback names another request, in its `state` for example. It is treated like an
    /// unknown token; the request goes on.
    StateMismatch,
}

/// Parses a raw query or fragment, without its `?` or `#`. It runs on the listener's thread, so it
/// must be quick and must not panic.
pub type CallbackParser<T> = Arc<dyn Fn(&str) -> ParsedCallback<T> + Send + Sync>;

/// A request that waits for its callback.
pub struct PendingCallback<Id, T> {
    /// Names the request in commands and events.
    pub id: Id,
    /// The secret in the one-time link.
    pub link_token: LinkToken,
    /// The secret in the return URL; at a redirect URI it comes back as `state`.
    pub return_token: ReturnToken,
    /// Where the link leads; `None` until that is known.
    pub page: Option<PageUrl>,
    /// When the request expires.
    pub deadline: Instant,
    /// Parses the callback.
    pub parser: CallbackParser<T>,
}

impl<Id: fmt::Debug, T> fmt::Debug for PendingCallback<Id, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingCallback")
            .field("id", &self.id)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// What happened to a request. The listener sends it before the browser gets its page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallbackEvent<Id, T> {
    /// The browser followed the link and was sent on to the service's page.
    Visited(Id),
    /// A used link was followed again. Sent once per link at most.
    LinkReused(Id),
    /// An unknown token, or a callback with the `state` of another request. Sent once per request at
    /// most. An unknown token names no request: the event comes if exactly one is pending.
    UnexpectedCallback(Id),
    /// The request ended with its callback.
    Received(Id, T),
    /// The request ended by its deadline.
    Expired(Id),
    /// No request and no tombstone is left. The listener can be dropped, unless more than `added`
    /// requests were added since it was started.
    Idle {
        /// How many requests were ever added.
        added: u64,
    },
    /// The listener has failed, and why. Pending requests get no other event.
    Lost(String),
}

/// Where the table sends its events.
pub type Notify<'a, Id, T> = &'a mut dyn FnMut(CallbackEvent<Id, T>);

/// What the visit of a link leads to.
#[derive(Debug)]
pub enum Visit<'a> {
    /// The page.
    Open(&'a PageUrl),
    /// The page, for the last time: the request has ended.
    OpenLast(PageUrl),
    /// The link leads nowhere yet.
    NotReady,
    /// The link was used or renewed.
    Used,
    /// The request has ended.
    Finished,
    /// No request has this link.
    Unknown,
}

/// What became of a callback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Receipt {
    /// It ended its request. The user sees this page.
    Done(Page),
    /// The text was no callback.
    NotACallback,
    /// It names another request.
    StateMismatch,
    /// Its request had ended before.
    Finished,
    /// No request has this token.
    Unknown,
}

/// The pending callbacks and tombstones of a listener.
///
/// The table has neither clock nor thread: time is passed in, and events go to a closure.
pub struct CallbackTable<Id, T> {
    pending: Vec<Pending<Id, T>>,
    ended: Vec<Tombstone<Id>>,
}

struct Pending<Id, T> {
    callback: PendingCallback<Id, T>,
    old_links: OldLinks,
    link: Link,
    unexpected_notified: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Fresh,
    Used,
    ReuseNotified,
}

struct Tombstone<Id> {
    id: Id,
    link_token: LinkToken,
    old_links: OldLinks,
    return_token: ReturnToken,
    until: Instant,
    /// Set only if the link may still lead on once.
    page: Option<PageUrl>,
}

/// The links before the last renewals, the oldest first. A tab that still loads one gets the page
/// for late visits, and counts as no unexpected callback.
#[derive(Default)]
struct OldLinks(VecDeque<LinkToken>);

impl OldLinks {
    fn push(&mut self, token: LinkToken) {
        if self.0.len() == OLD_LINKS {
            self.0.pop_front();
        }
        self.0.push_back(token);
    }

    /// Compares with all of them, without early exit.
    fn contains(&self, token: &str) -> bool {
        self.0
            .iter()
            .fold(false, |found, old| found | old.matches(token))
    }
}

/// What a link token belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LinkOwner {
    Pending(usize),
    /// By a link before the last renewal.
    PendingOld,
    Ended(usize),
    EndedOld,
    Unknown,
}

/// What a return token belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReturnOwner {
    Pending(usize),
    Ended,
    Unknown,
}

impl<Id, T> Default for CallbackTable<Id, T> {
    fn default() -> Self {
        Self {
            pending: Vec::new(),
            ended: Vec::new(),
        }
    }
}

impl<Id: Copy + Eq, T> CallbackTable<Id, T> {
    /// Adds a request.
    pub fn add(&mut self, callback: PendingCallback<Id, T>) {
        self.pending.push(Pending {
            callback,
            old_links: OldLinks::default(),
            link: Link::Fresh,
            unexpected_notified: false,
        });
    }

    /// Sets where the link of a request leads. Nothing happens if the request has ended.
    pub fn set_page(&mut self, id: Id, page: PageUrl) {
        if let Some(pending) = self.pending_mut(id) {
            pending.callback.page = Some(page);
        }
    }

    /// Sets when a request expires. Nothing happens if the request has ended.
    pub fn set_deadline(&mut self, id: Id, deadline: Instant) {
        if let Some(pending) = self.pending_mut(id) {
            pending.callback.deadline = deadline;
        }
    }

    /// Gives a request a new link; the one before is dead. Nothing happens if the request has
    /// ended.
    pub fn renew_link(&mut self, id: Id, token: LinkToken) {
        if let Some(pending) = self.pending_mut(id) {
            pending
                .old_links
                .push(std::mem::replace(&mut pending.callback.link_token, token));
            pending.link = Link::Fresh;
        }
    }

    /// Ends a request without an event and remembers it for `tombstone`. With `keep_link` an unused
    /// link still leads on once.
    ///
    /// A request that has ended before is only forgotten earlier or loses its link: an owner that
    /// repeats this call keeps no thread alive.
    pub fn retire(&mut self, id: Id, now: Instant, tombstone: Duration, keep_link: bool) {
        let until = later(now, tombstone);
        if let Some(index) = self.index_of(id) {
            self.end(index, until, keep_link);
        } else if let Some(ended) = self.ended.iter_mut().find(|ended| ended.id == id) {
            ended.until = ended.until.min(until);
            ended.page = ended.page.take().filter(|_| keep_link);
        }
    }

    /// Ends the link of a request that was retired with `keep_link`.
    pub fn drop_link(&mut self, id: Id) {
        if let Some(ended) = self.ended.iter_mut().find(|ended| ended.id == id) {
            ended.page = None;
        }
    }

    /// Ends what is over at `now`: requests with an event, tombstones silently.
    pub fn expire(&mut self, now: Instant, notify: Notify<'_, Id, T>) {
        while let Some(index) = self
            .pending
            .iter()
            .position(|pending| pending.callback.deadline <= now)
        {
            let id = self.end(index, later(now, TOMBSTONE), false);
            notify(CallbackEvent::Expired(id));
        }
        self.ended.retain(|ended| ended.until > now);
    }

    /// Returns the nearest time at which [`Self::expire`] has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let pending = self.pending.iter().map(|pending| pending.callback.deadline);
        pending
            .chain(self.ended.iter().map(|ended| ended.until))
            .min()
    }

    /// Returns whether there is neither a request nor a tombstone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.ended.is_empty()
    }

    /// Returns whether a request has or had a link with this token.
    #[must_use]
    pub fn has_link(&self, token: &str) -> bool {
        self.link_owner(token) != LinkOwner::Unknown
    }

    /// Returns whether a request has or had this return token.
    #[must_use]
    pub fn has_return(&self, token: &str) -> bool {
        self.return_owner(token) != ReturnOwner::Unknown
    }

    /// Notifies the owner of a token that no request has. Only if a single request is pending is it
    /// clear which one was meant.
    pub fn notify_unknown_token(&mut self, notify: Notify<'_, Id, T>) {
        if let [only] = self.pending.as_mut_slice() {
            only.notify_unexpected(notify);
        }
    }

    /// Returns the return token of the request with this link, if the link may still lead on.
    pub(crate) fn return_token(&self, link_token: &str) -> Option<Zeroizing<String>> {
        let token = match self.link_owner(link_token) {
            LinkOwner::Pending(index) => &self.pending.get(index)?.callback.return_token,
            LinkOwner::Ended(index) => &self.ended.get(index)?.return_token,
            LinkOwner::PendingOld | LinkOwner::EndedOld | LinkOwner::Unknown => return None,
        };
        Some(Zeroizing::new(token.expose().to_owned()))
    }

    /// Follows the link with this token.
    pub fn visit(&mut self, token: &str, notify: Notify<'_, Id, T>) -> Visit<'_> {
        match self.link_owner(token) {
            LinkOwner::Pending(index) => match self.pending.get_mut(index) {
                Some(pending) => pending.visit(notify),
                None => Visit::Unknown,
            },
            LinkOwner::PendingOld => Visit::Used,
            LinkOwner::EndedOld => Visit::Finished,
            LinkOwner::Ended(index) => {
                let page = self.ended.get_mut(index).and_then(|e| e.page.take());
                page.map_or(Visit::Finished, Visit::OpenLast)
            }
            LinkOwner::Unknown => Visit::Unknown,
        }
    }

    /// Parses a text that came with this return token, and ends the request if it is a callback. An
    /// empty text is none.
    pub fn receive(
        &mut self,
        token: &str,
        text: &str,
        now: Instant,
        notify: Notify<'_, Id, T>,
    ) -> Receipt {
        let index = match self.return_owner(token) {
            ReturnOwner::Pending(index) => index,
            ReturnOwner::Ended => return Receipt::Finished,
            ReturnOwner::Unknown => return Receipt::Unknown,
        };
        let Some(pending) = self.pending.get_mut(index) else {
            return Receipt::Unknown;
        };
        if text.is_empty() {
            return Receipt::NotACallback;
        }
        match (pending.callback.parser)(text) {
            ParsedCallback::Done(parsed, page) => {
                let id = self.end(index, later(now, TOMBSTONE), false);
                notify(CallbackEvent::Received(id, parsed));
                Receipt::Done(page)
            }
            ParsedCallback::NotACallback => Receipt::NotACallback,
            ParsedCallback::StateMismatch => {
                pending.notify_unexpected(notify);
                Receipt::StateMismatch
            }
        }
    }

    /// Compares with all links, without early exit.
    fn link_owner(&self, token: &str) -> LinkOwner {
        let mut owner = LinkOwner::Unknown;
        for (index, pending) in self.pending.iter().enumerate() {
            if pending.callback.link_token.matches(token) {
                owner = LinkOwner::Pending(index);
            }
            if pending.old_links.contains(token) {
                owner = LinkOwner::PendingOld;
            }
        }
        for (index, ended) in self.ended.iter().enumerate() {
            if ended.link_token.matches(token) {
                owner = LinkOwner::Ended(index);
            }
            if ended.old_links.contains(token) {
                owner = LinkOwner::EndedOld;
            }
        }
        owner
    }

    /// Compares with all return tokens, without early exit.
    fn return_owner(&self, token: &str) -> ReturnOwner {
        let mut owner = ReturnOwner::Unknown;
        for (index, pending) in self.pending.iter().enumerate() {
            if pending.callback.return_token.matches(token) {
                owner = ReturnOwner::Pending(index);
            }
        }
        for ended in &self.ended {
            if ended.return_token.matches(token) {
                owner = ReturnOwner::Ended;
            }
        }
        owner
    }

    /// The only way out of `pending`. `index` must be one of `pending`.
    fn end(&mut self, index: usize, until: Instant, keep_link: bool) -> Id {
        let Pending {
            callback,
            old_links,
            link,
            ..
        } = self.pending.swap_remove(index);
        if self.ended.len() >= TOMBSTONES {
            let first = self
                .ended
                .iter()
                .enumerate()
                .min_by_key(|(_, ended)| ended.until)
                .map(|(index, _)| index);
            self.ended.swap_remove(first.unwrap_or_default());
        }
        self.ended.push(Tombstone {
            id: callback.id,
            link_token: callback.link_token,
            old_links,
            return_token: callback.return_token,
            until,
            page: callback.page.filter(|_| keep_link && link == Link::Fresh),
        });
        callback.id
    }

    fn index_of(&self, id: Id) -> Option<usize> {
        self.pending
            .iter()
            .position(|pending| pending.callback.id == id)
    }

    fn pending_mut(&mut self, id: Id) -> Option<&mut Pending<Id, T>> {
        let index = self.index_of(id)?;
        self.pending.get_mut(index)
    }
}

impl<Id: Copy, T> Pending<Id, T> {
    fn visit(&mut self, notify: Notify<'_, Id, T>) -> Visit<'_> {
        let Some(page) = &self.callback.page else {
            return Visit::NotReady;
        };
        match self.link {
            Link::Fresh => {
                self.link = Link::Used;
                notify(CallbackEvent::Visited(self.callback.id));
                Visit::Open(page)
            }
            Link::Used => {
                self.link = Link::ReuseNotified;
                notify(CallbackEvent::LinkReused(self.callback.id));
                Visit::Used
            }
            Link::ReuseNotified => Visit::Used,
        }
    }

    fn notify_unexpected(&mut self, notify: Notify<'_, Id, T>) {
        if !self.unexpected_notified {
            self.unexpected_notified = true;
            notify(CallbackEvent::UnexpectedCallback(self.callback.id));
        }
    }
}

impl<Id, T> fmt::Debug for CallbackTable<Id, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackTable")
            .field("pending", &self.pending.len())
            .field("ended", &self.ended.len())
            .finish_non_exhaustive()
    }
}

/// Returns `now + wait`, or `now` if the clock cannot count so far.
fn later(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait).unwrap_or(now)
}
