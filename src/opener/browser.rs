//! The system's browser.

use std::sync::Arc;

use callback_listener::OneTimeLink;

use super::{OpenError, Opener, Page, PageEvent, open_with};
use crate::request::RequestId;

/// Opens the page in the player's default browser, with the crate `webbrowser`.
///
/// On Linux the variable `BROWSER` comes first, then the desktop's setting. If the program ends
/// with an error within a second, the request ends as
/// [`CannotOpen`](crate::RequestErrorKind::CannotOpen). If it fails later, the request times out.
///
/// The program inherits the game's environment: see "libraries of the game" in
/// `docs/troubleshooting.md`. The crate logs the command with the one-time link at the level
/// `debug`.
#[derive(Clone, Copy, Debug, Default)]
pub struct BrowserOpener;

impl BrowserOpener {
    /// Returns whether a browser seems to be installed and, on Linux, there is a screen. The
    /// browser may still fail to start.
    ///
    /// ```
    /// if !bevy_odnoklassniki::BrowserOpener::is_available() {
    ///     println!("no browser here: offer the link as text");
    /// }
    /// ```
    #[must_use]
    pub fn is_available() -> bool {
        has_screen() && webbrowser::Browser::is_available()
    }
}

/// Returns whether there is a screen. On Linux and similar systems a browser can be installed
/// without one.
fn has_screen() -> bool {
    let set = |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    !cfg!(all(
        unix,
        not(target_vendor = "apple"),
        not(target_os = "android")
    )) || ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"]
        .into_iter()
        .any(set)
}

impl Opener for BrowserOpener {
    fn open(&self, link: &OneTimeLink) -> Result<(), OpenError> {
        if !has_screen() {
            return Err(OpenError::new("there is no screen, and BROWSER is not set"));
        }
        webbrowser::open(link.expose()).map_err(|error| OpenError::new(error.to_string()))?;
        children::check()
    }
}

/// Opens a link in the player's browser. Calls `send` once.
pub(crate) fn open_by_default(page: Page, send: impl Fn(PageEvent) + Send + 'static) {
    open_with(Arc::new(BrowserOpener), page.link, send);
}

/// Does nothing: only a browser blocks windows.
pub(crate) fn show_prompt(_: RequestId, _: &OneTimeLink, _: impl Fn(PageEvent) + Send + 'static) {}

/// Does nothing.
pub(crate) fn hide_prompt(_: RequestId) {}

/// Reaps processes: the request that had opened a browser is over.
pub(crate) fn end(_: RequestId) {
    reap();
}

/// Reaps browser processes that have exited, so that no zombies are left. Runs when a request ends
/// and when a listener stops; never waits.
pub(crate) fn reap() {
    children::reap();
}

/// `webbrowser` does not watch the program that it starts. This module reads this thread's child
/// processes from the kernel: it notices a program that fails at once, and leaves no zombies.
#[cfg(target_os = "linux")]
pub(super) mod children {
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, Instant};
    use std::{fs, thread};

    use rustix::process::{Pid, WaitOptions, WaitStatus, waitpid};

    use crate::opener::OpenError;

    /// How long a program is watched. `xdg-open` takes a third of a second to find no browser.
    const GRACE: Duration = Duration::from_secs(1);
    const STEP: Duration = Duration::from_millis(5);

    /// Programs that still ran when the grace period was over.
    static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

    pub(super) fn check() -> Result<(), OpenError> {
        let mut started = of_this_thread();
        let end = Instant::now() + GRACE;
        let mut result = Ok(());
        while result.is_ok() && !started.is_empty() && Instant::now() < end {
            started.retain(|pid| match waitpid(Some(*pid), WaitOptions::NOHANG) {
                Ok(None) => true,
                Ok(Some((_, status))) => {
                    result = result.clone().and(check_exit(status));
                    false
                }
                Err(_) => false,
            });
            thread::sleep(STEP);
        }
        RUNNING
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .append(&mut started);
        result
    }

    /// Reaps the programs that have exited since. Never waits.
    pub(in crate::opener) fn reap() {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|pid| matches!(waitpid(Some(*pid), WaitOptions::NOHANG), Ok(None)));
    }

    fn check_exit(status: WaitStatus) -> Result<(), OpenError> {
        match (status.exit_status(), status.terminating_signal()) {
            (Some(0), _) | (None, None) => Ok(()),
            (Some(code), _) => Err(failed(format!(
                "the browser's program ended with code {code}"
            ))),
            (None, Some(signal)) => Err(failed(format!(
                "the browser's program was ended by signal {signal}"
            ))),
        }
    }

    /// Returns an error that names a frequent cause: libraries of the game that the browser
    /// inherits.
    fn failed(text: String) -> OpenError {
        let set =
            |variable: &&str| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
        let inherited: Vec<_> = ["LD_LIBRARY_PATH", "LD_PRELOAD"]
            .into_iter()
            .filter(set)
            .collect();
        match inherited[..] {
            [] => OpenError::new(text),
            _ => OpenError::new(format!(
                "{text}; it inherits {} from the game",
                inherited.join(" and ")
            )),
        }
    }

    fn of_this_thread() -> Vec<Pid> {
        let list = fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
        list.split_ascii_whitespace()
            .filter_map(|pid| Pid::from_raw(pid.parse().ok()?))
            .collect()
    }
}

/// Elsewhere a service of the system starts the browser and reports failures.
#[cfg(not(target_os = "linux"))]
pub(super) mod children {
    use crate::opener::OpenError;

    #[expect(
        clippy::unnecessary_wraps,
        reason = "the same signature on every platform"
    )]
    pub(super) fn check() -> Result<(), OpenError> {
        Ok(())
    }

    pub(in crate::opener) fn reap() {}
}
