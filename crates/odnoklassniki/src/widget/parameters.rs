//! The parameters of a widget.

use std::borrow::Cow;
use std::fmt;

use super::kind::WidgetKind;
use super::param::{ATTACHMENT, Param};
use super::validate;
use crate::attachment::Attachment;
use crate::error::FieldError;

/// How the attachment is written into the address.
///
/// ```
/// use odnoklassniki::AttachmentEncoding;
/// assert_eq!(AttachmentEncoding::default(), AttachmentEncoding::Base64);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AttachmentEncoding {
    /// As base64, which OK's JavaScript SDK sends: shorter for Cyrillic.
    #[default]
    Base64,
    /// As JSON text, which OK's documentation shows and its Android SDK sends.
    Plain,
}

/// Names and raw values of a widget's parameters.
///
/// Two are equal if they make the same address. The debug form leaves out states, return addresses
/// and extra values, and tells only the length of the attachment, which may hold upload tokens.
///
/// ```
/// use odnoklassniki::{InviteParameters as _, InviteWidget, WidgetParameters as _};
///
/// let widget = InviteWidget::new().comment("Come and play").popup(true);
/// assert_eq!(widget.parameters().get("st.comment"), Some("Come and play"));
/// assert_eq!(widget.parameters().get("st.popup"), Some("on"));
/// assert_eq!(widget.parameters().get("st.nohead"), None);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    /// By name.
    values: Vec<(Param, Cow<'static, str>)>,
    /// By name.
    extras: Vec<(String, String)>,
    attached: Attached,
}

/// The attachment as it is sent, and what is to be known about it beside.
#[derive(Clone, Default, PartialEq, Eq)]
struct Attached {
    /// JSON; empty without an attachment. That it is text is looked at only where text is needed:
    /// for Cyrillic that takes as long as writing it.
    json: Vec<u8>,
    encoding: AttachmentEncoding,
    problem: Option<FieldError>,
    group_only: Option<&'static str>,
}

impl Parameters {
    /// No parameters.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// assert_eq!(&Parameters::new(), InviteWidget::new().parameters());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The raw value of a parameter, for example of `st.comment`; for `st.attachment` its JSON. An
    /// empty value that a setter takes for none is not there.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = SuggestWidget::new().extra("st.theme", "dark").comment("");
    /// assert_eq!(widget.parameters().get("st.theme"), Some("dark"));
    /// assert_eq!(widget.parameters().get("st.comment"), None);
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        match Param::ALL.into_iter().find(|known| known.as_str() == name) {
            Some(known) => self.value(known),
            None if name == ATTACHMENT => self
                .attachment_json()
                .and_then(|json| std::str::from_utf8(json).ok()),
            None => self
                .extras()
                .find_map(|(known, value)| (known == name).then_some(value)),
        }
    }

    /// How the attachment is written into the address.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// assert_eq!(Parameters::new().attachment_encoding(), AttachmentEncoding::Base64);
    /// ```
    pub fn attachment_encoding(&self) -> AttachmentEncoding {
        self.attached.encoding
    }

    /// Whether a widget of this kind can be sent with them.
    ///
    /// # Errors
    /// The first parameter that is missing or cannot be sent.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// assert!(Parameters::new().validate(WidgetKind::Invite).is_ok());
    /// let error = Parameters::new().validate(WidgetKind::Post).unwrap_err();
    /// assert_eq!(error.to_string(), "st.attachment: is missing; give the post an attachment with at least one block");
    /// ```
    pub fn validate(&self, kind: WidgetKind) -> Result<(), FieldError> {
        if kind == WidgetKind::Post {
            if self.attached.json.is_empty() {
                return Err(FieldError::new(
                    ATTACHMENT,
                    "is missing",
                    "give the post an attachment with at least one block",
                ));
            }
            if let Some(problem) = &self.attached.problem {
                return Err(problem.clone());
            }
            if let Some(field) = self.attached.group_only
                && self.value(Param::GroupId).is_none()
            {
                return Err(FieldError::new(
                    format!("{ATTACHMENT}.{field}"),
                    "is for posts to a group",
                    "set group_id, or leave it out",
                ));
            }
        }
        for (name, value) in self.values() {
            validate::value(name, value)?;
        }
        for (extra, _) in self.extras() {
            validate::extra_name(extra)?;
        }
        Ok(())
    }

    /// The attachment, if there is one.
    pub(crate) fn attachment_json(&self) -> Option<&[u8]> {
        Some(self.attached.json.as_slice()).filter(|json| !json.is_empty())
    }

    /// The typed parameters in a fixed order, without the attachment.
    pub(crate) fn values(&self) -> impl Iterator<Item = (Param, &str)> {
        self.values.iter().map(|(name, value)| (*name, &**value))
    }

    /// The raw value of a typed parameter.
    pub(crate) fn value(&self, name: Param) -> Option<&str> {
        self.values()
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    /// The extra parameters in a fixed order.
    pub(crate) fn extras(&self) -> impl Iterator<Item = (&str, &str)> {
        self.extras
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Sets a value; an empty one removes the parameter.
    pub(super) fn set(&mut self, name: Param, value: impl Into<Cow<'static, str>>) {
        put(
            &mut self.values,
            name,
            Some(value.into()).filter(|value| !value.is_empty()),
        );
    }

    /// Sets an id. An empty one is kept, and refused by `validate`: a post without the group it was
    /// meant for would go to the player's own feed.
    pub(super) fn set_id(&mut self, name: Param, id: String) {
        put(&mut self.values, name, Some(id.into()));
    }

    pub(super) fn set_switch(&mut self, name: Param, on: bool) {
        self.set(name, if on { "on" } else { "off" });
    }

    /// Sets an extra parameter; an empty value removes it.
    pub(super) fn set_extra(&mut self, name: String, value: String) {
        // A bad name is kept even without a value, so that it is reported and not silently dropped.
        let kept = !value.is_empty() || validate::extra_name(&name).is_err();
        put(&mut self.extras, name, kept.then_some(value));
    }

    pub(super) fn set_attachment(&mut self, attachment: Attachment) {
        self.attached.problem = attachment
            .validate()
            .err()
            .map(|error| error.inside(ATTACHMENT));
        self.attached.group_only = attachment.group_only();
        self.attached.json = attachment.into_json();
    }

    pub(super) fn set_attachment_encoding(&mut self, encoding: AttachmentEncoding) {
        self.attached.encoding = encoding;
    }
}

/// Sets a value in a list that is sorted by name, or removes it.
fn put<N: Ord, V>(list: &mut Vec<(N, V)>, name: N, value: Option<V>) {
    let found = list.binary_search_by(|(known, _)| known.cmp(&name));
    if let Ok(place) = found {
        list.remove(place);
    }
    if let Some(value) = value {
        list.insert(found.unwrap_or_else(|place| place), (name, value));
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.values().map(|(name, value)| {
            let shown = match name {
                Param::RedirectUri | Param::Return | Param::State => "[redacted]",
                _ => value,
            };
            (name.as_str(), shown)
        });
        let attachment = self
            .attachment_json()
            .map(|json| (ATTACHMENT, format!("[{} bytes]", json.len())));
        let extras = self.extras().map(|(name, _)| (name, "[redacted]"));
        f.debug_map()
            .entries(attachment)
            .entries(shown)
            .entries(extras)
            .finish()
    }
}
