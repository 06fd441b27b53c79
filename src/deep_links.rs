//! [`OkDeepLinks`]: links that the system hands to the game, in place of a port for callbacks.

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bevy_ecs::resource::Resource;
use callback_listener::{Receipt, ReturnLink, ReturnLinks, ReturnToken};

use crate::request::callback::CallbackListener;

/// How many links are kept until the first frame. More are of no earlier request, and the oldest
/// goes.
const MAX_EARLY: usize = 16;

/// Takes the links with which OK's pages lead the player back to the game: see
/// [`with_return_links`](crate::OdnoklassnikiPlugin::with_return_links).
///
/// The game hands over every link that the system gives to it: an intent on Android, the argument of
/// a process that Linux or Windows starts for a scheme. It may do so from any thread, at any time:
/// while the game sleeps, twice, or late. A link that starts the game comes before the first frame; then
/// [`OdnoklassnikiPlugin::deep_links`](crate::OdnoklassnikiPlugin::deep_links) has this resource
/// before the app has it. Clones are the same.
///
/// ```
/// use bevy_app::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
/// use bevy_odnoklassniki::{Delivered, ReturnLinks};
///
/// let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
///     .with_return_links(ReturnLinks::scheme("ok512000123456"));
/// // The system has started the game with a link.
/// if let Some(link) = std::env::args().nth(1) {
///     match plugin.deep_links().deliver(&link) {
///         Delivered::Taken => {}
///         Delivered::NotOurs => println!("one of the game's own links"),
///         Delivered::TooLate => println!("the player had finished before"),
///     }
/// }
/// App::new().add_plugins(plugin);
/// ```
///
/// Linux and Windows start a new process for each link, which must pass it on to the game that runs:
/// `examples/scheme.rs` does. macOS sends an event to the game that runs, and winit 0.30 does not hand
/// it over: keep the listener on this machine there, or take a page host. docs/platforms.md says how
/// to register a scheme.
///
/// The result of a request counts only once, whoever sends its link. A link cannot be guessed: it
/// holds a secret of the request.
#[derive(Resource, Clone, Default)]
pub struct OkDeepLinks(Arc<Mutex<State>>);

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Delivered {
    /// It has ended its request: the result follows. Before the first frame: it is kept for a request
    /// of an earlier run of the game ([`with_pending_store`](crate::OdnoklassnikiPlugin::with_pending_store)).
    /// Before the plugin is added, every callback of OK is kept, because the requests are not known yet:
    /// a result follows only if one of them is pending.
    Taken,
    /// It is no callback of OK: perhaps another link of the game's.
    NotOurs,
    /// It is a callback of OK, but its request has ended, or this run of the game does not know it.
    TooLate,
}

struct State {
    /// `None`: no link is ours.
    links: Option<ReturnLinks>,
    /// The links that came before the first frame; `None` from then on.
    early: Option<Vec<ReturnLink>>,
    /// The return tokens of an earlier run, once the plugin is added.
    known: Option<Vec<ReturnToken>>,
    /// The listener for links, while it runs.
    listener: Weak<CallbackListener>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            links: None,
            early: Some(Vec::new()),
            known: None,
            listener: Weak::new(),
        }
    }
}

impl OkDeepLinks {
    /// Takes a link. Never blocks for longer than a moment, and wakes a sleeping game if a result
    /// follows.
    pub fn deliver(&self, link: &str) -> Delivered {
        let mut state = self.lock();
        let Some(link) = state.links.as_ref().and_then(|links| links.parse(link)) else {
            return Delivered::NotOurs;
        };
        if state.early.is_some() {
            return state.keep(link);
        }
        let listener = state.listener.upgrade();
        // The game's waker runs on the listener's thread.
        drop(state);
        match listener.map(|listener| listener.receive(link)) {
            // Without a response in time it most likely counts.
            Some(Some(Receipt::Done(_)) | None) => Delivered::Taken,
            Some(Some(Receipt::NotACallback | Receipt::StateMismatch)) => Delivered::NotOurs,
            Some(Some(Receipt::Finished | Receipt::Unknown)) | None => Delivered::TooLate,
        }
    }

    /// Sets which links are ours.
    pub(crate) fn set_links(&self, links: Option<ReturnLinks>) {
        self.lock().links = links;
    }

    /// Notes that the plugin is added, and which requests of an earlier run it has found.
    pub(crate) fn set_known(&self, known: Vec<ReturnToken>) {
        let mut state = self.lock();
        if let Some(early) = &mut state.early {
            early.retain(|link| is_known(&known, link));
        }
        state.known = Some(known);
    }

    /// Sets the listener, which has just started.
    pub(crate) fn set_listener(&self, listener: Weak<CallbackListener>) {
        self.lock().listener = listener;
    }

    /// Notes that the requests of an earlier run are pending again. Returns the links that came
    /// before.
    pub(crate) fn take_early(&self) -> Vec<ReturnLink> {
        let mut state = self.lock();
        state.known = None;
        state.early.take().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Keeps a link until the first frame, once.
    fn keep(&mut self, link: ReturnLink) -> Delivered {
        let is_unknown = (self.known.as_ref()).is_some_and(|known| !is_known(known, &link));
        let early = self.early.get_or_insert_default();
        let is_same = |kept: &ReturnLink| {
            kept.token().matches(link.token().expose()) && kept.texts() == link.texts()
        };
        if is_unknown || early.iter().any(is_same) {
            return Delivered::TooLate;
        }
        if early.len() == MAX_EARLY {
            early.remove(0);
        }
        early.push(link);
        Delivered::Taken
    }
}

fn is_known(known: &[ReturnToken], link: &ReturnLink) -> bool {
    let token = link.token().expose();
    known.iter().any(|known| known.matches(token))
}

impl fmt::Debug for OkDeepLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OkDeepLinks").finish_non_exhaustive()
    }
}
