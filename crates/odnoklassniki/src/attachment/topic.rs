//! The object that is sent: blocks, and settings for posts to a group.

use serde::{Serialize, Serializer};

use super::block::Block;
use super::validate::{every, filled, is_time};
use crate::error::FieldError;
use crate::text::quote;

pub(super) const MEDIA: &str = "media";
pub(super) const PUBLISH_AT: &str = "publishAt";
const PUBLISH_AT_MS: &str = "publishAtMs";
const ON_BEHALF_OF_GROUP: &str = "onBehalfOfGroup";
const DISABLE_COMMENTS: &str = "disableComments";
const PLACE_ID: &str = "place_id";

/// The settings that only posts to a group may have.
pub(super) const GROUP_ONLY: [&str; 4] = [
    PUBLISH_AT,
    PUBLISH_AT_MS,
    ON_BEHALF_OF_GROUP,
    DISABLE_COMMENTS,
];

pub(super) const TIME_REMEDY: &str = "write YYYY-MM-DD hh:mm:ss, Moscow time";

/// The order of fields is the order on the wire.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Topic {
    pub(super) media: Vec<Block>,
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

impl Topic {
    /// Checks blocks and settings.
    pub(super) fn validate(&self) -> Result<(), FieldError> {
        if self.media.is_empty() {
            return Err(no_media());
        }
        every(MEDIA, &self.media, Block::validate)?;
        if let Some(time) = &self.publish_at {
            if self.publish_at_ms.is_some() {
                return Err(FieldError::new(
                    PUBLISH_AT,
                    "is given together with publishAtMs",
                    "set one of the two",
                ));
            }
            if !is_time(time) {
                let problem = format!("{} is not a time", quote(time));
                return Err(FieldError::new(PUBLISH_AT, problem, TIME_REMEDY));
            }
        }
        match &self.place_id {
            Some(place) => filled(PLACE_ID, place),
            None => Ok(()),
        }
    }

    /// Returns the first field in it that only posts to a group may have.
    pub(super) fn group_only(&self) -> Option<&'static str> {
        let is_set = [
            self.publish_at.is_some(),
            self.publish_at_ms.is_some(),
            self.on_behalf_of_group.is_some(),
            self.disable_comments.is_some(),
        ];
        let setting = is_set.iter().zip(GROUP_ONLY).find(|(is_set, _)| **is_set);
        let has_product = self
            .media
            .iter()
            .any(|block| matches!(block, Block::Product(_)));
        setting
            .map(|(_, field)| field)
            .or(has_product.then_some(MEDIA))
    }

    /// Returns the first field that is set.
    pub(super) fn first_field(&self) -> Option<&'static str> {
        (!self.media.is_empty())
            .then_some(MEDIA)
            .or_else(|| self.group_only())
            .or(self.place_id.is_some().then_some(PLACE_ID))
    }
}

pub(super) fn no_media() -> FieldError {
    FieldError::new(MEDIA, "has no block", "add a text, a link or a photo")
}
