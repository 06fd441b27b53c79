//! Runs of the game that are killed, and stores that fail.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use bevy_odnoklassniki::StoreErrorKind;
use test_support::random::Random;
use test_support::reliability::measured;
use test_support::subprocess;

use super::*;

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

/// Returns a record whose deadlines have passed while no process ran.
fn expired(record: &str) -> String {
    let mut record: Value = serde_json::from_str(record).expect("JSON");
    for request in record["requests"].as_array_mut().expect("a list") {
        let deadline = request["deadline"].as_u64().expect("a time");
        request["deadline"] = (deadline - 700_000).into();
    }
    record.to_string()
}

/// Returns how many requests a record has.
fn requests_in(record: &str) -> usize {
    let record: Value = serde_json::from_str(record).expect("JSON");
    record["requests"].as_array().expect("a list").len()
}

/// A thousand times: a run dies at a random step, its links come to the next run, in any order and
/// more than once. A result that a dead process has written after its last step was never seen. In
/// every fourth case the deadlines pass before the next run.
#[test]
fn a_thousand_kill_points_give_no_result_twice() {
    let mut random = Random(17);
    let mut seen_twice = 0;
    let (mut completed, mut lost, mut resumed, mut too_late) = (0, 0, 0, 0);
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
        let is_late = case % 4 == 3;
        if let Some(record) = text(&memory).filter(|_| is_late) {
            memory.save(&expired(&record)).expect("a memory");
        }
        let kept = text(&memory).map_or(0, |record| requests_in(&record));
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
        assert!(taken.is_empty() || !is_late, "after the deadline");
        game.update();
        taken.iter().for_each(|id| _ = settle(&mut game, *id));
        game.run_until("every request has had its link, or its deadline", |kit| {
            let requests = kit.app.world().resource::<PendingRequests>();
            (requests.recently_finished().count() >= kept).then_some(())
        });
        game.update();
        for (id, _) in &sent {
            let now = results(&game).iter().filter(|end| end.id() == *id).count();
            let before = seen.iter().filter(|end| *end == id).count();
            seen_twice += usize::from(now + before > 1);
            completed += now + before;
            lost += usize::from(now + before == 0);
            resumed += now;
        }
        for end in results(&game) {
            let expected = if is_late { "timed_out" } else { "completed" };
            assert_eq!((end.outcome_name(), end.is_resumed()), (expected, true));
            too_late += usize::from(is_late);
        }
        assert!(game.pending().is_empty());
        assert_eq!(text(&memory), None);
    }
    assert_eq!(seen_twice, 0);
    assert!(completed > 1_000 && resumed > 300, "{completed} {resumed}");
    assert!(too_late > 100, "{too_late}");
    assert!(lost > 0, "some died before the record was written");
    measured(
        25,
        format_args!(
            "1000 kill points: {resumed} requests went on, none ended twice, {too_late} timed out after their deadline"
        ),
    );
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

/// A store whose third text is too long for it.
#[derive(Clone, Default)]
struct Full(MemoryStore, Arc<AtomicUsize>);

impl SessionStore for Full {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        self.0.load()
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        if self.1.fetch_add(1, Ordering::SeqCst) == 2 {
            return Err(StoreError::new(StoreErrorKind::Failed, "the disk is full"));
        }
        self.0.save(text)
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.0.clear()
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        self.0.quarantine()
    }
}

/// What cannot be replaced is removed: it has a request that has ended.
#[test]
fn a_failed_save_leaves_no_old_text() {
    let store = Full::default();
    let (mut game, links) = run(store.clone());
    let (first, link) = invite(&mut game, 1);
    let (second, _) = invite(&mut game, 2);
    assert_eq!(links.deliver(&link), Delivered::Taken);
    assert_eq!(settle(&mut game, first).outcome_name(), "completed");
    assert_eq!(text(&store.0), None);
    // The next text fits again.
    let (third, _) = invite(&mut game, 3);
    drop(game);
    let (mut game, links) = run(store);
    assert_eq!(links.deliver(&link), Delivered::TooLate);
    game.update();
    assert_eq!(game.pending(), [second, third]);
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
    const TEST: &str = "killed::killed_processes_give_no_result_twice";
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
    measured(
        25,
        format_args!("30 killed processes: {resumed} requests went on, none ended twice"),
    );
}
