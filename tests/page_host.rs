//! A page host: a window of the game's own shows OK's pages, without a browser and without a port.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bevy_odnoklassniki::Finished;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::Hosts;
use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::test_kit::TIMEOUT;
use test_support::game::Game;
use test_support::http;

/// A host whose pages the test holds.
struct Window(Mutex<Sender<OkPage>>);

impl PageHost for Window {
    fn open(&self, page: OkPage) -> Result<(), OpenError> {
        let sender = self.0.lock().expect("no panic");
        sender
            .send(page)
            .map_err(|_| OpenError::new("the test is over"))
    }
}

/// Does what the closure does.
struct Host<F>(F);

impl<F> PageHost for Host<F>
where
    F: Fn(OkPage) -> Result<(), OpenError> + Send + Sync + 'static,
{
    fn open(&self, page: OkPage) -> Result<(), OpenError> {
        (self.0)(page)
    }
}

fn never(_: &OneTimeLink) -> Result<(), OpenError> {
    panic!("a browser was opened")
}

/// Returns a game with a host, and the pages of the host.
fn game() -> (Game, Receiver<OkPage>) {
    let (sender, pages) = channel();
    let game = Game::with(Behavior::Accept, |plugin| {
        plugin
            .with_opener(never)
            .with_page_host(Window(Mutex::new(sender)))
    });
    (game, pages)
}

fn invite(game: &mut Game, pages: &Receiver<OkPage>) -> (RequestId, OkPage) {
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    game.update();
    let page = pages.recv_timeout(TIMEOUT).expect("a page");
    (id, page)
}

/// Returns what OK's page sends the player back to, for a widget.
fn return_url(page: &OkPage) -> String {
    let parameter = |name| http::parameter(page.url().expose(), name).expect("it is sent");
    let (back, state) = (parameter("st.return"), parameter("st.state"));
    format!("{back}?code=OK&selected=[7]&state={state}")
}

fn outcome(game: &mut Game, id: RequestId) -> &'static str {
    let finished = game.run_until("the result", |kit| {
        let requests = kit.app.world().resource::<PendingRequests>();
        requests.finished(id).map(Finished::outcome_name)
    });
    game.update();
    assert_eq!(game.messages.finished(), 1, "one result");
    finished
}

fn error_kind(game: &Game, id: RequestId) -> Option<RequestErrorKind> {
    let requests = game.app.world().resource::<PendingRequests>();
    requests.finished(id)?.error().map(RequestError::kind)
}

#[test]
fn a_return_url_ends_the_request_once() {
    let (mut game, pages) = game();
    let (id, page) = invite(&mut game, &pages);
    game.run_until("the page to be open", |kit| {
        kit.messages.opened.first().cloned()
    });
    assert!(game.messages.opened[0].link.is_none());
    let back = return_url(&page);
    let (prefix, rest) = back.split_at("okwidget://return/".len());
    assert_eq!(prefix, "okwidget://return/");
    let (token, query) = rest.split_at(32);
    // What is not the return URL of this request ends nothing.
    for other in [
        String::new(),
        page.url().expose().to_owned(),
        format!("{prefix}{query}"),
        format!("{prefix}{}{query}", "0".repeat(32)),
        format!("{prefix}{token}/{query}"),
        format!("https://ok.ru/?next={back}"),
        format!("https://oauth.mycdn.me/blank.html{query}"),
    ] {
        assert!(!page.is_return(&other) && !page.returned(&other), "{other}");
    }
    // It is the return URL, but it says nothing.
    let nothing = format!("{prefix}{token}");
    assert!(page.is_return(&nothing) && !page.returned(&nothing));
    let long = format!("{back}&{}", "x".repeat(1 << 20));
    assert!(page.is_return(&long) && !page.returned(&long));
    assert!(!page.is_over());

    assert!(page.is_return(&back) && page.returned(&back));
    assert!(page.is_over(), "the window can close");
    assert!(!page.returned(&back), "only the first return counts");
    page.lost("after the return");
    assert_eq!(outcome(&mut game, id), "completed");
    let invited = game.messages.invites[0].outcome.completed().cloned();
    assert_eq!(invited.expect("friends").users.len(), 1);
}

