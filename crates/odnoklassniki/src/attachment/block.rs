//! The blocks of an attachment.

use std::fmt;

use serde::Serialize;

use super::app_card::AppCard;
use super::poll::Poll;
use super::product::Product;
use super::validate::{filled, filled_list, number, web_link};
use crate::error::FieldError;

#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(super) enum Block {
    Text {
        text: String,
    },
    Link {
        url: String,
    },
    Photo {
        list: Vec<Photo>,
    },
    Movie {
        list: Vec<Movie>,
    },
    MovieReshare {
        #[serde(rename = "movieId")]
        movie_id: String,
    },
    Music {
        list: Vec<Track>,
    },
    Poll(Poll),
    App(AppCard),
    Topic {
        #[serde(rename = "topicId")]
        topic_id: String,
        group: bool,
    },
    Product(Product),
}

impl Block {
    /// Checks what OK is known to require; the error names the first field at fault.
    pub(super) fn validate(&self) -> Result<(), FieldError> {
        match self {
            Self::Text { text } => filled("text", text),
            Self::Link { url } => web_link("url", url),
            Self::Photo { list } => filled_list("list", list, Photo::validate),
            Self::Movie { list } => filled_list("list", list, |movie| number("id", &movie.id)),
            Self::MovieReshare { movie_id } => number("movieId", movie_id),
            Self::Music { list } => filled_list("list", list, |track| filled("id", &track.id)),
            Self::Poll(poll) => poll.validate(),
            Self::App(card) => card.validate(),
            Self::Topic { topic_id, .. } => number("topicId", topic_id),
            Self::Product(product) => product.validate(),
        }
    }
}

/// A picture in a post.
///
/// ```
/// use odnoklassniki::{Attachment, Photo};
/// let post = Attachment::new().photos([
///     Photo::token("upl0ad"),
///     Photo::id("8812"),
///     Photo::existing("1234", true),
/// ]);
/// assert_eq!(
///     post.to_json(),
///     concat!(
///         r#"{"media":[{"type":"photo","list":[{"id":"upl0ad"},{"photoId":"8812"},"#,
///         r#"{"existing_photo_id":"1234","group":true}]}]}"#,
///     ),
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Photo(PhotoForm);

#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum PhotoForm {
    Token {
        id: String,
    },
    Committed {
        #[serde(rename = "photoId")]
        photo_id: String,
    },
    Existing {
        existing_photo_id: String,
        group: bool,
    },
}

impl Photo {
    /// Takes a freshly uploaded picture, by the token that the upload gave. \[OK's samples\]
    pub fn token(token: impl Into<String>) -> Self {
        Self(PhotoForm::Token { id: token.into() })
    }

    /// Takes a picture in the user's albums, by its decimal id (`assigned_photo_id` of
    /// `photosV2.commit`). Seen in published programs.
    pub fn id(photo_id: impl Into<String>) -> Self {
        Self(PhotoForm::Committed {
            photo_id: photo_id.into(),
        })
    }

    /// Takes a picture that is already on OK, by its decimal id. `group`: whether it is a group's.
    /// \[one third-party library only, T4 of the protocol page\]
    pub fn existing(photo_id: impl Into<String>, group: bool) -> Self {
        Self(PhotoForm::Existing {
            existing_photo_id: photo_id.into(),
            group,
        })
    }

    fn validate(&self) -> Result<(), FieldError> {
        match &self.0 {
            PhotoForm::Token { id } => filled("id", id),
            PhotoForm::Committed { photo_id } => number("photoId", photo_id),
            PhotoForm::Existing {
                existing_photo_id: id,
                ..
            } => number("existing_photo_id", id),
        }
    }
}

impl fmt::Debug for Photo {
    /// Leaves everything out: anyone who has an upload token can use the picture.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Photo([redacted])")
    }
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub(super) struct Movie {
    pub(super) id: String,
}

/// A piece of music. Seen only in REST use. Source of its fields: `docs/protocol.md`, 6.2.
///
/// ```
/// use odnoklassniki::{Attachment, Track};
/// let post = Attachment::new().music([Track::new("77").title("Theme").artist("Game")]);
/// assert_eq!(
///     post.to_json(),
///     r#"{"media":[{"type":"music","list":[{"id":"77","title":"Theme","artistName":"Game"}]}]}"#,
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct Track {
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    artist_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    album_name: String,
}

impl Track {
    /// Takes a track by its id on OK, which must not be empty.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: String::new(),
            artist_name: String::new(),
            album_name: String::new(),
        }
    }

    /// Sets its title. An empty one is left out.
    pub fn title(self, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..self
        }
    }

    /// Sets who plays it. An empty name is left out.
    pub fn artist(self, name: impl Into<String>) -> Self {
        Self {
            artist_name: name.into(),
            ..self
        }
    }

    /// Sets its album. An empty name is left out.
    pub fn album(self, name: impl Into<String>) -> Self {
        Self {
            album_name: name.into(),
            ..self
        }
    }
}
