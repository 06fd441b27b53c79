//! What is wrong with a field that the game set, or with a callback of OK.

use std::borrow::Cow;
use std::fmt;

/// One field that cannot be sent, why, and what to do about it.
///
/// The text never holds a secret: it quotes no return URL, state or key, and cuts other values at
/// 40 characters.
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

    /// Returns the field at fault: a parameter (`st.groupId`), or a place in the attachment
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

    /// Returns what is wrong with it, the limit included where there is one.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// Returns what to do instead.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// Puts the name of the outer field first: `media[2].url` becomes `st.attachment.media[2].url`.
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

/// The longest callback that is parsed, in bytes.
pub const MAX_CALLBACK_BYTES: usize = 16 * 1024;

/// Why something is not a callback of OK.
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
    /// Nothing in it looks like a callback: a stray request, another program's message.
    #[error("this is not a callback of OK")]
    Unrecognized,
    /// It looks like a callback, but this part of it cannot be read, or contradicts another.
    #[error("OK's callback is not usable: {0}")]
    Invalid(&'static str),
}
