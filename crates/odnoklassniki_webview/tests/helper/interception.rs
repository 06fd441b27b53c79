//! The return is stopped and reported whole, however the page gets there.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use std::time::Duration;

use odnoklassniki_sandbox::{Behavior, Sandbox};
use serde_json::json;
use test_support::child_protocol::ChildProcess;
use test_support::programs::{Missing, NAMESPACE};
use test_support::subprocess;

use crate::driver::{Desktop, Helper, request, widget};
use crate::site::{Site, page, redirect, script};

const LOGIN: &str = "https://oauth.mycdn.me/blank.html";
const REST: &str = "?result=%7B%22code%22%3A%22OK%22%7D&state=1#access_token=t&x=%D0%B9";

/// The ways to lead a browser somewhere else. `{to}` is where.
const WAYS: [&str; 9] = [
    "302", "303", "307", "replace", "href", "refresh", "form", "post", "click",
];

/// Serves all [`WAYS`]: `/<way>?<hex of the URL>`.
fn site(to: String) -> Site {
    Site::start(move |path| {
        let to = to.as_str();
        match path.trim_start_matches('/') {
            "302" => redirect(302, to),
            "303" | "posted" => redirect(303, to),
            "307" => redirect(307, to),
            "replace" => script(format!("location.replace({to:?})")),
            "href" => script(format!("setTimeout(() => location.href = {to:?}, 50)")),
            "refresh" => page(format!("<meta http-equiv=refresh content='0;url={to}'>")),
            // A form's own fields take the place of the query.
            "form" => {
                let bare = to.split(['?', '#']).next().unwrap_or_default();
                page(format!(
                    "<form action='{bare}'><input name=result value=1></form>
                     <script>document.forms[0].submit()</script>"
                ))
            }
            "post" => page(
                "<form method=post action=/posted></form><script>document.forms[0].submit()</script>",
            ),
            "click" => page(format!(
                "<a href='{to}'>x</a><script>document.querySelector('a').click()</script>"
            )),
            _ => page(""),
        }
    })
}

fn every_way_to(desktop: &Desktop, bare: &str, ways: &[&str]) {
    let to = format!("{bare}{REST}");
    let site = site(to.clone());
    for way in ways {
        let mut helper = Helper::start(desktop);
        let mut request = request(&format!("{}/{way}", site.url));
        request["returns"] = json!([widget(), bare]);
        helper.send(&request);
        helper.expect("hello", &json!(1));
        helper.expect("shown", &json!(true));
        let expected = match *way {
            "form" => format!("{bare}?result=1"),
            _ => to.clone(),
        };
        helper.expect_return(&expected);
        helper.finish();
    }
}

#[test]
fn a_widgets_return_comes_whole_by_every_way() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    every_way_to(&desktop, &widget(), &WAYS);
}

#[test]
fn nothing_is_asked_of_a_server_at_the_return_address() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let server = Site::start(|_| page("never"));
    every_way_to(&desktop, &format!("{}/login", server.url), &WAYS);
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[test]
fn wayland_has_it_whole_too() {
    let Some(desktop) = Desktop::wayland() else {
        return;
    };
    every_way_to(&desktop, &widget(), &["303", "replace", "post"]);
}

#[test]
fn the_sandbox_returns_from_its_widgets() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let sandbox = Sandbox::start().expect("a sandbox");
    // Unsigned, so it is refused: the refusal comes back all the same.
    sandbox.set_behavior(Behavior::Accept);
    let url = format!(
        "{}/dk?st.cmd=WidgetInvite&st.app={}&st.return={}",
        sandbox.url(),
        sandbox.app().id,
        widget().replace(':', "%3A").replace('/', "%2F")
    );
    let helper = Helper::show(&desktop, &url);
    let returned = helper.receive("returned");
    let returned = returned.as_str().expect("a text");
    assert!(
        returned.starts_with(&format!("{}?", widget())),
        "{returned}"
    );
    assert!(returned.contains("error_code"), "{returned}");
    helper.finish();
}

/// A login's page of OK's own host, where there is no network at all.
#[test]
fn a_login_returns_without_a_network() {
    const NAME: &str = "interception::a_login_returns_without_a_network";
    if subprocess::is_child(NAME) {
        let Some(desktop) = Desktop::x11() else {
            return;
        };
        every_way_to(&desktop, LOGIN, &WAYS);
        let devices = fs::read_to_string("/proc/net/dev").expect("a list");
        assert_eq!(devices.lines().count(), 3, "only the loopback device");
        return;
    }
    let alone = || {
        let mut command = Command::new("unshare");
        if fs::metadata("/proc/self").is_ok_and(|process| process.uid() != 0) {
            command.args(["--user", "--map-root-user"]);
        }
        command.args([
            "--net",
            "sh",
            "-c",
            "ip link set lo up && exec \"$0\" \"$@\"",
        ]);
        command
    };
    let can = NAMESPACE.find_or_skip(|| {
        let output = alone().arg("true").output();
        match output.is_ok_and(|output| output.status.success()) {
            true => Ok(()),
            false => Err(Missing("no network namespace".to_owned())),
        }
    });
    if can.is_none() {
        return;
    }
    let mut command = alone();
    command.arg(std::env::current_exe().expect("a path"));
    subprocess::run_test(&mut command, NAME);
    ChildProcess::start(&mut command).assert_passes();
}

/// Until the game says what came back, the page goes nowhere; and it does not wait forever.
#[test]
fn a_game_that_says_nothing_loses_the_window() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let to = widget();
    let site = Site::start(move |path| match path {
        "/" => script(format!(
            "location.href = {to:?}; setInterval(() => location.href = '/away', 200)"
        )),
        _ => page(""),
    });
    let mut helper = Helper::show(&desktop, &site.url);
    helper.expect_return(&widget());
    assert!(helper.next_within(Duration::from_secs(2)).is_none());
    helper.expect_end();
    assert_eq!(site.requests(), ["GET /"]);
    helper.expect_no_process();
}
