//! From the text of a callback to a result: first on the listener's thread (is it an answer, and to
//! this request?), then in the app (what does it mean, how far can it be trusted?).

use std::sync::Arc;

use odnoklassniki::oauth::{AuthorizationResponse, Authorized, OAuthErrorCode, ResponseType};
use odnoklassniki::{
    Callback, CallbackError, CallbackResult, ErrorCode, Published, Sent, Signature, Signer,
    SignerKind, WidgetCallback, WidgetKind,
};
use zeroize::Zeroizing;

use super::outcome::Ending;
use super::{
    CancelledBy, Finished, InviteFinished, Invited, Outcome, PostFinished, Posted, RequestId,
    SuggestFinished, Suggested,
};
use crate::callback::{Judge, Page, Verdict};
use crate::error::{RequestError, RequestErrorKind};

/// What is wrong with a signature that OK refuses, as far as can be seen from here.
fn wrong_key(signer: &Signer) -> Option<&'static str> {
    match signer.kind() {
        SignerKind::Backend => Some(
            "the backend signed with a wrong key: compare its secret key (letter case too) and its application id with the settings on OK, and see that BackendSignature::access_token is the token that it signed for",
        ),
        SignerKind::Application => Some(
            "check that this is the application's secret key, in its letter case, and not the public key",
        ),
        _ if !signer.is_key_well_formed() => Some(
            "what was given as session_secret_key is none (32 lower-case hex digits): the public key or the application's secret key was given in its place",
        ),
        _ => None,
    }
}

type Parsed<T> = Result<Callback<T>, CallbackError>;

/// What the listener's thread hands over. `Debug` shows no token and no code.
#[derive(Debug)]
pub(crate) enum Answered {
    Widget(WidgetAnswered),
    Login(Result<AuthorizationResponse, CallbackError>),
}

#[derive(Debug)]
pub(crate) enum WidgetAnswered {
    Post(Parsed<Published>),
    Invite(Parsed<Sent>),
    Suggest(Parsed<Sent>),
}

/// Reads callbacks for one request. `state` is what was sent as `st.state`: an answer that names
/// another is not ours.
pub(crate) fn judge(kind: WidgetKind, state: Option<String>) -> Judge<Answered> {
    match kind {
        WidgetKind::Post => judge_as(state, WidgetAnswered::Post),
        WidgetKind::Invite => judge_as(state, WidgetAnswered::Invite),
        WidgetKind::Suggest => judge_as(state, WidgetAnswered::Suggest),
    }
}

fn judge_as<T: WidgetCallback + 'static>(
    state: Option<String>,
    wrap: fn(Parsed<T>) -> WidgetAnswered,
) -> Judge<Answered> {
    Arc::new(move |text: &str| {
        let parsed = T::from_pairs(text);
        let page = match &parsed {
            Err(CallbackError::Unrecognized) => return Verdict::Unrecognized,
            Err(_) => Page::Invalid,
            Ok(answer) if answer.state.is_some() && state.is_some() && answer.state != state => {
                return Verdict::Stranger;
            }
            Ok(answer) => match answer.result {
                CallbackResult::Completed(_) => Page::Completed,
                CallbackResult::Cancelled => Page::Cancelled,
                CallbackResult::NotApproved => Page::NotApproved,
                CallbackResult::Refused(_) => Page::Refused,
            },
        };
        Verdict::Finish(Answered::Widget(wrap(parsed)), page)
    })
}

