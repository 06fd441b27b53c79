//! What follows the blocks of an attachment.

use serde::{Serialize, Serializer};

use super::validate::{MEDIA, filled};
use crate::error::FieldError;
use crate::text::quote;

pub(super) const PLACE_ID: &str = "place_id";
pub(super) const PUBLISH_AT: &str = "publishAt";
pub(super) const PUBLISH_AT_MS: &str = "publishAtMs";
pub(super) const ON_BEHALF_OF_GROUP: &str = "onBehalfOfGroup";
pub(super) const DISABLE_COMMENTS: &str = "disableComments";

pub(super) const TIME_REMEDY: &str = "write YYYY-MM-DD hh:mm:ss, Moscow time";

/// What follows the blocks in the JSON object; the order of fields is the order on the wire.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) publish_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) publish_at_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub(super) on_behalf_of_group: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub(super) disable_comments: Option<bool>,
    #[serde(rename = "place_id", skip_serializing_if = "Option::is_none")]
    pub(super) place_id: Option<String>,
}

/// OK writes these two flags as the texts `"true"` and `"false"`.
fn as_text<S: Serializer>(flag: &Option<bool>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *flag == Some(true) { "true" } else { "false" })
}

/// Checks what stands beside the blocks; the error names the first field at fault.
pub(super) fn settings(settings: &Settings) -> Result<(), FieldError> {
    if let Some(time) = &settings.publish_at {
        if settings.publish_at_ms.is_some() {
            return Err(FieldError::new(
                PUBLISH_AT,
                "is given together with publishAtMs",
                "set one of the two",
            ));
        }
        if !is_time(time) {
            return Err(FieldError::new(
                PUBLISH_AT,
                format!("{} is not a time", quote(time)),
                TIME_REMEDY,
            ));
        }
    }
    match &settings.place_id {
        Some(place) => filled(PLACE_ID, place),
        None => Ok(()),
    }
}

/// The first field that only posts to a group may have.
pub(super) fn group_only(has_product: bool, settings: &Settings) -> Option<&'static str> {
    [
        (settings.publish_at.is_some(), PUBLISH_AT),
        (settings.publish_at_ms.is_some(), PUBLISH_AT_MS),
        (settings.on_behalf_of_group.is_some(), ON_BEHALF_OF_GROUP),
        (settings.disable_comments.is_some(), DISABLE_COMMENTS),
        (has_product, MEDIA),
    ]
    .into_iter()
    .find_map(|(there, field)| there.then_some(field))
}

/// Returns whether the text is `YYYY-MM-DD hh:mm:ss`, and a time that exists.
pub(super) fn is_time(text: &str) -> bool {
    const FORM: &[u8; 19] = b"0000-00-00 00:00:00";
    let fits = text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        });
    let part = |from: usize, length: usize| text.get(from..from + length)?.parse::<u16>().ok();
    let [
        Some(year),
        Some(month),
        Some(day),
        Some(hour),
        Some(minute),
        Some(second),
    ] = [
        part(0, 4),
        part(5, 2),
        part(8, 2),
        part(11, 2),
        part(14, 2),
        part(17, 2),
    ]
    else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    fits && (1..=12).contains(&month)
        && (1..=days).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
}
