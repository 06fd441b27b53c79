//! The example game as a program for Windows, run by Wine, and this machine's Chromium, to which
//! `winebrowser` passes the links. `scripts/test --only windows` builds the game and names it in
//! `OK_WINDOWS_GAME`; without it there is nothing to test.
#![cfg(target_os = "linux")]

use std::env;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::Value;
use test_support::browser::{Browser, TIMEOUT};
use test_support::child_protocol::ChildProcess;
use test_support::opener::BrowserOpener;

#[test]
fn a_game_for_windows_invites_through_chromium() {
    let Some(program) = env::var_os("OK_WINDOWS_GAME") else {
        return;
    };
    let Some(opener) = BrowserOpener::new() else {
        return;
    };
    // Wine looks for `xdg-open` on `PATH`, and passes it the URL that the game opens.
    let folder = tempfile::tempdir().expect("a folder");
    symlink(opener.program(), folder.path().join("xdg-open")).expect("a link");
    let path = env::var_os("PATH").unwrap_or_default();
    let path = [folder.path().to_owned()]
        .into_iter()
        .chain(env::split_paths(&path));

    let path = env::join_paths(path).expect("folders without colons");
    let mut game = ChildProcess::start(
        Command::new("wine")
            .arg(program)
            .arg("--json")
            .env("PATH", path),
    );

    // A browser for each page, as for a player who has closed the last one.
    for (call, kind) in ["invite", "suggest", "post"].into_iter().enumerate() {
        let browser = Browser::attach(&opener, call);
        browser.wait_for_tab(|url| url.contains("/dk?"));
        if kind == "suggest" {
            // The game preselects no friend there.
            browser.click("[name=friend]");
        }
        browser.click("#publish");
        browser.wait_for_url(|url| url.contains("/r/"));

        let line = game.receive_within("{", TIMEOUT);
        let result: Value = serde_json::from_str(&format!("{{{line}")).expect("a JSON object");
        assert_eq!(
            (&result["kind"], &result["outcome"]),
            (&kind.into(), &"completed".into()),
            "{result}"
        );
    }
    let (status, output) = game.finish();
    assert!(status.success(), "{status}: {output}");
}
