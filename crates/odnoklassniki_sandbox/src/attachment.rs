//! The content of a post, as OK describes it for `mediatopic.post` and the publish widget.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::codes::{
    BLOCK_LIMIT, LINK_BAD_FORMAT, POLL_ANSWER_TEXT_LIMIT, POLL_ANSWERS_LIMIT, POLL_QUESTION_LIMIT,
    Refusal, TEXT_LIMIT,
};
use crate::link;

// OK has such limits but does not publish them; these are the sandbox's own.
const MAX_BLOCKS: usize = 50;
const MAX_TEXT: usize = 16_000;
const MAX_QUESTION: usize = 500;
const MAX_ANSWERS: usize = 20;
const MAX_ANSWER_TEXT: usize = 200;

/// A checked attachment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attachment {
    /// The JSON as it came (out of base64, if it came so).
    pub(crate) json: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) publish_at: Option<String>,
    pub(crate) as_group: bool,
    pub(crate) no_comments: bool,
}

/// One block of a post, as the pages show it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block {
    Text(String),
    Link {
        url: String,
        host: String,
    },
    Photos(Vec<String>),
    Video(String),
    Music(Vec<Track>),
    Poll {
        question: String,
        answers: Vec<String>,
        many: bool,
        anonymous: bool,
    },
    App {
        text: String,
        images: Vec<Picture>,
        actions: Vec<Action>,
    },
    Topic {
        id: String,
        group: bool,
    },
    Product {
        price: String,
        currency: String,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Track {
    pub(crate) title: String,
    pub(crate) artist: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picture {
    pub(crate) url: String,
    pub(crate) title: String,
    pub(crate) mark: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Action {
    pub(crate) text: String,
    pub(crate) mark: Option<String>,
}

impl Attachment {
    /// Reads the value of `st.attachment`: JSON, or the base64 of JSON.
    pub(crate) fn read(value: &str) -> Result<Self, Refusal> {
        // Blanks around JSON belong to it (RFC 8259, section 2), around base64 to nothing.
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
            blocks.push(
                Reader {
                    index,
                    block: Some(block),
                }
                .block()?,
            );
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

    /// All text blocks, one a line.
    pub(crate) fn text(&self) -> String {
        let texts = self.blocks.iter().filter_map(|block| match block {
            Block::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}

fn text_of(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}

/// An id: digits as text, or a number.
fn id_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
            Some(text.clone())
        }
        Value::Number(number) => number.as_u64().map(|id| id.to_string()),
        _ => None,
    }
}

/// Reads one block and names the bad field in what it refuses.
struct Reader<'a> {
    index: usize,
    block: Option<&'a Value>,
}

impl<'a> Reader<'a> {
    fn block(&self) -> Result<Block, Refusal> {
        match self.text("type")? {
            "text" => {
                let text = self.text("text")?;
                self.limit("text", text, MAX_TEXT, TEXT_LIMIT)?;
                Ok(Block::Text(text.to_owned()))
            }
            "link" => self.link(),
            "photo" => Ok(Block::Photos(self.each("list", Self::photo)?)),
            "movie" => Ok(Block::Video(
                self.each("list", |item| item.id("id"))?.join(", "),
            )),
            "movie-reshare" => Ok(Block::Video(self.id("movieId")?)),
            "music" => Ok(Block::Music(self.each("list", Self::track)?)),
            "poll" => self.poll(),
            "app" => self.app(),
            "topic" => Ok(Block::Topic {
                id: self.id("topicId")?,
                group: self.field("group") == Some(&Value::Bool(true))
                    || text_of(self.field("group")) == Some("true"),
            }),
            "product" => self.product(),
            other => {
                let shown: String = other.chars().take(40).collect();
                Err(self.bad("type", &format!("`{shown}` is no known block")))
            }
        }
    }

    fn link(&self) -> Result<Block, Refusal> {
        let (url, host) =
            self.web_address("url", text_of(self.field("url")).unwrap_or_default())?;
        Ok(Block::Link {
            url: url.to_owned(),
            host: host.to_owned(),
        })
    }

    /// The link with its host. `place` is what the refusal names.
    fn web_address<'b>(&self, place: &str, link: &'b str) -> Result<(&'b str, &'b str), Refusal> {
        let host = link::host(link).ok_or_else(|| {
            let place = format!(
                "st.attachment: media[{}].{place} is not an absolute web address",
                self.index
            );
            Refusal::new(LINK_BAD_FORMAT, place)
        })?;
        Ok((link, host))
    }

    fn product(&self) -> Result<Block, Refusal> {
        let price = self
            .field("price")
            .map(|price| text_of(Some(price)).map_or_else(|| price.to_string(), str::to_owned))
            .ok_or_else(|| self.bad("price", "is missing"))?;
        if let Some(link) = self.field("partner_link") {
            self.web_address("partner_link", text_of(Some(link)).unwrap_or_default())?;
        }
        Ok(Block::Product {
            price,
            currency: self.optional("currency"),
        })
    }

    fn photo(&self) -> Result<String, Refusal> {
        let mut names = ["id", "photoId", "existing_photo_id"]
            .into_iter()
            .filter_map(|name| self.field(name));
        let (Some(value), None) = (names.next(), names.next()) else {
            return Err(self.bad(
                "list",
                "needs one of id (an upload token), photoId, existing_photo_id in every entry",
            ));
        };
        let name = id_of(Some(value)).or_else(|| text_of(Some(value)).map(str::to_owned));
        name.filter(|name| !name.is_empty())
            .ok_or_else(|| self.bad("list", "has an entry that names no picture"))
    }

    fn track(&self) -> Result<Track, Refusal> {
        let id = self.id("id")?;
        let title = self.optional("title");
        Ok(Track {
            title: if title.is_empty() { id } else { title },
            artist: self.optional("artistName"),
        })
    }

    fn poll(&self) -> Result<Block, Refusal> {
        let question = self.text("question")?;
        self.limit("question", question, MAX_QUESTION, POLL_QUESTION_LIMIT)?;
        let answers = self.each("answers", |answer| {
            let text = answer.text("text")?;
            answer.limit("answers", text, MAX_ANSWER_TEXT, POLL_ANSWER_TEXT_LIMIT)?;
            Ok(text.to_owned())
        })?;
        if answers.len() < 2 {
            return Err(self.bad("answers", "needs at least two"));
        }
        if answers.len() > MAX_ANSWERS {
            return Err(Refusal::new(
                POLL_ANSWERS_LIMIT,
                format!("more than {MAX_ANSWERS} answers"),
            ));
        }
        let options = self.optional("options");
        let has = |name| options.split(',').any(|option| option.trim() == name);
        Ok(Block::Poll {
            question: question.to_owned(),
            answers,
            many: !has("SingleChoice"),
            anonymous: has("AnonymousVoting"),
        })
    }

    fn app(&self) -> Result<Block, Refusal> {
        let mark = |item: &Self| text_of(item.field("mark")).map(str::to_owned);
        let optional_list = |name| self.field(name).is_some();
        Ok(Block::App {
            text: self.text("text")?.trim().to_owned(),
            images: if optional_list("images") {
                let images = self.each("images", |item| {
                    let url = text_of(item.field("url")).unwrap_or_default().to_owned();
                    Ok(Picture {
                        url,
                        title: item.optional("title"),
                        mark: mark(item),
                    })
                })?;
                for (index, image) in images.iter().enumerate() {
                    self.web_address(&format!("images[{index}].url"), &image.url)?;
                }
                images
            } else {
                Vec::new()
            },
            actions: if optional_list("actions") {
                self.each("actions", |item| {
                    Ok(Action {
                        text: item.text("text")?.to_owned(),
                        mark: mark(item),
                    })
                })?
            } else {
                Vec::new()
            },
        })
    }

    fn field(&self, name: &str) -> Option<&'a Value> {
        self.block
            .and_then(Value::as_object)
            .and_then(|block: &Map<_, _>| block.get(name))
    }

    fn text(&self, name: &str) -> Result<&'a str, Refusal> {
        text_of(self.field(name))
            .filter(|text| !text.is_empty())
            .ok_or_else(|| self.bad(name, "must be a text that is not empty"))
    }

    fn optional(&self, name: &str) -> String {
        text_of(self.field(name)).unwrap_or_default().to_owned()
    }

    fn id(&self, name: &str) -> Result<String, Refusal> {
        id_of(self.field(name)).ok_or_else(|| self.bad(name, "must be an id, in digits"))
    }

    fn each<T>(
        &self,
        name: &str,
        read: impl Fn(&Self) -> Result<T, Refusal>,
    ) -> Result<Vec<T>, Refusal> {
        self.field(name)
            .and_then(Value::as_array)
            .filter(|list| !list.is_empty())
            .ok_or_else(|| self.bad(name, "must be a list that is not empty"))?
            .iter()
            .map(|item| {
                read(&Self {
                    index: self.index,
                    block: Some(item),
                })
            })
            .collect()
    }

    fn limit(&self, name: &str, text: &str, limit: usize, code: i32) -> Result<(), Refusal> {
        if text.chars().count() <= limit {
            return Ok(());
        }
        let place = self.index;
        let message =
            format!("st.attachment: media[{place}].{name} is longer than {limit} characters");
        Err(Refusal::new(code, message))
    }

    fn bad(&self, name: &str, what: &str) -> Refusal {
        Refusal::param(format!(
            "st.attachment: media[{}].{name} {what}",
            self.index
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(json: &str) -> (i32, String) {
        let refusal = Attachment::read(json).unwrap_err();
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
        let plain = Attachment::read(json).unwrap();
        assert_eq!(plain.blocks.len(), 11);
        assert_eq!(plain.text(), "Привет");
        assert!(plain.as_group && !plain.no_comments);
        assert_eq!(plain.publish_at.as_deref(), Some("2030-05-01 12:00:00"));
        assert_eq!(Attachment::read(&STANDARD.encode(json)).unwrap(), plain);
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
            let (got, message) = refused(json);
            assert_eq!(got, code, "{message}");
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(refused(&STANDARD.encode([b'{', 0xFF])).0, 100);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Attachment::read(&text);
            let _ = Attachment::read(&STANDARD.encode(bytes));
            let _ = Attachment::read(&format!("{{\"media\":[{{\"type\":\"text\",\"text\":{text}}}]}}"));
        }
    }
}
