//! The browser harness that the other browser tests use, tried on simple pages.
#![cfg(unix)]

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;
use test_support::browser::{Brand, Browser, in_each_engine, processes_of};
use test_support::opener::BrowserOpener;
use test_support::programs::{Wanted, program};

in_each_engine!(
    a_form_is_filled_and_sent,
    tabs_open_and_close,
    nothing_is_left_behind
);

fn a_form_is_filled_and_sent(brand: Brand) {
    let Some(browser) = Browser::start_in(brand) else {
        return;
    };
    let site = site();
    browser.goto(&format!("{site}/form"));
    assert_eq!(browser.title(), "Form");
    assert_eq!(browser.text("h1"), "Как тебя зовут?");
    assert_eq!(browser.count("button"), 1);

    browser.type_into("[name=who]", "Аня & co");
    assert_eq!(
        browser.execute("return document.querySelector('[name=who]').value"),
        "Аня & co"
    );
    browser.click("button");
    let url = browser.wait_for_url(|url| url.contains("/hello"));
    assert_eq!(url, format!("{site}/hello?who=%D0%90%D0%BD%D1%8F+%26+co"));
    assert_eq!(browser.title(), "Hello");

    browser.back();
    browser.wait_for_url(|url| url.ends_with("/form"));
}

#[test]
fn a_reload_asks_again() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let site = site();
    browser.goto(&format!("{site}/count"));
    let first: u32 = browser.text("p").parse().expect("a number");
    browser.reload();
    let second: u32 = browser.text("p").parse().expect("a number");
    assert_eq!(second, first + 1);
}

fn tabs_open_and_close(brand: Brand) {
    let Some(browser) = Browser::start_in(brand) else {
        return;
    };
    let site = site();
    browser.goto(&format!("{site}/form"));
    let first = browser.tab();
    let second = browser.new_tab();
    assert_ne!(first, second);
    browser.goto(&format!("{site}/hello"));
    browser.switch_to(&first);
    assert_eq!(browser.title(), "Form");
    assert_eq!(browser.wait_for_tab(|url| url.ends_with("/hello")), second);
    browser.close_tab();
    assert_eq!(browser.tabs(), [first]);
    assert_eq!(browser.title(), "Form");
    // A player may close the last tab too, and with it the browser.
    browser.close_tab();
}

#[test]
fn switches_and_pictures_work() {
    let Some(browser) = Browser::start_with(&["--window-size=640,480", "--accept-lang=ru"]) else {
        return;
    };
    browser.goto(&format!("{}/language", site()));
    assert_eq!(browser.text("p"), "ru");
    let file = browser.scratch().join("page.png");
    browser.screenshot(&file);
    let picture = fs::read(&file).expect("the picture was written");
    assert_eq!(picture.get(..8), Some(&b"\x89PNG\r\n\x1a\n"[..]));
}

fn nothing_is_left_behind(brand: Brand) {
    let Some(browser) = Browser::start_in(brand) else {
        return;
    };
    browser.goto(&format!("{}/form", site()));
    let scratch = browser.scratch().to_owned();
    assert!(
        !processes_of(&scratch).is_empty(),
        "a running browser is found by its folder"
    );
    drop(browser);
    assert!(processes_of(&scratch).is_empty());
    assert!(!scratch.exists(), "the profile is removed");
}

#[test]
fn a_browser_that_another_program_opened_is_taken_over() {
    let Some(opener) = BrowserOpener::new() else {
        return;
    };
    let site = site();
    // Three at once, as a game with three requests would.
    let names = ["/form", "/hello", "/count"];
    let mut running: Vec<_> = names
        .iter()
        .map(|name| {
            let url = format!("{site}{name}");
            Command::new(opener.program())
                .arg(url)
                .spawn()
                .expect("the opener starts")
        })
        .collect();
    let mut titles: Vec<_> = (0..names.len())
        .map(|call| {
            let browser = Browser::attach(&opener, call);
            browser.wait_for_tab(|url| url.starts_with(&site));
            if browser.title() == "Form" {
                browser.click("button");
                browser.wait_for_url(|url| url.contains("/hello?who="));
            }
            browser.title()
        })
        .collect();
    titles.sort();
    assert_eq!(titles, ["Count", "Hello", "Hello"]);

    let mut calls = opener.calls();
    calls.sort();
    assert_eq!(
        calls,
        [
            [format!("{site}/count")],
            [format!("{site}/form")],
            [format!("{site}/hello")]
        ]
    );

    let folder = opener
        .program()
        .parent()
        .expect("the program is in a folder")
        .to_owned();
    assert!(
        !processes_of(&folder).is_empty(),
        "every browser is still open"
    );
    drop(opener);
    assert!(processes_of(&folder).is_empty());
    assert!(!folder.exists(), "the profiles are removed");
    for child in &mut running {
        child.wait().expect("the opener has ended");
    }
}

