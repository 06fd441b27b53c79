//! Messages about a pending request: it was opened, it got a notice, cancel it, open it again.

use bevy_ecs::message::Message;

use callback_listener::OneTimeLink;

use super::id::RequestId;

/// Cancels a pending request. The plugin writes its result,
/// [`Outcome::Cancelled`](crate::Outcome::Cancelled) by the game, in the same frame's
/// [`OkSystems::Send`](crate::OkSystems::Send).
///
/// A request that is not pending gets no second result; if it ended as
/// [`CannotOpen`](crate::RequestErrorKind::CannotOpen), its link stops working.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn leave_menu(pending: Res<PendingRequests>, mut cancel: MessageWriter<CancelRequest>) {
///     cancel.write_batch(pending.iter().map(|request| CancelRequest { id: request.id() }));
/// }
/// # bevy_ecs::system::assert_is_system(leave_menu);
/// ```
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelRequest {
    /// The request to end.
    pub id: RequestId,
}

/// Opens the page of a pending request again, with a new link. The old link stops working.
///
/// A [`RequestOpened`] with the new link follows, or a [`NoticeKind::CannotReopen`]. Nothing
/// happens if the request is not pending, or if the game's backend is still signing it. Nor does
/// anything if its page was opened again within the last second (a double click).
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReopenRequest {
    /// The request whose page is to be opened.
    pub id: RequestId,
}

/// The plugin has handed the page of a request to the opener or the page host, or a browser has
/// fetched it.
///
/// It says nothing about what the player does there. A game can show the link, in case no page
/// appeared.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn offer_link(mut opened: MessageReader<RequestOpened>) {
///     for request in opened.read() {
///         if let Some(link) = &request.link {
///             println!("Look into your browser. No page? Open {}", link.expose());
///         }
///     }
/// }
/// # bevy_ecs::system::assert_is_system(offer_link);
/// ```
#[derive(Message, Clone, Debug)]
pub struct RequestOpened {
    /// The request whose page it is. A login that others have joined sends one message for each.
    pub id: RequestId,
    /// The link to its page, which works once. If a browser has fetched the page, it is used up.
    /// `None` if a [page host](crate::PageHost) shows the page.
    pub link: Option<OneTimeLink>,
}

/// Something a game may want to show or count about a pending request. It ends nothing.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestNotice {
    /// The pending request that the notice is about.
    pub id: RequestId,
    /// What happened.
    pub kind: NoticeKind,
}

/// The kinds of [`RequestNotice`]. More may come: match with a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoticeKind {
    /// The link was opened a second time and showed no page: it works once. [`ReopenRequest`] makes
    /// a new one.
    LinkUsedAgain,
    /// A callback came to this request's return URL with the `state` of another request. The plugin
    /// refused it, and the request goes on.
    ///
    /// An old tab or another program sent it. A game need not show it. At most one such notice
    /// comes for a request.
    UnexpectedCallback,
    /// The browser has blocked the window of the request, and the plugin shows a button that opens it
    /// (on the web; see [`BlockedPopup`](crate::BlockedPopup)).
    PopupBlocked,
    /// The player has closed the window or the frame with OK's page (on the web). OK sends no
    /// callback for that. The game can cancel the request, or open its page again with
    /// [`ReopenRequest`].
    ///
    /// Do not end the request for it without a question: where OK's page or the game is isolated
    /// from other windows (COOP), a closed window cannot be seen, or one that is open looks closed.
    WindowClosed,
    /// The [page host](crate::PageHost) cannot show pages on this machine, and the request's page
    /// opens in the player's browser.
    BrowserInstead,
    /// [`ReopenRequest`] failed: the opener returned an error. The request goes on, and the page
    /// that the player has open in a browser still works. A page host has closed it.
    CannotReopen,
}
