//! One block of an attachment.

use serde_json::{Map, Value};

use super::link;
use crate::error_code::{
    LINK_BAD_FORMAT, POLL_ANSWER_TEXT_LIMIT, POLL_ANSWERS_LIMIT, POLL_QUESTION_LIMIT, Refusal,
    TEXT_LIMIT,
};

// OK has such limits but does not publish them; these are the sandbox's own.
pub(super) const MAX_TEXT: usize = 16_000;
const MAX_QUESTION: usize = 500;
pub(super) const MAX_ANSWERS: usize = 20;
const MAX_ANSWER_TEXT: usize = 200;

/// A block of a post, as the pages show it.
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

impl Block {
    /// Parses the block at this index of `media`. A refusal names the field that is bad.
    pub(super) fn parse(index: usize, block: &Value) -> Result<Self, Refusal> {
        let block = Some(block);
        Reader { index, block }.block()
    }
}

pub(super) fn text_of(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}

/// Returns an id: digits as text, or a number.
pub(super) fn id_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
            Some(text.clone())
        }
        Value::Number(number) => number.as_u64().map(|id| id.to_string()),
        _ => None,
    }
}

/// A block, or an entry of a list in it.
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
        let url = text_of(self.field("url")).unwrap_or_default();
        Ok(Block::Link {
            url: url.to_owned(),
            host: self.host("url", url)?.to_owned(),
        })
    }

    /// Returns the host of a link, or a refusal that names the field.
    fn host<'b>(&self, field: &str, link: &'b str) -> Result<&'b str, Refusal> {
        link::host(link).ok_or_else(|| {
            let index = self.index;
            let message =
                format!("st.attachment: media[{index}].{field} is not an absolute web URL");
            Refusal::new(LINK_BAD_FORMAT, message)
        })
    }

    fn product(&self) -> Result<Block, Refusal> {
        let price = self
            .field("price")
            .map(|price| text_of(Some(price)).map_or_else(|| price.to_string(), str::to_owned))
            .ok_or_else(|| self.bad("price", "is missing"))?;
        if let Some(link) = self.field("partner_link") {
            self.host("partner_link", text_of(Some(link)).unwrap_or_default())?;
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
                    self.host(&format!("images[{index}].url"), &image.url)?;
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
        let index = self.index;
        let message =
            format!("st.attachment: media[{index}].{name} is longer than {limit} characters");
        Err(Refusal::new(code, message))
    }

    fn bad(&self, name: &str, what: &str) -> Refusal {
        Refusal::param(format!(
            "st.attachment: media[{}].{name} {what}",
            self.index
        ))
    }
}
