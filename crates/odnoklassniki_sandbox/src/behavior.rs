//! What the sandbox does with a request instead of asking a person.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::bounded;
use crate::page_kind::PageKind;

/// The longest delay that a behavior may ask for.
const MAX_DELAY: Duration = Duration::from_secs(600);
/// The number of behaviors that can wait for requests.
const MAX_QUEUE: usize = 1_000;

/// What the sandbox does with a request that passed all checks. With anything but
/// [`Behavior::Ask`] it sends the browser to the return URL at once, without a page.
///
/// As text (for `--behavior` and [`FromStr`]): `ask`, `accept`, `accept:<id>,<id>`, `cancel`,
/// `error:<code>`, `oauth-error:<name>`, `not-approved`, `never-respond`, `respond-twice`,
/// `wrong-state`, `fragment-error`, `garbage`, `close-connection`,
/// `delay:<milliseconds>:<behavior>`. The name of an OAuth error is 1 to 40 characters out of `a-z`
/// and `_`.
///
/// ```
/// use std::time::Duration;
/// use odnoklassniki_sandbox::Behavior;
///
/// assert_eq!("error:104".parse(), Ok(Behavior::Error(104)));
/// assert_eq!("accept:7,8".parse(), Ok(Behavior::AcceptWith(vec![7, 8])));
/// let error = Behavior::OAuthError("server_error".to_owned());
/// assert_eq!("oauth-error:server_error".parse(), Ok(error));
/// let later = Behavior::Delay(Duration::from_millis(250), Box::new(Behavior::Accept));
/// assert_eq!("delay:250:accept".parse(), Ok(later));
/// assert!("acccept".parse::<Behavior>().is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Behavior {
    /// Show the page: a person (or [`Player`](crate::Player)) decides. The default.
    #[default]
    Ask,
    /// Publish the post. Send the invitation or recommendation to the targeted friends, to the
    /// number of friends in `st.autosel`, or else to the first two. At a login the player logs in
    /// and allows all that the application asks for.
    Accept,
    /// Like [`Accept`](Self::Accept), but an invitation or recommendation goes to the friends with
    /// these OK user ids, in this order. The sandbox takes the list as it is: it may be empty, and
    /// hold ids of strangers.
    AcceptWith(Vec<u64>),
    /// The player presses cancel: code 12, at a login `access_denied`.
    Cancel,
    /// Refuse with this code. A login gets the code's name as `error`.
    Error(i32),
    /// Refuse a login with this OAuth `error`, such as `server_error`. A widget does the same as
    /// for [`FragmentError`](Self::FragmentError).
    OAuthError(String),
    /// "Publish" the post with topic id 0, as OK does for an application that it has not approved
    /// (apiok.ru/en/ext/publish): nothing appears in the feed. Other kinds are accepted.
    NotApproved,
    /// Keep the connection open without a response.
    NeverRespond,
    /// Accept, and deliver the callback twice: the sandbox visits the return URL itself, then the
    /// browser goes there. A return URL that is not plain HTTP on this machine gets it once. So
    /// does the token of a login, which only a browser can carry. Without a return URL the message
    /// comes twice.
    RespondTwice,
    /// Accept, and hand back a `state` that the game never sent.
    WrongState,
    /// Put `error=access_denied` and the state into the fragment of the return URL.
    FragmentError,
    /// Go to the return URL with unreadable values. After a login the state is right.
    Garbage,
    /// Close the connection without a byte.
    CloseConnection,
    /// Wait (at most ten minutes), then do the other.
    Delay(Duration, Box<Behavior>),
}

impl fmt::Display for Behavior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(code) => write!(f, "error:{code}"),
            Self::OAuthError(name) => write!(f, "{OAUTH_ERROR}{name}"),
            Self::AcceptWith(friends) => {
                let friends: Vec<String> = friends.iter().map(u64::to_string).collect();
                write!(f, "{ACCEPT_WITH}{}", friends.join(","))
            }
            Self::Delay(time, then) => write!(f, "delay:{}:{then}", time.as_millis()),
            plain => f.write_str(
                PLAIN
                    .iter()
                    .find(|(_, behavior)| behavior == plain)
                    .map_or("", |(name, _)| name),
            ),
        }
    }
}

