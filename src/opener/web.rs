//! The web's default opener: a window of its own for OK's page.

use std::sync::Arc;

use callback_listener::OneTimeLink;
use callback_listener::browser::open_popup;

use super::{OpenError, Opener};

/// The window's features. OK's pages fit into it without scrolling.
const FEATURES: &str = "popup,width=680,height=600";

/// Returns the opener of windows. The plugin calls it in the frame, because a browser opens a window
/// only for a click or a key press.
pub(crate) fn default_opener() -> Arc<dyn Opener> {
    Arc::new(|link: &OneTimeLink| {
        open_popup(link, FEATURES).map_err(|error| OpenError::popup_blocked(error.to_string()))
    })
}

/// Does nothing, because no program was started.
pub(crate) fn reap() {}
