//! [`RequestErrorKind`]: what went wrong, for code to branch on.

/// The kinds of [`RequestError`](crate::RequestError). More may come: match with a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestErrorKind {
    /// OK refused, or the game's backend refused to sign.
    ///
    /// OK's error is in [`RequestError::code`](crate::RequestError::code), or at login in
    /// [`RequestError::oauth_code`](crate::RequestError::oauth_code); the text is OK's own. Without
    /// either, the game's backend refused.
    Refused,
    /// A value of the request cannot be sent: [`RequestError::field`](crate::RequestError::field)
    /// names it. The plugin opened nothing.
    InvalidRequest,
    /// The plugin cannot sign: no player is logged in, or the session has expired, and there is no
    /// backend.
    NotLoggedIn,
    /// The plugin's configuration is incomplete or wrong: its credentials, redirect URIs or signer.
    NotConfigured,
    /// OK published nothing because the application is not approved yet (topic id 0).
    NotApproved,
    /// An equal request is pending; [`RequestError::pending`](crate::RequestError::pending) names
    /// it. The plugin opens its page again, unless it did so within the last second (a double
    /// click) or the page is still being signed.
    AlreadyPending,
    /// Eight requests are pending already, or 32 have joined the pending login.
    TooManyPending,
    /// The signed URL would be longer than 8,000 bytes.
    UrlTooLong,
    /// No browser could be started. The player can open
    /// [`RequestError::link`](crate::RequestError::link) by hand.
    CannotOpen,
    /// The web browser blocked the popup window (web builds).
    PopupBlocked,
    /// The plugin could not bind a port on the loopback interface. At login the text names the
    /// ports of the redirect URIs, and the plugin opened nothing.
    PortUnavailable,
    /// The callback listener stopped working while the request was pending.
    ListenerLost,
    /// The view of a [page host](crate::PageHost) failed while it showed the request's page.
    PageLost,
    /// The callback belongs to the request, but cannot be read.
    InvalidCallback,
    /// The network, or the game's own backend, could not be reached.
    Network,
    /// This platform or this build cannot do it.
    Unsupported,
}
