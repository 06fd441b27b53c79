//! Messages about a request on its way: opened, noticed, to be cancelled or opened again.

use bevy_ecs::message::Message;

use callback_listener::OneTimeLink;

use super::id::RequestId;

/// Calls a pending request off. Its result, [`Outcome::Cancelled`](crate::Outcome::Cancelled) by
/// the game, comes in the same frame's [`OkSystems::Send`](crate::OkSystems::Send). A request that
/// is not pending gets no second result; if it ended as
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

/// Opens the page of a pending request again, with a new link; the old link is dead from then on.
///
/// A [`RequestOpened`] with the new link follows, or a [`RequestNotice`] that it could not be done.
/// Nothing happens for a request that is not pending, that the game's backend is still signing (its
/// page is about to be opened anyway), or that was opened again within the last second: that is a
/// double click.
///
/// ```
/// use bevy_odnoklassniki::{ReopenRequest, RequestId};
/// fn again(id: RequestId) -> ReopenRequest {
///     ReopenRequest { id }
/// }
/// # let _ = again;
/// ```
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReopenRequest {
    /// The request whose page is to be opened.
    pub id: RequestId,
}

/// The page of a request was handed to the browser, or somebody has just come for it.
///
/// It says nothing about what the player does there. A game can show or copy the link in case no
/// page appeared.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn offer_link(mut opened: MessageReader<RequestOpened>) {
///     for request in opened.read() {
///         println!("Look into your browser. No page? Open {}", request.link.expose());
///     }
/// }
/// # bevy_ecs::system::assert_is_system(offer_link);
/// ```
#[derive(Message, Clone, Debug)]
pub struct RequestOpened {
    /// The request.
    pub id: RequestId,
    /// Leads to its page, once.
    pub link: OneTimeLink,
}

/// Something a game may want to show or count about a pending request. It ends nothing.
///
/// ```
/// use bevy_odnoklassniki::{NoticeKind, RequestNotice};
/// fn say(notice: &RequestNotice) -> &'static str {
///     match notice.kind {
///         NoticeKind::LinkUsedAgain => "the page was opened already; press \"open again\" here",
///         _ => "",
///     }
/// }
/// # let _ = say;
/// ```
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestNotice {
    /// The request.
    pub id: RequestId,
    /// What was noticed.
    pub kind: NoticeKind,
}

/// What a [`RequestNotice`] is about.
///
/// ```
/// use bevy_odnoklassniki::NoticeKind;
/// assert_ne!(NoticeKind::LinkUsedAgain, NoticeKind::UnexpectedCallback);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoticeKind {
    /// The link was opened a second time and led nowhere: it works once. [`ReopenRequest`] makes a
    /// new one.
    LinkUsedAgain,
    /// Somebody called back with a token or state that is not this request's. It was turned away;
    /// at most one such notice comes for a request.
    UnexpectedCallback,
    /// The page could not be opened *again*; the request goes on with the page that was opened
    /// before.
    CannotReopen,
}
