//! What the sandbox does with a request when no person is to be asked.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Longest delay a behavior may ask for.
const MAX_DELAY: Duration = Duration::from_secs(600);
/// Behaviors waiting for one kind of request.
const MAX_QUEUE: usize = 1_000;

/// What a request is for: a widget, or the login.
///
/// ```
/// use odnoklassniki_sandbox::RequestKind;
/// assert_eq!("invite".parse(), Ok(RequestKind::Invite));
/// assert_eq!(RequestKind::Post.to_string(), "post");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// `WidgetMediatopicPost`: a post to the feed or to a group.
    Post,
    /// `WidgetInvite`: an invitation to friends who do not play.
    Invite,
    /// `WidgetSuggest`: a recommendation to friends.
    Suggest,
    /// `/oauth/authorize`: the player logs in.
    Login,
}

impl RequestKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Post, Self::Invite, Self::Suggest, Self::Login];

    /// Value of `st.cmd`; the login is no widget and has none.
    pub(crate) fn command(self) -> Option<&'static str> {
        match self {
            Self::Post => Some("WidgetMediatopicPost"),
            Self::Invite => Some("WidgetInvite"),
            Self::Suggest => Some("WidgetSuggest"),
            Self::Login => None,
        }
    }

    pub(crate) fn from_command(command: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.command() == Some(command))
    }
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Post => "post",
            Self::Invite => "invite",
            Self::Suggest => "suggest",
            Self::Login => "login",
        })
    }
}

impl FromStr for RequestKind {
    type Err = ParseBehaviorError;

    fn from_str(text: &str) -> Result<Self, ParseBehaviorError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.to_string() == text)
            .ok_or_else(|| ParseBehaviorError(text.to_owned()))
    }
}

/// What the sandbox does with a request that passed all checks. Anything but [`Behavior::Ask`]
/// answers the return or redirect address at once, with no page and no person.
///
/// As text (for `--behavior` and [`FromStr`]): `ask`, `accept`, `accept:<id>,<id>`, `cancel`,
/// `error:<code>`, `oauth-error:<name>`, `not-approved`, `never-respond`, `respond-twice`,
/// `wrong-state`, `fragment-error`, `garbage`, `close-connection`, `delay:<milliseconds>:<script>`.
/// The name of an OAuth error is 1 to 40 characters out of `a-z` and `_`.
///
/// ```
/// use std::time::Duration;
/// use odnoklassniki_sandbox::Behavior;
///
/// assert_eq!("error:104".parse(), Ok(Behavior::Error(104)));
/// assert_eq!("accept:7,8".parse(), Ok(Behavior::AcceptWith(vec![7, 8])));
/// assert_eq!("oauth-error:server_error".parse(), Ok(Behavior::OAuthError("server_error".to_owned())));
/// let later = Behavior::Delay(Duration::from_millis(250), Box::new(Behavior::Accept));
/// assert_eq!("delay:250:accept".parse(), Ok(later));
/// assert!("acccept".parse::<Behavior>().is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Behavior {
    /// Show the page; a person (or [`Player`](crate::Player)) decides. The default.
    #[default]
    Ask,
    /// Publish; invite and suggest go to the targeted friends, to the number in `st.autosel`, or
    /// else to the first two. A login: the player logs in and grants all that is asked.
    Accept,
    /// Like [`Accept`](Self::Accept), but invite and suggest go to the friends with these OK user
    /// ids, as they are: in this order, also ids that are on nobody's friend list, also none at
    /// all. A login is accepted.
    AcceptWith(Vec<u64>),
    /// The player presses cancel: code 12, for a login `access_denied`.
    Cancel,
    /// Refuse with this code. A login gets the code's name as `error`.
    Error(i32),
    /// Refuse a login with this OAuth `error`, such as `server_error`. For a widget the same as
    /// [`FragmentError`](Self::FragmentError).
    OAuthError(String),
    /// The post "succeeds" with topic id 0 and nothing is published, as OK does for an application
    /// that is not approved (apiok.ru/en/ext/publish). Other kinds are accepted.
    NotApproved,
    /// Keep the connection open and say nothing.
    NeverRespond,
    /// Accept, and deliver the answer twice: once by a visit of the sandbox's own to the return
    /// address, then by the browser. Return addresses that are not plain HTTP on this machine get
    /// it once, and so does the token of a login, which only a browser can carry.
    RespondTwice,
    /// Accept, and hand back a `state` that was never sent.
    WrongState,
    /// Answer in the fragment, with `error=access_denied` and the state.
    FragmentError,
    /// Go to the return address with an answer nobody can read; after a login with the right
    /// state.
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

