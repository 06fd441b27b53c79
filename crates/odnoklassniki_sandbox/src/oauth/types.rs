//! What several steps of a login share.

/// What a login ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// `response_type=token`: an access token, in the fragment.
    Token,
    /// `response_type=code`: a code for the game's server, in the query.
    Code,
}

/// An error for the game: OAuth's name, and a text for the developer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthorizeError {
    pub(crate) name: &'static str,
    pub(crate) text: String,
}

impl AuthorizeError {
    pub(crate) fn new(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            name,
            text: text.into(),
        }
    }
}
