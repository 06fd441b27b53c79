//! The named values of an answer, whatever form they came in.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::answer::{AnswerError, MAX_ANSWER_BYTES};

/// Names of which an answer is made. Everything else is ignored.
const KNOWN: [&str; 13] = [
    "code",
    "error",
    "error_code",
    "error_description",
    "error_msg",
    "id",
    "message",
    "result",
    "selected",
    "sig",
    "signature",
    "state",
    "type",
];

/// The known values of an answer as text.
#[derive(Debug, Default)]
pub struct Fields {
    /// `type`.
    pub(super) kind: Option<String>,
    pub(super) id: Option<String>,
    pub(super) signature: Option<String>,
    pub(super) code: Option<String>,
    pub(super) selected: Option<String>,
    pub(super) sig: Option<String>,
    pub(super) error: Option<String>,
    pub(super) error_code: Option<String>,
    pub(super) error_description: Option<String>,
    pub(super) error_msg: Option<String>,
    pub(super) message: Option<String>,
    pub(super) state: Option<String>,
    /// Whether there was a `result`, so that this is meant as an answer.
    pub(super) result_seen: bool,
}

/// Reads queries and fragments, which together are one answer.
pub(super) fn from_pairs(parts: &[&str]) -> Result<Fields, AnswerError> {
    let bytes: usize = parts.iter().map(|part| part.len()).sum();
    if bytes > MAX_ANSWER_BYTES {
        return Err(AnswerError::Invalid("it is longer than 16 KiB"));
    }
    let mut fields = Fields::default();
    let mut result: Option<String> = None;
    for pair in parts.iter().flat_map(|part| pairs(part)) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // A name that cannot be decoded is none of ours.
        let Some(name) = decode(name) else { continue };
        if !KNOWN.contains(&&*name) {
            continue;
        }
        let value = decode(value).ok_or(AnswerError::Invalid("a value is badly encoded"))?;
        let slot = if name == "result" { &mut result } else { fields.slot(&name).ok_or(AnswerError::Unrecognised)? };
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
    let value: Value = serde_json::from_str(data).map_err(|_| AnswerError::Unrecognised)?;
    let text = match &value {
        Value::Object(_) => data,
        Value::String(text) => text.as_str(),
        _ => return Err(AnswerError::Unrecognised),
    };
    if !matches!(serde_json::from_str(text), Ok(Value::Object(_))) {
        return Err(AnswerError::Unrecognised);
    }
    let object = Object::parse(text).ok_or(AnswerError::Invalid("a name comes twice"))?;
    let (mut fields, result) = object.into_fields()?;
    let inner = match result {
        None | Some(Value::Null) => return Ok(fields),
        Some(Value::String(text)) => Object::parse(&text),
        Some(value) => Object::deserialize(value).ok(),
    };
    let inner = inner.ok_or(AnswerError::Invalid("result is no JSON object"))?;
    fields.result_seen = true;
    fields.merge(inner.into_fields()?.0)?;
    Ok(fields)
}

impl Fields {
    fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "type" => &mut self.kind,
            "id" => &mut self.id,
            "signature" => &mut self.signature,
            "code" => &mut self.code,
            "selected" => &mut self.selected,
            "sig" => &mut self.sig,
            "error" => &mut self.error,
            "error_code" => &mut self.error_code,
            "error_description" => &mut self.error_description,
            "error_msg" => &mut self.error_msg,
            "message" => &mut self.message,
            "state" => &mut self.state,
            _ => return None,
        })
    }

    /// Adds what `result` says. What decides the outcome must not be said in two ways; of texts the first one stays.
    fn merge(&mut self, other: Self) -> Result<(), AnswerError> {
        const TWO_WAYS: AnswerError = AnswerError::Invalid("result says something else than the rest");
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let same_list = |a: &str, b: &str| {
            let bare = |c: &char| !c.is_whitespace() && *c != '"';
            a.chars().filter(bare).eq(b.chars().filter(bare))
        };
        for (ours, theirs) in [
            (&mut self.kind, other.kind),
            (&mut self.id, other.id),
            (&mut self.code, other.code),
            (&mut self.error_code, other.error_code),
            (&mut self.error, other.error),
        ] {
            join(ours, theirs, same).ok_or(TWO_WAYS)?;
        }
        join(&mut self.selected, other.selected, same_list).ok_or(TWO_WAYS)?;
        join(&mut self.state, other.state, |a, b| a == b).ok_or(TWO_WAYS)?;
        for (ours, theirs) in [
            (&mut self.signature, other.signature),
            (&mut self.sig, other.sig),
            (&mut self.error_description, other.error_description),
            (&mut self.error_msg, other.error_msg),
            (&mut self.message, other.message),
        ] {
            join(ours, theirs, |_, _| true).ok_or(TWO_WAYS)?;
        }
        Ok(())
    }
}

