//! What is wrong with something the game asked for, or with a callback of OK.

use std::borrow::Cow;
use std::fmt;

/// One field that cannot be sent, why, and what to do about it.
///
/// The text never holds a secret: return addresses, states and keys are never quoted, other values
/// are cut at 40 characters.
///
/// ```
/// use odnoklassniki::GroupId;
///
/// let error = "abc".parse::<GroupId>().unwrap_err();
/// assert_eq!(error.field(), "group id");
/// assert_eq!(error.problem(), "`abc` is not a number");
/// assert_eq!(error.to_string(), "group id: `abc` is not a number; give the decimal id, digits only");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FieldError {
    field: Cow<'static, str>,
    problem: Cow<'static, str>,
    remedy: Cow<'static, str>,
}

impl FieldError {
    /// Makes an error about `field`. `problem` and `remedy` must not hold a secret.
    ///
    /// ```
    /// let error = odnoklassniki::FieldError::new("level", "is 0", "count from 1");
    /// assert_eq!(error.to_string(), "level: is 0; count from 1");
    /// ```
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        problem: impl Into<Cow<'static, str>>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// The field at fault: a parameter (`st.groupId`), or a place in the attachment
    /// (`st.attachment.media[2].url`).
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let error = PostWidget::new(Attachment::new().link("")).validate().unwrap_err();
    /// assert_eq!(error.field(), "st.attachment.media[0].url");
    /// ```
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with it, the limit included where there is one.
    ///
    /// ```
    /// let error = "1e3".parse::<odnoklassniki::UserId>().unwrap_err();
    /// assert_eq!(error.problem(), "`1e3` is not a number");
    /// ```
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What to do instead.
    ///
    /// ```
    /// let error = odnoklassniki::Attachment::new().validate().unwrap_err();
    /// assert_eq!(error.remedy(), "add a text, a link or a photo");
    /// ```
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// The same error, seen from outside: `media[2].url` becomes `st.attachment.media[2].url`.
    pub(crate) fn inside(self, outer: &str) -> Self {
        Self {
            field: format!("{outer}.{}", self.field).into(),
            ..self
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.field, self.problem, self.remedy)
    }
}

/// The longest answer that is read, in bytes.
pub const MAX_CALLBACK_BYTES: usize = 16 * 1024;

/// Why something is no answer.
///
/// ```
/// use odnoklassniki::{CallbackError, Sent, WidgetCallback as _};
///
/// assert_eq!(Sent::from_pairs("utm_source=x"), Err(CallbackError::Unrecognized));
/// assert!(matches!(Sent::from_pairs("code=OK&selected=[x]"), Err(CallbackError::Invalid(_))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// There is nothing of an answer in it: a stray request, a message of something else.
    #[error("this is no answer of OK")]
    Unrecognized,
    /// It looks like an answer, but what is named cannot be believed or read.
    #[error("OK's answer is not usable: {0}")]
    Invalid(&'static str),
}
