//! Which token belongs to which request, and how a request ends.
//!
//! A route is *live* until it is answered, expires or is retired; then it is a *tombstone* for a
//! while, so that a late or repeated callback gets the "finished" page and no event. Every way
//! out of `live` goes through [`Routes::end`], so a request ends once. No clock: time is passed in.

use std::{
    collections::VecDeque,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    pages::Page,
    token::{ReturnToken, StartToken, Target},
};

/// How long a request is remembered after its answer or its deadline.
pub(crate) const TOMBSTONE: Duration = Duration::from_secs(60);

/// How many of the links before the present one are remembered per request. A player who opens the
/// page again more often than this meets a 404 only with the very first tabs.
const OLD_LINKS: usize = 16;

/// How many ended requests are remembered; beyond that, the one that would be forgotten first is
/// dropped. No player makes so many in a minute, but a game that asks and cancels in each frame
/// does, and every callback is compared with all.
const TOMBSTONES: usize = 256;

/// The owner's number of a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct RouteId(pub u64);

/// What an answer means; the owner of the request decides, in its [`Judge`].
#[derive(Debug)]
pub(crate) enum Verdict<A> {
    /// This ends the request. The page is what the player sees.
    Finish(A, Page),
    /// Nothing of an answer in it; the request goes on.
    Unrecognized,
    /// An answer of another request. Treated like an unknown token; the request goes on.
    Stranger,
}

/// Reads a raw query or fragment, without its `?` or `#`. Runs on the listener's thread: it must
/// be quick and must not panic.
pub(crate) type Judge<A> = Arc<dyn Fn(&str) -> Verdict<A> + Send + Sync>;

/// A pending request, as the listener sees it.
pub(crate) struct Route<A> {
    /// The owner's number, used in commands and events.
    pub(crate) id: RouteId,
    /// Opens `/go/<start>` once.
    pub(crate) start: StartToken,
    /// Opens `/r/<back>` and `/f/<back>`, or comes back to a redirect address as `state`.
    pub(crate) back: ReturnToken,
    /// Where `/go` leads; `None` until the address is signed.
    pub(crate) target: Option<Target>,
    /// When the request expires.
    pub(crate) deadline: Instant,
    /// Reads the answer.
    pub(crate) judge: Judge<A>,
}

impl<A> fmt::Debug for Route<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("id", &self.id)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// What the listener tells its owner. The event is reported before the browser gets its page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum CallbackEvent<A> {
    /// The browser followed the link and was sent on to OK.
    Visited(RouteId),
    /// A used link was followed again. At most one per link.
    LinkReused(RouteId),
    /// A wrong token, or an answer of another request. At most one per request; a token nobody
    /// knows is put to the only live request, and with none or several it is only counted.
    Stranger(RouteId),
    /// The request ended with an answer.
    Answered(RouteId, A),
    /// The request ended by its deadline.
    Expired(RouteId),
    /// No request and no tombstone is left: the listener can be dropped, unless the owner has added
    /// more than `added` since it was started.
    Idle {
        /// How many routes were ever added.
        added: u64,
    },
    /// The listener works no more, and why. Pending requests get no other event.
    Lost(String),
}

/// Delivers one event to the owner and wakes it; `false` if nobody hears any more.
pub(super) type Report<A> = Box<dyn Fn(CallbackEvent<A>) -> bool + Send>;

/// Where events of the state machines go.
pub(crate) type Emit<'a, A> = &'a mut dyn FnMut(CallbackEvent<A>);

struct Live<A> {
    route: Route<A>,
    old_starts: OldStarts,
    link: Link,
    stranger_told: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Fresh,
    Used,
    ReuseTold,
}

struct Tombstone {
    id: RouteId,
    start: StartToken,
    old_starts: OldStarts,
    back: ReturnToken,
    until: Instant,
    /// Set only if the link may still lead on once.
    target: Option<Target>,
}

/// The links before the last renewals, the oldest first: a tab that still loads one is told that it
/// is late, and is no stranger.
#[derive(Default)]
struct OldStarts(VecDeque<StartToken>);

impl OldStarts {
    fn push(&mut self, start: StartToken) {
        if self.0.len() == OLD_LINKS {
            self.0.pop_front();
        }
        self.0.push_back(start);
    }

