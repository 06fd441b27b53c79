//! Requests that survive the process: a store keeps what is pending, and a link ends it later.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bevy_app::App;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::{
    Delivered, Finished, LoggedIn, MemoryStore, OkDeepLinks, PendingFile, ReturnLinks,
    SessionStore, StoreError, StoreErrorKind,
};
use serde_json::Value;
use test_support::flow;
use test_support::game::Game;
use test_support::http;
use test_support::random::Random;
use test_support::subprocess;
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

#[test]
fn what_cannot_be_restored_is_set_aside() {
    let (record, id, link) = record();
    let with = |name: &str, value: Value| {
        let mut other = record.clone();
        other[name] = value;
        other.to_string()
    };
    let whole = record.to_string();
    for text in [
        String::new(),
        "{}".to_owned(),
        whole[..whole.len() - 3].to_owned(),
        with("version", 3.into()),
        with("version", 1.into()),
        with("app_id", "513".into()),
        with("format", "another game's".into()),
        "x".repeat(70_000),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ok").join("pending.json");
        fs::create_dir(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, &text).expect("a file");
        let (mut game, links) = run(PendingFile::at(&path));
        assert_eq!(links.deliver(&link), Delivered::TooLate);
        game.update();
        assert!(game.pending().is_empty() && results(&game).is_empty());
        let moved = path.with_file_name("pending.json.quarantine-1");
        let kept = fs::read_to_string(&moved).expect("it is kept");
        assert_eq!(kept, text);
        // The store works on.
        let (new, _) = invite(&mut game, 8);
        assert_ne!(new, id);
        assert!(
            fs::read_to_string(&path)
                .expect("a record")
                .contains("castle-8")
        );
    }
}

#[test]
fn the_file_is_the_players_own_and_goes_with_the_last_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("my_game").join("pending.json");
    let (mut game, links) = run(PendingFile::at(&path));
    game.update();
    assert!(!path.exists(), "nothing is pending");
    let (id, link) = invite(&mut game, 7);
    assert!(path.exists());
    #[cfg(unix)]
    for (name, expected) in [
        ("", 0o700),
        ("pending.json", 0o600),
        ("pending.json.lock", 0o600),
    ] {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.path().join("my_game").join(name);
        let mode = fs::metadata(path).expect("it exists").permissions().mode();
        assert_eq!(mode & 0o777, expected, "{name}");
    }
    assert_eq!(links.deliver(&link), Delivered::Taken);
    settle(&mut game, id);
    assert!(!path.exists());
    // What another program puts in the way is not followed, and nothing is lost in this run.
    #[cfg(unix)]
    {
        let target = folder.path().join("target");
        fs::write(&target, "mine").expect("a file");
        std::os::unix::fs::symlink(&target, &path).expect("a link");
        std::os::unix::fs::symlink(&target, path.with_extension("json.new")).expect("a link");
        let (id, link) = invite(&mut game, 8);
        assert_eq!(links.deliver(&link), Delivered::Taken);
        settle(&mut game, id);
        assert_eq!(fs::read_to_string(&target).expect("a file"), "mine");
    }
}

/// The second run at the same time leaves the requests to the first.
#[test]
fn two_runs_at_once_share_no_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pending.json");
    let (mut first, links) = run(PendingFile::at(&path));
    let (id, link) = invite(&mut first, 7);
    let (mut second, others) = run(PendingFile::at(&path));
    second.update();
    assert!(second.pending().is_empty());
    assert_eq!(others.deliver(&link), Delivered::TooLate);
    let (other, other_link) = invite(&mut second, 8);
    assert_eq!(others.deliver(&other_link), Delivered::Taken);
    assert_eq!(settle(&mut second, other).outcome_name(), "completed");
    let record = fs::read_to_string(&path).expect("the record of the first");
    assert!(record.contains("castle-7") && !record.contains("castle-8"));
    assert_eq!(links.deliver(&link), Delivered::Taken);
    assert_eq!(settle(&mut first, id).outcome_name(), "completed");
    assert!(!path.exists());
    drop((first, second));
    let (mut third, _) = run(PendingFile::at(&path));
    invite(&mut third, 9);
    assert!(
        fs::read_to_string(&path)
            .expect("a record")
            .contains("castle-9")
    );
}

