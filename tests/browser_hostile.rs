//! Pages of strangers in a real Chromium and a real Firefox, while a request is pending. They
//! decide nothing, and the player's own callback counts afterwards.
#![cfg(all(target_os = "linux", feature = "browser"))]

use std::net::TcpListener;
use std::thread;

use bevy_odnoklassniki::RefusedCallback::{Method, NotNavigation, Unknown, WrongHost, WrongOrigin};
use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::{RefusedCallback, prelude::*};
use serde_json::json;
use test_support::browser::{Brand, Browser, STRANGER, Tab, in_each_browser, wait_for};
use test_support::game::Game;
use test_support::login::PendingLogin;
use test_support::reliability::{measured, scale};
use test_support::site::{serve, serve_once};

in_each_browser!(a_page_decides_nothing, a_rebound_name_reaches_nothing);

/// Everything that a page of another origin can do. A real page would have to guess the known
/// token; here it tries everything with that token except the visit of a whole tab. The title
/// changes when every attempt has ended, with a response or forbidden by the browser.
const PAGE: &str = r#"<!doctype html><title>Hostile</title><link rel="icon" href="data:,">
<button id="attack">Free gold</button>
<form method="post" action="KNOWN_RETURN"><input name="access_token" value="x"><button id="leave">More</button></form>
<script>
const callback = "result=1&access_token=x&session_secret_key=0123456789abcdef0123456789abcdef";
const make = (name, values) => Object.assign(document.createElement(name), values);
const ended = (target, ...events) => new Promise((done) => {
  for (const event of events) target.addEventListener(event, done);
});
const loaded = (element) => {
  const end = ended(element, "load", "error");
  document.body.append(element);
  return end;
};
const fetched = (url, options) => fetch(url, options).catch(() => {});
const submitted = (url) => {
  const frame = make("iframe", { name: "frame " + url });
  const form = document.forms[0].cloneNode(true);
  document.body.append(frame, form);
  form.action = url;
  form.target = frame.name;
  const end = ended(frame, "load");
  form.submit();
  return end;
};
const attempts = (back, fragment) => [
  ...["no-cors", "cors", "same-origin"].flatMap((mode) => [
    fetched(back, { mode }),
    fetched(fragment, { mode, method: "POST", body: callback }),
  ]),
  loaded(make("img", { src: back })),
  loaded(make("script", { src: back })),
  loaded(make("link", { rel: "stylesheet", href: back })),
  loaded(make("iframe", { src: back })),
  submitted(back),
  submitted(fragment),
  ended(new EventSource(back), "error"),
  ended(new WebSocket(back.replace("http", "ws")), "close"),
];
document.getElementById("attack").onclick = async () => {
  window.open("GUESSED_RETURN#" + callback);
  const all = [...attempts("GUESSED_RETURN", "GUESSED_FRAGMENT"), ...attempts("KNOWN_RETURN", "KNOWN_FRAGMENT")];
  await Promise.all(all);
  document.title = "Attacked";
};
</script>"#;

/// A request whose page the player has open.
struct Waiting {
    game: Game,
    /// The tab with OK's page.
    tab: Tab,
    /// `http://127.0.0.1:PORT`.
    listener: String,
    /// Makes a callback belong to this request.
    token: String,
    request: Request,
}

enum Request {
    Widget(RequestId),
    Login(PendingLogin),
}

impl Waiting {
    fn widget(browser: &Browser) -> Self {
        let mut game = Game::with_sandbox(Behavior::Ask);
        let request = RequestInvite::new().autosel(2);
        let id = request.id();
        game.write(request);
        let link = game.link_of(id);
        Self::open(game, browser, &link, "%2Fr%2F", Request::Widget(id))
    }

    fn log_in(browser: &Browser, mut game: Game) -> Self {
        let login = game.log_in(RequestLogin::new());
        let link = login.link.clone();
        Self::open(game, browser, &link, "&state=", Request::Login(login))
    }

