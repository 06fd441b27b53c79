//! The default opener of a build without a browser: the game must open pages itself.

use std::sync::Arc;

use callback_listener::OneTimeLink;

use super::{OpenError, Opener};

/// Returns the default opener, which fails and names what is missing.
pub(crate) fn default_opener() -> Arc<dyn Opener> {
    Arc::new(|_: &OneTimeLink| {
        Err::<(), _>(OpenError::new(
            "this build has neither the feature `browser` nor an opener of the game",
        ))
    })
}

/// Does nothing, because no browser was started.
pub(crate) fn reap() {}
