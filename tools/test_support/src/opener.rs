//! A stand-in for the player's browser: a program for the environment variable `BROWSER` that
//! starts a headless browser which a test can take over.

use crate::browser_process::{end_processes_of, preferences, scratch, switches, wait_for};
use crate::programs::{Brand, Programs};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tempfile::TempDir;

/// The program, and every browser it starts: one for each call, because a headless one takes no
/// second URL. Dropping it ends them and removes their files.
///
/// The environment is never changed here: give [`program`](Self::program) to a child process as
/// `BROWSER`.
pub struct BrowserOpener {
    programs: Programs,
    scratch: TempDir,
}

/// Why this works in Chromium and Firefox only.
pub(crate) const NOT_TAKEN_OVER: &str = "WebKit's driver takes over no browser";

/// Makes a folder for the call, named by a number, notes the arguments there and becomes the
/// browser.
const SCRIPT: &str = r#"#!/bin/sh
call=0
until mkdir "$SCRATCH/$call" 2>/dev/null; do call=$((call + 1)); done
cd "$SCRATCH/$call" || exit 1
mkdir profile
[ ! -f ../user.js ] || cp ../user.js profile/
for argument in "$@"; do printf '%s\n' "$argument"; done >arguments.part
mv arguments.part arguments
export HOME="$PWD" TMPDIR="$PWD"
exec $BROWSER "$1" >/dev/null 2>&1
"#;

impl BrowserOpener {
    /// Writes the program for Chromium, or `None` after saying that the test is skipped and why.
    pub fn new() -> Option<Self> {
        Self::of(Brand::Chromium)
    }

    /// Writes the program for Chromium or Firefox.
    pub fn of(brand: Brand) -> Option<Self> {
        let opener = Self {
            programs: Programs::find_or_skip(brand)?,
            scratch: scratch(),
        };
        let mut browser = quoted(&opener.programs.browser.to_string_lossy());
        match brand {
            Brand::Chromium => {
                for switch in switches() {
                    browser += " ";
                    browser += &quoted(&switch);
                }
                browser += r#" --user-data-dir="$PWD/profile" --remote-debugging-port=0"#;
            }
            Brand::Firefox => {
                fs::write(opener.scratch.path().join("user.js"), user_js())
                    .expect("preferences can be written");
                browser += r#" --headless --marionette --no-remote --profile "$PWD/profile""#;
            }
            Brand::WebKit => panic!("{NOT_TAKEN_OVER}"),
        }
        let script = SCRIPT
            .replace("$SCRATCH", &opener.scratch.path().to_string_lossy())
            .replace("$BROWSER", &browser);
        fs::write(opener.program(), script).expect("the opener can be written");
        fs::set_permissions(opener.program(), fs::Permissions::from_mode(0o755))
            .expect("the opener can be made executable");
        Some(opener)
    }

    /// Returns the value for `BROWSER`.
    pub fn program(&self) -> PathBuf {
        self.scratch.path().join("open")
    }

    /// Returns the arguments of every call so far, in the order of the calls.
    pub fn calls(&self) -> Vec<Vec<String>> {
        let calls =
            (0..).map_while(|call| fs::read_to_string(self.folder(call).join("arguments")).ok());
        calls
            .map(|arguments| arguments.lines().map(str::to_owned).collect())
            .collect()
    }

    /// Waits until the browser was started for a call (0 is the first) and returns where it can be
    /// driven.
    pub(crate) fn wait_for_port(&self, call: usize) -> u16 {
        // Browsers take a free port and write it into their profile, so that two tests never meet.
        let name = match self.programs.brand {
            Brand::Chromium => "DevToolsActivePort",
            Brand::Firefox => "MarionetteActivePort",
            Brand::WebKit => panic!("{NOT_TAKEN_OVER}"),
        };
        let file = self.folder(call).join("profile").join(name);
        let port = wait_for(|| fs::read_to_string(&file).ok()?.lines().next()?.parse().ok());
        port.unwrap_or_else(|| {
            panic!(
                "no browser for call {call}; calls so far: {:?}",
                self.calls()
            )
        })
    }

    /// Returns which browser it starts.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Returns where a call's browser has its files; names its processes, too.
    pub fn folder(&self, call: usize) -> PathBuf {
        self.scratch.path().join(call.to_string())
    }
}

impl Drop for BrowserOpener {
    fn drop(&mut self) {
        end_processes_of(self.scratch.path());
    }
}

/// Returns the preferences that Firefox reads when it starts. Port 0 is any free one.
fn user_js() -> String {
    let mut preferences = preferences();
    preferences["marionette.port"] = 0.into();
    let lines = preferences.as_object().into_iter().flatten();
    lines
        .map(|(name, value)| format!("user_pref(\"{name}\", {value});\n"))
        .collect()
}

/// Quotes one word of a shell script.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
