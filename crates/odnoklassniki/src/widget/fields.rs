//! The named values of a callback, in whatever form they came.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::error::{CallbackError, MAX_CALLBACK_BYTES};
use crate::form;
use crate::json::{self, Object};

/// Makes everything that depends on the names of a callback. A line is a field, its name, and when
/// a value in `result` says the same as one outside of it.
macro_rules! fields {
    ($($field:ident $name:literal $same:expr,)*) => {
        /// The names that count in a callback. Everything else is ignored.
        const KNOWN: &[&str] = &[RESULT, $($name),*];

        /// The names that count in a message.
        const KNOWN_IN_MESSAGE: &[&str] = &[DATA, RESULT, $($name),*];

        /// The known values of a callback as text.
        #[derive(Default)]
        pub struct Fields {
            $(pub(super) $field: Option<String>,)*
            /// Whether there was a `result`, so that this is meant as a callback.
            pub(super) result_seen: bool,
        }

        impl Fields {
            fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
                match name {
                    $($name => Some(&mut self.$field),)*
                    _ => None,
                }
            }

            /// Adds the values of another form. Two values that decide the outcome must agree.
            fn merge(&mut self, other: Self) -> Result<(), CallbackError> {
                $(join($name, &mut self.$field, other.$field, $same)?;)*
                Ok(())
            }
        }
    };
}

impl Fields {
    /// Adds the values in `result`.
    fn merge_result(&mut self, result: &str) -> Result<(), CallbackError> {
        let result = json::mend(result);
        let object = Object::parse(&result, KNOWN, must_be_clear).ok_or(NO_RESULT)?;
        self.result_seen = true;
        self.merge(from_object(&object)?)
    }
}

/// Returns whether a value decides what happened. The others are for people or prove nothing; those
/// that come twice are left out.
fn decides(name: &str) -> bool {
    !matches!(
        name,
        "signature" | "sig" | "error_description" | "error_msg" | "message"
    )
}

/// Returns whether a value must be readable and come once, whatever the outcome is. The selected
/// users decide something only in a success, so they are parsed only then.
fn must_be_clear(name: &str) -> bool {
    decides(name) && name != SELECTED
}

const NO_RESULT: CallbackError = CallbackError::Invalid("result is not a JSON object");
const UNCLEAR_MESSAGE: CallbackError =
    CallbackError::Invalid("a name comes twice, or a value cannot be read");
/// The one name that holds others.
const RESULT: &str = "result";
/// The one that may hold a whole message.
const DATA: &str = "data";
/// The one whose value may be a list.
const SELECTED: &str = "selected";
/// Replaces selected users that cannot be read. It is not a list of users.
const UNREADABLE: &str = "\u{fffd}";
/// The names whose value may be `false` if there is no error.
const ERRORS: [&str; 3] = ["code", "error", "error_code"];

fields! {
    kind "type" same_word,
    id "id" same_word,
    code "code" same_word,
    error "error" same_word,
    error_code "error_code" same_word,
    selected "selected" same_list,
    state "state" same_text,
    // Of the others the first value stays.
    signature "signature" any,
    sig "sig" any,
    error_description "error_description" any,
    error_msg "error_msg" any,
    message "message" any,
}

