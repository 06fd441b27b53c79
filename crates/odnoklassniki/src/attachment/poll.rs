//! Polls.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::validate::{every, filled};
use crate::error::FieldError;

/// A poll. OK limits the length of question and answers and the number of answers (codes 602 to
/// 604), but does not publish the values. Source: `docs/protocol.md`, 6.2 and 9.
///
/// ```
/// use odnoklassniki::{Attachment, Poll};
/// let poll = Poll::new("Which boss was harder?").answer("Hydra").answer("Golem").single_choice();
/// assert_eq!(
///     Attachment::new().poll(poll).to_json(),
///     concat!(
///         r#"{"media":[{"type":"poll","question":"Which boss was harder?","#,
///         r#""answers":[{"text":"Hydra"},{"text":"Golem"}],"options":"SingleChoice"}]}"#,
///     ),
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Poll {
    question: String,
    answers: Vec<Answer>,
    single_choice: bool,
    anonymous: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Answer {
    text: String,
}

impl Poll {
    /// Makes a poll without answers; it needs at least two.
    pub fn new(question: impl Into<String>) -> Self {
        Self {
            question: question.into(),
            answers: Vec::new(),
            single_choice: false,
            anonymous: false,
        }
    }

    /// Adds an answer.
    pub fn answer(mut self, text: impl Into<String>) -> Self {
        self.answers.push(Answer { text: text.into() });
        self
    }

    /// Lets each voter choose one answer only (`SingleChoice`). Default: several. Source:
    /// `docs/protocol.md`, 6.2.
    pub fn single_choice(self) -> Self {
        Self {
            single_choice: true,
            ..self
        }
    }

    /// Hides who voted (`AnonymousVoting`). Default: shown. Source: `docs/protocol.md`, 6.2.
    pub fn anonymous(self) -> Self {
        Self {
            anonymous: true,
            ..self
        }
    }

    pub(super) fn validate(&self) -> Result<(), FieldError> {
        filled("question", &self.question)?;
        if self.answers.len() < 2 {
            return Err(FieldError::new(
                "answers",
                format!("has {} of at least 2 answers", self.answers.len()),
                "add answers",
            ));
        }
        every("answers", &self.answers, |answer| {
            filled("text", &answer.text)
        })
    }
}

impl Serialize for Poll {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let options = match (self.single_choice, self.anonymous) {
            (false, false) => None,
            (true, false) => Some("SingleChoice"),
            (false, true) => Some("AnonymousVoting"),
            (true, true) => Some("SingleChoice,AnonymousVoting"),
        };
        let mut object = serializer.serialize_struct("Poll", 3)?;
        object.serialize_field("question", &self.question)?;
        object.serialize_field("answers", &self.answers)?;
        if let Some(options) = options {
            object.serialize_field("options", options)?;
        }
        object.end()
    }
}
