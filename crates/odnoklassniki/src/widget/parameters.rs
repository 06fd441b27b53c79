//! The parameters of a widget, and the setters that all widgets share.

use std::borrow::Cow;
use std::fmt;

use super::name::{ATTACHMENT, Name};
use super::{WidgetKind, check};
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
    values: Vec<(Name, Cow<'static, str>)>,
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
        match Name::ALL.into_iter().find(|known| known.as_str() == name) {
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
                && self.value(Name::GroupId).is_none()
            {
                return Err(FieldError::new(
                    format!("{ATTACHMENT}.{field}"),
                    "is for posts to a group",
                    "set group_id, or leave it out",
                ));
            }
        }
        for (name, value) in self.values() {
            check::value(name, value)?;
        }
        for (extra, _) in self.extras() {
            check::extra_name(extra)?;
        }
        Ok(())
    }

    /// The attachment, if there is one.
    pub(crate) fn attachment_json(&self) -> Option<&[u8]> {
        Some(self.attached.json.as_slice()).filter(|json| !json.is_empty())
    }

    /// The typed parameters in a fixed order, without the attachment.
    pub(crate) fn values(&self) -> impl Iterator<Item = (Name, &str)> {
        self.values.iter().map(|(name, value)| (*name, &**value))
    }

    /// The raw value of a typed parameter.
    pub(crate) fn value(&self, name: Name) -> Option<&str> {
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
    pub(super) fn set(&mut self, name: Name, value: impl Into<Cow<'static, str>>) {
        put(
            &mut self.values,
            name,
            Some(value.into()).filter(|value| !value.is_empty()),
        );
    }

    /// Sets an id. An empty one is kept, and refused by `validate`: a post without the group it was
    /// meant for would go to the player's own feed.
    pub(super) fn set_id(&mut self, name: Name, id: String) {
        put(&mut self.values, name, Some(id.into()));
    }

    pub(super) fn set_switch(&mut self, name: Name, on: bool) {
        self.set(name, if on { "on" } else { "off" });
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
                Name::RedirectUri | Name::Return | Name::State => "[redacted]",
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

/// The setters of every widget.
///
/// Setters never fail; [`Widget::validate`](super::Widget::validate) and the address builder name
/// what cannot be sent. An empty text removes the parameter.
///
/// A type of your own gets them like this:
///
/// ```
/// use odnoklassniki::{Parameters, WidgetParameters};
///
/// #[derive(Default)]
/// struct MyRequest {
///     parameters: Parameters,
/// }
///
/// impl WidgetParameters for MyRequest {
///     fn parameters(&self) -> &Parameters {
///         &self.parameters
///     }
///     fn parameters_mut(&mut self) -> &mut Parameters {
///         &mut self.parameters
///     }
/// }
///
/// let request = MyRequest::default().nohead(true);
/// assert_eq!(request.parameters().get("st.nohead"), Some("on"));
/// ```
pub trait WidgetParameters: Sized {
    /// Where the parameters are.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = InviteWidget::new().popup(false);
    /// assert_eq!(widget.parameters().get("st.popup"), Some("off"));
    /// ```
    fn parameters(&self) -> &Parameters;

    /// Where the parameters are, to be changed.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let mut widget = InviteWidget::new().popup(true);
    /// *widget.parameters_mut() = Parameters::new();
    /// assert_eq!(widget, InviteWidget::new());
    /// ```
    fn parameters_mut(&mut self) -> &mut Parameters;

    /// `st.popup`: centre the window and fit its size. OK's default: off. \[documented; OK's
    /// Android SDK always sends on\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = InviteWidget::new().popup(true);
    /// assert_eq!(widget.parameters().get("st.popup"), Some("on"));
    /// ```
    #[must_use]
    fn popup(mut self, on: bool) -> Self {
        self.parameters_mut().set_switch(Name::Popup, on);
        self
    }

    /// `st.nohead`: hide OK's page header. OK's default: off. \[documented\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = InviteWidget::new().nohead(true);
    /// assert_eq!(widget.parameters().get("st.nohead"), Some("on"));
    /// ```
    #[must_use]
    fn nohead(mut self, on: bool) -> Self {
        self.parameters_mut().set_switch(Name::Nohead, on);
        self
    }

    /// `st.silent`: close the window when done. OK's default: off; ignored when there is a return
    /// address. \[documented for the post widget; OK's Android SDK sends it for all three\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = InviteWidget::new().silent(false);
    /// assert_eq!(widget.parameters().get("st.silent"), Some("off"));
    /// ```
    #[must_use]
    fn silent(mut self, on: bool) -> Self {
        self.parameters_mut().set_switch(Name::Silent, on);
        self
    }

    /// `st.nocancel`: by its name, hide the page's own cancel button. Only `on` is known, so
    /// `false` removes it. \[undocumented; sent by OK's iOS SDK\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = InviteWidget::new().nocancel(true);
    /// assert_eq!(widget.parameters().get("st.nocancel"), Some("on"));
    /// ```
    #[must_use]
    fn nocancel(mut self, on: bool) -> Self {
        let value = if on { "on" } else { "" };
        self.parameters_mut().set(Name::Nocancel, value);
        self
    }

    /// `st.state`: a text that OK signs and hands back with the result. ASCII without control
    /// characters; OK states no length limit. \[documented for invite and suggest; whether the post
    /// widget hands it back is not known\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// assert!(InviteWidget::new().state("room-7").validate().is_ok());
    /// assert_eq!(InviteWidget::new().state("комната-7").validate().unwrap_err().field(), "st.state");
    /// ```
    #[must_use]
    fn state(mut self, state: impl Into<String>) -> Self {
        self.parameters_mut().set(Name::State, state.into());
        self
    }

    /// `st.return`: where the browser is sent with the result. An absolute ASCII address of any
    /// scheme, without query and fragment, because it is not known how OK appends the result to
    /// one. Without a return address the result comes as a message to the window that opened the
    /// page. \[documented\]
    ///
    /// Leave it out when something else receives the answer and gives its own address
    /// ([`ReturnTo::return_url`](crate::ReturnTo::return_url)).
    ///
    /// ```
    /// use odnoklassniki::*;
    /// assert!(InviteWidget::new().return_url("okgame://invited").validate().is_ok());
    /// let error = InviteWidget::new().return_url("https://game.example/?a=1").validate().unwrap_err();
    /// assert_eq!(error.field(), "st.return");
    /// ```
    #[must_use]
    fn return_url(mut self, url: impl Into<String>) -> Self {
        self.parameters_mut().set(Name::Return, url.into());
        self
    }

    /// `st.redirect_uri`: a twin of `st.return` with a different form of answer. The same limits.
    /// Prefer [`return_url`](WidgetParameters::return_url). \[undocumented; sent by OK's iOS SDK\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// assert!(InviteWidget::new().redirect_uri("ok512000123456://invited").validate().is_ok());
    /// ```
    #[must_use]
    fn redirect_uri(mut self, url: impl Into<String>) -> Self {
        self.parameters_mut().set(Name::RedirectUri, url.into());
        self
    }

    /// A parameter that has no setter, unsigned. Names of setters and of the address itself
    /// (`st.cmd`, `st.app`, `st.signature`, `st.access_token`, `st.session_key`) are refused when
    /// the address is built, in any letter case.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// assert!(InviteWidget::new().extra("st.theme", "dark").validate().is_ok());
    /// let error = InviteWidget::new().extra("st.return", "https://game.example/").validate().unwrap_err();
    /// assert_eq!(error.field(), "st.return");
    /// ```
    #[must_use]
    fn extra(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        // A bad name is kept even without a value, so that it is reported and not silently dropped.
        let kept = !value.is_empty() || check::extra_name(&name).is_err();
        put(
            &mut self.parameters_mut().extras,
            name,
            kept.then_some(value),
        );
        self
    }
}
