//! OK's three widgets: pages on which a player posts, invites and recommends.
//!
//! A widget is a value with setters: [`PostWidget`], [`InviteWidget`], [`SuggestWidget`]. The
//! setters come from traits, so that other types (a game's own request) get the same ones. Give
//! them a [`Parameters`] and implement [`WidgetParameters`] with two short methods.
//! [`WidgetUrlBuilder`] makes the signed URL. [`WidgetCallback`] parses what comes back. Sources:
//! <https://apiok.ru/en/ext/publish>, <https://apiok.ru/en/ext/invite_suggest>, OK's SDKs.

mod callback;
mod fields;
mod invite;
pub(crate) mod kind;
mod param;
mod parameters;
mod post;
mod setters;
mod url;
mod validate;

pub use callback::{Callback, CallbackResult, MAX_USERS, Published, Sent, WidgetCallback};
pub use invite::{InviteParameters, InviteWidget, SuggestWidget};
pub use kind::WidgetKind;
pub use parameters::{AttachmentEncoding, Parameters};
pub use post::{PostParameters, PostWidget};
pub use setters::{Widget, WidgetParameters};
pub use url::{ReturnTo, UrlError, WidgetUrl, WidgetUrlBuilder};
