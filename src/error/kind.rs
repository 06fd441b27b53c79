//! [`RequestErrorKind`]: what went wrong, for code to branch on.

/// The kinds of [`RequestError`](crate::RequestError). More may come: match with a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestErrorKind {
    /// OK answered with an error: [`RequestError::code`](crate::RequestError::code) holds its number and name, at login
    /// [`RequestError::oauth_code`](crate::RequestError::oauth_code) its name; the text is OK's own. Without either it was the
    /// game's backend that refused to sign.
    Refused,
    /// A value of the request cannot be sent: [`RequestError::field`](crate::RequestError::field) names it. Nothing was opened.
    InvalidRequest,
    /// There is nothing to sign with: nobody is logged in, or the session has expired, and there is
    /// no backend.
    NotLoggedIn,
    /// The plugin's credentials cannot be used, or there are none.
    NotConfigured,
    /// OK published nothing because the application is not approved yet (topic id 0).
    NotApproved,
    /// An equal request is pending; [`RequestError::pending`](crate::RequestError::pending) names it. Its page is opened again,
    /// unless that was done within the last second (a double click) or it is still being signed.
    AlreadyPending,
    /// Eight requests are pending already.
    TooManyPending,
    /// The signed address would be longer than 8,000 bytes.
    UrlTooLong,
    /// No browser could be started. [`RequestError::link`](crate::RequestError::link) can be opened by hand.
    CannotOpen,
    /// The web browser blocked the popup window (web builds).
    PopupBlocked,
    /// No port could be bound on the loopback interface. At login the text names the ports of the
    /// registered redirect addresses, and nothing was opened.
    PortUnavailable,
    /// The callback listener died while the request was pending.
    ListenerLost,
    /// The right page was called back, but its content makes no sense.
    InvalidCallback,
    /// The network, or the game's own backend, could not be reached.
    Network,
    /// This platform or this build cannot do it.
    Unsupported,
}
