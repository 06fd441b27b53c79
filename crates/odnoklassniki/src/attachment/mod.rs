//! The content of a post: the "mediatopic" JSON.
//!
//! The post widget, `mediatopic.post` and the portal's own dialog take the same format. OK's page
//! with the whole field list is not public any more. What is here comes from OK's SDKs, examples
//! and the source of its documentation (`apiok/documentation`), and each method says how sure it
//! is.

mod app_card;
mod block;
mod poll;
mod product;
mod raw;
mod topic;
mod validate;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use app_card::{AppAction, AppCard, AppImage};
pub use block::{Photo, Track};
pub use poll::Poll;
pub use product::Product;

use crate::error::FieldError;
use block::{Block, Movie};
use raw::Raw;
use topic::Topic;

/// What is posted: blocks in the order in which they are shown, and settings for posts to a group.
///
/// Building never fails. [`validate`](Attachment::validate) names the field at fault, and no widget
/// URL is built from an attachment that does not pass it. OK limits the length of texts and the
/// number of blocks (codes 600 to 604), but does not publish the values.
///
/// ```
/// use odnoklassniki::Attachment;
///
/// let attachment = Attachment::new()
///     .text("Level 12 cleared in 3:41!")
///     .link("https://game.example/run/8812");
/// attachment.validate().unwrap();
/// assert_eq!(
///     attachment.to_json(),
///     concat!(
///         r#"{"media":[{"type":"text","text":"Level 12 cleared in 3:41!"},"#,
///         r#"{"type":"link","url":"https://game.example/run/8812"}]}"#,
///     ),
/// );
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Attachment {
    /// The caller's own JSON, sent as it is; nothing may be set beside it.
    raw: Option<Raw>,
    topic: Topic,
}

impl Attachment {
    /// Makes an attachment without a block. It needs at least one before it can be sent.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes JSON that the caller made and sends exactly these bytes.
    ///
    /// For blocks or fields that this crate does not know. Nothing can be added to it: after a
    /// setter, [`validate`](Attachment::validate) fails. Of the JSON itself `validate` checks only
    /// links and `publishAt`.
    ///
    /// # Errors
    /// The text is not a JSON object with a `media` array of at least one object. White space
    /// around it is that of RFC 8259.
    ///
    /// ```
    /// use odnoklassniki::Attachment;
    ///
    /// let json = r#"{ "media": [{"type": "news", "id": 7}] }"#;
    /// assert_eq!(Attachment::from_json(json).unwrap().to_json(), json);
    /// assert_eq!(Attachment::from_json("{}").unwrap_err().field(), "media");
    /// assert!(Attachment::from_json(json).unwrap().text("more").validate().is_err());
    /// ```
    pub fn from_json(json: &str) -> Result<Self, FieldError> {
        Ok(Self {
            raw: Some(Raw::parse(json)?),
            topic: Topic::default(),
        })
    }

