//! The kit's opener. It waits until the kit has seen the request and knows its scripted action.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::{OneTimeLink, OpenError};

#[derive(Default)]
struct State {
    /// Results by link. Openers run on several threads, so the order of their calls means nothing.
    decided: HashMap<String, Result<(), OpenError>>,
    closed: bool,
}

/// Lets openers wait for their results. Dropping it releases all of them.
pub(super) struct OpenerGate(Arc<(Mutex<State>, Condvar)>);

impl OpenerGate {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    pub(super) fn decide(&self, link: &OneTimeLink, result: Result<(), OpenError>) {
        self.change(|state| _ = state.decided.insert(link.expose().to_owned(), result));
    }

    pub(super) fn opener(
        &self,
    ) -> impl Fn(&OneTimeLink) -> Result<(), OpenError> + Send + Sync + 'static {
        let shared = Arc::clone(&self.0);
        move |link| {
            let (state, changed) = &*shared;
            let mut state = lock(state);
            while !state.closed {
                if let Some(result) = state.decided.remove(link.expose()) {
                    return result;
                }
                state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            Err(OpenError::new("the test is over"))
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let (state, changed) = &*self.0;
        change(&mut lock(state));
        changed.notify_all();
    }
}

impl Drop for OpenerGate {
    fn drop(&mut self) {
        self.change(|state| state.closed = true);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
