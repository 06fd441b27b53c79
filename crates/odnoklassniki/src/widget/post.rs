//! The widget that publishes a topic.

use std::fmt::Display;

use super::kind::WidgetKind;
use super::param::Param;
use super::parameters::{AttachmentEncoding, Parameters};
use super::setters::{Widget, WidgetParameters};
use crate::attachment::Attachment;

/// The setters of the post widget. OK signs only `st.attachment`. Anyone who has the URL can change
/// `st.groupId` and `st.utext`.
///
/// ```
/// use odnoklassniki::{Attachment, GroupId, PostParameters as _, PostWidget, WidgetParameters as _};
///
/// let widget = PostWidget::new(Attachment::new().text("News"))
///     .group_id(GroupId::new(53_038_939_046_008))
///     .user_text(true);
/// assert_eq!(widget.parameters().get("st.groupId"), Some("53038939046008"));
/// assert_eq!(widget.parameters().get("st.utext"), Some("on"));
/// ```
pub trait PostParameters: WidgetParameters {
    /// Sets `st.attachment`: what is posted. Required, with at least one block. \[documented\]
    #[must_use]
    fn attachment(mut self, attachment: Attachment) -> Self {
        self.parameters_mut().set_attachment(&attachment);
        self
    }

    /// Sets how `st.attachment` is written. Default: base64. \[both forms are in OK's SDKs\]
    #[must_use]
    fn attachment_encoding(mut self, encoding: AttachmentEncoding) -> Self {
        self.parameters_mut().set_attachment_encoding(encoding);
        self
    }

    /// Sets `st.utext`: let the player add a comment. OK's default: off. Not signed.
    /// \[documented\]
    #[must_use]
    fn user_text(mut self, on: bool) -> Self {
        self.parameters_mut().set_switch(Param::Utext, on);
        self
    }

    /// Sets `st.groupId`: publish in this group instead of the player's feed. A decimal id. The
    /// player must be a moderator there, or the group must allow posts by members. Not signed. An
    /// empty id is an error, never the player's feed. \[documented\]
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = PostWidget::new(Attachment::new().text("News")).group_id("club");
    /// assert_eq!(widget.validate().unwrap_err().field(), "st.groupId");
    /// ```
    #[must_use]
    fn group_id(mut self, id: impl Display) -> Self {
        self.parameters_mut().set_id(Param::GroupId, id.to_string());
        self
    }
}

/// Publishes a topic in the player's feed or in a group (`WidgetMediatopicPost`;
/// <https://apiok.ru/en/ext/publish>).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct PostWidget {
    parameters: Parameters,
}

impl PostWidget {
    /// Makes a post of this content.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let widget = PostWidget::new(Attachment::new().text("a"));
    /// assert_eq!(widget.parameters().get("st.attachment"), Some(r#"{"media":[{"type":"text","text":"a"}]}"#));
    /// ```
    pub fn new(attachment: Attachment) -> Self {
        let mut parameters = Parameters::new();
        parameters.set_attachment(&attachment);
        Self { parameters }
    }
}

impl WidgetParameters for PostWidget {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }
}

impl PostParameters for PostWidget {}

impl Widget for PostWidget {
    const KIND: WidgetKind = WidgetKind::Post;
}