    /// Follows the link. OK's page has the token in its URL, after `before`.
    fn open(game: Game, browser: &Browser, link: &str, before: &str, request: Request) -> Self {
        browser.goto(link);
        let url = browser.url();
        let token = url
            .split_once(before)
            .and_then(|(_, rest)| rest.get(..32))
            .expect("OK's page names the token");
        assert!(
            token.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{token}"
        );
        let (listener, _) = link.split_once("/go/").expect("a short link");
        Self {
            game,
            tab: browser.tab(),
            listener: listener.to_owned(),
            token: token.to_owned(),
            request,
        }
    }

    /// Returns the return URL for this token, with a callback in it, and the URL to which a
    /// fragment is posted.
    fn urls(&self, token: &str) -> [String; 2] {
        let back = match self.request {
            Request::Widget(_) => format!("/r/{token}?result=1"),
            Request::Login(_) => format!("/login?code=x&state={token}"),
        };
        [back, format!("/f/{token}")].map(|path| self.listener.clone() + &path)
    }

    fn refused(&self, reason: RefusedCallback) -> u64 {
        self.game.callbacks().refused(reason)
    }

    /// Asserts that nothing was decided, and that the game got these messages only.
    #[track_caller]
    fn expect_untouched(&mut self, notices: &[NoticeKind]) {
        self.game.run_until_settled();
        assert_eq!(self.game.callbacks().completed(), 0);
        assert_eq!(
            (self.game.messages.finished(), self.game.pending().len()),
            (0, 1)
        );
        let seen: Vec<_> = self
            .game
            .messages
            .notices
            .iter()
            .map(|notice| notice.kind)
            .collect();
        assert_eq!(seen, notices);
    }

    /// Asserts that the listener still works: the player's own callback counts, once.
    #[track_caller]
    fn expect_completed(mut self, browser: &Browser) {
        browser.switch_to(&self.tab);
        match &self.request {
            Request::Widget(id) => {
                browser.click("#publish");
                browser.expect_page("Done");
                assert_eq!(
                    self.game
                        .invite_outcome(*id)
                        .completed()
                        .map(|invited| invited.users.len()),
                    Some(2)
                );
                assert_eq!(self.game.messages.finished(), 1);
            }
            Request::Login(login) => {
                browser.click("#log-in");
                browser.click("#allow");
                browser.expect_page("Done");
                self.game.expect_logged_in(login, &[Scope::VALUABLE_ACCESS]);
            }
        }
    }
}

fn a_page_decides_nothing(brand: Brand) {
    let Some(browser) = Browser::start_in(brand) else {
        return;
    };
    // Another port of the same machine counts as the same site, another name does not.
    let hosts = scale(
        &["127.0.0.1", STRANGER][..],
        &["127.0.0.1", STRANGER, "localhost"],
    );
    for host in hosts {
        suffer(&browser, host, Waiting::widget(&browser));
        suffer(
            &browser,
            host,
            Waiting::log_in(&browser, test_support::login::game()),
        );
    }
    measured(
        9,
        format!("{brand:?}, a page at {} hosts: 0 events", hosts.len()),
    );
}