/// A store whose process is killed at one of its steps, before or after it has had its effect, or
/// which fails from then on.
#[derive(Clone)]
struct Dying {
    text: MemoryStore,
    steps: Arc<AtomicUsize>,
    dies_at: usize,
    fails: bool,
}

impl Dying {
    fn new(text: MemoryStore, dies_at: usize, fails: bool) -> Self {
        let steps = Arc::default();
        Self {
            text,
            steps,
            dies_at,
            fails,
        }
    }

    fn is_dead(&self) -> bool {
        self.steps.load(Ordering::SeqCst) >= self.dies_at
    }

    /// Counts a step. Returns an error if the store fails from then on.
    fn step(&self, act: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
        let step = self.steps.fetch_add(1, Ordering::SeqCst);
        if step < self.dies_at {
            return act();
        }
        match self.fails {
            true => Err(StoreError::new(StoreErrorKind::Failed, "the disk is full")),
            // Nobody sees what a dead process does.
            false => Ok(()),
        }
    }
}

impl SessionStore for Dying {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        self.text.load()
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        self.step(|| Ok(()))?;
        self.step(|| self.text.save(text))
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.step(|| Ok(()))?;
        self.step(|| self.text.clear())
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        self.text.quarantine()
    }
}

/// A thousand times: a run dies at a random step, its links come to the next run, in any order and
/// more than once. A result that a dead process has written after its last step was never seen.
#[test]
fn a_thousand_kill_points_give_no_result_twice() {
    let mut random = Random(17);
    let mut seen_twice = 0;
    let (mut completed, mut lost, mut resumed) = (0, 0, 0);
    for case in 0..1_000_u64 {
        let memory = MemoryStore::new();
        let store = Dying::new(memory.clone(), random.below(9), false);
        let (mut game, links) = run(store.clone());
        let mut sent = Vec::new();
        let mut seen: Vec<RequestId> = Vec::new();
        for number in 0..1 + random.below(3) as u64 {
            let (id, link) = invite(&mut game, case * 10 + number);
            sent.push((id, link));
            if store.is_dead() {
                break;
            }
            if random.below(2) == 0 {
                let (id, link) = &sent[random.below(sent.len())];
                if links.deliver(link) == Delivered::Taken {
                    settle(&mut game, *id);
                }
            }
            if store.is_dead() {
                break;
            }
            // What the game has seen by now, it has seen.
            seen = results(&game).iter().map(Finished::id).collect();
        }
        drop(game);
        let (mut game, links) = run(memory.clone());
        if random.below(2) == 0 {
            game.update();
        }
        let mut taken = Vec::new();
        for _ in 0..2 {
            for (id, link) in &sent {
                if links.deliver(link) == Delivered::Taken {
                    taken.push(*id);
                }
            }
        }
        game.update();
        taken.iter().for_each(|id| _ = settle(&mut game, *id));
        game.update();
        for (id, _) in &sent {
            let now = results(&game).iter().filter(|end| end.id() == *id).count();
            let before = seen.iter().filter(|end| *end == id).count();
            seen_twice += usize::from(now + before > 1);
            completed += now + before;
            lost += usize::from(now + before == 0);
            resumed += now;
        }
        assert!(results(&game).iter().all(Finished::is_resumed));
        assert!(game.pending().is_empty(), "every request has had its link");
        assert_eq!(text(&memory), None);
    }
    assert_eq!(seen_twice, 0);
    assert!(completed > 1_000 && resumed > 300, "{completed} {resumed}");
    assert!(lost > 0, "some died before the record was written");
}

