//! How OK's pages behave towards the game's page: headers, and what a widget without a return URL
//! posts. `tests/browser_sandbox.rs` of the plugin sees the messages arrive.

mod common;

use common::{get, login_url, page_id, send, signed};
use odnoklassniki_sandbox::{Behavior, MessageForm, PageKind, PageSettings, Sandbox};
use serde_json::{Value, json};
use ureq::Body;
use ureq::http::Response;

fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    let value = response.headers().get(name);
    value.map(|value| value.to_str().unwrap())
}

/// Opens every page of OK's that a game can open: pages, redirects, refusals. Opens pages of the
/// sandbox itself, too.
fn visit(sandbox: &Sandbox) -> (Vec<Response<Body>>, Vec<Response<Body>>) {
    let open = |url: &str| common::client().get(url).call().unwrap();
    let back = ("st.return", "http://127.0.0.1:9/r");
    let mut ok = Vec::new();
    for behavior in [Behavior::Ask, Behavior::Accept, Behavior::Cancel] {
        sandbox.set_behavior(behavior);
        for kind in common::WIDGETS {
            ok.push(open(&signed(sandbox, kind, &[])));
            ok.push(open(&signed(sandbox, kind, &[back])));
        }
        ok.push(open(&login_url(sandbox, &[])));
        ok.push(open(&login_url(sandbox, &[("client_id", "-")])));
    }
    ok.push(open(&format!("{}/dk?st.cmd=WidgetInvite", sandbox.url())));
    for path in ["/dk/submit", "/oauth/submit"] {
        let form = [
            ("page", "forgotten"),
            ("action", "deny"),
            ("action", "cancel"),
        ];
        let url = format!("{}{path}", sandbox.url());
        ok.push(common::client().post(url).send_form(form).unwrap());
    }
    let own = [
        "/",
        "/feed",
        "/behavior",
        "/tried",
        "/static/widget.js",
        "/nothing",
    ];
    let own = own.map(|path| open(&format!("{}{path}", sandbox.url())));
    (ok, own.into())
}

#[test]
fn games_may_open_and_frame_the_pages_unless_a_setting_forbids_it() {
    let sandbox = Sandbox::start().unwrap();
    let (coop, frames) = ("cross-origin-opener-policy", "x-frame-options");
    for (settings, expected) in [
        (PageSettings::default(), (None, None)),
        (
            PageSettings::default().coop(true),
            (Some("same-origin"), None),
        ),
        (
            PageSettings::default().deny_frames(true),
            (None, Some("DENY")),
        ),
    ] {
        sandbox.set_page_settings(settings);
        assert_eq!(sandbox.page_settings(), settings);
        let (ok, own) = visit(&sandbox);
        for page in &ok {
            assert_eq!((header(page, coop), header(page, frames)), expected);
            let policy = header(page, "content-security-policy").unwrap();
            assert!(
                policy.contains("script-src 'self'") && !policy.contains("frame-ancestors"),
                "{policy}"
            );
        }
        for page in &own {
            assert_eq!((header(page, coop), header(page, frames)), (None, None));
            let policy = header(page, "content-security-policy").unwrap();
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        }
    }
}

/// Returns the attributes of the page that ends a widget without a return URL.
fn ended(sandbox: &Sandbox, kind: PageKind, button: &str) -> String {
    let page = get(&signed(sandbox, kind, &[])).2;
    let form = [
        ("page", page_id(&page)),
        ("action", button),
        ("friend", &sandbox.friends()[0].id.to_string()),
    ];
    let (status, _, done) = send(&format!("{}/dk/submit", sandbox.url()), &form);
    assert_eq!(status, 200);
    let (_, tag) = done.split_once("<section id=\"done\"").unwrap();
    tag.split('>').next().unwrap().replace("&#34;", "\"")
}

#[test]
fn a_result_is_posted_in_the_form_of_the_settings() {
    let sandbox = Sandbox::start().unwrap();
    assert_eq!(sandbox.page_settings(), PageSettings::default());
    for (form, as_object, wrapped) in [
        (MessageForm::Text, "false", false),
        (MessageForm::Object, "true", false),
        (MessageForm::DataText, "false", true),
        (MessageForm::DataObject, "true", true),
    ] {
        sandbox.set_page_settings(PageSettings::default().message_form(form));
        for (kind, button, part) in [
            (PageKind::Post, "publish", "{\"id\":"),
            (PageKind::Post, "cancel", "{\"type\":\"error\",\"code\":12,"),
            (
                PageKind::Invite,
                "publish",
                "{\"code\":\"OK\",\"selected\":",
            ),
            (PageKind::Suggest, "cancel", "{\"code\":\"CANCELLED\","),
        ] {
            let tag = ended(&sandbox, kind, button);
            let begin = if wrapped { "{\"data\":" } else { "" };
            assert!(
                tag.contains(&format!("data-message=\"{begin}{part}")),
                "{form}: {tag}"
            );
            assert!(
                tag.contains(&format!("data-object=\"{as_object}\"")),
                "{tag}"
            );
            assert!(tag.contains("data-twice=\"false\""), "{tag}");
        }
        // A request that fails a check posts its error in the same form.
        let (status, _, refused) = get(&format!("{}/dk?st.cmd=WidgetInvite", sandbox.url()));
        assert_eq!(status, 200);
        assert_eq!(refused.contains("data-message=\"{&#34;data&#34;:"), wrapped);
        assert!(refused.contains(&format!("data-object=\"{as_object}\"")));
    }
}

