//! Parses what comes back from a widget.
//!
//! A callback is a query or a fragment of the return URL, flat or as JSON in `result`. Or it is a
//! message to the window that opened the page. Sources: <https://apiok.ru/en/ext/publish>,
//! <https://apiok.ru/en/ext/invite_suggest>. All of it is input from outside: every function here
//! ends for every input, without panic and with bounded memory.

use std::fmt;

use super::fields::{self, Fields};
use crate::error::CallbackError;
use crate::error_code::ErrorCode;
use crate::id::{TopicId, UserId};
use crate::refusal::{Refusal, error_number, looks_like_a_number};
use crate::text::clean;

/// The most users that a callback may name.
pub const MAX_USERS: usize = 4096;

const MAX_NAME_CHARS: usize = 64;
const MAX_CHECK_VALUE_CHARS: usize = 128;

const NO_NUMBER: CallbackError = CallbackError::Invalid("error_code is not a number");

/// A callback, with the state that came back beside the result. `Debug` leaves out the state.
///
/// ```
/// use odnoklassniki::{Callback, CallbackResult, Sent, UserId, WidgetCallback as _};
///
/// let callback: Callback<Sent> = Sent::from_pairs("code=OK&selected=%5B561%5D&sig=ab&state=n1").unwrap();
/// assert_eq!(callback.state.as_deref(), Some("n1"));
/// let CallbackResult::Completed(sent) = callback.result else { panic!() };
/// assert_eq!(sent.users, [UserId::new(561)]);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Callback<T> {
    /// What happened.
    pub result: CallbackResult<T>,
    /// `st.state` of the request, if OK handed it back. Compare it with what was sent before you
    /// believe the rest.
    pub state: Option<String>,
}

impl<T: fmt::Debug> fmt::Debug for Callback<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.as_ref().map(|_| "[redacted]");
        f.debug_struct("Callback")
            .field("result", &self.result)
            .field("state", &state)
            .finish()
    }
}

/// What happened on OK's page.
///
/// ```
/// use odnoklassniki::{CallbackResult, ErrorCode, Published, WidgetCallback as _};
///
/// let raw = r#"result={"type":"error","code":104,"message":"Bad signature "}"#;
/// let CallbackResult::Refused(refusal) = Published::from_pairs(raw).unwrap().result else { panic!() };
/// assert_eq!(refusal.code, ErrorCode::PARAM_SIGNATURE);
/// assert_eq!(refusal.message, "Bad signature");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackResult<T> {
    /// The player did it.
    Completed(T),
    /// The player cancelled. OK sends this as error 12; it is not a failure.
    Cancelled,
    /// Only posts: the topic id is 0. OK has not approved the application yet and published
    /// nothing.
    NotApproved,
    /// OK refused.
    Refused(Refusal),
}

/// A topic was published.
///
/// ```
/// use odnoklassniki::{CallbackResult, Published, TopicId, WidgetCallback as _};
///
/// let callback = Published::from_message(r#"{"id":"67601133491473"}"#).unwrap();
/// let CallbackResult::Completed(published) = callback.result else { panic!() };
/// assert_eq!(published.topic_id, TopicId::new(67_601_133_491_473));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The new topic; never 0.
    pub topic_id: TopicId,
    /// `signature` of the callback, as it came, at most 128 characters. See
    /// [`check_value`](crate::check_value).
    pub check_value: Option<String>,
}

/// Invitations or recommendations were sent.
///
/// ```
/// use odnoklassniki::{CallbackResult, Sent, WidgetCallback as _};
///
/// let callback = Sent::from_url("https://game.example/cb?code=OK&selected=[]").unwrap();
/// assert!(matches!(callback.result, CallbackResult::Completed(sent) if sent.users.is_empty()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The friends, as OK lists them; perhaps none.
    pub users: Vec<UserId>,
    /// `sig` of the callback, as it came, at most 128 characters. See
    /// [`check_value`](crate::check_value).
    pub check_value: Option<String>,
}

