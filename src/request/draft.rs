//! What every request message carries: its id, its parameters, its timeout.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use odnoklassniki::{FieldError, Parameters, WidgetKind};

/// The timeout of a request that names none: 10 minutes.
///
/// ```
/// use bevy_odnoklassniki::{DEFAULT_TIMEOUT, MAX_TIMEOUT, MIN_TIMEOUT};
/// assert!((MIN_TIMEOUT..=MAX_TIMEOUT).contains(&DEFAULT_TIMEOUT));
/// ```
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);
/// The shortest timeout, 5 seconds.
///
/// ```
/// assert_eq!(bevy_odnoklassniki::MIN_TIMEOUT.as_secs(), 5);
/// ```
pub const MIN_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest timeout, 60 minutes.
///
/// ```
/// assert_eq!(bevy_odnoklassniki::MAX_TIMEOUT.as_secs(), 3600);
/// ```
pub const MAX_TIMEOUT: Duration = Duration::from_secs(3600);

/// Names one request, in this run of the game. The result that carries the same id is the answer to
/// it.
///
/// ```
/// use bevy_odnoklassniki::RequestInvite;
///
/// let (first, second) = (RequestInvite::new(), RequestInvite::new());
/// assert_ne!(first.id(), second.id());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

impl RequestId {
    pub(crate) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// The bare number, as it is printed.
    ///
    /// ```
    /// let id = bevy_odnoklassniki::RequestInvite::new().id();
    /// assert_eq!(id.to_string(), format!("request {}", id.get()));
    /// ```
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {}", self.0)
    }
}

/// The body of every widget request.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) id: RequestId,
    pub(crate) kind: WidgetKind,
    pub(crate) parameters: Parameters,
    pub(crate) timeout: Option<Duration>,
}

impl Draft {
    pub(crate) fn new(kind: WidgetKind, parameters: Parameters) -> Self {
        Self {
            id: RequestId::next(),
            kind,
            parameters,
            timeout: None,
        }
    }

    /// Whether the player would see the same page: a double click writes two such requests.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.kind == other.kind && self.parameters == other.parameters
    }

    /// What can be said against the request before anything is bound, signed or opened.
    pub(crate) fn check(&self, default_timeout: Duration) -> Result<Duration, FieldError> {
        self.parameters.validate(self.kind)?;
        for own in ["st.return", "st.redirect_uri"] {
            if self.parameters.get(own).is_some() {
                return Err(FieldError::new(
                    own,
                    "the plugin sets this address itself, to hear the answer",
                    "remove it; use state or custom_args to carry values",
                ));
            }
        }
        check_timeout(self.timeout.unwrap_or(default_timeout))
    }
}

pub(crate) fn check_timeout(timeout: Duration) -> Result<Duration, FieldError> {
    if (MIN_TIMEOUT..=MAX_TIMEOUT).contains(&timeout) {
        return Ok(timeout);
    }
    Err(FieldError::new(
        "timeout",
        format!("{timeout:?} is out of range"),
        "give a duration from 5 seconds to 60 minutes",
    ))
}

/// Gives a request message that wraps a [`Draft`] what all of them have.
macro_rules! request_message {
    ($request:ident, $widget:ty, $kind:expr) => {
        impl $request {
            /// The id that this request's result will carry. Keep it before the request is written.
            ///
            /// ```
            /// let request = bevy_odnoklassniki::RequestInvite::new();
            /// let id = request.id();
            /// # let _ = (request, id);
            /// ```
            #[must_use]
            pub fn id(&self) -> RequestId {
                self.0.id
            }

            /// How long the player may take, from 5 seconds to 60 minutes; then the request ends as
            /// timed out.
            ///
            /// Without it the plugin's own default holds, 10 minutes unless it was given another.
            /// Out of range the request fails with
            /// [`InvalidRequest`](crate::RequestErrorKind::InvalidRequest).
            ///
            /// ```
            /// use std::time::Duration;
            /// let request = bevy_odnoklassniki::RequestInvite::new().timeout(Duration::from_secs(120));
            /// # let _ = request;
            /// ```
            #[must_use]
            pub fn timeout(mut self, timeout: core::time::Duration) -> Self {
                self.0.timeout = Some(timeout);
                self
            }
        }

        impl WidgetParameters for $request {
            fn parameters(&self) -> &Parameters {
                &self.0.parameters
            }

            fn parameters_mut(&mut self) -> &mut Parameters {
                &mut self.0.parameters
            }
        }

        /// Sends a widget that was prepared before; each conversion is a request of its own.
        impl From<$widget> for $request {
            fn from(widget: $widget) -> Self {
                Self(Draft::new($kind, widget.parameters().clone()))
            }
        }
    };
}
pub(crate) use request_message;