/// `BROWSER` belongs to a process, so this test runs itself again in an inner one that has it.
#[cfg(feature = "browser")]
#[test]
fn the_webbrowser_crate_opens_it_through_browser() {
    const NAME: &str = "the_webbrowser_crate_opens_it_through_browser";
    if test_support::subprocess::is_child(NAME) {
        let url = env::var("OK_TEST_OPEN").expect("the parent process gave a URL");
        webbrowser::open(&url).expect("a program was started");
        return;
    }
    let Some(opener) = BrowserOpener::new() else {
        return;
    };
    let url = format!("{}/hello?a=1&b=$HOME", site());
    let output = test_support::subprocess::command(NAME)
        .env("BROWSER", opener.program())
        .env("OK_TEST_OPEN", &url)
        .output()
        .expect("this program starts again");
    assert!(output.status.success());
    let browser = Browser::attach(&opener, 0);
    browser.wait_for_tab(|current| current == url);
    assert_eq!(browser.title(), "Hello");
    assert_eq!(opener.calls(), [[url]]);
}

#[test]
fn a_missing_program_is_named() {
    let nowhere = OsString::from("/nonexistent");
    let wanted = |names| Wanted {
        variable: "CHROMIUM",
        names,
        remedy: "build it",
    };
    let error =
        program(&wanted(&["no-such-chromium"]), None, &nowhere).expect_err("it does not exist");
    assert!(
        error
            .to_string()
            .contains("no-such-chromium on PATH (build it; or name it in CHROMIUM)"),
        "{error}"
    );
    let given = Some(OsString::from("/nonexistent/chromium"));
    let error = program(&wanted(&["sh"]), given, &nowhere).expect_err("it does not exist");
    assert!(
        error
            .to_string()
            .contains("CHROMIUM names no program: /nonexistent/chromium"),
        "{error}"
    );
    let found = program(
        &wanted(&["sh"]),
        Some(OsString::new()),
        &OsString::from("/bin"),
    )
    .expect("every Unix has it");
    assert!(found.ends_with("sh"));
}

#[test]
fn without_a_browser_tests_are_skipped_aloud() {
    let output = one_test_without_browser(None);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "a skipped test passes: {text}");
    assert!(text.contains("SKIPPED: "), "{text}");
    assert!(
        text.contains("because CHROMEDRIVER names no program: /nonexistent/driver"),
        "{text}"
    );
}

#[test]
fn without_a_required_browser_tests_fail() {
    let output = one_test_without_browser(Some("1"));
    assert!(
        !output.status.success(),
        "OK_REQUIRE_BROWSER makes a skipped test a failure"
    );
    // Zero means no.
    assert!(one_test_without_browser(Some("0")).status.success());
}

/// Runs one browser test of this file again, in a process that finds no chromedriver.
fn one_test_without_browser(required: Option<&str>) -> Output {
    let mut command = Command::new(env::current_exe().expect("this program has a path"));
    command.args(["--exact", "a_reload_asks_again"]);
    command
        .env_remove("OK_SKIP_BROWSER")
        .env_remove("OK_REQUIRE_BROWSER");
    command
        .env("CHROMIUM", "/bin/sh")
        .env("CHROMEDRIVER", "/nonexistent/driver");
    if let Some(required) = required {
        command.env("OK_REQUIRE_BROWSER", required);
    }
    command.output().expect("this program starts again")
}

/// Starts a tiny site for the rest of the process and returns its URL.
fn site() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let address = listener
        .local_addr()
        .expect("a bound socket has an address");
    thread::spawn(move || {
        let counted = Arc::new(AtomicU32::new(0));
        for stream in listener.incoming().flatten() {
            let counted = Arc::clone(&counted);
            // One thread for each connection: browsers open connections ahead and leave them
            // silent.
            thread::spawn(move || respond(&stream, &counted));
        }
    });
    format!("http://{address}")
}

fn respond(mut stream: &TcpStream, counted: &AtomicU32) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let head: Vec<String> = BufReader::new(stream)
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let target = head
        .first()
        .and_then(|line| line.split(' ').nth(1))
        .unwrap_or_default();
    let language = head
        .iter()
        .find_map(|line| line.strip_prefix("Accept-Language: "))
        .unwrap_or_default();
    let (title, body) = match target.split('?').next() {
        Some("/form") => (
            "Form",
            "<h1>Как тебя зовут?</h1><form action=/hello><input name=who><button>Ok</button></form>".to_owned(),
        ),
        Some("/hello") => ("Hello", "<h1>Привет</h1>".to_owned()),
        Some("/count") => ("Count", format!("<p>{}</p>", counted.fetch_add(1, Ordering::Relaxed))),
        Some("/language") => ("Language", format!("<p>{language}</p>")),
        _ => return,
    };
    let page = format!("<!doctype html><title>{title}</title><link rel=icon href=data:,>{body}");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n";
    let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
}
