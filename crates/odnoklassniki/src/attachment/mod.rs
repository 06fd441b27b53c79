//! The content of a post: the "mediatopic" JSON.
//!
//! The post widget, `mediatopic.post` and the portal's own dialog take the same format. OK's page
//! with the whole field list is not public any more; what is here comes from OK's SDKs, examples
//! and the source of its documentation (`apiok/documentation`), and each method says how sure it
//! is.

mod block;
mod media;
mod raw;
mod settings;
mod validate;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use block::{AppAction, AppCard, AppImage, Photo, Poll, Product, Track};

use crate::error::FieldError;
use block::Block;
use media::Media;
use raw::Raw;
use settings::Settings;

/// What is posted: blocks in the order in which they are shown, and settings for posts to a group.
///
/// Building never fails; [`validate`](Attachment::validate) names the field at fault, and no widget
/// address is built from an attachment that does not pass it. Limits of text length and of the
/// number of blocks exist on OK's side (codes 600 to 604), but OK does not publish their values.
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
    /// The caller's own JSON; nothing may be built beside it.
    raw: Option<Raw>,
    media: Media,
    settings: Settings,
}

impl Attachment {
    /// An attachment without a block. It needs at least one before it can be sent.
    ///
    /// ```
    /// let error = odnoklassniki::Attachment::new().validate().unwrap_err();
    /// assert_eq!(error.field(), "media");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes JSON that was made elsewhere and sends exactly these bytes.
    ///
    /// For blocks or fields that this crate does not know. Nothing can be added to it: after a
    /// setter, [`validate`](Attachment::validate) fails. Of what is in it, `validate` looks at
    /// links and at `publishAt`.
    ///
    /// # Errors
    /// If the text is not a JSON object with a `media` array of at least one object. Blanks around
    /// it are those of RFC 8259.
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
            raw: Some(raw::raw(json)?),
            ..Self::default()
        })
    }

    /// Adds plain text. It must not be blank; OK's length limit (code 601) is not published.
    /// \[documented\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().text("Level 12!");
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"text","text":"Level 12!"}]}"#);
    /// ```
    pub fn text(self, text: impl AsRef<str>) -> Self {
        self.block(&Block::Text {
            text: text.as_ref(),
        })
    }

    /// Adds a link, an absolute `http` or `https` address. OK fetches title and picture itself.
    /// \[documented\]
    ///
    /// It is sent as it is, so nothing is accepted that a browser would repair:
    /// `https:/game.example`, a backslash, a space. Source: `docs/protocol.md`, 6.4.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().link("https://game.example/");
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"link","url":"https://game.example/"}]}"#);
    /// ```
    pub fn link(self, url: impl AsRef<str>) -> Self {
        self.block(&Block::Link { url: url.as_ref() })
    }

    /// Adds one picture. \[OK's samples\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().photo(Photo::token("upl0ad"));
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"photo","list":[{"id":"upl0ad"}]}]}"#);
    /// ```
    pub fn photo(self, photo: Photo) -> Self {
        self.photos([photo])
    }

    /// Adds several pictures as one block. \[OK's samples\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().photos([Photo::id("1"), Photo::id("2")]);
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"photo","list":[{"photoId":"1"},{"photoId":"2"}]}]}"#);
    /// ```
    pub fn photos(self, photos: impl IntoIterator<Item = Photo>) -> Self {
        self.block(&Block::Photo {
            list: photos.into_iter().collect(),
        })
    }

    /// Adds a video that the user uploaded, by its decimal id. Seen only in REST use; the widget
    /// may refuse it.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().movie("31");
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"movie","list":[{"id":"31"}]}]}"#);
    /// ```
    pub fn movie(self, id: impl Into<String>) -> Self {
        self.movies([id])
    }

    /// Adds several videos as one block. As [`movie`](Attachment::movie).
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().movies(["31", "32"]);
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"movie","list":[{"id":"31"},{"id":"32"}]}]}"#);
    /// ```
    pub fn movies<T: Into<String>>(self, ids: impl IntoIterator<Item = T>) -> Self {
        let list = ids.into_iter().map(block::Movie::new).collect();
        self.block(&Block::Movie { list })
    }

    /// Adds a video that is already on OK, by its decimal id. Seen only in REST use; it fails if
    /// the user may not see the video.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().movie_reshare("33");
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"movie-reshare","movieId":"33"}]}"#);
    /// ```
    pub fn movie_reshare(self, id: impl Into<String>) -> Self {
        self.block(&Block::MovieReshare {
            movie_id: id.into(),
        })
    }

    /// Adds pieces of music. Seen only in REST use.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().music([Track::new("77")]);
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"music","list":[{"id":"77"}]}]}"#);
    /// ```
    pub fn music(self, tracks: impl IntoIterator<Item = Track>) -> Self {
        self.block(&Block::Music {
            list: tracks.into_iter().collect(),
        })
    }

    /// Adds a poll: a question and at least two answers. \[documented for the portal's dialog\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let poll = Poll::new("Again?").answer("Yes").answer("No");
    /// assert!(Attachment::new().poll(poll).validate().is_ok());
    /// ```
    pub fn poll(self, poll: Poll) -> Self {
        self.block(&Block::Poll(poll))
    }

    /// Adds the card of the application, with pictures and buttons that start the game. \[OK's
    /// SDKs\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().app_card(AppCard::new("Play"));
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"app","text":"Play"}]}"#);
    /// ```
    pub fn app_card(self, card: AppCard) -> Self {
        self.block(&Block::App(card))
    }

    /// Adds another topic, by its decimal id. `group`: whether it is a group's topic. Only the
    /// names are known, from OK's Unity SDK.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().topic("99", true);
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"topic","topicId":"99","group":true}]}"#);
    /// ```
    pub fn topic(self, id: impl Into<String>, group: bool) -> Self {
        self.block(&Block::Topic {
            topic_id: id.into(),
            group,
        })
    }

    /// Adds the price of something a group sells. Only with a group id; probably not for the
    /// widget. \[one third-party library only, T4 of the protocol page\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().product(Product::new(10));
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"product","price":10}]}"#);
    /// ```
    pub fn product(self, product: Product) -> Self {
        self.block(&Block::Product(product))
    }

    /// Publishes later: `YYYY-MM-DD hh:mm:ss`, Moscow time (UTC+3). Only with a group id, and not
    /// together with [`publish_at_ms`](Attachment::publish_at_ms). \[documented\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().text("a").publish_at("2030-05-01 12:00:00");
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"text","text":"a"}],"publishAt":"2030-05-01 12:00:00"}"#);
    /// ```
    pub fn publish_at(self, moscow_time: impl Into<String>) -> Self {
        self.set(|settings| settings.publish_at = Some(moscow_time.into()))
    }

    /// Publishes later: milliseconds since 1970, UTC. Only with a group id, and not together with
    /// [`publish_at`](Attachment::publish_at). \[documented\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().text("a").publish_at_ms(1_900_000_000_000);
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"text","text":"a"}],"publishAtMs":1900000000000}"#);
    /// ```
    pub fn publish_at_ms(self, milliseconds: u64) -> Self {
        self.set(|settings| settings.publish_at_ms = Some(milliseconds))
    }

    /// Posts as the group (`true`) or as the user. Only with a group id. \[documented\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().text("a").on_behalf_of_group(true);
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"text","text":"a"}],"onBehalfOfGroup":"true"}"#);
    /// ```
    pub fn on_behalf_of_group(self, on: bool) -> Self {
        self.set(|settings| settings.on_behalf_of_group = Some(on))
    }

    /// Forbids comments. Only with a group id. \[documented\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().text("a").disable_comments(true);
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"text","text":"a"}],"disableComments":"true"}"#);
    /// ```
    pub fn disable_comments(self, on: bool) -> Self {
        self.set(|settings| settings.disable_comments = Some(on))
    }

    /// The place of the post. Seen once, in one site that uses the widget.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().text("a").place_id("5");
    /// assert_eq!(post.to_json(), r#"{"media":[{"type":"text","text":"a"}],"place_id":"5"}"#);
    /// ```
    pub fn place_id(self, id: impl Into<String>) -> Self {
        self.set(|settings| settings.place_id = Some(id.into()))
    }

    /// Whether everything OK is known to require is there.
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
        match &self.raw {
            None => self
                .media
                .check()
                .and_then(|()| settings::settings(&self.settings)),
            Some(raw) => {
                raw::nothing_added(&self.media, &self.settings)?;
                raw.problem.clone().map_or(Ok(()), Err)
            }
        }
    }

    /// The first field in it that only posts to a group may have.
    pub(crate) fn group_only(&self) -> Option<&'static str> {
        match &self.raw {
            None => settings::group_only(self.media.has_product(), &self.settings),
            Some(raw) => raw.group_only,
        }
    }

    /// The JSON as it is sent: no white space, fields always in the same order.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let post = Attachment::new().place_id("5").text("a").text("b");
    /// let media = r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#;
    /// assert_eq!(post.to_json(), format!(r#"{{"media":{media},"place_id":"5"}}"#));
    /// ```
    pub fn to_json(&self) -> String {
        // Written from text alone, so it is text.
        String::from_utf8(self.clone().into_json()).unwrap_or_default()
    }

    /// As [`to_json`](Attachment::to_json), without a copy, and without a look at each letter of
    /// it.
    pub(crate) fn into_json(self) -> Vec<u8> {
        match self.raw {
            Some(raw) => raw.json.into_bytes(),
            None => self.media.into_json(&self.settings),
        }
    }

    /// The JSON as base64 (standard alphabet, padded), the form OK's JavaScript SDK sends. It is
    /// shorter for Cyrillic than percent-encoded JSON, and this text is what is signed.
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
        STANDARD.encode(self.clone().into_json())
    }

    fn block(mut self, block: &Block<'_>) -> Self {
        self.media.add(block);
        self
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }
}

impl fmt::Debug for Attachment {
    /// Only how long it is: it may hold upload tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment([{} bytes])", self.clone().into_json().len())
    }
}
