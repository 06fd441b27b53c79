//! More than one sign-in at a time in a real Chromium, and pages that pretend to bring an answer.
#![cfg(all(target_os = "linux", feature = "browser"))]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread;

use bevy_odnoklassniki::{CallbackCounters, RefusedCallback, prelude::*};
use support::browser::{Browser, wait_for};
use support::game::Game;
use support::login::game;

/// What a page would have to know to bring an answer of its own: it stands in the address of OK's page.
fn state_in(url: &str) -> String {
    let state = url.split_once("&state=").and_then(|(_, rest)| rest.get(..32)).expect("OK's page names the state");
    assert!(state.bytes().all(|byte| byte.is_ascii_hexdigit()), "{state}");
    state.to_owned()
}

#[test]
fn two_games_at_once_get_an_answer_each() {
    let Some(browser) = Browser::start() else { return };
    let (mut first, mut second) = (game(), game());
    let rights = [[Scope::VALUABLE_ACCESS, Scope::GROUP_CONTENT], [Scope::VALUABLE_ACCESS, Scope::LONG_ACCESS_TOKEN]];
    let one = first.sign_in(RequestLogin::new().scopes(rights[0].clone()));
    let two = second.sign_in(RequestLogin::new().scopes(rights[1].clone()));
    assert_ne!(one.redirect, two.redirect);
    // Each page is opened, filled in and answered between those of the other tab.
    let tab_of_one = browser.tab();
    browser.goto(&one.link);
    let tab_of_two = browser.new_tab();
    browser.goto(&two.link);
    for tab in [&tab_of_one, &tab_of_two] {
        browser.switch_to(tab);
        browser.click("#sign-in");
        browser.wait_for_css("#allow");
    }
    browser.click("#allow");
    browser.expect_page("Done");
    browser.expect_address(&two.redirect);
    second.expect_signed_in(&two, &rights[1]);
    first.expect_still_signing_in(&one);
    browser.switch_to(&tab_of_one);
    browser.click("#allow");
    browser.expect_page("Done");
    browser.expect_address(&one.redirect);
    first.expect_signed_in(&one, &rights[0]);
    second.expect_signed_in(&two, &rights[1]);
}

/// As somebody would who brings his own account into another player's game.
#[test]
fn an_answer_that_comes_to_another_game_is_turned_away() {
    let Some(browser) = Browser::start() else { return };
    let (mut first, mut second) = (game(), game());
    let one = first.sign_in(RequestLogin::new());
    let two = second.sign_in(RequestLogin::code());
    browser.goto(&two.link);
    let of_two = state_in(&browser.url());
    browser.goto(&one.link);
    let of_one = state_in(&browser.url());
    browser.click("#sign-in");
    browser.wait_for_css("#allow");
    let consent = browser.tab();
    browser.new_tab();

    let grant = "access_token=t&session_secret_key=0123456789abcdef0123456789abcdef&expires_in=1800";
    for address in [
        format!("{}?code=c&state={of_two}", one.redirect),
        format!("{}?code=c&state={of_one}", two.redirect),
        // The right state in one place does not help a wrong one in the other.
        format!("{}?state={of_one}#{grant}&state=wrong", one.redirect),
    ] {
        // From the page before, what differs only behind the `#` would not be loaded.
        browser.goto("about:blank");
        browser.goto(&address);
        browser.expect_page("Nothing here");
        assert!(!browser.url().contains('#'), "wiped, although nobody has taken it: {}", browser.url());
    }
    for game in [&first, &second] {
        assert_eq!(game.counters().answered(), 0);
    }
    first.expect_still_signing_in(&one);
    second.expect_still_signing_in(&two);
    let strangers =
        |game: &Game| game.heard.notices.iter().filter(|notice| notice.kind == NoticeKind::StrangeCallback).count();
    assert_eq!((strangers(&first), strangers(&second)), (1, 1), "one for each request, however often");

    browser.switch_to(&consent);
    browser.click("#allow");
    browser.expect_page("Done");
    first.expect_signed_in(&one, &[Scope::VALUABLE_ACCESS]);
    second.expect_still_signing_in(&two);
}

/// Its port is a registered one, so it is the same again, and a tab of the run before comes back to it. Only the script sees the
/// state, so it is the script that must hear that nobody knows it.
#[test]
fn an_answer_to_a_game_that_was_started_anew_is_turned_away() {
    let Some(browser) = Browser::start() else { return };
    let sandbox = OkSandbox::start().expect("a sandbox");
    let plugin = || OdnoklassnikiPlugin::on_sandbox(sandbox.clone()).signed_out().with_opener(|_: &ShortLink| Ok(()));
    let mut before = Game::from_plugin(plugin());
    let old = before.sign_in(RequestLogin::new());
    browser.go_to_consent(&old.link);
    drop(before);
    let (host, _) = support::http::split(&old.redirect);
    wait_for(|| TcpListener::bind(host).ok()).expect("the port is free again");
    let mut game = Game::from_plugin(plugin().with_redirect_uris([&old.redirect]));
    let sign_in = game.sign_in(RequestLogin::new());
    assert_eq!(sign_in.redirect, old.redirect);
    browser.click("#allow");
    browser.expect_page("Nothing here");
    browser.expect_address(&sign_in.redirect);
    game.expect_still_signing_in(&sign_in);
    assert_eq!(game.counters().refused(RefusedCallback::Unknown), 1, "it was not tried again and again");
    browser.goto(&sign_in.link);
    browser.expect_page("Done");
    game.expect_signed_in(&sign_in, &[Scope::VALUABLE_ACCESS]);
}

