//! What the game says, and what it gets for it.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::driver::{Desktop, Helper, command, home, request};
use crate::site::{Site, page};

fn site() -> Site {
    Site::start(|_| page(""))
}

#[test]
fn the_end_of_the_input_closes_the_window() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let site = site();
    let helper = Helper::show(&desktop, &site.url);
    helper.expect("at", &json!(site.url));
    helper.finish();

    // Before there is a page, too.
    let helper = Helper::start(&desktop);
    helper.expect("hello", &json!(1));
    helper.finish();
}

#[test]
fn what_is_no_request_is_refused_with_a_reason() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let mut newer = request("https://ok.ru/");
    newer["v"] = json!(2);
    for (line, reason) in [
        (newer.to_string(), "version 2"),
        ("{}".to_owned(), "version"),
        ("hello".to_owned(), "JSON"),
        (request("file:///etc/passwd").to_string(), "url"),
        ("x".repeat(1024 * 1024 + 1), "longer"),
    ] {
        let mut helper = Helper::start(&desktop);
        helper.send_text(&line);
        helper.expect("hello", &json!(1));
        let text = helper.receive("failed");
        assert!(
            text.as_str().is_some_and(|text| text.contains(reason)),
            "{text}"
        );
        helper.expect_end();
        helper.expect_no_process();
    }
}

#[test]
fn a_second_page_is_refused() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let site = site();
    let mut helper = Helper::show(&desktop, &site.url);
    helper.send(&request(&site.url));
    helper.receive("failed");
    helper.expect_end();
}

#[test]
fn without_a_screen_it_says_so_and_never_hello() {
    let home = home();
    let output = command(home.path())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "{\"failed\":\"there is no screen\"}\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn started_by_hand_it_says_what_it_is() {
    let output = Command::new(env!("CARGO_BIN_EXE_odnoklassniki_webview"))
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--odnoklassniki-webview"));
}
