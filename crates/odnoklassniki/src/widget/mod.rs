//! OK's three widgets: pages on which a player posts, invites and recommends.
//!
//! A widget is a value with setters: [`PostWidget`], [`InviteWidget`], [`SuggestWidget`]. The
//! setters come from traits, so that other types (a game's own request) get the same ones: give
//! them a [`Parameters`] and implement [`WidgetParameters`] with two short methods.
//! [`WidgetUrlBuilder`](crate::WidgetUrlBuilder) makes the signed address. Sources:
//! <https://apiok.ru/en/ext/publish>, <https://apiok.ru/en/ext/invite_suggest>, OK's SDKs.

pub mod address;
pub mod answer;
mod check;
pub(crate) mod encode;
mod fields;
pub mod hosts;
mod invite;
mod name;
mod parameters;
mod post;

pub use invite::{InviteParameters, InviteWidget, SuggestWidget};
pub use parameters::{AttachmentEncoding, Parameters, WidgetParameters};
pub use post::{PostParameters, PostWidget};

use crate::error::FieldError;

/// Which of OK's widgets.
///
/// ```
/// use odnoklassniki::WidgetKind;
/// assert_eq!(WidgetKind::Post.command(), "WidgetMediatopicPost");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WidgetKind {
    /// Publishes a topic in the player's feed or in a group.
    Post,
    /// Invites friends who do not play yet.
    Invite,
    /// Recommends the game to friends, also to those who play.
    Suggest,
}

impl WidgetKind {
    /// One word for logs and labels: `post`, `invite` or `suggest`.
    ///
    /// ```
    /// assert_eq!(odnoklassniki::WidgetKind::Invite.name(), "invite");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Invite => "invite",
            Self::Suggest => "suggest",
        }
    }

    /// OK's name of the widget, the value of `st.cmd`. Source: `docs/protocol.md`, 3.1.
    ///
    /// ```
    /// assert_eq!(odnoklassniki::WidgetKind::Suggest.command(), "WidgetSuggest");
    /// ```
    pub const fn command(self) -> &'static str {
        match self {
            Self::Post => "WidgetMediatopicPost",
            Self::Invite => "WidgetInvite",
            Self::Suggest => "WidgetSuggest",
        }
    }
}

/// A widget with its parameters, ready for an address.
///
/// ```
/// use odnoklassniki::{InviteParameters as _, InviteWidget, Widget as _};
///
/// let error = InviteWidget::new().target(["friend"]).validate().unwrap_err();
/// assert_eq!(error.field(), "st.target");
/// ```
pub trait Widget: WidgetParameters {
    /// Which widget it is.
    const KIND: WidgetKind;

    /// Whether OK could take these parameters. The address builder asks this first.
    ///
    /// # Errors
    /// The first parameter that is missing or cannot be sent.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// assert!(InviteWidget::new().validate().is_ok());
    /// let error = PostWidget::new(Attachment::new()).validate().unwrap_err();
    /// assert_eq!(error.field(), "st.attachment.media");
    /// ```
    fn validate(&self) -> Result<(), FieldError> {
        self.parameters().validate(Self::KIND)
    }
}