/// What a callback is parsed into: [`Published`] for posts, [`Sent`] for invitations and
/// recommendations.
///
/// ```
/// use odnoklassniki::{CallbackResult, Published, Sent, WidgetCallback};
///
/// fn is_done<T: WidgetCallback>(url: &str) -> bool {
///     T::from_url(url).is_ok_and(|callback| matches!(callback.result, CallbackResult::Completed(_)))
/// }
/// assert!(is_done::<Published>("okgame://posted?id=7"));
/// assert!(!is_done::<Sent>("okgame://invited?code=CANCELLED"));
/// ```
pub trait WidgetCallback: sealed::FromFields {
    /// Parses a query or a fragment, without its `?` or `#`.
    ///
    /// Pairs are split at `&` and at their first `=`. `+` is a space, escapes are decoded as UTF-8.
    /// A second `?` before a known name counts as `&`, and so does `&amp;`. Raw braces, quotes and
    /// brackets are taken as they are. In texts for people and in check values U+FFFD replaces what
    /// cannot be read. Source: `docs/protocol.md`, 5.6.
    ///
    /// # Errors
    /// [`CallbackError`]. It is `Invalid` also for a deciding name that comes twice or cannot be
    /// read. Deciding names are `type`, `id`, `code`, `error`, `error_code`, `state`, and after a
    /// success `selected`. Other names that come twice are left out.
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// let callback = Sent::from_pairs("code=CANCELLED&error_code=12&state=a%3Db+c").unwrap();
    /// assert_eq!(callback.result, CallbackResult::Cancelled);
    /// assert_eq!(callback.state.as_deref(), Some("a=b c"));
    /// assert!(matches!(Sent::from_pairs("code=OK&code=OK"), Err(CallbackError::Invalid(_))));
    /// ```
    fn from_pairs(raw: &str) -> Result<Callback<Self>, CallbackError> {
        interpret(&fields::from_pairs(&[raw])?)
    }

    /// Parses the URL to which OK sent the browser: its query and its fragment. Source:
    /// `docs/protocol.md`, 5.1 to 5.3.
    ///
    /// # Errors
    /// As [`from_pairs`](WidgetCallback::from_pairs).
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// let url = r#"http://127.0.0.1:8123/r/0f?result={"type":"success","id":"0"}"#;
    /// assert_eq!(Published::from_url(url).unwrap().result, CallbackResult::NotApproved);
    /// ```
    fn from_url(url: &str) -> Result<Callback<Self>, CallbackError> {
        let (front, fragment) = url.split_once('#').unwrap_or((url, ""));
        let query = front.split_once('?').map_or("", |(_, query)| query);
        interpret(&fields::from_pairs(&[query, fragment])?)
    }

    /// Parses the data of a window message: JSON text of an object, or of a text that holds one.
    /// The names may be one level deeper, in `data`. A message that is an object must be written as
    /// JSON first, as `JSON.stringify` does.
    ///
    /// The caller must check that the message came from OK. A text that is not JSON is
    /// `Unrecognized`, and so are the messages between a portal page and its game
    /// (`method$status$data`, `__FAPI__`). Source: `docs/protocol.md`, 5.4.
    ///
    /// # Errors
    /// [`CallbackError`].
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// let object = Published::from_message(r#"{"id": 7}"#).unwrap();
    /// assert_eq!(Published::from_message(r#""{\"id\": \"7\"}""#).unwrap(), object);
    /// assert_eq!(Published::from_message(r#"{"data": {"id": 7}}"#).unwrap(), object);
    /// assert_eq!(Published::from_message("__FAPI__1"), Err(CallbackError::Unrecognized));
    /// ```
    fn from_message(data: &str) -> Result<Callback<Self>, CallbackError> {
        interpret(&fields::from_message(data)?)
    }
}

impl WidgetCallback for Published {}
impl WidgetCallback for Sent {}

mod sealed {
    use super::{CallbackError, CallbackResult, Fields};

    pub trait FromFields: Sized {
        /// Returns whether the field that only a success has is there.
        fn is_there(fields: &Fields) -> bool;

        fn completed(fields: &Fields) -> Result<CallbackResult<Self>, CallbackError>;
    }
}

impl sealed::FromFields for Published {
    fn is_there(fields: &Fields) -> bool {
        fields.id.is_some()
    }

    fn completed(fields: &Fields) -> Result<CallbackResult<Self>, CallbackError> {
        let id = fields.id.as_deref();
        let id = id.ok_or(CallbackError::Invalid("id is missing"))?;
        let topic_id: TopicId = id
            .parse()
            .map_err(|_| CallbackError::Invalid("id is not a number"))?;
        if topic_id.get() == 0 {
            return Ok(CallbackResult::NotApproved);
        }
        Ok(CallbackResult::Completed(Self {
            topic_id,
            check_value: check_value(fields.signature.as_deref()),
        }))
    }
}

impl sealed::FromFields for Sent {
    fn is_there(fields: &Fields) -> bool {
        fields.selected.is_some()
    }

    fn completed(fields: &Fields) -> Result<CallbackResult<Self>, CallbackError> {
        let selected = fields.selected.as_deref();
        let selected = selected.ok_or(CallbackError::Invalid("selected is missing"))?;
        Ok(CallbackResult::Completed(Self {
            users: users(selected)?,
            check_value: check_value(fields.sig.as_deref()),
        }))
    }
}

