//! The blocks of an attachment, as they are written in JSON.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(super) enum Block<'a> {
    Text {
        text: &'a str,
    },
    Link {
        url: &'a str,
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

/// A picture in a post.
///
/// ```
/// use odnoklassniki::{Attachment, Photo};
/// let post = Attachment::new().photos([Photo::token("upl0ad"), Photo::existing("1234", true)]);
/// assert_eq!(
///     post.to_json(),
///     r#"{"media":[{"type":"photo","list":[{"id":"upl0ad"},{"existing_photo_id":"1234","group":true}]}]}"#,
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Photo(pub(super) PhotoForm);

#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum PhotoForm {
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
    /// A freshly uploaded picture, by the token that the upload gave. \[OK's samples\]
    ///
    /// ```
    /// assert_eq!(serde_json::to_string(&odnoklassniki::Photo::token("upl0ad")).unwrap(), r#"{"id":"upl0ad"}"#);
    /// ```
    pub fn token(token: impl Into<String>) -> Self {
        Self(PhotoForm::Token { id: token.into() })
    }

    /// A picture in the user's albums, by its decimal id (`assigned_photo_id` of
    /// `photosV2.commit`). Seen in published programs.
    ///
    /// ```
    /// assert_eq!(serde_json::to_string(&odnoklassniki::Photo::id("1234")).unwrap(), r#"{"photoId":"1234"}"#);
    /// ```
    pub fn id(photo_id: impl Into<String>) -> Self {
        Self(PhotoForm::Committed {
            photo_id: photo_id.into(),
        })
    }

    /// A picture that is already on OK, by its decimal id. `group`: whether it is a group's. \[one
    /// third-party library only, T4 of the protocol page\]
    ///
    /// ```
    /// let json = serde_json::to_string(&odnoklassniki::Photo::existing("5", false)).unwrap();
    /// assert_eq!(json, r#"{"existing_photo_id":"5","group":false}"#);
    /// ```
    pub fn existing(photo_id: impl Into<String>, group: bool) -> Self {
        Self(PhotoForm::Existing {
            existing_photo_id: photo_id.into(),
            group,
        })
    }
}

impl fmt::Debug for Photo {
    /// Without what it is made of: whoever has an upload token can use the picture.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Photo([redacted])")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Movie {
    pub(super) id: String,
}

impl Movie {
    pub(super) fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
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
    pub(super) id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    artist_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    album_name: String,
}

impl Track {
    /// By its id on OK; it must not be empty.
    ///
    /// ```
    /// assert_eq!(serde_json::to_string(&odnoklassniki::Track::new("77")).unwrap(), r#"{"id":"77"}"#);
    /// ```
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: String::new(),
            artist_name: String::new(),
            album_name: String::new(),
        }
    }

    /// Its title; empty: left out.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let json = serde_json::to_string(&Track::new("77").title("Theme")).unwrap();
    /// assert_eq!(json, r#"{"id":"77","title":"Theme"}"#);
    /// ```
    pub fn title(self, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..self
        }
    }

    /// Who plays it; empty: left out.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let json = serde_json::to_string(&Track::new("77").artist("Band")).unwrap();
    /// assert_eq!(json, r#"{"id":"77","artistName":"Band"}"#);
    /// ```
    pub fn artist(self, name: impl Into<String>) -> Self {
        Self {
            artist_name: name.into(),
            ..self
        }
    }

    /// Its album; empty: left out.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let json = serde_json::to_string(&Track::new("77").album("First")).unwrap();
    /// assert_eq!(json, r#"{"id":"77","albumName":"First"}"#);
    /// ```
    pub fn album(self, name: impl Into<String>) -> Self {
        Self {
            album_name: name.into(),
            ..self
        }
    }
}