/// The header with the behavior for one visit.
pub(crate) const BEHAVIOR_HEADER: &str = "x-sandbox-behavior";

/// The text of a [`Behavior::AcceptWith`] begins with this.
pub(crate) const ACCEPT_WITH: &str = "accept:";

/// The text of a [`Behavior::OAuthError`] begins with this.
pub(crate) const OAUTH_ERROR: &str = "oauth-error:";

/// The longest name of an OAuth error.
const MAX_NAME: usize = 40;

/// The behaviors that take no value.
pub(crate) const PLAIN: [(&str, Behavior); 10] = [
    ("ask", Behavior::Ask),
    ("accept", Behavior::Accept),
    ("cancel", Behavior::Cancel),
    ("not-approved", Behavior::NotApproved),
    ("never-respond", Behavior::NeverRespond),
    ("respond-twice", Behavior::RespondTwice),
    ("wrong-state", Behavior::WrongState),
    ("fragment-error", Behavior::FragmentError),
    ("garbage", Behavior::Garbage),
    ("close-connection", Behavior::CloseConnection),
];

impl FromStr for Behavior {
    type Err = ParseBehaviorError;

    fn from_str(text: &str) -> Result<Self, ParseBehaviorError> {
        parse(text).ok_or_else(|| ParseBehaviorError(text.chars().take(80).collect()))
    }
}

fn parse(text: &str) -> Option<Behavior> {
    // Delays may be nested. A loop unwraps them, so that a long text cannot exhaust the stack.
    let mut rest = text;
    let mut total = Duration::ZERO;
    while let Some(delayed) = rest.strip_prefix("delay:") {
        let (milliseconds, then) = delayed.split_once(':')?;
        total = total.checked_add(Duration::from_millis(milliseconds.parse().ok()?))?;
        rest = then;
    }
    let behavior = if let Some(code) = rest.strip_prefix("error:") {
        Behavior::Error(code.parse().ok()?)
    } else if let Some(name) = rest.strip_prefix(OAUTH_ERROR) {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        Behavior::OAuthError(
            Some(name)
                .filter(|name| (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(known))?
                .into(),
        )
    } else if let Some(friends) = rest.strip_prefix(ACCEPT_WITH) {
        let ids = friends.split(',').filter(|_| !friends.is_empty());
        Behavior::AcceptWith(ids.map(|id| id.parse().ok()).collect::<Option<_>>()?)
    } else {
        PLAIN.iter().find(|(name, _)| *name == rest)?.1.clone()
    };
    match total {
        Duration::ZERO => Some(behavior),
        total if total > MAX_DELAY => None,
        total => Some(Behavior::Delay(total, Box::new(behavior))),
    }
}

/// A text that is not a [`Behavior`]. Its `Display` names all that are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseBehaviorError(String);

impl fmt::Display for ParseBehaviorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is none of ", self.0)?;
        for (name, _) in &PLAIN {
            write!(f, "{name}, ")?;
        }
        f.write_str(
            "accept:<id>,<id>, error:<code>, oauth-error:<name>, \
             delay:<milliseconds up to 600000>:<behavior>",
        )
    }
}

impl std::error::Error for ParseBehaviorError {}

/// The behavior for all requests, and those that wait for the next request of a kind.
#[derive(Default)]
pub(crate) struct BehaviorQueue {
    pub(crate) usual: Behavior,
    next: VecDeque<(PageKind, Behavior)>,
}

impl BehaviorQueue {
    pub(crate) fn push(&mut self, kind: PageKind, behavior: Behavior) {
        bounded::push(&mut self.next, MAX_QUEUE, (kind, behavior));
    }

    /// Takes the first behavior that waits for this kind, or else copies the usual one.
    pub(crate) fn take(&mut self, kind: PageKind) -> Behavior {
        let index = self.next.iter().position(|(known, _)| *known == kind);
        index
            .and_then(|index| self.next.remove(index))
            .map_or_else(|| self.usual.clone(), |(_, behavior)| behavior)
    }

