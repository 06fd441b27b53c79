//! Browsers that block popups, shared by the tests of one process: a browser takes seconds to start.
//!
//! Each test has its browser for itself, with one empty tab. Storage, service workers and channels
//! belong to an origin, so a test gets clean ones by a site on a port of its own.

use std::io;
use std::ops::Deref;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::browser::{Brand, Browser};

/// Browsers that no test uses at this moment. They run on, so this is never dropped.
static IDLE: Mutex<Vec<(Brand, Kept)>> = Mutex::new(Vec::new());

/// Ends the browser with its standard input, which is a pipe from this process. So nothing is left
/// behind, however this process ends.
const GUARD: &str = r#"
read -r _
found=yes
while [ -n "$found" ]; do
  found=
  for process in /proc/[0-9]*; do
    id=${process#/proc/}
    [ "$id" != $$ ] || continue
    if grep -qsF "$0" "$process/environ" "$process/cmdline"; then found=yes; kill -KILL "$id"; fi
  done
done
rm -rf "$0"
"#;

/// A browser of a test. Its windows are closed when it is dropped. One whose test has failed ends.
pub struct SharedBrowser {
    brand: Brand,
    kept: Option<Kept>,
}

struct Kept {
    browser: Browser,
    _guard: Guard,
}

impl SharedBrowser {
    /// Takes a browser that is idle, or starts one. `None` after saying that the test is skipped.
    pub fn take(brand: Brand) -> Option<Self> {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        let index = idle.iter().position(|(idle, _)| *idle == brand);
        let kept = index.map(|index| idle.swap_remove(index).1);
        // Another test need not wait for the start.
        drop(idle);
        let kept = match kept {
            Some(kept) => kept,
            None => Kept::start(brand)?,
        };
        Some(Self {
            brand,
            kept: Some(kept),
        })
    }
}

impl Deref for SharedBrowser {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.kept.as_ref().expect("taken in drop only").browser
    }
}

impl Drop for SharedBrowser {
    fn drop(&mut self) {
        let Some(kept) = self.kept.take() else { return };
        if thread::panicking() {
            return;
        }
        match kept.browser.start_over() {
            Ok(()) => {
                let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
                idle.push((self.brand, kept));
            }
            Err(error) => {
                use io::Write as _;

                _ = writeln!(io::stderr(), "{:?} is started anew: {error}", self.brand);
            }
        }
    }
}

impl Kept {
    fn start(brand: Brand) -> Option<Self> {
        let browser = Browser::start_blocking_popups_in(brand)?;
        let guard = Guard::start(browser.scratch());
        Some(Self {
            browser,
            _guard: guard,
        })
    }
}

/// The process that outlives this one, until it is dropped.
struct Guard(Child);

impl Guard {
    fn start(folder: &Path) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", GUARD]).arg(folder).stdin(Stdio::piped());
        shell.stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl+C ends the group of this process.
        Self(shell.process_group(0).spawn().expect("there is a shell"))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // The browser, dropped before, has ended all processes of its folder: this one, too.
        drop(self.0.stdin.take());
        _ = self.0.wait();
    }
}
