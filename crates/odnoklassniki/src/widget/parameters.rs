//! The parameters of a widget.

use std::collections::BTreeMap;
use std::fmt;

use super::kind::WidgetKind;
use super::param::{ATTACHMENT, Param};
use super::validate;
use crate::attachment::Attachment;
use crate::error::FieldError;

/// How the attachment is written into the URL.
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
/// Two are equal if they make the same URL. `Debug` leaves out states, return URLs and extra
/// values. It prints only the length of the attachment, which may hold upload tokens.
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
    /// In the order of [`Param`].
    values: [Option<String>; Param::ALL.len()],
    extras: BTreeMap<String, String>,
    attached: Option<Attached>,
    attachment_encoding: AttachmentEncoding,
}

/// The attachment as it is sent, and what `validate` says about it.
#[derive(Clone)]
struct Attached {
    json: String,
    problem: Option<FieldError>,
    group_only: Option<&'static str>,
}

impl PartialEq for Attached {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl Eq for Attached {}

impl Parameters {
    /// Makes a set without parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the raw value of a parameter by OK's name, for example of `st.comment`; for
    /// `st.attachment` its JSON. None if it is not set. Letter case counts.
    pub fn get(&self, name: &str) -> Option<&str> {
        match Param::ALL.into_iter().find(|param| param.as_str() == name) {
            Some(param) => self.value(param),
            None if name == ATTACHMENT => self.attachment_json(),
            None => self.extras.get(name).map(String::as_str),
        }
    }

    /// Makes a set of the names and values that [`pairs`](Self::pairs) has returned, perhaps in
    /// another run of the program. [`validate`](Self::validate) does not look into the attachment
    /// again.
    pub fn from_pairs<N, V>(
        pairs: impl IntoIterator<Item = (N, V)>,
        attachment_encoding: AttachmentEncoding,
    ) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let mut parameters = Self {
            attachment_encoding,
            ..Self::new()
        };
        for (name, value) in pairs {
            let (name, value) = (name.into(), value.into());
            match Param::ALL.into_iter().find(|param| param.as_str() == name) {
                Some(param) => parameters.values[param as usize] = Some(value),
                None if name == ATTACHMENT => {
                    parameters.attached = Some(Attached {
                        json: value,
                        problem: None,
                        group_only: None,
                    });
                }
                None => _ = parameters.extras.insert(name, value),
            }
        }
        parameters
    }

    /// Returns the names and raw values of all parameters; for `st.attachment` its JSON.
    ///
    /// ```
    /// use odnoklassniki::{Attachment, Parameters, PostWidget, WidgetParameters as _};
    ///
    /// let post = PostWidget::new(Attachment::new().text("I won!")).extra("st.beta", "1");
    /// let parameters = post.parameters();
    /// let again = Parameters::from_pairs(parameters.pairs(), parameters.attachment_encoding());
    /// assert_eq!(again, *parameters);
    /// ```
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let attachment = self.attachment_json().map(|json| (ATTACHMENT, json));
        let values = self.values().map(|(param, value)| (param.as_str(), value));
        values.chain(attachment).chain(self.extras())
    }

    /// Returns how the attachment is written into the URL.
    pub fn attachment_encoding(&self) -> AttachmentEncoding {
        self.attachment_encoding
    }

    /// Checks that a widget of this kind can be sent with these parameters.
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
            self.validate_attachment()?;
        }
        for (param, value) in self.values() {
            validate::value(param, value)?;
        }
        for name in self.extras.keys() {
            validate::extra_name(name)?;
        }
        Ok(())
    }

    fn validate_attachment(&self) -> Result<(), FieldError> {
        let Some(attached) = &self.attached else {
            return Err(FieldError::new(
                ATTACHMENT,
                "is missing",
                "give the post an attachment with at least one block",
            ));
        };
        if let Some(problem) = &attached.problem {
            return Err(problem.clone());
        }
        match attached.group_only {
            Some(field) if self.value(Param::GroupId).is_none() => Err(FieldError::new(
                format!("{ATTACHMENT}.{field}"),
                "is for posts to a group",
                "set group_id, or leave it out",
            )),
            _ => Ok(()),
        }
    }

    /// Returns the attachment, if there is one.
    pub(crate) fn attachment_json(&self) -> Option<&str> {
        self.attached.as_ref().map(|attached| &*attached.json)
    }

    /// Returns the typed parameters in the order of their names, without the attachment.
    pub(crate) fn values(&self) -> impl Iterator<Item = (Param, &str)> {
        let values = Param::ALL.into_iter().zip(&self.values);
        values.filter_map(|(param, value)| Some((param, value.as_deref()?)))
    }

    /// Returns the raw value of a typed parameter.
    pub(crate) fn value(&self, param: Param) -> Option<&str> {
        self.values[param as usize].as_deref()
    }

    /// Returns the extra parameters in the order of their names.
    pub(crate) fn extras(&self) -> impl Iterator<Item = (&str, &str)> {
        self.extras.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Sets a value. An empty one removes the parameter.
    pub(super) fn set(&mut self, param: Param, value: impl Into<String>) {
        let value = value.into();
        self.values[param as usize] = Some(value).filter(|value| !value.is_empty());
    }

    /// Sets an id. An empty one is kept and refused by `validate`: a post without the group it was
    /// meant for would go to the player's own feed.
    pub(super) fn set_id(&mut self, param: Param, id: String) {
        self.values[param as usize] = Some(id);
    }

    pub(super) fn set_switch(&mut self, param: Param, on: bool) {
        self.set(param, if on { "on" } else { "off" });
    }

    /// Sets an extra parameter. An empty value removes it, but keeps a bad name for `validate` to
    /// report.
    pub(super) fn set_extra(&mut self, name: String, value: String) {
        if value.is_empty() && validate::extra_name(&name).is_ok() {
            self.extras.remove(&name);
        } else {
            self.extras.insert(name, value);
        }
    }

    pub(super) fn set_attachment(&mut self, attachment: &Attachment) {
        let problem = attachment.validate().err();
        self.attached = Some(Attached {
            json: attachment.to_json(),
            problem: problem.map(|error| error.inside(ATTACHMENT)),
            group_only: attachment.group_only(),
        });
    }

    pub(super) fn set_attachment_encoding(&mut self, encoding: AttachmentEncoding) {
        self.attachment_encoding = encoding;
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attachment = self
            .attachment_json()
            .map(|json| (ATTACHMENT, format!("[{} bytes]", json.len())));
        let values = self.values().map(|(param, value)| {
            let shown = match param {
                Param::RedirectUri | Param::Return | Param::State => "[redacted]",
                _ => value,
            };
            (param.as_str(), shown)
        });
        let extras = self.extras().map(|(name, _)| (name, "[redacted]"));
        f.debug_map()
            .entries(attachment)
            .entries(values)
            .entries(extras)
            .finish()
    }
}
