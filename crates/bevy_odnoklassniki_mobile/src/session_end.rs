//! [`SessionEnd`]: how the session of the system's browser ended.

use bevy_odnoklassniki::OkPage;

/// How a session of `ASWebAuthenticationSession` ended. Its window is closed then.
pub(crate) enum SessionEnd {
    /// OK's page has gone to this URL.
    Returned(String),
    /// The player has closed it.
    Closed,
    /// The system could not show it, for this reason.
    Failed(String),
}

impl SessionEnd {
    /// Ends the page.
    pub(crate) fn apply(self, page: OkPage) {
        match self {
            // Of no effect if the request has ended.
            Self::Returned(url) if !page.returned(&url) => {
                page.lost("the session ended with a URL that is no callback of this request");
            }
            Self::Returned(_) => {}
            Self::Closed => page.closed(),
            Self::Failed(why) => page.lost(why),
        }
    }
}

#[cfg(test)]
mod tests;
