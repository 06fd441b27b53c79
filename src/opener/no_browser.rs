//! A build that can start no browser: the game opens pages itself.

use std::sync::Arc;

use callback_listener::OneTimeLink;

use super::{OpenError, Opener};

/// Returns the opener of a plugin that was given none. It says what is missing.
pub(crate) fn default_opener() -> Arc<dyn Opener> {
    Arc::new(|_: &OneTimeLink| {
        Err::<(), _>(OpenError::new(
            "this build has neither the feature `browser` nor an opener of the game",
        ))
    })
}

/// No browser was started.
pub(crate) fn reap() {}