/// Fills an empty place; a full one stays if `same`.
fn join(ours: &mut Option<String>, theirs: Option<String>, same: impl Fn(&str, &str) -> bool) -> Option<()> {
    match (&ours, theirs) {
        (_, None) => Some(()),
        (Some(a), Some(b)) => same(a, &b).then_some(()),
        (None, theirs) => {
            *ours = theirs;
            Some(())
        }
    }
}

/// The JSON form. Serde refuses a known name that comes twice.
#[derive(Deserialize)]
struct Object {
    r#type: Option<Value>,
    id: Option<Value>,
    signature: Option<Value>,
    code: Option<Value>,
    selected: Option<Value>,
    sig: Option<Value>,
    error: Option<Value>,
    error_code: Option<Value>,
    error_description: Option<Value>,
    error_msg: Option<Value>,
    message: Option<Value>,
    state: Option<Value>,
    result: Option<Value>,
}

impl Object {
    fn parse(json: &str) -> Option<Self> {
        // Serde would also take an array for a struct.
        if !json.trim_start().starts_with('{') {
            return None;
        }
        serde_json::from_str(json).ok()
    }

    /// The fields as text, and an inner `result`.
    fn into_fields(self) -> Result<(Fields, Option<Value>), AnswerError> {
        let selected = match self.selected {
            Some(Value::Array(users)) => Some(Value::Array(users).to_string()),
            other => text(other)?,
        };
        let fields = Fields {
            kind: text(self.r#type)?,
            id: text(self.id)?,
            signature: text(self.signature)?,
            code: text(self.code)?,
            selected,
            sig: text(self.sig)?,
            error: text(self.error)?,
            error_code: text(self.error_code)?,
            error_description: text(self.error_description)?,
            error_msg: text(self.error_msg)?,
            message: text(self.message)?,
            state: text(self.state)?,
            result_seen: false,
        };
        Ok((fields, self.result))
    }
}

/// A text or a number as text.
fn text(value: Option<Value>) -> Result<Option<String>, AnswerError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(AnswerError::Invalid("a value is neither text nor number")),
    }
}

/// The pairs of a query. A `?` that begins a known name is a separator too: it is unknown whether OK appends its answer
/// with `&` or with a second `?`.
fn pairs(raw: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(raw.strip_prefix(['?', '#']).unwrap_or(raw));
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.char_indices().find_map(|(at, character)| {
            let ends = character == '&' || (character == '?' && begins_known(text.get(at + 1..)?));
            ends.then_some(at)
        }) else {
            rest = None;
            return Some(text);
        };
        let (pair, after) = text.split_at(end);
        rest = after.get(1..);
        Some(pair)
    })
}

fn begins_known(text: &str) -> bool {
    let begins = |name: &&str| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
    KNOWN.iter().any(begins)
}

/// Form-decodes: `+` is a space, then `%XX`. None for a bad escape or bytes that are not UTF-8.
fn decode(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains(['%', '+']) {
        return Some(Cow::Borrowed(raw));
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn digit(byte: u8) -> Option<u8> {
    let value = char::from(byte).to_digit(16)?;
    u8::try_from(value).ok()
}
