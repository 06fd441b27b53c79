//! The sandbox as OK in a popup and in a frame of a game's page, in real browsers. The game's page
//! is on `localhost` and the sandbox on `127.0.0.1`: two sites for a browser.
#![cfg(all(target_os = "linux", feature = "browser"))]

use bevy_odnoklassniki::sandbox::{Behavior, MessageForm, PageKind, PageSettings, Sandbox};
use odnoklassniki::{REST_UNSIGNED_PARAMETERS, SessionSecretKey, rest_signature, widget_signature};
use serde_json::{Value, json};
use test_support::browser::{Brand, Browser, Tab, in_each_browser, wait_for};
use test_support::site;

in_each_browser!(
    a_popup_posts_its_result_and_closes_itself,
    the_form_of_a_message_is_a_setting,
    other_messages_come_too,
    coop_cuts_the_popup_off,
    a_frame_works_unless_a_header_forbids_it,
    a_player_logs_in_in_a_popup_and_in_a_frame,
    a_page_reads_rest
);

/// The game's page, under every path. It keeps what OK's page posts to it.
const GAME: &str = "<!DOCTYPE html><title>Game</title><script>
    window.got = [];
    const ok = () => window.popup || document.querySelector('iframe')?.contentWindow;
    addEventListener('message', ({ origin, source, data }) => {
        got.push({ origin, from_ok: source === ok(), data });
    });
    </script>";

/// A browser that shows the game's page, and the sandbox.
struct Test {
    browser: Browser,
    sandbox: Sandbox,
    /// The game's page.
    url: String,
    tab: Tab,
}

impl Test {
    /// Returns `None` if there is no browser here.
    fn start(brand: Brand) -> Option<Self> {
        let browser = Browser::start_in(brand)?;
        let port = site::serve(GAME.to_owned());
        let url = format!("http://localhost:{port}/assets/odnoklassniki.html");
        let sandbox = Sandbox::start().expect("a sandbox");
        browser.goto(&url);
        let tab = browser.tab();
        Some(Self {
            browser,
            sandbox,
            url,
            tab,
        })
    }

    /// Returns the URL of a widget without a return URL.
    fn widget(&self, kind: PageKind, silent: bool) -> String {
        let session = self.sandbox.session();
        let app_id = self.sandbox.app().id.to_string();
        let mut pairs = vec![
            ("st.app", app_id.as_str()),
            ("st.access_token", &session.access_token),
            ("st.silent", if silent { "on" } else { "off" }),
        ];
        match kind {
            PageKind::Invite => pairs.extend([("st.cmd", "WidgetInvite"), ("st.autosel", "2")]),
            _ => pairs.extend([
                ("st.cmd", "WidgetMediatopicPost"),
                (
                    "st.attachment",
                    r#"{"media":[{"type":"text","text":"hello"}]}"#,
                ),
            ]),
        }
        let key = SessionSecretKey::new(session.session_secret_key.as_str());
        let signature = widget_signature(pairs.clone(), &key);
        pairs.push(("st.signature", signature.as_str()));
        format!("{}/dk?{}", self.sandbox.url(), query(&pairs))
    }

    fn login(&self, response_type: &str) -> String {
        let pairs = [
            ("client_id", self.sandbox.app().id.to_string()),
            ("scope", "VALUABLE_ACCESS".to_owned()),
            ("response_type", response_type.to_owned()),
            ("redirect_uri", self.url.clone()),
            ("state", "s1".to_owned()),
        ];
        let pairs = pairs
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        format!("{}/oauth/authorize?{}", self.sandbox.url(), query(&pairs))
    }