#[test]
fn a_cancelled_widget_posts_nothing_if_the_settings_say_so() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_page_settings(PageSettings::default().no_cancel_message(true));
    for kind in common::WIDGETS {
        assert!(!ended(&sandbox, kind, "cancel").contains("data-message"));
        assert!(ended(&sandbox, kind, "publish").contains("data-message"));
        sandbox.queue_behavior(kind, Behavior::Cancel);
        let page = get(&signed(&sandbox, kind, &[("st.silent", "on")])).2;
        assert!(!page.contains("data-message") && page.contains("data-close=\"true\""));
        // Any other error is posted.
        sandbox.queue_behavior(kind, Behavior::Error(104));
        assert!(get(&signed(&sandbox, kind, &[])).2.contains("data-message"));
    }
    // A program sees that no message was posted.
    sandbox.queue_behavior(PageKind::Post, Behavior::Cancel);
    let mut response = common::client()
        .get(signed(&sandbox, PageKind::Post, &[]))
        .header("Accept", "application/json")
        .call()
        .unwrap();
    let page = response.body_mut().read_to_string().unwrap();
    let page: Value = serde_json::from_str(&page).unwrap();
    assert_eq!(page["message"], Value::Null);
    assert_eq!(page["refusal"]["code"], json!(12));
    // A callback is not a message.
    sandbox.queue_behavior(PageKind::Invite, Behavior::Cancel);
    let back = [("st.return", "http://127.0.0.1:9/r")];
    let link = signed(&sandbox, PageKind::Invite, &back);
    assert!(get(&link).1.contains("code=CANCELLED"));
}

#[test]
fn respond_twice_posts_the_message_twice() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.queue_behavior(PageKind::Post, Behavior::RespondTwice);
    let page = get(&signed(&sandbox, PageKind::Post, &[])).2;
    assert!(page.contains("data-twice=\"true\""), "{page}");
}

#[test]
fn oks_pages_post_other_messages_and_the_sandboxs_own_do_not() {
    let sandbox = Sandbox::start().unwrap();
    let urls = || {
        let mut urls = common::WIDGETS
            .map(|kind| signed(&sandbox, kind, &[]))
            .to_vec();
        urls.push(login_url(&sandbox, &[]));
        urls
    };
    let script = "<script src=\"/static/other_messages.js\">";
    for on in [false, true] {
        sandbox.set_page_settings(PageSettings::default().other_messages(on));
        for url in urls() {
            assert_eq!(get(&url).2.contains(script), on, "{url}");
        }
        for path in ["/", "/behavior", "/feed"] {
            let page = get(&format!("{}{path}", sandbox.url())).2;
            assert!(!page.contains(script), "{path}");
        }
    }
    let (status, _, text) = get(&format!("{}/static/other_messages.js", sandbox.url()));
    assert_eq!(status, 200);
    for part in ["ok_setStyle$", "__FAPI__", "hideWidgetIframe"] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn the_behavior_page_sets_them() {
    let sandbox = Sandbox::start().unwrap();
    let url = format!("{}/behavior", sandbox.url());
    let set = |form: &[(&str, &str)]| send(&format!("{url}/pages"), form).0;
    let all = [
        ("coop", "on"),
        ("deny_frames", "on"),
        ("message_form", "data-object"),
        ("no_cancel_message", "on"),
        ("other_messages", "on"),
    ];
    let everything = PageSettings::default()
        .coop(true)
        .deny_frames(true)
        .message_form(MessageForm::DataObject)
        .no_cancel_message(true)
        .other_messages(true);
    assert_eq!(set(&all), 303);
    assert_eq!(sandbox.page_settings(), everything);
    let page = get(&url).2;
    for (name, _) in all {
        assert!(page.contains(&format!("name=\"{name}\"")), "{name}");
    }
    assert_eq!(page.matches("type=\"checkbox\"").count(), 4);
    assert_eq!(page.matches(" checked><span><b>").count(), 4);
    assert!(page.contains("<option value=\"data-object\" selected>"));
    assert!(
        common::get_in(&url, "ru")
            .2
            .contains("Страницы OK в браузере")
    );
    // What is wrong changes nothing.
    assert_eq!(set(&[("message_form", "json")]), 400);
    assert_eq!(sandbox.page_settings(), everything);
    assert_eq!(set(&[]), 303);
    assert_eq!(sandbox.page_settings(), PageSettings::default());
    // A behavior is another matter.
    assert_eq!(sandbox.behavior(), Behavior::Ask);
}
