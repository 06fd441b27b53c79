//! The text that is kept of the pending requests, for the next run of the game: in the browser's tab,
//! or in the game's store.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::record::{self, KeptRequest};
use crate::opener;
use crate::session::SessionStore;

/// What is kept. On the web that is nothing, until the game is about to leave its page.
pub(super) struct Kept {
    /// The game's store. `None`: the tab's storage.
    store: Option<Arc<dyn SessionStore>>,
    /// `None` if nothing is kept.
    text: Option<Zeroizing<String>>,
    has_failed: bool,
}

impl Kept {
    pub(super) fn new(store: Option<Arc<dyn SessionStore>>) -> Self {
        Self {
            store,
            text: None,
            has_failed: false,
        }
    }

    /// Returns whether all pending requests are kept from their start on.
    pub(super) fn is_store(&self) -> bool {
        self.store.is_some()
    }

    /// Returns whether something is kept, or may have to be.
    pub(super) fn is_used(&self) -> bool {
        self.store.is_some() || self.text.is_some()
    }

    /// Has the next text written even if it is the same. An earlier run has left one, or the game's
    /// address may be another.
    pub(super) fn renew(&mut self) {
        self.text = Some(Zeroizing::default());
    }

    /// Keeps these requests in place of those before.
    ///
    /// # Errors
    ///
    /// Returns why they are not kept.
    pub(super) fn write(&mut self, app_id: &str, requests: &[KeptRequest]) -> Result<(), String> {
        if requests.is_empty() {
            return self.forget();
        }
        let text = record::write(app_id, requests)
            .ok_or("the pending requests are too large to be kept while OK's page is open")?;
        if self.text.as_ref() != Some(&text) {
            match &self.store {
                None => opener::keep(requests.iter().map(KeptRequest::return_token), &text)
                    .map_err(|error| error.to_string())?,
                Some(store) => store.save(&text).map_err(|error| error.to_string())?,
            }
            self.text = Some(text);
            self.has_failed = false;
        }
        Ok(())
    }

    /// Keeps nothing any more: what was kept could bring a result a second time.
    pub(super) fn give_up(&mut self, why: &str) {
        if !core::mem::replace(&mut self.has_failed, true) {
            log::warn!("pending requests do not outlive this run of the game: {why}");
        }
        if let Err(error) = self.forget() {
            log::error!("results may come again in the next run of the game: {error}");
        }
    }

    fn forget(&mut self) -> Result<(), String> {
        match &self.store {
            None => opener::forget(),
            Some(store) if self.text.is_some() => {
                store.clear().map_err(|error| error.to_string())?;
            }
            Some(_) => {}
        }
        self.text = None;
        Ok(())
    }
}
