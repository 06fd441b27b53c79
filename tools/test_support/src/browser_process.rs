//! How browsers are started for tests, and how their processes are ended: what a driven browser and
//! [`opener`](crate::opener) share.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a page, an element, a picture or a process may take before a test gives up. A healthy
/// machine needs milliseconds, a busy one with two cores half a minute.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// A host name that leads every test's browser to this machine: as an attacker does with their own
/// name by DNS rebinding.
pub const STRANGER: &str = "stranger.example";

/// Returns the switches for a quiet Chromium without a window. It needs a profile folder besides.
pub fn switches() -> impl Iterator<Item = String> {
    // Chromium refuses its sandbox to root; the pages of the tests are our own.
    let no_sandbox = is_root().then_some("--no-sandbox");
    let always = [
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];
    let resolve = format!("--host-resolver-rules=MAP {STRANGER} 127.0.0.1");
    always
        .into_iter()
        .chain(no_sandbox)
        .map(str::to_owned)
        .chain([resolve])
}

/// Returns the preferences for a quiet Firefox, besides those that every driven Firefox has.
pub fn preferences() -> Value {
    json!({
        "app.normandy.enabled": false,
        "app.update.disabledForTesting": true,
        "browser.safebrowsing.malware.enabled": false,
        "browser.safebrowsing.phishing.enabled": false,
        "browser.shell.checkDefaultBrowser": false,
        "browser.startup.homepage_override.mstone": "ignore",
        "datareporting.healthreport.uploadEnabled": false,
        "datareporting.policy.dataSubmissionEnabled": false,
        "network.captive-portal-service.enabled": false,
        "network.connectivity-service.enabled": false,
        "network.dns.localDomains": STRANGER,
        "toolkit.telemetry.enabled": false,
    })
}

/// Returns an empty folder with a short name: Chromium keeps a socket in its profile, and paths of
/// sockets are limited.
pub fn scratch() -> TempDir {
    tempfile::Builder::new()
        .prefix("ok-browser-")
        .tempdir()
        .expect("a temporary folder can be made")
}

/// Polls until there is something, or `None` when [`TIMEOUT`] is over.
pub fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        // Only the pause between two looks; no test depends on its length.
        thread::sleep(Duration::from_millis(20));
    }
}

/// Kills every process that belongs to `folder` ([`processes_of`]), and waits until none is left.
pub fn end_processes_of(folder: &Path) {
    let all_gone = wait_for(|| {
        let left = processes_of(folder);
        for process in &left {
            let _ = Command::new("kill")
                .arg("-KILL")
                .arg(process.to_string())
                .output();
        }
        left.is_empty().then_some(())
    });
    if all_gone.is_none() && !thread::panicking() {
        panic!(
            "processes of {} are left: {:?}",
            folder.display(),
            processes_of(folder)
        );
    }
}

/// Returns the ids of the live processes that name `folder` in their command line or their
/// environment. Whatever a browser starts inherits it, and the name is ours alone. Needs Linux's
/// `/proc`; elsewhere nothing is found.
pub fn processes_of(folder: &Path) -> Vec<u32> {
    let needle = folder.as_os_str().as_bytes();
    let names_it = |file: PathBuf| {
        fs::read(file).is_ok_and(|text| text.windows(needle.len()).any(|part| part == needle))
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| {
        let process = PathBuf::from(format!("/proc/{id}"));
        names_it(process.join("cmdline")) || names_it(process.join("environ"))
    })
    .collect()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
