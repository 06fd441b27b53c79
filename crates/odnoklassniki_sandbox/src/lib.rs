#![doc = include_str!("../README.md")]

mod address;
mod app;
mod attachment;
mod avatar;
mod behavior;
mod codes;
mod form;
mod house;
mod language;
mod link;
mod oauth;
mod people;
mod player;
mod ports;
mod random;
mod sandbox;
mod signature;
mod web;
mod widget;

pub use app::{
    Application, DEMO_ACCESS_TOKEN, DEMO_APP_ID, DEMO_PUBLIC_KEY, DEMO_SECRET_KEY, DEMO_USER_ID,
    Session,
};
pub use behavior::{Behavior, ParseBehaviorError, RequestKind};
pub use house::{FeedPost, Letter, SeenRequest};
pub use people::Friend;
pub use player::{Played, Player, PlayerError};
pub use sandbox::{Builder, DEFAULT_PORT, Sandbox};