fn interpret<T: sealed::FromFields>(fields: &Fields) -> Result<Callback<T>, CallbackError> {
    let success = says_success(fields)?;
    let result = match (success, refusal(fields, success || T::is_there(fields))?) {
        (true, Some(_)) => return Err(CallbackError::Invalid("it says both success and failure")),
        (false, Some(refusal)) if refusal.code == ErrorCode::CANCELLED => CallbackResult::Cancelled,
        (false, Some(refusal)) => CallbackResult::Refused(refusal),
        (true, None) => T::completed(fields)?,
        (false, None) if T::is_there(fields) => T::completed(fields)?,
        (false, None) if fields.result_seen => {
            return Err(CallbackError::Invalid(
                "result says neither success nor failure",
            ));
        }
        (false, None) => return Err(CallbackError::Unrecognized),
    };
    Ok(Callback {
        result,
        state: fields.state.clone(),
    })
}

fn says_success(fields: &Fields) -> Result<bool, CallbackError> {
    let by_type = match fields.kind.as_deref() {
        None => false,
        Some(kind) if kind.eq_ignore_ascii_case("success") => true,
        Some(kind) if kind.eq_ignore_ascii_case("error") => false,
        Some(_) => return Err(CallbackError::Invalid("type is neither success nor error")),
    };
    Ok(by_type || fields.code.as_deref().is_some_and(is_ok))
}

fn is_ok(code: &str) -> bool {
    code.eq_ignore_ascii_case("ok")
}

/// Returns the refusal in the fields, if there is one. Nothing, 0 and `false` mean that there is no
/// error; but 0 is one if there is nothing else.
fn refusal(fields: &Fields, is_done: bool) -> Result<Option<Refusal>, CallbackError> {
    match named_refusal(fields, |text| !matches!(text, "" | "0" | "false"))? {
        None if !is_done => named_refusal(fields, |text| !text.is_empty()),
        found => Ok(found),
    }
}

/// Returns a refusal in any of OK's forms: a number in `error_code` or `code`, a name in `code` or
/// `error`, or only `type=error`. Only texts that are `meant` count.
fn named_refusal(
    fields: &Fields,
    meant: impl Fn(&str) -> bool,
) -> Result<Option<Refusal>, CallbackError> {
    let mut number = None;
    let mut name = None;
    if let Some(code) = fields.error_code.as_deref().filter(|code| meant(code)) {
        number = Some(error_number(code).ok_or(NO_NUMBER)?);
    }
    let code = fields.code.as_deref().filter(|code| !is_ok(code));
    let texts = [code, fields.error.as_deref()];
    for text in texts.into_iter().flatten().filter(|text| meant(text)) {
        if looks_like_a_number(text) {
            let named = error_number(text).ok_or(NO_NUMBER)?;
            number = Some(number.unwrap_or(named));
        } else if name.is_none() {
            name = Some(text);
        }
    }
    let kind = fields.kind.as_deref().unwrap_or_default();
    if number.is_none() && name.is_none() && !kind.eq_ignore_ascii_case("error") {
        return Ok(None);
    }
    let message = fields
        .error_msg
        .as_deref()
        .or(fields.message.as_deref())
        .or(fields.error_description.as_deref())
        .unwrap_or_default();
    let code = number.or(name.and_then(ErrorCode::from_name));
    let mut refusal = Refusal::new(code.unwrap_or(ErrorCode::UNKNOWN), message);
    if code.and_then(ErrorCode::name).is_none() {
        refusal.unknown_name = name.and_then(|name| shown(name, MAX_NAME_CHARS));
    }
    Ok(Some(refusal))
}

/// Parses `[1,2]`, also with spaces and with the quotes of a JSON array.
fn users(selected: &str) -> Result<Vec<UserId>, CallbackError> {
    let inner = selected.trim();
    let inner = match inner.strip_prefix('[') {
        Some(rest) => rest
            .strip_suffix(']')
            .ok_or(CallbackError::Invalid("selected has no closing bracket"))?,
        None => inner,
    };
    if inner.trim().is_empty() {
        return Ok(Vec::new());
    }
    if inner.split(',').take(MAX_USERS + 1).count() > MAX_USERS {
        return Err(CallbackError::Invalid("selected has more than 4096 users"));
    }
    let id = |text: &str| {
        let text = text.trim();
        let bare = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        bare.unwrap_or(text).parse()
    };
    inner
        .split(',')
        .map(id)
        .collect::<Result<_, _>>()
        .map_err(|_| CallbackError::Invalid("selected has something else than user ids"))
}

fn check_value(value: Option<&str>) -> Option<String> {
    shown(value?, MAX_CHECK_VALUE_CHARS)
}

/// Returns the cleaned text, unless nothing is left of it.
fn shown(text: &str, limit: usize) -> Option<String> {
    Some(clean(text, limit)).filter(|text| !text.is_empty())
}
