//! From the text of a callback to a result: first on the listener's thread (is it an answer, and to this request?), then
//! in the app (what does it mean, how far can it be trusted?).

use std::sync::Arc;

use odnoklassniki::{Answer, AnswerError, AnswerResult, Published, Sent, Signature, Signer, WidgetAnswer, WidgetKind};

use super::outcome::Ending;
use super::{
    CancelledBy, Finished, InviteFinished, Invited, OkError, OkErrorKind, Outcome, PostFinished, Posted, RequestId,
    SuggestFinished, Suggested,
};
use crate::callback::{Judge, Page, Verdict};

type Parsed<T> = Result<Answer<T>, AnswerError>;

/// What the listener's thread hands over.
#[derive(Debug)]
pub(crate) enum Answered {
    Post(Parsed<Published>),
    Invite(Parsed<Sent>),
    Suggest(Parsed<Sent>),
}

/// Reads callbacks for one request. `state` is what was sent as `st.state`: an answer that names another is not ours.
pub(crate) fn judge(kind: WidgetKind, state: Option<String>) -> Judge<Answered> {
    match kind {
        WidgetKind::Post => judge_as(state, Answered::Post),
        WidgetKind::Invite => judge_as(state, Answered::Invite),
        WidgetKind::Suggest => judge_as(state, Answered::Suggest),
    }
}

fn judge_as<T: WidgetAnswer + 'static>(state: Option<String>, wrap: fn(Parsed<T>) -> Answered) -> Judge<Answered> {
    Arc::new(move |text: &str| {
        let parsed = T::from_pairs(text);
        let page = match &parsed {
            Err(AnswerError::Unrecognised) => return Verdict::Unrecognised,
            Err(_) => Page::Invalid,
            Ok(answer) if answer.state.is_some() && state.is_some() && answer.state != state => {
                return Verdict::Stranger;
            }
            Ok(answer) => match answer.result {
                AnswerResult::Completed(_) => Page::Completed,
                AnswerResult::Cancelled => Page::Cancelled,
                AnswerResult::NotApproved => Page::NotApproved,
                AnswerResult::Refused(_) => Page::Refused,
            },
        };
        Verdict::Finish(wrap(parsed), page)
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
pub(crate) fn grade(asked: &Asked<'_>, answered: Answered) -> Finished {
    let id = asked.id;
    match answered {
        Answered::Post(parsed) => {
            let outcome = outcome(asked, parsed, |published, state| Posted {
                authenticity: published.authenticity(asked.signature, asked.signer),
                topic_id: published.topic_id,
                check_value: published.check_value,
                state: asked.for_game(state),
            });
            Finished::Post(PostFinished { id, outcome })
        }
        Answered::Invite(parsed) => {
            let outcome = outcome(asked, parsed, |sent, state| Invited {
                authenticity: sent.authenticity(state.as_deref(), asked.signer),
                users: sent.users,
                check_value: sent.check_value,
                state: asked.for_game(state),
            });
            Finished::Invite(InviteFinished { id, outcome })
        }
        Answered::Suggest(parsed) => {
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

fn outcome<T, R>(asked: &Asked<'_>, parsed: Parsed<T>, completed: impl FnOnce(T, Option<String>) -> R) -> Outcome<R> {
    let answer = match parsed {
        Ok(answer) => answer,
        Err(error) => return Ending::Failed(OkError::invalid_answer(&error)).into(),
    };
    match answer.result {
        AnswerResult::Completed(result) => Outcome::Completed(completed(result, answer.state)),
        AnswerResult::Cancelled => Outcome::Cancelled(CancelledBy::Player),
        AnswerResult::Refused(refusal) => Outcome::Failed(refusal.into()),
        AnswerResult::NotApproved => Outcome::Failed(OkError::new(
            OkErrorKind::NotApproved,
            format!("OK published nothing for {}: the application is not approved (topic id 0)", asked.id),
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
