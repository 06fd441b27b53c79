//! The named values of an answer, whatever form they came in.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::answer::{AnswerError, MAX_ANSWER_BYTES};
use crate::pairs;

/// Makes everything that goes by the names of an answer: a line is a field, its name, and when a value in `result` says
/// the same as one outside of it.
macro_rules! fields {
    ($($field:ident $name:literal $same:expr,)*) => {
        /// Names of which an answer is made. Everything else is ignored.
        const KNOWN: &[&str] = &[RESULT, $($name),*];

        /// The known values of an answer as text.
        #[derive(Default)]
        pub struct Fields {
            $(pub(super) $field: Option<String>,)*
            /// Whether there was a `result`, so that this is meant as an answer.
            pub(super) result_seen: bool,
        }

        impl Fields {
            fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
                match name {
                    $($name => Some(&mut self.$field),)*
                    _ => None,
                }
            }

            /// Adds what `result` says. What decides the outcome must not be said in two ways.
            fn merge(&mut self, other: Self) -> Result<(), AnswerError> {
                $(join(&mut self.$field, other.$field, $same)?;)*
                Ok(())
            }
        }
    };
}

/// The one name that holds others.
const RESULT: &str = "result";
/// The one whose value may be a list.
const SELECTED: &str = "selected";

fields! {
    kind "type" same_word,
    id "id" same_word,
    code "code" same_word,
    error "error" same_word,
    error_code "error_code" same_word,
    selected "selected" same_list,
    state "state" same_text,
    // Of the others the first one stays.
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

/// Reads queries and fragments, which together are one answer.
pub(super) fn from_pairs(parts: &[&str]) -> Result<Fields, AnswerError> {
    let bytes: usize = parts.iter().map(|part| part.len()).sum();
    if bytes > MAX_ANSWER_BYTES {
        return Err(AnswerError::Invalid("it is longer than 16 KiB"));
    }
    let mut fields = Fields::default();
    let mut result: Option<String> = None;
    for pair in parts.iter().flat_map(|part| pairs::split(part, KNOWN)) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // A name that cannot be decoded is none of ours.
        let Some(name) = pairs::decode(name) else { continue };
        if !KNOWN.contains(&&*name) {
            continue;
        }
        let value = pairs::decode(value).ok_or(AnswerError::Invalid("a value is badly encoded"))?;
        let slot = if name == RESULT { &mut result } else { fields.slot(&name).ok_or(AnswerError::Unrecognised)? };
        if slot.replace(value.into_owned()).is_some() {
            return Err(AnswerError::Invalid("a name comes twice"));
        }
    }
    if let Some(result) = result {
        let object = Object::parse(&result).ok_or(AnswerError::Invalid("result is no JSON object"))?;
        fields.result_seen = true;
        fields.merge(object.into_fields()?.0)?;
    }
    Ok(fields)
}

/// Reads the data of a window message.
pub(super) fn from_message(data: &str) -> Result<Fields, AnswerError> {
    if data.len() > MAX_ANSWER_BYTES {
        return Err(AnswerError::Invalid("it is longer than 16 KiB"));
    }
    // Not JSON at all: other windows talk too, and so do portal pages (`method$status$data`, `__FAPI__…`).
    let text = unquoted(data).filter(|text| is_object(text)).ok_or(AnswerError::Unrecognised)?;
    let object = Object::parse(&text).ok_or(AnswerError::Invalid("a name comes twice, or a value cannot be read"))?;
    let (mut fields, result) = object.into_fields()?;
    let Some(result) = result else { return Ok(fields) };
    let inner = unquoted(result.get());
    let inner = inner.as_deref().and_then(Object::parse);
    let inner = inner.ok_or(AnswerError::Invalid("result is no JSON object"))?;
    fields.result_seen = true;
    fields.merge(inner.into_fields()?.0)?;
    Ok(fields)
}

/// Fills an empty place; a full one stays if `same`.
fn join(
    ours: &mut Option<String>,
    theirs: Option<String>,
    same: impl Fn(&str, &str) -> bool,
) -> Result<(), AnswerError> {
    match (&ours, theirs) {
        (Some(a), Some(b)) if !same(a, &b) => {
            return Err(AnswerError::Invalid("result says something else than the rest"));
        }
        (None, theirs) => *ours = theirs,
        _ => {}
    }
    Ok(())
}

/// The JSON form. A known name must not come twice.
#[derive(Default)]
struct Object<'a> {
    /// As they are written: what nobody asks for needs no meaning.
    values: Vec<(&'static str, &'a RawValue)>,
    result: Option<Option<&'a RawValue>>,
}

impl<'a> Object<'a> {
    fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The fields as text, and an inner `result`.
    fn into_fields(self) -> Result<(Fields, Option<&'a RawValue>), AnswerError> {
        let mut fields = Fields::default();
        for (name, value) in self.values {
            if let Some(slot) = fields.slot(name) {
                *slot = text(name, value.get())?;
            }
        }
        Ok((fields, self.result.flatten()))
    }
}

/// By hand: derived, each field would have the reading of a value written out, which is 30 KiB of program.
impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self::default())
    }
}

impl<'de> Visitor<'de> for Object<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<Self, M::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let twice = match KNOWN.iter().find(|known| **known == name) {
                None => map.next_value::<IgnoredAny>().map(|_| false)?,
                Some(&RESULT) => self.result.replace(map.next_value()?).is_some(),
                Some(known) => {
                    let twice = self.values.iter().any(|(name, _)| name == known);
                    self.values.push((known, map.next_value()?));
                    twice
                }
            };
            if twice {
                return Err(M::Error::custom("a name comes twice"));
            }
        }
        Ok(self)
    }
}

/// JSON that may stand in a JSON string.
fn unquoted(json: &str) -> Option<Cow<'_, str>> {
    if json.trim_start().starts_with('"') {
        return serde_json::from_str(json).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(json))
}

fn begins_as_object(json: &str) -> bool {
    json.trim_start().starts_with('{')
}

/// Whether it is the JSON of an object, whatever its values are: those that nobody asks for need no meaning.
fn is_object(json: &str) -> bool {
    begins_as_object(json) && serde_json::from_str::<IgnoredAny>(json).is_ok()
}

/// A text or a number as text; of the users who were selected the whole list, as it is written.
fn text(name: &str, json: &str) -> Result<Option<String>, AnswerError> {
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map(Some).map_err(|_| AnswerError::Invalid("a text cannot be read")),
        Some(b'n') => Ok(None),
        Some(b'-' | b'0'..=b'9') => Ok(Some(json.to_owned())),
        Some(b'[') if name == SELECTED => Ok(Some(json.to_owned())),
        _ => Err(AnswerError::Invalid("a value is neither text nor number")),
    }
}
