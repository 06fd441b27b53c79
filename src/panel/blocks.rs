//! The blocks of a post's attachment, as they are typed.

use odnoklassniki::{
    AppAction, AppCard, AppImage, Attachment, FieldError, Photo, Poll, Product, Track,
};

use super::form::{filled, number, set, split};

/// One block. Texts are handed on as they are typed; the attachment itself says what is wrong with
/// them.
pub(super) enum Block {
    Text(String),
    Link(String),
    Photos(Vec<PhotoEntry>),
    /// Ids, separated by commas or spaces.
    Movies(String),
    MovieReshare(String),
    Music(Vec<TrackEntry>),
    Poll {
        question: String,
        answers: Vec<String>,
        single_choice: bool,
        anonymous: bool,
    },
    App {
        text: String,
        images: Vec<ImageEntry>,
        actions: Vec<ActionEntry>,
    },
    Topic {
        id: String,
        group: bool,
    },
    Product {
        price: String,
        currency: String,
        lifetime: String,
        partner_link: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PhotoSource {
    Token,
    Album,
    Existing,
}

pub(super) struct PhotoEntry {
    pub(super) source: PhotoSource,
    pub(super) id: String,
    /// Only of an existing one.
    pub(super) group: bool,
}

#[derive(Default)]
pub(super) struct TrackEntry {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) artist: String,
    pub(super) album: String,
}

#[derive(Default)]
pub(super) struct ImageEntry {
    pub(super) url: String,
    pub(super) title: String,
    pub(super) mark: String,
}

#[derive(Default)]
pub(super) struct ActionEntry {
    pub(super) text: String,
    pub(super) mark: String,
}

impl PhotoEntry {
    pub(super) fn new() -> Self {
        Self {
            source: PhotoSource::Album,
            id: "1".into(),
            group: false,
        }
    }
}

impl TrackEntry {
    pub(super) fn new() -> Self {
        Self {
            id: "1".into(),
            ..Self::default()
        }
    }
}

impl ImageEntry {
    pub(super) fn new() -> Self {
        Self {
            url: "https://game.example/castle.png".into(),
            ..Self::default()
        }
    }
}

impl ActionEntry {
    pub(super) fn new() -> Self {
        Self {
            text: "Play".into(),
            mark: String::new(),
        }
    }
}

impl Block {
    /// One of each kind, filled so that it can be sent.
    pub(super) const NEW: [fn() -> Self; 10] = [
        || Self::Text("Come and see".into()),
        || Self::Link("https://game.example/".into()),
        || Self::Photos(vec![PhotoEntry::new()]),
        || Self::Movies("1".into()),
        || Self::MovieReshare("1".into()),
        || Self::Music(vec![TrackEntry::new()]),
        || Self::Poll {
            question: "Which tower is higher?".into(),
            answers: vec!["Left".into(), "Right".into()],
            single_choice: false,
            anonymous: false,
        },
        || Self::App {
            text: "Build with me".into(),
            images: Vec::new(),
            actions: vec![ActionEntry::new()],
        },
        || Self::Topic {
            id: "1".into(),
            group: false,
        },
        || Self::Product {
            price: "100".into(),
            currency: "RUB".into(),
            lifetime: String::new(),
            partner_link: String::new(),
        },
    ];

    /// What [`Attachment`] calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Link(_) => "link",
            Self::Photos(_) => "photos",
            Self::Movies(_) => "movies",
            Self::MovieReshare(_) => "movie_reshare",
            Self::Music(_) => "music",
            Self::Poll { .. } => "poll",
            Self::App { .. } => "app_card",
            Self::Topic { .. } => "topic",
            Self::Product { .. } => "product",
        }
    }

    /// Adds it as the block with this index.
    pub(super) fn add_to(
        &self,
        attachment: Attachment,
        index: usize,
    ) -> Result<Attachment, FieldError> {
        Ok(match self {
            Self::Text(text) => attachment.text(text),
            Self::Link(url) => attachment.link(url),
            Self::Photos(photos) => attachment.photos(photos.iter().map(PhotoEntry::photo)),
            Self::Movies(ids) => attachment.movies(split(ids)),
            Self::MovieReshare(id) => attachment.movie_reshare(id),
            Self::Music(tracks) => attachment.music(tracks.iter().map(TrackEntry::track)),
            Self::Poll {
                question,
                answers,
                single_choice,
                anonymous,
            } => {
                let mut poll = answers
                    .iter()
                    .fold(Poll::new(question), |poll, answer| poll.answer(answer));
                if *single_choice {
                    poll = poll.single_choice();
                }
                if *anonymous {
                    poll = poll.anonymous();
                }
                attachment.poll(poll)
            }
            Self::App {
                text,
                images,
                actions,
            } => {
                let card = images.iter().fold(AppCard::new(text), |card, image| {
                    card.image(
                        AppImage::new(&image.url)
                            .title(&image.title)
                            .mark(&image.mark),
                    )
                });
                attachment.app_card(actions.iter().fold(card, |card, action| {
                    card.action(AppAction::new(&action.text).mark(&action.mark))
                }))
            }
            Self::Topic { id, group } => attachment.topic(id, *group),
            Self::Product {
                price,
                currency,
                lifetime,
                partner_link,
            } => {
                let field = |name: &str| format!("st.attachment.media[{index}].{name}");
                let Some(price) = number(field("price"), price)? else {
                    return Err(FieldError::new(
                        field("price"),
                        "is empty",
                        "write the price",
                    ));
                };
                let product = Product::new(price).currency(currency.trim());
                let product = set(
                    product,
                    number(field("lifetime"), lifetime)?,
                    Product::lifetime,
                );
                attachment.product(set(product, filled(partner_link), Product::partner_link))
            }
        })
    }
}

impl PhotoEntry {
    fn photo(&self) -> Photo {
        match self.source {
            PhotoSource::Token => Photo::token(&self.id),
            PhotoSource::Album => Photo::id(&self.id),
            PhotoSource::Existing => Photo::existing(&self.id, self.group),
        }
    }
}

impl TrackEntry {
    fn track(&self) -> Track {
        Track::new(&self.id)
            .title(&self.title)
            .artist(&self.artist)
            .album(&self.album)
    }
}