/// Opens the hostile page at a host, and lets it do what it can.
#[track_caller]
fn suffer(browser: &Browser, host: &str, mut waiting: Waiting) {
    let guess = if waiting.token.starts_with('0') {
        "1"
    } else {
        "0"
    }
    .to_owned()
        + &waiting.token[1..];
    let mut page = PAGE.to_owned();
    for (who, token) in [("GUESSED", &guess), ("KNOWN", &waiting.token)] {
        let [back, fragment] = waiting.urls(token);
        page = page
            .replace(&format!("{who}_RETURN"), &back)
            .replace(&format!("{who}_FRAGMENT"), &fragment);
    }
    let hostile = browser.new_tab();
    browser.goto(&format!("http://{host}:{}/", serve(page)));
    browser.click("#attack");
    assert!(
        wait_for(|| (browser.title() == "Attacked").then_some(())).is_some(),
        "{host}: not all has ended"
    );
    // Its window without the token.
    browser.wait_for_tab(|url| url.starts_with(&waiting.listener));
    browser.expect_page("Nothing here");
    browser.close_tab();
    // Last, it sends the whole tab, with the token, by a form.
    browser.switch_to(&hostile);
    browser.click("#leave");
    browser.expect_page("Request not accepted");
    browser.close_tab();
    let counts =
        [Unknown, WrongOrigin, NotNavigation, Method].map(|reason| waiting.refused(reason));
    assert_eq!(
        counts,
        [13, 3, 8, 2],
        "{host}: what has reached the listener"
    );
    waiting.expect_untouched(&[NoticeKind::UnexpectedCallback]);
    waiting.expect_completed(browser);
}

fn a_rebound_name_reaches_nothing(brand: Brand) {
    let Some(browser) = Browser::start_in(brand) else {
        return;
    };
    rebind_to_widget(&browser);
    rebind_to_log_in(&browser);
    measured(9, format!("{brand:?}, a rebound name: 421, 0 events"));
}

/// A page at this name, but at another port, or a tab that is led to it.
fn rebind_to_widget(browser: &Browser) {
    let mut waiting = Waiting::widget(browser);
    let urls = waiting
        .urls(&waiting.token)
        .map(|url| url.replace("127.0.0.1", STRANGER));
    browser.new_tab();
    browser.goto(&format!(
        "http://{STRANGER}:{}/",
        serve("<!doctype html><title>Hostile</title>".to_owned())
    ));
    for url in &urls {
        let options = "{ method: 'POST', mode: 'no-cors', body: 'result=1' }";
        let script = format!(
            "return fetch('{url}', {options}).then(() => 'a response', () => 'no response')"
        );
        assert_eq!(
            browser.execute(&script),
            "no response",
            "that it could see, although there is one"
        );
    }
    browser.goto(&urls[0]);
    browser.expect_page("Request not accepted");
    // Browsers try again by another connection, as the status allows.
    assert!(waiting.refused(WrongHost) >= 3);
    waiting.expect_untouched(&[]);
    waiting.expect_completed(browser);
}

/// The port of a login is known, so the page can be at the same one before: to the browser all is
/// one origin.
fn rebind_to_log_in(browser: &Browser) {
    let before = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = before.local_addr().expect("bound");
    let origin = format!("http://{STRANGER}:{}", address.port());
    let served =
        thread::spawn(move || serve_once(&before, "<!doctype html><link rel=icon href=data:,>"));
    browser.goto(&origin);
    served.join().expect("the page was served");
    let hostile = browser.tab();

    let redirect = format!("http://{address}/login");
    let game = Game::with(Behavior::Ask, |plugin| {
        plugin.without_session().with_redirect_uris([&redirect])
    });
    browser.new_tab();
    let mut waiting = Waiting::log_in(browser, game);
    assert!(
        redirect.starts_with(&waiting.listener),
        "the port is free again"
    );
    browser.switch_to(&hostile);
    let [back, fragment] = waiting
        .urls(&waiting.token)
        .map(|url| url.replace("127.0.0.1", STRANGER));
    let statuses = browser.execute(&format!(
        "const status = (reply) => reply.status;
         const posted = {{ method: 'POST', body: 'access_token=x' }};
         return Promise.all([fetch('{back}').then(status), fetch('{fragment}', posted).then(status)]);"
    ));
    assert_eq!(
        statuses,
        json!([421, 421]),
        "the page can read this much, and no more"
    );
    browser.goto(&back);
    browser.expect_page("Request not accepted");
    assert!(waiting.refused(WrongHost) >= 3);
    waiting.expect_untouched(&[]);
    waiting.expect_completed(browser);
}
