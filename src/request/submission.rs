//! [`Submission`]: what every request message carries.

use core::time::Duration;

use bevy_ecs::message::Message;
use odnoklassniki::oauth::{Layout, ResponseType, Scope};
use odnoklassniki::{FieldError, Parameters, WidgetKind, WidgetParameters};

use super::callback::{CallbackFacts, ReceivedCallback};
use super::id::RequestId;
use super::kind::RequestKind;
use super::outcome::Outcome;
use super::timeout::check_timeout;

/// Everything that the driver needs to send a request.
#[derive(Clone, Debug)]
pub(crate) struct Submission<P = Payload> {
    pub(crate) id: RequestId,
    pub(crate) kind: RequestKind,
    /// `None` stands for the plugin's default.
    pub(crate) timeout: Option<Duration>,
    pub(crate) tag: Option<String>,
    pub(crate) payload: P,
}

/// What a result says about its request, besides the outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) tag: Option<String>,
    /// Whether an earlier run of the game has sent it.
    pub(crate) resumed: bool,
}

/// A login that has joined the pending one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) id: RequestId,
    pub(crate) tag: Option<String>,
}

/// The longest tag, in bytes.
pub(crate) const MAX_TAG: usize = 256;

/// The page that a request opens.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Widget(Box<WidgetPayload>),
    Login(LoginPayload),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WidgetPayload {
    pub(crate) widget: WidgetKind,
    pub(crate) parameters: Parameters,
}

#[derive(Clone, Debug)]
pub(crate) struct LoginPayload {
    pub(crate) response_type: ResponseType,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) layout: Layout,
}

/// A request message: one kind of request. The list in `kinds.rs` names all of them.
pub(crate) trait Request: Message {
    /// The result of a completed request.
    type Success;

    fn submission(&self) -> Submission;

    /// Returns the outcome that a callback from OK's page means.
    fn outcome(callback: ReceivedCallback, facts: &CallbackFacts<'_>) -> Outcome<Self::Success>;
}

impl<P> Submission<P> {
    pub(crate) fn new(kind: RequestKind, payload: P) -> Self {
        Self {
            id: RequestId::next(),
            kind,
            timeout: None,
            tag: None,
            payload,
        }
    }

    /// Returns the same request for the driver, which handles all kinds alike.
    pub(crate) fn erased(&self) -> Submission
    where
        P: Clone + Into<Payload>,
    {
        self.with_payload(self.payload.clone().into())
    }

    /// Returns the request without its payload, and the payload.
    pub(crate) fn take_payload(self) -> (Submission<()>, P) {
        (self.with_payload(()), self.payload)
    }

    /// Returns the same request with another payload.
    pub(crate) fn with_payload<Q>(&self, payload: Q) -> Submission<Q> {
        Submission {
            id: self.id,
            kind: self.kind,
            timeout: self.timeout,
            tag: self.tag.clone(),
            payload,
        }
    }

    /// Returns what its result says about it.
    pub(crate) fn origin(&self) -> Origin {
        Origin {
            tag: self.tag.clone(),
            resumed: false,
        }
    }

    /// Checks the game's tag.
    ///
    /// # Errors
    ///
    /// Returns an error if the tag is too long.
    pub(crate) fn check_tag(&self) -> Result<(), FieldError> {
        let length = self.tag.as_ref().map_or(0, String::len);
        if length <= MAX_TAG {
            return Ok(());
        }
        let problem = format!("it has {length} bytes, and {MAX_TAG} are the maximum");
        Err(FieldError::new(
            "tag",
            problem,
            "keep the rest in the game, under the tag",
        ))
    }

    /// Returns how long the request may take.
    ///
    /// # Errors
    ///
    /// Returns an error if the timeout is out of range.
    pub(crate) fn timeout_or(&self, default: Duration) -> Result<Duration, FieldError> {
        check_timeout(self.timeout.unwrap_or(default))
    }
}

impl WidgetPayload {
    /// Checks the parameters before the driver binds, signs or opens anything.
    ///
    /// # Errors
    ///
    /// Returns the first parameter that cannot be sent.
    pub(crate) fn validate(&self) -> Result<(), FieldError> {
        self.parameters.validate(self.widget)?;
        for own in ["st.return", "st.redirect_uri"] {
            if self.parameters.get(own).is_some() {
                return Err(FieldError::new(
                    own,
                    "the plugin sets this URL itself, to receive the callback",
                    "remove it; use state or custom_args to carry values",
                ));
            }
        }
        Ok(())
    }
}

impl WidgetParameters for WidgetPayload {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }
}

impl From<WidgetPayload> for Payload {
    fn from(payload: WidgetPayload) -> Self {
        Self::Widget(Box::new(payload))
    }
}

impl From<LoginPayload> for Payload {
    fn from(payload: LoginPayload) -> Self {
        Self::Login(payload)
    }
}

/// Implements the methods that all request messages have. `$request` wraps a [`Submission`].
macro_rules! request_methods {
    ($request:ident) => {
        impl $request {
            /// Returns the id that this request's result will carry. Keep it before you write the
            /// request.
            #[must_use]
            pub fn id(&self) -> $crate::RequestId {
                self.0.id
            }

            /// Sets how long the player may take, from 5 seconds to 60 minutes. Then the request
            /// ends as timed out.
            ///
            /// The default is that of [`with_timeout`](crate::OdnoklassnikiPlugin::with_timeout),
            /// or 10 minutes. Out of range the request fails with
            /// [`InvalidRequest`](crate::RequestErrorKind::InvalidRequest).
            #[must_use]
            pub fn timeout(mut self, timeout: core::time::Duration) -> Self {
                self.0.timeout = Some(timeout);
                self
            }

            /// Sets a text of the game's, of at most 256 bytes, which the result carries: what the
            /// request is about, such as `castle-7`. OK does not get it.
            ///
            /// It is for results that come in another run of the game
            /// ([`with_pending_store`](crate::OdnoklassnikiPlugin::with_pending_store)). A longer
            /// one fails with [`InvalidRequest`](crate::RequestErrorKind::InvalidRequest). Requests
            /// that differ in their tags only are equal.
            #[must_use]
            pub fn tag(mut self, tag: impl Into<String>) -> Self {
                self.0.tag = Some(tag.into());
                self
            }
        }
    };
}
pub(crate) use request_methods;

/// Implements what the request messages of OK's widgets have.
macro_rules! widget_methods {
    ($request:ident, $kind:expr, $widget:ty) => {
        $crate::request::submission::request_methods!($request);

        impl odnoklassniki::WidgetParameters for $request {
            fn parameters(&self) -> &odnoklassniki::Parameters {
                &self.0.payload.parameters
            }

            fn parameters_mut(&mut self) -> &mut odnoklassniki::Parameters {
                &mut self.0.payload.parameters
            }
        }

        /// Makes a request from a prepared widget. Each conversion makes a new request.
        impl From<$widget> for $request {
            fn from(widget: $widget) -> Self {
                use odnoklassniki::WidgetParameters as _;

                let payload = $crate::request::submission::WidgetPayload {
                    widget: <$widget as odnoklassniki::Widget>::KIND,
                    parameters: widget.parameters().clone(),
                };
                Self($crate::request::submission::Submission::new($kind, payload))
            }
        }
    };
}
pub(crate) use widget_methods;
