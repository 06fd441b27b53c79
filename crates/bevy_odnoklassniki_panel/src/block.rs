//! The blocks of a post's attachment, as they are typed.

use bevy_odnoklassniki::protocol::{
    AppAction, AppCard, AppImage, Attachment, FieldError, Photo, Poll, Product, Track,
};

use crate::input::{filled, number, set, split};

/// One block. The attachment gets texts as they were typed, and finds what is wrong with them.
pub(crate) enum Block {
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
pub(crate) enum PhotoSource {
    Token,
    Album,
    Existing,
}

pub(crate) struct PhotoEntry {
    pub(crate) source: PhotoSource,
    pub(crate) id: String,
    /// Whether an existing photo is a group's.
    pub(crate) group: bool,
}

#[derive(Default)]
pub(crate) struct TrackEntry {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) artist: String,
    pub(crate) album: String,
}

#[derive(Default)]
pub(crate) struct ImageEntry {
    pub(crate) url: String,
    pub(crate) title: String,
    pub(crate) mark: String,
}

#[derive(Default)]
pub(crate) struct ActionEntry {
    pub(crate) text: String,
    pub(crate) mark: String,
}

impl PhotoEntry {
    pub(crate) fn new() -> Self {
        Self {
            source: PhotoSource::Album,
            id: "1".into(),
            group: false,
        }
    }
}

impl TrackEntry {
    pub(crate) fn new() -> Self {
        Self {
            id: "1".into(),
            ..Self::default()
        }
    }
}

impl ImageEntry {
    pub(crate) fn new() -> Self {
        Self {
            url: "https://game.example/castle.png".into(),
            ..Self::default()
        }
    }
}

impl ActionEntry {
    pub(crate) fn new() -> Self {
        Self {
            text: "Play".into(),
            mark: String::new(),
        }
    }
}

impl Block {
    /// Makes one block of each kind, filled so that it can be sent.
    pub(crate) const NEW: [fn() -> Self; 10] = [
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

    /// Returns the name of the method of [`Attachment`] that adds it.
    pub(crate) fn name(&self) -> &'static str {
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
    pub(crate) fn add_to(
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
