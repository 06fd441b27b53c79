//! [`Finished`]: the result of any kind of request.

use super::callback::{CallbackFacts, ReceivedCallback};
use super::id::RequestId;
use super::kind::RequestKind;
use super::outcome::NotCompleted;
use super::submission::{Origin, Request};
use crate::error::RequestError;

macro_rules! finished {
    ($($module:ident: $kind:ident($request:ident => $finished:ident) $kit:tt,)+) => {
        $(use super::$module::{$finished, $request};)+

        /// The result message of any kind, as
        /// [`PendingRequests::finished`](crate::PendingRequests::finished) keeps it. More kinds may
        /// come: match with a wildcard.
        ///
        /// ```
        /// use bevy_odnoklassniki::{Finished, PendingRequests, RequestId};
        ///
        /// fn was_posted(requests: &PendingRequests, id: RequestId) -> bool {
        ///     matches!(
        ///         requests.finished(id),
        ///         Some(Finished::Post(post)) if post.outcome.completed().is_some()
        ///     )
        /// }
        /// ```
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum Finished {
            $(
                #[doc = concat!(
                    "The result of a [`", stringify!($request), "`](crate::", stringify!($request),
                    "): the same value as the message.",
                )]
                $kind($finished),
            )+
        }

        impl Finished {
            /// Returns what the request asked for.
            #[must_use]
            pub fn kind(&self) -> RequestKind {
                match self {
                    $(Self::$kind(_) => RequestKind::$kind,)+
                }
            }

            /// Returns the request that ended.
            #[must_use]
            pub fn id(&self) -> RequestId {
                match self {
                    $(Self::$kind(finished) => finished.id,)+
                }
            }

            /// Returns the game's own text: see [`RequestInvite::tag`](crate::RequestInvite::tag).
            #[must_use]
            pub fn tag(&self) -> Option<&str> {
                match self {
                    $(Self::$kind(finished) => finished.tag.as_deref(),)+
                }
            }

            /// Returns whether an earlier run of the game has sent the request.
            #[must_use]
            pub fn is_resumed(&self) -> bool {
                match self {
                    $(Self::$kind(finished) => finished.resumed,)+
                }
            }

            /// Returns the outcome in one word: see [`Outcome::name`](crate::Outcome::name).
            #[must_use]
            pub fn outcome_name(&self) -> &'static str {
                match self {
                    $(Self::$kind(finished) => finished.outcome.name(),)+
                }
            }

            /// Returns the error, if the request failed.
            #[must_use]
            pub fn error(&self) -> Option<&RequestError> {
                match self {
                    $(Self::$kind(finished) => finished.outcome.error(),)+
                }
            }

            /// Returns the result of a request that ended without being completed.
            pub(crate) fn not_completed(kind: RequestKind, id: RequestId, outcome: NotCompleted) -> Self {
                match kind {
                    $(RequestKind::$kind => {
                        let outcome = outcome.of_kind();
                        Self::$kind($finished { id, outcome, tag: None, resumed: false })
                    })+
                }
            }

            /// Returns the result of a request that OK's callback ended.
            pub(crate) fn from_callback(
                kind: RequestKind,
                callback: ReceivedCallback,
                facts: &CallbackFacts<'_>,
            ) -> Self {
                let id = facts.id;
                match kind {
                    $(RequestKind::$kind => {
                        let outcome = $request::outcome(callback, facts);
                        Self::$kind($finished { id, outcome, tag: None, resumed: false })
                    })+
                }
            }

            /// Returns the same result, with what it says about its request.
            pub(crate) fn with_origin(mut self, origin: Origin) -> Self {
                let Origin { tag, resumed } = origin;
                match &mut self {
                    $(Self::$kind(finished) => {
                        finished.tag = tag;
                        finished.resumed = resumed;
                    })+
                }
                self
            }
        }
    };
}
super::kinds::kinds!(finished);
