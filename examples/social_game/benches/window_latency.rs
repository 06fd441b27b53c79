//! How fast a result is seen in a real window: focused, unfocused, asleep for an hour.
//!
//! ```sh
//! cargo bench -p social_game --bench window_latency -- --count 200
//! ```
//!
//! `--mode MODE` measures one (`game`, `desktop_app`, `hour`, `hour_focused`, `hour_hidden`),
//! `--frames N` says how many frames are timed with 0 and with 8 requests pending, `--json` prints
//! one line of JSON for each mode, and `--here` uses the present display in place of a virtual one.
//! `cargo bench` compiles Bevy with optimisations; `--profile dev` before the `--` uses what the
//! tests have compiled already.

#[cfg(target_os = "linux")]
#[path = "window/program.rs"]
mod program;
#[cfg(target_os = "linux")]
#[path = "../tests/support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod window;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    program::main()
}

/// Elsewhere there is no xdotool, which works the window.
#[cfg(not(target_os = "linux"))]
fn main() {}
