//! [`WidgetKind`]: which of OK's widgets.

/// Which of OK's three widgets (<https://apiok.ru/en/ext/publish>,
/// <https://apiok.ru/en/ext/invite_suggest>).
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
    /// Returns one word for logs and labels: `post`, `invite` or `suggest`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Invite => "invite",
            Self::Suggest => "suggest",
        }
    }

    /// Returns OK's name of the widget, the value of `st.cmd`. Source: `docs/protocol.md`, 3.1.
    ///
    /// ```
    /// assert_eq!(odnoklassniki::WidgetKind::Post.command(), "WidgetMediatopicPost");
    /// ```
    pub const fn command(self) -> &'static str {
        match self {
            Self::Post => "WidgetMediatopicPost",
            Self::Invite => "WidgetInvite",
            Self::Suggest => "WidgetSuggest",
        }
    }
}