#[test]
fn closing_the_window_cancels_and_a_lost_view_is_an_error() {
    type Close = (fn(OkPage), &'static str, Option<RequestErrorKind>);
    let close: [Close; 3] = [
        (OkPage::closed, "cancelled", None),
        (drop, "cancelled", None),
        (
            |page| page.lost("it crashed"),
            "failed",
            Some(RequestErrorKind::PageLost),
        ),
    ];
    for (close, name, kind) in close {
        let (mut game, pages) = game();
        let (id, page) = invite(&mut game, &pages);
        close(page);
        assert_eq!(outcome(&mut game, id), name);
        assert_eq!(error_kind(&game, id), kind);
        if kind.is_none() {
            assert_eq!(
                game.messages.invites[0].outcome,
                Outcome::Cancelled(CancelledBy::Player)
            );
        }
    }
}

#[test]
fn the_window_learns_that_its_request_is_over() {
    let ends: [fn(&mut Game, RequestId); 4] = [
        |game, id| game.write(CancelRequest { id }),
        |game, _| game.write(RequestLogout),
        |game, id| game.write(ReopenRequest { id }),
        |game, _| game.app = bevy_app::App::new(),
    ];
    for (number, end) in ends.into_iter().enumerate() {
        let (mut game, pages) = game();
        let (id, page) = invite(&mut game, &pages);
        game.run_until("the page to be open", |kit| {
            kit.messages.opened.first().cloned()
        });
        let (sender, over) = channel();
        let again = sender.clone();
        page.on_over(move || sender.send(()).expect("the test waits"));
        assert!(!page.is_over() && over.try_recv().is_err());
        end(&mut game, id);
        if number < 3 {
            game.update();
        }
        assert!(page.is_over(), "{number}");
        assert!(over.try_recv().is_ok(), "{number}");
        page.on_over(move || again.send(()).expect("the test waits"));
        assert!(over.try_recv().is_ok(), "at once: {number}");
        // Nothing of this page counts any more.
        let back = return_url(&page);
        assert!(!page.returned(&back), "{number}");
        page.closed();
        if number == 2 {
            let page = pages.recv_timeout(TIMEOUT).expect("the page opens anew");
            assert!(page.returned(&return_url(&page)));
            assert_eq!(outcome(&mut game, id), "completed");
        }
    }
}

/// Notes how many pages it had when the player logged out, and whether all were over.
#[derive(Clone, Default)]
struct Notes {
    pages: Arc<Mutex<Vec<OkPage>>>,
    log_outs: Arc<Mutex<Vec<(usize, bool)>>>,
}

impl PageHost for Notes {
    fn open(&self, page: OkPage) -> Result<(), OpenError> {
        self.pages.lock().expect("no panic").push(page);
        Ok(())
    }

    fn log_out(&self) {
        // Time for a page that would open too early, and for a game that would not wait.
        (0..10_000).for_each(|_| std::thread::yield_now());
        let pages = self.pages.lock().expect("no panic");
        let log_out = (pages.len(), pages.iter().all(OkPage::is_over));
        self.log_outs.lock().expect("no panic").push(log_out);
    }
}

#[test]
fn the_host_learns_of_a_log_out_between_the_pages_of_two_players() {
    let notes = Notes::default();
    let host = notes.clone();
    let mut game = Game::with(Behavior::Accept, |plugin| plugin.with_page_host(host));
    game.write(RequestInvite::new());
    game.run_until("the page to be open", |kit| {
        kit.messages.opened.first().cloned()
    });
    assert_eq!(*notes.log_outs.lock().expect("no panic"), []);

    // The next player logs in, all in one frame.
    game.write(RequestLogout);
    game.write(RequestLogout);
    game.write(RequestLogin::new());
    game.run_until("the page of the login", |_| {
        let pages = notes.pages.lock().expect("no panic");
        pages.get(1).map(|page| assert!(!page.is_over()))
    });
    assert_eq!(*notes.log_outs.lock().expect("no panic"), [(1, true)]);
    // Also of a player who has no session: they may have logged in on OK's page alone.
    game.write(RequestLogout);
    game.update();
    drop(game);
    assert_eq!(notes.log_outs.lock().expect("no panic").len(), 2, "awaited");
}

#[test]
fn the_timeout_of_a_request_closes_its_window() {
    let (mut game, pages) = game();
    let request = RequestInvite::new().timeout(Duration::from_secs(5));
    let id = request.id();
    game.write(request);
    game.update();
    let page = pages.recv_timeout(TIMEOUT).expect("a page");
    assert_eq!(outcome(&mut game, id), "timed_out");
    assert!(page.is_over() && !page.returned(&return_url(&page)));
}

#[test]
fn a_login_returns_to_the_registered_page_with_its_state() {
    let registered = "https://game.example/done";
    for (links, redirect) in [
        (None, "https://oauth.mycdn.me/blank.html"),
        (
            Some(ReturnLinks::default().with_redirect_uri(registered)),
            registered,
        ),
    ] {
        let (sender, pages) = channel();
        let mut game = Game::with(Behavior::Accept, |plugin| {
            let plugin = plugin
                .without_session()
                .with_opener(never)
                .with_page_host(Window(Mutex::new(sender)));
            match links {
                Some(links) => plugin.with_return_links(links),
                None => plugin,
            }
        });
        let request = RequestLogin::new();
        let id = request.id();
        game.write(request);
        game.update();
        let page = pages.recv_timeout(TIMEOUT).expect("a page");
        let parameter = |name| http::parameter(page.url().expose(), name).expect("it is sent");
        assert_eq!(parameter("redirect_uri"), redirect);
        let (state, other) = (parameter("state"), "0".repeat(32));
        let answer = "access_token=t&session_secret_key=k&expires_in=1800";
        for foreign in [
            redirect.to_owned(),
            format!("{redirect}#{answer}"),
            format!("{redirect}#{answer}&state={other}"),
            format!("{redirect}?state={other}#{answer}&state={state}"),
            format!("{redirect}?state={state}#{answer}&state={other}"),
            format!("{redirect}l#{answer}&state={state}"),
            format!("http{}#{answer}&state={state}", &redirect[5..]),
        ] {
            assert!(
                !page.is_return(&foreign) && !page.returned(&foreign),
                "{foreign}"
            );
        }
        assert!(page.returned(&format!("{redirect}#{answer}&state={state}")));
        assert_eq!(outcome(&mut game, id), "completed");
        assert!(game.app.world().resource::<OkSession>().is_logged_in());
        assert!(matches!(
            game.messages.logins[0].outcome,
            Outcome::Completed(LoggedIn::Session)
        ));
    }
}

#[test]
fn a_host_that_cannot_show_a_page_ends_the_request_without_a_link() {
    let hosts: [fn(OkPage) -> Result<(), OpenError>; 3] = [
        |_| Err(OpenError::new("no window")),
        |page| {
            drop(page);
            Err(OpenError::new("no window"))
        },
        |_| panic!("a bug of the host"),
    ];
    for host in hosts {
        let mut game = Game::with(Behavior::Accept, |plugin| {
            plugin.with_opener(never).with_page_host(Host(host))
        });
        let request = RequestInvite::new();
        let id = request.id();
        game.write(request);
        assert_eq!(outcome(&mut game, id), "failed");
        assert_eq!(error_kind(&game, id), Some(RequestErrorKind::CannotOpen));
        let requests = game.app.world().resource::<PendingRequests>();
        let error = requests.finished(id).and_then(Finished::error);
        assert!(error.is_some_and(|error| error.link().is_none()));
    }
}

/// A host may block for as long as its window is open.
#[test]
fn a_host_that_blocks_says_that_the_page_is_shown() {
    let mut game = Game::with(Behavior::Accept, |plugin| {
        plugin
            .with_opener(never)
            .with_page_host(Host(|page: OkPage| {
                let (sender, over) = channel();
                page.on_over(move || sender.send(()).expect("it waits"));
                page.shown();
                over.recv_timeout(TIMEOUT)
                    .map_err(|error| OpenError::new(error.to_string()))
            }))
    });
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    game.run_until("the page to be open", |kit| {
        kit.messages.opened.first().cloned()
    });
    game.write(CancelRequest { id });
    assert_eq!(outcome(&mut game, id), "cancelled");
    assert_eq!(game.messages.opened.len(), 1);
}

#[test]
fn the_browser_shows_what_the_host_cannot() {
    for is_login in [false, true] {
        let (sender, links) = channel();
        let sender = Mutex::new(sender);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let urls = Arc::clone(&asked);
        let mut game = Game::with(Behavior::Accept, |plugin| {
            let opener = move |link: &OneTimeLink| -> Result<(), OpenError> {
                let sender = sender.lock().expect("no panic");
                sender.send(link.clone()).expect("the test waits");
                Ok(())
            };
            let host = move |page: OkPage| -> Result<(), OpenError> {
                urls.lock()
                    .expect("no panic")
                    .push(page.url().expose().to_owned());
                Err(OpenError::use_browser("the engine is missing"))
            };
            plugin.with_opener(opener).with_page_host(Host(host))
        });
        let id = if is_login {
            let request = RequestLogin::new();
            let id = request.id();
            game.write(request);
            id
        } else {
            let request = RequestInvite::new();
            let id = request.id();
            game.write(request);
            id
        };
        let opened = game.run_until("the browser", |kit| kit.messages.opened.first().cloned());
        let link = links.recv_timeout(TIMEOUT).expect("a link");
        assert_eq!(opened.link.as_ref(), Some(&link));
        assert_eq!(game.messages.notices.len(), 1);
        assert_eq!(game.messages.notices[0].kind, NoticeKind::BrowserInstead);
        let page = http::get(link.expose());
        let url = http::header(&page, "location").expect("the signed URL");
        let names = match is_login {
            true => ["redirect_uri", "state"],
            false => ["st.return", "st.signature"],
        };
        let shown = asked.lock().expect("no panic")[0].clone();
        for name in names {
            assert_ne!(
                http::parameter(&shown, name),
                http::parameter(url, name),
                "{name}"
            );
        }
        // The URL of the host's page is dead.
        let player = bevy_odnoklassniki::sandbox::Player::accept();
        player.play(url).expect("the player acts");
        assert_eq!(outcome(&mut game, id), "completed");
        assert_eq!(game.messages.opened.len(), 1);
    }
}

/// A game without redirect URIs has no login in the browser.
#[test]
fn a_login_that_cannot_go_on_in_the_browser_fails() {
    let session = SessionData::new(AccessToken::new("token"), SessionSecretKey::new("key"));
    let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA");
    let plugin = OdnoklassnikiPlugin::new(credentials)
        .with_session(session)
        .with_hosts(Hosts::default())
        .with_opener(never)
        .with_page_host(Host(|_| Err(OpenError::use_browser("no engine"))));
    let mut game = Game::from_plugin(plugin);
    let (first, joined) = (RequestLogin::new(), RequestLogin::new());
    let ids = [first.id(), joined.id()];
    game.write(first);
    game.write(joined);
    game.run_until("both results", |kit| {
        (kit.messages.logins.len() == 2).then_some(())
    });
    for id in ids {
        assert_eq!(error_kind(&game, id), Some(RequestErrorKind::NotConfigured));
    }
    assert!(game.pending().is_empty());
}

#[test]
fn pages_and_their_errors_show_no_secret() {
    let (mut game, pages) = game();
    let (_, page) = invite(&mut game, &pages);
    let token = http::parameter(page.url().expose(), "st.return").expect("it is sent");
    let token = token.rsplit('/').next().expect("a token").to_owned();
    let shown = format!("{page:?} {:?}", page.url());
    assert!(!shown.contains(&token) && !shown.contains("st."), "{shown}");
    let requests = format!("{:?}", game.app.world().resource::<PendingRequests>());
    assert!(!requests.contains(&token), "{requests}");
}
