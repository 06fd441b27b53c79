//! The content of a post, as OK describes it for `mediatopic.post` and the publish widget.

mod block;
mod link;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use self::block::{id_of, text_of};
use crate::error_code::{BLOCK_LIMIT, Refusal};

pub(crate) use self::block::Block;

/// OK has a limit but does not publish it; this is the sandbox's own.
const MAX_BLOCKS: usize = 50;

/// A checked attachment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attachment {
    /// The JSON as the game sent it, decoded if it came as base64.
    pub(crate) json: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) publish_at: Option<String>,
    pub(crate) as_group: bool,
    pub(crate) no_comments: bool,
}

impl Attachment {
    /// Parses the value of `st.attachment`: JSON, or the base64 of JSON.
    pub(crate) fn parse(value: &str) -> Result<Self, Refusal> {
        // Blanks around JSON are part of it (RFC 8259, section 2), but not of base64.
        let json = if value
            .trim_start_matches([' ', '\t', '\r', '\n'])
            .starts_with('{')
        {
            value.to_owned()
        } else {
            let bytes = STANDARD.decode(value).map_err(|_| {
                Refusal::param(
                    "st.attachment is neither a JSON object nor base64 (standard alphabet, padded)",
                )
            })?;
            String::from_utf8(bytes)
                .map_err(|_| Refusal::param("st.attachment: the text inside base64 is not UTF-8"))?
        };
        let parsed: Value = serde_json::from_str(&json)
            .map_err(|error| Refusal::param(format!("st.attachment is not JSON: {error}")))?;
        let top = parsed
            .as_object()
            .ok_or_else(|| Refusal::param("st.attachment is not a JSON object"))?;
        let media = top
            .get("media")
            .and_then(Value::as_array)
            .filter(|media| !media.is_empty())
            .ok_or_else(|| {
                Refusal::param("st.attachment: media must be a list with at least one block")
            })?;
        if media.len() > MAX_BLOCKS {
            return Err(Refusal::new(
                BLOCK_LIMIT,
                format!("more than {MAX_BLOCKS} blocks"),
            ));
        }
        let mut blocks = Vec::new();
        for (index, block) in media.iter().enumerate() {
            blocks.push(Block::parse(index, block)?);
        }
        match top.get("publishAt") {
            None | Some(Value::Null) => {}
            Some(Value::String(time)) if link::is_time(time) => {}
            Some(_) => {
                return Err(Refusal::param(
                    "st.attachment: publishAt is not a time, YYYY-MM-DD hh:mm:ss",
                ));
            }
        }
        let on = |name| {
            matches!(top.get(name), Some(Value::Bool(true)))
                || text_of(top.get(name)) == Some("true")
        };
        Ok(Self {
            publish_at: text_of(top.get("publishAt"))
                .map(str::to_owned)
                .or_else(|| id_of(top.get("publishAtMs"))),
            as_group: on("onBehalfOfGroup"),
            no_comments: on("disableComments"),
            json,
            blocks,
        })
    }

