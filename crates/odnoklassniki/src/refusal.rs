//! A refusal of OK, in a callback or in a response of its REST methods.

use std::fmt;

use crate::error_code::ErrorCode;
use crate::json;
use crate::text::clean;

const MAX_MESSAGE_CHARS: usize = 512;

/// Why OK refused: the error of a widget's callback or of a REST response. Source:
/// <https://apiok.ru/en/dev/errors>.
///
/// ```
/// use odnoklassniki::{ErrorCode, Refusal};
/// let refusal = Refusal::new(ErrorCode::FLOOD_BLOCKED, "too many calls\u{7}");
/// assert_eq!(refusal.to_string(), "8 FLOOD_BLOCKED: too many calls");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// OK's code; [`ErrorCode::UNKNOWN`] if OK sent only a name that is not in the table.
    pub code: ErrorCode,
    /// The name OK sent for a code that is not in the table: no control characters, at most 64
    /// characters, not empty.
    pub unknown_name: Option<String>,
    /// OK's text: no control characters, at most 512 characters, perhaps empty.
    pub message: String,
}

impl Refusal {
    /// Makes a refusal. The message is cleaned and cut.
    ///
    /// ```
    /// use odnoklassniki::{ErrorCode, Refusal};
    /// assert_eq!(Refusal::new(ErrorCode::SERVICE, " later\n").message, "later");
    /// assert_eq!(Refusal::new(ErrorCode::SERVICE, &"x".repeat(600)).message.len(), 512);
    /// ```
    pub fn new(code: ErrorCode, message: &str) -> Self {
        Self {
            code,
            unknown_name: None,
            message: clean(message, MAX_MESSAGE_CHARS),
        }
    }

    /// Parses the error in the body of a REST response, an object with `error_code`, whatever the
    /// status is. None if there is no error, or if its code is not a number or is 0. A message that
    /// cannot be read changes nothing. Pass the bytes as received: they may not be UTF-8.
    ///
    /// ```
    /// use odnoklassniki::{ErrorCode, Refusal};
    ///
    /// let refusal = Refusal::from_rest(r#"{"error_code":102,"error_msg":"\ud83d","error_data":null}"#).unwrap();
    /// assert_eq!(refusal.code, ErrorCode::PARAM_SESSION_EXPIRED);
    /// assert_eq!(Refusal::from_rest(r#"{"uid":"561"}"#), None);
    /// ```
    pub fn from_rest(body: impl AsRef<[u8]>) -> Option<Self> {
        let body = String::from_utf8_lossy(body.as_ref());
        let body = json::mend(&body);
        let decides = |name: &str| name == "error_code";
        Self::from_object(&json::Object::parse(
            &body,
            &["error_code", "error_msg"],
            decides,
        )?)
    }

    pub(crate) fn from_object(object: &json::Object<'_>) -> Option<Self> {
        let code = object
            .get("error_code")
            .filter(|code| !json::is_no_error(code))?;
        let code = json::decisive(code).ok()??;
        let message = object
            .get("error_msg")
            .and_then(json::for_people)
            .unwrap_or_default();
        Some(Self::new(error_number(&code)?, &message))
    }

    /// Returns OK's name of the code, in the table or not. None if OK sent only a number that is
    /// not in the table.
    ///
    /// ```
    /// use odnoklassniki::{CallbackResult, ErrorCode, Refusal, Sent, WidgetCallback as _};
    ///
    /// let refusal = Refusal::new(ErrorCode::PARAM_SIGNATURE, "");
    /// assert_eq!(refusal.code_name(), Some("PARAM_SIGNATURE"));
    /// assert_eq!(refusal.to_string(), "104 PARAM_SIGNATURE");
    ///
    /// let callback = Sent::from_pairs("code=NEW_TROUBLE&error_code=31337").unwrap();
    /// let CallbackResult::Refused(refusal) = callback.result else { panic!() };
    /// assert_eq!(refusal.code_name(), Some("NEW_TROUBLE"));
    /// assert_eq!(refusal.to_string(), "31337 NEW_TROUBLE");
    /// ```
    pub fn code_name(&self) -> Option<&str> {
        self.unknown_name.as_deref().or(self.code.name())
    }
}

impl fmt::Display for Refusal {
    /// Writes code, name and message as far as they are known: `104 PARAM_SIGNATURE: text`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unknown_name {
            // OK sent no number then.
            Some(name) if self.code == ErrorCode::UNKNOWN => f.write_str(name)?,
            Some(name) => write!(f, "{} {name}", self.code.0)?,
            None => self.code.fmt(f)?,
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

/// Returns whether a text is digits, or a minus and digits.
pub(crate) fn looks_like_a_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Parses the number of an error.
pub(crate) fn error_number(text: &str) -> Option<ErrorCode> {
    let number = text.parse().ok().filter(|_| looks_like_a_number(text));
    number.map(ErrorCode)
}
