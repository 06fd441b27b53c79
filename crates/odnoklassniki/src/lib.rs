#![doc = include_str!("../README.md")]

pub mod attachment;
pub mod check;
pub mod codes;
mod error;
mod hosts;
mod id;
mod json;
mod link;
pub mod oauth;
mod pairs;
mod refusal;
pub mod secret;
pub mod signature;
pub mod signer;
mod text;
pub mod widget;

pub use attachment::{AppAction, AppCard, AppImage, Attachment, Photo, Poll, Product, Track};
pub use check::{Authenticity, CheckFormula};
pub use codes::{CodeEntry, ErrorCode};
pub use error::{CallbackError, FieldError, MAX_CALLBACK_BYTES};
pub use hosts::Hosts;
pub use id::{ApplicationId, GroupId, TopicId, UserId};
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
pub use signer::{
    BackendSignature, Signer, SignerKind, SigningBackend, SigningError, SigningRequest,
};
pub use widget::address::{MAX_URL_BYTES, ReturnTo, UrlError, WidgetUrl, WidgetUrlBuilder};
pub use widget::answer::{Callback, CallbackResult, MAX_USERS, Published, Sent, WidgetCallback};
pub use widget::{
    AttachmentEncoding, InviteParameters, InviteWidget, Parameters, PostParameters, PostWidget,
    SuggestWidget, Widget, WidgetKind, WidgetParameters,
};
