//! Events and timers of the browser, until they are dropped.

use std::{fmt, time::Duration};

use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{Event, EventTarget, Window};

/// A handler of events, until it is dropped.
pub struct Listening {
    target: EventTarget,
    event: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listening {
    /// Calls `act` for each `event` of `target`, before other handlers: one of them may end the
    /// event.
    pub fn start(
        target: &EventTarget,
        event: &'static str,
        act: impl FnMut(Event) + 'static,
    ) -> Self {
        let closure = Closure::new(act);
        let function = closure.as_ref().unchecked_ref();
        // It cannot fail for a function.
        _ = target.add_event_listener_with_callback_and_bool(event, function, true);
        Self {
            target: target.clone(),
            event,
            closure,
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let function = self.closure.as_ref().unchecked_ref();
        _ = self
            .target
            .remove_event_listener_with_callback_and_bool(self.event, function, true);
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening")
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

/// A timer, until it is dropped.
pub(super) struct Timer {
    window: Window,
    id: i32,
    _closure: Closure<dyn FnMut()>,
}

impl Timer {
    pub(super) fn start(
        window: &Window,
        wait: Duration,
        act: impl FnMut() + 'static,
    ) -> Option<Self> {
        let closure = Closure::new(act);
        let wait = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        let function = closure.as_ref().unchecked_ref();
        let id = window
            .set_timeout_with_callback_and_timeout_and_arguments_0(function, wait)
            .ok()?;
        Some(Self {
            window: window.clone(),
            id,
            _closure: closure,
        })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.window.clear_timeout_with_handle(self.id);
    }
}
