//! The blocks of an attachment, written as they are added.

use super::block::Block;
use super::settings::Settings;
use super::validate;
use crate::error::FieldError;

/// Room for the JSON of most posts, so that it is written in one allocation. A little less than a
/// KiB, up to which allocators are quick.
const USUAL_BYTES: usize = 1000;
/// What stands around a text in its block.
const AROUND_A_TEXT: usize = 64;

/// The list of blocks. Each is checked and written when it is added, so that nothing is kept twice.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Media {
    /// `{"media":[` and the blocks; empty as long as there is none.
    json: Vec<u8>,
    blocks: usize,
    /// Of the first block at fault.
    problem: Option<FieldError>,
    has_product: bool,
}

impl Media {
    pub(super) fn add(&mut self, block: &Block<'_>) {
        if self.problem.is_none() {
            let place =
                |error: FieldError| error.inside(&format!("{}[{}]", validate::MEDIA, self.blocks));
            self.problem = validate::block(block).err().map(place);
        }
        self.blocks += 1;
        self.has_product |= matches!(block, Block::Product(_));
        self.reserve(block);
        self.json.extend_from_slice(if self.json.is_empty() {
            br#"{"media":["#
        } else {
            b","
        });
        // Text and numbers under text keys, and a buffer that takes all: nothing can fail here.
        let written = serde_json::to_writer(&mut self.json, block).is_ok();
        debug_assert!(written, "a block is always JSON");
    }

    fn reserve(&mut self, block: &Block<'_>) {
        let text = if let Block::Text { text } = block {
            text.len()
        } else {
            0
        };
        let least = if self.json.is_empty() { USUAL_BYTES } else { 0 };
        self.json.reserve(least.max(text + AROUND_A_TEXT));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.blocks == 0
    }

    pub(super) fn has_product(&self) -> bool {
        self.has_product
    }

    /// Whether there are blocks, and all of them can be sent.
    pub(super) fn check(&self) -> Result<(), FieldError> {
        match &self.problem {
            Some(problem) => Err(problem.clone()),
            None if self.is_empty() => Err(validate::no_media()),
            None => Ok(()),
        }
    }

    /// The whole object.
    pub(super) fn into_json(self, settings: &Settings) -> Vec<u8> {
        let mut json = self.json;
        json.extend_from_slice(if self.blocks == 0 {
            br#"{"media":[]"#
        } else {
            b"]"
        });
        let end = json.len();
        if *settings == Settings::default() {
            json.push(b'}');
        } else {
            // An object of its own, whose opening brace becomes the comma after the blocks.
            let written = serde_json::to_writer(&mut json, settings).is_ok();
            debug_assert!(written, "settings are always JSON");
            json.splice(end..=end, *b",");
        }
        json
    }
}
