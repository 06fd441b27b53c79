//! What OK answers.
//!
//! The same answer comes in several forms: as a query or a fragment of the return address, flat or
//! once more as JSON in `result`, or as a message to the window that opened the page
//! (<https://apiok.ru/en/ext/publish>,
//! <https://apiok.ru/en/ext/invite_suggest>). All of it is input from outside: every function here ends for every input,
//! without panic, and with bounded memory.

use std::fmt;

use super::fields::{self, Fields};
use crate::error::CallbackError;
use crate::error_code::ErrorCode;
use crate::id::{TopicId, UserId};
use crate::refusal::{Refusal, error_number, looks_like_a_number};
use crate::text::clean;

/// The most users an answer may name.
pub const MAX_USERS: usize = 4096;

const MAX_NAME_CHARS: usize = 64;
const MAX_CHECK_VALUE_CHARS: usize = 128;

const NO_NUMBER: CallbackError = CallbackError::Invalid("error_code is no number");

/// An answer, with the state that came back beside it. The debug form leaves out the state.
///
/// ```
/// use odnoklassniki::{Callback, CallbackResult, Sent, UserId, WidgetCallback as _};
///
/// let answer: Callback<Sent> = Sent::from_pairs("code=OK&selected=%5B561%5D&sig=ab&state=n1").unwrap();
/// assert_eq!(answer.state.as_deref(), Some("n1"));
/// let CallbackResult::Completed(sent) = answer.result else { panic!() };
/// assert_eq!(sent.users, [UserId::new(561)]);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Callback<T> {
    /// What happened.
    pub result: CallbackResult<T>,
    /// `st.state` of the request, if OK handed it back. Compare it with what was sent before
    /// believing the rest.
    pub state: Option<String>,
}

impl<T: fmt::Debug> fmt::Debug for Callback<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.as_ref().map(|_| "[redacted]");
        f.debug_struct("Answer")
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
    /// It was done.
    Completed(T),
    /// The player cancelled. (OK sends this as error 12; it is no failure.)
    Cancelled,
    /// Only posts: the topic id is 0, so OK has not yet approved the application and nothing was
    /// published.
    NotApproved,
    /// OK refused.
    Refused(Refusal),
}

/// A topic was published.
///
/// ```
/// use odnoklassniki::{CallbackResult, Published, TopicId, WidgetCallback as _};
///
/// let answer = Published::from_message(r#"{"id":"67601133491473"}"#).unwrap();
/// let CallbackResult::Completed(published) = answer.result else { panic!() };
/// assert_eq!(published.topic_id, TopicId::new(67_601_133_491_473));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The new topic; never 0.
    pub topic_id: TopicId,
    /// `signature` of the answer, as it came, at most 128 characters. See
    /// [`check_value`](crate::check_value).
    pub check_value: Option<String>,
}

/// Invitations or recommendations were sent.
///
/// ```
/// use odnoklassniki::{CallbackResult, Sent, WidgetCallback as _};
///
/// let answer = Sent::from_url("https://game.example/cb?code=OK&selected=[]").unwrap();
/// assert!(matches!(answer.result, CallbackResult::Completed(sent) if sent.users.is_empty()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The friends, as OK lists them; nobody is possible too.
    pub users: Vec<UserId>,
    /// `sig` of the answer, as it came, at most 128 characters. See
    /// [`check_value`](crate::check_value).
    pub check_value: Option<String>,
}

