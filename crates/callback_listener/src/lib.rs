#![doc = include_str!("../README.md")]
#![deny(missing_debug_implementations)]
#![cfg_attr(
    target_family = "wasm",
    allow(dead_code, reason = "no listener can be started there yet")
)]

mod command;
mod config;
mod counters;
mod link;
mod listener;
mod page;
mod page_url;
mod ports;
mod redirect_uri;
mod table;
mod texts;
mod time;
mod token;

// The only choice by target, but for the clock.
#[cfg(not(target_family = "wasm"))]
pub mod loopback;
#[cfg(not(target_family = "wasm"))]
use loopback::LoopbackListener as TargetListener;
#[cfg(target_family = "wasm")]
mod unsupported;
#[cfg(target_family = "wasm")]
use unsupported::UnsupportedListener as TargetListener;

pub use config::{ListenError, ListenerConfig, ListenerGone};
pub use counters::{CallbackCounters, RefusedCallback};
pub use link::OneTimeLink;
pub use listener::Listener;
pub use page::{Page, Pages};
pub use page_url::{InvalidPageUrl, PageUrl};
pub use redirect_uri::{InvalidRedirectUri, RedirectUri};
pub use table::{
    CallbackEvent, CallbackParser, CallbackTable, Notify, ParsedCallback, PendingCallback, Receipt,
    TOMBSTONE, Visit,
};
pub use texts::Texts;
pub use time::Instant;
pub use token::{LinkToken, ReturnToken, Token};

#[cfg(all(test, not(target_family = "wasm")))]
mod tests;
