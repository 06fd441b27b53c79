//! What every endpoint needs.

use crate::config::Config;
use crate::ok::OkService;
use crate::store::Store;

/// The settings and what the server calls. Nothing in it changes: what does, is in the store.
pub(super) struct App {
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) ok: OkService,
}

impl App {
    pub(super) fn new(config: Config, store: Store) -> Self {
        Self {
            ok: OkService::new(&config),
            config,
            store,
        }
    }
}
