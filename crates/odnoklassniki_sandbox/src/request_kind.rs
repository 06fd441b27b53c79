//! The kinds of requests that a game makes by opening a page.

use std::fmt;
use std::str::FromStr;

/// What a game asks for: a widget, or a login. As text: `post`, `invite`, `suggest`, `login`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// `WidgetMediatopicPost`: a post to the feed or to a group.
    Post,
    /// `WidgetInvite`: an invitation to friends who do not play.
    Invite,
    /// `WidgetSuggest`: a recommendation to friends.
    Suggest,
    /// `/oauth/authorize`: the player logs in.
    Login,
}

impl RequestKind {
    /// All kinds.
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

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Post => "post",
            Self::Invite => "invite",
            Self::Suggest => "suggest",
            Self::Login => "login",
        })
    }
}

impl FromStr for RequestKind {
    type Err = ParseRequestKindError;

    fn from_str(text: &str) -> Result<Self, ParseRequestKindError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.to_string() == text)
            .ok_or(ParseRequestKindError)
    }
}

/// A text that is not a [`RequestKind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseRequestKindError;

impl fmt::Display for ParseRequestKindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a kind of request: expected post, invite, suggest or login")
    }
}

impl std::error::Error for ParseRequestKindError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_back_and_a_login_is_not_a_widget() {
        for kind in RequestKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(
                kind.command().and_then(RequestKind::from_command),
                (kind != RequestKind::Login).then_some(kind)
            );
            assert!(
                ParseRequestKindError
                    .to_string()
                    .contains(&kind.to_string())
            );
        }
        assert_eq!("Post".parse::<RequestKind>(), Err(ParseRequestKindError));
        assert_eq!(RequestKind::from_command(""), None);
        assert_eq!(RequestKind::from_command("login"), None);
    }
}