    /// Compares with all of them, without early exit.
    fn contains(&self, token: &str) -> bool {
        self.0
            .iter()
            .fold(false, |found, old| found | old.matches(token))
    }
}

/// What a start token of a request belongs to. Valid until the next change of the routes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Start {
    Live(usize),
    /// A link before the last renewal.
    LiveOld,
    Ended(usize),
    /// Likewise, of a request that has ended.
    EndedOld,
    Unknown,
}

/// What a return token of a request belongs to. Valid until the next change of the routes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Back {
    Live(usize),
    Ended,
    Unknown,
}

/// What happens to the visitor of a link.
#[derive(Debug)]
pub(crate) enum Visit<'a> {
    Redirect(&'a Target),
    Redirected(Target),
    NotReady,
    Used,
    Finished,
    Unknown,
}

/// What happens to the bringer of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reply {
    Answered(Page),
    Unrecognized,
    Stranger,
    Finished,
    Unknown,
}

/// All routes and tombstones of a listener.
pub(crate) struct Routes<A> {
    live: Vec<Live<A>>,
    ended: Vec<Tombstone>,
}

impl<A> Default for Routes<A> {
    fn default() -> Self {
        Self {
            live: Vec::new(),
            ended: Vec::new(),
        }
    }
}

impl<A> Routes<A> {
    /// Takes a request in.
    pub(crate) fn add(&mut self, route: Route<A>) {
        self.live.push(Live {
            route,
            old_starts: OldStarts::default(),
            link: Link::Fresh,
            stranger_told: false,
        });
    }

    /// Says where the link leads, and when the request expires from now on. Nothing happens if the
    /// request has ended.
    pub(crate) fn set_target(&mut self, id: RouteId, target: Target, deadline: Instant) {
        if let Some(live) = self.live_mut(id) {
            live.route.target = Some(target);
            live.route.deadline = deadline;
        }
    }

    /// Makes a new link; the one before is dead. Nothing happens if the request has ended.
    pub(crate) fn renew_start(&mut self, id: RouteId, start: StartToken) {
        if let Some(live) = self.live_mut(id) {
            live.old_starts
                .push(std::mem::replace(&mut live.route.start, start));
            live.link = Link::Fresh;
        }
    }

    /// Ends a request without an event. `keep_link`: an unused link still leads on once. A request
    /// that has ended before is only forgotten earlier or loses its link: an owner that repeats
    /// itself keeps no thread alive.
    pub(crate) fn retire(
        &mut self,
        id: RouteId,
        now: Instant,
        tombstone: Duration,
        keep_link: bool,
    ) {
        let until = later(now, tombstone);
        if let Some(place) = self.live.iter().position(|live| live.route.id == id) {
            self.end(place, until, keep_link);
        } else if let Some(ended) = self.ended.iter_mut().find(|ended| ended.id == id) {
            ended.until = ended.until.min(until);
            ended.target = ended.target.take().filter(|_| keep_link);
        }
    }

    /// Makes `now` the deadline of a request; [`Self::expire`] then ends it like any other. Nothing
    /// happens if the request has ended.
    #[cfg(feature = "sandbox")]
    pub(crate) fn set_due(&mut self, id: RouteId, now: Instant) {
        if let Some(live) = self.live_mut(id) {
            live.route.deadline = live.route.deadline.min(now);
        }
    }

    /// Ends what is over at `now`: requests with an event, tombstones silently.
    pub(crate) fn expire(&mut self, now: Instant, emit: Emit<'_, A>) {
        while let Some(place) = self.live.iter().position(|live| live.route.deadline <= now) {
            let id = self.end(place, later(now, TOMBSTONE), false);
            emit(CallbackEvent::Expired(id));
        }
        self.ended.retain(|ended| ended.until > now);
    }