    /// Opens a popup as the game does, makes it the current tab and waits until it is loaded.
    fn open(&self, url: &str) -> Tab {
        self.browser.execute(&format!(
            "got.length = 0;
             window.popup = window.open({}, 'ok', 'popup,width=640,height=600');",
            json!(url)
        ));
        let is_other = |tab: &Tab| *tab != self.tab;
        let popup = wait_for(|| self.browser.tabs().into_iter().find(is_other));
        let popup = popup.expect("a popup");
        self.browser.switch_to(&popup);
        // A click on a page without its styles can miss.
        self.browser
            .wait_for_url(|url| !url.is_empty() && url != "about:blank");
        self.browser.execute(
            "return new Promise((loaded) => {
                 if (document.readyState === 'complete') loaded();
                 else addEventListener('load', () => loaded());
             });",
        );
        popup
    }

    /// Presses a button that may close the window. WebDriver's own click would then fail.
    fn press(&self, css: &str) {
        self.browser.wait_for_css(css);
        let script = format!(
            "setTimeout(() => document.querySelector({}).click())",
            json!(css)
        );
        self.browser.execute(&script);
    }

    /// Waits until the popup has closed itself, and goes back to the game's page.
    fn wait_until_closed(&self, popup: &Tab) {
        wait_for(|| (!self.browser.tabs().contains(popup)).then_some(()))
            .expect("the popup closes itself");
        self.browser.switch_to(&self.tab);
    }

    fn close_popup(&self) {
        self.browser.close_tab();
        self.browser.switch_to(&self.tab);
    }

    /// Holds a page in a frame of the game's page, and waits until the browser has loaded or
    /// refused it.
    fn frame(&self, url: &str) {
        self.browser.execute(&format!(
            "window.popup = undefined;
             got.length = 0;
             document.querySelector('iframe')?.remove();
             const frame = document.createElement('iframe');
             frame.style = 'width: 640px; height: 600px';
             frame.src = {};
             return new Promise((loaded) => {{
                 frame.onload = () => loaded();
                 document.body.append(frame);
             }});",
            json!(url)
        ));
    }

    /// Waits until the game's page has this many messages, and returns their data.
    #[track_caller]
    fn messages(&self, count: usize) -> Vec<Value> {
        let got = || {
            let got = self.browser.execute("return got");
            got.as_array().cloned().filter(|got| got.len() >= count)
        };
        let got = wait_for(got).expect("the messages");
        assert_eq!(got.len(), count, "{got:?}");
        let url = self.sandbox.url();
        for message in &got {
            assert_eq!(message["origin"], url, "{message}");
            assert_eq!(message["from_ok"], true, "{message}");
        }
        got.into_iter().map(|mut one| one["data"].take()).collect()
    }

    /// Returns the result of a post as OK writes it.
    fn published(&self) -> Value {
        json!({ "id": self.sandbox.feed()[0].id.to_string() })
    }
}

fn query(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let bytes = text.bytes().map(|byte| match byte {
            byte if plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        });
        bytes.collect()
    };
    let pairs = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Parses a message that came as text.
