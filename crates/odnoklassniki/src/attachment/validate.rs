//! Checks that several blocks share. Each error names the field at fault.

use crate::error::FieldError;
use crate::{id, link};

const LINK_REMEDY: &str = "give an absolute http or https URL";

/// Checks every entry of a list; the error names its place.
pub(super) fn every<T>(
    field: &'static str,
    list: &[T],
    validate: impl Fn(&T) -> Result<(), FieldError>,
) -> Result<(), FieldError> {
    for (index, entry) in list.iter().enumerate() {
        validate(entry).map_err(|error| error.inside(&format!("{field}[{index}]")))?;
    }
    Ok(())
}

/// Checks a list that must not be empty.
pub(super) fn filled_list<T>(
    field: &'static str,
    list: &[T],
    validate: impl Fn(&T) -> Result<(), FieldError>,
) -> Result<(), FieldError> {
    if list.is_empty() {
        return Err(FieldError::new(
            field,
            "is empty",
            "add an entry or leave the block out",
        ));
    }
    every(field, list, validate)
}

pub(super) fn filled(field: &'static str, text: &str) -> Result<(), FieldError> {
    if text.trim().is_empty() {
        return Err(FieldError::new(
            field,
            "is empty",
            "fill it or leave the block out",
        ));
    }
    Ok(())
}

pub(super) fn number(field: &'static str, text: &str) -> Result<(), FieldError> {
    id::parse(field, text).map(drop)
}

pub(super) fn web_link(field: &'static str, link: &str) -> Result<(), FieldError> {
    link::validate(link).map_err(|problem| FieldError::new(field, problem, LINK_REMEDY))
}

/// Checks a link in JSON that the caller made.
pub(super) fn json_link(
    field: &'static str,
    link: Option<&serde_json::Value>,
) -> Result<(), FieldError> {
    match link.and_then(serde_json::Value::as_str) {
        Some(link) => web_link(field, link),
        None => Err(FieldError::new(field, "is not a text", LINK_REMEDY)),
    }
}

/// Returns whether the text is `YYYY-MM-DD hh:mm:ss`, and a time that exists.
pub(super) fn is_time(text: &str) -> bool {
    const FORM: &str = "0000-00-00 00:00:00";
    let has_form = text.len() == FORM.len()
        && text
            .bytes()
            .zip(FORM.bytes())
            .all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                separator => byte == separator,
            });
    if !has_form {
        return false;
    }
    let part = |from: usize, length: usize| -> u16 {
        let digits = text.get(from..from + length).unwrap_or_default();
        digits.parse().unwrap_or_default()
    };
    let (year, month, day) = (part(0, 4), part(5, 2), part(8, 2));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=12).contains(&month)
        && (1..=days).contains(&day)
        && part(11, 2) < 24
        && part(14, 2) < 60
        && part(17, 2) < 60
}