/// An answer that can be read: [`Published`] for posts, [`Sent`] for invitations and
/// recommendations.
///
/// ```
/// use odnoklassniki::{CallbackResult, Published, Sent, WidgetCallback};
///
/// fn is_done<T: WidgetCallback>(url: &str) -> bool {
///     T::from_url(url).is_ok_and(|answer| matches!(answer.result, CallbackResult::Completed(_)))
/// }
/// assert!(is_done::<Published>("okgame://posted?id=7"));
/// assert!(!is_done::<Sent>("okgame://invited?code=CANCELLED"));
/// ```
pub trait WidgetCallback: sealed::FromFields {
    /// Reads a query or a fragment, without its `?` or `#`.
    ///
    /// Pairs are split at `&` and at their first `=`, `+` is a space, escapes are decoded as UTF-8.
    /// A second `?` before a known name counts as `&`, and so does `&amp;`. Raw braces, quotes and
    /// brackets are taken as they are. In texts for people and in check values U+FFFD stands for
    /// what cannot be read. Source: `docs/protocol.md`, 5.6.
    ///
    /// # Errors
    /// [`CallbackError`]; `Invalid` also for a name that decides something and comes twice or
    /// cannot be read: `type`, `id`, `code`, `error`, `error_code`, `state`, and after a success
    /// `selected`. Other names that come twice are left out.
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// let answer = Sent::from_pairs("code=CANCELLED&error_code=12&state=a%3Db+c").unwrap();
    /// assert_eq!(answer.result, CallbackResult::Cancelled);
    /// assert_eq!(answer.state.as_deref(), Some("a=b c"));
    /// assert!(matches!(Sent::from_pairs("code=OK&code=OK"), Err(CallbackError::Invalid(_))));
    /// ```
    fn from_pairs(raw: &str) -> Result<Callback<Self>, CallbackError> {
        read(&fields::from_pairs(&[raw])?)
    }

    /// Reads the address to which the browser was sent: its query and its fragment. Source:
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
        read(&fields::from_pairs(&[query, fragment])?)
    }

    /// Reads the data of a window message: JSON text of an object, or of a text that holds one.
    ///
    /// Whether the message came from OK is the caller's question. Texts that are not JSON are
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
    /// assert_eq!(Published::from_message("__FAPI__1"), Err(CallbackError::Unrecognized));
    /// ```
    fn from_message(data: &str) -> Result<Callback<Self>, CallbackError> {
        read(&fields::from_message(data)?)
    }
}

impl WidgetCallback for Published {}
impl WidgetCallback for Sent {}

mod sealed {
    use super::{CallbackError, CallbackResult, Fields};

    pub trait FromFields: Sized {
        /// Whether the field that only a success has is there.
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
            .map_err(|_| CallbackError::Invalid("id is no number"))?;
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

fn read<T: sealed::FromFields>(fields: &Fields) -> Result<Callback<T>, CallbackError> {
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

/// The refusal in the fields, if they say one. Nothing, 0 and `false` mean that there is no error;
/// 0 is one if nothing else is said.
fn refusal(fields: &Fields, is_done: bool) -> Result<Option<Refusal>, CallbackError> {
    match named_refusal(fields, |text| !matches!(text, "" | "0" | "false"))? {
        None if !is_done => named_refusal(fields, |text| !text.is_empty()),
        found => Ok(found),
    }
}

/// The refusal in any of the ways OK has: a number in `error_code` or `code`, a name in `code` or
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
    for text in [code, fields.error.as_deref()]
        .into_iter()
        .flatten()
        .filter(|text| meant(text))
    {
        if looks_like_a_number(text) {
            let named = error_number(text).ok_or(NO_NUMBER)?;
            number = Some(number.unwrap_or(named));
        } else if name.is_none() {
            name = Some(text);
        }
    }
    let failed = fields
        .kind
        .as_deref()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("error"));
    if number.is_none() && name.is_none() && !failed {
        return Ok(None);
    }
    let known = name.and_then(ErrorCode::from_name);
    let texts = [
        &fields.error_msg,
        &fields.message,
        &fields.error_description,
    ];
    let message = texts
        .into_iter()
        .flatten()
        .next()
        .map_or("", String::as_str);
    let code = number.or(known);
    let mut refusal = Refusal::new(code.unwrap_or(ErrorCode::UNKNOWN), message);
    if code.and_then(ErrorCode::name).is_none() {
        refusal.unknown_name = name.and_then(|name| shown(name, MAX_NAME_CHARS));
    }
    Ok(Some(refusal))
}

/// Reads `[1,2]`; spaces and the quotes of a JSON array are let pass.
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
        .map_err(|_| CallbackError::Invalid("selected holds something else than user ids"))
}

fn check_value(value: Option<&str>) -> Option<String> {
    shown(value?, MAX_CHECK_VALUE_CHARS)
}

/// The cleaned text, unless nothing is left of it.
fn shown(text: &str, limit: usize) -> Option<String> {
    Some(clean(text, limit)).filter(|text| !text.is_empty())
}
