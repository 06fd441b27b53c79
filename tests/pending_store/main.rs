//! Requests that survive the process: a store keeps what is pending, and a link ends it later.

mod ids;
mod in_a_file;
mod killed;
mod panicking;
mod slow;

use std::sync::{Arc, Mutex, PoisonError};

use bevy_app::App;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::{Finished, MemoryStore, PendingFile, SessionStore, StoreError};
use serde_json::Value;
use test_support::flow;
use test_support::game::Game;
use test_support::http;
use zeroize::Zeroizing;

const SCHEME: &str = "ok512000123456";

fn plugin(store: impl SessionStore) -> OdnoklassnikiPlugin {
    flow::plugin()
        .with_return_links(ReturnLinks::scheme(SCHEME))
        .with_pending_store(store)
}

/// Returns one run of the game.
fn run(store: impl SessionStore) -> (Game, OkDeepLinks) {
    let plugin = plugin(store);
    let links = plugin.deep_links();
    (Game::from_plugin(plugin), links)
}

/// Writes an invitation, and returns the link to which OK sends the player back.
fn invite(game: &mut Game, number: u64) -> (RequestId, String) {
    let request = RequestInvite::new().comment(number.to_string());
    let request = request.tag(format!("castle-{number}"));
    let id = request.id();
    game.write(request);
    let flow = game.follow(id);
    (id, flow.callback_url(number))
}

fn results(game: &Game) -> Vec<Finished> {
    let requests = game.app.world().resource::<PendingRequests>();
    requests.recently_finished().cloned().collect()
}

fn settle(game: &mut Game, id: RequestId) -> Finished {
    game.run_until("the result", |kit| {
        let requests = kit.app.world().resource::<PendingRequests>();
        requests.finished(id).cloned()
    })
}

fn text(store: &MemoryStore) -> Option<String> {
    let text = store.load().expect("a memory");
    text.map(|text| text.to_string())
}

#[test]
fn a_link_ends_a_request_of_an_earlier_run() {
    type When = fn(&OkDeepLinks, &mut Game, &str);
    let whens: [When; 2] = [
        // The system has started the game with it.
        |links, game, link| {
            let unknown = format!("{SCHEME}://r/{}?code=OK", "0".repeat(32));
            assert_eq!(links.deliver(&unknown), Delivered::TooLate);
            assert_eq!(links.deliver(link), Delivered::Taken);
            assert_eq!(links.deliver(link), Delivered::TooLate, "twice");
            game.update();
        },
        |links, game, link| {
            game.update();
            assert_eq!(links.deliver(link), Delivered::Taken);
            assert_eq!(links.deliver(link), Delivered::TooLate, "twice");
        },
    ];
    for when in whens {
        let store = MemoryStore::new();
        let (mut game, _) = run(store.clone());
        let (id, link) = invite(&mut game, 7);
        assert!(text(&store).is_some(), "kept before its page opened");
        drop(game);
        let (mut game, links) = run(store.clone());
        when(&links, &mut game, &link);
        let finished = settle(&mut game, id);
        assert_eq!(finished.outcome_name(), "completed");
        assert_eq!(
            (finished.tag(), finished.is_resumed()),
            (Some("castle-7"), true)
        );
        assert!(game.messages.opened.is_empty(), "no page opens");
        game.update();
        assert_eq!(game.messages.finished(), 1);
        assert_eq!(text(&store), None, "the record is gone");
        drop(game);
        let (mut game, links) = run(store);
        assert_eq!(links.deliver(&link), Delivered::TooLate);
        game.update();
        assert!(results(&game).is_empty());
    }
}

/// The link may come before the plugin is added.
#[test]
fn a_link_that_starts_the_game_waits_for_the_plugin() {
    let store = MemoryStore::new();
    let (mut game, _) = run(store.clone());
    let (id, link) = invite(&mut game, 7);
    drop(game);
    let plugin = plugin(store);
    assert_eq!(plugin.deep_links().deliver(&link), Delivered::Taken);
    let mut game = Game::from_plugin(plugin);
    assert_eq!(settle(&mut game, id).outcome_name(), "completed");
}

#[test]
fn a_resumed_request_is_pending_without_a_page_and_can_be_opened_again_or_cancelled() {
    let store = MemoryStore::new();
    let (mut game, _) = run(store.clone());
    let (id, link) = invite(&mut game, 7);
    drop(game);
    let (mut game, links) = run(store.clone());
    game.update();
    let requests = game.app.world().resource::<PendingRequests>();
    let pending = requests.get(id).expect("pending");
    assert!(pending.is_resumed() && pending.is_opened());
    assert_eq!(pending.tag(), Some("castle-7"));
    assert!(game.messages.opened.is_empty());
    let opened = game.messages.opened.len();
    game.write(ReopenRequest { id });
    let again = game.run_until("the page", |kit| kit.messages.opened.get(opened).cloned());
    let page = http::get(again.link.expect("a link").expose());
    let url = http::header(&page, "location").expect("the signed URL");
    let back = http::parameter(url, "st.return").expect("it is sent");
    assert!(link.starts_with(&back), "the same return URL");
    game.write(CancelRequest { id });
    let finished = settle(&mut game, id);
    assert_eq!(
        (finished.outcome_name(), finished.is_resumed()),
        ("cancelled", true)
    );
    assert_eq!(links.deliver(&link), Delivered::TooLate);
    assert_eq!(text(&store), None);
}