#[test]
fn several_tabs_of_one_sign_in_bring_one_session() {
    let Some(browser) = Browser::start() else { return };
    let mut game = game();
    let sign_in = game.sign_in(RequestLogin::new());
    browser.goto(&sign_in.link);
    let page_of_ok = browser.url();
    browser.click("#sign-in");
    browser.wait_for_css("#allow");
    let old = browser.tab();
    let duplicate = browser.new_tab();
    browser.goto(&page_of_ok);
    browser.wait_for_css("#deny");
    browser.new_tab();
    browser.goto(&game.reopen(sign_in.id));
    browser.click("#allow");
    browser.expect_page("Done");
    game.expect_signed_in(&sign_in, &[Scope::VALUABLE_ACCESS]);
    let token = game.session().expose_secrets().expect("signed in").0.expose().to_owned();
    // Neither a second yes nor a late no.
    for (tab, button) in [(old, "#allow"), (duplicate, "#deny")] {
        browser.switch_to(&tab);
        browser.click(button);
        browser.expect_page("Already finished");
        browser.expect_address(&sign_in.redirect);
        game.expect_signed_in(&sign_in, &[Scope::VALUABLE_ACCESS]);
        assert_eq!(game.session().expose_secrets().expect("signed in").0.expose(), token);
    }
}

/// A site that answers every request with this page, for as long as the test runs.
fn serve(page: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head =
                BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            let length = page.len();
            let headers = "Content-Type: text/html; charset=utf-8\r\nConnection: close";
            if head > 0 {
                _ = write!(stream, "HTTP/1.1 200 OK\r\n{headers}\r\nContent-Length: {length}\r\n\r\n{page}");
            }
        }
    });
    port
}

/// It tries everything a page of another origin can do. `KNOWN` is the state, which it would have to guess in truth.
const HOSTILE: &str = r#"<!doctype html><title>Hostile</title><button id="attack">Free gold</button>
<form method="post"><input name="access_token" value="x"></form>
<script>
document.getElementById("attack").onclick = function () {
  var grant = "access_token=x&session_secret_key=0123456789abcdef0123456789abcdef&state=";
  ["GUESS", "KNOWN"].forEach(function (state) {
    ["no-cors", "cors"].forEach(function (mode) {
      fetch("LISTENER/f/" + state, { method: "POST", mode: mode, body: grant + state }).catch(function () {});
    });
    var address = "LISTENER/login?code=x&state=" + state;
    new Image().src = address;
    document.body.appendChild(document.createElement("iframe")).src = address;
    var form = document.body.appendChild(document.forms[0].cloneNode(true));
    var frame = document.createElement("iframe");
    form.target = frame.name = "frame-" + state;
    document.body.appendChild(frame);
    form.action = address;
    form.submit();
  });
  window.open("LISTENER/login?code=x&state=GUESS#" + grant + "GUESS");
  document.title = "Attacked";
};
</script>"#;

#[test]
fn a_hostile_page_decides_nothing() {
    let Some(browser) = Browser::start() else { return };
    // Another port of the same machine counts as the same site, another name does not.
    for host in ["127.0.0.1", "localhost"] {
        let mut game = game();
        let sign_in = game.sign_in(RequestLogin::new());
        browser.goto(&sign_in.link);
        let state = state_in(&browser.url());
        let tab = browser.tab();
        let listener = sign_in.redirect.strip_suffix("/login").expect("its path");
        let guess = if state.starts_with('0') { "1" } else { "0" }.to_owned() + &state[1..];
        let page = HOSTILE.replace("LISTENER", listener).replace("GUESS", &guess).replace("KNOWN", &state);
        browser.new_tab();
        browser.goto(&format!("http://{host}:{}/", serve(page)));
        browser.click("#attack");
        // Everything has arrived, and for which reason it was refused.
        let refused = |counters: &CallbackCounters| {
            use RefusedCallback::{Method, NotNavigation, Unknown, WrongOrigin};
            [Unknown, WrongOrigin, NotNavigation, Method].map(|reason| counters.refused(reason))
        };
        let all = wait_for(|| (refused(game.counters()) == [6, 2, 2, 1]).then_some(()));
        assert!(all.is_some(), "{host}: {:?}", refused(game.counters()));
        browser.wait_for_tab(|url| url.starts_with(&sign_in.redirect));
        browser.expect_page("Nothing here");
        game.expect_still_signing_in(&sign_in);
        assert_eq!(game.counters().answered(), 0);
        assert_eq!(game.heard.notices.len(), 1, "{:?}", game.heard.notices);
        assert_eq!(game.heard.notices[0].kind, NoticeKind::StrangeCallback);

        browser.switch_to(&tab);
        browser.click("#sign-in");
        browser.click("#allow");
        browser.expect_page("Done");
        game.expect_signed_in(&sign_in, &[Scope::VALUABLE_ACCESS]);
    }
}
