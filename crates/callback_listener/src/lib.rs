#![doc = include_str!("../README.md")]
//!
//! # The types
//!
//! A program needs four: [`Listener`], started with a [`ListenerConfig`], waits for each
//! [`PendingCallback`] and sends every [`CallbackEvent`].
//!
//! | for | types |
//! | --- | --- |
//! | a request | [`LinkToken`], [`ReturnToken`], [`PageUrl`], [`OneTimeLink`] |
//! | its callback | [`CallbackParser`], [`ParsedCallback`], [`Page`] |
//! | a program in a browser | [`return_page`] |
//! | a program without a port | [`ReturnLinks`], [`ReturnLink`], [`Receipt`] |
//! | settings | [`RedirectUri`], [`Pages`] and [`Texts`], [`CallbackCounters`] with [`RefusedCallback`] |
//! | tests and fuzzing only | [`CallbackTable`], [`Notify`], [`Visit`], [`TOMBSTONE`], the module `loopback` |
#![deny(missing_debug_implementations)]
#![cfg_attr(
    target_family = "wasm",
    allow(dead_code, reason = "a part of the shared types is for the desktop")
)]

mod command;
mod config;
mod counters;
mod exchange;
mod kept;
mod link;
mod listener;
mod page;
mod page_url;
mod ports;
mod redirect_uri;
mod return_links;
mod return_page;
mod table;
mod texts;
mod time;
mod token;

// The only choice by target, but for the clock and the sockets of `loopback`.
#[cfg(any(test, not(target_family = "wasm")))]
pub mod loopback;
#[cfg(not(target_family = "wasm"))]
use loopback::LoopbackListener as TargetListener;
#[cfg(target_family = "wasm")]
pub mod browser;
#[cfg(target_family = "wasm")]
use browser::BrowserListener as TargetListener;

// What every program needs.
pub use config::ListenerConfig;
pub use listener::Listener;
pub use table::{CallbackEvent, PendingCallback};

// What these take and return.
pub use config::{ListenError, ListenerGone};
pub use counters::{CallbackCounters, RefusedCallback};
pub use link::OneTimeLink;
pub use page::{Page, Pages};
pub use page_url::{InvalidPageUrl, PageUrl};
pub use redirect_uri::{InvalidRedirectUri, RedirectUri};
pub use return_links::{InvalidReturnLinks, ReturnLink, ReturnLinks};
pub use return_page::return_page;
pub use table::{CallbackParser, ParsedCallback, Receipt};
pub use texts::Texts;
pub use time::Instant;
pub use token::{LinkToken, ReturnToken, Token};

// For tests and fuzzing, as is all of `loopback`.
pub use exchange::{Exchange, PageMessage};
pub use table::{CallbackTable, Notify, TOMBSTONE, Visit};

#[cfg(test)]
mod tests;
