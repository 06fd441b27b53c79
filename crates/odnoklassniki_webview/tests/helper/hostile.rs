//! Pages that mean no good: nothing ends wrongly, and the program lives.

use serde_json::json;
use test_support::files::files_with;

use crate::driver::{Browser, Desktop, Helper, TOKEN, request, widget};
use crate::site::{Reply, Site, page, script};

/// Shows a page that runs `first`, and half a second later returns as it should. Nothing else may
/// be reported, and nothing may open in the player's browser.
#[track_caller]
fn survives(desktop: &Desktop, first: &str) -> Helper {
    let (first, end) = (first.to_owned(), format!("{}?end=1", widget()));
    let site = Site::start(move |path| match path {
        "/" => script(format!(
            "try {{ {first} }} catch (_) {{}} setTimeout(() => location.href = {end:?}, 500)"
        )),
        "/attachment" => Reply {
            status: "200 OK\r\nContent-Type: application/octet-stream\r\n\
                     Content-Disposition: attachment; filename=evil.sh"
                .to_owned(),
            body: "evil".to_owned(),
        },
        _ => page(""),
    });
    let browser = Browser::new();
    let helper = Helper::show_with(desktop, &site.url, |command| {
        command.env("BROWSER", browser.program());
    });
    helper.expect_return(&format!("{}?end=1", widget()));
    assert_eq!(browser.opened(), None);
    helper
}

#[test]
fn frames_without_the_token_return_nothing() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let urls = [
        "okwidget://return/".to_owned(),
        "okwidget://return/00000000000000000000000000000000?result=1".to_owned(),
        format!("okwidget://return/{}", &TOKEN[1..]),
        format!("{}0", widget()),
        format!("{}/", widget()),
    ];
    for url in urls {
        survives(&desktop, &format!(
            "const f = document.createElement('iframe'); f.src = {url:?}; document.body.append(f)"
        ))
        .finish();
        survives(&desktop, &format!("location.href = {url:?}")).finish();
    }
}

#[test]
fn other_schemes_lead_nowhere() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    survives(
        &desktop,
        "for (const url of ['file:///etc/passwd', 'data:text/html,x', 'mailto:a@b', 'ok1://x',
            'about:config', URL.createObjectURL(new Blob(['x'], {type: 'text/html'}))])
            location.href = url",
    )
    .finish();
}

#[test]
fn windows_do_not_open_without_a_click() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    survives(
        &desktop,
        "for (let i = 0; i < 20; i++) window.open('https://evil.example/')",
    )
    .finish();
}

/// A click opens pages in the player's browser, which gets them as an argument that others can read.
#[test]
fn a_return_in_a_new_window_is_a_return() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    for to in [widget(), "https://oauth.mycdn.me/blank.html".to_owned()] {
        let link = format!("{to}?state=1#access_token={TOKEN}");
        let site = Site::start({
            let link = link.clone();
            move |_| {
                page(format!(
                    "<a style='position:fixed;inset:0' target=_blank href='{link}'></a>"
                ))
            }
        });
        let browser = Browser::new();
        let mut helper = Helper::start_with(&desktop, |command| {
            command.env("BROWSER", browser.program());
        });
        let mut request = request(&site.url);
        request["returns"] = json!([to]);
        helper.send(&request);
        helper.expect("hello", &json!(1));
        helper.expect("shown", &json!(true));
        let window = desktop.window(&format!("{} - Castle", site.url));
        window.click((300, 300), || {});
        helper.expect_return(&link);
        assert_eq!(browser.opened(), None);
        helper.finish();
    }
}

/// A dialog would wait for the player before the page returns, and show the page's URL.
#[test]
fn dialogs_do_not_show() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    survives(&desktop, "alert(1); confirm(2); prompt(3)").finish();
    survives(&desktop, "for (let i = 0; i < 20; i++) print()").finish();
}

#[test]
fn downloads_are_refused() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let helper = survives(
        &desktop,
        "const a = document.createElement('a'); a.href = '/attachment'; a.download = 'evil.sh';
         document.body.append(a); a.click(); location.href = '/attachment'",
    );
    let found = files_with(helper.home(), &["evil".to_owned()]);
    assert!(found.is_empty(), "{found:?}");
    helper.finish();
}