/// Reads callbacks of a login. `state` is the return token: an answer that names another is not
/// ours.
pub(crate) fn judge_login(asked: ResponseType, state: Zeroizing<String>) -> Judge<Answered> {
    let is_ours =
        move |named: &str| constant_time_eq::constant_time_eq(named.as_bytes(), state.as_bytes());
    Arc::new(move |text: &str| {
        let parsed = AuthorizationResponse::from_pairs(&[text]);
        let (parsed, page) = match parsed {
            Err(CallbackError::Unrecognized) => return Verdict::Unrecognized,
            Ok(answer) if answer.state.as_deref().is_some_and(|named| !is_ours(named)) => {
                return Verdict::Stranger;
            }
            Err(error) => (Err(error), Page::Invalid),
            Ok(answer) => match (&answer.authorized, asked) {
                (Authorized::Refused(error), _) if error.code == OAuthErrorCode::AccessDenied => {
                    (Ok(answer), Page::Cancelled)
                }
                (Authorized::Refused(_), _) => (Ok(answer), Page::Refused),
                (Authorized::Token(_), ResponseType::Token)
                | (Authorized::Code(_), ResponseType::Code) => (Ok(answer), Page::Completed),
                _ => (
                    Err(CallbackError::Invalid(
                        "it answers another flow than was asked for",
                    )),
                    Page::Invalid,
                ),
            },
        };
        Verdict::Finish(Answered::Login(parsed), page)
    })
}

/// What is known of the request an answer belongs to.
pub(crate) struct Asked<'a> {
    pub(crate) id: RequestId,
    pub(crate) signer: &'a Signer,
    pub(crate) signature: Option<&'a Signature>,
    /// Whether `st.state` was the game's own; the plugin's is not handed to the game.
    pub(crate) own_state: bool,
}

/// The result message for an answer.
pub(crate) fn grade(asked: &Asked<'_>, answered: WidgetAnswered) -> Finished {
    let id = asked.id;
    match answered {
        WidgetAnswered::Post(parsed) => {
            let outcome = outcome(asked, parsed, |published, state| Posted {
                authenticity: published.authenticity(asked.signature, asked.signer),
                topic_id: published.topic_id,
                check_value: published.check_value,
                state: asked.for_game(state),
            });
            Finished::Post(PostFinished { id, outcome })
        }
        WidgetAnswered::Invite(parsed) => {
            let outcome = outcome(asked, parsed, |sent, state| Invited {
                authenticity: sent.authenticity(state.as_deref(), asked.signer),
                users: sent.users,
                check_value: sent.check_value,
                state: asked.for_game(state),
            });
            Finished::Invite(InviteFinished { id, outcome })
        }
        WidgetAnswered::Suggest(parsed) => {
            let outcome = outcome(asked, parsed, |sent, state| Suggested {
                authenticity: sent.authenticity(state.as_deref(), asked.signer),
                users: sent.users,
                check_value: sent.check_value,
                state: asked.for_game(state),
            });
            Finished::Suggest(SuggestFinished { id, outcome })
        }
    }
}

fn outcome<T, R>(
    asked: &Asked<'_>,
    parsed: Parsed<T>,
    completed: impl FnOnce(T, Option<String>) -> R,
) -> Outcome<R> {
    let answer = match parsed {
        Ok(answer) => answer,
        Err(error) => return Ending::Failed(RequestError::invalid_callback(&error)).into(),
    };
    match answer.result {
        CallbackResult::Completed(result) => Outcome::Completed(completed(result, answer.state)),
        CallbackResult::Cancelled => Outcome::Cancelled(CancelledBy::Player),
        CallbackResult::Refused(refusal) => {
            let is_signature = refusal.code == ErrorCode::PARAM_SIGNATURE;
            let error = RequestError::from(refusal);
            Outcome::Failed(match wrong_key(asked.signer).filter(|_| is_signature) {
                Some(advice) => error.with_advice(advice),
                None => error,
            })
        }
        CallbackResult::NotApproved => Outcome::Failed(RequestError::new(
            RequestErrorKind::NotApproved,
            format!(
                "OK published nothing for {}: the application is not approved (topic id 0)",
                asked.id
            ),
        )),
    }
}

impl Asked<'_> {
    fn for_game(&self, state: Option<String>) -> Option<String> {
        state.filter(|_| self.own_state)
    }
}

#[cfg(test)]
mod tests;
