//! The text that is kept of the pending requests, for the next run of the game: in the browser's tab,
//! or in the game's store.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::events::EventSender;
use super::kept_store::KeptStore;
use super::record::{self, KeptRequest};
use crate::session::{SessionStore, StoreJob};
use crate::{opener, platform};

/// What is kept. On the web that is nothing, until the game is about to leave its page.
pub(super) struct Kept {
    /// The game's store. `None`: the tab's storage.
    store: Option<KeptStore>,
    /// The last text. `None` if nothing is kept.
    text: Option<Zeroizing<String>>,
    has_failed: bool,
}

impl Kept {
    pub(super) fn new(store: Option<Arc<dyn SessionStore>>) -> Self {
        Self {
            store: store.map(KeptStore::new),
            text: None,
            has_failed: false,
        }
    }

    /// Returns whether all pending requests are kept from their start on.
    pub(super) fn is_store(&self) -> bool {
        // Builds for the web have none, and this lets the compiler leave it out.
        !platform::HAS_RETURN_PAGE && self.store.is_some() && !self.is_given_up()
    }

    /// Returns whether the game's store was too slow and is not used any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.store.as_ref().is_some_and(KeptStore::is_given_up)
    }

    /// Returns whether something is kept, or may have to be.
    pub(super) fn is_used(&self) -> bool {
        self.is_store() || self.text.is_some()
    }

    /// Returns the number of the last text that was sent to the store.
    pub(super) fn number(&self) -> u64 {
        self.store.as_ref().map_or(0, KeptStore::sent)
    }

    /// Returns whether the store has this text, or failed.
    pub(super) fn is_done(&self, number: u64) -> bool {
        let store = self.store.as_ref();
        store.is_none_or(|store| store.is_done(number))
    }

    /// Has the next text written even if it is the same. An earlier run has left one, or the game's
    /// address may be another.
    pub(super) fn renew(&mut self) {
        self.text = Some(Zeroizing::default());
    }

    /// Keeps these requests in place of those before. A store does so later, on its thread.
    ///
    /// # Errors
    ///
    /// Returns why they are not kept.
    pub(super) fn write(
        &mut self,
        app_id: &str,
        requests: &[KeptRequest],
        sender: EventSender,
    ) -> Result<(), String> {
        if requests.is_empty() {
            self.forget(sender);
            return Ok(());
        }
        let text = record::write(app_id, requests)
            .ok_or("the pending requests are too large to be kept while OK's page is open")?;
        if self.text.as_ref() != Some(&text) {
            match &mut self.store {
                None => opener::keep(requests.iter().map(KeptRequest::return_token), &text)
                    .map_err(|error| error.to_string())?,
                Some(store) => store.send(StoreJob::Save(text.clone()), sender),
            }
            self.text = Some(text);
            self.has_failed = false;
        }
        Ok(())
    }

    /// Keeps nothing any more: what was kept could bring a result a second time.
    pub(super) fn give_up(&mut self, why: &str, sender: EventSender) {
        if !core::mem::replace(&mut self.has_failed, true) {
            log::warn!("pending requests do not outlive this run of the game: {why}");
        }
        self.forget(sender);
    }

    /// Removes what is kept.
    pub(super) fn forget(&mut self, sender: EventSender) {
        match &mut self.store {
            None => opener::forget(),
            Some(store) if self.text.is_some() => store.send(StoreJob::Clear, sender),
            Some(_) => {}
        }
        self.text = None;
    }
}
