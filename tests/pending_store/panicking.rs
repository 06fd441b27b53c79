//! A store that panics: it costs no result, and gives none twice.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

/// Panics in these calls, once it may.
#[derive(Clone, Default)]
struct Panicking {
    text: MemoryStore,
    may: Arc<AtomicBool>,
    at_load: bool,
    at_save: bool,
    at_clear: bool,
}

impl Panicking {
    fn call(&self, is_at: bool) {
        if is_at && self.may.load(Ordering::SeqCst) {
            panic!("the store's own bug");
        }
    }
}

impl SessionStore for Panicking {
    fn load(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        self.call(self.at_load);
        self.text.load()
    }

    fn save(&self, text: &str) -> Result<(), StoreError> {
        self.call(self.at_save);
        self.text.save(text)
    }

    fn clear(&self) -> Result<(), StoreError> {
        self.call(self.at_clear);
        self.text.clear()
    }

    fn quarantine(&self) -> Result<String, StoreError> {
        self.text.quarantine()
    }
}

#[test]
fn a_store_that_panics_at_the_start_is_not_used() {
    let store = Panicking {
        at_load: true,
        ..Panicking::default()
    };
    store.may.store(true, Ordering::SeqCst);
    let (mut game, links) = run(store.clone());
    let (id, link) = invite(&mut game, 7);
    assert_eq!(text(&store.text), None);
    assert_eq!(links.deliver(&link), Delivered::Taken);
    assert_eq!(settle(&mut game, id).outcome_name(), "completed");
}

/// What a save that panics leaves is erased: it has a request that has ended.
#[test]
fn a_store_that_panics_at_a_save_leaves_no_old_text() {
    let store = Panicking {
        at_save: true,
        ..Panicking::default()
    };
    let (mut game, links) = run(store.clone());
    let (first, link) = invite(&mut game, 1);
    invite(&mut game, 2);
    store.may.store(true, Ordering::SeqCst);
    assert_eq!(links.deliver(&link), Delivered::Taken);
    assert_eq!(settle(&mut game, first).outcome_name(), "completed");
    assert_eq!(text(&store.text), None);
}

#[test]
fn a_store_that_panics_at_a_clear_costs_no_result() {
    let store = Panicking {
        at_clear: true,
        ..Panicking::default()
    };
    store.may.store(true, Ordering::SeqCst);
    let (mut game, links) = run(store);
    for number in 0..2 {
        let (id, link) = invite(&mut game, number);
        assert_eq!(links.deliver(&link), Delivered::Taken);
        assert_eq!(settle(&mut game, id).outcome_name(), "completed");
    }
    assert_eq!(game.messages.finished(), 2);
}
