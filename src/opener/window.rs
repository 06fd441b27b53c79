//! Where a page appears on the web, and what happens when the browser forbids that.

/// Where OK's page appears on the web. Other platforms show it in the system's browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebWindow {
    /// In a window of its own. The game goes on beside it, or waits in its tab on a phone.
    #[default]
    Popup,
    /// In place of the game, for browsers inside of apps, which have no windows. It needs no click
    /// of the player's.
    ///
    /// The player leaves the game and comes back; then the game starts anew. The plugin keeps what
    /// is pending in the tab's storage (`sessionStorage`), without the session's token and key. In
    /// the first frame these requests are pending again, and a result comes under its old id. The
    /// ids of new requests are greater.
    ///
    /// One page opens at a time: a second request in the same moment waits until the game starts
    /// anew. A session in memory is lost on the way: keep it in a `BrowserStore`.
    Page,
    /// In a frame over the game, with a button that closes it.
    ///
    /// OK may refuse to be framed, and some browsers keep the player's login out of a frame of
    /// another site. Neither can be seen from the game, so a second button opens the page in a
    /// window.
    Frame,
}

/// What happens on the web when the browser blocks the window of a request.
///
/// A browser opens a window only for a click, a tap or a key press just before. A request from a
/// system that reacts to a *press*, or to something else than the player's input, is blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlockedPopup {
    /// The plugin shows a button over the game, in Russian or English, which opens the page, and one
    /// that cancels. The request stays pending, and the game gets the notice
    /// [`PopupBlocked`](crate::NoticeKind::PopupBlocked).
    #[default]
    Button,
    /// The request fails as [`PopupBlocked`](crate::RequestErrorKind::PopupBlocked), for games with
    /// a button of their own. The error holds the link.
    End,
}
