#![doc = include_str!("../README.md")]

pub mod attachment;
mod base_url;
pub mod check_value;
mod error;
pub mod error_code;
mod form;
mod host;
mod hosts;
mod id;
mod json;
pub mod launch;
mod link;
pub mod oauth;
mod query;
mod refusal;
pub mod secret;
pub mod signature;
pub mod signer;
pub mod signing;
mod text;
pub mod widget;

pub use attachment::{AppAction, AppCard, AppImage, Attachment, Photo, Poll, Product, Track};
pub use check_value::{Authenticity, CheckFormula};
pub use error::{CallbackError, FieldError, MAX_CALLBACK_BYTES};
pub use error_code::{CodeEntry, ErrorCode};
pub use hosts::Hosts;
pub use id::{ApplicationId, GroupId, TopicId, UserId};
pub use launch::{LaunchError, LaunchKind, LaunchParameters, PortalSession};
pub use query::MAX_URL_BYTES;
pub use refusal::Refusal;
pub use secret::{
    AccessToken, ApplicationSecretKey, AuthCode, FormBody, RefreshToken, SessionKey,
    SessionSecretKey, SigningKey,
};
pub use signature::{
    REST_UNSIGNED_PARAMETERS, SIGNED_PARAMETERS, Signature, launch_auth_signature,
    launch_signature, payment_callback_signature, payment_signature, rest_signature,
    session_secret_key, widget_signature,
};
pub use signer::{Signer, SignerKind, SigningBackend};
pub use signing::{
    BackendSignature, OwnedSigningRequest, SigningError, SigningReply, SigningRequest,
};
pub use widget::{
    AttachmentEncoding, Callback, CallbackResult, InviteParameters, InviteWidget, MAX_USERS,
    Parameters, PostParameters, PostWidget, Published, ReturnTo, Sent, SuggestWidget, UrlError,
    Widget, WidgetCallback, WidgetKind, WidgetParameters, WidgetUrl, WidgetUrlBuilder,
};
