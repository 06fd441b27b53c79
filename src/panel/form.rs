//! What can be typed for a request, and the request made of it.

use core::time::Duration;

use odnoklassniki::{
    Attachment, AttachmentEncoding, FieldError, InviteParameters, InviteWidget, PostParameters,
    PostWidget, SuggestWidget, Widget, WidgetKind, WidgetParameters,
};

use super::blocks::Block;
use crate::request::check_timeout;
use crate::{RequestId, RequestInvite, RequestPost, RequestSuggest};

/// The form of one kind of request. As it is at first, it can be sent.
pub(super) struct Form {
    pub(super) shared: Shared,
    pub(super) own: Own,
    /// Why it was not sent.
    pub(super) problem: Option<FieldError>,
    /// What was made of it last.
    pub(super) sent: Option<RequestId>,
}

/// What only some kinds have.
pub(super) enum Own {
    Post(Post),
    Invite(Invite),
    Suggest(Invite),
}

/// A request to be written.
pub(super) enum Ready {
    Post(RequestPost),
    Invite(RequestInvite),
    Suggest(RequestSuggest),
}

/// [`WidgetParameters`], and the deadline. An empty text is not sent.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) popup: Option<bool>,
    pub(super) nohead: Option<bool>,
    pub(super) silent: Option<bool>,
    pub(super) nocancel: bool,
    pub(super) state: String,
    pub(super) extras: Vec<(String, String)>,
    /// In seconds.
    pub(super) deadline: String,
}

/// [`InviteParameters`].
#[derive(Default)]
pub(super) struct Invite {
    pub(super) comment: String,
    pub(super) custom_args: String,
    /// Ids, separated by commas or spaces.
    pub(super) target: String,
    pub(super) target_only: Option<bool>,
    pub(super) autosel: String,
}

/// [`PostParameters`], and what an [`Attachment`] has beside its blocks.
pub(super) struct Post {
    pub(super) blocks: Vec<Block>,
    /// JSON of the developer's own in place of the blocks.
    pub(super) raw: Option<String>,
    pub(super) encoding: AttachmentEncoding,
    pub(super) user_text: Option<bool>,
    pub(super) group_id: String,
    pub(super) publish_at: String,
    pub(super) publish_at_ms: String,
    pub(super) on_behalf_of_group: Option<bool>,
    pub(super) disable_comments: Option<bool>,
    pub(super) place_id: String,
}

impl Form {
    /// Filled so that the sandbox, and OK, would take it.
    pub(super) fn new(kind: WidgetKind) -> Self {
        let comment = |text: &str| Invite {
            comment: text.to_owned(),
            ..Invite::default()
        };
        let own = match kind {
            WidgetKind::Post => Own::Post(Post {
                blocks: vec![Block::Text(
                    "I have built a castle of 12 blocks!".to_owned(),
                )],
                raw: None,
                encoding: AttachmentEncoding::default(),
                user_text: None,
                group_id: String::new(),
                publish_at: String::new(),
                publish_at_ms: String::new(),
                on_behalf_of_group: None,
                disable_comments: None,
                place_id: String::new(),
            }),
            WidgetKind::Invite => Own::Invite(comment("Build a castle with me!")),
            WidgetKind::Suggest => Own::Suggest(comment("You will like this game")),
        };
        Self {
            shared: Shared::default(),
            own,
            problem: None,
            sent: None,
        }
    }

    /// The request, if everything in the form can be sent.
    pub(super) fn ready(&self) -> Result<Ready, FieldError> {
        let deadline = self.shared.deadline()?;
        self.shared.check_extras()?;
        match &self.own {
            Own::Post(post) => {
                let widget = self.shared.fill(post.widget()?);
                widget.validate()?;
                let request = RequestPost::from(widget);
                Ok(Ready::Post(
                    deadline.into_iter().fold(request, RequestPost::timeout),
                ))
            }
            Own::Invite(invite) => {
                let widget = self.shared.fill(invite.fill(InviteWidget::new())?);
                widget.validate()?;
                let request = RequestInvite::from(widget);
                Ok(Ready::Invite(
                    deadline.into_iter().fold(request, RequestInvite::timeout),
                ))
            }
            Own::Suggest(invite) => {
                let widget = self.shared.fill(invite.fill(SuggestWidget::new())?);
                widget.validate()?;
                let request = RequestSuggest::from(widget);
                Ok(Ready::Suggest(
                    deadline.into_iter().fold(request, RequestSuggest::timeout),
                ))
            }
        }
    }
}