    /// Returns all text blocks, one a line.
    pub(crate) fn text(&self) -> String {
        let texts = self.blocks.iter().filter_map(|block| match block {
            Block::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::block::{MAX_ANSWERS, MAX_TEXT};
    use super::*;
    use proptest::prelude::*;

    fn refused(json: &str) -> (i32, String) {
        let refusal = Attachment::parse(json).unwrap_err();
        (refusal.code, refusal.message)
    }

    #[test]
    fn every_block_is_read() {
        let json = r#"{"media":[{"type":"text","text":"Привет"},{"type":"link","url":"https://game.example/run?a=1"},
            {"type":"photo","list":[{"id":"tok/EN+abc=="},{"photoId":"5"},{"existing_photo_id":7,"group":true}]},
            {"type":"movie","list":[{"id":"12"}]},{"type":"movie-reshare","movieId":"13"},
            {"type":"music","list":[{"id":"1","title":"Song","artistName":"Band"},{"id":2}]},
            {"type":"poll","question":"Q?","answers":[{"text":"a"},{"text":"b"}],"options":"SingleChoice,AnonymousVoting"},
            {"type":"app","text":" ","images":[{"url":"https://g/x.png","title":"T","mark":"m"}],"actions":[{"text":"Go","mark":"n"}]},
            {"type":"app","text":"bare"},{"type":"topic","topicId":"77","group":true},
            {"type":"product","price":10,"currency":"RUB"}],
            "publishAt":"2030-05-01 12:00:00","onBehalfOfGroup":"true","disableComments":"false"}"#;
        let plain = Attachment::parse(json).unwrap();
        assert_eq!(plain.blocks.len(), 11);
        assert_eq!(plain.text(), "Привет");
        assert!(plain.as_group && !plain.no_comments);
        assert_eq!(plain.publish_at.as_deref(), Some("2030-05-01 12:00:00"));
        assert_eq!(Attachment::parse(&STANDARD.encode(json)).unwrap(), plain);
    }

    #[test]
    fn refusals_name_code_and_field() {
        let long = "я".repeat(MAX_TEXT + 1);
        let many = vec![r#"{"type":"text","text":"x"}"#; MAX_BLOCKS + 1].join(",");
        let answers = vec![r#"{"text":"x"}"#; MAX_ANSWERS + 1].join(",");
        let deep = format!("{{\"media\":{}", "[".repeat(100_000));
        for (json, code, part) in [
            ("", 100, "media must"),
            ("%%%", 100, "base64"),
            ("{}", 100, "media"),
            ("{\"media\":[]}", 100, "media"),
            ("{\"media\":{}}", 100, "media"),
            ("{\"media\":[1]}", 100, "media[0].type"),
            ("{\"media\":[{\"type\":\"text\"}]}", 100, "media[0].text"),
            (
                "{\"media\":[{\"type\":\"text\",\"text\":\"\"}]}",
                100,
                "media[0].text",
            ),
            ("{\"media\":[{\"type\":\"cake\"}]}", 100, "`cake`"),
            (
                "{\"media\":[{\"type\":\"link\",\"url\":\"javascript:x\"}]}",
                607,
                "url",
            ),
            ("{\"media\":[{\"type\":\"link\"}]}", 607, "url"),
            (
                "{\"media\":[{\"type\":\"photo\",\"list\":[{}]}]}",
                100,
                "list",
            ),
            (
                "{\"media\":[{\"type\":\"movie\",\"list\":[{\"id\":\"x\"}]}]}",
                100,
                "id",
            ),
            (
                "{\"media\":[{\"type\":\"poll\",\"question\":\"q\",\"answers\":[{\"text\":\"a\"}]}]}",
                100,
                "answers",
            ),
            (
                &format!("{{\"media\":[{{\"type\":\"text\",\"text\":\"{long}\"}}]}}"),
                601,
                "text",
            ),
            (
                &format!(
                    "{{\"media\":[{{\"type\":\"poll\",\"question\":\"{long}\",\"answers\":[]}}]}}"
                ),
                602,
                "question",
            ),
            (
                &format!(
                    "{{\"media\":[{{\"type\":\"poll\",\"question\":\"q\",\"answers\":[{answers}]}}]}}"
                ),
                603,
                "answers",
            ),
            (
                &format!(
                    "{{\"media\":[{{\"type\":\"poll\",\"question\":\"q\",\"answers\":[{{\"text\":\"{long}\"}}]}}]}}"
                ),
                604,
                "answers",
            ),
            (&format!("{{\"media\":[{many}]}}"), 600, "blocks"),
            (&deep, 100, "JSON"),
        ] {
            let json = if json.is_empty() {
                "{\"media\":null}"
            } else {
                json
            };
            let (found, message) = refused(json);
            assert_eq!(found, code, "{message}");
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(refused(&STANDARD.encode([b'{', 0xFF])).0, 100);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Attachment::parse(&text);
            let _ = Attachment::parse(&STANDARD.encode(bytes));
            let _ = Attachment::parse(&format!("{{\"media\":[{{\"type\":\"text\",\"text\":{text}}}]}}"));
        }
    }
}
