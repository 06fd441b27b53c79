//! What was typed for a request, and the request made of it.

use core::time::Duration;

use bevy_ecs::message::Message;
use bevy_ecs::system::Commands;
use bevy_odnoklassniki::protocol::{
    Attachment, AttachmentEncoding, FieldError, InviteParameters, InviteWidget, PostParameters,
    Widget, WidgetKind, WidgetParameters,
};
use bevy_odnoklassniki::{
    MAX_TIMEOUT, MIN_TIMEOUT, RequestId, RequestInvite, RequestPost, RequestSuggest,
};

use crate::block::Block;
use crate::input::{filled, number, set, split};
use crate::message;

/// The form of one kind of request. As it is at first, it can be sent.
pub(crate) struct Form {
    pub(crate) fields: Fields,
    pub(crate) shared: SharedFields,
    /// Why it was not sent.
    pub(crate) problem: Option<FieldError>,
    /// The request that was made of it last.
    pub(crate) sent: Option<RequestId>,
}

/// The fields of each kind.
pub(crate) enum Fields {
    Post(PostFields),
    Invite(InviteFields),
    Suggest(InviteFields),
}

/// The fields of every kind: [`WidgetParameters`], and the timeout. An empty text is not sent.
#[derive(Default)]
pub(crate) struct SharedFields {
    pub(crate) popup: Option<bool>,
    pub(crate) nohead: Option<bool>,
    pub(crate) silent: Option<bool>,
    pub(crate) nocancel: bool,
    pub(crate) state: String,
    pub(crate) extras: Vec<(String, String)>,
    /// In seconds.
    pub(crate) timeout: String,
}

/// [`InviteParameters`].
#[derive(Default)]
pub(crate) struct InviteFields {
    pub(crate) comment: String,
    pub(crate) custom_args: String,
    /// Ids, separated by commas or spaces.
    pub(crate) target: String,
    pub(crate) target_only: Option<bool>,
    pub(crate) autosel: String,
}

/// [`PostParameters`], and what an [`Attachment`] has beside its blocks.
#[derive(Default)]
pub(crate) struct PostFields {
    pub(crate) blocks: Vec<Block>,
    /// JSON that the developer typed, in place of the blocks.
    pub(crate) json: Option<String>,
    pub(crate) encoding: AttachmentEncoding,
    pub(crate) user_text: Option<bool>,
    pub(crate) group_id: String,
    pub(crate) publish_at: String,
    pub(crate) publish_at_ms: String,
    pub(crate) on_behalf_of_group: Option<bool>,
    pub(crate) disable_comments: Option<bool>,
    pub(crate) place_id: String,
}

/// A request that can be sent.
pub(crate) struct ReadyRequest {
    id: RequestId,
    write: Box<dyn FnOnce(&mut Commands)>,
}

impl ReadyRequest {
    fn new(id: RequestId, message: impl Message) -> Self {
        Self {
            id,
            write: Box::new(|commands| message::write(commands, message)),
        }
    }

    pub(crate) fn id(&self) -> RequestId {
        self.id
    }

    pub(crate) fn write(self, commands: &mut Commands) {
        (self.write)(commands);
    }
}

impl Form {
    /// Returns a form that the sandbox, and OK, would accept.
    pub(crate) fn new(kind: WidgetKind) -> Self {
        let invite = |comment: &str| InviteFields {
            comment: comment.to_owned(),
            ..InviteFields::default()
        };
        let fields = match kind {
            WidgetKind::Post => Fields::Post(PostFields {
                blocks: vec![Block::Text("I have built a castle of 12 blocks!".into())],
                ..PostFields::default()
            }),
            WidgetKind::Invite => Fields::Invite(invite("Build a castle with me!")),
            WidgetKind::Suggest => Fields::Suggest(invite("You will like this game")),
        };
        Self {
            fields,
            shared: SharedFields::default(),
            problem: None,
            sent: None,
        }
    }

    /// Makes a request of the form.
    ///
    /// # Errors
    ///
    /// The first field that cannot be sent.
    pub(crate) fn request(&self) -> Result<ReadyRequest, FieldError> {
        let timeout = self.shared.timeout()?;
        self.shared.check_extras()?;
        Ok(match &self.fields {
            Fields::Post(fields) => {
                let request = self.shared.fill(fields.request()?);
                request.parameters().validate(WidgetKind::Post)?;
                let request = set(request, timeout, RequestPost::timeout);
                ReadyRequest::new(request.id(), request)
            }
            Fields::Invite(fields) => {
                let request = self.shared.fill(fields.fill(RequestInvite::new())?);
                request.parameters().validate(WidgetKind::Invite)?;
                let request = set(request, timeout, RequestInvite::timeout);
                ReadyRequest::new(request.id(), request)
            }
            Fields::Suggest(fields) => {
                let request = self.shared.fill(fields.fill(RequestSuggest::new())?);
                request.parameters().validate(WidgetKind::Suggest)?;
                let request = set(request, timeout, RequestSuggest::timeout);
                ReadyRequest::new(request.id(), request)
            }
        })
    }
}

impl SharedFields {
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

    /// Checks each extra parameter. An error of the whole request names the parameter; this one
    /// names the line of the form.
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

    fn timeout(&self) -> Result<Option<Duration>, FieldError> {
        let Some(timeout) = number("timeout", &self.timeout)?.map(Duration::from_secs) else {
            return Ok(None);
        };
        if (MIN_TIMEOUT..=MAX_TIMEOUT).contains(&timeout) {
            return Ok(Some(timeout));
        }
        Err(FieldError::new(
            "timeout",
            format!("{timeout:?} is out of range"),
            format!(
                "give {} to {} seconds",
                MIN_TIMEOUT.as_secs(),
                MAX_TIMEOUT.as_secs()
            ),
        ))
    }
}

impl InviteFields {
    fn fill<W: InviteParameters>(&self, widget: W) -> Result<W, FieldError> {
        let widget = widget
            .comment(self.comment.as_str())
            .custom_args(self.custom_args.as_str())
            .target(split(&self.target));
        let widget = set(widget, self.target_only, W::target_only);
        let autosel = number("st.autosel", &self.autosel)?;
        Ok(set(widget, autosel, W::autosel))
    }
}

impl PostFields {
    fn request(&self) -> Result<RequestPost, FieldError> {
        let request = RequestPost::new(self.attachment()?).attachment_encoding(self.encoding);
        let request = set(request, self.user_text, RequestPost::user_text);
        let group_id = filled(&self.group_id);
        Ok(set(request, group_id, RequestPost::group_id))
    }

    /// Makes the attachment of what was typed.
    ///
    /// # Errors
    ///
    /// The first field that cannot be sent.
    pub(crate) fn attachment(&self) -> Result<Attachment, FieldError> {
        if let Some(json) = &self.json {
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
        let publish_at = filled(&self.publish_at);
        attachment = set(attachment, publish_at, Attachment::publish_at);
        let publish_at_ms = number("st.attachment.publishAtMs", &self.publish_at_ms)?;
        attachment = set(attachment, publish_at_ms, Attachment::publish_at_ms);
        let as_group = self.on_behalf_of_group;
        attachment = set(attachment, as_group, Attachment::on_behalf_of_group);
        let no_comments = self.disable_comments;
        attachment = set(attachment, no_comments, Attachment::disable_comments);
        let place_id = filled(&self.place_id);
        Ok(set(attachment, place_id, Attachment::place_id))
    }
}