/// A poll. OK limits the length of question and answers and the number of answers (codes 602 to
/// 604), but does not publish the values. Source: `docs/protocol.md`, 6.2 and 9.
///
/// ```
/// use odnoklassniki::{Attachment, Poll};
/// let poll = Poll::new("Which boss was harder?").answer("Hydra").answer("Golem").single_choice();
/// assert_eq!(
///     Attachment::new().poll(poll).to_json(),
///     concat!(
///         r#"{"media":[{"type":"poll","question":"Which boss was harder?","#,
///         r#""answers":[{"text":"Hydra"},{"text":"Golem"}],"options":"SingleChoice"}]}"#,
///     ),
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Poll {
    pub(super) question: String,
    pub(super) answers: Vec<Answer>,
    single_choice: bool,
    anonymous: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Answer {
    pub(super) text: String,
}

impl Poll {
    /// A poll without answers; it needs at least two.
    ///
    /// ```
    /// assert_eq!(serde_json::to_string(&odnoklassniki::Poll::new("?")).unwrap(), r#"{"question":"?","answers":[]}"#);
    /// ```
    pub fn new(question: impl Into<String>) -> Self {
        Self {
            question: question.into(),
            answers: Vec::new(),
            single_choice: false,
            anonymous: false,
        }
    }

    /// Adds an answer.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let json = serde_json::to_string(&Poll::new("?").answer("Yes")).unwrap();
    /// assert_eq!(json, r#"{"question":"?","answers":[{"text":"Yes"}]}"#);
    /// ```
    pub fn answer(mut self, text: impl Into<String>) -> Self {
        self.answers.push(Answer { text: text.into() });
        self
    }

    /// Lets each voter choose one answer only (`SingleChoice`). Default: several. Source:
    /// `docs/protocol.md`, 6.2.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let json = serde_json::to_string(&Poll::new("?").single_choice()).unwrap();
    /// assert_eq!(json, r#"{"question":"?","answers":[],"options":"SingleChoice"}"#);
    /// ```
    pub fn single_choice(self) -> Self {
        Self {
            single_choice: true,
            ..self
        }
    }

    /// Hides who voted (`AnonymousVoting`). Default: shown. Source: `docs/protocol.md`, 6.2.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let json = serde_json::to_string(&Poll::new("?").anonymous()).unwrap();
    /// assert_eq!(json, r#"{"question":"?","answers":[],"options":"AnonymousVoting"}"#);
    /// ```
    pub fn anonymous(self) -> Self {
        Self {
            anonymous: true,
            ..self
        }
    }
}

impl Serialize for Poll {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let options = match (self.single_choice, self.anonymous) {
            (false, false) => None,
            (true, false) => Some("SingleChoice"),
            (false, true) => Some("AnonymousVoting"),
            (true, true) => Some("SingleChoice,AnonymousVoting"),
        };
        let mut object = serializer.serialize_struct("Poll", 3)?;
        object.serialize_field("question", &self.question)?;
        object.serialize_field("answers", &self.answers)?;
        if let Some(options) = options {
            object.serialize_field("options", options)?;
        }
        object.end()
    }
}

/// The card of the application: a text, pictures and buttons. A reader who clicks one starts the
/// game, and its mark arrives as the launch parameter `custom_args`. Source: `docs/protocol.md`,
/// 6.2.
///
/// ```
/// use odnoklassniki::{AppAction, AppCard, AppImage, Attachment};
/// let card = AppCard::new("Построй свой")
///     .image(AppImage::new("https://game.example/castle.png").title("Замок").mark("castle"))
///     .action(AppAction::new("Играть").mark("from_castle_post"));
/// assert_eq!(
///     Attachment::new().app_card(card).to_json(),
///     concat!(
///         r#"{"media":[{"type":"app","text":"Построй свой","#,
///         r#""images":[{"url":"https://game.example/castle.png","title":"Замок","mark":"castle"}],"#,
///         r#""actions":[{"text":"Играть","mark":"from_castle_post"}]}]}"#,
///     ),
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct AppCard {
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) images: Vec<AppImage>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) actions: Vec<AppAction>,
}

impl AppCard {
    /// A card with a text. An empty one is sent as a single space, as OK's own example does.
    ///
    /// ```
    /// assert_eq!(serde_json::to_string(&odnoklassniki::AppCard::new("")).unwrap(), r#"{"text":" "}"#);
    /// ```
    pub fn new(text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.is_empty() {
            text.push(' ');
        }
        Self {
            text,
            images: Vec::new(),
            actions: Vec::new(),
        }
    }

    /// Adds a picture.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let card = AppCard::new("").image(AppImage::new("https://game.example/a.png"));
    /// let json = serde_json::to_string(&card).unwrap();
    /// assert_eq!(json, r#"{"text":" ","images":[{"url":"https://game.example/a.png"}]}"#);
    /// ```
    pub fn image(mut self, image: AppImage) -> Self {
        self.images.push(image);
        self
    }

    /// Adds a button.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let json = serde_json::to_string(&AppCard::new("").action(AppAction::new("Play"))).unwrap();
    /// assert_eq!(json, r#"{"text":" ","actions":[{"text":"Play"}]}"#);
    /// ```
    pub fn action(mut self, action: AppAction) -> Self {
        self.actions.push(action);
        self
    }
}

