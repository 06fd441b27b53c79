//! [`RequestKind`]: what a request asks for.

use odnoklassniki::WidgetKind;

/// What a request asks for.
///
/// ```
/// use bevy_odnoklassniki::RequestKind;
/// use bevy_odnoklassniki::protocol::WidgetKind;
/// assert_eq!(RequestKind::from(WidgetKind::Invite), RequestKind::Invite);
/// assert_eq!(RequestKind::Login.name(), "login");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestKind {
    /// [`RequestPost`](crate::RequestPost).
    Post,
    /// [`RequestInvite`](crate::RequestInvite).
    Invite,
    /// [`RequestSuggest`](crate::RequestSuggest).
    Suggest,
    /// [`RequestLogin`](crate::RequestLogin).
    Login,
}

impl RequestKind {
    /// A short name for logs and tables.
    ///
    /// ```
    /// assert_eq!(bevy_odnoklassniki::RequestKind::Post.name(), "post");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Post => WidgetKind::Post.name(),
            Self::Invite => WidgetKind::Invite.name(),
            Self::Suggest => WidgetKind::Suggest.name(),
            Self::Login => "login",
        }
    }
}

impl From<WidgetKind> for RequestKind {
    fn from(kind: WidgetKind) -> Self {
        match kind {
            WidgetKind::Post => Self::Post,
            WidgetKind::Invite => Self::Invite,
            WidgetKind::Suggest => Self::Suggest,
        }
    }
}
