//! Programs that measure the plugin; `cargo xtask NAME` builds and starts them.
//!
//! One file holds all of them, so that Bevy is linked once. Each prints what it measured; `idle`
//! and `url` also run one case so often as is asked for, for a profiler.

#[cfg(target_os = "linux")]
mod flood;
mod frame;
mod idle;
#[cfg(target_os = "linux")]
mod soak;
mod url;

use std::env;
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "a program for the command line")]
fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.split_first() {
        #[cfg(target_os = "linux")]
        Some((&"flood", rest)) => flood::main(rest),
        Some((&"frame", rest)) => frame::main(rest),
        Some((&"idle", rest)) => idle::main(rest),
        #[cfg(target_os = "linux")]
        Some((&"soak", rest)) => soak::main(rest),
        Some((&"url", rest)) => url::main(rest),
        _ => {
            eprintln!("expected frame, idle or url; on Linux also flood or soak");
            ExitCode::from(2)
        }
    }
}
