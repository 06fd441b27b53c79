//! [`PageSettings`]: how OK's pages behave towards the game's page in the browser.

use std::fmt;
use std::str::FromStr;

/// How OK's pages behave towards the game's page that opens them in a popup or holds them in a
/// frame. OK's pages are the widgets (`/dk`) and the login (`/oauth/authorize`).
///
/// It is not known which headers OK sends with them. Without settings a game's page may open them
/// and hold them in a frame, and a result comes as JSON text.
///
/// ```
/// use odnoklassniki_sandbox::{MessageForm, PageSettings, Sandbox};
///
/// # fn main() -> std::io::Result<()> {
/// let settings = PageSettings::default().coop(true).message_form(MessageForm::Object);
/// let sandbox = Sandbox::builder().page_settings(settings).start()?;
/// assert!(sandbox.page_settings().coop);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageSettings {
    /// Whether the pages have the header `Cross-Origin-Opener-Policy: same-origin`. A browser then
    /// cuts the popup off from the game's page: no message arrives.
    pub coop: bool,
    /// Whether the pages have the header `X-Frame-Options: DENY`. A browser then shows them in no
    /// frame.
    pub deny_frames: bool,
    /// The form in which the result of a widget without a return URL is posted.
    pub message_form: MessageForm,
    /// Whether a widget that the player cancels posts no result.
    pub no_cancel_message: bool,
    /// Whether the pages also post messages that are no result, as scripts of OK's other widgets
    /// and of its portal do. A game has to ignore them.
    pub other_messages: bool,
}

impl PageSettings {
    /// Sets [`coop`](Self::coop).
    #[must_use]
    pub fn coop(mut self, on: bool) -> Self {
        self.coop = on;
        self
    }

    /// Sets [`deny_frames`](Self::deny_frames).
    #[must_use]
    pub fn deny_frames(mut self, on: bool) -> Self {
        self.deny_frames = on;
        self
    }

    /// Sets [`message_form`](Self::message_form).
    #[must_use]
    pub fn message_form(mut self, form: MessageForm) -> Self {
        self.message_form = form;
        self
    }

    /// Sets [`no_cancel_message`](Self::no_cancel_message).
    #[must_use]
    pub fn no_cancel_message(mut self, on: bool) -> Self {
        self.no_cancel_message = on;
        self
    }

    /// Sets [`other_messages`](Self::other_messages).
    #[must_use]
    pub fn other_messages(mut self, on: bool) -> Self {
        self.other_messages = on;
        self
    }
}

/// The form of a result that a widget posts. OK documents the fields only. As text, in `Display`
/// and `FromStr`: `text`, `object`, `data-text`, `data-object`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageForm {
    /// JSON as text, which a live site reads: `'{"id":"7"}'`. The default.
    #[default]
    Text,
    /// An object: `{id: "7"}`.
    Object,
    /// JSON as text, with the result in `data`: `'{"data":{"id":"7"}}'`.
    DataText,
    /// An object with the result in `data`: `{data: {id: "7"}}`.
    DataObject,
}

impl MessageForm {
    /// Every form, in the order in which the sandbox's page offers them.
    pub const ALL: [Self; 4] = [Self::Text, Self::Object, Self::DataText, Self::DataObject];

    pub(crate) fn is_object(self) -> bool {
        matches!(self, Self::Object | Self::DataObject)
    }

    /// Returns the JSON of a message with this result, which need not be JSON.
    pub(crate) fn wrap(self, result: String) -> String {
        match self {
            Self::Text | Self::Object => result,
            Self::DataText | Self::DataObject => format!("{{\"data\":{result}}}"),
        }
    }
}

impl fmt::Display for MessageForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Object => "object",
            Self::DataText => "data-text",
            Self::DataObject => "data-object",
        })
    }
}

impl FromStr for MessageForm {
    type Err = ParseMessageFormError;

    fn from_str(text: &str) -> Result<Self, ParseMessageFormError> {
        Self::ALL
            .into_iter()
            .find(|form| form.to_string() == text)
            .ok_or(ParseMessageFormError)
    }
}

/// A text that is not a [`MessageForm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseMessageFormError;

impl fmt::Display for ParseMessageFormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a form of a message: expected text, object, data-text or data-object")
    }
}

impl std::error::Error for ParseMessageFormError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_back_and_the_error_names_them() {
        for form in MessageForm::ALL {
            assert_eq!(form.to_string().parse(), Ok(form));
            assert!(
                ParseMessageFormError
                    .to_string()
                    .contains(&form.to_string())
            );
        }
        assert_eq!("Text".parse::<MessageForm>(), Err(ParseMessageFormError));
    }
}
