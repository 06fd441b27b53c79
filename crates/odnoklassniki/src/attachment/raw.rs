//! JSON that the caller made.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::topic::{GROUP_ONLY, MEDIA, PUBLISH_AT, TIME_REMEDY, no_media};
use super::validate::{every, is_time, json_link};
use crate::error::FieldError;

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Raw {
    /// Kept byte for byte.
    pub(super) json: String,
    /// The first field in it that only posts to a group may have.
    pub(super) group_only: Option<&'static str>,
    /// The first field at fault.
    pub(super) problem: Option<FieldError>,
}

impl Raw {
    /// Parses a topic.
    ///
    /// # Errors
    /// The text is not an object with a `media` array of objects.
    pub(super) fn parse(json: &str) -> Result<Self, FieldError> {
        #[derive(Deserialize)]
        struct Topic {
            media: Option<Vec<Map<String, Value>>>,
            #[serde(flatten)]
            rest: Map<String, Value>,
        }
        let topic: Topic = serde_json::from_str(json).map_err(|error| {
            // The message of serde_json may quote the text; line and column do not.
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
        let setting = GROUP_ONLY
            .into_iter()
            .find(|field| topic.rest.contains_key(*field));
        let has_product = media
            .iter()
            .any(|block| block.get("type").is_some_and(|kind| kind == "product"));
        let problem = every(MEDIA, &media, validate_block)
            .and_then(|()| validate_time(topic.rest.get(PUBLISH_AT)))
            .err();
        Ok(Self {
            json: json.to_owned(),
            group_only: setting.or(has_product.then_some(MEDIA)),
            problem,
        })
    }
}

fn validate_time(time: Option<&Value>) -> Result<(), FieldError> {
    match time {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(time)) if is_time(time) => Ok(()),
        Some(_) => Err(FieldError::new(PUBLISH_AT, "is not a time", TIME_REMEDY)),
    }
}

/// Checks the links of a block. Unknown blocks and fields are sent as they are. The error quotes
/// nothing.
fn validate_block(block: &Map<String, Value>) -> Result<(), FieldError> {
    match block.get("type").and_then(Value::as_str) {
        Some("link") => json_link("url", block.get("url")),
        Some("app") => match block.get("images") {
            None => Ok(()),
            Some(Value::Array(images)) if !images.is_empty() => {
                every("images", images, |image| json_link("url", image.get("url")))
            }
            Some(_) => Err(FieldError::new(
                "images",
                "is not a list with something in it",
                "give objects with a `url`, or leave it out",
            )),
        },
        Some("product") => match block.get("partner_link") {
            None => Ok(()),
            link => json_link("partner_link", link),
        },
        _ => Ok(()),
    }
}
