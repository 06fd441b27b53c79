//! The program itself, with real pages: under X11 on a virtual screen, and under Wayland.
#![cfg(target_os = "linux")]

mod driver;
mod hostile;
mod interception;
mod processes;
mod protocol;
mod rules;
mod site;
mod tls;