#[test]
fn a_login_and_what_waits_for_it_survive() {
    let store = MemoryStore::new();
    let make = || {
        let plugin = plugin(store.clone()).without_session();
        let plugin = plugin.with_automatic_login(|| RequestLogin::new().tag("automatic"));
        let links = plugin.deep_links();
        (Game::from_plugin(plugin), links)
    };
    let (mut game, _) = make();
    let invite = RequestInvite::new().tag("waits");
    let id = invite.id();
    game.write(invite);
    let opened = game.run_until("the login", |kit| kit.messages.opened.first().cloned());
    let page = http::get(opened.link.expect("a link").expose());
    let url = http::header(&page, "location").expect("the URL");
    let state = http::parameter(url, "state").expect("it is sent");
    drop(game);
    let (mut game, links) = make();
    let answer = "access_token=t&session_secret_key=k&expires_in=1800";
    let link = format!("{SCHEME}://authorize#{answer}&state={state}");
    assert_eq!(links.deliver(&link), Delivered::Taken);
    let login = settle(&mut game, opened.id);
    assert_eq!((login.tag(), login.is_resumed()), (Some("automatic"), true));
    assert!(matches!(
        game.messages.logins[0].outcome,
        Outcome::Completed(LoggedIn::Session)
    ));
    // Now its page opens.
    let link = game.follow(id).callback_url(7);
    assert_eq!(links.deliver(&link), Delivered::Taken);
    let finished = settle(&mut game, id);
    assert_eq!(
        (finished.outcome_name(), finished.tag()),
        ("completed", Some("waits"))
    );
    let kept = text(&store);
    assert_eq!(kept, None);
}

/// Neither the session nor what it signs is in the record, and the record is as short as it can be.
#[test]
fn the_record_has_no_token_and_no_key() {
    let store = MemoryStore::new();
    let session = SessionData::new(
        AccessToken::new("canary-token"),
        SessionSecretKey::new("canary-key"),
    );
    let mut game = Game::from_plugin(plugin(store.clone()).with_session(session));
    let (_, link) = invite(&mut game, 7);
    let record = text(&store).expect("a record");
    assert!(!record.contains("canary") && !record.contains("st.signature"));
    let token = &link[SCHEME.len() + "://r/".len()..][..32];
    assert!(record.contains(token) && record.contains("castle-7"));
}

/// Returns the record of one pending request, as JSON, and its link.
fn record() -> (Value, RequestId, String) {
    let store = MemoryStore::new();
    let (mut game, _) = run(store.clone());
    let (id, link) = invite(&mut game, 7);
    drop(game);
    let text = text(&store).expect("a record");
    (serde_json::from_str(&text).expect("JSON"), id, link)
}

#[test]
fn the_deadline_is_that_of_the_clock_on_the_wall() {
    // The clock was set back by so many seconds, or that time has passed.
    for (seconds, left) in [(0, 600), (-300, 300), (100_000_000, 600), (-700, 0)] {
        let (mut record, id, link) = record();
        let deadline = &mut record["requests"][0]["deadline"];
        let at = deadline.as_u64().expect("a time");
        *deadline = at.saturating_add_signed(seconds * 1000).into();
        let store = MemoryStore::new();
        store.save(&record.to_string()).expect("a memory");
        let (mut game, links) = run(store);
        game.update();
        if left == 0 {
            let finished = settle(&mut game, id);
            assert_eq!(
                (finished.outcome_name(), finished.is_resumed()),
                ("timed_out", true)
            );
            assert_eq!(links.deliver(&link), Delivered::TooLate);
            game.update();
            assert_eq!(game.messages.finished(), 1);
            continue;
        }
        let requests = game.app.world().resource::<PendingRequests>();
        let rest = requests.get(id).expect("pending").time_left().as_secs();
        assert!((left - 30..=left).contains(&rest), "{seconds}: {rest}");
    }
}

/// A store that notes what the process has done when its record is written.
struct Noting<S>(S, Arc<Mutex<Vec<String>>>);

impl<S: SessionStore> SessionStore for Noting<S> {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        self.0.load()
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        // Time for a page that would open too early.
        (0..10_000).for_each(|_| std::thread::yield_now());
        note(&self.1, "saved");
        self.0.save(text)
    }

    fn clear(&self) -> Result<(), StoreError> {
        note(&self.1, "cleared");
        self.0.clear()
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        self.0.quarantine()
    }
}

fn note(notes: &Mutex<Vec<String>>, what: &str) {
    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    notes.push(what.to_owned());
}

#[test]
fn the_record_is_written_before_the_page_and_gone_before_the_result() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let in_opener = Arc::clone(&notes);
    let plugin = plugin(Noting(MemoryStore::new(), Arc::clone(&notes)));
    let plugin = plugin.with_opener(move |_: &OneTimeLink| -> Result<(), OpenError> {
        note(&in_opener, "opened");
        Ok(())
    });
    let links = plugin.deep_links();
    let mut game = Game::from_plugin(plugin);
    let in_game = Arc::clone(&notes);
    let read = move |mut finished: bevy_ecs::message::MessageReader<InviteFinished>| {
        for _ in finished.read() {
            note(&in_game, "result");
        }
    };
    game.app.add_systems(bevy_app::Update, read);
    let (id, link) = invite(&mut game, 7);
    assert_eq!(links.deliver(&link), Delivered::Taken);
    settle(&mut game, id);
    // The game's systems may have run before the result came.
    game.update();
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*notes, ["saved", "opened", "cleared", "result"]);
}

/// The game ends with pending requests in the usual way, too.
#[test]
fn a_game_that_is_left_is_one_that_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pending.json");
    let mut app = App::new();
    app.add_plugins(plugin(PendingFile::at(&path)));
    app.update();
    let request = RequestInvite::new().tag("castle-7");
    let id = request.id();
    app.world_mut().write_message(request);
    app.update();
    app.world_mut().write_message(bevy_app::AppExit::Success);
    app.update();
    drop(app);
    let (mut game, _) = run(PendingFile::at(&path));
    game.update();
    assert_eq!(game.pending(), [id]);
}