/// Carries the behavior of one visit.
pub(crate) const BEHAVIOR_HEADER: &str = "x-sandbox-behavior";

/// What an [`Behavior::AcceptWith`] begins with as text.
pub(crate) const ACCEPT_WITH: &str = "accept:";

/// What an [`Behavior::OAuthError`] begins with as text.
pub(crate) const OAUTH_ERROR: &str = "oauth-error:";

/// Longest name of an OAuth error.
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
        read(text).ok_or_else(|| ParseBehaviorError(text.chars().take(80).collect()))
    }
}

fn read(text: &str) -> Option<Behavior> {
    // Delays may be nested; they are unwrapped by a loop so that a long text cannot exhaust the
    // stack.
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

/// A text that names no behavior or kind. Its `Display` says what is possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseBehaviorError(String);

impl fmt::Display for ParseBehaviorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is none of ", self.0)?;
        for (name, _) in &PLAIN {
            write!(f, "{name}, ")?;
        }
        f.write_str("accept:<id>,<id>, error:<code>, oauth-error:<name>, delay:<milliseconds up to 600000>:<script>")
    }
}

impl std::error::Error for ParseBehaviorError {}

/// The behavior for all requests, and the ones waiting for the next requests of a kind.
#[derive(Default)]
pub(crate) struct Behaviors {
    pub(crate) usual: Behavior,
    next: VecDeque<(RequestKind, Behavior)>,
}

impl Behaviors {
    pub(crate) fn push(&mut self, kind: RequestKind, behavior: Behavior) {
        if self.next.len() == MAX_QUEUE {
            self.next.pop_front();
        }
        self.next.push_back((kind, behavior));
    }

    pub(crate) fn take(&mut self, kind: RequestKind) -> Behavior {
        match self.next.iter().position(|(known, _)| *known == kind) {
            Some(place) => self.next.remove(place).map(|(_, behavior)| behavior),
            None => None,
        }
        .unwrap_or_else(|| self.usual.clone())
    }

    pub(crate) fn waiting(&self) -> impl Iterator<Item = &(RequestKind, Behavior)> {
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
    fn kinds_are_read_back_and_the_login_is_no_widget() {
        for kind in RequestKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(
                kind.command().and_then(RequestKind::from_command),
                (kind != RequestKind::Login).then_some(kind)
            );
        }
        assert_eq!(RequestKind::from_command(""), None);
        assert_eq!(RequestKind::from_command("login"), None);
    }

    #[test]
    fn the_queue_is_per_kind() {
        let mut behaviors = Behaviors {
            usual: Behavior::Accept,
            next: VecDeque::new(),
        };
        behaviors.push(RequestKind::Post, Behavior::Cancel);
        behaviors.push(RequestKind::Invite, Behavior::Garbage);
        behaviors.push(RequestKind::Post, Behavior::NotApproved);
        assert_eq!(behaviors.take(RequestKind::Suggest), Behavior::Accept);
        assert_eq!(behaviors.take(RequestKind::Post), Behavior::Cancel);
        assert_eq!(behaviors.take(RequestKind::Post), Behavior::NotApproved);
        assert_eq!(behaviors.take(RequestKind::Post), Behavior::Accept);
        assert_eq!(behaviors.take(RequestKind::Invite), Behavior::Garbage);
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