#[test]
fn permissions_are_refused() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let to = widget();
    let site = Site::start(move |_| {
        script(format!(
            "const said = [];
             const say = what => {{ said.push(what); if (said.length == 2) location.href = {to:?} + '?' + said.sort() }};
             navigator.geolocation.getCurrentPosition(() => say('place'), e => say('refused' + e.code));
             Notification.requestPermission().then(say)"
        ))
    });
    let helper = Helper::show(&desktop, &site.url.replace("127.0.0.1", "localhost"));
    helper.expect_return(&format!("{}?denied,refused1", widget()));
    helper.finish();
}

#[test]
fn the_game_decides_what_returned_and_the_first_is_the_last() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let to = widget();
    let site = Site::start(move |_| {
        script(format!(
            "let n = 0; setInterval(() => location.href = {to:?} + '?n=' + n++, 100)"
        ))
    });
    let mut helper = Helper::show(&desktop, &site.url);
    helper.expect_return(&format!("{}?n=0", widget()));
    // The second ones are refused, not kept.
    assert!(
        helper
            .next_within(std::time::Duration::from_secs(1))
            .is_none()
    );
    helper.resume();
    let later = helper.receive("returned");
    assert!(
        later.as_str().is_some_and(|url| !url.ends_with("?n=1")),
        "{later}"
    );
    helper.finish();
}

#[test]
fn a_url_of_a_megabyte_is_reported_or_refused_and_never_cut() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let to = widget();
    let site = Site::start(move |_| {
        script(format!(
            "const long = n => {to:?} + '?' + 'x'.repeat(n);
             location.href = long(1024 * 1024);
             setTimeout(() => location.href = long(1000 * 1000), 500)"
        ))
    });
    let helper = Helper::show(&desktop, &site.url);
    helper.expect_return(&format!("{}?{}", widget(), "x".repeat(1000 * 1000)));
    helper.finish();
}

#[test]
fn a_page_that_closes_itself_is_a_closed_window() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let site = Site::start(|_| script("window.close()"));
    let mut helper = Helper::show(&desktop, &site.url);
    helper.expect("closed", &json!(true));
    assert!(helper.expect_end().success(), "{}", helper.errors());
    helper.expect_no_process();
}

#[test]
fn a_page_that_returns_and_closes_itself_has_returned() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let to = widget();
    let site = Site::start(move |_| {
        script(format!(
            "location.href = {to:?}; setTimeout(() => window.close(), 100)"
        ))
    });
    let mut helper = Helper::show(&desktop, &site.url);
    helper.expect_return(&widget());
    // No `closed` follows.
    assert!(helper.expect_end().success(), "{}", helper.errors());
}

#[test]
fn a_page_cannot_hide_the_title() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let to = widget();
    let site = Site::start(move |_| {
        page(format!(
            "<a style='position:fixed;inset:0' onclick=\"document.title = 'ok.ru';
                const full = document.documentElement.requestFullscreen;
                const end = () => location.href = '{to}?' + (document.fullscreenElement ? 'full' : 'window');
                full ? full.call(document.documentElement).then(end, end) : end()\"></a>"
        ))
    });
    let helper = Helper::show(&desktop, &site.url);
    let window = desktop.window(&format!("{} - Castle", site.url));
    window.click((300, 300), || {});
    helper.expect_return(&format!("{}?window", widget()));
    desktop.window(&format!("{} - Castle", site.url));
    helper.finish();
}

/// A login's return URL is no secret, so any frame can go there. The game sees that it is not its
/// callback, and the player goes on.
#[test]
fn a_foreign_return_to_a_public_url_does_not_end_the_page() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let site = Site::start(|path| match path {
        "/" => page(
            "<iframe src='https://oauth.mycdn.me/blank.html?state=wrong'></iframe>
             <script>setTimeout(() => location.href =
                'https://oauth.mycdn.me/blank.html?state=right#t', 1000)</script>",
        ),
        _ => page(""),
    });
    let mut helper = Helper::start(&desktop);
    let mut request = request(&site.url);
    request["returns"] = json!(["https://oauth.mycdn.me/blank.html"]);
    helper.send(&request);
    helper.expect("hello", &json!(1));
    helper.expect("shown", &json!(true));
    helper.expect_return("https://oauth.mycdn.me/blank.html?state=wrong");
    helper.resume();
    helper.expect_return("https://oauth.mycdn.me/blank.html?state=right#t");
    helper.finish();
}
