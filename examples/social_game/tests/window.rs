//! The game in a real window, with a player's eyes and hands.
#![cfg(target_os = "linux")]

mod support;