impl Shared {
    fn fill<W: WidgetParameters>(&self, mut widget: W) -> W {
        widget = set(widget, self.popup, W::popup);
        widget = set(widget, self.nohead, W::nohead);
        widget = set(widget, self.silent, W::silent);
        widget = widget.nocancel(self.nocancel).state(self.state.as_str());
        for (name, value) in &self.extras {
            widget = widget.extra(name.as_str(), value.as_str());
        }
        widget
    }

    /// Errors of names carry those names; here it counts which of the entries it is.
    fn check_extras(&self) -> Result<(), FieldError> {
        for (index, (name, value)) in self.extras.iter().enumerate() {
            InviteWidget::new()
                .extra(name.as_str(), value.as_str())
                .validate()
                .map_err(|error| {
                    FieldError::new(
                        format!("extra {}", index + 1),
                        error.problem().to_owned(),
                        error.remedy().to_owned(),
                    )
                })?;
        }
        Ok(())
    }

    fn deadline(&self) -> Result<Option<Duration>, FieldError> {
        let Some(seconds) = number::<u64>("deadline", &self.deadline)? else {
            return Ok(None);
        };
        check_timeout(Duration::from_secs(seconds)).map(Some)
    }
}

impl Invite {
    fn fill<W: InviteParameters>(&self, mut widget: W) -> Result<W, FieldError> {
        widget = widget
            .comment(self.comment.as_str())
            .custom_args(self.custom_args.as_str());
        widget = widget.target(split(&self.target));
        widget = set(widget, self.target_only, W::target_only);
        Ok(set(
            widget,
            number("st.autosel", &self.autosel)?,
            W::autosel,
        ))
    }
}

impl Post {
    fn widget(&self) -> Result<PostWidget, FieldError> {
        let mut widget = PostWidget::new(self.attachment()?).attachment_encoding(self.encoding);
        widget = set(widget, self.user_text, PostWidget::user_text);
        Ok(set(widget, filled(&self.group_id), PostWidget::group_id))
    }

    pub(super) fn attachment(&self) -> Result<Attachment, FieldError> {
        if let Some(json) = &self.raw {
            return Attachment::from_json(json).map_err(|error| {
                let problem = match error.field() {
                    "attachment" => error.problem().to_owned(),
                    field => format!("{field} {}", error.problem()),
                };
                FieldError::new("st.attachment", problem, error.remedy().to_owned())
            });
        }
        let mut attachment = Attachment::new();
        for (index, block) in self.blocks.iter().enumerate() {
            attachment = block.add_to(attachment, index)?;
        }
        attachment = set(attachment, filled(&self.publish_at), Attachment::publish_at);
        let milliseconds = number("st.attachment.publishAtMs", &self.publish_at_ms)?;
        attachment = set(attachment, milliseconds, Attachment::publish_at_ms);
        attachment = set(
            attachment,
            self.on_behalf_of_group,
            Attachment::on_behalf_of_group,
        );
        attachment = set(
            attachment,
            self.disable_comments,
            Attachment::disable_comments,
        );
        Ok(set(
            attachment,
            filled(&self.place_id),
            Attachment::place_id,
        ))
    }
}

/// Calls a setter if there is something to set.
pub(super) fn set<T, V>(target: T, value: Option<V>, setter: impl FnOnce(T, V) -> T) -> T {
    match value {
        Some(value) => setter(target, value),
        None => target,
    }
}

/// What was typed, if anything was.
pub(super) fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// The entries of a list that is typed in one line.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ']).filter(|entry| !entry.is_empty())
}

/// A whole number, if anything was typed.
pub(super) fn number<N: core::str::FromStr>(
    field: impl Into<String>,
    text: &str,
) -> Result<Option<N>, FieldError> {
    let Some(text) = filled(text) else {
        return Ok(None);
    };
    let wrong = |_| {
        FieldError::new(
            field.into(),
            "is no whole number that fits",
            "write digits only, or leave it empty",
        )
    };
    text.parse().map(Some).map_err(wrong)
}