fn parsed(message: &Value) -> Value {
    let text = message.as_str().unwrap_or_else(|| panic!("{message}"));
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn a_popup_posts_its_result_and_closes_itself(brand: Brand) {
    let Some(test) = Test::start(brand) else {
        return;
    };
    let popup = test.open(&test.widget(PageKind::Post, true));
    test.press("#publish");
    test.wait_until_closed(&popup);
    assert_eq!(parsed(&test.messages(1)[0]), test.published());

    let popup = test.open(&test.widget(PageKind::Invite, true));
    test.press("#publish");
    test.wait_until_closed(&popup);
    let result = parsed(&test.messages(1)[0]);
    let friends = test.sandbox.friends();
    let selected = format!("[{},{}]", friends[0].id, friends[1].id);
    assert_eq!(
        (&result["code"], &result["selected"]),
        (&json!("OK"), &json!(selected))
    );
    assert!(result["sig"].is_string(), "{result}");

    let popup = test.open(&test.widget(PageKind::Invite, true));
    test.press("#cancel");
    test.wait_until_closed(&popup);
    assert_eq!(parsed(&test.messages(1)[0])["code"], "CANCELLED");

    // Without `st.silent` the window stays open.
    let popup = test.open(&test.widget(PageKind::Post, false));
    test.press("#publish");
    test.browser.wait_for_css("#done");
    test.browser.switch_to(&test.tab);
    assert_eq!(parsed(&test.messages(1)[0]), test.published());
    assert!(test.browser.tabs().contains(&popup));
}

fn the_form_of_a_message_is_a_setting(brand: Brand) {
    let Some(test) = Test::start(brand) else {
        return;
    };
    let post = |form, behavior| {
        let settings = PageSettings::default().message_form(form);
        test.sandbox.set_page_settings(settings);
        test.sandbox.queue_behavior(PageKind::Post, behavior);
        test.frame(&test.widget(PageKind::Post, true));
    };
    post(MessageForm::Text, Behavior::Accept);
    assert_eq!(parsed(&test.messages(1)[0]), test.published());
    post(MessageForm::Object, Behavior::Accept);
    assert_eq!(test.messages(1)[0], test.published());
    post(MessageForm::DataText, Behavior::Accept);
    let wrapped = |result| json!({ "data": result });
    assert_eq!(parsed(&test.messages(1)[0]), wrapped(test.published()));
    post(MessageForm::DataObject, Behavior::Accept);
    assert_eq!(test.messages(1)[0], wrapped(test.published()));

    post(MessageForm::Object, Behavior::RespondTwice);
    assert_eq!(test.messages(2), [test.published(), test.published()]);
    // An unreadable result is a text in any form.
    post(MessageForm::DataObject, Behavior::Garbage);
    assert!(test.messages(1)[0].is_string());
}

fn other_messages_come_too(brand: Brand) {
    let Some(test) = Test::start(brand) else {
        return;
    };
    let settings = PageSettings::default().other_messages(true);
    test.sandbox.set_page_settings(settings);
    test.sandbox
        .queue_behavior(PageKind::Post, Behavior::Accept);
    test.frame(&test.widget(PageKind::Post, true));
    let messages = test.messages(9);
    assert_eq!(parsed(&messages[7]), test.published());
    assert_eq!(messages[8], "hideWidgetIframe");
    let other: Vec<Value> = messages.into_iter().filter(|one| !is_result(one)).collect();

    // A cancelled widget can be silent. What comes besides the result says nothing of it.
    test.sandbox
        .set_page_settings(settings.no_cancel_message(true));
    test.sandbox
        .queue_behavior(PageKind::Post, Behavior::Cancel);
    test.frame(&test.widget(PageKind::Post, true));
    assert_eq!(test.messages(8), other);
    // A page that waits for the player posts them, too.
    test.frame(&test.login("token"));
    assert_eq!(test.messages(7), other[..7]);
}

fn is_result(message: &Value) -> bool {
    message
        .as_str()
        .is_some_and(|text| text.starts_with("{\"id\""))
}

fn coop_cuts_the_popup_off(brand: Brand) {
    let Some(test) = Test::start(brand) else {
        return;
    };
    for coop in [false, true] {
        test.sandbox
            .set_page_settings(PageSettings::default().coop(coop));
        let popup = test.open(&test.widget(PageKind::Post, true));
        test.browser.wait_for_css("#publish");
        assert_eq!(test.browser.execute("return opener === null"), coop);
        test.browser.switch_to(&test.tab);
        assert_eq!(test.browser.execute("return popup.closed"), coop);
        test.browser.switch_to(&popup);
        test.press("#publish");
        test.wait_until_closed(&popup);
        test.messages(usize::from(!coop));
    }
    assert_eq!(test.sandbox.feed().len(), 2);
}

fn a_frame_works_unless_a_header_forbids_it(brand: Brand) {
    let Some(test) = Test::start(brand) else {
        return;
    };
    for denied in [false, true] {
        let settings = PageSettings::default().deny_frames(denied);
        test.sandbox.set_page_settings(settings);
        for (url, css) in [
            (test.widget(PageKind::Invite, true), "#widget"),
            (test.login("token"), "#oauth"),
        ] {
            test.frame(&url);
            test.browser.enter_frame("iframe");
            assert_eq!(test.browser.count(css), usize::from(!denied), "{css}");
            test.browser.leave_frames();
        }
    }
    test.sandbox.set_page_settings(PageSettings::default());
    test.frame(&test.widget(PageKind::Invite, true));
    test.browser.enter_frame("iframe");
    test.browser.click("#publish");
    test.browser.leave_frames();
    assert_eq!(parsed(&test.messages(1)[0])["code"], "OK");
}

fn a_player_logs_in_in_a_popup_and_in_a_frame(brand: Brand) {
    let Some(test) = Test::start(brand) else {
        return;
    };
    let is_back = |url: &str, begin: &str| url.starts_with(&format!("{}{begin}", test.url));
    test.open(&test.login("token"));
    test.browser.click("#log-in");
    test.browser.click("#allow");
    let url = test.browser.wait_for_url(|url| is_back(url, "#"));
    assert!(
        url.contains("access_token=") && url.ends_with("&state=s1"),
        "{url}"
    );
    assert_eq!(
        test.browser.execute("return opener.location.href"),
        json!(test.url)
    );
    test.close_popup();

    // The player is logged in and has granted everything: the dialog closes by itself.
    test.open(&test.login("code"));
    test.browser.wait_for_url(|url| is_back(url, "?code="));
    test.close_popup();

    // In a frame the cookie is another site's, and the player logs in again.
    for (response_type, begin) in [("token", "#"), ("code", "?code=")] {
        test.frame(&test.login(response_type));
        test.browser.enter_frame("iframe");
        test.browser.click("#log-in");
        test.browser.leave_frames();
        let address = || {
            let script =
                "try { return document.querySelector('iframe').contentWindow.location.href }
                catch { return '' }";
            let url = test.browser.execute(script);
            url.as_str()
                .filter(|url| is_back(url, begin))
                .map(str::to_owned)
        };
        wait_for(address).expect("the redirect URI in the frame");
    }
}

fn a_page_reads_rest(brand: Brand) {
    let Some(test) = Test::start(brand) else {
        return;
    };
    let session = test.sandbox.session();
    let mut pairs = vec![
        ("method", "users.getLoggedInUser"),
        ("application_key", test.sandbox.app().public_key.as_str()),
        ("access_token", session.access_token.as_str()),
    ];
    let key = SessionSecretKey::new(session.session_secret_key.as_str());
    let signature = rest_signature(pairs.clone(), &REST_UNSIGNED_PARAMETERS, &key);
    pairs.push(("sig", signature.as_str()));
    let (url, query) = (format!("{}/fb.do", test.sandbox.url()), query(&pairs));
    let read = |arguments: &str| {
        test.browser.execute(&format!(
            "const [url, query] = [{}, {}];
             return fetch({arguments}).then(
                 async (response) => [await response.text(), response.headers.get('invocation-error')],
                 () => 'unreadable',
             );",
            json!(url),
            json!(query)
        ))
    };
    let player = json!([format!("\"{}\"", session.user_id), null]);
    assert_eq!(read("`${url}?${query}`"), player);
    assert_eq!(
        read("url, { method: 'POST', body: new URLSearchParams(query) }"),
        player
    );
    // OK's own kit sends this header, about which a browser asks first.
    let json_type = "headers: { 'Content-Type': 'application/json' }";
    assert_eq!(
        read(&format!("`${{url}}?${{query}}`, {{ {json_type} }}")),
        player
    );
    let error = read("`${url}?method=users.getLoggedInUser`");
    assert!(
        error[0]
            .as_str()
            .is_some_and(|text| text.contains("error_code")),
        "{error}"
    );
    assert_eq!(error[1], Value::Null);

    assert_eq!(
        read("`${url}?${query}`, { credentials: 'include' }"),
        "unreadable"
    );
    assert_eq!(
        read("`${url}?${query}`, { headers: { 'X-Other': '1' } }"),
        "unreadable"
    );
    assert_eq!(read("url.replace('/fb.do', '/behavior')"), "unreadable");
}