    pub(crate) fn waiting(&self) -> impl Iterator<Item = &(PageKind, Behavior)> {
        self.next.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.next.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_read_back() {
        for (name, behavior) in PLAIN {
            assert_eq!(behavior.to_string(), name);
            assert_eq!(name.parse(), Ok(behavior));
        }
        for text in [
            "error:104",
            "error:-5",
            "delay:250:error:7",
            "accept:",
            "accept:7",
            "delay:1:accept:7,8,7",
            "oauth-error:a",
            "delay:5:oauth-error:server_error",
        ] {
            assert_eq!(text.parse::<Behavior>().unwrap().to_string(), text);
        }
        let long = "delay:1:".repeat(100_000);
        assert_eq!(
            format!("{}accept", "delay:1:".repeat(300)).parse(),
            Ok(Behavior::Delay(
                Duration::from_millis(300),
                Box::new(Behavior::Accept)
            ))
        );
        assert_eq!("accept:".parse(), Ok(Behavior::AcceptWith(vec![])));
        let name = "x".repeat(MAX_NAME);
        assert_eq!(
            format!("oauth-error:{name}").parse(),
            Ok(Behavior::OAuthError(name.clone()))
        );
        assert!(format!("oauth-error:{name}x").parse::<Behavior>().is_err());
        for bad in [
            "oauth-error",
            "oauth-error:",
            "oauth-error:A",
            "oauth-error:a b",
            "oauth-error:a-b",
            "oauth-error:é",
        ] {
            assert!(bad.parse::<Behavior>().is_err(), "{bad}");
        }
        for bad in [
            "",
            "Accept",
            "error",
            "error:x",
            "delay:5",
            "delay:x:ask",
            "delay:600001:ask",
            &long,
        ] {
            assert!(bad.parse::<Behavior>().is_err());
        }
        for bad in [
            "accept:,",
            "accept:1,",
            "accept:,1",
            "accept:x",
            "accept:-1",
            "accept:1, 2",
            "accept:99999999999999999999",
        ] {
            assert!(bad.parse::<Behavior>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_queue_is_per_kind() {
        let mut behaviors = BehaviorQueue {
            usual: Behavior::Accept,
            next: VecDeque::new(),
        };
        behaviors.push(PageKind::Post, Behavior::Cancel);
        behaviors.push(PageKind::Invite, Behavior::Garbage);
        behaviors.push(PageKind::Post, Behavior::NotApproved);
        assert_eq!(behaviors.take(PageKind::Suggest), Behavior::Accept);
        assert_eq!(behaviors.take(PageKind::Post), Behavior::Cancel);
        assert_eq!(behaviors.take(PageKind::Post), Behavior::NotApproved);
        assert_eq!(behaviors.take(PageKind::Post), Behavior::Accept);
        assert_eq!(behaviors.take(PageKind::Invite), Behavior::Garbage);
        assert_eq!(behaviors.waiting().count(), 0);
    }

    proptest! {
        #[test]
        fn friends_are_read_back(friends in prop::collection::vec(any::<u64>(), 0..9), wait in 0..MAX_DELAY.as_millis()) {
            let mut behavior = Behavior::AcceptWith(friends);
            if wait > 0 {
                behavior = Behavior::Delay(Duration::from_millis(wait as u64), Box::new(behavior));
            }
            prop_assert_eq!(behavior.to_string().parse(), Ok(behavior));
        }

        #[test]
        fn oauth_errors_are_read_back(name in "[a-z_]{1,40}", wait in 0..MAX_DELAY.as_millis()) {
            let mut behavior = Behavior::OAuthError(name);
            if wait > 0 {
                behavior = Behavior::Delay(Duration::from_millis(wait as u64), Box::new(behavior));
            }
            prop_assert_eq!(behavior.to_string().parse(), Ok(behavior));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "(delay:|oauth-error:|error:|accept:|[0-9]{1,30}|:|,|accept|\\PC){0,8}") {
            if let Ok(behavior) = text.parse::<Behavior>() {
                prop_assert_eq!(behavior.to_string().parse(), Ok(behavior));
            }
        }
    }
}