fn same_word(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn same_list(a: &str, b: &str) -> bool {
    let bare = |c: &char| !c.is_whitespace() && *c != '"';
    a.chars().filter(bare).eq(b.chars().filter(bare))
}

fn same_text(a: &str, b: &str) -> bool {
    a == b
}

fn any(_: &str, _: &str) -> bool {
    true
}

/// Parses queries and fragments, which together are one callback.
pub(super) fn from_pairs(parts: &[&str]) -> Result<Fields, CallbackError> {
    let bytes: usize = parts.iter().map(|part| part.len()).sum();
    if bytes > MAX_CALLBACK_BYTES {
        return Err(CallbackError::Invalid("it is longer than 16 KiB"));
    }
    let mut fields = Fields::default();
    let mut result = None;
    let mut seen = Vec::new();
    for (name, value) in parts.iter().flat_map(|part| form::known(part, KNOWN)) {
        // The values in `result` are checked one by one, below.
        if name != RESULT && must_be_clear(name) && !value.is_readable {
            return Err(CallbackError::Invalid("a value is badly encoded"));
        }
        let slot = if name == RESULT {
            &mut result
        } else {
            fields.slot(name).ok_or(CallbackError::Unrecognized)?
        };
        if !seen.contains(&name) {
            seen.push(name);
            *slot = Some(value.text.into_owned());
        } else if must_be_clear(name) {
            return Err(CallbackError::Invalid("a name comes twice"));
        } else {
            *slot = unclear(name);
        }
    }
    if let Some(result) = result {
        fields.merge_result(&result)?;
    }
    Ok(fields)
}

/// Parses the data of a window message. The names may be one level deeper, in `data`.
pub(super) fn from_message(data: &str) -> Result<Fields, CallbackError> {
    if data.len() > MAX_CALLBACK_BYTES {
        return Err(CallbackError::Invalid("it is longer than 16 KiB"));
    }
    let text = message_object(data)?;
    let may_decide = |name: &str| name != DATA && must_be_clear(name);
    let object = Object::parse(&text, KNOWN_IN_MESSAGE, may_decide).ok_or(UNCLEAR_MESSAGE)?;
    let has_others = object.iter().any(|(name, _)| name != DATA);
    match object.get(DATA).filter(|_| !has_others) {
        None => from_message_object(&object),
        Some(data) => {
            let text = message_object(data.get())?;
            let inner = Object::parse(&text, KNOWN, must_be_clear).ok_or(UNCLEAR_MESSAGE)?;
            from_message_object(&inner)
        }
    }
}

/// Returns the JSON of a message's object. Other windows and portal pages send messages, too
/// (`method$status$data`, `__FAPI__…`).
fn message_object(data: &str) -> Result<Cow<'_, str>, CallbackError> {
    unquoted(data)
        .filter(|text| is_object(text))
        .ok_or(CallbackError::Unrecognized)
}

fn from_message_object(object: &Object<'_>) -> Result<Fields, CallbackError> {
    let mut fields = from_object(object)?;
    if let Some(result) = object.get(RESULT).filter(|value| value.get() != "null") {
        let inner = unquoted(result.get()).ok_or(NO_RESULT)?;
        fields.merge_result(&inner)?;
    }
    Ok(fields)
}

/// Fills an empty slot. A full one stays if both values are the `same`.
fn join(
    name: &str,
    ours: &mut Option<String>,
    theirs: Option<String>,
    same: impl Fn(&str, &str) -> bool,
) -> Result<(), CallbackError> {
    match (&ours, theirs) {
        (Some(a), Some(b)) if !same(a, &b) && !must_be_clear(name) => *ours = unclear(name),
        (Some(a), Some(b)) if !same(a, &b) => {
            return Err(CallbackError::Invalid("result contradicts the rest"));
        }
        (None, theirs) => *ours = theirs,
        _ => {}
    }
    Ok(())
}

/// Returns the fields of an object as text, without an inner `result`.
fn from_object(object: &Object<'_>) -> Result<Fields, CallbackError> {
    let mut fields = Fields::default();
    for (name, value) in object.iter() {
        if let Some(slot) = fields.slot(name) {
            *slot = match value {
                None => unclear(name),
                Some(value) if decides(name) => decisive(name, value)?,
                Some(value) => json::for_people(value),
            };
        }
    }
    Ok(fields)
}

/// Returns what is kept of a value that comes in two versions and need not be clear.
fn unclear(name: &str) -> Option<String> {
    (name == SELECTED).then(|| UNREADABLE.to_owned())
}

/// Mends JSON, which may stand in a JSON string.
fn unquoted(json: &str) -> Option<Cow<'_, str>> {
    let mended = json::mend(json);
    if !json::begins_with(&mended, '"') {
        return Some(mended);
    }
    let inner: String = serde_json::from_str(&mended).ok()?;
    Some(Cow::Owned(json::mend(&inner).into_owned()))
}

/// Returns whether a text is the JSON of an object. Its values need no meaning.
fn is_object(json: &str) -> bool {
    json::begins_with(json, '{') && serde_json::from_str::<IgnoredAny>(json).is_ok()
}

/// Returns a text or a number as text, and the whole list of selected users as it is written.
fn decisive(name: &str, value: &RawValue) -> Result<Option<String>, CallbackError> {
    if name == SELECTED && value.get().starts_with('[') {
        return Ok(Some(value.get().to_owned()));
    }
    if ERRORS.contains(&name) && value.get() == "false" {
        return Ok(None);
    }
    match json::decisive(value) {
        Ok(text) => Ok(text),
        Err(()) if must_be_clear(name) => Err(CallbackError::Invalid(
            "a value is not a text or number that can be read",
        )),
        Err(()) => Ok(unclear(name)),
    }
}