    /// The nearest time at which [`Self::expire`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let live = self.live.iter().map(|live| live.route.deadline);
        live.chain(self.ended.iter().map(|ended| ended.until)).min()
    }

    /// No request and no tombstone.
    pub(crate) fn is_empty(&self) -> bool {
        self.live.is_empty() && self.ended.is_empty()
    }

    /// Whose link this is. Compares with all links, without early exit.
    pub(crate) fn find_start(&self, token: &str) -> Start {
        let mut found = Start::Unknown;
        for (place, live) in self.live.iter().enumerate() {
            if live.route.start.matches(token) {
                found = Start::Live(place);
            }
            if live.old_starts.contains(token) {
                found = Start::LiveOld;
            }
        }
        for (place, ended) in self.ended.iter().enumerate() {
            if ended.start.matches(token) {
                found = Start::Ended(place);
            }
            if ended.old_starts.contains(token) {
                found = Start::EndedOld;
            }
        }
        found
    }

    /// Whose return address this is. Compares with all of them, without early exit.
    pub(crate) fn find_back(&self, token: &str) -> Back {
        let mut found = Back::Unknown;
        for (place, live) in self.live.iter().enumerate() {
            if live.route.back.matches(token) {
                found = Back::Live(place);
            }
        }
        for ended in &self.ended {
            if ended.back.matches(token) {
                found = Back::Ended;
            }
        }
        found
    }

    /// Somebody came with a token that no request has.
    pub(crate) fn unknown_token(&mut self, emit: Emit<'_, A>) {
        if let [only] = self.live.as_mut_slice() {
            only.tell_stranger(emit);
        }
    }

    /// Follows a link.
    pub(crate) fn visit(&mut self, start: Start, emit: Emit<'_, A>) -> Visit<'_> {
        match start {
            Start::Live(place) => match self.live.get_mut(place) {
                Some(live) => live.visit(emit),
                None => Visit::Unknown,
            },
            Start::LiveOld => Visit::Used,
            Start::EndedOld => Visit::Finished,
            Start::Ended(place) => {
                let target = self.ended.get_mut(place).and_then(|e| e.target.take());
                target.map_or(Visit::Finished, Visit::Redirected)
            }
            Start::Unknown => Visit::Unknown,
        }
    }

    /// Lets the judge of the request read `raw`, and ends the request if it is an answer.
    pub(crate) fn answer(
        &mut self,
        back: Back,
        raw: &str,
        now: Instant,
        emit: Emit<'_, A>,
    ) -> Reply {
        let place = match back {
            Back::Live(place) => place,
            Back::Ended => return Reply::Finished,
            Back::Unknown => return Reply::Unknown,
        };
        let Some(live) = self.live.get_mut(place) else {
            return Reply::Unknown;
        };
        match (live.route.judge)(raw) {
            Verdict::Finish(answer, page) => {
                let id = self.end(place, later(now, TOMBSTONE), false);
                emit(CallbackEvent::Answered(id, answer));
                Reply::Answered(page)
            }
            Verdict::Unrecognized => Reply::Unrecognized,
            Verdict::Stranger => {
                live.tell_stranger(emit);
                Reply::Stranger
            }
        }
    }

    /// The only way out of `live`. `place` must be one of `live`.
    fn end(&mut self, place: usize, until: Instant, keep_link: bool) -> RouteId {
        let Live {
            route,
            old_starts,
            link,
            ..
        } = self.live.swap_remove(place);
        let id = route.id;
        if self.ended.len() >= TOMBSTONES {
            let first = self
                .ended
                .iter()
                .enumerate()
                .min_by_key(|(_, ended)| ended.until)
                .map(|(place, _)| place);
            self.ended.swap_remove(first.unwrap_or_default());
        }
        self.ended.push(Tombstone {
            id,
            start: route.start,
            old_starts,
            back: route.back,
            until,
            target: route.target.filter(|_| keep_link && link == Link::Fresh),
        });
        id
    }

    fn live_mut(&mut self, id: RouteId) -> Option<&mut Live<A>> {
        self.live.iter_mut().find(|live| live.route.id == id)
    }
}

impl<A> Live<A> {
    fn visit(&mut self, emit: Emit<'_, A>) -> Visit<'_> {
        let Some(target) = &self.route.target else {
            return Visit::NotReady;
        };
        match self.link {
            Link::Fresh => {
                self.link = Link::Used;
                emit(CallbackEvent::Visited(self.route.id));
                Visit::Redirect(target)
            }
            Link::Used => {
                self.link = Link::ReuseTold;
                emit(CallbackEvent::LinkReused(self.route.id));
                Visit::Used
            }
            Link::ReuseTold => Visit::Used,
        }
    }

    fn tell_stranger(&mut self, emit: Emit<'_, A>) {
        if !self.stranger_told {
            self.stranger_told = true;
            emit(CallbackEvent::Stranger(self.route.id));
        }
    }
}

/// `now + wait`, or now if the clock cannot say that.
fn later(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait).unwrap_or(now)
}