/// A picture of an [`AppCard`].
///
/// ```
/// let image = odnoklassniki::AppImage::new("https://game.example/castle.png");
/// assert_ne!(image.clone().mark("castle"), image);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct AppImage {
    pub(super) url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    mark: String,
}

impl AppImage {
    /// By its absolute `http` or `https` address.
    ///
    /// ```
    /// assert_eq!(serde_json::to_string(&odnoklassniki::AppImage::new("//a")).unwrap(), r#"{"url":"//a"}"#);
    /// ```
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            title: String::new(),
            mark: String::new(),
        }
    }

    /// Its title; empty: left out.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let json = serde_json::to_string(&AppImage::new("https://game.example/a.png").title("A")).unwrap();
    /// assert_eq!(json, r#"{"url":"https://game.example/a.png","title":"A"}"#);
    /// ```
    pub fn title(self, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..self
        }
    }

    /// What the game gets as `custom_args` when it is started by this picture; empty: left out.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let json = serde_json::to_string(&AppImage::new("https://game.example/a.png").mark("a")).unwrap();
    /// assert_eq!(json, r#"{"url":"https://game.example/a.png","mark":"a"}"#);
    /// ```
    pub fn mark(self, mark: impl Into<String>) -> Self {
        Self {
            mark: mark.into(),
            ..self
        }
    }
}

/// A button of an [`AppCard`].
///
/// ```
/// let button = odnoklassniki::AppAction::new("Играть");
/// assert_ne!(button.clone().mark("card"), button);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct AppAction {
    pub(super) text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    mark: String,
}

impl AppAction {
    /// By its text, which must not be blank.
    ///
    /// ```
    /// assert_eq!(serde_json::to_string(&odnoklassniki::AppAction::new("Play")).unwrap(), r#"{"text":"Play"}"#);
    /// ```
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            mark: String::new(),
        }
    }

    /// What the game gets as `custom_args` when it is started by this button; empty: left out.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let json = serde_json::to_string(&AppAction::new("Play").mark("a")).unwrap();
    /// assert_eq!(json, r#"{"text":"Play","mark":"a"}"#);
    /// ```
    pub fn mark(self, mark: impl Into<String>) -> Self {
        Self {
            mark: mark.into(),
            ..self
        }
    }
}

/// The price of something a group sells. Known from one third-party library only (T4 of the
/// protocol page), its defaults and limits are not.
///
/// ```
/// use odnoklassniki::{Attachment, Product};
/// let post = Attachment::new().text("A mug").product(Product::new(10).currency("USD").lifetime(30));
/// assert_eq!(
///     post.to_json(),
///     concat!(
///         r#"{"media":[{"type":"text","text":"A mug"},"#,
///         r#"{"type":"product","price":10,"currency":"USD","lifetime":30}]}"#,
///     ),
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Product {
    price: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifetime: Option<u32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) partner_link: String,
}

impl Product {
    /// A price. In which unit of the currency is not known.
    ///
    /// ```
    /// assert_eq!(serde_json::to_string(&odnoklassniki::Product::new(10)).unwrap(), r#"{"price":10}"#);
    /// ```
    pub fn new(price: u64) -> Self {
        Self {
            price,
            currency: String::new(),
            lifetime: None,
            partner_link: String::new(),
        }
    }

    /// A code of three upper-case letters, such as `USD`; empty: left out.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let json = serde_json::to_string(&Product::new(10).currency("USD")).unwrap();
    /// assert_eq!(json, r#"{"price":10,"currency":"USD"}"#);
    /// ```
    pub fn currency(self, code: impl Into<String>) -> Self {
        Self {
            currency: code.into(),
            ..self
        }
    }

    /// How many days it is offered. Default: left out.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let json = serde_json::to_string(&Product::new(10).lifetime(30)).unwrap();
    /// assert_eq!(json, r#"{"price":10,"lifetime":30}"#);
    /// ```
    pub fn lifetime(self, days: u32) -> Self {
        Self {
            lifetime: Some(days),
            ..self
        }
    }

    /// Where it can be bought, an absolute `http` or `https` address; empty: left out.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let mug = Product::new(10).partner_link("https://shop.example/");
    /// let json = serde_json::to_string(&mug).unwrap();
    /// assert_eq!(json, r#"{"price":10,"partner_link":"https://shop.example/"}"#);
    /// ```
    pub fn partner_link(self, url: impl Into<String>) -> Self {
        Self {
            partner_link: url.into(),
            ..self
        }
    }
}
