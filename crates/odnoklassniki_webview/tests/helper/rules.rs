//! What the player sees and does: the title, the window's cross, links to other windows, cookies.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::json;
use test_support::files::files_with;
use test_support::wait::wait_until;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt as _, EventMask};

use crate::driver::{Browser, Desktop, Helper, home, request, widget};
use crate::site::{Reply, Site, page, script};

/// Closes a window as its frame's cross does.
pub fn close(desktop: &Desktop, title: &str) {
    let window = desktop.window(title).id().parse().expect("a number");
    let (x, _) = x11rb::connect(Some(desktop.display())).expect("the screen is there");
    let atom = |name: &str| {
        let cookie = x.intern_atom(false, name.as_bytes()).expect("sent");
        cookie.reply().expect("an atom").atom
    };
    let data = [atom("WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0];
    let message = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), data);
    x.send_event(false, window, EventMask::NO_EVENT, message)
        .expect("sent")
        .check()
        .expect("it is there");
    x.flush().expect("sent");
}

#[test]
fn the_cross_closes_the_window() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let site = Site::start(|_| page(""));
    let mut helper = Helper::show(&desktop, &site.url);
    close(&desktop, &format!("{} - Castle", site.url));
    helper.expect("closed", &json!(true));
    assert!(helper.expect_end().success());
    helper.expect_no_process();
}

#[test]
fn the_title_follows_the_page() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let other = Site::start(|_| page("<title>ok.ru</title>"));
    let to = other.url.clone();
    let site =
        Site::start(move |_| script(format!("setTimeout(() => location.href = {to:?}, 500)")));
    let helper = Helper::show(&desktop, &site.url);
    assert_eq!(helper.next(), Some(("at".to_owned(), json!(site.url))));
    assert_eq!(helper.next(), Some(("at".to_owned(), json!(other.url))));
    desktop.window(&format!("{} - Castle", other.url));
    helper.finish();
}

#[test]
fn a_clicked_link_to_another_window_opens_in_the_browser() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    for (href, opens) in [
        ("https://ok.ru/help?a=1", true),
        ("file:///etc/passwd", false),
        ("okwidget://return/00", false),
        ("javascript:alert(1)", false),
    ] {
        let site = Site::start(move |_| {
            page(format!(
                "<a href='{href}' target=_blank style='position:fixed;inset:0'></a>"
            ))
        });
        let browser = Browser::new();
        let helper = Helper::show_with(&desktop, &site.url, |command| {
            command.env("BROWSER", browser.program());
        });
        helper.expect("at", &json!(site.url));
        let window = desktop.window(&format!("{} - Castle", site.url));
        window.click((300, 300), || {});
        if opens {
            wait_until("the browser", || browser.opened().is_some());
            assert_eq!(browser.opened().as_deref(), Some(href));
        } else {
            assert!(helper.next_within(Duration::from_secs(1)).is_none());
            assert_eq!(browser.opened(), None, "{href}");
        }
        // The page is where it was.
        assert_eq!(site.requests(), ["GET /"]);
        helper.finish();
    }
}

/// Sets a cookie if there is none, and returns with the one that there was.
fn cookies() -> Site {
    let to = widget();
    Site::start(move |_| {
        Reply {
        status: "200 OK\r\nContent-Type: text/html\r\nSet-Cookie: seen=CANARY; Max-Age=3600".to_owned(),
        body: format!(
            "<script>
               const was = localStorage.getItem('was') || 'none'; localStorage.setItem('was', 'CANARY');
               setTimeout(() => location.href = {to:?} + '?' + was, 300)
             </script>"
        ),
    }
    })
}

#[test]
fn nothing_is_kept_unless_the_game_gives_a_folder() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let site = cookies();
    let shared = home();
    for _ in 0..2 {
        // Where an engine keeps what it keeps, if nobody says where.
        let mut helper = Helper::show_with(&desktop, &site.url, |command| {
            for variable in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
                command.env(variable, shared.path());
            }
        });
        helper.expect_return(&format!("{}?none", widget()));
        helper.close_input();
        helper.expect_end();
        helper.expect_no_process();
        for folder in [helper.home(), shared.path()] {
            let found = files_with(folder, &["CANARY".to_owned()]);
            assert!(found.is_empty(), "{found:?}");
        }
    }

    let folder = home();
    let profile = folder.path().join("profile");
    for expected in ["none", "CANARY"] {
        let mut helper = Helper::start(&desktop);
        let mut request = request(&site.url);
        request["profile"] = json!(profile);
        helper.send(&request);
        helper.expect("hello", &json!(1));
        helper.expect("shown", &json!(true));
        helper.expect_return(&format!("{}?{expected}", widget()));
        helper.finish();
        let mode = fs::metadata(&profile).expect("made").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}

#[test]
fn the_page_is_asked_for_in_the_games_language() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let to = widget();
    let site =
        Site::start(move |_| script(format!("location.href = {to:?} + '?' + navigator.language")));
    let helper = Helper::show(&desktop, &site.url);
    helper.expect_return(&format!("{}?ru", widget()));
    helper.finish();
}