    /// Adds plain text. It must not be blank; OK's length limit (code 601) is not published.
    /// \[documented\]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.block(Block::Text { text: text.into() })
    }

    /// Adds a link, an absolute `http` or `https` URL. OK fetches title and picture itself.
    /// \[documented\]
    ///
    /// It is sent as it is. So `validate` refuses what a browser would repair:
    /// `https:/game.example`, a backslash, a space. Source: `docs/protocol.md`, 6.4.
    pub fn link(self, url: impl Into<String>) -> Self {
        self.block(Block::Link { url: url.into() })
    }

    /// Adds one picture. \[OK's samples\]
    pub fn photo(self, photo: Photo) -> Self {
        self.photos([photo])
    }

    /// Adds several pictures as one block. \[OK's samples\]
    pub fn photos(self, photos: impl IntoIterator<Item = Photo>) -> Self {
        self.block(Block::Photo {
            list: photos.into_iter().collect(),
        })
    }

    /// Adds a video that the user uploaded, by its decimal id. Seen only in REST use; the widget
    /// may refuse it.
    pub fn movie(self, id: impl Into<String>) -> Self {
        self.movies([id])
    }

    /// Adds several videos as one block, each as [`movie`](Attachment::movie) does.
    pub fn movies<T: Into<String>>(self, ids: impl IntoIterator<Item = T>) -> Self {
        let movie = |id: T| Movie { id: id.into() };
        self.block(Block::Movie {
            list: ids.into_iter().map(movie).collect(),
        })
    }

    /// Adds a video that is already on OK, by its decimal id. Seen only in REST use. It fails if
    /// the user may not see the video.
    pub fn movie_reshare(self, id: impl Into<String>) -> Self {
        self.block(Block::MovieReshare {
            movie_id: id.into(),
        })
    }

    /// Adds pieces of music. Seen only in REST use.
    pub fn music(self, tracks: impl IntoIterator<Item = Track>) -> Self {
        self.block(Block::Music {
            list: tracks.into_iter().collect(),
        })
    }

    /// Adds a poll: a question and at least two answers. \[documented for the portal's dialog\]
    pub fn poll(self, poll: Poll) -> Self {
        self.block(Block::Poll(poll))
    }

    /// Adds the card of the application, with pictures and buttons that start the game. \[OK's
    /// SDKs\]
    pub fn app_card(self, card: AppCard) -> Self {
        self.block(Block::App(card))
    }

    /// Adds another topic, by its decimal id. `group`: whether it is a group's topic. Only the
    /// names are known, from OK's Unity SDK.
    pub fn topic(self, id: impl Into<String>, group: bool) -> Self {
        self.block(Block::Topic {
            topic_id: id.into(),
            group,
        })
    }

    /// Adds the price of something that a group sells. Only with a group id; probably not for the
    /// widget. \[one third-party library only, T4 of the protocol page\]
    pub fn product(self, product: Product) -> Self {
        self.block(Block::Product(product))
    }

    /// Publishes later: `YYYY-MM-DD hh:mm:ss`, Moscow time (UTC+3). Only with a group id, and not
    /// together with [`publish_at_ms`](Attachment::publish_at_ms). \[documented\]
    pub fn publish_at(mut self, moscow_time: impl Into<String>) -> Self {
        self.topic.publish_at = Some(moscow_time.into());
        self
    }

    /// Publishes later: milliseconds since 1970, UTC. Only with a group id, and not together with
    /// [`publish_at`](Attachment::publish_at). \[documented\]
    pub fn publish_at_ms(mut self, milliseconds: u64) -> Self {
        self.topic.publish_at_ms = Some(milliseconds);
        self
    }

    /// Posts as the group (`true`) or as the user. Only with a group id. \[documented\]
    pub fn on_behalf_of_group(mut self, on: bool) -> Self {
        self.topic.on_behalf_of_group = Some(on);
        self
    }

    /// Forbids comments. Only with a group id. \[documented\]
    pub fn disable_comments(mut self, on: bool) -> Self {
        self.topic.disable_comments = Some(on);
        self
    }

    /// Sets the place of the post. Seen once, in one site that uses the widget.
    pub fn place_id(mut self, id: impl Into<String>) -> Self {
        self.topic.place_id = Some(id.into());
        self
    }

    /// Checks that everything OK is known to require is there.
    ///
    /// # Errors
    /// The first field at fault, as `media[2].url`.
    ///
    /// ```
    /// use odnoklassniki::Attachment;
    ///
    /// let error = Attachment::new().text("hi").link("game.example").validate().unwrap_err();
    /// assert_eq!(error.field(), "media[1].url");
    /// ```
    pub fn validate(&self) -> Result<(), FieldError> {
        let Some(raw) = &self.raw else {
            return self.topic.validate();
        };
        if let Some(field) = self.topic.first_field() {
            return Err(FieldError::new(
                field,
                "was set beside JSON of the caller's own, which is sent as it is",
                "write it into that JSON, or build the attachment with setters only",
            ));
        }
        raw.problem.clone().map_or(Ok(()), Err)
    }

    /// Returns the first field in it that only posts to a group may have.
    pub(crate) fn group_only(&self) -> Option<&'static str> {
        match &self.raw {
            Some(raw) => raw.group_only,
            None => self.topic.group_only(),
        }
    }

    /// Writes the JSON as it is sent: no white space, fields always in the same order.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().place_id("5").text("a").text("b");
    /// let media = r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#;
    /// assert_eq!(post.to_json(), format!(r#"{{"media":{media},"place_id":"5"}}"#));
    /// ```
    pub fn to_json(&self) -> String {
        match &self.raw {
            Some(raw) => raw.json.clone(),
            // Texts and numbers under constant names: writing them cannot fail.
            None => serde_json::to_string(&self.topic).unwrap_or_default(),
        }
    }

    /// Writes the JSON as base64 (standard alphabet, padded), the form OK's JavaScript SDK sends.
    /// It is shorter for Cyrillic than percent-encoded JSON, and this text is what is signed.
    ///
    /// ```
    /// use odnoklassniki::Attachment;
    ///
    /// let attachment = Attachment::new().text("hello world!");
    /// assert_eq!(
    ///     attachment.to_base64(),
    ///     "eyJtZWRpYSI6W3sidHlwZSI6InRleHQiLCJ0ZXh0IjoiaGVsbG8gd29ybGQhIn1dfQ==",
    /// );
    /// ```
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.to_json())
    }

    fn block(mut self, block: Block) -> Self {
        self.topic.media.push(block);
        self
    }
}

impl fmt::Debug for Attachment {
    /// Prints only its length: it may hold upload tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment([{} bytes])", self.to_json().len())
    }
}