/// A full disk costs the survival of a request, and nothing in this run.
#[test]
fn a_store_that_fails_costs_no_result() {
    for dies_at in 0..6 {
        let store = Dying::new(MemoryStore::new(), dies_at, true);
        let (mut game, links) = run(store);
        for number in 0..3 {
            let (id, link) = invite(&mut game, number);
            assert_eq!(links.deliver(&link), Delivered::Taken);
            assert_eq!(settle(&mut game, id).outcome_name(), "completed");
        }
        game.update();
        assert_eq!(game.messages.finished(), 3);
    }
    // One that cannot even be read is not used.
    struct Broken;
    impl SessionStore for Broken {
        fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
            Err(StoreError::new(StoreErrorKind::Denied, "no permission"))
        }
        fn save(&self, _: &str) -> Result<(), StoreError> {
            panic!("it is not used")
        }
        fn clear(&self) -> Result<(), StoreError> {
            panic!("it is not used")
        }
        fn quarantine(&self) -> Result<String, StoreError> {
            panic!("it is not used")
        }
    }
    let (mut game, links) = run(Broken);
    let (id, link) = invite(&mut game, 1);
    assert_eq!(links.deliver(&link), Delivered::Taken);
    assert_eq!(settle(&mut game, id).outcome_name(), "completed");
}

/// A store that notes what the process has done when its record is written.
struct Noting<S>(S, Arc<Mutex<Vec<String>>>);

impl<S: SessionStore> SessionStore for Noting<S> {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        self.0.load()
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
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
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*notes, ["saved", "opened", "cleared", "result"]);
}

fn say(line: &str) {
    // One write: half a line would be another link.
    let line = format!("{line}\n");
    std::io::stdout()
        .write_all(line.as_bytes())
        .expect("the test reads");
}

/// Runs the game in a child process until it is killed. It writes a line for each request, and one
/// for each result before it reads the next link.
fn child(path: &Path) {
    let (mut game, links) = run(PendingFile::at(path));
    game.update();
    say("READY");
    for number in 0..1_000 {
        let (id, link) = invite(&mut game, number);
        say(&format!("SENT {link}"));
        if number % 3 == 1 {
            assert_eq!(links.deliver(&link), Delivered::Taken);
            settle(&mut game, id);
            say(&format!("ENDED {link}"));
        }
        if number % 3 == 2 {
            for request in game.pending() {
                game.write(CancelRequest { id: request });
            }
            game.update();
            game.update();
            say("CANCELLED");
        }
    }
}

/// Really killed, at any time: no result comes twice, and no file is left half.
#[test]
#[cfg(unix)]
fn killed_processes_give_no_result_twice() {
    const TEST: &str = "killed_processes_give_no_result_twice";
    const FOLDER: &str = "OK_PENDING_FOLDER";
    if subprocess::is_child(TEST) {
        let folder = std::env::var(FOLDER).expect("a folder");
        return child(&Path::new(&folder).join("pending.json"));
    }
    let mut random = Random(4);
    let mut resumed = 0;
    for _ in 0..30 {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command: Command = subprocess::command(TEST);
        let mut child = command
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let mut lines = output.lines().map_while(Result::ok);
        lines
            .by_ref()
            .find(|line| line.ends_with("READY"))
            .expect("it runs");
        let mut seen: Vec<String> = lines.by_ref().take(1 + random.below(12)).collect();
        (0..random.below(2_000)).for_each(|_| std::thread::yield_now());
        child.kill().expect("it is killed");
        child.wait().expect("it is dead");
        seen.extend(lines);
        let links_with = |word: &str| -> Vec<String> {
            let links = seen.iter().filter_map(|line| line.strip_prefix(word));
            links.map(ToOwned::to_owned).collect()
        };
        let (sent, ended) = (links_with("SENT "), links_with("ENDED "));
        assert!(!sent.is_empty());

        let path = folder.path().join("pending.json");
        let (mut game, links) = run(PendingFile::at(&path));
        game.update();
        let pending = game.pending().len();
        let quarantined = path.with_file_name("pending.json.quarantine-1");
        assert!(!quarantined.exists(), "the file is whole");
        let mut taken = 0;
        for link in &sent {
            let end = links.deliver(link);
            assert_ne!(end, Delivered::NotOurs, "{link}");
            if end == Delivered::Taken {
                assert!(!ended.contains(link), "a second result: {link}");
                taken += 1;
            }
        }
        game.run_until("the results", |kit| {
            (kit.messages.invites.len() >= taken).then_some(())
        });
        game.update();
        assert_eq!(game.messages.finished(), taken);
        assert!(taken <= pending);
        resumed += taken;
    }
    assert!(resumed > 5, "{resumed}");
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
