//! [`PageKind`]: which of OK's pages a game opens.

use std::fmt;
use std::str::FromStr;

/// Which of OK's pages a game opens: a widget or the login. As text, in `Display` and `FromStr`:
/// `post`, `invite`, `suggest`, `login`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageKind {
    /// `WidgetMediatopicPost`: a post to the feed or to a group.
    Post,
    /// `WidgetInvite`: an invitation to friends who do not play.
    Invite,
    /// `WidgetSuggest`: a recommendation to friends.
    Suggest,
    /// `/oauth/authorize`: the player logs in.
    Login,
}

impl PageKind {
    /// Every kind, in the order in which the sandbox's first page offers them.
    pub const ALL: [Self; 4] = [Self::Post, Self::Invite, Self::Suggest, Self::Login];

    /// Returns the value of `st.cmd`. A login is not a widget and has none.
    pub(crate) fn command(self) -> Option<&'static str> {
        match self {
            Self::Post => Some("WidgetMediatopicPost"),
            Self::Invite => Some("WidgetInvite"),
            Self::Suggest => Some("WidgetSuggest"),
            Self::Login => None,
        }
    }

    pub(crate) fn from_command(command: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.command() == Some(command))
    }
}

impl fmt::Display for PageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Post => "post",
            Self::Invite => "invite",
            Self::Suggest => "suggest",
            Self::Login => "login",
        })
    }
}

impl FromStr for PageKind {
    type Err = ParsePageKindError;

    fn from_str(text: &str) -> Result<Self, ParsePageKindError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.to_string() == text)
            .ok_or(ParsePageKindError)
    }
}

/// A text that is not a [`PageKind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParsePageKindError;

impl fmt::Display for ParsePageKindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a kind of page: expected post, invite, suggest or login")
    }
}

impl std::error::Error for ParsePageKindError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_back_and_a_login_is_not_a_widget() {
        for kind in PageKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(
                kind.command().and_then(PageKind::from_command),
                (kind != PageKind::Login).then_some(kind)
            );
            assert!(ParsePageKindError.to_string().contains(&kind.to_string()));
        }
        assert_eq!("Post".parse::<PageKind>(), Err(ParsePageKindError));
        assert_eq!(PageKind::from_command(""), None);
        assert_eq!(PageKind::from_command("login"), None);
    }
}
