//! A callback of OK's page, and its outcome for the game.

use odnoklassniki::oauth::AuthorizationResponse;
use odnoklassniki::{
    Authenticity, Callback, CallbackError, CallbackResult, ErrorCode, Published, Refusal, Sent,
    Signature, Signer, SignerKind,
};

use super::id::RequestId;
use super::outcome::{CancelledBy, Outcome};
use crate::error::{RequestError, RequestErrorKind};

/// The listener of the plugin's callbacks.
pub(crate) type CallbackListener = callback_listener::Listener<RequestId, ReceivedCallback>;

/// A parsed callback, or why a callback with the right token cannot be read.
pub(crate) type Parsed<T> = Result<Callback<T>, CallbackError>;

/// A callback of a pending request. `Debug` shows no token and no code.
#[derive(Debug)]
pub(crate) enum ReceivedCallback {
    Published(Parsed<Published>),
    Sent(Parsed<Sent>),
    Login(Result<AuthorizationResponse, CallbackError>),
}

impl ReceivedCallback {
    /// Returns the callback of a page that publishes.
    pub(crate) fn published(self) -> Result<Callback<Published>, RequestError> {
        match self {
            Self::Published(parsed) => {
                parsed.map_err(|error| RequestError::invalid_callback(&error))
            }
            _ => Err(RequestError::callback_of_another_kind()),
        }
    }

    /// Returns the callback of a page that sends something to friends.
    pub(crate) fn sent(self) -> Result<Callback<Sent>, RequestError> {
        match self {
            Self::Sent(parsed) => parsed.map_err(|error| RequestError::invalid_callback(&error)),
            _ => Err(RequestError::callback_of_another_kind()),
        }
    }
}

/// The facts about a callback's request.
pub(crate) struct CallbackFacts<'a> {
    pub(crate) id: RequestId,
    /// `None` if an earlier run of the game has signed the page, and no player is logged in now.
    pub(crate) signer: Option<&'a Signer>,
    pub(crate) signature: Option<&'a Signature>,
    /// Whether the game set `st.state`. The game does not get the plugin's own state.
    pub(crate) own_state: bool,
}

impl CallbackFacts<'_> {
    /// Returns how the request ends. `completed` makes the result of a completed request.
    pub(crate) fn outcome<T, R>(
        &self,
        callback: Result<Callback<T>, RequestError>,
        completed: impl FnOnce(T, Option<String>) -> R,
    ) -> Outcome<R> {
        let callback = match callback {
            Ok(callback) => callback,
            Err(error) => return Outcome::Failed(error),
        };
        match callback.result {
            CallbackResult::Completed(result) => {
                Outcome::Completed(completed(result, callback.state))
            }
            CallbackResult::Cancelled => Outcome::Cancelled(CancelledBy::Player),
            CallbackResult::Refused(refusal) => Outcome::Failed(self.refused(refusal)),
            CallbackResult::NotApproved => Outcome::Failed(RequestError::new(
                RequestErrorKind::NotApproved,
                format!(
                    "OK published nothing for {}: the application is not approved (topic id 0)",
                    self.id
                ),
            )),
        }
    }

    /// Returns whether OK's check value matches a formula. `compare` tries them with the signer.
    pub(crate) fn authenticity(
        &self,
        check_value: Option<&str>,
        compare: impl FnOnce(&Signer) -> Authenticity,
    ) -> Authenticity {
        match (self.signer, check_value) {
            (Some(signer), _) => compare(signer),
            // The key is not here.
            (None, Some(_)) => Authenticity::NotMatched,
            (None, None) => Authenticity::Unsigned,
        }
    }

    /// Returns the state for the game, if it set one.
    pub(crate) fn state_for_game(&self, state: Option<String>) -> Option<String> {
        state.filter(|_| self.own_state)
    }

    fn refused(&self, refusal: Refusal) -> RequestError {
        let is_signature = refusal.code == ErrorCode::PARAM_SIGNATURE;
        let error = RequestError::from(refusal);
        match self.signer.and_then(wrong_key).filter(|_| is_signature) {
            Some(advice) => error.with_advice(advice),
            None => error,
        }
    }
}

/// Returns advice on a signature that OK refuses, as far as the plugin can see the cause.
fn wrong_key(signer: &Signer) -> Option<&'static str> {
    match signer.kind() {
        SignerKind::Backend => Some(
            "the backend signed with a wrong key: compare its secret key (letter case too) and its application id with the settings on OK, and see that BackendSignature::access_token is the token that it signed for",
        ),
        SignerKind::Application => Some(
            "check that this is the application's secret key, in its letter case, and not the public key",
        ),
        _ if !signer.is_key_well_formed() => Some(
            "session_secret_key is malformed (32 lowercase hex digits are expected): check that it is neither the public key nor the application's secret key",
        ),
        _ => None,
    }
}

/// `Debug` for a result, without its state: a game may put a player's data into the state.
macro_rules! debug_without_state {
    ($result:ident { $($field:ident),+ }) => {
        impl core::fmt::Debug for $result {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($result))
                    $(.field(stringify!($field), &self.$field))+
                    .field("state", &self.state.as_ref().map(|_| "[redacted]"))
                    .finish()
            }
        }
    };
}
pub(crate) use debug_without_state;
