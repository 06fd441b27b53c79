//! The card of the application.

use serde::Serialize;

use super::validate::{every, filled, web_link};
use crate::error::FieldError;

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
    images: Vec<AppImage>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<AppAction>,
}

impl AppCard {
    /// Makes a card with a text. An empty one is sent as a single space, as in OK's own example.
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
    pub fn image(mut self, image: AppImage) -> Self {
        self.images.push(image);
        self
    }

    /// Adds a button.
    pub fn action(mut self, action: AppAction) -> Self {
        self.actions.push(action);
        self
    }

    pub(super) fn validate(&self) -> Result<(), FieldError> {
        every("images", &self.images, |image| web_link("url", &image.url))?;
        every("actions", &self.actions, |action| {
            filled("text", &action.text)
        })
    }
}

/// A picture of an [`AppCard`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct AppImage {
    url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    mark: String,
}

impl AppImage {
    /// Takes a picture by its absolute `http` or `https` URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            title: String::new(),
            mark: String::new(),
        }
    }

    /// Sets its title. An empty one is left out.
    pub fn title(self, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..self
        }
    }

    /// Sets what the game gets as `custom_args` when this picture starts it. An empty mark is left
    /// out.
    pub fn mark(self, mark: impl Into<String>) -> Self {
        Self {
            mark: mark.into(),
            ..self
        }
    }
}

/// A button of an [`AppCard`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct AppAction {
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    mark: String,
}

impl AppAction {
    /// Makes a button with a text, which must not be blank.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            mark: String::new(),
        }
    }

    /// Sets what the game gets as `custom_args` when this button starts it. An empty mark is left
    /// out.
    pub fn mark(self, mark: impl Into<String>) -> Self {
        Self {
            mark: mark.into(),
            ..self
        }
    }
}
