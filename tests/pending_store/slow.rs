//! A store that takes its time: no frame waits, and neither a page nor a result is early.

use std::sync::Condvar;

use super::*;

/// A store that does nothing while it is shut.
#[derive(Clone, Default)]
struct Gate {
    text: MemoryStore,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    is_shut: bool,
    /// How many calls wait.
    waiting: usize,
}

impl Gate {
    fn shut(&self, is_shut: bool) {
        self.state.0.lock().expect("no panic").is_shut = is_shut;
        self.state.1.notify_all();
    }

    fn pass(&self) {
        let (state, changed) = &*self.state;
        let mut state = state.lock().expect("no panic");
        state.waiting += 1;
        changed.notify_all();
        let mut state = changed
            .wait_while(state, |state| state.is_shut)
            .expect("no panic");
        state.waiting -= 1;
    }

    /// Waits until the plugin has called the store.
    fn called(&self) {
        let (state, changed) = &*self.state;
        let state = state.lock().expect("no panic");
        let called = changed.wait_while(state, |state| state.waiting == 0);
        drop(called.expect("no panic"));
    }
}

impl SessionStore for Gate {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        self.text.load()
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        self.pass();
        self.text.save(text)
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.pass();
        self.text.clear()
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        self.text.quarantine()
    }
}

/// One whose text does not come while the gate is shut.
#[derive(Clone)]
struct SlowLoad(Gate);

impl SessionStore for SlowLoad {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        self.0.pass();
        self.0.text.load()
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        self.0.save(text)
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.0.clear()
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        self.0.quarantine()
    }
}

fn frames(game: &mut Game) {
    (0..100).for_each(|_| game.update());
}

#[test]
fn a_page_waits_for_the_store_and_no_frame_does() {
    let store = Gate::default();
    let pages = Arc::new(Mutex::new(Vec::new()));
    let in_opener = Arc::clone(&pages);
    let plugin = plugin(store.clone()).with_opener(move |_: &OneTimeLink| {
        note(&in_opener, "opened");
        Ok::<_, OpenError>(())
    });
    let mut game = Game::from_plugin(plugin);
    store.shut(true);
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    game.update();
    store.called();
    frames(&mut game);
    assert_eq!(game.pending(), [id]);
    assert!(game.messages.opened.is_empty(), "no page before the record");
    // A second one that the game cancels meanwhile opens no page at all.
    let cancelled = RequestInvite::new().comment("another");
    let other = cancelled.id();
    game.write(cancelled);
    game.update();
    game.write(CancelRequest { id: other });
    frames(&mut game);
    store.shut(false);
    assert_eq!(settle(&mut game, other).outcome_name(), "cancelled");
    game.run_until("the page", |kit| kit.messages.opened.first().cloned());
    frames(&mut game);
    let opened: Vec<_> = game.messages.opened.iter().map(|page| page.id).collect();
    assert_eq!(opened, [id]);
    assert_eq!(pages.lock().expect("no panic").len(), 1);
}

#[test]
fn a_result_waits_for_the_store_and_its_request_is_pending_until_then() {
    let store = Gate::default();
    let (mut game, links) = run(store.clone());
    let (id, link) = invite(&mut game, 7);
    store.shut(true);
    assert_eq!(links.deliver(&link), Delivered::Taken);
    game.update();
    store.called();
    frames(&mut game);
    assert_eq!(game.messages.finished(), 0, "a crash now gives it once");
    assert_eq!(game.pending(), [id]);
    assert!(results(&game).is_empty());
    // What comes now changes nothing, and what fails at once stays in order.
    assert_eq!(links.deliver(&link), Delivered::TooLate);
    game.write(CancelRequest { id });
    game.write(ReopenRequest { id });
    let post = RequestInvite::new().tag("x".repeat(100_000));
    let invalid = post.id();
    game.write(post);
    frames(&mut game);
    assert_eq!(game.messages.finished(), 0);
    assert!(text(&store.text).is_some());
    store.shut(false);
    assert_eq!(settle(&mut game, id).outcome_name(), "completed");
    assert_eq!(settle(&mut game, invalid).outcome_name(), "failed");
    frames(&mut game);
    let ended: Vec<_> = results(&game).iter().rev().map(Finished::id).collect();
    assert_eq!(ended, [id, invalid]);
    assert_eq!(game.messages.finished(), 2);
    assert!(game.pending().is_empty() && text(&store.text).is_none());
}

/// Nothing waits forever: after five seconds the game goes on without the store.
#[test]
fn a_store_that_hangs_keeps_no_page_from_opening() {
    let store = Gate::default();
    let (mut game, links) = run(store.clone());
    store.shut(true);
    let (id, link) = invite(&mut game, 7);
    assert_eq!(links.deliver(&link), Delivered::Taken);
    assert_eq!(settle(&mut game, id).outcome_name(), "completed");
    // It comes back: what it had to write is removed again.
    store.shut(false);
    drop(game);
    assert_eq!(text(&store.text), None);
}

/// After five seconds the game starts without what an earlier run has left, which stays for the next.
#[test]
fn a_store_that_hangs_at_the_start_does_not_keep_the_game_from_starting() {
    let store = Gate::default();
    let (mut game, _) = run(store.clone());
    let (earlier, earlier_link) = invite(&mut game, 7);
    drop(game);
    store.shut(true);
    let (mut game, links) = run(SlowLoad(store.clone()));
    let (id, link) = invite(&mut game, 8);
    assert_eq!(links.deliver(&earlier_link), Delivered::TooLate);
    assert_eq!(links.deliver(&link), Delivered::Taken);
    assert_eq!(settle(&mut game, id).outcome_name(), "completed");
    assert_eq!(game.messages.finished(), 1);
    drop(game);
    store.shut(false);
    let (mut game, links) = run(store);
    assert_eq!(links.deliver(&earlier_link), Delivered::Taken);
    assert_eq!(settle(&mut game, earlier).outcome_name(), "completed");
}
