//! Many flows in one process, and whether anything is left of them: memory, descriptors, threads,
//! children.
//!
//! ```sh
//! cargo run --release -p reliability --bin soak -- --flows 100000 --png docs/soak.png
//! ```
//!
//! A flow is a whole one: the game writes a request, its link is followed, OK's answer comes to the
//! listener, the game reads the result. OK is played by hand, so that nothing but the plugin is in
//! the process. The graph shows memory and latency over the run.

#[cfg(target_os = "linux")]
mod flow;
#[cfg(target_os = "linux")]
mod graph;
#[cfg(target_os = "linux")]
mod program;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    program::main()
}

/// Elsewhere there is no `/proc` to count in.
#[cfg(not(target_os = "linux"))]
fn main() {}
