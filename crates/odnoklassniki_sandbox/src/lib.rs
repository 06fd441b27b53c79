#![doc = include_str!("../README.md")]

mod application;
mod attachment;
mod avatar;
mod behavior;
mod bounded;
mod error_code;
mod form;
mod language;
mod oauth;
mod page_kind;
mod page_settings;
mod people;
mod player;
mod ports;
mod random;
mod records;
mod return_url;
mod sandbox;
mod signature;
mod state;
mod web;
mod widget;

pub use application::{
    Application, DEMO_ACCESS_TOKEN, DEMO_APP_ID, DEMO_PUBLIC_KEY, DEMO_SECRET_KEY, Session,
};
pub use behavior::{Behavior, ParseBehaviorError};
pub use page_kind::{PageKind, ParsePageKindError};
pub use page_settings::{MessageForm, PageSettings, ParseMessageFormError};
pub use people::{DEMO_USER_ID, Friend};
pub use player::{Played, Player, PlayerError};
pub use records::{FeedPost, Invitation, SeenRequest};
pub use sandbox::{Builder, DEFAULT_PORT, Sandbox};
