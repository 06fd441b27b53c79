//! JSON that the caller made.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::media::Media;
use super::settings::{
    DISABLE_COMMENTS, ON_BEHALF_OF_GROUP, PLACE_ID, PUBLISH_AT, PUBLISH_AT_MS, Settings,
    TIME_REMEDY, group_only, is_time,
};
use super::validate::{LINK_REMEDY, MEDIA, every, no_media, web_address};
use crate::error::FieldError;

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Raw {
    /// Kept byte for byte.
    pub(super) json: String,
    /// The first field in it that only groups know.
    pub(super) group_only: Option<&'static str>,
    /// The first field at fault.
    pub(super) problem: Option<FieldError>,
}

/// What setters added to the caller's own JSON would not be sent.
pub(super) fn nothing_added(media: &Media, settings: &Settings) -> Result<(), FieldError> {
    let field = if media.is_empty() {
        group_only(media.has_product(), settings)
    } else {
        Some(MEDIA)
    };
    match field.or(settings.place_id.is_some().then_some(PLACE_ID)) {
        Some(field) => Err(FieldError::new(
            field,
            "was set beside JSON of the caller's own, which is sent as it is",
            "write it into that JSON, or build the attachment with setters only",
        )),
        None => Ok(()),
    }
}

/// Reads the caller's own JSON, and notes what is to be known of it.
pub(super) fn raw(json: &str) -> Result<Raw, FieldError> {
    #[derive(Deserialize)]
    struct Topic {
        media: Option<Vec<Map<String, Value>>>,
        #[serde(flatten)]
        rest: Map<String, Value>,
    }
    let topic: Topic = serde_json::from_str(json).map_err(|error| {
        // The message of serde_json may quote the text; its kind and place do not.
        let problem = format!(
            "is not an object with a `media` array of blocks (line {}, column {})",
            error.line(),
            error.column()
        );
        FieldError::new("attachment", problem, "give the JSON of a mediatopic")
    })?;
    let media = topic.media.unwrap_or_default();
    if media.is_empty() {
        return Err(no_media());
    }
    let is_product =
        |block: &Map<String, Value>| block.get("type").is_some_and(|kind| kind == "product");
    let group_only = [
        PUBLISH_AT,
        PUBLISH_AT_MS,
        ON_BEHALF_OF_GROUP,
        DISABLE_COMMENTS,
    ];
    let field = group_only
        .into_iter()
        .find(|field| topic.rest.contains_key(*field));
    let problem = every(MEDIA, &media, raw_block)
        .and_then(|()| raw_time(topic.rest.get(PUBLISH_AT)))
        .err();
    let group_only = field.or(media.iter().any(is_product).then_some(MEDIA));
    Ok(Raw {
        json: json.to_owned(),
        group_only,
        problem,
    })
}

fn raw_time(time: Option<&Value>) -> Result<(), FieldError> {
    match time {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(time)) if is_time(time) => Ok(()),
        Some(_) => Err(FieldError::new(PUBLISH_AT, "is not a time", TIME_REMEDY)),
    }
}

/// Checks the links of a block that is known here. Other blocks and fields are the caller's affair.
/// The error quotes nothing.
fn raw_block(block: &Map<String, Value>) -> Result<(), FieldError> {
    let field = |name| block.get(name);
    match field("type").and_then(Value::as_str) {
        Some("link") => raw_link("url", field("url")),
        Some("app") => match field("images") {
            None => Ok(()),
            Some(Value::Array(images)) if !images.is_empty() => {
                every("images", images, |image| raw_link("url", image.get("url")))
            }
            Some(_) => Err(FieldError::new(
                "images",
                "is no list with something in it",
                "give objects with a `url`, or leave it out",
            )),
        },
        Some("product") => {
            field("partner_link").map_or(Ok(()), |link| raw_link("partner_link", Some(link)))
        }
        _ => Ok(()),
    }
}

fn raw_link(field: &'static str, link: Option<&Value>) -> Result<(), FieldError> {
    match link {
        Some(Value::String(link)) => web_address(field, link),
        _ => Err(FieldError::new(field, "is no text", LINK_REMEDY)),
    }
}
